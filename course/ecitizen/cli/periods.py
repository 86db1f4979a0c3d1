"""The period of a report on the command line: two days, a name, or the whole of a project."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from ecitizen.cli.common import DAY

if TYPE_CHECKING:
    from ecitizen.indicators import Passport, Span

Part = tuple[int, int]
"""A year and the number of a quarter or a month in it."""

_WAYS = "--from и --to, --year, --quarter, --month, --last-12-months или --whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPeriod:
    """What was asked for, in one of the ways there are; nothing at all is the year that runs."""

    since: datetime | None
    until: datetime | None
    year: int | None
    quarter: Part | None
    month: Part | None
    last_year: bool
    whole: bool

    def __post_init__(self) -> None:
        """Refuse two ways at once, and half of one."""
        whole_months = [self.year, self.quarter, self.month]
        ways = sum(way is not None for way in (self.since, *whole_months)) + self.last_year + self.whole
        if ways > 1 or (self.until and not ways):
            raise click.UsageError(f"Укажите период одним способом: {_WAYS}")
        if self.since and not self.until:
            raise click.UsageError("К --from нужен --to")
        if self.until and any(way is not None for way in whole_months):
            raise click.UsageError("--to здесь лишний: год, квартал и месяц кончаются сами")

    def span(self, passport: Passport, today: date) -> Span:
        """Give the first and the last day."""
        from ecitizen.indicators import begun, months

        if self.year is not None:
            return months(self.year, 1, 12)
        if self.quarter is not None:
            year, quarter = self.quarter
            return months(year, 3 * quarter - 2, 3 * quarter)
        if self.month is not None:
            year, month = self.month
            return months(year, month, month)
        last = self.until.date() if self.until else today
        if self.since is not None:
            return self.since.date(), last
        if self.last_year:
            return begun("last-year", last), last
        if self.whole:
            return passport.term.since, last if self.until else min(passport.term.until or today, today)
        return months(today.year, 1, 12)


def _part(most: int) -> Callable[[click.Context, click.Parameter, str | None], Part | None]:
    def read(context: click.Context, option: click.Parameter, value: str | None) -> Part | None:
        del context, option
        if value is None:
            return None
        found = re.fullmatch(r"((?:19|20)[0-9]{2})-([0-9]{1,2})", value)
        if found is None or not 1 <= int(found[2]) <= most:
            raise click.BadParameter(f"нужны год и номер от 1 до {most}, например 2025-{most}, а есть {value!r}")
        return int(found[1]), int(found[2])

    return read


_OPTIONS = (
    click.option("--from", "since", type=DAY, default=None, help="С дня (дд.мм.гггг)."),
    click.option("--to", "until", type=DAY, default=None, help="По день, включительно."),
    click.option("--year", type=click.IntRange(1990, 2100), default=None, help="Год; без периода — текущий."),
    click.option("--quarter", default=None, callback=_part(4), metavar="ГОД-КВАРТАЛ", help="Квартал: 2025-4."),
    click.option("--month", default=None, callback=_part(12), metavar="ГОД-МЕСЯЦ", help="Месяц: 2025-03."),
    click.option("--last-12-months", "last_year", is_flag=True, help="Двенадцать месяцев по --to или по сегодня."),
    click.option("--whole", is_flag=True, help="С первого дня проекта по --to, по последний день или по сегодня."),
)


def period_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command ask for a period in any of these ways and hand it over as ``period``."""

    @wraps(command)
    def wrapper(*arguments: Any, **options: Any) -> Any:
        asked = {one.name: options.pop(one.name) for one in fields(AskedPeriod)}
        return command(*arguments, period=AskedPeriod(**asked), **options)

    for option in reversed(_OPTIONS):
        wrapper = option(wrapper)
    return wrapper
