"""Numbers, dates and plural forms of Russian papers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.reports.russian import day, number, plural, sentence


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (44, None, "44"),
        (44.0, None, "44"),
        (1234.5, None, "1\xa0234,5"),
        (1234567, None, "1\xa0234\xa0567"),
        (0, None, "0"),
        (110.0, 1, "110,0"),
        (33.3, 1, "33,3"),
    ],
)
def test_numbers_are_written_in_russian(value: float, decimals: int | None, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (0, "many"),
        (1, "one"),
        (2, "few"),
        (4, "few"),
        (5, "many"),
        (11, "many"),
        (12, "many"),
        (14, "many"),
        (21, "one"),
        (22, "few"),
        (25, "many"),
        (101, "one"),
        (111, "many"),
        (112, "many"),
        (1.5, "few"),
        (2.0, "few"),
        (1001, "one"),
    ],
)
def test_plural_forms_follow_the_number(value: float, form: str) -> None:
    assert plural(value, "one", "few", "many") == form


@given(st.integers(0, 10_000))
def test_plural_forms_repeat_by_hundreds(value: int) -> None:
    assert plural(value, "one", "few", "many") == plural(value + 100, "one", "few", "many")


def test_days_are_written_with_dots() -> None:
    assert day(date(2022, 3, 1)) == "01.03.2022"


@pytest.mark.parametrize(("text", "said"), [("проведено", "Проведено"), ("", ""), ("ЦПИ", "ЦПИ")])
def test_sentences_begin_with_capitals(text: str, said: str) -> None:
    assert sentence(text) == said
