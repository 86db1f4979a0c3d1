"""Checked rows become rows of the tables: new, changed or the same; every difference leaves a trace."""

from __future__ import annotations

import datetime as dt
import random
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Engine, Integer, Table, Update, func, insert, select, update

from ecitizen.register import tables
from ecitizen.register.pins import hash_pins, new_pin, verify_pin
from ecitizen.register.sheets import Sheet
from ecitizen.register.undoing import Steps, key_of

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PinPlan:
    """PINs and their hashes by line of the file, made before the transaction: hashing is slow on purpose."""

    by_line: Mapping[int, tuple[str, str]]

    @classmethod
    def prepare(cls, engine: Engine, rows: Iterable[tuple[int, Values]], rng: random.Random | None) -> PinPlan:
        """Hash a PIN for every new learner and for every known one whose PIN in the file is another."""
        query = select(tables.Learner.number, tables.Learner.pin_hash)
        with engine.connect().execution_options(readonly=True) as connection:
            known = {row.number: row.pin_hash for row in connection.execute(query)}
        pins: dict[int, str] = {}
        for line, values in rows:
            hashed, given = known.get(values["number"]), values.get("pin")
            if hashed is None or (given is not None and not verify_pin(given, hashed)):
                pins[line] = given or new_pin(rng)
        return cls(dict(zip(pins, zip(pins.values(), hash_pins(list(pins.values())), strict=True), strict=True)))


class _Rows:
    """One table during one import: what is there, what is new and not stored yet."""

    def __init__(self, connection: Connection, model: type[tables.Base], key: tuple[str, ...], steps: Steps) -> None:
        self._table = cast(Table, model.__table__)
        self._connection = connection
        self._key = key
        self._steps = steps
        self.numbered = "id" in self._table.c and isinstance(self._table.c.id.type, Integer)
        self._by_key: dict[tuple[Any, ...], Values] = {}
        self._new: list[Values] = []
        self._new_marks: set[int] = set()
        self._updates: list[tuple[Update, Values, Values, Values]] = []
        self._next = 0

    def load(self, since: dt.date | None = None, until: dt.date | None = None) -> list[Values]:
        """Read the table, or its rows of some days."""
        query = select(self._table)
        if since is not None and until is not None:
            query = query.where(self._table.c.date.between(since, until))
        rows = [dict(row) for row in self._connection.execute(query).mappings()]
        self._by_key = {tuple(row[name] for name in self._key): row for row in rows}
        return rows

    def number_from(self, given: Iterable[int]) -> None:
        """Let new rows be numbered after all that are stored and all that the file names."""
        last = self._connection.execute(select(func.max(self._table.c.id))).scalar() or 0
        self._next = max(last, *given, 0) + 1

    def find(self, *key: Any) -> Values | None:
        return self._by_key.get(key)

    def add(self, values: Values) -> Values:
        defaults = {column.name: getattr(column.default, "arg", None) for column in self._table.columns}
        row = {name: values.get(name, default) for name, default in defaults.items()}
        if self.numbered and row["id"] is None:
            row["id"] = self._next
            self._next += 1
        self._by_key[tuple(row[name] for name in self._key)] = row
        self._new.append(row)
        self._new_marks.add(id(row))
        return row

    def change(self, row: Values, values: Values) -> Values:
        """Change what differs; gives the old values of the changed columns."""
        before = {name: row[name] for name, value in values.items() if name in row and row[name] != value}
        if before and id(row) not in self._new_marks:
            after = {name: values[name] for name in before}
            here = [self._table.c[name] == value for name, value in key_of(self._table, row).items()]
            # Not at once: a row may refer to a group that is stored only after all rows are taken.
            self._updates.append((update(self._table).where(*here).values(after), row, before, after))
        row.update({name: values[name] for name in before})
        if before.keys() & set(self._key):
            self._by_key[tuple(row[name] for name in self._key)] = row
        return before

    def store(self) -> None:
        for change, row, before, after in self._updates:
            self._connection.execute(change)
            self._steps.changed(self._table, row, before, after)
        if self._new:
            self._connection.execute(insert(self._table), self._new)
        for row in self._new:
            self._steps.added(self._table, row)


