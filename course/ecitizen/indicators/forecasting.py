"""Where a figure will stand when its period is over, if work goes on as it has so far.

What happened up to today is taken for a Poisson stream of facts of different amounts, and the rest of the period for
more of the same stream. What is left has then the mean ``rate x days left``; its variance is that of the stream itself
plus that of a rate known only from so many days. The bounds hold four outcomes of five. Holidays and seasons are not
known to the method.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from ecitizen.indicators.measuring import Row
from ecitizen.indicators.passport import IndicatorRow

FEWEST_DAYS = 28
"""Less than four weeks say nothing about a year."""

_SIGMAS = 1.2816
"""Of a normal distribution four fifths lie so near the mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is to be expected at the end of a period."""

    on: date
    """The last day of the period."""

    expected: int
    low: int
    """Never less than what is done already."""
    high: int


def forecast(declared: IndicatorRow, row: Row, since: date, until: date, today: date) -> Forecast | None:
    """Foretell a figure that grows by its facts; None for others, for closed periods and for too short a past."""
    past, left = (today - since).days + 1, (until - today).days
    grows = declared.count in {"facts", "sum"} or (declared.count == "persons" and row.actual == row.records)
    if not grows or declared.lasting or past < FEWEST_DAYS or left <= 0:
        return None
    past_facts = [fact for fact in row.counted if fact.date <= today]
    summed = declared.count == "sum"
    times = left / past
    # What is planned for later days is done already, as far as the figure goes.
    done = math.fsum(fact.amount if summed else fact.times for fact in past_facts)
    expected = max(row.actual, done * (1 + times))
    squares = math.fsum(fact.squares if summed else fact.times for fact in past_facts)
    spread = _SIGMAS * math.sqrt(squares * times * (1 + times))
    return Forecast(
        on=until,
        expected=round(expected),
        low=round(max(row.actual, expected - spread)),
        high=round(expected + spread),
    )
