"""What a row of a file refers to: sites, groups and cards that must be known, and what may be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, select

from ecitizen.register.people import sort_key
from ecitizen.register.tables import ClassGroup, Consultation, Event, Learner, Person, Site, Visit, Zone

FIRST_NUMBER = 101
"""Cards that the program numbers itself begin here: three digits are easy to read out and to type."""

Fault = tuple[str, object, str, str]
"""Field, value, problem, remedy."""

_WITH_ID = {"consultations": Consultation, "events": Event, "visits": Visit, "zones": Zone}
_PERIODS = (("opened", "closed"), ("joined_on", "left_on"))


class References:
    """The sites, groups and cards of the register as one import sees them, its own new ones included."""

    def __init__(self, connection: Connection) -> None:
        """Read them; a few hundred rows."""
        self._connection = connection
        self._sites: dict[str, str] = {}
        for site in connection.execute(select(Site.id, Site.name)):
            self._sites |= {_folded(site.name): site.id, _folded(site.id): site.id}
        self._site_ids = set(self._sites.values())
        self._groups: dict[str, tuple[str, str]] = {}
        for group in connection.execute(select(ClassGroup)):
            entry = (group.code, group.site)
            self._groups |= {_folded(group.name): entry, _folded(group.code): entry}
        self._learners = set(connection.execute(select(Learner.number)).scalars())
        self._people = {
            _identity(person): person.number for person in connection.execute(select(Person)).mappings().all()
        }
        self._next = 0
        self.new_groups: dict[str, str] = {}
        """Codes of groups that the file brings, with their sites."""

    def reserve(self, numbers: Iterable[int | None]) -> None:
        """Keep the numbers that the file itself names from being given to somebody else."""
        named = {number for number in numbers if number is not None}
        self._next = max(self._learners | named | {FIRST_NUMBER - 1}) + 1

    def settle(self, sheet: str, values: dict[str, Any]) -> Iterator[Fault]:
        """Replace names by ids in a row, fill in what follows from the rest, and name what doesn't fit."""
        for begin, end in _PERIODS:
            if values.get(begin) and values.get(end) and values[end] < values[begin]:
                yield end, values[end], "раньше начала", "Проверьте обе даты"
        if sheet == "sites":
            yield from self._settle_site_name(values)
        elif sheet == "learners":
            yield from self._settle_learner(values)
        elif sheet == "attendance":
            yield from self._settle_attendance(values)
        elif sheet in _WITH_ID:
            yield from self._settle_site(values, required=not self._known(sheet, values.get("id")))

    def _known(self, sheet: str, entry: int | None) -> bool:
        if entry is None:
            return False
        table = _WITH_ID[sheet]
        column = table.__table__.c.id
        return self._connection.execute(select(column).where(column == entry)).first() is not None

    def _settle_site(self, values: dict[str, Any], *, required: bool) -> Iterator[Fault]:
        name = values.get("site")
        if name is not None:
            values["site"] = self._sites.get(_folded(name))
            if values["site"] is None:
                yield "site", name, "такого места нет", "Впишите его код или название как в списке мест (sites)"
            return
        values.pop("site", None)
        if required and len(self._site_ids) == 1:
            values["site"] = next(iter(self._site_ids))
        elif required:
            yield "site", None, "пусто", "Впишите код или название места из списка мест (sites)"

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

    def _settle_attendance(self, values: dict[str, Any]) -> Iterator[Fault]:
        group = self._groups.get(_folded(values["group_code"]))
        if group is None:
            yield "group_code", values["group_code"], "такой группы нет", "Сначала загрузите слушателей этой группы"
        else:
            values["group_code"] = group[0]
        if values["learner"] not in self._learners:
            yield "learner", values["learner"], "такой карточки нет", "Проверьте номер или сначала загрузите слушателя"


def _folded(text: str) -> str:
    return sort_key(" ".join(text.split()))


def _identity(values: Any) -> tuple[object, ...]:
    names = tuple(_folded(values.get(name) or "") for name in ("surname", "given", "patronymic"))
    return (*names, values.get("birth_year"))
