"""The retention clock: whose data are due for erasure, and why.

Data are kept no longer than their purpose needs (152-ФЗ, article 5 part 7), and are erased within thirty days of a
withdrawal or of the end of the purpose (article 21). Consent is given a purpose at a time, and so it ends: a card goes
whole only when no purpose is left. The list is read at least once a year; it names nobody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Table, func, select, update

from ecitizen.errors import CourseError
from ecitizen.register.people import sort_key
from ecitizen.register.tables import Attendance, Consent, Learner, Person, Session
from ecitizen.register.undoing import Steps, take_turns

KEPT_AFTER = dt.timedelta(days=365)
"""After the last class, where no consent names a later day: «до конца курса и ещё один год»."""

Why = Literal["withdrawn", "ended", "idle"]
"""``withdrawn``: the person took the consent back; ``ended``: the day in the consent has come; ``idle``: nobody has
seen this person for longer than a year, and no consent says that the data may stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Somebody whose data the library must erase, or answer why not."""

    number: int
    purpose: str
    """Of the consent; empty for somebody idle."""
    since: dt.date
    """The day from which they are due."""
    why: Why
    kept: tuple[str, ...] = ()
    """Purposes of this card whose consent is in force: what they need stays."""
    listed_on: dt.date | None = None
    """The day of a consent in the list of learners, for no purpose in particular; nobody has said that it ended."""

    @property
    def whole(self) -> bool:
        """Tell whether nothing is left that this card may be kept for."""
        return self.why == "idle" or not (self.kept or self.listed_on)

    @property
    def withdrawn(self) -> bool:
        """Tell whether consent was withdrawn."""
        return self.why == "withdrawn"


def due(engine: Engine, day: dt.date) -> list[Due]:
    """List whose data are due for erasure by a day, by card; a day to come shows what is to be done until then."""
    with engine.connect().execution_options(readonly=True) as connection:
        rows = _consents(connection)
        last_days = _last_days(connection)
    idle = {number: last + KEPT_AFTER for number, last in last_days.items() if last + KEPT_AFTER <= day}
    cards = groupby(rows, key=lambda row: row.learner)
    found = [one for number, given in cards for one in _of_card(list(given), day, idle=number in idle)]
    answered = {one.number for one in found} | {row.learner for row in rows if _lasts(row, day, idle=True)}
    found += [
        Due(number=number, purpose="", since=since, why="idle")
        for number, since in idle.items()
        if number not in answered
    ]
    return sorted(found, key=lambda one: (one.number, one.since, one.purpose))


def note_destroyed(engine: Engine, number: int, purpose: str, on: dt.date, who: str) -> None:
    """Note that what was collected for one purpose of a card was destroyed on a day; ``undoing`` takes it back.

    Raises ``CourseError`` if there is no such consent, if it is in force, if it is noted already, or if nothing is left
    that the card may be kept for: then the card is erased whole.
    """
    where = f"карточка {number}, «{purpose}»"
    with engine.begin() as connection:
        take_turns(connection)
        given = _consents(connection, number)
        rows = [row for row in given if sort_key(row.purpose) == sort_key(purpose)]
        if not rows:
            known = ", ".join(sorted({row.purpose for row in given})) or "никаких"
            raise CourseError(where, "такого согласия в журнале нет", f"Проверьте номер и цель; записаны: {known}")
        if on > dt.date.today():
            raise CourseError(where, f"день ещё не наступил: {on:%d.%m.%Y}", "Впишите день, когда данные стёрты")
        if any(_lasts(row, on, idle=False) for row in rows):
            raise CourseError(where, "согласие ещё действует", "Впишите день отзыва в таблицу согласий (consents)")
        open_rows = [row for row in rows if row.erased_on is None]
        if not open_rows:
            raise CourseError(where, "уже отмечено как стёртое", "Проверьте цель")
        if not given[0].consent_on and not any(_lasts(row, on, idle=False) for row in given):
            remedy = f"Сотрите карточку целиком: ecitizen erase {number}"
            raise CourseError(where, "других действующих согласий нет", remedy)
        steps = Steps(connection, who)
        table = Consent.__table__
        assert isinstance(table, Table)
        for row in open_rows:
            connection.execute(update(table).where(table.c.id == row.id).values(erased_on=on))
            steps.changed(table, dict(row._mapping), {"erased_on": None}, {"erased_on": on})
        steps.store()


def _consents(connection: Connection, number: int | None = None) -> Sequence[Any]:
    """Read consents by card, each with the day that stands in the list of learners; those of erased cards are gone."""
    query = select(Consent.__table__, Person.consent_on).join(Person, Person.number == Consent.learner)
    if number is not None:
        query = query.where(Consent.learner == number)
    return connection.execute(query.order_by(Consent.learner, Consent.id)).all()


def _of_card(given: list[Any], day: dt.date, *, idle: bool) -> list[Due]:
    """Find the purposes of one card that have ended and are not destroyed yet."""
    purposes: dict[str, list[Any]] = {}
    for row in given:
        purposes.setdefault(sort_key(row.purpose), []).append(row)
    in_force = {name for name, rows in purposes.items() if any(_lasts(row, day, idle=idle) for row in rows)}
    kept = tuple(purposes[name][-1].purpose for name in sorted(in_force))
    listed_on = None if idle else given[0].consent_on
    over: list[tuple[Due, bool]] = []
    for rows in (rows for name, rows in purposes.items() if name not in in_force):
        ends = [(*end, row) for row in rows if (end := _end(row)) is not None and end[0] <= day]
        if ends:
            since, why, row = max(ends, key=lambda end: end[0])
            one = Due(number=row.learner, purpose=row.purpose, since=since, why=why, kept=kept, listed_on=listed_on)
            over.append((one, row.erased_on is not None))
    left = [one for one, destroyed in over if not destroyed]
    if not left and over and not (idle or kept or listed_on):
        # Everything collected is destroyed, and the name still stands there for no purpose at all.
        left = [max((one for one, _ in over), key=lambda one: one.since)]
    return left


def _lasts(row: Any, day: dt.date, *, idle: bool) -> bool:
    """Tell whether a consent is in force; one without a day ends when the person hasn't come for a year."""
    if row.erased_on is not None or (row.withdrawn_on is not None and row.withdrawn_on <= day):
        return False
    return not idle if row.keep_until is None else bool(row.keep_until > day)


def _end(row: Any) -> tuple[dt.date, Why] | None:
    ends: list[tuple[dt.date, Why]] = []
    if row.withdrawn_on is not None:
        ends.append((row.withdrawn_on, "withdrawn"))
    if row.keep_until is not None:
        ends.append((row.keep_until, "ended"))
    return min(ends, key=lambda end: end[0], default=None)


def _last_days(connection: Connection) -> dict[int, dt.date]:
    """Give the last day on which each person was seen: in class, joining or leaving."""
    seen = select(Attendance.learner, func.max(Session.date).label("seen")).join(Session).group_by(Attendance.learner)
    last = seen.subquery()
    query = (
        select(Learner.number, Learner.joined_on, Learner.left_on, last.c.seen)
        .join(Person, Person.number == Learner.number)
        .join(last, last.c.learner == Learner.number, isouter=True)
    )
    days = {row.number: [row.joined_on, row.left_on, row.seen] for row in connection.execute(query)}
    return {number: max(known) for number, some in days.items() if (known := [one for one in some if one is not None])}
