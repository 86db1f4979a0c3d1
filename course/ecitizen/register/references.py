"""What a row of a file refers to: sites, groups, cards, communities and chats must be known; some may be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from ecitizen.register.people import sort_key
from ecitizen.register.sheets import Column, Sheet
from ecitizen.register.tables import Change, Chat, ClassGroup, Community, Learner, Person, Site

FIRST_NUMBER = 101
"""Cards that the program numbers itself begin here: three digits are easy to read out and to type."""

Fault = tuple[str, object, str, str]
"""Field, value, problem, remedy."""

_PERIODS = (
    ("opened", "closed"),
    ("joined_on", "left_on"),
    ("since", "until"),
    ("first_on", "last_on"),
    ("given_on", "withdrawn_on"),
    ("given_on", "keep_until"),
    ("given_on", "erased_on"),
)
_UNKNOWN = {
    "group": ("такой группы нет", "Сначала загрузите слушателей этой группы"),
    "learner": ("такой карточки нет", "Проверьте номер или сначала загрузите слушателя"),
    "community": ("такого сообщества нет", "Сначала впишите его в список сообществ (communities)"),
    "chat": ("такого чата нет", "Сначала впишите его в список чатов (chats)"),
}


RESERVED = "{}"
"""What stands in the trace as the former values of an erased card that a restored copy is too old to have."""


def _reserved(connection: Connection) -> set[int]:
    about = (Change.table == "person", Change.before == RESERVED, Change.after.is_(None))
    return set(map(int, connection.execute(select(Change.key).where(*about)).scalars()))


def next_number(connection: Connection) -> int:
    """Give the number of the next card; one whose owner was erased is never given again."""
    learners = set(connection.execute(select(Learner.number)).scalars())
    return max(learners | _reserved(connection) | {FIRST_NUMBER - 1}) + 1


class References:
    """What one import may refer to as it sees it, its own new groups and cards included."""

    def __init__(self, connection: Connection, site: str | None = None) -> None:
        """Read them; a few hundred rows. ``site`` is where a row belongs that must name a site and names none."""
        self._connection = connection
        self._site = site
        self._sites: dict[str, str] = {}
        for place in connection.execute(select(Site.id, Site.name)):
            self._sites |= {_folded(place.name): place.id, _folded(place.id): place.id}
        self._site_ids = set(self._sites.values())
        self._groups: dict[str, tuple[str, str]] = {}
        for group in connection.execute(select(ClassGroup)):
            entry = (group.code, group.site)
            self._groups |= {_folded(group.name): entry, _folded(group.code): entry}
        self._learners = set(connection.execute(select(Learner.number)).scalars())
        self._coded = {"community": _codes(connection, Community), "chat": _codes(connection, Chat)}
        self._people: dict[tuple[object, ...], int] = {}
        self._named: dict[tuple[object, ...], list[int]] = {}
        for person in connection.execute(select(Person).order_by(Person.number)).mappings():
            self._people[_identity(person)] = person["number"]
            self._named.setdefault(_identity(person)[:-1], []).append(person["number"])
        self._next = 0
        self.new_groups: dict[str, str] = {}
        """Codes of groups that the file brings, with their sites."""
        self.namesakes: dict[int, list[int]] = {}
        """By the number of each new card those of people with the same name, whatever the years of birth."""

    def reserve(self, numbers: Iterable[int | None]) -> None:
        """Keep the numbers that the file itself names from being given to somebody else."""
        named = {number for number in numbers if number is not None}
        self._next = max({next_number(self._connection)} | {number + 1 for number in named})

    def settle(self, sheet: Sheet, values: dict[str, Any]) -> Iterator[Fault]:
        """Replace names by ids in a row, fill in what follows from the rest, and name what doesn't fit."""
        for begin, end in _PERIODS:
            if values.get(begin) and values.get(end) and values[end] < values[begin]:
                yield end, values[end], "раньше начала", "Проверьте обе даты"
        if sheet.name == "sites":
            yield from self._settle_site_name(values)
        elif sheet.name == "learners":
            yield from self._settle_learner(values)
        else:
            for column in sheet.columns:
                yield from self._settle_reference(sheet, column, values)
        if sheet.name == "events":
            yield from _check_parts(values)

    def _settle_reference(self, sheet: Sheet, column: Column, values: dict[str, Any]) -> Iterator[Fault]:
        name = values.get(column.field)
        if column.refers == "site":
            yield from self._settle_site(values, required=self._needs_site(sheet, values))
            return
        known: dict[Any, Any] = self._coded.get(column.refers, {})
        if column.refers == "group":
            known = {folded: code for folded, (code, _) in self._groups.items()}
        if column.refers in _UNKNOWN and name is not None:
            found = name if name in self._learners else None
            if column.refers != "learner":
                found = values[column.field] = known.get(_folded(name))
            if found is None:
                yield column.field, name, *_UNKNOWN[column.refers]

    def _needs_site(self, sheet: Sheet, values: dict[str, Any]) -> bool:
        assert sheet.table is not None
        columns = sheet.table.__table__.c
        if columns["site"].nullable:
            return False
        if values.get("id") is None:
            return True
        # A line that mends a stored row may leave its site alone.
        return self._connection.execute(select(columns["id"]).where(columns["id"] == values["id"])).first() is None

    def _settle_site(self, values: dict[str, Any], *, required: bool) -> Iterator[Fault]:
        name = values.get("site")
        if name is not None:
            values["site"] = self._sites.get(_folded(name))
            if values["site"] is None:
                yield "site", name, "такого места нет", "Впишите его код или название как в списке мест (sites)"
            return
        if required and self._site in self._site_ids:
            values["site"] = self._site
        elif required and len(self._site_ids) == 1:
            values["site"] = next(iter(self._site_ids))
        elif required:
            yield "site", None, "пусто", "Впишите код или название места из списка мест (sites)"
        else:
            values.pop("site", None)

    def _settle_site_name(self, values: dict[str, Any]) -> Iterator[Fault]:
        other = self._sites.setdefault(_folded(values["name"]), values["id"])
        if other != values["id"]:
            yield "name", values["name"], f"так уже называется место с кодом {other}", "Дайте местам разные названия"

    def _settle_learner(self, values: dict[str, Any]) -> Iterator[Fault]:
        known = values.get("number") in self._learners
        group = self._groups.get(_folded(values["group_code"]))
        if group is not None:
            values["group_code"] = group[0]
            if values.get("site") is None and not known:
                values["site"] = group[1]
        yield from self._settle_site(values, required=not known)
        if group is None and values.get("site") is None:
            yield "group_code", values["group_code"], "новая группа без места", "Впишите место в этой строке"
        elif group is None:
            self._groups[_folded(values["group_code"])] = (values["group_code"], values["site"])
            self.new_groups[values["group_code"]] = values["site"]
        yield from self._settle_number(values)

    def _settle_number(self, values: dict[str, Any]) -> Iterator[Fault]:
        namesake = self._people.get(_identity(values))
        if values.get("number") is None and namesake is not None:
            remedy = f"Если это он, впишите номер {namesake}; если другой человек — новый номер"
            yield "number", None, f"такой человек уже есть: карточка {namesake}", remedy
            return
        if values.get("number") is None:
            values["number"] = self._next
            self._next += 1
        self._people.setdefault(_identity(values), values["number"])
        if values["number"] not in self._learners:
            cards = self._named.setdefault(_identity(values)[:-1], [])
            self.namesakes[values["number"]] = list(cards)
            cards.append(values["number"])


def _check_parts(values: dict[str, Any]) -> Iterator[Fault]:
    """Those who came hold the children, the youth and the remote among them."""
    attended = values["attended"]
    parts = (("youth", (values.get("children") or 0) + (values.get("youth") or 0)), ("remote", values.get("remote")))
    for field, part in parts:
        if (part or 0) > attended:
            yield field, part, f"больше, чем посетителей всего ({attended})", "Проверьте числа этой строки"


def _codes(connection: Connection, table: type[Community] | type[Chat]) -> dict[str, str]:
    rows = connection.execute(select(table.code, table.name)).all()
    return {_folded(row.name): row.code for row in rows} | {_folded(row.code): row.code for row in rows}


def _folded(text: str) -> str:
    return sort_key(" ".join(text.split()))


def _identity(values: Any) -> tuple[object, ...]:
    names = tuple(_folded(values.get(name) or "") for name in ("surname", "given", "patronymic"))
    return (*names, values.get("birth_year"))
