"""A figure opened: the facts behind it, and the parts it is made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.indicators.counting import count, plain
from ecitizen.indicators.measuring import Indicators
from ecitizen.indicators.passport import Breakdown, IndicatorRow, Passport


class Reason(TypedDict):
    """One fact behind a figure, as a person reads it."""

    date: str
    """As дд.мм.гггг."""
    text: str
    amount: float
    key: str


def explain(indicators: Indicators, row_id: str) -> list[Reason]:
    """List the facts behind one figure by day; an unknown row is a ``CourseError``."""
    return reasons(next(row for row in indicators.rows if row.id == declared(indicators.passport, row_id).id).facts)


def reasons(facts: Iterable[Fact]) -> list[Reason]:
    """Write facts as a person reads them."""
    return [
        Reason(date=f"{fact.date:%d.%m.%Y}", text=fact.text, amount=plain(fact.amount), key=fact.key) for fact in facts
    ]


def declared(passport: Passport, row_id: str) -> IndicatorRow:
    """Find a row of a passport; an unknown one is a ``CourseError``."""
    for row in passport.rows:
        if row.id == row_id:
            return row
    known = ", ".join(row.id for row in passport.rows)
    raise CourseError(f"паспорт {passport.id}", f"нет показателя {row_id!r}", f"Укажите один из: {known}")


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a breakdown."""

    value: str
    """Of the tag; the id of a site; a month such as ``2019-03``; a quarter such as ``2019-1``."""
    actual: float
    facts: int


def break_down(indicators: Indicators, wanted: Breakdown) -> list[Part]:
    """Take the figure of one row apart; parts come by value, those of the whole project where the row has one.

    Each part has facts, and growth has no parts: none of them lacks anything.
    """
    declared = next(row for row in indicators.passport.rows if row.id == wanted.row)
    row = next(row for row in indicators.rows if row.id == wanted.row)
    parts: dict[str, list[Fact]] = defaultdict(list)
    for fact in (row.whole or row).facts:
        month = f"{fact.date:%Y-%m}"
        quarter = f"{fact.date:%Y}-{(fact.date.month + 2) // 3}"
        own = {"site": fact.site, "month": month, "quarter": quarter}
        parts[own[wanted.by] if wanted.by in own else fact.tags.get(wanted.by, "")].append(fact)
    since, until = indicators.since, indicators.until
    return [
        Part(value, plain(count(declared, facts, since, until)), len(facts)) for value, facts in sorted(parts.items())
    ]
