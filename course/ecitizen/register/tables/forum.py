"""The team game of a forum: tables, what they came up with round by round, and how they were voted for."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Boolean, CheckConstraint, Date, DateTime, Float, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ecitizen.register.tables.base import Base


class Forum(Base):
    """One game."""

    __tablename__ = "forum"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    name: Mapped[str] = mapped_column(String(200))
    round: Mapped[str] = mapped_column(String(20))
    """Key of the round it stands at."""

    minutes: Mapped[float] = mapped_column(Float)
    """What the clock has left: at ``since`` if it runs, else now."""

    since: Mapped[dt.datetime | None] = mapped_column(DateTime)
    """UTC; None while the clock stands."""

    closed: Mapped[bool] = mapped_column(Boolean)
    """Results went to the register."""

    token: Mapped[str] = mapped_column(String(64), unique=True)
    """Of the form that opened it."""


class Team(Base):
    """One table of a game; nobody at it is named."""

    __tablename__ = "forum_team"
    __table_args__ = (CheckConstraint("size BETWEEN 1 AND 12", name="forum_team_size"),)

    forum: Mapped[int] = mapped_column(ForeignKey("forum.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str] = mapped_column(String(1000))
    idea: Mapped[str] = mapped_column(String(1000))
    roles: Mapped[str] = mapped_column(String(1000))
    resources: Mapped[str] = mapped_column(String(1000))
    plan: Mapped[str] = mapped_column(String(1000))
    first: Mapped[int | None] = mapped_column(Integer)
    """The other table that this one liked best."""

    second: Mapped[int | None] = mapped_column(Integer)
    hall: Mapped[int] = mapped_column(Integer)
    """Votes of guests and of the jury."""

    community: Mapped[str | None] = mapped_column(String(40))
    """Code of the community it became."""

    next_on: Mapped[dt.date | None] = mapped_column(Date)
    """When the community meets next."""
