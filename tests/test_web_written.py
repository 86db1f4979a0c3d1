"""The form of a mark: what can be chosen, and what becomes of what was typed; pure."""

from __future__ import annotations

import pytest

from ecitizen.practice.quiz import SchemeLine
from ecitizen.web.written import Typed, phrases, steps


@pytest.mark.parametrize(
    ("most", "known", "expected"),
    [
        (1, "", ["0", "0.5", "1"]),
        (2, "", ["0", "0.5", "1", "1.5", "2"]),
        (5, "", ["0", "1", "2", "3", "4", "5"]),
        (2.5, "", ["0", "0.5", "1", "1.5", "2", "2.5"]),
        (1, "0,25", ["0", "0.25", "0.5", "1"]),
        (1, "7", ["0", "0.5", "1"]),
        (100, "", ["0", "20", "40", "60", "80", "100"]),
    ],
)
def test_points_to_choose_from(most: float, known: str, expected: list[str]) -> None:
    line = SchemeLine(id="bank", text="Позвонит в банк", points=most)
    assert steps(line, known) == expected


def test_ticked_phrases_stand_behind_the_comment_once() -> None:
    name, group = next(iter(phrases().items()))
    ticked = frozenset({f"{name}-0", f"{name}-1", "phrase-99-0", "phrase-x"})
    typed = Typed(version="", before="", points={}, comment=f" Да.\r\n{group.phrases[0]} ", ticked=ticked)
    assert typed.whole_comment == f"Да.\n{group.phrases[0]}\n{group.phrases[1]}"


@pytest.mark.parametrize(
    ("typed", "good", "missing"),
    [
        ({"code": "2", "bank": "0,5"}, {"code": 2, "bank": 0.5}, []),
        ({"code": "2.0", "bank": ""}, {"code": 2}, ["bank"]),
        ({"code": "2.01", "bank": "-1"}, {}, ["code", "bank"]),
        ({"code": "nan", "bank": "inf"}, {}, ["code", "bank"]),
        ({"code": "9" * 400, "bank": "один"}, {}, ["code", "bank"]),
        ({}, {}, ["code", "bank"]),
    ],
    ids=["right", "empty", "out", "no numbers", "hostile", "nothing"],
)
def test_points_are_read_as_people_write_them(
    typed: dict[str, str], good: dict[str, float], missing: list[str]
) -> None:
    scheme = [SchemeLine(id="code", text="Код", points=2), SchemeLine(id="bank", text="Банк", points=1)]
    assert Typed(version="", before="", points=typed, comment="").read(scheme) == (good, missing)
