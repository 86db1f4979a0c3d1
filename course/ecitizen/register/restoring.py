"""The way back from a copy: it is checked in full first, and whoever was erased since then stays erased."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, insert, select

from ecitizen import locking
from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register.backup import JOURNAL, Progress, no_progress, sync, unpack
from ecitizen.register.changes import change_row
from ecitizen.register.erasing import remove_rows, rewrite_all
from ecitizen.register.erasing_cleaning import Cleaner
from ecitizen.register.erasing_plan import seeking
from ecitizen.register.erasing_record import Record, records, store
from ecitizen.register.tables import Change
from ecitizen.storage import SAID, fault_of

_MARKS = ("cookie_secret", "certificate_key")
"""Keys that a course has from its beginning; a copy with none of them is of another course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restoring did."""

    aside: Path | None
    """Where the former folder is now."""

    again: tuple[int, ...]
    """Cards whose erasing the copy did not know of; it was done again."""

    destroyed: tuple[str, ...]
    """Files of the copy that held one of these names, and were not restored."""

    unknown: tuple[int, ...]
    """Erasures known here that were not done again, for the copy is of another course."""


def restore(file: Path, folder: Path, now: datetime | None = None, progress: Progress = no_progress) -> Restored:
    """Put a copy in the place of a course folder; the folder that was there is moved aside.

    Raises ``CourseError`` and changes nothing if the copy is torn or foreign, or if the course is open.
    """
    _refuse_open(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".ecitizen-restore-", dir=folder.parent) as room:
            fresh = Path(room) / "course"
            unpack(file, fresh, progress)
            known = [record for record in records(folder) if record.removed]
            again, destroyed, unknown = list[int](), list[str](), list[int]()
            for record in known:
                if not _is_same_course(fresh, folder):
                    unknown.append(record.number)
                    continue
                gone = _erase_again(fresh, record)
                store(fresh, record)
                if gone is not None:
                    again.append(record.number)
                    destroyed += gone
            aside = _exchange(fresh, folder, now or datetime.now())
            return Restored(aside=aside, again=tuple(again), destroyed=tuple(destroyed), unknown=tuple(unknown))
    except OSError as error:
        fault = fault_of(error)
        remedy = "Проверьте место на диске и права на папку"
        reason, remedy = SAID[fault] if fault else (error.strerror or str(error), remedy)
        raise CourseError(str(folder), f"копия не разворачивается: {reason}", remedy) from error


def _erase_again(fresh: Path, record: Record) -> list[str] | None:
    """Erase a person from an unpacked copy; gives the files destroyed, None if the person isn't in it."""
    engine = open_engine(fresh / JOURNAL)
    try:
        # A copy may be older than a table that is asked for.
        upgrade(engine, "register")
        if _is_somebody_else(engine, record):
            return None
        with seeking(engine, record.number, fresh) as seeker:
            if seeker is None:
                _reserve(engine, record)
                return None
            torn = {one.name for one in seeker.find(fresh) if one.verdict == "torn"}
            kept = {one.name for one in record.files if one.fate == "kept"}
            cleaner = Cleaner(seeker, also=torn, keep=kept, is_copy=True)
            fates = list(cleaner.clean(fresh))
            cleaner.check()
            tables = remove_rows(engine, seeker, fresh, record.who)
            if not rewrite_all(engine, fresh, tables):
                raise CourseError(str(fresh), "база копии занята", "Повторите")
            return [seeker.ways.masked(one.name) for one in fates if one.fate == "destroyed"]
    finally:
        engine.dispose()


def _is_somebody_else(engine: Engine, record: Record) -> bool:
    """Tell whether the card was given to somebody after the erasing: an older copy knew nothing of its number."""
    about = (Change.table == "person", Change.key == str(record.number), Change.before.is_(None))
    removed = record.removed.replace(tzinfo=None) if record.removed else None
    with engine.connect() as connection:
        return connection.execute(select(Change.id).where(*about, Change.at > removed).limit(1)).first() is not None


def _reserve(engine: Engine, record: Record) -> None:
    """Leave the number of an erased card in the trace of a copy that is older than the card: nobody gets it again."""
    about = (Change.table == "person", Change.key == str(record.number))
    with engine.begin() as connection:
        if connection.execute(select(Change.id).where(*about).limit(1)).first() is None:
            connection.execute(insert(Change).values(change_row(record.who, "person", record.number, {}, None)))


def _is_same_course(fresh: Path, folder: Path) -> bool:
    def key(place: Path, name: str) -> bytes:
        path = place / name
        return path.read_bytes() if path.is_file() else b""

    return any(key(fresh, name) == key(folder, name) != b"" for name in _MARKS)


def _refuse_open(folder: Path) -> None:
    """Raise if a server or anybody else has the course open; what a killed one left in the log is brought home."""
    remedy = "Закройте курс и повторите"
    if folder.exists() and locking.is_held(folder):
        raise CourseError(str(folder), "курс открыт: сервер работает", remedy)
    for path in [log.with_name(log.name.removesuffix("-wal")) for log in folder.rglob("*-wal")]:
        with contextlib.closing(sqlite3.connect(path, timeout=1)) as database:
            try:
                # Leaving the log needs the database for oneself.
                database.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.OperationalError as error:
                if fault := fault_of(error):
                    raise CourseError(str(folder), *SAID[fault]) from error
                raise CourseError(str(folder), f"курс, похоже, открыт (занята база {path.name})", remedy) from error
            except sqlite3.DatabaseError:
                continue  # Damaged: that may be why somebody restores.


def _exchange(fresh: Path, folder: Path, now: datetime) -> Path | None:
    aside = None
    if folder.exists():
        aside = folder.with_name(f"{folder.name}.{now:%Y%m%d-%H%M%S}")
        folder.rename(aside)
    try:
        fresh.rename(folder)
    except OSError:
        if aside is not None:
            aside.rename(folder)
        raise
    sync(folder.parent)
    return aside
