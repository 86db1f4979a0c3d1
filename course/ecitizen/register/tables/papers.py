"""What was handed out on paper: certificates and invitations to the survey; no names, as everywhere."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Date, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ecitizen.register.tables.base import Base


class Certificate(Base):
    """A certificate was given to a learner; printed again, it is the same one."""

    __tablename__ = "certificate"
    __table_args__ = (UniqueConstraint("learner", name="certificate_once"),)

    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    learner: Mapped[int] = mapped_column(ForeignKey("learner.number"))
    issued_on: Mapped[dt.date] = mapped_column(Date)
    trained_on: Mapped[dt.date] = mapped_column(Date)
    """The day on which the last condition of the course was met."""


class SurveyCode(Base):
    """An invitation to the survey: who got it isn't known, and no answer leads back to it."""

    __tablename__ = "survey_code"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the code on the paper, in hexadecimal: who reads the database can't answer in another's place."""

    site: Mapped[str] = mapped_column(ForeignKey("site.id"))
    made_on: Mapped[dt.date] = mapped_column(Date)
    used_end: Mapped[bool] = mapped_column()
    """Used right after the course; when isn't kept, or it would lead to the answers of that moment."""

    used_later: Mapped[bool] = mapped_column()
    """Used three months later."""
