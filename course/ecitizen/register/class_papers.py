"""What the papers of a class show: who came when, who was helped with what, who has finished, who agreed to what.

Names come from the one table that has them; whoever prints them leaves a line in the journal of looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, or_, select

from ecitizen.errors import CourseError
from ecitizen.register.certificates import issued
from ecitizen.register.looking import note_look
from ecitizen.register.people import roster
from ecitizen.register.tables import Attendance, ClassGroup, Consent, Consultation, Session, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One session of a group."""

    id: int
    date: dt.date
    lesson: str
    minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """One line of a class journal."""

    number: int
    name: str
    here_until: dt.date | None
    """The last day in the group, if that is over."""
    came: frozenset[int]
    """Ids of the sessions that this learner attended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The sessions of a group in a period."""

    group: str
    name: str
    site: str
    """Name of the place."""
    sessions: tuple[Meeting, ...]
    """By day."""
    pupils: tuple[Pupil, ...]
    """By name: those in the group and those who came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """One consultation."""

    date: dt.date
    site: str
    channel: str
    form: str
    topic: str
    service: str
    """Empty if none was obtained."""
    obtained: bool
    minutes: int | None
    satisfaction: int | None
    persons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Graduate:
    """Somebody who has finished the course."""

    number: int
    name: str
    group: str
    trained_on: dt.date
    certificate: int | None
    certificate_year: int | None
    """Of the day on which it was issued; None without a certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """A consent of one person for one purpose."""

    number: int
    name: str
    purpose: str
    given_on: dt.date | None
    withdrawn_on: dt.date | None
    keep_until: dt.date | None


def journal(engine: Engine, group: str, since: dt.date, until: dt.date, who: str) -> Journal:
    """Read the journal of a group over a period, both days included; an unknown group is a ``CourseError``."""
    with engine.connect().execution_options(readonly=True) as connection:
        row = _group(connection, group)
        sessions = connection.execute(
            select(Session)
            .where(Session.group_code == group, Session.date.between(since, until))
            .order_by(Session.date, Session.id)
        ).all()
        ids = [one.id for one in sessions]
        present = connection.execute(
            select(Attendance.session_id, Attendance.learner)
            .join(Session)
            .where(Session.group_code == group, Session.date.between(since, until))
        ).all()
    came: dict[int, set[int]] = {}
    for one in present:
        came.setdefault(one.learner, set()).add(one.session_id)
    pupils = tuple(
        Pupil(
            number=entry.number,
            name=entry.full_name,
            here_until=entry.left_on,
            came=frozenset(came.get(entry.number, ())),
        )
        for entry in roster(engine)
        if entry.number in came or (entry.group == group and (entry.left_on is None or entry.left_on >= since))
    )
    note_look(engine, who, f"group:{group}")
    assert set().union(*(one.came for one in pupils)) <= set(ids)
    return Journal(
        group=group,
        name=row.name,
        site=row.site_name,
        sessions=tuple(Meeting(id=o.id, date=o.date, lesson=o.lesson, minutes=o.minutes) for o in sessions),
        pupils=pupils,
    )


def consultations(engine: Engine, since: dt.date, until: dt.date, site: str | None = None) -> list[Help]:
    """Read the consultations of a period by day, all of them or those of one site; nobody is named in them."""
    query = select(Consultation, Site.name.label("site_name")).join(Site)
    if site is not None:
        query = query.where(Consultation.site == site)
    query = query.where(Consultation.date.between(since, until)).order_by(Consultation.date, Consultation.id)
    with engine.connect().execution_options(readonly=True) as connection:
        return [
            Help(
                date=row.date,
                site=row.site_name,
                channel=row.channel,
                form=row.form,
                topic=row.topic,
                service=row.service,
                obtained=row.service_obtained,
                minutes=row.minutes,
                satisfaction=row.satisfaction,
                persons=row.persons,
            )
            for row in connection.execute(query)
        ]


def graduates(engine: Engine, trained_on: Mapping[int, dt.date], who: str, group: str | None = None) -> list[Graduate]:
    """Name those who are trained, by name; ``trained_on`` is what the rule of the course says."""
    if group is not None:
        with engine.connect().execution_options(readonly=True) as connection:
            _group(connection, group)
    given = {one.learner: one for one in issued(engine, trained_on)}
    found = [
        Graduate(
            number=entry.number,
            name=entry.full_name,
            group=entry.group,
            trained_on=trained_on[entry.number],
            certificate=given[entry.number].number if entry.number in given else None,
            certificate_year=given[entry.number].issued_on.year if entry.number in given else None,
        )
        for entry in roster(engine, group)
        if entry.number in trained_on
    ]
    note_look(engine, who, f"group:{group}" if group else "roster")
    return found


def consents(
    engine: Engine, purpose: str, who: str, group: str | None = None, number: int | None = None
) -> list[Agreed]:
    """Give the consents for one purpose, one for each person of a group or for one; a day is None if not yet given."""
    entries = [one for one in roster(engine, group) if one.surname and number in {None, one.number}]
    if not entries:
        raise CourseError("согласия", "печатать некого", "Проверьте номер карточки и код группы")
    query = select(Consent.__table__).where(Consent.purpose == purpose).order_by(Consent.given_on)
    with engine.connect().execution_options(readonly=True) as connection:
        latest = {row.learner: row for row in connection.execute(query)}
    note_look(engine, who, f"person:{number}" if number else f"group:{group}" if group else "roster")
    found = []
    for entry in entries:
        row = latest.get(entry.number)
        found.append(
            Agreed(
                number=entry.number,
                name=entry.full_name,
                purpose=purpose,
                given_on=row.given_on if row else None,
                withdrawn_on=row.withdrawn_on if row else None,
                keep_until=row.keep_until if row else None,
            )
        )
    return found


def agreeing(engine: Engine, purpose: str, day: dt.date) -> set[int]:
    """Give the cards whose consent for a purpose is in force on a day."""
    query = select(Consent.learner).where(
        Consent.purpose == purpose,
        Consent.given_on <= day,
        or_(Consent.withdrawn_on.is_(None), Consent.withdrawn_on > day),
        or_(Consent.keep_until.is_(None), Consent.keep_until >= day),
    )
    with engine.connect().execution_options(readonly=True) as connection:
        return set(connection.execute(query).scalars())


def _group(connection: Connection, group: str) -> Any:
    query = select(ClassGroup, Site.name.label("site_name")).join(Site).where(ClassGroup.code == group)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise CourseError("группа", f"кода {group!r} нет в списке", "Посмотрите коды в таблице groups")
    return row
