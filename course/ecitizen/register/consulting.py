"""The journal of consultations as pages need it: write a row once, correct it, take it back, look through it.

A row is counted by the passports from the moment it is stored. Nobody is named in it: whom help was given to is a
category and a number of people. The trace (table ``change``) says who of the staff wrote it, keeps a form that was
sent twice from counting twice, and holds what it takes to bring a removed row back.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, delete, extract, func, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.facts import folded
from ecitizen.register.changes import change_row
from ecitizen.register.tables import Change, Consultation, Site, Staff

CHANNELS = ("person", "telephone", "remote")
CATEGORIES = ("pensioner", "disability", "other")
FORMS = ("individual", "group")
AGES = ("adults", "youth", "children")

MOST_SUGGESTED = 80
"""Topics and services that the form offers, the most used first."""

_FEW = 500
"""Rows that can be asked for by their numbers; databases limit how many a query may name."""

_TABLE = "consultation"
_SENT = "sent"
"""Name under which the trace keeps the token of the form that a row came from."""


class ChangedMeanwhile(CourseError):
    """Somebody else has corrected the row since it was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """Help given once, as the table ``consultation`` keeps it."""

    date: dt.date
    site: str
    topic: str
    channel: str = "person"
    form: str = "individual"
    category: str = "other"
    service_obtained: bool = False
    service: str = ""
    minutes: int | None = None
    satisfaction: int | None = None
    persons: int = 1
    age: str = "adults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row of the journal."""

    id: int
    help: Help
    who: str
    """Who wrote it; empty if the trace does not know."""

    version: int
    """Number of its last change, 0 if there is none; another one later means that somebody has corrected it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A row that was taken out and can be brought back."""

    change: int
    topic: str
    restored: int | None
    """Number of the row it was brought back as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What some rows come to."""

    consultations: int = 0
    persons: int = 0
    services: int = 0
    by_category: Mapping[str, int] = field(default_factory=dict)
    """Category -> people."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Who sits at the desk, and where."""

    name: str
    site: str


def worker(engine: Engine, staff: int | None, library: str) -> Worker:
    """Give the name of a member of staff and the site they work at; ``library`` is the name of our own site.

    Without a site of their own it is the one of that name, else the one that opened first.
    """
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(select(Staff.name, Staff.site).where(Staff.id == staff)).one_or_none()
        sites = connection.execute(select(Site.id, Site.name).order_by(Site.opened, Site.id)).all()
    known = [site.id for site in sites]
    own = next((site.id for site in sites if site.name == library), known[0] if known else "")
    return Worker(row.name if row else "", row.site if row and row.site in known else own)


def add(engine: Engine, given: Help, who: str, token: str) -> int:
    """Keep a row and give its number; the same token again gives the number of the row it made, and keeps nothing.

    Raises ``CourseError`` on an unknown site.
    """
    with engine.begin() as connection:
        return _add(connection, given, who, token)


def correct(engine: Engine, number: int, given: Help, who: str, seen: int) -> None:
    """Change a row; ``seen`` is the version that was on the screen.

    Raises ``ChangedMeanwhile`` and keeps nothing if it is no longer that one; ``CourseError`` if the row is gone.
    """
    with engine.begin() as connection:
        _lock(connection, given.site)
        kept = _kept(connection, [_row(connection, number)])[0]
        if kept.version != seen:
            raise ChangedMeanwhile("консультация", "её уже исправил кто-то другой", "Сравните и сохраните ещё раз")
        old, new = asdict(kept.help), asdict(given)
        after = {name: value for name, value in new.items() if old[name] != value}
        if after:
            connection.execute(update(Consultation).where(Consultation.id == number).values(after))
            before = {name: old[name] for name in after}
            connection.execute(insert(Change).values(change_row(who, _TABLE, number, before, after)))


def remove(engine: Engine, number: int, who: str) -> int:
    """Take a row out and give the number of that change, by which ``restore`` finds it.

    A row that is gone already gives the number of the change that took it; ``CourseError`` if there never was one.
    """
    with engine.begin() as connection:
        row = connection.execute(select(Consultation).where(Consultation.id == number)).mappings().one_or_none()
        if row is None:
            took = select(func.max(Change.id)).where(*_about(number), Change.after.is_(None))
            change = connection.execute(took).scalar_one()
            if change is None:
                raise _gone(number)
            return int(change)
        before = {name: value for name, value in row.items() if name != "id"}
        connection.execute(delete(Consultation).where(Consultation.id == number))
        trace = insert(Change).values(change_row(who, _TABLE, number, before, None)).returning(Change.id)
        return int(connection.execute(trace).scalar_one())


def restore(engine: Engine, change: int, who: str) -> int:
    """Bring a removed row back and give its number, the old one if it is free; twice brings it back once."""
    with engine.begin() as connection:
        trace = _removal(connection, change)
        if trace is None:
            raise CourseError("отмена", f"удаления {change!r} нет в журнале", "Запишите консультацию заново")
        values = json.loads(trace.before)
        given = Help(**values | {"date": dt.date.fromisoformat(values["date"])})
        number = int(trace.key)
        taken = connection.execute(select(Consultation.id).where(Consultation.id == number)).first()
        return _add(connection, given, who, _undo_token(change), None if taken else number)


