"""What of a person stands in the rows of a database, and how it goes from there: from every table, freed pages too."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    inspect,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from ecitizen.content import folder
from ecitizen.content.folders import KINDS
from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.erasing_ways import sought, told_in
from ecitizen.register.erasing_words import Name, Sought
from ecitizen.register.tables import Change, Consent, Learner, Person, Site, Staff, Undo

_OF_THE_PERSON = frozenset({"person", "consent", "undo", "staff"})
"""Tables that are erased by the number, and that of those who work here."""

_TEXTS = frozenset({".yaml", ".md", ".ipynb", ".html", ".typ", ".json", ".txt"})


@dataclass(frozen=True, slots=True)
class Cell:
    """A column in which the name stands among other words."""

    table: str
    column: str
    count: int
    fixed: bool
    """Rows are told apart by it or point to it, so that a program can't rewrite it."""


def sought_of(
    connection: Connection, number: int, known: Collection[tuple[Name, str]] = (), called: str = ""
) -> Sought | None:
    """Give how the person of a card is written, under older names too; None if there is no name any more.

    Of these ``known`` come with the contacts of that time; others the register may still have for an undoing.
    ``called`` is what the library and its projects are called: a library may bear somebody's name.
    """
    people = connection.execute(select(Person)).mappings().all()
    person = next((row for row in people if row["number"] == number), None)
    if person is None:
        return None
    others = [Name(row["surname"], row["given"], row["patronymic"]) for row in people if row["number"] != number]
    others += _staff(connection)
    own = Name(person["surname"], person["given"], person["patronymic"], person["birth_year"])
    theirs = [row["contact"] or "" for row in people if row["number"] != number]
    called = "\n".join([called, *connection.execute(select(Site.name)).scalars()])

    def common(words: str) -> bool:
        return in_the_course(words) or _stands_in(_fold(called), words)

    ways = sought(own, _own_contact(person["contact"] or "", theirs), others, common)
    before = select(Undo.before).where(Undo.table == "person", Undo.key == json.dumps({"number": number}))
    for values in map(json.loads, filter(None, connection.execute(before).scalars())):
        older = Name(*(values.get(part) or getattr(own, part) for part in ("surname", "given", "patronymic")))
        known = (*known, (older, values.get("contact") or ""))
    for older, contact in dict.fromkeys(known):
        ways = ways.with_older(sought(older, _own_contact(contact, theirs), others, common))
    return ways


def _own_contact(contact: str, theirs: Collection[str]) -> str:
    """Leave out of a contact what somebody else in the register has as well: a couple has one telephone."""
    telephones, addresses = told_in(contact)
    shared = {_fold(one) for other in theirs for part in told_in(other) for one in part} | set(map(_fold, theirs))
    if not telephones and not addresses:
        return "" if _fold(contact) in shared else contact
    return ", ".join(one for one in (*telephones, *addresses) if _fold(one) not in shared)


def namesakes(connection: Connection, number: int) -> int:
    """Count the others who have the surname of a card."""
    rows = connection.execute(select(Person.number, Person.surname)).all()
    own = {row.surname.casefold() for row in rows if row.number == number}
    return sum(row.number != number and row.surname.casefold() in own for row in rows)


def _staff(connection: Connection) -> Iterator[Name]:
    for name in connection.execute(select(Staff.name)).scalars():
        words = name.split()
        for word in words:
            yield Name(word, next((other for other in words if other != word), ""))


def in_the_course(words: str) -> bool:
    """Tell whether lessons, quizzes or papers use these words: a made-up person may be called so, or a thing."""
    return _stands_in(_course_text(), words)


def _stands_in(told: str, words: str) -> bool:
    # Initials stand with a gap or without.
    written = r"\s+".join(map(re.escape, _fold(words).split())).replace(r"\.\s+", r"\.\s*")
    return re.search(rf"(?<![а-яa-z]){written}(?![а-яa-z])", told) is not None


def _fold(text: str) -> str:
    return text.casefold().replace("ё", "е")


@lru_cache(maxsize=1)
def _course_text() -> str:
    paths = (path for kind in KINDS for path in sorted(folder(kind).rglob("*")) if path.suffix in _TEXTS)
    return _fold("\n".join(path.read_text(encoding="utf-8", errors="ignore") for path in paths))


def categories(connection: Connection, number: int) -> tuple[str, ...]:
    """Say what is known of a person, in words without the values."""
    person = connection.execute(select(Person).where(Person.number == number)).mappings().one()
    given = select(func.count()).select_from(Consent).where(Consent.learner == number)
    consents = connection.execute(given).scalar_one()
    found = ["фамилия, имя, отчество"]
    for field, words in (("birth_year", "год рождения"), ("contact", "контакт"), ("consent_on", "дата согласия")):
        if person[field]:
            found.append(words)
    return (*found, *([f"согласия по целям: {consents}"] if consents else []), "ПИН карточки")


