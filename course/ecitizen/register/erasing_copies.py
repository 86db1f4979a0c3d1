"""A person in a copy of a database: found by card and by name, and taken out of every table and freed page."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Row, Table, create_engine, delete, inspect, select, update
from sqlalchemy.pool import NullPool

from ecitizen.errors import CourseError
from ecitizen.register.erasing_rows import cells, mask
from ecitizen.register.erasing_words import Name, Sought


def holds_person(path: Path, ways: Sought, *, exact: bool) -> bool:
    """Tell whether a database that nobody uses holds the name, in rows or in what its freed pages and its log keep.

    ``exact`` is for one that has been written anew. Raises SQLAlchemy's ``DatabaseError`` if it can't be read.
    """
    with _as_it_lies(path) as connection:
        if cells(connection, ways):
            return True
    # On its own the name of a full namesake tells nothing.
    tells = ways.likeness(" ".join((ways.person.surname, ways.person.given)).encode()) == "sure"
    log = path.with_name(f"{path.name}-wal")
    pages = path.read_bytes() + (log.read_bytes() if log.exists() else b"")
    return tells and ways.in_pages(pages, exact=exact)


def older_names(path: Path, number: int, person: Name) -> Iterator[tuple[Name, str]]:
    """Give what the same person is called in a copy, with the contact there; raises SQLAlchemy's ``DatabaseError``."""
    with _as_it_lies(path) as connection:
        people = _table(connection, "person", "number", "surname", "given")
        row = None if people is None else connection.execute(select(people).where(people.c.number == number)).first()
        if row is not None and _name(row).has_become(person):
            yield _name(row), str(row._mapping.get("contact") or "")


def clean_database(path: Path, number: int, ways: Sought) -> None:
    """Take a person out of a copy of a database, and write it anew; raises ``CourseError`` if something is left."""
    engine = _opened(path.absolute().as_posix())
    with engine.begin() as connection:
        _remove(connection, number, ways)
        mask(connection, ways)
        left = cells(connection, ways)
    if left:
        where = ", ".join(f"{cell.table}.{cell.column}" for cell in left)
        raise CourseError(str(path), f"имя не убирается: {where}", "Уничтожьте этот файл и повторите")
    with closing(sqlite3.connect(path)) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA journal_mode=DELETE")


def _as_it_lies(path: Path) -> Connection:
    # Else SQLite leaves files beside a database with a log.
    return _opened(f"file:{path.absolute().as_posix()}?mode=ro&immutable=1&uri=true").connect()


def _opened(address: str) -> Engine:
    return create_engine(f"sqlite:///{address}", poolclass=NullPool)


def _table(connection: Connection, name: str, *columns: str) -> Table | None:
    """Give a table as this copy has it, with these columns at least: a foreign database may call another one so."""
    if not inspect(connection).has_table(name):
        return None
    table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
    return table if set(columns) <= set(table.c.keys()) else None


def _name(row: Row[tuple[object, ...]]) -> Name:
    told = row._mapping
    surname, given, patronymic = (str(told.get(part) or "") for part in ("surname", "given", "patronymic"))
    return Name(surname, given, patronymic, told.get("birth_year"))


def _remove(connection: Connection, number: int, ways: Sought) -> None:
    people = _table(connection, "person", "number", "surname", "given")
    if people is None:
        return
    for row in connection.execute(select(people)).all():
        name = _name(row)
        written = " ".join((name.surname, name.given, name.patronymic))
        # A copy of another course may have the same person under another card.
        elsewhere = name.may_be(ways.person) and ways.likeness(written.encode()) == "sure"
        if elsewhere or (row.number == number and name.has_become(ways.person)):
            _remove_card(connection, people, row.number)
    undo = _table(connection, "undo")
    if undo is not None:
        connection.execute(delete(undo))


def _remove_card(connection: Connection, people: Table, number: int) -> None:
    connection.execute(delete(people).where(people.c.number == number))
    consents = _table(connection, "consent", "learner")
    learners = _table(connection, "learner", "number", "pin_hash", "seat")
    if consents is not None:
        connection.execute(delete(consents).where(consents.c.learner == number))
    if learners is not None:
        connection.execute(update(learners).where(learners.c.number == number).values(pin_hash="", seat=None))
