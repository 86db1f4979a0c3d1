"""What an erasure will do, before anybody agrees to it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Engine

from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.register.backup import ROOM
from ecitizen.register.erasing_record import load
from ecitizen.register.erasing_rows import Cell, cells, namesakes, sought_of
from ecitizen.register.erasing_seeking import Finding, Seeker, surely
from ecitizen.register.searching import shown

_ADDRESS = Path("nbgrader", "database-url")
_SCORES = Path("nbgrader", "gradebook.db")
_ASIDE = re.compile(r"\.\d{8}-\d{6}$")
_CALLED = re.compile(r"^[ \t-]*(?:site|title|name|full|short|customer)[ \t]*:(.*)$", re.MULTILINE)
_SETTINGS = ("course.yaml", "project.yaml", "passports/*.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What goes, what is rewritten, and what somebody has to look at."""

    number: int
    findings: tuple[Finding, ...]
    cells: tuple[Cell, ...]
    """Columns of the course's own databases in which the name stands among other words: a sign takes its place."""

    namesakes: int
    """Others in the register with the same surname."""

    beside: tuple[str, ...]
    """Former course folders, which a restoring has left beside this one; they are no part of it."""

    @property
    def destroyed(self) -> list[Finding]:
        """Give the files that will be no more."""
        return surely(self.findings, "file")

    @property
    def rewritten(self) -> list[Finding]:
        """Give the files that stay without the person."""
        return surely(self.findings, "work", "database", "copy")

    @property
    def doubtful(self) -> list[Finding]:
        """Give the files that may be about somebody else, and may go."""
        return [one for one in self.findings if one.verdict == "maybe" and one.kind != "needed"]

    @property
    def unread(self) -> list[Finding]:
        """Give the files that a program can't read."""
        return [one for one in self.findings if one.verdict == "unread"]

    @property
    def hindering(self) -> list[Finding]:
        """Give the files that have to be seen to first: nothing is erased while they are as they are."""
        torn = [one for one in self.findings if one.verdict == "torn"]
        return [*torn, *(one for one in surely(self.findings, "needed") if not self._in_copy(one))]

    @property
    def digest(self) -> str:
        """Give 32 digits that change with what would be done."""
        rows = [*map(asdict, self.findings), *map(asdict, self.cells)]
        told = json.dumps(rows, default=str, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:32]

    def _in_copy(self, finding: Finding) -> bool:
        return any(finding.name.startswith(f"{one.name}/") for one in self.findings if one.kind == "copy")


def plan(engine: Engine, number: int, folder: Path) -> Plan:
    """Look through the register and the course folder for one person, and change nothing.

    Raises ``CourseError`` if the card has no name, unless its erasing was cut off: then there is nothing left to plan.
    """
    with seeking(engine, number, folder, alone=False) as seeker:
        if seeker is None:
            record = load(folder, number)
            if record is None or record.finished:
                raise CourseError("стирание", f"у карточки {number} имени уже нет", "Проверьте номер карточки")
            return Plan(number=number, findings=(), cells=(), namesakes=0, beside=())
        return look_over(engine, seeker, folder)


def look_over(engine: Engine, seeker: Seeker, folder: Path) -> Plan:
    """Make the plan with somebody who knows whom to seek."""
    held: list[Cell] = []
    with engine.connect() as connection:
        same = namesakes(connection, seeker.number)
        held += cells(connection, seeker.ways)
    for scores in gradebooks(folder):
        with scores.connect() as connection:
            held += cells(connection, seeker.ways)
    home = folder.absolute()
    beside = [shown(path.name) for path in home.parent.glob(f"{home.name}.*") if _ASIDE.search(path.name)]
    return Plan(
        number=seeker.number,
        findings=tuple(seeker.find(folder)),
        cells=tuple(held),
        namesakes=same,
        beside=tuple(sorted(beside)),
    )


@contextlib.contextmanager
def seeking(engine: Engine, number: int, folder: Path, *, alone: bool = True) -> Iterator[Seeker | None]:
    """Give who looks for the person of a card, under an older name as well; None if there is no name.

    Copies are opened in a folder of the moment. ``alone`` it is emptied before and after: whoever was cut off may have
    left names there; others may be making a plan.
    """
    rooms = folder / ROOM
    if alone:
        shutil.rmtree(rooms, ignore_errors=True)
    room = rooms / secrets.token_hex(8)
    try:
        called = _called(folder)
        with engine.connect() as connection:
            ways = sought_of(connection, number, called=called)
        if ways is None:
            yield None
            return
        known = list(Seeker(number, ways, room).older(folder))
        with engine.connect() as connection:
            ways = sought_of(connection, number, known, called)
        yield None if ways is None else Seeker(number, ways, room)
    finally:
        shutil.rmtree(rooms if alone else room, ignore_errors=True)
        with contextlib.suppress(OSError):
            rooms.rmdir()


def _called(folder: Path) -> str:
    """Give what the library and its projects are called in the settings, a name a line."""
    paths = (path for pattern in _SETTINGS for path in sorted(folder.glob(pattern)))
    return "\n".join(name for path in paths for name in _CALLED.findall(path.read_text("utf-8", errors="ignore")))


def gradebooks(folder: Path) -> Iterator[Engine]:
    """Open each database of scores that a course folder has or points to, for as long as it is looked at."""
    addresses: list[str | Path] = [folder / _SCORES] if (folder / _SCORES).exists() else []
    if (folder / _ADDRESS).exists():
        addresses.append((folder / _ADDRESS).read_text(encoding="utf-8").strip())
    for address in addresses:
        engine = open_engine(address)
        try:
            yield engine
        finally:
            engine.dispose()
