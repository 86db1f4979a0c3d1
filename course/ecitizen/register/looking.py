"""Who works at the desk, who looked at names, and who was refused: lines of the trace beside the changes.

A look is kept under the table name ``look``, a refusal under ``refusal``; the key is what was asked for, a number and
never a name.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Engine, insert, select

from ecitizen.register.changes import change_row
from ecitizen.register.people import Instructor
from ecitizen.register.tables import Change, Staff

LOOK, REFUSAL = "look", "refusal"

SAME_LOOK = dt.timedelta(minutes=10)
"""Looking again at the same thing within this time is the same look."""


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody saw something, or was refused it."""

    at: dt.datetime
    """UTC."""

    who: str


def staff_member(engine: Engine, staff: int, today: dt.date | None = None) -> Instructor | None:
    """Give somebody who works here by the number in the list of staff; None once the last day is over."""
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(select(Staff).where(Staff.id == staff)).one_or_none()
    if row is None or (row.until is not None and row.until < (today or dt.date.today())):
        return None
    return Instructor(id=row.id, name=row.name, role=row.role)


def note_look(engine: Engine, who: str, what: str, *, refused: bool = False, now: dt.datetime | None = None) -> None:
    """Keep that somebody looked at ``what``, such as ``person:104`` or ``roster``, unless it was just noted."""
    row = change_row(who, REFUSAL if refused else LOOK, what, None, {})
    at = row["at"] = (now or dt.datetime.now(dt.UTC)).astimezone(dt.UTC).replace(tzinfo=None)
    same = (Change.table == row["table_name"], Change.key == row["key"], Change.who == row["who"])
    with engine.begin() as connection:
        if connection.execute(select(Change.id).where(*same, Change.at > at - SAME_LOOK)).first() is None:
            connection.execute(insert(Change).values(row))


def looks_at(engine: Engine, what: str, most: int = 10) -> list[Look]:
    """Give who looked at something, the latest first."""
    query = select(Change.at, Change.who).where(Change.table == LOOK, Change.key == what)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query.order_by(Change.id.desc()).limit(most)).all()
    return [Look(row.at.replace(tzinfo=dt.UTC), row.who) for row in rows]


@dataclass(frozen=True, slots=True)
class LookedAt(Look):
    """A line of the journal of looks."""

    what: str
    """``person:104``, ``group:Г-1``, ``roster`` for a list of people; of a refusal the action and the page."""

    refused: bool


def looks(engine: Engine, since: dt.date, until: dt.date, most: int = 1000) -> list[LookedAt]:
    """Give the journal of looks over a period (UTC, both days included), the latest first."""
    begin, end = dt.datetime.combine(since, dt.time()), dt.datetime.combine(until, dt.time.max)
    query = (
        select(Change.at, Change.who, Change.key, Change.table)
        .where(Change.table.in_([LOOK, REFUSAL]), Change.at.between(begin, end))
        .order_by(Change.id.desc())
        .limit(most)
    )
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query).all()
    return [LookedAt(row.at.replace(tzinfo=dt.UTC), row.who, row.key, row.table_name == REFUSAL) for row in rows]
