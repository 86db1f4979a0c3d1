"""Facts in a paper: their natural order, records named in Russian, lessons by their titles."""

from __future__ import annotations

import pytest

from ecitizen.facts import KINDS
from ecitizen.reports.records import record, with_titles
from ecitizen.reports.words import load_words

NAMES = load_words().record_names


def test_every_kind_of_fact_has_a_name_for_its_record() -> None:
    assert set(NAMES) == set(KINDS)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("consultation:17", "консультация № 17"),
        ("attendance:3:104", "занятие № 3, карточка 104"),
        ("event-visit:1:children", "мероприятие № 1"),
        ("site-access:main", "список мест"),
        ("omsk-7/ticket:5", "omsk-7: обращение № 5"),
        ("new-kind:1", "new-kind:1"),
    ],
)
def test_record_is_named_in_russian(key: str, told: str) -> None:
    assert record(key, NAMES).replace("\xa0", " ") == told


def test_lesson_is_told_by_its_title() -> None:
    told = with_titles("Занятие, урок 01-a, а не 01-a-b", {"01-a": "Первые шаги"})
    assert told == "Занятие, урок «Первые шаги», а не 01-a-b"
