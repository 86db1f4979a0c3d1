"""Consents of one person, a purpose at a time: given, and withdrawn; each is traced and taken back by ``undoing``.

Consent is asked for each purpose apart and may be withdrawn on any day (152-ФЗ, article 9); what was collected is then
erased by ``retaining``.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.people import sort_key
from ecitizen.register.tables import Consent, Person
from ecitizen.register.undoing import Steps, take_turns

EARLIEST = dt.date(2000, 1, 1)
LONGEST_PURPOSE = 200


def give(engine: Engine, number: int, purpose: str, on: dt.date, who: str) -> None:
    """Note a signed consent; ``CourseError`` for an erased or unknown card, a day to come, or one that is in force."""
    where, purpose = _where(number, purpose), purpose.strip()[:LONGEST_PURPOSE]
    _check_day(where, on)
    if not purpose:
        raise CourseError(where, "не названа цель", "Выберите цель из списка")
    with engine.begin() as connection:
        take_turns(connection)
        if connection.execute(select(Person.number).where(Person.number == number)).first() is None:
            raise CourseError(where, "карточки нет или имя стёрто", "Проверьте номер карточки")
        known = _of_purpose(connection, number, purpose)
        if any(row["withdrawn_on"] is None and row["erased_on"] is None and not _is_over(row, on) for row in known):
            raise CourseError(where, "это согласие уже записано", "Откройте страницу человека и посмотрите")
        if any(row["given_on"] == on for row in known):
            problem = f"согласие от {on:%d.%m.%Y} уже было и отозвано"
            raise CourseError(where, problem, "Впишите день нового листа")
        table = Consent.__table__
        assert isinstance(table, Table)
        values = {"learner": number, "purpose": purpose, "given_on": on}
        row = connection.execute(insert(table).values(values).returning(table)).mappings().one()
        steps = Steps(connection, who)
        steps.added(table, dict(row))
        steps.store()


def withdraw(engine: Engine, number: int, purpose: str, on: dt.date, who: str) -> None:
    """Note that a consent was taken back; ``CourseError`` if there is none to take back or the day doesn't fit."""
    where = _where(number, purpose)
    _check_day(where, on)
    with engine.begin() as connection:
        take_turns(connection)
        rows = [row for row in _of_purpose(connection, number, purpose) if row["withdrawn_on"] is None]
        if not rows:
            raise CourseError(where, "отзывать нечего: такого согласия нет", "Откройте страницу человека и посмотрите")
        if on < max(row["given_on"] for row in rows):
            raise CourseError(where, f"{on:%d.%m.%Y} раньше, чем дано согласие", "Проверьте день на листе")
        table = Consent.__table__
        assert isinstance(table, Table)
        steps = Steps(connection, who)
        for row in rows:
            connection.execute(update(table).where(table.c.id == row["id"]).values(withdrawn_on=on))
            steps.changed(table, dict(row), {"withdrawn_on": None}, {"withdrawn_on": on})
        steps.store()


def _of_purpose(connection: Connection, number: int, purpose: str) -> list[Any]:
    rows = connection.execute(select(Consent.__table__).where(Consent.learner == number)).mappings()
    return [row for row in rows if sort_key(row["purpose"]) == sort_key(purpose)]


def _is_over(row: Any, day: dt.date) -> bool:
    return row["keep_until"] is not None and row["keep_until"] <= day


def _check_day(where: str, on: dt.date) -> None:
    if on < EARLIEST:
        raise CourseError(where, f"такого дня на листе быть не может: {on:%d.%m.%Y}", "Впишите день с листа")
    if on > dt.date.today():
        raise CourseError(where, f"день ещё не наступил: {on:%d.%m.%Y}", "Впишите день, который стоит на листе")


def _where(number: int, purpose: str) -> str:
    return f"карточка {number}, «{purpose[:60]}»"
