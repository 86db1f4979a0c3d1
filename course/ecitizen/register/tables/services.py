"""What is done for citizens besides lessons, and what the library says about it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecitizen.register.tables.base import Base


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
    age: Mapped[str] = mapped_column(String(20), default="adults")
    """``children`` to 14, ``youth`` 15–30 or ``adults``: the bands of the statistics form 6-НК."""


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
    """All who came, those below included."""

    audience: Mapped[str] = mapped_column(String(20), default="all")
    """For whom it was: ``children`` to 14, ``youth`` 15–30, or ``all``."""

    place: Mapped[str] = mapped_column(String(20), default="inside")
    """``inside`` the building, ``outside`` it, or at a ``distance`` only."""

    children: Mapped[int] = mapped_column(Integer, default=0)
    """Of those who came: to 14 years."""

    youth: Mapped[int] = mapped_column(Integer, default=0)
    """Of those who came: 15–30 years."""

    remote: Mapped[int] = mapped_column(Integer, default=0)
    """Of those who came: from a distance."""

    guests: Mapped[str] = mapped_column(String(300), default="")
    """Who spoke besides the library, such as the police or a bank; no names."""


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
    kind: Mapped[str] = mapped_column(String(20), default="media")
    """``media``, ``site``, ``social`` or ``chat``."""


class Material(Base):
    """A link of the archive or a material of the virtual study («виртуальный кабинет»)."""

    __tablename__ = "material"
    __table_args__ = (
        CheckConstraint("kind IN ('link', 'material')", name="material_kind"),
        UniqueConstraint("kind", "address", name="material_once"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(300))
    added_on: Mapped[dt.date] = mapped_column(Date)
    checked_on: Mapped[dt.date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(300))


class Counter(Base):
    """A figure that only the library can count, such as loans; a passport names it."""

    __tablename__ = "counter"
    __table_args__ = (
        UniqueConstraint("date", "site", "name", name="counter_once"),
        Index("counter_by_date", "date"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(200))
    value: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(String(300))


class SurveyAnswer(Base):
    """One answer of an anonymous survey; nothing here leads to a learner."""

    __tablename__ = "survey_answer"
    __table_args__ = (
        CheckConstraint("wave IN ('end', 'later')", name="survey_wave"),
        CheckConstraint("answer BETWEEN 1 AND 5", name="survey_scale"),
        Index("survey_by_date", "date"),
    )

    sheet: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Holds the answers of one person in one wave together; random."""

    question: Mapped[str] = mapped_column(String(60), primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    wave: Mapped[str] = mapped_column(String(10))
    answer: Mapped[int] = mapped_column(Integer)
