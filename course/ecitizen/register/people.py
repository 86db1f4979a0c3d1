"""Learners and instructors as pages need them: log in, roster, new PIN, seat."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.pins import hash_pin, hash_pins, new_pin, verify_pin
from ecitizen.register.tables import Change, ClassGroup, Learner, Person, Site, Staff

INSTRUCTOR_PIN_LENGTH = 6
_MAX_PIN_LENGTH = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Who has logged in: a number and a place, no name."""

    number: int
    group: str
    site: str
    seat: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterEntry:
    """One line of a class list, with the name; for instructors only."""

    number: int
    surname: str
    given: str
    patronymic: str
    group: str
    site: str
    seat: str | None
    joined_on: dt.date | None
    left_on: dt.date | None

    @property
    def full_name(self) -> str:
        """Give surname, given name and patronymic; «карточка N» once the person is erased."""
        return " ".join(filter(None, (self.surname, self.given, self.patronymic))) or f"карточка {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructor:
    """Somebody who may see the instructor's pages."""

    id: int
    name: str
    role: str


def sort_key(text: str) -> str:
    """Give the key by which Russian names are sorted: ё like е, capitals like small letters."""
    return text.casefold().replace("ё", "е")


def name_key(text: str) -> list[tuple[str, int]]:
    """Give the key by which names of places are sorted: as ``sort_key``, and «Село 2» stands before «Село 10»."""
    parts = re.findall(r"(\D*)(\d*)", sort_key(text), flags=re.ASCII)
    return [(words, int(number or 0)) for words, number in parts]


def find_login(engine: Engine, number: int, pin: str, today: dt.date | None = None) -> Card | None:
    """Give the card if number and PIN fit and the learner hasn't left; takes the same time whatever is wrong."""
    query = select(Learner).where(Learner.number == number)
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(query).one_or_none() if 0 < number < 2**31 else None
    known = verify_pin(pin[:_MAX_PIN_LENGTH], row.pin_hash if row else None)
    if row is None or not known or (row.left_on is not None and row.left_on < (today or dt.date.today())):
        return None
    return Card(number=row.number, group=row.group_code, site=row.site, seat=row.seat)


def find_card(engine: Engine, number: int) -> Card | None:
    """Give the card of a number without asking for the PIN (the session cookie has proved it); None if unknown."""
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(select(Learner).where(Learner.number == number)).one_or_none()
    return row and Card(number=row.number, group=row.group_code, site=row.site, seat=row.seat)


def roster(engine: Engine, group: str | None = None, site: str | None = None) -> list[RosterEntry]:
    """List learners by name (ё like е), then number; erased persons come last."""
    query = select(Learner, Person.surname, Person.given, Person.patronymic).join_from(
        Learner, Person, Person.number == Learner.number, isouter=True
    )
    if group is not None:
        query = query.where(Learner.group_code == group)
    if site is not None:
        query = query.where(Learner.site == site)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query).all()
    entries = [
        RosterEntry(
            number=row.number,
            surname=row.surname or "",
            given=row.given or "",
            patronymic=row.patronymic or "",
            group=row.group_code,
            site=row.site,
            seat=row.seat,
            joined_on=row.joined_on,
            left_on=row.left_on,
        )
        for row in rows
    ]
    return sorted(entries, key=lambda e: (not e.surname, *map(sort_key, (e.surname, e.given, e.patronymic)), e.number))


def groups(engine: Engine) -> dict[str, str]:
    """Give the codes and names of all groups, sorted by code."""
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(select(ClassGroup.code, ClassGroup.name)).all()
    return {row.code: row.name for row in sorted(rows, key=lambda row: name_key(row.code))}


def reissue_pin(engine: Engine, number: int, who: str, rng: random.Random | None = None) -> str:
    """Give a learner a new PIN and return it, the only time it is seen; raises ``CourseError`` on an unknown card."""
    pin = new_pin(rng)
    store_pins(engine, {number: pin}, who)
    return pin


def store_pins(engine: Engine, pins: Mapping[int, str], who: str) -> None:
    """Make these the PINs of these cards, all or none; hashed before the transaction, for that takes long."""
    hashes = dict(zip(pins, hash_pins(list(pins.values())), strict=True))
    with engine.begin() as connection:
        for number, hashed in hashes.items():
            _change_learner(connection, number, who, {"pin_hash": hashed})


def set_seat(engine: Engine, number: int, seat: str | None, who: str = "") -> None:
    """Note at which place in the room a learner sits; None clears it."""
    with engine.begin() as connection:
        _change_learner(connection, number, who, {"seat": seat})


def add_site(engine: Engine, site_id: str, name: str, opened: dt.date, kind: str = "library") -> None:
    """Add the library itself when a course folder is made; does nothing if the id is known."""
    with engine.begin() as connection:
        if connection.execute(select(Site.id).where(Site.id == site_id)).first() is None:
            connection.execute(insert(Site).values(id=site_id, name=name, kind=kind, opened=opened))


def sites(engine: Engine) -> dict[str, str]:
    """Give the ids and names of all sites, sorted by name; numbers in names are sorted as numbers."""
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(select(Site.id, Site.name)).all()
    return {row.id: row.name for row in sorted(rows, key=lambda row: name_key(row.name))}


def add_instructor(engine: Engine, name: str, pin: str, role: str = "instructor") -> int:
    """Add somebody who may see the instructor's pages; gives the id."""
    hashed = hash_pin(pin)
    with engine.begin() as connection:
        added = connection.execute(insert(Staff).values(role=role, name=name, pin_hash=hashed).returning(Staff.id))
        return added.scalar_one()


def reissue_staff_pin(engine: Engine, staff: int, who: str, rng: random.Random | None = None) -> str:
    """Give a member of staff a new PIN and return it, the only time it is seen; those from a file have none yet."""
    pin = new_pin(rng, INSTRUCTOR_PIN_LENGTH)
    hashed = hash_pin(pin)
    with engine.begin() as connection:
        row = connection.execute(select(Staff).where(Staff.id == staff)).one_or_none()
        if row is None:
            raise CourseError("сотрудник", f"номера {staff!r} нет в списке", "Посмотрите номер в таблице staff")
        connection.execute(update(Staff).where(Staff.id == staff).values(pin_hash=hashed))
        trace = change_row(who, "staff", staff, {"pin_hash": row.pin_hash}, {"pin_hash": hashed})
        connection.execute(insert(Change).values(trace))
    return pin


def find_instructor(engine: Engine, pin: str) -> Instructor | None:
    """Give the first member of staff whose PIN this is; about 40 ms a member, so keep it off the event loop."""
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(select(Staff).order_by(Staff.id)).all()
    right = [row for row in rows if verify_pin(pin[:_MAX_PIN_LENGTH], row.pin_hash)]
    return Instructor(id=right[0].id, name=right[0].name, role=right[0].role) if right else None


def _change_learner(connection: Connection, number: int, who: str, values: dict[str, str | None]) -> None:
    row = connection.execute(select(Learner).where(Learner.number == number)).mappings().one_or_none()
    if row is None:
        raise CourseError("карточка", f"номера {number!r} нет в списке", "Проверьте номер на карточке")
    connection.execute(update(Learner).where(Learner.number == number).values(values))
    before = {name: row[name] for name in values}
    connection.execute(insert(Change).values(change_row(who, "learner", number, before, values)))
