"""A class list before it is taken: every line with what would become of it and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from ecitizen.errors import CourseError, CourseErrors
from ecitizen.register.cells import plain
from ecitizen.register.importing import ImportResult, import_table
from ecitizen.register.reading import Line, is_empty, read_lines
from ecitizen.register.sheets import Sheet, sheet_of

TABLE = "learners"

Outcome = Literal["new", "changed", "same", "faulty"]

LONGEST_CELL = 60
HIDDEN = "••••"
"""Shown for a PIN that the file brings."""

_LINE = re.compile(r"строка (\d+): (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one place; no text ends with a full stop."""

    column: str
    """Header of the column; empty if it is the whole line or the whole file."""

    problem: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedLine:
    """One line of the file."""

    number: int
    """As the spreadsheet program counts."""

    cells: tuple[str, ...]
    """As many as there are headers; PINs are hidden."""

    outcome: Outcome
    change: str
    """What would change, in words; empty unless ``outcome`` is ``changed``."""

    faults: tuple[Fault, ...]

    notice: str = ""
    """Who may be this person already, by card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What taking the file would do; ``refused`` is not empty if the file can't be read at all."""

    headers: tuple[str, ...] = ()
    lines: tuple[ReviewedLine, ...] = ()
    refused: tuple[Fault, ...] = ()

    def of(self, outcome: Outcome) -> list[ReviewedLine]:
        """Give the lines with one outcome."""
        return [line for line in self.lines if line.outcome == outcome]

    @property
    def good(self) -> int:
        """Count the lines that may be taken."""
        return len(self.lines) - len(self.of("faulty"))


def review(engine: Engine, path: Path, *, today: dt.date | None = None, site: str | None = None) -> Review:
    """Read a class list and try it out without storing anything; never raises for what is wrong with the file.

    ``site`` is as for ``import_table``.
    """
    sheet = sheet_of(TABLE, today)
    try:
        lines = read_lines(path, lambda headers: sum(sheet.find(header) is not None for header in headers))
        result = import_table(engine, TABLE, path, dry_run=True, skip_faulty=True, today=today, site=site)
    except CourseError as error:
        return Review(refused=tuple(fault for _, fault in faults_of(path, error)))
    return _reviewed(sheet, lines, path, result)


def faults_of(path: Path, error: CourseError | Iterable[CourseError]) -> list[tuple[int, Fault]]:
    """Give the faults of an import with their lines, 0 for the whole file; the path itself is left out."""
    if isinstance(error, CourseErrors):
        error = error.errors
    return [_fault(path, one) for one in ([error] if isinstance(error, CourseError) else error)]


def _fault(path: Path, error: CourseError) -> tuple[int, Fault]:
    # An ``ImportFault`` says where as «file:line: column», «file:line» or «file».
    place = re.fullmatch(r"(?::(\d+))?(?:: ?(.*))?", error.where.removeprefix(str(path)), re.DOTALL)
    line, column = (place[1], place[2] or "") if place else (None, error.where)
    return int(line or 0), Fault(column, error.problem.replace(str(path), path.name), error.remedy)


def _reviewed(sheet: Sheet, lines: list[Line], path: Path, result: ImportResult) -> Review:
    header, *rest = lines
    faults: dict[int, list[Fault]] = {}
    for number, fault in faults_of(path, result.faults):
        faults.setdefault(number, []).append(fault)
    changes, notices = _by_line(result.changes), _by_line(result.notices)
    headers = tuple("" if is_empty(cell) else plain(cell)[:LONGEST_CELL] for cell in header.cells)
    known = [sheet.find(name) for name in headers]
    secret = {place for place, column in enumerate(known) if column is not None and not column.exported}
    return Review(
        headers=headers,
        lines=tuple(
            ReviewedLine(
                number=line.number,
                cells=tuple(_shown(line, place, place in secret) for place in range(len(headers))),
                outcome=_outcome(line.number, faults, changes),
                change=changes.get(line.number, "").partition("изменится: ")[2],
                faults=tuple(faults.get(line.number, ())),
                notice=notices.get(line.number, ""),
            )
            for line in rest
        ),
    )


def _by_line(texts: Iterable[str]) -> dict[int, str]:
    return {int(found[1]): found[2] for text in texts if (found := _LINE.fullmatch(text))}


def _outcome(line: int, faults: dict[int, list[Fault]], changes: dict[int, str]) -> Outcome:
    if line in faults:
        return "faulty"
    if line not in changes:
        return "same"
    return "changed" if changes[line].startswith("изменится") else "new"


def _shown(line: Line, place: int, secret: bool) -> str:
    cell = line.formulas.get(place) or (line.cells[place] if place < len(line.cells) else None)
    if is_empty(cell):
        return ""
    return HIDDEN if secret else plain(cell)[:LONGEST_CELL]
