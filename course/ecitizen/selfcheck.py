"""What is looked at before a course opens, what is repaired, and what is said about it.

The one who serves the folder runs it, under the lock, so that nobody else writes meanwhile. A database that is not
whole stops the start; everything else is put right or named in one sentence.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from ecitizen.errors import FolderError
from ecitizen.folder import CourseFolder
from ecitizen.locking import Holder
from ecitizen.storage import FLOOR_MB, SAID, free_mb, probe

REPORT = "selfcheck.json"
JOURNAL, GRADEBOOK = "course.db", "nbgrader/gradebook.db"
CLOCK_SLACK = timedelta(minutes=5)
_DRAFTS = (".*.part", ".probe-*")
_RUNTIME_PREFIX = "ecitizen-"
_HALF_GRADED = """
SELECT count(*) FROM submitted_notebook AS work
JOIN grade_cells ON grade_cells.id IN (SELECT id FROM base_cell WHERE base_cell.notebook_id = work.notebook_id)
LEFT JOIN grade ON grade.notebook_id = work.id AND grade.cell_id = grade_cells.id
WHERE grade.id IS NULL
"""
"""Cells of submitted work for which a killed grader has left no row."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the last self-check said."""

    at: datetime
    sentences: tuple[str, ...]
    """Russian; empty if all was well."""


def check(folder: CourseFolder, before: Holder | None = None, now: datetime | None = None) -> Report:
    """Look, repair, and keep what there is to say; ``before`` is a server that did not end well.

    Raises ``FolderError`` if a database is damaged or the folder can't be written to: then nothing was changed.
    """
    moment = now or datetime.now(UTC)
    fault = probe(folder.path)
    if fault is not None:
        problem, remedy = SAID[fault]
        raise FolderError(str(folder.path), f"{problem}, поэтому курс не открыт", remedy)
    report = Report(moment, tuple(_found(folder, before, moment)))
    _keep(folder.path, report)
    return report


def last(folder: Path) -> Report | None:
    """Give what the last self-check said; None if there was none."""
    try:
        known: Any = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        return Report(datetime.fromisoformat(known["at"]), tuple(map(str, known["sentences"])))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _found(folder: CourseFolder, before: Holder | None, now: datetime) -> Iterator[str]:
    say = _sentences()
    if before is not None:
        yield say["killed"]
        if _remove_runtime(before):
            yield say["runtime"]
    for name in (JOURNAL, GRADEBOOK):
        path = folder.path / name
        if path.exists():
            logged = _logged_bytes(path)
            _check_whole(path)
            # Commands leave a log as well; only that of a server which was cut off is worth a word.
            if logged and before is not None:
                yield say["replayed"].format(kb=-(-logged // 1024), name=path.name)
    if count := _remove_drafts(folder.path):
        yield say["leftovers"].format(count=count)
    yield from _rights(folder.path, say["private"])
    if count := _half_graded(folder.path / GRADEBOOK):
        yield say["half_graded"].format(count=count)
    newest = _newest(folder.path / JOURNAL)
    if newest is not None and newest > now + CLOCK_SLACK:
        yield say["clock"].format(at=_wall(newest), now=_wall(now))
    for number in _half_erased(folder.path):
        yield say["half_erased"].format(number=number)
    if (free := free_mb(folder.path)) < FLOOR_MB:
        yield say["low"].format(free=free)


def _sentences() -> dict[str, str]:
    known: dict[str, str] = yaml.safe_load(files("ecitizen").joinpath("selfcheck.yaml").read_text(encoding="utf-8"))
    return known


def _wall(moment: datetime) -> str:
    return f"{moment.astimezone():%d.%m.%Y %H:%M}"


def _logged_bytes(path: Path) -> int:
    """Give how much a killed writer left in the log beside a database."""
    log = path.with_name(f"{path.name}-wal")
    return log.stat().st_size if log.exists() else 0


def _check_whole(path: Path) -> None:
    """Bring the log into the database and let SQLite look it through."""
    remedy = "Верните курс из копии: ecitizen restore ФАЙЛ. Эту папку программа не трогала"
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
            verdict = database.execute("PRAGMA quick_check").fetchone()[0]
            if verdict == "ok":
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        raise FolderError(str(path), f"база повреждена ({error})", remedy) from error
    if verdict != "ok":
        raise FolderError(str(path), f"база повреждена ({verdict})", remedy)


def _remove_runtime(before: Holder) -> bool:
    """Remove the private folder of a killed server; only one of the name that such folders have."""
    place = Path(before.runtime)
    if not before.runtime or not place.name.startswith(_RUNTIME_PREFIX) or not place.is_dir() or place.is_symlink():
        return False
    shutil.rmtree(place, ignore_errors=True)
    return not place.exists()


def _remove_drafts(folder: Path) -> int:
    drafts = {path for pattern in _DRAFTS for path in folder.rglob(pattern) if path.is_file()}
    for draft in drafts:
        draft.unlink(missing_ok=True)
    rooms = [path for path in folder.parent.glob(".ecitizen-restore-*") if path.is_dir()]
    for room in rooms:
        shutil.rmtree(room, ignore_errors=True)
    return len(drafts) + len(rooms)


def _rights(folder: Path, sentence: str) -> Iterator[str]:
    secret = folder / "cookie_secret"
    with contextlib.suppress(OSError, NotImplementedError):
        if secret.stat().st_mode & 0o077:
            secret.chmod(0o600)
            # Where rights mean nothing (FAT, Windows) nothing was put right, and there is nothing to say.
            if not secret.stat().st_mode & 0o077:
                yield sentence.format(name=secret.name)


def _half_graded(path: Path) -> int:
    return int(_asked(path, _HALF_GRADED) or 0)


def _half_erased(folder: Path) -> list[int]:
    """Give the cards whose erasing was begun and has no act yet."""
    found = []
    for path in sorted((folder / "erased").glob("*.json")):
        try:
            known: Any = json.loads(path.read_bytes())
            if not (known["finished"] and known["act"]):
                found.append(int(known["number"]))
        except (OSError, ValueError, TypeError, KeyError):
            found += [int(path.stem)] if path.stem.isdecimal() else []
    return found


def _newest(path: Path) -> datetime | None:
    newest = _asked(path, "SELECT max(at) FROM journal_event")
    return datetime.fromisoformat(newest).replace(tzinfo=UTC) if newest else None


def _asked(path: Path, question: str) -> Any:
    """Ask a database one thing; None where it, or the table, is not there yet."""
    if not path.exists():
        return None
    with contextlib.closing(sqlite3.connect(path, timeout=10)) as database:
        try:
            return database.execute(question).fetchone()[0]
        except sqlite3.OperationalError:
            return None


def _keep(folder: Path, report: Report) -> None:
    draft = folder / f".{REPORT}.part"
    draft.write_text(json.dumps({"at": report.at.isoformat(), "sentences": report.sentences}, ensure_ascii=False))
    draft.replace(folder / REPORT)
