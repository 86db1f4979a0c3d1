"""Who changed what and when, and what it takes to undo the last change."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, DateTime, Float, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ecitizen.register.tables.base import Base


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


class Undo(Base):
    """What it takes to take the last import back; the next import and every erasure wipe it.

    It may hold a name that the import has changed: the trace never does.
    """

    __tablename__ = "undo"

    step: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """In the order in which the steps were taken."""

    at: Mapped[dt.datetime] = mapped_column(DateTime)
    who: Mapped[str] = mapped_column(String(200))
    table: Mapped[str] = mapped_column("table_name", String(40))
    key: Mapped[str] = mapped_column(Text)
    """JSON object of the primary key."""

    before: Mapped[str | None] = mapped_column(Text)
    """JSON object of the changed columns; NULL for a new row."""

    after: Mapped[str | None] = mapped_column(Text)
    """The same columns as the import left them; NULL for a new row."""


class Partner(Base):
    """Another library whose facts were brought here; the last file it sent is the one that counts."""

    __tablename__ = "partner"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    """Keeps its learners' numbers apart from ours."""

    key: Mapped[str] = mapped_column(String(64))
    """The secret that its files are signed with."""

    made: Mapped[str] = mapped_column(String(32))
    """When its last file was made; empty if none has come."""


class PartnerFact(Base):
    """One fact of another library; no names, as everywhere."""

    __tablename__ = "partner_fact"
    __table_args__ = (Index("partner_fact_by_date", "kind", "date"),)

    partner: Mapped[str] = mapped_column(ForeignKey("partner.code"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    date: Mapped[dt.date] = mapped_column(Date)
    ends: Mapped[dt.date] = mapped_column(Date)
    """The last day it counts for; the same day but for places that stay open."""

    site: Mapped[str] = mapped_column(String(80))
    person: Mapped[int | None] = mapped_column(Integer)
    amount: Mapped[float] = mapped_column(Float)
    text: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(Text)
    """JSON object."""
