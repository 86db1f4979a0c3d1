"""The tables of the register. Names of people stand in ``person`` and nowhere else.

``learner`` carries no foreign key to ``person`` on purpose: a person can be erased, the counts about the number stay.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the room."""


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
    consent_on: Mapped[dt.date | None] = mapped_column(Date)


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


class Attendance(Base):
    """A learner was at a session."""

    __tablename__ = "attendance"
    __table_args__ = (Index("attendance_by_learner", "learner"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"), primary_key=True)
    learner: Mapped[int] = mapped_column(ForeignKey("learner.number"), primary_key=True)


class Consultation(Base):
    """Help given once; whom it was given to is an anonymous tally, for disability is never kept beside a name."""

    __tablename__ = "consultation"
    __table_args__ = (
        CheckConstraint("channel IN ('person', 'telephone', 'remote')", name="consultation_channel"),
        CheckConstraint("form IN ('individual', 'group')", name="consultation_form"),
        CheckConstraint("category IN ('pensioner', 'disability', 'other')", name="consultation_category"),
        Index("consultation_by_date", "date"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    channel: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(20))
    topic: Mapped[str] = mapped_column(String(300))
    category: Mapped[str] = mapped_column(String(20))
    service_obtained: Mapped[bool] = mapped_column()
    service: Mapped[str] = mapped_column(String(300))
    minutes: Mapped[int | None] = mapped_column(Integer)
    satisfaction: Mapped[int | None] = mapped_column(Integer)
    persons: Mapped[int] = mapped_column(Integer)


class Event(Base):
    """An event or information hour."""

    __tablename__ = "event"
    __table_args__ = (Index("event_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(80))
    attended: Mapped[int] = mapped_column(Integer)


class Visit(Base):
    """Visits of citizens to an authority's web site from the centre, a day's or a month's tally."""

    __tablename__ = "visit"
    __table_args__ = (Index("visit_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    authority_site: Mapped[str] = mapped_column(String(200))
    visits: Mapped[int] = mapped_column(Integer)


class Zone(Base):
    """An information zone: a stand, a corner, a page."""

    __tablename__ = "zone"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    title: Mapped[str] = mapped_column(String(300))
    opened: Mapped[dt.date] = mapped_column(Date)
    closed: Mapped[dt.date | None] = mapped_column(Date)


class Message(Base):
    """A message prepared for the media."""

    __tablename__ = "message"
    __table_args__ = (Index("message_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    outlet: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(300))


class Staff(Base):
    """Somebody who works here; a role and a PIN."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    role: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    pin_hash: Mapped[str] = mapped_column(String(200))


class Change(Base):
    """The trace of who changed what and when; names and PIN hashes are never in it, only that they changed."""

    __tablename__ = "change"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(DateTime)
    """UTC, without the zone."""

    who: Mapped[str] = mapped_column(String(200))
    table: Mapped[str] = mapped_column("table_name", String(40))
    key: Mapped[str] = mapped_column(String(200))
    before: Mapped[str | None] = mapped_column(Text)
    """JSON object of the changed columns; NULL for a new row."""

    after: Mapped[str | None] = mapped_column(Text)
    """JSON object of the changed columns; NULL for a removed row."""
