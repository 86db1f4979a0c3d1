"""The made-up register holds whatever a shipped passport counts, in the same proportions at any size."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from ecitizen.bench_register import LEARNERS_A_GROUP, SITES, fill
from ecitizen.content import lesson_ids, toc
from ecitizen.database import open_engine, upgrade
from ecitizen.facts import Fact, carries
from ecitizen.figures import graduates
from ecitizen.indicators import load, names
from ecitizen.register.facts import facts

SMALL, TIMES = 3_000, 5
COUNTED = [
    pytest.param(kind, {**row.where, **row.part}, id=f"{name}-{row.id}-{kind}")
    for name in names()
    for row in load(name).rows
    for kind in row.kinds
]
"""Every kind of fact and filter that a row of a shipped passport asks for."""

A_GROUP = {"session": len(lesson_ids()), "attendance": LEARNERS_A_GROUP * len(lesson_ids()), "trained": 12}
"""Facts that come by whole groups; others come by rows, dealt from decks."""

Registers = tuple[list[Fact], list[Fact]]


@pytest.fixture(scope="module")
def registers(tmp_path_factory: pytest.TempPathFactory) -> Registers:
    """All facts of a small register and of a large one."""
    found = []
    for size in (SMALL, SMALL * TIMES):
        engine = open_engine(tmp_path_factory.mktemp("made") / "course.db")
        upgrade(engine, "register")
        filled = fill(engine, size, 7)
        everything = [*facts(engine, dt.date.min, dt.date.max), *filled.passed]
        assert len(everything) == filled.facts == pytest.approx(size, rel=0.1)
        found.append([*everything, *graduates(engine, filled.passed, toc().trained, dt.date.max)])
        engine.dispose()
    return found[0], found[1]


@pytest.mark.parametrize(("kind", "where"), COUNTED)
def test_every_row_finds_its_share_at_any_size(
    registers: Registers, kind: str, where: dict[str, str | list[str]]
) -> None:
    few, many = (sum(one.kind == kind and carries(one.tags, where) for one in register) for register in registers)
    assert few > 0
    if kind == "site-access":
        assert many == few <= SITES
    else:
        assert many / TIMES == pytest.approx(few, abs=A_GROUP.get(kind, 3))


def test_nothing_else_is_made_at_one_size_only(registers: Registers) -> None:
    few, many = (Counter(one.kind for one in register) for register in registers)
    assert few.keys() == many.keys()
