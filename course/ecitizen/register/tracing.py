"""The trace read back: who changed what and when, in the words of the tables. No name and no PIN is in it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, func, select

from ecitizen.errors import CourseError
from ecitizen.register.looking import LOOK, REFUSAL
from ecitizen.register.sheets.traced import told, traced_sheets
from ecitizen.register.tables import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One change of one row."""

    at: dt.datetime
    """UTC."""
    who: str
    table: str
    """Title of the table, such as «Согласия»."""
    key: str
    """Number or code of the row; several joined by a slash."""
    before: dict[str, str] | None
    """By header of the column: what was there; None for a new row."""
    after: dict[str, str] | None
    """What is there now; None for a removed row."""


@dataclass(frozen=True, slots=True)
class TracePage:
    """A piece of the trace, the latest first."""

    total: int
    """Changes of the period, shown or not."""
    changes: list[Traced]


def changes(
    engine: Engine, since: dt.date, until: dt.date, *, table: str = "", skip: int = 0, limit: int = 50
) -> TracePage:
    """Read who changed what over a period, both days included, as the clock of this computer tells days.

    ``table`` is a name as ``register import`` takes it, or one of ``traced``; raises ``CourseError`` for another. Looks
    at names are told apart (``looking.looks``).
    """
    sheets = traced_sheets()
    begin, end = (dt.datetime.combine(day, dt.time()).astimezone(dt.UTC) for day in (since, until + dt.timedelta(1)))
    chosen = [
        Change.table.not_in([LOOK, REFUSAL]),
        Change.at >= begin.replace(tzinfo=None),
        Change.at < end.replace(tzinfo=None),
    ]
    if table:
        wanted = [name for name, sheet in sheets.items() if sheet.name == table]
        if not wanted:
            known = ", ".join(dict.fromkeys(sheet.name for sheet in sheets.values()))
            raise CourseError("таблица", f"такой таблицы нет: {table!r}", f"Есть такие: {known}")
        chosen.append(Change.table.in_(wanted))
    query = select(Change.__table__).where(*chosen).order_by(Change.id.desc()).offset(skip).limit(limit)
    with engine.connect().execution_options(readonly=True) as connection:
        total = connection.execute(select(func.count()).select_from(Change).where(*chosen)).scalar_one()
        rows = connection.execute(query).all()
    return TracePage(total, [_traced(row, sheets) for row in rows])


def _traced(row: Any, sheets: dict[str, Any]) -> Traced:
    sheet = sheets.get(row.table_name)
    before, after = (
        None if text is None else told(sheet, json.loads(text)) for text in (row.before, row.after)
    )  # fmt: skip
    return Traced(
        at=row.at.replace(tzinfo=dt.UTC),
        who=row.who,
        table=row.table_name if sheet is None else sheet.title,
        key=row.key,
        before=before,
        after=after,
    )
