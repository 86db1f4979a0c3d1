"""The files of a course folder that hold a person's name, in copies of the course too."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import DatabaseError

from ecitizen.errors import CourseError
from ecitizen.register.backup import ROOM, NoRoom, is_database, made_on, unpack
from ecitizen.register.erasing_copies import holds_person, older_names
from ecitizen.register.erasing_record import RECORDS
from ecitizen.register.erasing_words import Name, Sought
from ecitizen.register.searching import DEEPEST, Verdict, files, holds, shown
from ecitizen.storage import fault_of

Kind = Literal["file", "work", "database", "copy", "needed"]
"""``work``: what learners wrote, in nbgrader's folder; ``needed``: the course doesn't open without it, or the law wants
it kept."""

LIVE = ("course.db", "nbgrader/gradebook.db")
"""Databases that are open; their rows are erased through SQLAlchemy."""

SIDES = ("-wal", "-shm", "-journal")
_NEEDED = frozenset({"course.yaml", "cookie_secret", "certificate_key", "project.yaml"})
_NEEDED_ROOMS = frozenset({"acts", "passports", "papers", "lessons", "quizzes", "graders", "widgets"})
_WORKS = "nbgrader"
_OURS = frozenset({ROOM, RECORDS})
_ORDER: tuple[Verdict, ...] = ("none", "maybe", "unread", "torn", "sure")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A file in which something was found."""

    name: str
    """Path in the course folder; for a file in a copy the path of the copy goes before it."""

    kind: Kind
    verdict: Verdict
    size: int
    """Bytes."""

    modified: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class Seeker:
    """Looks through folders for one person; copies are opened in ``room``."""

    number: int
    ways: Sought
    room: Path

    exact: bool = False
    """Everything has been written anew: what now looks like a part of the name in a database is another name."""

    def walk(self, tree: Path, *, live: bool) -> Iterator[tuple[Path, str, Kind]]:
        """Give the files to look at: not the open databases of a course folder (``live``), nor our own notes."""
        for path in files(tree):
            name = path.relative_to(tree).as_posix()
            if live and (name.split("/")[0] in _OURS or _base(name) in LIVE):
                continue
            if _base(name) != name and (tree / _base(name)).exists():
                continue  # A log goes into its database when that is opened.
            with contextlib.suppress(FileNotFoundError):
                yield path, name, _kind(path, name)

    def find(self, tree: Path, prefix: str = "", depth: int = 0) -> Iterator[Finding]:
        """Give every file in which something is; ``tree`` is the course folder or, with a prefix, an open copy.

        Raises ``NoRoom`` if a copy can't be opened for want of room: that tells nothing of the copy.
        """
        for path, name, kind in self.walk(tree, live=not prefix):
            inner: list[Finding] = []
            verdict: Verdict
            try:
                if kind == "copy":
                    inner = self._in_copy(path, f"{prefix}{shown(name)}/", depth)
                    verdict = max([one.verdict for one in inner] or [_ORDER[0]], key=_ORDER.index)
                else:
                    verdict = self.verdict(path, name, kind)
                about = path.lstat()
            except NoRoom:
                raise
            except CourseError:
                verdict, about = "torn", path.lstat()
            except FileNotFoundError:
                continue  # What is passing has passed.
            at = datetime.fromtimestamp(about.st_mtime, UTC).replace(microsecond=0)
            if _is_told(kind, verdict):
                yield Finding(name=prefix + shown(name), kind=kind, verdict=verdict, size=about.st_size, modified=at)
            # What is written anew inside a copy is told by the copy; unpacked just now, it is as old as that.
            yield from (replace(one, modified=at) for one in inner if one.kind not in {"database", "work"})

    def verdict(self, path: Path, name: str, kind: Kind) -> Verdict:
        """Look into one file that is no copy."""
        if kind != "database":
            return holds(path, name, self.ways)
        try:
            return "sure" if holds_person(path, self.ways, exact=self.exact) else "none"
        except (DatabaseError, OSError):
            return "torn"

    def older(self, tree: Path, depth: int = 0) -> Iterator[tuple[Name, str]]:
        """Give what this person was called in copies, with the contact there."""
        for path, _, kind in self.walk(tree, live=not depth):
            try:
                if kind == "database":
                    yield from older_names(path, self.number, self.ways.person)
                elif kind == "copy":
                    with self.opened(path, depth) as fresh:
                        yield from self.older(fresh, depth + 1)
            except NoRoom:
                raise
            except (CourseError, DatabaseError, OSError):
                continue  # What is torn is told when the plan is made.

    @contextlib.contextmanager
    def opened(self, copy: Path, depth: int) -> Iterator[Path]:
        """Unpack a copy for the length of a ``with``.

        Raises ``NoRoom`` if the disk is too full, another ``CourseError`` if the copy is torn or too deep.
        """
        if depth >= DEEPEST:
            raise CourseError(str(copy), "копии лежат одна в другой слишком глубоко", "Уничтожьте лишние")
        with contextlib.ExitStack() as stack:
            try:
                self.room.mkdir(parents=True, exist_ok=True)
                fresh = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=self.room))) / "course"
                fresh.mkdir()
                unpack(copy, fresh)
            except OSError as error:
                if fault_of(error) != "full":
                    raise
                raise no_room(shown(copy.name)) from error
            yield fresh

    def _in_copy(self, copy: Path, prefix: str, depth: int) -> list[Finding]:
        with self.opened(copy, depth) as fresh:
            return list(self.find(fresh, prefix, depth + 1))


def no_room(where: str) -> NoRoom:
    """Say that a file can't be opened or written anew for want of room."""
    return NoRoom(where, "на диске не хватает места, чтобы его открыть", "Освободите место и повторите")


def surely(findings: Sequence[Finding], *kinds: Kind) -> list[Finding]:
    """Choose the files that hold the name beyond doubt, of some kinds."""
    return [one for one in findings if one.verdict == "sure" and one.kind in kinds]


def _is_told(kind: Kind, verdict: Verdict) -> bool:
    if kind == "copy":
        return verdict in {"sure", "torn"}
    return verdict != "none" and not (kind == "work" and verdict == "maybe")


def _base(name: str) -> str:
    """Give the name of the database to which a side file belongs, or the name itself."""
    return next((name.removesuffix(side) for side in SIDES if name.endswith(side)), name)


def _kind(path: Path, name: str) -> Kind:
    room, _, rest = name.partition("/")
    if path.is_symlink():
        return "file"
    try:
        if is_database(path):
            return "database"
    except FileNotFoundError:
        raise
    except OSError:
        return "file"  # Another program may have locked it.
    if name in _NEEDED or (rest and room in _NEEDED_ROOMS):
        return "needed"
    if rest and room == _WORKS:
        return "work"
    return "copy" if made_on(path) is not None else "file"
