"""How the figure of a row is counted over facts or tallies: said once, for both."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from ecitizen.facts import Fact, Latest, Tally, carries
from ecitizen.indicators.passport import IndicatorRow, year_before


def spans(row: IndicatorRow, since: date, until: date) -> tuple[tuple[date, date], ...]:
    """Give the periods whose facts stand behind a figure."""
    own = (since, until)
    return (own, (year_before(since), year_before(until))) if row.count == "growth" else (own,)


def counts(row: IndicatorRow, fact: Fact | Tally, periods: tuple[tuple[date, date], ...]) -> bool:
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
