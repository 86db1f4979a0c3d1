"""Erase a person: the name goes from every page of the database, the counts about the number stay.

What is gone and how the library can prove it (order 179 of Roskomnadzor of 28.10.2022: an act and the extract of the
log, kept for three years) stands in ``Erasure``.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.searching import search
from ecitizen.register.tables import Attendance, Change, Consent, Learner, Person, Undo


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the extract of the log."""

    at: str
    who: str
    record: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was erased and what is kept."""

    number: int
    categories: tuple[str, ...]
    """What was known of the person, in words without the values."""

    attendances: int
    """Kept: sessions that this number attended."""

    log: tuple[LogLine, ...]
    rewritten: bool
    """Freed pages are overwritten; False: the database was in use, and ``rewrite`` must be called again."""

    left: tuple[str, ...]
    """Files of the course folder that still hold the name or the contact, packed files included: the library must
    destroy them itself, for the program doesn't throw away what people have put there."""

    unread: tuple[str, ...] = ()
    """Files of the course folder whose texts can't be searched, such as PDF: somebody must look at them."""


def erase(engine: Engine, number: int, who: str, folder: Path, said: str = "") -> Erasure:
    """Erase name, contact, consents and PIN of a learner; raises ``CourseError`` if there is nothing to erase.

    ``said`` is what goes into the act and is kept for years: a name in it is refused before anything is done. The row
    of the number stays, so that no count changes. Afterwards the database is written anew, for freed pages keep what
    stood in them, and every file of the folder is searched for the name. To close a file of the database drops all
    locks that this process has on it: a server has to use ``erasing_apart``.
    """
    with engine.begin() as connection:
        person = connection.execute(select(Person).where(Person.number == number)).mappings().one_or_none()
        if person is None:
            raise CourseError("стирание", f"у карточки {number} имени уже нет", "Проверьте номер карточки")
        if person["surname"].casefold() in said.casefold():
            raise CourseError("причина", "в ней стоит фамилия, а акт хранится годами", "Напишите причину без имени")
        categories = _categories(connection, person)
        others = connection.execute(select(Person.surname, Person.given).where(Person.number != number)).all()
        _remove(connection, dict(person), who)
        attended = select(func.count()).select_from(Attendance).where(Attendance.learner == number)
        attendances = connection.execute(attended).scalar_one()
        log = tuple(_extract(connection, number))
    rewritten = rewrite(engine)
    found = search(folder, _telling(person, [(other.surname, other.given) for other in others]))
    return Erasure(
        number=number,
        categories=categories,
        attendances=attendances,
        log=log,
        rewritten=rewritten,
        left=found.holding,
        unread=found.unread,
    )


def _telling(person: Any, others: Sequence[tuple[str, str]]) -> list[str]:
    """Give the words by which only this person is meant."""
    surname, given = person["surname"].casefold(), person["given"].casefold()
    words = [person["contact"]] if person["contact"] else []
    if surname not in {other.casefold() for other, _ in others}:
        words.append(person["surname"])
    elif (surname, given) not in {(other.casefold(), name.casefold()) for other, name in others}:
        words += [f"{person['surname']} {person['given']}", f"{person['surname']};{person['given']}"]
    return words


def _categories(connection: Connection, person: Any) -> tuple[str, ...]:
    consents = connection.execute(
        select(func.count()).select_from(Consent).where(Consent.learner == person["number"])
    ).scalar_one()
    found = ["фамилия, имя, отчество"]
    for field, words in (("birth_year", "год рождения"), ("contact", "контакт"), ("consent_on", "дата согласия")):
        if person[field]:
            found.append(words)
    return (*found, *([f"согласия по целям: {consents}"] if consents else []), "ПИН карточки")


def _remove(connection: Connection, person: dict[str, Any], who: str) -> None:
    number = person["number"]
    trace = [change_row(who, "person", number, person, None)]
    for consent in connection.execute(select(Consent).where(Consent.learner == number)).mappings().all():
        trace.append(change_row(who, "consent", consent["id"], dict(consent), None))
    connection.execute(delete(Consent).where(Consent.learner == number))
    connection.execute(delete(Person).where(Person.number == number))
    connection.execute(update(Learner).where(Learner.number == number).values(pin_hash="", seat=None))
    # The last import may have kept a name for its undoing.
    connection.execute(delete(Undo))
    connection.execute(insert(Change), trace)


def _extract(connection: Connection, number: int) -> Iterator[LogLine]:
    about = (Change.table.in_(["person", "learner"])) & (Change.key == str(number))
    consents = Change.table == "consent"
    for row in connection.execute(select(Change).where(about | consents).order_by(Change.id)):
        if row.table_name == "consent" and number not in {_learner_of(row.before), _learner_of(row.after)}:
            continue
        what = "добавлено" if row.before is None else "удалено" if row.after is None else "изменено"
        yield LogLine(at=f"{row.at:%d.%m.%Y %H:%M:%S}", who=row.who, record=f"{row.table_name} {row.key}", what=what)


def _learner_of(values: str | None) -> int | None:
    learner: int | None = json.loads(values or "{}").get("learner")
    return learner


def rewrite(engine: Engine) -> bool:
    """Let no freed page and no journal of the database keep what was deleted; False if the database is in use."""
    if engine.dialect.name != "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM FULL person, consent, undo, learner")
        return True
    # Below SQLAlchemy, which begins a transaction before everything.
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM")
        # The checkpoint answers 1 first if somebody still reads the old pages.
        return bool(raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    except sqlite3.OperationalError:
        return False
    finally:
        raw.close()
