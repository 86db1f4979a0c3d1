"""The one table of the journal; named ``journal_event``, for the register has an ``event`` of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Index, Integer, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables of the room."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so that it is taken off and put back here."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Store UTC without the zone."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give UTC with the zone."""
        return None if value is None else value.replace(tzinfo=UTC)


class EventRow(Base):
    """One event; rows are added, never changed and never removed (triggers of the migration hold it)."""

    __tablename__ = "journal_event"
    __table_args__ = (
        Index("journal_event_by_lesson", "lesson", "learner", "activity"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    learner: Mapped[int | None] = mapped_column(Integer)
    lesson: Mapped[str] = mapped_column(String(64))
    activity: Mapped[str] = mapped_column(String(128))
    run: Mapped[int] = mapped_column(Integer)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
