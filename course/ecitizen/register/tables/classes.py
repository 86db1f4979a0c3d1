"""Places, people and what happens in class. Names of people stand in ``person`` and nowhere else.

``learner`` carries no foreign key to ``person`` on purpose: a person can be erased, the counts about the number stay.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecitizen.register.tables.base import Base


class Site(Base):
    """A place where people are served: a library, a legal information centre (ЦПИ), a village centre."""

    __tablename__ = "site"
    __table_args__ = (CheckConstraint("kind IN ('library', 'cpi', 'village')", name="site_kind"),)

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    opened: Mapped[dt.date] = mapped_column(Date)
    closed: Mapped[dt.date | None] = mapped_column(Date)


class Person(Base):
    """Who a learner number is; the one table with names, erased by one command."""

    __tablename__ = "person"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    surname: Mapped[str] = mapped_column(String(80))
    given: Mapped[str] = mapped_column(String(80))
    patronymic: Mapped[str] = mapped_column(String(80))
    birth_year: Mapped[int | None] = mapped_column(Integer)
    contact: Mapped[str | None] = mapped_column(String(200))
    """How to reach this person, if the library needs to: a telephone, an address."""

    consent_on: Mapped[dt.date | None] = mapped_column(Date)


class Consent(Base):
    """A printed consent for one purpose; it goes with the person."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("learner", "purpose", "given_on", name="consent_once"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    learner: Mapped[int] = mapped_column(ForeignKey("learner.number"))
    purpose: Mapped[str] = mapped_column(String(200))
    given_on: Mapped[dt.date] = mapped_column(Date)
    withdrawn_on: Mapped[dt.date | None] = mapped_column(Date)
    keep_until: Mapped[dt.date | None] = mapped_column(Date)
    """The day on which the purpose ends and the data are due for erasure."""

    erased_on: Mapped[dt.date | None] = mapped_column(Date)
    """The day on which what was collected for this purpose, and nothing else, was destroyed."""


class Learner(Base):
    """A pseudonymous learner: the number on the card, the hash of the PIN, the group and the seat."""

    __tablename__ = "learner"
    __table_args__ = (Index("learner_by_group", "group_code"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    group_code: Mapped[str] = mapped_column(ForeignKey("class_group.code"))
    pin_hash: Mapped[str] = mapped_column(String(200))
    seat: Mapped[str | None] = mapped_column(String(20))
    joined_on: Mapped[dt.date | None] = mapped_column(Date)
    left_on: Mapped[dt.date | None] = mapped_column(Date)


class ClassGroup(Base):
    """A group that learns together at one site."""

    __tablename__ = "class_group"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))


class Session(Base):
    """One meeting of a group for one lesson."""

    __tablename__ = "session"
    __table_args__ = (UniqueConstraint("date", "group_code", "lesson", name="session_once"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    group_code: Mapped[str] = mapped_column(ForeignKey("class_group.code"))
    lesson: Mapped[str] = mapped_column(String(64))
    minutes: Mapped[int | None] = mapped_column(Integer)


class Timetable(Base):
    """A weekly hour of a group, from its first day to its last."""

    __tablename__ = "timetable"
    __table_args__ = (UniqueConstraint("group_code", "first_on", "begins", name="timetable_once"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    group_code: Mapped[str] = mapped_column(ForeignKey("class_group.code"))
    first_on: Mapped[dt.date] = mapped_column(Date)
    last_on: Mapped[dt.date] = mapped_column(Date)
    begins: Mapped[str] = mapped_column(String(5))
    """Hour and minute of the place itself, such as ``10:00``."""

    minutes: Mapped[int] = mapped_column(Integer)
    every_weeks: Mapped[int] = mapped_column(Integer)
    room: Mapped[str] = mapped_column(String(200))


class Attendance(Base):
    """A learner was at a session."""

    __tablename__ = "attendance"
    __table_args__ = (Index("attendance_by_learner", "learner", "session_id"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True)
    learner: Mapped[int] = mapped_column(ForeignKey("learner.number"), primary_key=True)


class Staff(Base):
    """Somebody who works here; a role and a PIN."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    role: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    pin_hash: Mapped[str] = mapped_column(String(200), default="")
    """Empty for somebody who has no PIN yet and so can't log in."""

    site: Mapped[str | None] = mapped_column(String(40))
    since: Mapped[dt.date | None] = mapped_column(Date)
    until: Mapped[dt.date | None] = mapped_column(Date)


class StaffTraining(Base):
    """Something that raised the skills of those who work here."""

    __tablename__ = "staff_training"
    __table_args__ = (Index("staff_training_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    title: Mapped[str] = mapped_column(String(300))
    form: Mapped[str] = mapped_column(String(80))
    hours: Mapped[int | None] = mapped_column(Integer)
    attended: Mapped[int] = mapped_column(Integer)