class Merge(ABC):
    """One import into one sheet's tables; ``take`` every row, then ``store`` once."""

    def __init__(self, sheet: Sheet, steps: Steps) -> None:
        """Begin with nothing taken."""
        self.count = {"added": 0, "changed": 0, "same": 0}
        self.lines: list[str] = []
        self.pins: dict[int, str] = {}
        self._sheet = sheet
        self._steps = steps
        self._defaults = {column.field: column.default for column in sheet.columns}

    def take(self, line: int, values: Values) -> None:
        """Count a row as added, changed or the same, and note how."""
        before = self._merge(line, values)
        outcome = "added" if before is None else "changed" if before else "same"
        self.count[outcome] += 1
        if before is None:
            self.lines.append(f"строка {line}: новая запись")
        elif before:
            self.lines.append(f"строка {line}: изменится: {'; '.join(self._differences(before, values))}")

    def holder(self, values: Values) -> object | None:  # noqa: ARG002
        """Name the other record that holds the key which a row would give to the record of its number."""
        return None

    def store(self, new_groups: Mapping[str, str]) -> None:
        """Write what is new, the trace of everything, and what it takes to undo it."""
        self.store_rows(new_groups)
        self._steps.store()

    @abstractmethod
    def store_rows(self, new_groups: Mapping[str, str]) -> None:
        """Write what is new, in the order in which rows refer to each other."""

    @abstractmethod
    def _merge(self, line: int, values: Values) -> Values | None:
        """Merge a row; gives the old values of what changed, None for a new row."""

    def _differences(self, before: Values, values: Values) -> Iterator[str]:
        for name, old in before.items():
            column = self._sheet.column("pin" if name == "pin_hash" else name)
            if column.personal or not column.exported:
                yield column.header
            else:
                shown = ["пусто" if v in (None, "") else column.kind.show(v) for v in (old, values[name])]
                shown = [f"{v:%d.%m.%Y}" if isinstance(v, dt.date) else v for v in shown]
                yield f"{column.header} {shown[0]} → {shown[1]}"


class PlainMerge(Merge):
    """A sheet that is one table."""

    def __init__(self, connection: Connection, sheet: Sheet, steps: Steps, rows: list[Values]) -> None:
        """Read the stored rows that the file's rows may meet."""
        super().__init__(sheet, steps)
        assert sheet.table is not None, f"{sheet.name} goes into several tables"
        self._rows = _Rows(connection, sheet.table, sheet.key, steps)
        given = [values["id"] for values in rows if self._rows.numbered and values.get("id") is not None]
        days = [] if given or sheet.key else [values["date"] for values in rows]
        stored = self._rows.load(min(days), max(days)) if days else self._rows.load()
        if self._rows.numbered:
            self._rows.number_from(given)
        self._by_id = {row["id"]: row for row in stored} if self._rows.numbered else {}
        self._alike: dict[tuple[Any, ...], list[Values]] = {}
        for row in [] if sheet.key else stored:
            self._alike.setdefault(self._whole(row), []).append(row)

    def holder(self, values: Values) -> object | None:
        """Look among the rows as they would be after the lines before this one."""
        known = self._by_id.get(values.get("id"))
        if known is None or not self._sheet.key:
            return None
        key = tuple(values.get(name, known[name]) for name in self._sheet.key)
        other = self._rows.find(*key)
        held = other is not None and other is not known and tuple(other[name] for name in self._sheet.key) == key
        return other["id"] if other is not None and held else None

    def store_rows(self, new_groups: Mapping[str, str]) -> None:  # noqa: ARG002
        """Write the table."""
        self._rows.store()

    def _merge(self, line: int, values: Values) -> Values | None:  # noqa: ARG002
        known = self._by_id.get(values.get("id"))
        if known is None and self._sheet.key:
            known = self._rows.find(*(values.get(name) for name in self._sheet.key))
        elif known is None and values.get("id") is None:
            # Rows without a key of their own: as many equal ones as there are already are the same ones.
            alike = self._alike.get(self._whole(self._defaults | values))
            known = alike.pop() if alike else None
        if known is None:
            self._rows.add(self._defaults | values)
            return None
        return self._rows.change(known, {name: value for name, value in values.items() if name != "id"})

    def _whole(self, row: Values) -> tuple[Any, ...]:
        return tuple(row.get(column.field) for column in self._sheet.columns if column.field != "id")


