"""Take the last import back, exactly, or not at all.

The trace can't do it: it hides names and PINs. So an import keeps the old values of what it changed until the next one.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, exists, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.sheets.traced import title_of
from ecitizen.register.tables import Base, Change, Undo

Values = dict[str, Any]


def take_turns(connection: Connection) -> None:
    """Wait until nobody else changes tables that can be undone, to the end of the transaction.

    SQLite lets in one writer at a time anyway (``database.open_engine``).
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ecitizen.register'))"))


class Steps:
    """What one import does, in order: for the trace, and for taking it back."""

    def __init__(self, connection: Connection, who: str) -> None:
        """Begin with nothing done."""
        self._connection = connection
        self._who = who
        self._trace: list[Values] = []
        self._undo: list[Values] = []

    def added(self, table: Table, row: Values) -> None:
        """Note a new row."""
        self._note(table, row, None, row)

    def changed(self, table: Table, row: Values, before: Values, after: Values) -> None:
        """Note the changed columns of a row."""
        self._note(table, row, before, after)

    def _note(self, table: Table, row: Values, before: Values | None, after: Values) -> None:
        key = key_of(table, row)
        shown = "/".join(str(value) for value in key.values())
        self._trace.append(change_row(self._who, table.name, shown, before, after))
        self._undo.append(
            {
                "step": len(self._undo),
                "at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
                "who": self._who[:200],
                "table_name": table.name,
                "key": _text(key),
                # A new row is taken back whole: what it held need not be kept.
                "before": None if before is None else _text(before),
                "after": None if before is None else _text(after),
            }
        )

    def store(self) -> None:
        """Write the trace; what was kept of the import before goes, unless nothing was done."""
        if self._trace:
            self._connection.execute(delete(Undo))
            self._connection.execute(insert(Change), self._trace)
            self._connection.execute(insert(Undo), self._undo)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastImport:
    """What taking the last import back does, or would do."""

    at: dt.datetime
    """UTC, without the zone."""

    who: str
    removed: Mapping[str, int]
    """Rows that the import had added, by table."""

    restored: Mapping[str, int]
    """Rows that it had changed, by table."""


def last_import(engine: Engine) -> LastImport:
    """Say what can be taken back; raises ``CourseError`` if there is nothing."""
    with engine.connect().execution_options(readonly=True) as connection:
        return _summary(_steps(connection))


def undo_last(engine: Engine, who: str, at: dt.datetime | None = None) -> LastImport:
    """Take the last import back in one transaction; of two who do it at once only one does.

    ``at`` is that of the ``LastImport`` which was shown: another one is not taken back in its place. Raises
    ``CourseError`` and changes nothing if it isn't the last any more, if somebody has changed the same values since, or
    if newer rows refer to the added ones.
    """
    try:
        with engine.begin() as connection:
            take_turns(connection)
            steps = _steps(connection)
            if at is not None and steps[0].at != at:
                remedy = "Посмотрите, что отменится теперь, и решите заново"
                raise CourseError("отмена", "с тех пор записано другое", remedy)
            trace = [_take_back(connection, step, who) for step in reversed(steps)]
            connection.execute(delete(Undo))
            connection.execute(insert(Change), trace)
    except IntegrityError as error:
        remedy = "Сначала уберите то, что записано позже"
        raise CourseError("отмена", "на загруженные записи уже опираются другие", remedy) from error
    return _summary(steps)


def can_undo(engine: Engine) -> bool:
    """Say whether there is an import to take back."""
    with engine.connect().execution_options(readonly=True) as connection:
        return bool(connection.execute(select(exists().select_from(Undo))).scalar())


def key_of(table: Table, row: Mapping[str, Any]) -> Values:
    """Give the primary key of a row."""
    return {column.name: row[column.name] for column in table.primary_key}


def _steps(connection: Connection) -> list[Any]:
    steps = list(connection.execute(select(Undo).order_by(Undo.step)))
    if not steps:
        raise CourseError("отмена", "отменять нечего", "Отменить можно только последнюю загрузку таблицы, и один раз")
    return steps


def _take_back(connection: Connection, step: Any, who: str) -> Values:
    table = Base.metadata.tables[step.table_name]
    key = _values(table, step.key)
    here = [table.c[name] == value for name, value in key.items()]
    stored = connection.execute(select(table).where(*here)).mappings().one_or_none()
    shown = "/".join(str(value) for value in key.values())
    if step.before is None:
        connection.execute(delete(table).where(*here))
        return change_row(who, table.name, shown, dict(stored or {}), None)
    before, after = _values(table, step.before), _values(table, step.after)
    if stored is None or any(stored[name] != value for name, value in after.items()):
        problem = f"запись {shown} таблицы «{title_of(table.name)}» с тех пор изменилась"
        raise CourseError("отмена", problem, "Исправьте её отдельно: загрузите таблицу с верными значениями")
    connection.execute(update(table).where(*here).values(before))
    return change_row(who, table.name, shown, after, before)


def _summary(steps: list[Any]) -> LastImport:
    removed: dict[str, int] = {}
    restored: dict[str, int] = {}
    for step in steps:
        counts = removed if step.before is None else restored
        counts[step.table_name] = counts.get(step.table_name, 0) + 1
    return LastImport(at=steps[0].at, who=steps[0].who, removed=removed, restored=restored)


def _text(values: Values) -> str:
    return json.dumps(values, ensure_ascii=False, default=str)


def _values(table: Table, text: str) -> Values:
    """Read values as the table keeps them: JSON has no dates."""
    values: Values = json.loads(text)
    return {
        name: dt.date.fromisoformat(value) if value and table.c[name].type.python_type is dt.date else value
        for name, value in values.items()
    }
