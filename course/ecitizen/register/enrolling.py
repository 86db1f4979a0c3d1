"""One person at a time, as the desk writes people down: enrol, amend, move to another group, mark as left.

A form is read by the columns that read files and stored by the merge that stores files, so that a person typed in and
a person brought in a file obey the same rules, leave the same trace and are taken back by the same undo.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from ecitizen.errors import CourseError
from ecitizen.register.cells import BadCell, plain
from ecitizen.register.merging import PinPlan, merge_for
from ecitizen.register.pins import hash_pin, new_pin
from ecitizen.register.reading import is_empty
from ecitizen.register.references import References, next_number
from ecitizen.register.sheets import Sheet, sheet_of
from ecitizen.register.tables import ClassGroup, Learner, Person, Undo
from ecitizen.register.undoing import take_turns

Form = Mapping[str, str]
"""What stands in the fields of a page, by the name of the column."""

PERSONAL = ("surname", "given", "patronymic", "birth_year", "contact", "consent_on", "seat", "joined_on")
"""Fields that a page asks for, besides the group."""

GROUP = "group_code"
SITE = "site"
"""Code of a place; only a new group needs it, and only where there are several places."""

NUMBER = "number"
_LINE = 1


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field of a form, and what to do; neither text ends with a full stop."""

    problem: str
    remedy: str


class FormFault(CourseError):
    """Fields of a form can't be taken; nothing was stored."""

    def __init__(self, sheet: Sheet, faults: Mapping[str, FieldFault]) -> None:
        """Take the faults by field; there must be at least one."""
        name, first = next(iter(faults.items()))
        super().__init__(sheet.column(name).header, first.problem, first.remedy)
        self.faults = dict(faults)

    @property
    def namesake(self) -> bool:
        """Say whether all that is wrong is that somebody of this name and year is known already."""
        return set(self.faults) == {NUMBER}


