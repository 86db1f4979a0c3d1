"""Where a figure will stand: sound bounds, silence where nothing can be known."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.facts import Fact
from ecitizen.indicators import Forecast, IndicatorRow, forecast, load, measure

SINCE, UNTIL = date(2022, 1, 1), date(2022, 12, 31)
OMSK = load("omsk")
VISITS = next(row for row in OMSK.rows if row.id == "visits")
CONSULTATIONS = next(row for row in OMSK.rows if row.id == "consultations")


def foretold(declared: IndicatorRow, facts: list[Fact], today: date) -> Forecast | None:
    found = measure(OMSK, facts, SINCE, UNTIL)
    row = next(row for row in found.rows if row.id == declared.id)
    return forecast(declared, row, SINCE, UNTIL, today)


def every(days: int, until: date, kind: str = "consultation", amount: float = 1) -> list[Fact]:
    count = (until - SINCE).days // days + 1
    dates = [SINCE + timedelta(days=days * n) for n in range(count)]
    return [Fact(kind=kind, date=d, key=f"{kind}:{d}", site="s", text="", amount=amount) for d in dates]


def test_steady_work_goes_on_steadily() -> None:
    today = date(2022, 7, 2)
    found = foretold(CONSULTATIONS, every(10, today), today)
    assert found == Forecast(on=UNTIL, expected=38, low=30, high=46)


def test_amounts_widen_the_bounds() -> None:
    today = date(2022, 7, 2)
    small, large = (foretold(VISITS, every(days, today, "visit", days), today) for days in (2, 30))
    assert small is not None
    assert large is not None
    assert small.high - small.low < large.high - large.low


@pytest.mark.parametrize(
    ("row", "today"),
    [
        ("consultations", date(2022, 1, 27)),
        ("consultations", UNTIL),
        ("consultations", date(2023, 1, 1)),
        ("libraries", date(2022, 7, 1)),
        ("zones", date(2022, 7, 1)),
    ],
    ids=["too early", "last day", "over", "places", "lasting"],
)
def test_nothing_is_foretold_without_ground(row: str, today: date) -> None:
    declared = next(one for one in OMSK.rows if one.id == row)
    assert foretold(declared, every(5, min(today, UNTIL)), today) is None


@given(st.lists(st.integers(0, 180), max_size=60), st.integers(27, 363))
def test_bounds_hold_the_expected(offsets: list[int], day: int) -> None:
    today = SINCE + timedelta(days=day)
    facts = [
        Fact(kind="consultation", date=SINCE + timedelta(days=n), key=f"c:{place}", site="s", text="")
        for place, n in enumerate(offsets)
    ]
    found = foretold(CONSULTATIONS, facts, today)
    assert found is not None
    assert len(facts) <= found.low <= found.expected <= found.high


def test_bounds_hold_four_of_five_years() -> None:
    chance, today, held, years = random.Random(7), date(2022, 5, 31), 0, 300
    for _ in range(years):
        days = [SINCE + timedelta(days=n) for n in range(365) for _ in range(2) if chance.random() < 0.15]
        facts = [
            Fact(kind="consultation", date=d, key=f"c:{n}", site="s", text="") for n, d in enumerate(days) if d <= today
        ]
        found = foretold(CONSULTATIONS, facts, today)
        assert found is not None
        held += found.low <= len(days) <= found.high
    assert 0.75 < held / years < 0.9