def remove(connection: Connection, number: int, who: str) -> None:
    """Remove the person of a card with consents and PIN; what happened in class stays under the number."""
    person = dict(connection.execute(select(Person).where(Person.number == number)).mappings().one())
    trace = [change_row(who, "person", number, person, None)]
    for consent in connection.execute(select(Consent).where(Consent.learner == number)).mappings().all():
        trace.append(change_row(who, "consent", consent["id"], dict(consent), None))
    connection.execute(delete(Consent).where(Consent.learner == number))
    connection.execute(delete(Person).where(Person.number == number))
    connection.execute(update(Learner).where(Learner.number == number).values(pin_hash="", seat=None))
    # The last import may have kept a name for its undoing.
    connection.execute(delete(Undo))
    connection.execute(insert(Change), trace)


def cells(connection: Connection, ways: Sought) -> list[Cell]:
    """List the columns of other tables in which the name stands, as a note or an answer may have it."""
    return [
        Cell(column.table.name, column.name, len(values), _is_fixed(column))
        for column, values in _holding(connection, ways)
    ]


def _is_fixed(column: Column[str]) -> bool:
    table = column.table
    told = (constraint.columns for constraint in table.constraints if isinstance(constraint, UniqueConstraint))
    indexed = (index.columns for index in table.indexes if index.unique)
    unique = any(column.name in columns for columns in (*told, *indexed))
    return bool(column.primary_key or column.foreign_keys) or unique


def mask(connection: Connection, ways: Sought) -> set[str]:
    """Put a sign in the place of the name wherever other tables hold it; gives these tables.

    Their rows stay, and count as before. Raises ``CourseError`` if two of them would be the same without the name.
    """
    changed = set()
    for column, values in list(_holding(connection, ways)):
        with _writable(connection, column.table.name):
            for value in values:
                masked = update(column.table).where(column == value).values({column: ways.masked(value)})
                try:
                    connection.execute(masked)
                except IntegrityError as error:
                    where, problem = f"{column.table.name}.{column.name}", "без имени две записи стали бы одинаковы"
                    raise CourseError(where, problem, "Переименуйте одну из них и повторите") from error
        changed.add(column.table.name)
    return changed


@contextmanager
def _writable(connection: Connection, table: str) -> Iterator[None]:
    """Lift what keeps a table from being rewritten, as the journal is; it stands again in the same transaction."""
    quote = connection.dialect.identifier_preparer.quote
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} DISABLE TRIGGER USER")
        yield
        connection.exec_driver_sql(f"ALTER TABLE {quote(table)} ENABLE TRIGGER USER")
        return
    asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table")
    triggers = connection.execute(asked, {"table": table}).all()
    for trigger in triggers:
        connection.exec_driver_sql(f"DROP TRIGGER {quote(trigger.name)}")
    yield
    for trigger in triggers:
        connection.exec_driver_sql(trigger.sql)


def _holding(connection: Connection, ways: Sought) -> Iterator[tuple[Column[str], list[str]]]:
    """Give each column that holds the name with its distinct values; the database makes a rough choice first."""
    forms = [f"%{form.replace('/', '//').replace('%', '/%').replace('_', '/_')}%" for form in ways.forms]
    forms += ["%".join(["", *telephone, ""]) for telephone in ways.telephones]
    if not forms:
        return
    quote, tables = connection.dialect.identifier_preparer.quote, inspect(connection)
    for name in tables.get_table_names():
        columns = tables.get_columns(name)
        # A foreign database may call something else a person.
        if name in _OF_THE_PERSON and (name != "person" or {"number", "surname"} <= {one["name"] for one in columns}):
            continue
        texts = [column["name"] for column in columns if isinstance(column["type"], String)]
        if not texts or not _is_rough_hit(connection, quote(name), [quote(column) for column in texts], forms):
            continue
        table = Table(name, MetaData(), autoload_with=connection, resolve_fks=False)
        for column in (table.c[text_column] for text_column in texts):
            chosen = select(column).where(or_(*(column.like(form, escape="/") for form in forms))).distinct()
            found = [one for one in connection.execute(chosen).scalars() if ways.masked(one) != one]
            if found:
                yield column, found


def _is_rough_hit(connection: Connection, table: str, columns: list[str], forms: list[str]) -> bool:
    """Ask whether any of these columns is like any of the forms; written by hand, for composing it takes seconds."""
    if connection.dialect.name == "sqlite":
        likes = [f"{column} LIKE ?{place} ESCAPE '/'" for column in columns for place in range(1, len(forms) + 1)]
        asked = f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {' OR '.join(likes)})"  # noqa: S608
        return bool(connection.exec_driver_sql(asked, tuple(forms)).scalar())
    likes = [f"{column} LIKE :form{place} ESCAPE '/'" for column in columns for place in range(len(forms))]
    asked = f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {' OR '.join(likes)})"  # noqa: S608
    return bool(connection.scalar(text(asked), {f"form{place}": form for place, form in enumerate(forms)}))


def rewrite(engine: Engine, tables: Collection[str] = ("person", "consent", "undo", "learner")) -> bool:
    """Let no freed page and no journal of the database keep what was deleted; False if the database is in use.

    ``tables`` are those that have changed, for a server that can write single ones anew.
    """
    if engine.dialect.name != "sqlite":
        quote = engine.dialect.identifier_preparer.quote
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM FULL {', '.join(map(quote, sorted(tables)))}")
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
