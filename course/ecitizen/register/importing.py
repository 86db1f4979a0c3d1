"""A file becomes rows of the register: all of it or nothing, with a trace of every change."""

from __future__ import annotations

import datetime as dt
import difflib
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from string import digits
from typing import Any

from openpyxl.utils import get_column_letter
from sqlalchemy import Engine

from ecitizen.errors import CourseErrors, ImportFault
from ecitizen.register.cells import BadCell
from ecitizen.register.merging import PinPlan, merge_for
from ecitizen.register.reading import Line, is_empty, read_lines
from ecitizen.register.references import References
from ecitizen.register.sheets import ORDINAL, Column, Sheet, is_ordinal, sheet_of
from ecitizen.register.undoing import take_turns

ERROR_VALUES = frozenset(
    [
        "#REF!",
        "#N/A",
        "#DIV/0!",
        "#VALUE!",
        "#NAME?",
        "#NULL!",
        "#NUM!",
        "#ССЫЛКА!",
        "#Н/Д",
        "#ДЕЛ/0!",
        "#ЗНАЧ!",
        "#ИМЯ?",
        "#ПУСТО!",
        "#ЧИСЛО!",
    ]
)
"""What spreadsheet programs show where a formula failed."""

_NO_VALUE, _WRITE_VALUE = "формула без значения", "Вставьте вместо формулы значение"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did, or with ``dry_run`` would do."""

    rows: int
    """Lines of the file that hold data."""

    added: int
    changed: int
    same: int
    changes: tuple[str, ...] = ()
    """One Russian line for each added or changed row; no names."""

    pins: dict[int, str] = field(default_factory=dict)
    """New PINs by card number: the only time they are seen. Empty on a dry run."""

    faults: tuple[ImportFault, ...] = ()
    """Lines left out; only with ``skip_faulty``."""

    notices: tuple[str, ...] = ()
    """One Russian line for each new person who may be known already; no names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a file, read and checked by itself."""

    line: int
    values: dict[str, Any]
    """By field; only the columns that the file has. None for an empty cell without a default."""

    ordinal: str
    """The running number, if there is one."""


class _Faults:
    """Collects what is wrong, with the place as ``file:line: column``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[tuple[int, ImportFault]] = []
        self.lines: set[int] = set()

    def add(self, line: int, header: str, problem: str, value: object, remedy: str) -> None:
        shown = "" if is_empty(value) else f" ({str(value)[:60]!r})"
        self._found.append((line, ImportFault(f"{self._path}:{line}: {header}", f"{problem}{shown}", remedy)))
        self.lines.add(line)

    def in_order(self) -> list[ImportFault]:
        return [fault for _, fault in sorted(self._found, key=lambda found: found[0])]

    def raise_if_any(self) -> None:
        if self._found:
            raise CourseErrors(self.in_order())


def import_table(
    engine: Engine,
    name: str,
    path: Path,
    dry_run: bool = False,
    who: str = "",
    *,
    skip_faulty: bool = False,
    today: dt.date | None = None,
    rng: random.Random | None = None,
    site: str | None = None,
) -> ImportResult:
    """Take a csv or xlsx file into a table of the register, in one transaction.

    Any fault: nothing is stored and ``CourseErrors`` lists all of them; ``skip_faulty`` leaves the faulty lines out
    instead. ``dry_run`` does everything and takes it back. A file that lacks an optional column leaves those values
    alone; an empty cell clears them. ``rng`` makes the PINs of a synthetic class repeatable; ``site`` is the code of
    the place that is meant where a line must name one and names none.
    """
    sheet = sheet_of(name, today)
    lines = read_lines(path, lambda headers: sum(sheet.find(header) is not None for header in headers))
    faults = _Faults(path)
    columns = _columns(sheet, lines[0], faults)
    faults.raise_if_any()
    rows = [_read(line, columns, faults) for line in lines[1:]]
    with engine.connect().execution_options(readonly=True) as connection:
        good = _resolve(sheet, rows, References(connection, site), faults)
    if not skip_faulty:
        faults.raise_if_any()
    pins = None
    if sheet.name == "learners" and not dry_run:
        pins = PinPlan.prepare(engine, ((row.line, row.values) for row in good), rng)
    with engine.connect() as connection, connection.begin() as transaction:
        take_turns(connection)
        # Once more under the lock: somebody may have changed the register while the PINs were made.
        late, references = _Faults(path), References(connection, site)
        good = _resolve(sheet, [row for row in rows if row.line not in faults.lines], references, late)
        late.raise_if_any()
        merge = merge_for(connection, sheet, who, [row.values for row in good], pins)
        notices = _notices(good, references) if sheet.name == "learners" else ()
        for row in good:
            holder = merge.holder(row.values)
            if holder is None:
                merge.take(row.line, row.values)
            else:
                header = sheet.column(sheet.key[0]).header
                remedy = f"Исправьте номер записи или измените запись {holder}"
                late.add(row.line, header, f"такая запись уже есть, под номером {holder}", None, remedy)
        if not skip_faulty:
            late.raise_if_any()
        merge.store(references.new_groups)
        if dry_run:
            transaction.rollback()
    return ImportResult(
        rows=len(rows),
        **merge.count,
        changes=tuple(merge.lines),
        pins=merge.pins,
        faults=(*faults.in_order(), *late.in_order()),
        notices=notices,
    )