class Overtaken(CourseError):
    """Somebody else has changed the same person since the form was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """A new card; the PIN is seen here for the only time."""

    number: int
    pin: str


def enrol(
    engine: Engine,
    form: Form,
    who: str,
    *,
    namesake: bool = False,
    today: dt.date | None = None,
    rng: random.Random | None = None,
) -> Enrolled:
    """Write a new person down, in a known group or a new one; the day of joining is today unless the form has one.

    ``namesake`` says that it is another person of the same name and year. Raises ``FormFault`` with all faults.
    """
    day = today or dt.date.today()
    sheet = sheet_of("learners", today)
    values, faults = _read(sheet, form, (*PERSONAL, GROUP, SITE))
    values["joined_on"] = values["joined_on"] or day
    if faults:
        raise FormFault(sheet, faults)
    pin = new_pin(rng)
    plan = PinPlan({_LINE: (pin, hash_pin(pin))})
    with engine.begin() as connection:
        take_turns(connection)
        if namesake:
            values[NUMBER] = next_number(connection)
        _store(connection, sheet, values, who, plan)
    return Enrolled(number=int(values[NUMBER]), pin=pin)


def amend(engine: Engine, number: int, form: Form, version: str, who: str, *, today: dt.date | None = None) -> bool:
    """Change what the form says of a person; gives whether anything was another than before.

    Raises ``FormFault``, or ``Overtaken`` if ``version`` is not that of the stored record any more.
    """
    sheet = sheet_of("learners", today)
    values, faults = _read(sheet, form, PERSONAL)
    if faults:
        raise FormFault(sheet, faults)
    return _change(engine, sheet, number, values, who, version)


def move(engine: Engine, number: int, group: str, who: str, was: str | None = None) -> bool:
    """Let a person learn in another group, at that group's place; gives whether it is another one.

    ``was`` is the group that the page showed; raises ``Overtaken`` if somebody else chose a third one meanwhile.
    """
    sheet = sheet_of("learners")
    with engine.connect().execution_options(readonly=True) as connection:
        found = connection.execute(select(ClassGroup).where(ClassGroup.code == group)).one_or_none()
    if found is None:
        raise FormFault(sheet, {GROUP: FieldFault("такой группы нет", "Выберите группу из списка")})
    seen = {} if was is None else {GROUP: was}
    return _change(engine, sheet, number, {GROUP: found.code, SITE: found.site}, who, seen=seen)


def leave(
    engine: Engine, number: int, day: str, who: str, *, was: str | None = None, today: dt.date | None = None
) -> bool:
    """Note the last day of a person in class, dd.mm.yyyy; an empty text takes the note away.

    ``was`` is the day that the page showed; raises ``Overtaken`` if somebody else wrote a third one meanwhile.
    """
    sheet = sheet_of("learners", today)
    values, faults = _read(sheet, {"left_on": day}, ("left_on",))
    seen, _ = _read(sheet, {"left_on": was or ""}, ("left_on",))
    if faults:
        raise FormFault(sheet, faults)
    return _change(engine, sheet, number, values, who, seen={} if was is None else seen)


def last_changed(engine: Engine) -> list[int]:
    """Give the cards that the change touched which ``undoing.undo_last`` would take back, sorted."""
    query = select(Undo.key).where(Undo.table.in_([Learner.__tablename__, Person.__tablename__]))
    with engine.connect().execution_options(readonly=True) as connection:
        return sorted({json.loads(key)[NUMBER] for key in connection.execute(query).scalars()})


def version_of(row: Mapping[str, Any]) -> str:
    """Give a mark of a stored record that changes when it changes; the PIN is not in it."""
    shown = {name: value for name, value in row.items() if name != "pin_hash"}
    text = json.dumps(shown, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def stored(connection: Connection, number: int) -> dict[str, Any] | None:
    """Give the columns of a learner and of the name, if it is known; None for an unknown card."""
    learner = connection.execute(select(Learner).where(Learner.number == number)).mappings().one_or_none()
    person = connection.execute(select(Person).where(Person.number == number)).mappings().one_or_none()
    return None if learner is None else {**learner, **(person or {})}


def unknown(number: int) -> CourseError:
    """Make the error about a card that nobody has."""
    return CourseError("карточка", f"номера {number!r} нет в списке", "Проверьте номер на карточке")


def _change(
    engine: Engine,
    sheet: Sheet,
    number: int,
    values: dict[str, Any],
    who: str,
    version: str | None = None,
    seen: Mapping[str, Any] | None = None,
) -> bool:
    with engine.begin() as connection:
        take_turns(connection)
        row = stored(connection, number)
        if row is None:
            raise unknown(number)
        if "surname" not in row:
            raise CourseError(f"карточка {number}", "имя этого человека стёрто", "Запишите его заново: новой карточкой")
        if version is not None and version != version_of(row):
            raise Overtaken(f"карточка {number}", "запись только что изменил кто-то другой", "Сравните и сохраните")
        for name, shown in (seen or {}).items():
            if row[name] not in (shown, values[name]):
                now, wanted = (_said(sheet, name, value) for value in (row[name], values[name]))
                problem = f"другой ведущий только что записал {now}, а вы хотели записать {wanted}"
                raise Overtaken(f"карточка {number}", problem, "Откройте страницу человека и выберите снова")
        known = {name: row[name] for name in (NUMBER, GROUP, "surname", "given", "joined_on", "left_on")}
        return _store(connection, sheet, known | values, who, None)


def _said(sheet: Sheet, name: str, value: Any) -> str:
    text = "пусто" if value is None else f"{value:%d.%m.%Y}" if isinstance(value, dt.date) else str(value)
    return f"{sheet.column(name).header}: «{text}»"


def _store(connection: Connection, sheet: Sheet, values: dict[str, Any], who: str, plan: PinPlan | None) -> bool:
    references = References(connection)
    references.reserve([])
    faults = {field: FieldFault(problem, remedy) for field, _, problem, remedy in references.settle(sheet, values)}
    if faults:
        raise FormFault(sheet, faults)
    merge = merge_for(connection, sheet, who, [values], plan)
    merge.take(_LINE, values)
    merge.store(references.new_groups)
    return merge.count["same"] == 0


def _read(sheet: Sheet, form: Form, fields: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, FieldFault]]:
    values: dict[str, Any] = {}
    faults: dict[str, FieldFault] = {}
    for field in fields:
        column, text = sheet.column(field), form.get(field, "")
        values[field] = column.default
        if is_empty(text) and column.required:
            faults[field] = FieldFault("пусто", "Впишите значение")
        elif not is_empty(text):
            try:
                values[field] = column.kind.parse(text)
            except BadCell as error:
                faults[field] = FieldFault(f"{error.problem} («{plain(text)[:60]}»)", error.remedy)
    return values, faults
