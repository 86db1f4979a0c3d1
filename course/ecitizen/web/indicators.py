"""``/instructor/indicators``: what was promised and what was done, down to the facts, and the papers of it by a button.

Nothing here names a person: facts say what happened, where and when.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Self
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import figures
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.indicators import (
    Forecast,
    IndicatorRow,
    Indicators,
    Passport,
    Row,
    declared,
    forecast,
    forecast_whole,
    load,
    names,
)
from ecitizen.register.people import sites
from ecitizen.reporting import write_report
from ecitizen.reports import ENDINGS
from ecitizen.web.access import StaffHandler

PER_PAGE = 50
"""Facts on a page."""

EARLIEST = 2000

_TYPES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pdf": "application/pdf",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A calendar year or a part of it, as the pages ask for it."""

    year: int
    part: str = ""
    """Empty: the whole year; ``q1`` … ``q4``: a quarter; ``01`` … ``12``: a month."""

    @classmethod
    def read(cls, year: str, part: str, today: date) -> Self:
        """Take what an address says; nonsense is a ``CourseError``."""
        if not year:
            return cls(year=today.year)
        if not (year.isascii() and year.isdecimal() and EARLIEST <= int(year) <= today.year + 1):
            raise CourseError("Год", f"такого года в отчётах нет ({year[:20]!r})", f"Выберите год: {today.year}")
        months = {f"{month:02}" for month in range(1, 13)}
        if part and part not in months and part not in {"q1", "q2", "q3", "q4"}:
            raise CourseError("Часть года", f"такой нет ({part[:20]!r})", "Выберите квартал или месяц из списка")
        return cls(year=int(year), part=part)

    @property
    def months(self) -> tuple[int, int]:
        """Give the first and the last month."""
        if not self.part:
            return 1, 12
        if self.part.startswith("q"):
            last = int(self.part[1]) * 3
            return last - 2, last
        return int(self.part), int(self.part)

    @property
    def since(self) -> date:
        """Give the first day."""
        return date(self.year, self.months[0], 1)

    @property
    def until(self) -> date:
        """Give the last day."""
        _, month = self.months
        return (date(self.year, month, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a passport on the page."""

    declared: IndicatorRow
    row: Row
    pace: Forecast | None
    """Where it will stand at the end of the period; None if that can't be said."""

    whole_pace: Forecast | None
    """Where it will stand on the last day of the project."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One library's column: its figures in the order of the rows."""

    name: str
    id: str
    rows: tuple[Row, ...]


def passports(folder: CourseFolder) -> tuple[list[Passport], list[CourseError]]:
    """Read every passport, the library's own too; a faulty one doesn't hide the others."""
    own = folder.path / figures.PASSPORTS
    read: list[Passport] = []
    faults: list[CourseError] = []
    for name in names(own):
        try:
            read.append(load(name, own))
        except CourseError as fault:
            faults.append(fault)
    return sorted(read, key=lambda one: one.title.casefold()), faults


def lines(found: Indicators, today: date) -> list[Line]:
    """Put each figure beside what was promised and what is to be expected."""
    return [
        Line(
            declared=one,
            row=row,
            pace=forecast(one, row, found.since, found.until, today),
            whole_pace=forecast_whole(found, one, row, today),
        )
        for one, row in zip(found.passport.rows, found.rows, strict=True)
    ]


def by_places(folder: CourseFolder, passport: Passport, period: Period, places: dict[str, str]) -> list[Place]:
    """Measure each library alone."""
    return [
        Place(id=place, name=name, rows=figures.measured(folder, passport.id, period.since, period.until, place).rows)
        for place, name in places.items()
    ]


class _PassportHandler(StaffHandler):
    """What the pages of one passport share."""

    sees = "figures.see"

    @cached_property
    def period(self) -> Period:
        """Give the period that the address asks for."""
        return Period.read(self.get_query_argument("year", ""), self.get_query_argument("part", ""), date.today())

    @cached_property
    def places(self) -> dict[str, str]:
        """Give the names of the libraries by id."""
        return sites(self.classroom.engine)

    @property
    def place(self) -> str | None:
        """Give the one library that is asked for; None for all."""
        wanted = self.get_query_argument("site", "")
        if wanted and wanted not in self.places:
            raise CourseError("Библиотека", f"такой в журнале нет ({wanted[:60]!r})", "Выберите её из списка")
        return wanted or None

    def passport(self, name: str) -> Passport:
        """Read a passport; 404 if there is none of that name."""
        own = self.classroom.folder.path / figures.PASSPORTS
        if name not in names(own):
            raise HTTPError(404)
        return load(name, own)

    def query(self, **words: str | int) -> str:
        """Give the query of an address that keeps the period and the library."""
        kept = {"year": self.period.year, "part": self.period.part, "site": self.place or "", **words}
        return urlencode({name: value for name, value in kept.items() if value != ""})


class PassportsHandler(StaffHandler):
    """``/instructor/indicators``."""

    sees = "figures.see"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show what can be reported on."""
        read, faults = await self.classroom.aside(passports, self.classroom.folder)
        self.finish(self.page("indicators.html", passports=read, faults=faults))


class PassportHandler(_PassportHandler):
    """``/instructor/indicators/PASSPORT``."""

    @allow_unauthenticated
    async def get(self, name: str) -> None:
        """Show the rows, each with its target and where it is heading."""
        passport = self.passport(name)
        room, period, today = self.classroom, self.period, date.today()
        found = await room.aside(figures.measured, room.folder, passport.id, period.since, period.until, self.place)
        self.finish(
            self.page(
                "indicators_passport.html",
                passport=passport,
                lines=lines(found, today),
                period=period,
                years=range(today.year, min(passport.term.since.year, period.year) - 1, -1),
                running=period.since <= today < period.until,
                places=self.places,
                place=self.place,
                endings=ENDINGS,
                query=self.query,
            )
        )


class PlacesHandler(_PassportHandler):
    """``/instructor/indicators/PASSPORT/places``: every library beside the others."""

    @allow_unauthenticated
    async def get(self, name: str) -> None:
        """Show a table of rows by libraries, with what all of them did together and what was promised."""
        passport, room, period = self.passport(name), self.classroom, self.period
        found = await room.aside(by_places, room.folder, passport, period, self.places)
        whole = await room.aside(figures.measured, room.folder, passport.id, period.since, period.until)
        self.finish(
            self.page(
                "indicators_places.html", passport=passport, found=found, whole=whole.rows, period=period,
                query=self.query,
            )
        )  # fmt: skip


class FactsHandler(_PassportHandler):
    """``/instructor/indicators/PASSPORT/rows/ROW``: the facts behind a figure."""

    @allow_unauthenticated
    async def get(self, name: str, row_id: str) -> None:
        """Show a page of facts, by day; whoever may see no marks reads no points in them."""
        passport, room, period = self.passport(name), self.classroom, self.period
        if row_id not in {row.id for row in passport.rows}:
            raise HTTPError(404)
        number = self.get_query_argument("page", "1")
        page = max(1, int(number)) if number.isascii() and number.isdecimal() and len(number) < 6 else 1
        found = await room.aside(
            figures.explained, room.folder, passport.id, row_id, period.since, period.until, self.place,
            (page - 1) * PER_PAGE, PER_PAGE,
        )  # fmt: skip
        self.finish(
            self.page(
                "indicators_facts.html",
                passport=passport,
                row=declared(passport, row_id),
                found=found,
                titles=room.course.titles(),
                period=period,
                place=self.places.get(self.place or "", ""),
                page=page,
                pages=max(1, -(-found.total // PER_PAGE)),
                query=self.query,
            )
        )


class PaperHandler(_PassportHandler):
    """``/instructor/indicators/PASSPORT/report.ENDING``."""

    sees = "figures.report"

    @allow_unauthenticated
    async def get(self, name: str, ending: str) -> None:
        """Give the report as a file; small parts are hidden as in everything that leaves the library."""
        passport = self.passport(name)
        if f".{ending}" not in ENDINGS:
            raise HTTPError(404)
        data = await self.classroom.aside(self._made, passport.id, ending)
        whole = "" if not self.period.part else f"-{self.period.part}"
        self.set_header("Content-Type", _TYPES[f".{ending}"])
        filename = f"{passport.id}-{self.period.year}{whole}.{ending}"
        self.set_header("Content-Disposition", f'attachment; filename="{filename}"')
        await self.note_look(f"report:{passport.id}:{self.period.since}:{self.period.until}:{ending}")
        self.finish(data)

    def _made(self, passport: str, ending: str) -> bytes:
        with tempfile.TemporaryDirectory(prefix="ecitizen-") as place:
            out = Path(place) / f"report.{ending}"
            write_report(self.classroom.folder, passport, self.period.since, self.period.until, out, site=self.place)
            return out.read_bytes()


_NAME = r"([a-z0-9][a-z0-9-]*)"

ADDRESSES = [
    (r"/instructor/indicators", PassportsHandler),
    (rf"/instructor/indicators/{_NAME}", PassportHandler),
    (rf"/instructor/indicators/{_NAME}/places", PlacesHandler),
    (rf"/instructor/indicators/{_NAME}/rows/{_NAME}", FactsHandler),
    (rf"/instructor/indicators/{_NAME}/report\.([a-z]+)", PaperHandler),
]
