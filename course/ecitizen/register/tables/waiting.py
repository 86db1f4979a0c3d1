"""The electronic queue of today: who waits at which centre, and who serves whom."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecitizen.register.tables.base import Base


class Place(Base):
    """A number in the queue. Nobody is named; when it is closed it becomes a row of ``ticket``, which reports count."""

    __tablename__ = "place"
    __table_args__ = (
        CheckConstraint("came IN ('kiosk', 'telephone', 'person')", name="place_came"),
        CheckConstraint("state IN ('waiting', 'serving', 'closed', 'left')", name="place_state"),
        UniqueConstraint("date", "site", "number", name="place_number"),
        UniqueConstraint("token", name="place_token"),
        Index("place_by_state", "state", "date"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    number: Mapped[int] = mapped_column(Integer)
    """From 1 each day at each centre."""

    kind: Mapped[str] = mapped_column(String(80))
    topic: Mapped[str] = mapped_column(String(300))
    came: Mapped[str] = mapped_column(String(20))
    """How the number was taken: at the kiosk, by telephone, or from somebody who came in person."""

    first: Mapped[bool] = mapped_column()
    learner: Mapped[int | None] = mapped_column(Integer)
    """Number of the card, if this person is in practice and help may look at the screen; goes when the place ends."""

    state: Mapped[str] = mapped_column(String(20))
    taken_at: Mapped[dt.datetime] = mapped_column(DateTime)
    """UTC, as all times here."""

    called_at: Mapped[dt.datetime | None] = mapped_column(DateTime)
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime)
    desk: Mapped[str] = mapped_column(String(80))
    """Who serves: the number of the member of staff, or else the session."""

    who: Mapped[str] = mapped_column(String(200))
    """The same in words, for the other experts."""

    ticket: Mapped[int | None] = mapped_column(Integer)
    """The row of ``ticket`` it became."""

    token: Mapped[str] = mapped_column(String(64))
    """Of the form: sent twice, it takes one number."""