def _columns(sheet: Sheet, header: Line, faults: _Faults) -> dict[int, Column | None]:
    """Map places to columns; None is the running number."""
    columns: dict[int, Column | None] = {}
    names = [column.header for column in sheet.columns]
    for place, formula in header.formulas.items():
        faults.add(header.number, f"столбец {get_column_letter(place + 1)}", _NO_VALUE, formula, _WRITE_VALUE)
    for place, cell in enumerate(header.cells):
        if is_empty(cell):
            continue
        column = sheet.find(str(cell))
        if column is None and is_ordinal(str(cell)):
            columns[place] = None
        elif column is None:
            near = difflib.get_close_matches(str(cell), names, 1, 0.6)
            remedy = f"Может быть, «{near[0]}»?" if near else f"Удалите его; бывают: {', '.join(names)}"
            faults.add(header.number, str(cell)[:60], "такого столбца нет", None, remedy.rstrip("?"))
        elif column in columns.values():
            faults.add(header.number, column.header, "столбец повторяется", cell, "Оставьте один")
        else:
            columns[place] = column
    for column in sheet.columns:
        if column.required and column not in columns.values():
            faults.add(header.number, column.header, "нет такого столбца", None, "Добавьте его с этим заголовком")
    return columns


def _read(line: Line, columns: dict[int, Column | None], faults: _Faults) -> Row:
    values: dict[str, Any] = {}
    ordinal = ""
    if line.merged:
        remedy = "Разъедините их и впишите значение в каждую строку"
        header = f"столбец {line.merged.partition(':')[0].rstrip(digits)}"
        faults.add(line.number, header, "объединённые ячейки", line.merged, remedy)
    for place, formula in line.formulas.items():
        known = columns.get(place)
        header = known.header if known else f"столбец {get_column_letter(place + 1)}"
        faults.add(line.number, header, _NO_VALUE, formula, _WRITE_VALUE)
    for place, column in columns.items():
        cell = line.cells[place] if place < len(line.cells) else None
        if place in line.formulas:
            continue
        if column is None:
            ordinal = "" if is_empty(cell) else str(cell).strip()
        elif is_empty(cell):
            values[column.field] = column.default
            if column.required:
                faults.add(line.number, column.header, "пусто", None, "Впишите значение")
        else:
            try:
                if cell in ERROR_VALUES:
                    raise BadCell("ошибка вычисления вместо значения", "Впишите значение")
                values[column.field] = column.kind.parse(cell)
            except BadCell as error:
                faults.add(line.number, column.header, error.problem, cell, error.remedy)
    for place, cell in enumerate(line.cells):
        if place not in columns and not is_empty(cell):
            faults.add(
                line.number, f"столбец {place + 1}", "значение без заголовка", cell, "Удалите его или озаглавьте"
            )
    return Row(line.number, values, ordinal)


def _resolve(sheet: Sheet, rows: list[Row], references: References, faults: _Faults) -> list[Row]:
    """Check what depends on other rows and tables; gives the rows that may be stored."""
    seen: dict[tuple[object, ...], int] = {}
    references.reserve(row.values.get("number") for row in rows)
    good: list[Row] = []
    for row in rows:
        if row.line in faults.lines:
            continue
        settled = replace(row, values=dict(row.values))
        for field_name, value, problem, remedy in references.settle(sheet, settled.values):
            faults.add(row.line, sheet.column(field_name).header, problem, value, remedy)
        if row.line in faults.lines:
            continue
        first = min(seen.setdefault(identity, row.line) for identity in _identities(sheet, settled))
        if first == row.line:
            good.append(settled)
            continue
        header = ", ".join(sheet.column(name).header for name in sheet.key) or "строка"
        remedy = "Удалите лишнюю строку"
        if not sheet.key:
            remedy += f"; если это две разные записи, пронумеруйте их в столбце «{ORDINAL}»"
        faults.add(row.line, header, f"повторяет строку {first}", None, remedy)
    return good


def _notices(good: list[Row], references: References) -> tuple[str, ...]:
    """Name the new people who bear a name that is there already, with the same year of birth, another or none."""
    return tuple(
        f"строка {row.line}: так же зовут человека с карточкой {', '.join(map(str, cards))}. "
        f"Если это он, впишите в строку его номер"
        for row in good
        if (cards := references.namesakes.get(row.values["number"]))
    )


def _identities(sheet: Sheet, row: Row) -> Iterable[tuple[object, ...]]:
    if row.values.get("id") is not None:
        yield ("id", row.values["id"])
    if sheet.key:
        yield ("key", *(row.values.get(name) for name in sheet.key))
    elif row.values.get("id") is None:
        yield ("all", row.ordinal, *sorted((name, str(value)) for name, value in row.values.items()))
