"""Where a figure will stand when its period is over, if work goes on as it has so far.

What happened up to today is taken for a Poisson stream of facts of different amounts, and the rest of the period for
more of the same stream. What is left has then the mean ``rate x days left``; its variance is that of the stream itself
plus that of a rate known only from so many days. The bounds hold four outcomes of five. Of a stream that nothing has
come of yet the variance says nothing; there the bound is exact: each fact of a stream falls into the rest with the odds
of its days, and all ``n`` of them do so less than one time in ten where ``(left / all days) ** n < 0.1``. Holidays and
seasons are not known to the method.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from ecitizen.indicators.measuring import Indicators, Row
from ecitizen.indicators.passport import IndicatorRow

FEWEST_DAYS = 28
"""Less than four weeks say nothing about a year."""

_SIGMAS = 1.2816
"""Of a normal distribution four fifths lie so near the mean."""

_SELDOM = 0.1
"""So much of a normal distribution lies above the upper bound."""


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
    """Foretell a figure that grows by its facts; None for others, for closed periods and for too short a past.

    A sum that nothing has been added to yet can't be foretold either: nobody knows what one fact will add.
    """
    begun = row.since if declared.period else since
    past, left = (today - begun).days + 1, (until - today).days
    grows = declared.count in {"facts", "sum"} or (declared.count == "persons" and row.actual == row.records)
    if row.actual is None or not grows or declared.lasting or past < FEWEST_DAYS or left <= 0:
        return None
    past_facts = [fact for fact in row.counted if fact.date <= today]
    summed = declared.count == "sum"
    times = left / past
    # What is planned for later days is done already, as far as the figure goes.
    done = math.fsum(fact.amount if summed else fact.times for fact in past_facts)
    expected = max(row.actual, done * (1 + times))
    squares = math.fsum(fact.squares if summed else fact.times for fact in past_facts)
    if squares:
        spread = _SIGMAS * math.sqrt(squares * times * (1 + times))
        high = expected + spread
    elif not summed:
        spread, high = 0, max(expected, math.log(_SELDOM) / math.log(left / (past + left)))
    else:
        return None
    return Forecast(
        on=until,
        expected=round(expected),
        low=round(max(row.actual, expected - spread)),
        high=round(high),
    )


def forecast_whole(indicators: Indicators, declared: IndicatorRow, row: Row, today: date) -> Forecast | None:
    """Foretell where a figure that was promised for the whole project will stand on its last day.

    None if nothing was promised, the last day isn't known, or the period that was measured doesn't reach today.
    """
    term, whole = indicators.passport.term, row.whole
    if whole is None or whole.target is None or term.until is None or indicators.until < today:
        return None
    return forecast(declared.model_copy(update={"period": None}), whole, term.since, term.until, today)
