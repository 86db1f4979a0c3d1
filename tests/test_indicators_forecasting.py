"""Where a figure will stand: sound bounds, silence where nothing can be known."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.cli.figures import document, line
from ecitizen.facts import Fact
from ecitizen.indicators import Forecast, IndicatorRow, forecast, forecast_whole, load, measure

SINCE, UNTIL = date(2022, 1, 1), date(2022, 12, 31)
OMSK = load("omsk")
CPI = {"site-kind": "cpi"}
VISITS = next(row for row in OMSK.rows if row.id == "visits")
CONSULTATIONS = next(row for row in OMSK.rows if row.id == "consultations")


def foretold(declared: IndicatorRow, facts: list[Fact], today: date) -> Forecast | None:
    found = measure(OMSK, facts, SINCE, UNTIL)
    row = next(row for row in found.rows if row.id == declared.id)
    return forecast(declared, row, SINCE, UNTIL, today)


def every(days: int, until: date, kind: str = "consultation", amount: float = 1) -> list[Fact]:
    count = (until - SINCE).days // days + 1
    dates = [SINCE + timedelta(days=days * n) for n in range(count)]
    return [Fact(kind=kind, date=d, key=f"{kind}:{d}", site="s", text="", amount=amount, tags=CPI) for d in dates]


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
        Fact(kind="consultation", date=SINCE + timedelta(days=n), key=f"c:{place}", site="s", text="", tags=CPI)
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
            Fact(kind="consultation", date=d, key=f"c:{n}", site="s", text="", tags=CPI)
            for n, d in enumerate(days)
            if d <= today
        ]
        found = foretold(CONSULTATIONS, facts, today)
        assert found is not None
        held += found.low <= len(days) <= found.high
    assert 0.75 < held / years < 0.9


def test_nothing_yet_may_still_become_something() -> None:
    """Half the year is over: 3 things of one stream all fall into the other half one time in eight, 4 in sixteen."""
    today = date(2022, 7, 1)
    assert foretold(CONSULTATIONS, [], today) == Forecast(on=UNTIL, expected=0, low=0, high=3)
    early = foretold(CONSULTATIONS, [], date(2022, 2, 1))
    assert early is not None
    assert early.high > 20


def test_nobody_knows_what_the_first_visit_will_add() -> None:
    assert foretold(VISITS, [], date(2022, 7, 1)) is None


def test_zero_bound_holds_nine_of_ten_quiet_streams() -> None:
    """Among streams that were silent so far, whatever their rate; the rates are as likely as one another."""
    chance, today, held, silent = random.Random(5), date(2022, 7, 2), 0, 0
    found = foretold(CONSULTATIONS, [], today)
    assert found is not None
    for _ in range(20_000):
        rate = chance.uniform(0, 0.1)
        if chance.random() < math.exp(-rate * 183):
            silent += 1
            gaps, spent = 0, chance.expovariate(rate)
            while spent <= 182:
                gaps, spent = gaps + 1, spent + chance.expovariate(rate)
            held += gaps <= found.high
    assert silent > 500
    assert 0.85 < held / silent < 0.97


def test_what_was_promised_for_the_whole_has_a_forecast() -> None:
    kcon = load("kcon")
    declared = next(row for row in kcon.rows if row.id == "people")
    tags = {"first": "yes"}
    days = [date(2018, 6, 1) + timedelta(days=n) for n in range(273)]
    facts = [Fact(kind="ticket", date=d, key=f"ticket:{d}", site="c", text="", tags=tags) for d in days]
    measured = measure(kcon, facts, date(2019, 1, 1), date(2019, 12, 31))
    row = next(row for row in measured.rows if row.id == "people")
    found = forecast_whole(measured, declared, row, date(2019, 2, 28))
    assert found is not None
    assert (found.on, found.expected) == (date(2019, 11, 30), 548)
    assert 480 < found.low < found.expected < found.high < 620
    told = line(measured, declared, row, date(2019, 2, 28))
    bounds = f"(скорее всего от {found.low} до {found.high})"
    assert told.endswith(f"; при нынешнем темпе — 548 из 2000 за весь период к 30.11.2019 {bounds}")
    (whole,) = [one["whole"] for one in document(measured, date(2019, 2, 28))["rows"] if one["id"] == "people"]
    assert whole["forecast"]["expected"] == 548
    assert forecast_whole(measured, declared, row, date(2019, 11, 30)) is None
    closed = measure(kcon, facts, date(2018, 1, 1), date(2018, 12, 31))
    (row,) = [row for row in closed.rows if row.id == "people"]
    assert forecast_whole(closed, declared, row, date(2019, 2, 28)) is None