def removed(engine: Engine, change: int) -> Removed | None:
    """Say what a removal took, for the line that offers to bring it back; None if there was no such removal."""
    with engine.connect().execution_options(readonly=True) as connection:
        trace = _removal(connection, change)
        if trace is None:
            return None
        back = _sent_before(connection, _undo_token(change))
        return Removed(change=change, topic=json.loads(trace.before)["topic"], restored=back)


def find(engine: Engine, number: int) -> Kept | None:
    """Give one row; None if there is none."""
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(select(Consultation).where(Consultation.id == number)).mappings().all()
        return next(iter(_kept(connection, rows)), None)


def listed(engine: Engine, since: dt.date, until: dt.date, words: str = "") -> list[Kept]:
    """Give the rows of a period, both days included, the newest first; every one of ``words`` is in topic or service.

    Capital letters and ё do not matter.
    """
    query = select(Consultation).where(Consultation.date.between(since, until))
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query.order_by(Consultation.date.desc(), Consultation.id.desc())).mappings().all()
        wanted = folded(words).split()
        found = [row for row in rows if all(word in folded(f"{row['topic']} {row['service']}") for word in wanted)]
        return _kept(connection, found)


def tally(rows: Iterable[Kept]) -> Tally:
    """Sum rows up."""
    given = [row.help for row in rows]
    people: Counter[str] = Counter()
    for one in given:
        people[one.category] += one.persons
    return Tally(
        consultations=len(given),
        persons=people.total(),
        services=sum(one.service_obtained for one in given),
        by_category=dict(people),
    )


def months(engine: Engine) -> list[tuple[int, int]]:
    """Give the years and months that have rows, the newest first."""
    year, month = extract("year", Consultation.date), extract("month", Consultation.date)
    with engine.connect().execution_options(readonly=True) as connection:
        found = connection.execute(select(year, month).distinct()).all()
    return sorted(((int(row[0]), int(row[1])) for row in found), reverse=True)


def topics(engine: Engine) -> list[str]:
    """Give the topics in use, the most used first; spellings that differ in capitals or ё are one."""
    return _used(engine, Consultation.topic)


def services(engine: Engine) -> list[str]:
    """Give the services that were obtained, like ``topics``."""
    return _used(engine, Consultation.service)


def _used(engine: Engine, column: Any) -> list[str]:
    query = select(column, func.count(), func.max(Consultation.date)).where(column != "").group_by(column)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = sorted(connection.execute(query).all(), key=lambda row: (row[1], row[2]), reverse=True)
    spelled: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for text, count, _last in rows:
        spelled.setdefault(folded(text), text)
        counts[folded(text)] += count
    return [spelled[key] for key, _count in counts.most_common(MOST_SUGGESTED)]


def _add(connection: Connection, given: Help, who: str, token: str, number: int | None = None) -> int:
    _lock(connection, given.site)
    known = _sent_before(connection, token)
    if known is not None:
        return known
    values = asdict(given) | ({} if number is None else {"id": number})
    stored = int(connection.execute(insert(Consultation).values(values).returning(Consultation.id)).scalar_one())
    after = asdict(given) | {_SENT: token}
    connection.execute(insert(Change).values(change_row(who, _TABLE, stored, None, after)))
    return stored


def _lock(connection: Connection, site: str) -> None:
    """Let one writer of a site in at a time: SQLite does so by itself, other databases by the lock of the row."""
    if connection.execute(select(Site.id).where(Site.id == site).with_for_update()).first() is None:
        raise CourseError("консультация", f"места {site!r} нет в списке", "Выберите место из списка")


def _sent_before(connection: Connection, token: str) -> int | None:
    sent = json.dumps({_SENT: token})[1:-1]
    made = select(Change.key).where(Change.table == _TABLE, Change.before.is_(None))
    key = connection.execute(made.where(Change.after.contains(sent, autoescape=True))).scalars().first()
    return None if key is None else int(key)


def _undo_token(change: int) -> str:
    return f"undo-{change}"


def _removal(connection: Connection, change: int) -> Any:
    query = select(Change).where(Change.id == change, Change.table == _TABLE, Change.after.is_(None))
    return connection.execute(query).one_or_none()


def _row(connection: Connection, number: int) -> Any:
    row = connection.execute(select(Consultation).where(Consultation.id == number)).mappings().one_or_none()
    if row is None:
        raise _gone(number)
    return row


def _gone(number: int) -> CourseError:
    return CourseError("консультация", f"записи {number} больше нет", "Если она нужна, запишите её заново")


def _about(number: int) -> tuple[Any, Any]:
    return Change.table == _TABLE, Change.key == str(number)


def _kept(connection: Connection, rows: Sequence[Any]) -> list[Kept]:
    keys = [str(row["id"]) for row in rows]
    trace = select(Change.id, Change.key, Change.who, Change.before).where(Change.table == _TABLE)
    if len(keys) <= _FEW:
        trace = trace.where(Change.key.in_(keys))
    who: dict[str, str] = {}
    version: dict[str, int] = {}
    for change in connection.execute(trace.order_by(Change.id)):
        version[change.key] = change.id
        if change.before is None:
            who[change.key] = change.who
    return [
        Kept(
            id=row["id"],
            help=Help(**{name: value for name, value in row.items() if name != "id"}),
            who=who.get(str(row["id"]), ""),
            version=version.get(str(row["id"]), 0),
        )
        for row in rows
    ]