class LearnerMerge(Merge):
    """Learners: the number and the name go into different tables."""

    def __init__(self, connection: Connection, sheet: Sheet, steps: Steps, pins: PinPlan | None) -> None:
        """Read all learners; without a plan of PINs (a dry run) nothing may be stored."""
        super().__init__(sheet, steps)
        self._connection = connection
        self._pins = pins
        self._learners = _Rows(connection, tables.Learner, ("number",), steps)
        self._people = _Rows(connection, tables.Person, ("number",), steps)
        self._learners.load()
        self._people.load()

    def store_rows(self, new_groups: Mapping[str, str]) -> None:
        """Write new groups first, then learners and names."""
        groups = _Rows(self._connection, tables.ClassGroup, ("code",), self._steps)
        for code, site in new_groups.items():
            groups.add({"code": code, "name": code, "site": site})
            self.lines.append(f"новая группа: {code}")
        for rows in (groups, self._learners, self._people):
            rows.store()

    def _merge(self, line: int, values: Values) -> Values | None:
        number = values["number"]
        values = {name: value for name, value in values.items() if name != "pin"}
        if self._pins is not None and line in self._pins.by_line:
            self.pins[number], values["pin_hash"] = self._pins.by_line[line]
        learner, person = self._learners.find(number), self._people.find(number)
        if person is None:
            self._people.add(self._defaults | values)
        if learner is None:
            # A dry run is taken back, so that no hash is needed to see what would happen.
            self._learners.add({"pin_hash": "", **self._defaults, **values})
            return None
        before = self._learners.change(learner, values)
        return before | ({"surname": ""} if person is None else self._people.change(person, values))


class AttendanceMerge(Merge):
    """Attendance: a line makes its session, if that is new, and says that one learner was there."""

    def __init__(self, connection: Connection, sheet: Sheet, steps: Steps) -> None:
        """Read all sessions and who was there."""
        super().__init__(sheet, steps)
        self._sessions = _Rows(connection, tables.Session, ("date", "group_code", "lesson"), steps)
        self._present = _Rows(connection, tables.Attendance, ("session_id", "learner"), steps)
        self._sessions.load()
        self._sessions.number_from([])
        self._present.load()

    def store_rows(self, new_groups: Mapping[str, str]) -> None:  # noqa: ARG002
        """Write new sessions, then who was there."""
        self._sessions.store()
        self._present.store()

    def _merge(self, line: int, values: Values) -> Values | None:  # noqa: ARG002
        session = self._sessions.find(values["date"], values["group_code"], values["lesson"])
        before: Values = {}
        if session is None:
            session = self._sessions.add(values)
        elif values.get("minutes") is not None:
            before = self._sessions.change(session, {"minutes": values["minutes"]})
        if self._present.find(session["id"], values["learner"]) is None:
            self._present.add({"session_id": session["id"], "learner": values["learner"]})
            return None
        return before


def merge_for(connection: Connection, sheet: Sheet, who: str, rows: list[Values], pins: PinPlan | None = None) -> Merge:
    """Give the merge of a sheet."""
    steps = Steps(connection, who)
    if sheet.name == "learners":
        return LearnerMerge(connection, sheet, steps, pins)
    if sheet.name == "attendance":
        return AttendanceMerge(connection, sheet, steps)
    return PlainMerge(connection, sheet, steps, rows)
