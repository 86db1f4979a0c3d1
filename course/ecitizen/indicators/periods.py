"""Periods by name, for rows of a passport and for those who ask: every one is whole days, both ends included."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, assert_never

Span = tuple[date, date]
"""First and last day."""

Period = Literal["year", "last-year", "quarter", "month"]
"""What a period is called by its last day: the calendar year, quarter or month up to that day, or the twelve months
that end on it."""


def begun(period: Period, until: date) -> date:
    """Give the first day of the period that ends on a day."""
    match period:
        case "year":
            return date(until.year, 1, 1)
        case "last-year":
            return year_before(until) + timedelta(days=1)
        case "quarter":
            return date(until.year, until.month - (until.month - 1) % 3, 1)
        case "month":
            return until.replace(day=1)
        case _:
            assert_never(period)


def months(year: int, first: int, last: int) -> Span:
    """Give whole months of a year, counted from 1."""
    after = date(year + 1, 1, 1) if last == 12 else date(year, last + 1, 1)
    return date(year, first, 1), after - timedelta(days=1)


def year_before(day: date) -> date:
    """Give the same day of the year before; 29 February becomes 28."""
    last = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if last else day.day)
