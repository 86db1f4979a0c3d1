"""Everything the register knows of one learner, for the one page about this person."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, and_, or_, select

from ecitizen.register.enrolling import stored, unknown, version_of
from ecitizen.register.tables import Attendance, ClassGroup, Consent, Session, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenConsent:
    """A consent for one purpose."""

    purpose: str
    given_on: dt.date
    withdrawn_on: dt.date | None
    keep_until: dt.date | None
    erased_on: dt.date | None
    """The day on which what was collected for this purpose was destroyed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDay:
    """A session that this person attended, or might have."""

    date: dt.date
    lesson: str
    """Id of the lesson."""

    group: str
    was_there: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One learner; names are empty once the person is erased."""

    number: int
    surname: str
    given: str
    patronymic: str
    birth_year: int | None
    contact: str
    consent_on: dt.date | None
    group: str
    group_name: str
    site: str
    """Name of the place."""

    seat: str
    joined_on: dt.date | None
    left_on: dt.date | None
    erased: bool
    consents: tuple[GivenConsent, ...]
    days: tuple[ClassDay, ...]
    """Sessions that this person attended and, if the day of joining is known, the group's others since then.

    The latest comes first.
    """

    version: str
    """Changes when the record changes."""

    @property
    def full_name(self) -> str:
        """Give surname, given name and patronymic; «карточка N» once the person is erased."""
        return " ".join(filter(None, (self.surname, self.given, self.patronymic))) or f"карточка {self.number}"

    @property
    def attended(self) -> int:
        """Count the sessions that this person was at."""
        return sum(day.was_there for day in self.days)


def record(engine: Engine, number: int) -> Record:
    """Read all about one learner; raises ``CourseError`` for an unknown card."""
    with engine.connect().execution_options(readonly=True) as connection:
        row = stored(connection, number)
        if row is None:
            raise unknown(number)
        group = connection.execute(select(ClassGroup).where(ClassGroup.code == row["group_code"])).one()
        site = connection.execute(select(Site.name).where(Site.id == row["site"])).scalar_one()
        return Record(
            number=number,
            surname=row.get("surname") or "",
            given=row.get("given") or "",
            patronymic=row.get("patronymic") or "",
            birth_year=row.get("birth_year"),
            contact=row.get("contact") or "",
            consent_on=row.get("consent_on"),
            group=group.code,
            group_name=group.name,
            site=site,
            seat=row["seat"] or "",
            joined_on=row["joined_on"],
            left_on=row["left_on"],
            erased="surname" not in row,
            consents=_consents(connection, number),
            days=_days(connection, number, group.code, row["joined_on"]),
            version=version_of(row),
        )


def _consents(connection: Connection, number: int) -> tuple[GivenConsent, ...]:
    rows = connection.execute(select(Consent).where(Consent.learner == number).order_by(Consent.given_on, Consent.id))
    return tuple(
        GivenConsent(
            purpose=row.purpose,
            given_on=row.given_on,
            withdrawn_on=row.withdrawn_on,
            keep_until=row.keep_until,
            erased_on=row.erased_on,
        )
        for row in rows
    )


def _days(connection: Connection, number: int, group: str, joined_on: dt.date | None) -> tuple[ClassDay, ...]:
    here = and_(Attendance.session_id == Session.id, Attendance.learner == number)
    query = select(Session.date, Session.lesson, Session.group_code, Attendance.learner).join(
        Attendance, here, isouter=True
    )
    own = and_(Session.group_code == group, Session.date >= (joined_on or dt.date.max))
    rows = connection.execute(
        query.where(or_(own, Attendance.learner.is_not(None))).order_by(Session.date.desc(), Session.id.desc())
    )
    return tuple(
        ClassDay(date=row.date, lesson=row.lesson, group=row.group_code, was_there=row.learner is not None)
        for row in rows
    )
