"""What a table looks like as a file: its columns, their Russian headers and synonyms, what is required."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ecitizen.register.cells import Count, Day, Kind, PastDay, Words
from ecitizen.register.tables import Base


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    field: str
    """Name of the value in our tables."""

    header: str
    """As we write it."""

    kind: Kind
    also: tuple[str, ...] = ()
    """Other headers that mean the same."""

    required: bool = False
    """A new row can't be made without it."""

    default: Any = None
    """What an empty cell and an absent column mean."""

    personal: bool = False
    """Exported only when names are asked for."""

    exported: bool = True
    refers: str = ""
    """What the cell names by its code or name: ``site``, ``group``, ``learner``, ``community`` or ``chat``."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table as a file."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """Fields that say that two rows are the same thing; empty: rows that agree in everything are the same."""

    table: type[Base] | None = None
    """The table it is; None if it goes into several."""

    def find(self, header: str) -> Column | None:
        """Give the column that a header means; case, ё, № and remarks in brackets don't matter."""
        known = {_normal(name): column for column in self.columns for name in (column.header, *column.also)}
        return known.get(_normal(header)) or known.get(_normal(re.sub(r"\(.*?\)", " ", header)))

    def column(self, field: str) -> Column:
        """Give the column of a field."""
        return next(column for column in self.columns if column.field == field)


ORDINAL = "№ п/п"
"""A column that only tells two otherwise equal lines apart."""


def is_ordinal(header: str) -> bool:
    """Say whether a header is that of a running number."""
    return _normal(header) in {"номер п п", "номер", "п п", "номер пп"}


@dataclass(frozen=True, slots=True)
class Common:
    """Columns that many tables have.

    ``day`` reads dates up to the latest that is no slip of the pen, ``past`` only those that have come.
    """

    day: Day
    past: PastDay
    entry: Column
    date: Column
    happened: Column
    """``date`` of something that can't be written down beforehand."""

    site: Column
    group: Column
    minutes: Column

    @classmethod
    def until(cls, day: Day, past: PastDay) -> Common:
        """Make them."""
        date = Column(
            "date", "Дата", day, ("Число", "Дата проведения", "Дата занятия", "Дата обращения"), required=True
        )
        return cls(
            day=day,
            past=past,
            entry=Column("id", "Номер записи", Count(1, 999_999_999), ("id",)),
            date=date,
            happened=replace(date, kind=past),
            site=Column(
                "site", "Место", Words(200), ("Библиотека", "Филиал", "Площадка", "Центр", "ЦПИ"), refers="site"
            ),
            group=Column(
                "group_code", "Группа", Words(40), ("Код группы", "Номер группы"), required=True, refers="group"
            ),
            minutes=Column("minutes", "Минут", Count(0, 1440), ("Минуты", "Длительность", "Длительность, мин")),
        )


def _normal(header: str) -> str:
    text = header.casefold().replace("ё", "е").replace("№", " номер ")
    return " ".join(re.findall(r"\w+", text))
