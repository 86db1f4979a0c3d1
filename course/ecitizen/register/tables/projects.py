"""What towns, villages and readers do with the library: communities, chats, the queue of a village centre.

Nobody is named here: a member of a community is a number that its leader knows.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ecitizen.register.tables.base import Base


class Community(Base):
    """A town community, such as one that grew out of a forum."""

    __tablename__ = "community"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    opened: Mapped[dt.date] = mapped_column(Date)
    closed: Mapped[dt.date | None] = mapped_column(Date)


class Member(Base):
    """Somebody takes part in a community."""

    __tablename__ = "community_member"

    community: Mapped[str] = mapped_column(ForeignKey("community.code"), primary_key=True)
    member: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """The same person has the same number in every community."""

    joined_on: Mapped[dt.date] = mapped_column(Date)
    left_on: Mapped[dt.date | None] = mapped_column(Date)


class Meeting(Base):
    """A meeting or seminar of a community."""

    __tablename__ = "community_meeting"
    __table_args__ = (Index("community_meeting_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    community: Mapped[str] = mapped_column(ForeignKey("community.code"))
    kind: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(300))
    attended: Mapped[int] = mapped_column(Integer)


class Work(Base):
    """Something that a community has done for its town."""

    __tablename__ = "community_work"
    __table_args__ = (Index("community_work_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    community: Mapped[str] = mapped_column(ForeignKey("community.code"))
    kind: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(300))
    quantity: Mapped[int] = mapped_column(Integer)


class Chat(Base):
    """A chat of the library in a messenger or a social network."""

    __tablename__ = "chat"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    network: Mapped[str] = mapped_column(String(80))
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    opened: Mapped[dt.date] = mapped_column(Date)
    closed: Mapped[dt.date | None] = mapped_column(Date)


class Subscribers(Base):
    """How many readers joined and left a chat, a day's or a month's tally."""

    __tablename__ = "chat_subscribers"

    chat: Mapped[str] = mapped_column(ForeignKey("chat.code"), primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date, primary_key=True)
    joined: Mapped[int] = mapped_column(Integer)
    left: Mapped[int] = mapped_column(Integer)


class Question(Base):
    """A reader's question in a chat; what it was about, never who asked."""

    __tablename__ = "chat_question"
    __table_args__ = (Index("chat_question_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    chat: Mapped[str] = mapped_column(ForeignKey("chat.code"))
    topic: Mapped[str] = mapped_column(String(300))
    answered: Mapped[bool] = mapped_column()
    minutes: Mapped[int | None] = mapped_column(Integer)
    """From the question to the answer."""


class Review(Base):
    """A reader's opinion."""

    __tablename__ = "chat_review"
    __table_args__ = (
        CheckConstraint("verdict IN ('good', 'neutral', 'bad')", name="review_verdict"),
        Index("chat_review_by_date", "date"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    chat: Mapped[str] = mapped_column(ForeignKey("chat.code"))
    verdict: Mapped[str] = mapped_column(String(20))
    gist: Mapped[str] = mapped_column(String(300))


class Ticket(Base):
    """One request in the electronic queue of a village centre."""

    __tablename__ = "ticket"
    __table_args__ = (
        CheckConstraint("result IN ('done', 'passed-on', 'not-done')", name="ticket_result"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="ticket_rating"),
        Index("ticket_by_date", "date"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    kind: Mapped[str] = mapped_column(String(80))
    topic: Mapped[str] = mapped_column(String(300))
    first: Mapped[bool] = mapped_column()
    """This person had never come before; by it people are told from requests, and nobody is numbered."""

    wait_min: Mapped[int | None] = mapped_column(Integer)
    serve_min: Mapped[int | None] = mapped_column(Integer)
    result: Mapped[str] = mapped_column(String(20))
    rating: Mapped[int | None] = mapped_column(Integer)


class Surplus(Base):
    """A villager tells the purchasing points what the household has to sell."""

    __tablename__ = "surplus"
    __table_args__ = (Index("surplus_by_date", "date"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    date: Mapped[dt.date] = mapped_column(Date)
    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    product: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(20))
    accepted: Mapped[bool] = mapped_column()
    """A purchasing point has taken it."""
