"""How the figure of a row is counted over facts or tallies: said once, for both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from ecitizen.facts import Fact, Latest, Tally, carries
from ecitizen.indicators.passport import IndicatorRow
from ecitizen.indicators.periods import Span, begun, year_before

Lack = Literal["now", "before"]
"""What a figure lacks to be one: facts of its period, or of the same days a year before."""


def own_span(row: IndicatorRow, since: date, until: date) -> Span:
    """Give the days over which a row is counted if these are asked for."""
    match row.period:
        case None | "whole":
            # A passport has put its first day in place of «whole»: a row alone knows of none.
            return since, until
        case date() as first:
            return min(first, until), until
        case named:
            return begun(named, until), until


def spans(row: IndicatorRow, since: date, until: date) -> tuple[Span, ...]:
    """Give the periods whose facts stand behind a figure if this one is asked for."""
    return compared(row, *own_span(row, since, until))


def compared(row: IndicatorRow, since: date, until: date) -> tuple[Span, ...]:
    """Give the periods whose facts stand behind a figure of exactly these days."""
    own = (since, until)
    return (own, (year_before(since), year_before(until))) if row.count == "growth" else (own,)


def counts(row: IndicatorRow, fact: Fact | Tally, periods: tuple[Span, ...]) -> bool:
    """Tell whether a fact stands behind the figure of a row."""
    ends = fact.date
    if row.lasting:
        ends = date.fromisoformat(fact.tags["until"]) if fact.tags.get("until") else date.max
    for since, until in periods:
        if fact.date <= until and ends >= since:
            return (row.count != "persons" or fact.person is not None) and carries(fact.tags, row.where)
    return False


def count(row: IndicatorRow, facts: Sequence[Fact | Tally], since: date, until: date) -> float:
    """Count the figure of a row over the facts behind it."""
    match row.count:
        case "facts":
            return _times(facts)
        case "persons":
            return len({fact.person for fact in facts})
        case "sites":
            return len({fact.site for fact in facts})
        case "sum":
            return _sum(facts)
        case "mean":
            return _rounded(Decimal(str(_sum(facts))) / _times(facts)) if facts else 0
        case "share":
            part = _times(fact for fact in facts if carries(fact.tags, row.part))
            return _rounded(Decimal(100 * part) / _times(facts)) if facts else 0
        case "growth":
            # Over more than a year the two periods overlap, and what lies in both cancels out.
            now = [fact for fact in facts if fact.date >= since]
            return _sum(now) - _sum([fact for fact in facts if fact.date <= year_before(until)])
        case "last":
            return _last_values(facts)


def lack(row: IndicatorRow, facts: Sequence[Fact | Tally], since: date, until: date) -> Lack | None:
    """Tell what the figure of a row lacks over the facts behind it; None if it can be told.

    A sum or a number of nothing is nought, but a mean, a share or a last value of nothing isn't, and growth compares
    two periods: where nobody has counted, nothing has grown. Of periods longer than a year that is asked of the days
    that do not cancel out.
    """
    match row.count:
        case "mean" | "share" | "last":
            return None if facts else "now"
        case "growth":
            if not any(fact.date < since for fact in facts):
                return "before"
            return None if any(fact.date > year_before(until) and fact.date >= since for fact in facts) else "now"
        case _:
            return None


def _last_values(facts: Iterable[Fact | Tally]) -> float:
    """Sum the latest amount of each place."""
    latest: dict[str, Latest] = {}
    for fact in facts:
        if fact.latest is not None:
            latest[fact.site] = max(latest.get(fact.site, fact.latest), fact.latest)
    return math.fsum(amount for _, amount in latest.values())


def _times(facts: Iterable[Fact | Tally]) -> int:
    return sum(fact.times for fact in facts)


def _sum(facts: Iterable[Fact | Tally]) -> float:
    return math.fsum(fact.amount for fact in facts)  # exact, so that the order of facts can't change it


def _rounded(value: Decimal) -> float:
    return float(value.quantize(Decimal("0.1"), ROUND_HALF_UP))


def plain(value: float) -> float:
    """Give a whole number as an ``int``, so that 44 is never printed as 44.0."""
    return int(value) if float(value).is_integer() else value


def share_pct(actual: float, target: float) -> float | None:
    """Give the per cent of a target, half up to one decimal; None of nothing."""
    if target == 0:
        return None
    return _rounded(Decimal(str(actual)) * 100 / Decimal(str(target)))
