"""What the tables in the trace, their columns and their values are called for people.

The trace keeps the names of the database; most of its tables are sheets, and the few that nobody brings as a file are
named here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

from ecitizen.register.cells import Choice, Count, Day, Kind, Words, YesNo
from ecitizen.register.changes import HIDDEN
from ecitizen.register.sheets import all_sheets
from ecitizen.register.sheets.sheet import Column, Sheet

_UNTOLD = frozenset({"sent"})
"""Keys of the trace that are the program's own: the mark of a form that was sent."""

_NUMBER, _DAY = Count(0, 999_999_999), Day(dt.date.max)


def _apart() -> Iterator[tuple[str, Sheet]]:
    card = Column("learner", "Номер карточки", _NUMBER)
    # The sheet «Посещаемость» is two tables; this is the one that says who was there.
    yield "attendance", _sheet("attendance", "Посещаемость", Column("session_id", "Занятие, запись", _NUMBER), card)
    issued = [Column("issued_on", "Выдан", _DAY), Column("trained_on", "Курс пройден", _DAY)]
    yield "certificate", _sheet("certificates", "Сертификаты", Column("number", "Номер", _NUMBER), card, *issued)
    yield "forum", _sheet("forums", "Игры форума", Column("name", "Название", Words()))
    yield "partner", _sheet("partners", "Библиотеки проекта", Column("key", "Ключ", Words()))
    yield "mark", _sheet("marks", "Оценки письменных ответов", Column("points", "Баллы", _NUMBER))


def _sheet(name: str, title: str, *columns: Column) -> Sheet:
    return Sheet(name, title, columns)


def traced_sheets() -> dict[str, Sheet]:
    """Give the sheet of each table of the trace by the table's name in the database."""
    sheets = all_sheets(dt.date.today())
    own = {str(sheet.table.__tablename__): sheet for sheet in sheets.values() if sheet.table is not None}
    return own | {"learner": sheets["learners"], "person": sheets["learners"]} | dict(_apart())


def title_of(table: str) -> str:
    """Give the title of a table of the trace, such as «Слушатели» for ``person``; its own name if there is none."""
    sheet = traced_sheets().get(table)
    return table if sheet is None else sheet.title


def told(sheet: Sheet | None, values: Mapping[str, object]) -> dict[str, str]:
    """Give values of the trace in words, by header of the column."""
    columns = {} if sheet is None else {column.field: column for column in sheet.columns}
    found = {}
    for name, value in values.items():
        if name not in _UNTOLD:
            column = columns.get(name)
            header = "ПИН" if name == "pin_hash" else column.header if column else name
            found[header] = _words(column.kind if column else None, value)
    return found


def _words(kind: Kind | None, value: object) -> str:
    if value is None or value == "":
        return "пусто"
    if value == HIDDEN:
        return "скрыто"
    if isinstance(kind, YesNo):
        return kind.show(bool(value))
    if isinstance(kind, Day):
        return f"{dt.date.fromisoformat(str(value)):%d.%m.%Y}"
    if isinstance(kind, Choice):
        return kind.words.get(str(value), (str(value),))[0]
    return str(value)
