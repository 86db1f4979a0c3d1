"""Where there is nothing to tell a figure from there is none; a nought stands only for what was counted as nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from test_indicators import fact, only, passport

from ecitizen.indicators import Row, measure

THIS, LAST = (date(2026, 1, 1), date(2026, 12, 31)), (date(2025, 1, 1), date(2025, 12, 31))
NOW, BEFORE, YEARS_AGO = date(2026, 9, 30), date(2025, 9, 30), date(2024, 9, 30)


def counted(how: str, *days: date, target: float | None = None, **more: object) -> Row:
    facts = [fact(f"counter:{day}", day, kind="counter", amount=500) for day in days]
    targets = {2026: {"value": target}} if target is not None else {}
    declared = passport(fact="counter", count=how, targets=targets, **more)
    return only(measure(declared, facts, *THIS))


@pytest.mark.parametrize(
    ("days", "actual", "lacks"),
    [
        ([NOW, BEFORE], 0, None),
        ([NOW], None, "before"),
        ([BEFORE], None, "now"),
        ([], None, "before"),
        ([NOW, YEARS_AGO], None, "before"),
    ],
    ids=["both", "nothing a year ago", "nothing now", "nothing", "two years ago"],
)
def test_growth_compares_two_periods(days: list[date], actual: float | None, lacks: str | None) -> None:
    row = counted("growth", *days, target=10)
    assert (row.actual, row.lacks) == (actual, lacks)
    assert (row.share_pct is None, row.met is None) == (lacks is not None, lacks is not None)


def test_a_counted_nought_is_something_to_compare() -> None:
    facts = [fact("counter:1", NOW, kind="counter", amount=500), fact("counter:2", BEFORE, kind="counter", amount=0)]
    assert only(measure(passport(fact="counter", count="growth"), facts, *THIS)).actual == 500


def test_growth_over_years_asks_what_was_before_the_first() -> None:
    facts = [fact(f"counter:{day}", day, kind="counter", amount=500) for day in (NOW, BEFORE)]
    declared = passport(fact="counter", count="growth")
    assert only(measure(declared, facts, LAST[0], THIS[1])).lacks == "before"
    facts.append(fact("counter:0", YEARS_AGO, kind="counter", amount=200))
    assert only(measure(declared, facts, LAST[0], THIS[1])).actual == 500 + 500 - 500 - 200


@pytest.mark.parametrize("how", ["mean", "last", "share"])
def test_nothing_of_nothing_is_no_figure(how: str) -> None:
    more: dict[str, Any] = {"checkpoints": [{"day": NOW, "value": 5}], "whole": {"value": 20}}
    more |= {"part": {"counter": "лпх"}} if how == "share" else {}
    row = counted(how, target=10, **more)
    assert row.whole is not None
    (point,) = row.points
    assert [row.actual, row.whole.actual, point.actual] == [None] * 3
    assert [row.share_pct, row.whole.share_pct, point.share_pct] == [None] * 3
    assert counted(how, NOW, **more).lacks is None


@pytest.mark.parametrize("how", ["facts", "sum", "sites"])
def test_counting_nothing_gives_nought(how: str) -> None:
    row = counted(how, target=10)
    assert (row.actual, row.lacks, row.share_pct, row.met) == (0, None, 0, False)


def test_document_has_null_for_no_figure() -> None:
    told = measure(passport(fact="counter", count="last"), [], *THIS).document()["rows"][0]
    assert (told["actual"], told["lacks"], told["share_pct"], told["facts"]) == (None, "now", None, 0)
