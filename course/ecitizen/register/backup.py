"""A course folder as one file, taken while the class runs; the way back is in ``restoring``.

Databases are copied by SQLite's own backup, so that a copy is whole whatever is being written. ``course.db`` is last,
so that the gradebook of a copy knows of nothing that its journal lacks. The file holds names and keys: it is as secret
as the folder. A copy is checked in full before it replaces anything.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO

from ecitizen import locking
from ecitizen.errors import CourseError
from ecitizen.storage import SAID, fault_of, probe

MANIFEST = "manifest.json"
FORMAT = 1
JOURNAL = "course.db"
MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MOST_FILES = 1_000_000
MOST_RATIO, FREE_OF_RATIO_BYTES = 200, 1024**3
"""A copy of a course shrinks to a tenth or so; what would grow 200 times, to more than 1 GB, is no copy."""

CHUNK_BYTES = 1024 * 1024

Progress = Callable[[int, int], None]
"""Takes the bytes done and the bytes there are."""

_MAGIC = b"SQLite format 3\0"
_LOGS = ("-wal", "-journal")
_SIDE_FILES = (*_LOGS, "-shm")
_PASSING = (locking.LOCK, ".*.part", ".probe-*")
"""What is of the moment: a restored folder has no server and no unfinished file."""

_FOREIGN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, EOFError, RuntimeError)
"""What a zip raises that is torn or no copy; ``RuntimeError``: under a password, or packed in a way unknown here."""

ROOM = ".erasing"
"""Folder in the course folder in which copies are opened while somebody is erased; it never goes into a copy."""

_WHERE = "копия"


class NoRoom(CourseError):
    """The disk is too full to open a copy; the copy itself may be whole."""


def no_progress(_done: int, _whole: int) -> None:
    """Tell nobody."""


def backup(folder: Path, out: Path, progress: Progress = no_progress) -> int:
    """Write everything in a course folder into one file, whole or not at all; gives the number of files."""
    if out.resolve().is_relative_to(folder.resolve()):
        raise CourseError(str(out), "копия лежала бы в самой папке курса", "Выберите другую папку, лучше флешку")
    if not out.parent.is_dir():
        raise CourseError(str(out), f"нет папки {str(out.parent)!r}", "Создайте её или выберите другую")
    draft = out.with_name(f".{out.name}.part")
    try:
        # Beside the copy, which has the room, and not on a small disk for what is temporary.
        with tempfile.TemporaryDirectory(prefix=".ecitizen-backup-", dir=out.parent) as room:
            sums = pack(folder, draft, Path(room), progress)
        _keep_private(draft)
        sync(draft)
        draft.replace(out)
        sync(out.parent)
    except (OSError, sqlite3.OperationalError) as error:
        raise _unwritten(error, folder, out) from error
    finally:
        # A disk that only reads refuses even to take away what is not there.
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return len(sums)


def _unwritten(error: OSError | sqlite3.Error, folder: Path, out: Path) -> CourseError:
    """Tell the disk to which the copy goes from the one of the course, which is only read."""
    # What is only read is never full; the copy may have left room for the probe when it was given up.
    fault = "full" if fault_of(error) == "full" else probe(out.parent)
    if fault is not None:
        problem, remedy = SAID[fault]
        return CourseError(str(out), f"копия не записывается: {problem}", f"{remedy}. Или выберите другой диск")
    reason = getattr(error, "strerror", None) or error
    return CourseError(str(folder), f"курс не читается ({reason})", "Покажите диск тому, кто следит за компьютером")


def check(file: Path, progress: Progress = no_progress) -> int:
    """Check a copy in full without restoring it; gives the number of files."""
    try:
        with tempfile.TemporaryDirectory(prefix="ecitizen-check-") as room:
            return unpack(file, Path(room) / "course", progress)
    except OSError as error:
        problem = f"копия не проверяется ({error.strerror or error})"
        raise CourseError(str(file), problem, "Проверьте место на диске") from error


def pack(folder: Path, draft: Path, room: Path, progress: Progress, made: str = "") -> dict[str, str]:
    """Write a folder into an archive with its checksums, which are given; ``room`` is a folder for what is temporary.

    ``made`` is when the copy was taken, for one that is written anew.
    """
    sums: dict[str, str] = {}
    found = sorted(files_of(folder), key=lambda path: (path.relative_to(folder).as_posix() == JOURNAL, path))
    done, whole = 0, sum(_size(path) for path in found)
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in found:
            name, copy = path.relative_to(folder).as_posix(), path
            try:
                name.encode()
            except UnicodeEncodeError as error:
                where = os.fsencode(name).decode("utf-8", "backslashreplace")
                raise CourseError(where, "имя файла не читается", "Переименуйте этот файл и повторите") from error
            try:
                if is_database(path):
                    copy = room / "database"
                    copy_database(path, copy)
                with copy.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                    sums[name] = _copied(source, target)
            except FileNotFoundError:
                continue  # A grader has replaced it or taken it away meanwhile.
            done += _size(copy)
            progress(min(done, whole), whole)
        about = {"format": FORMAT, "made": made or f"{datetime.now():%Y-%m-%dT%H:%M:%S}", "files": sums}
        archive.writestr(MANIFEST, json.dumps(about, ensure_ascii=False, indent=1))
    return sums


def _copied(source: IO[bytes], target: IO[bytes]) -> str:
    """Copy to the end; gives the checksum of the very bytes that were written."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK_BYTES):
        digest.update(chunk)
        target.write(chunk)
    return digest.hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def files_of(folder: Path) -> Iterator[Path]:
    """Give the files that make up a course: no logs, which belong to their databases, and nothing of the moment."""
    for path in sorted(folder.rglob("*")):
        passing = any(fnmatch(path.name, pattern) for pattern in _PASSING) or path.is_relative_to(folder / ROOM)
        if path.is_file() and not path.is_symlink() and not path.name.endswith(_SIDE_FILES) and not passing:
            yield path


def is_database(path: Path) -> bool:
    """Tell an SQLite file by how it begins."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def copy_database(source: Path, target: Path) -> None:
    """Copy an SQLite database, in use or not, into one file, even from a disk that takes nothing."""
    try:
        _copy_online(source, target)
    except sqlite3.OperationalError as error:
        if fault_of(error) is None:
            raise
        # SQLite needs to write beside what it reads, and can't: so nobody else has the database open.
        with tempfile.TemporaryDirectory(prefix=".ecitizen-raw-", dir=target.parent) as room:
            _copy_online(_raw_copy(source, Path(room)), target)


def _raw_copy(source: Path, room: Path) -> Path:
    """Copy a database that nobody has open, with the log that a killed writer left; ``OSError`` if it moves."""

    def moment() -> list[tuple[int, int]]:
        return [(state.st_size, state.st_mtime_ns) for path in found for state in (path.stat(),)]

    found = [path for path in (source, *(source.with_name(source.name + log) for log in _LOGS)) if path.exists()]
    before = moment()
    for path in found:
        shutil.copyfile(path, room / path.name)
    if moment() != before:
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(source))
    return room / source.name


def _copy_online(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(source)) as here,
        contextlib.closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)
        # The copy is one file: it must not ask for a journal beside it.
        there.execute("PRAGMA journal_mode=DELETE")


def unpack(file: Path, fresh: Path, progress: Progress = no_progress) -> int:
    """Unpack a copy into a new folder and check every file and database; gives the number of files.

    Raises ``CourseError`` if the copy is torn or foreign; what is in ``fresh`` then is of no use.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            sums = _promised(archive, file, fresh.parent)
            done, whole = 0, sum(archive.getinfo(name).file_size for name in sums)
            for name, expected in sums.items():
                target = fresh / _safe(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as packed, target.open("wb") as file_out:
                    found = _copied(packed, file_out)
                    file_out.flush()
                    os.fsync(file_out.fileno())
                if found != expected:
                    raise CourseError(_WHERE, f"файл {name!r} повреждён", "Возьмите другую копию")
                _keep_private(target)
                done += archive.getinfo(name).file_size
                progress(done, whole)
    except FileNotFoundError as error:
        raise CourseError(str(file), "файла нет", "Проверьте имя файла и папку") from error
    except _FOREIGN as error:
        raise CourseError(str(file), "это не копия папки курса или она повреждена", "Возьмите другую копию") from error
    if not (fresh / "course.yaml").exists():
        raise CourseError(str(file), "в копии нет course.yaml", "Возьмите копию, сделанную командой backup")
    for path in files_of(fresh):
        if is_database(path):
            _check_database(path)
    return len(sums)


def made_on(file: Path) -> str | None:
    """Give the moment at which a file was made by ``backup``; None if it is something else."""
    try:
        with zipfile.ZipFile(file) as archive:
            listed = archive.getinfo(MANIFEST)
            about = json.loads(archive.read(listed)) if listed.file_size <= MAX_MANIFEST_BYTES else {}
            return str(about["made"]) if "format" in about and "course.yaml" in about["files"] else None
    except (OSError, *_FOREIGN):
        return None


def _promised(archive: zipfile.ZipFile, file: Path, place: Path) -> dict[str, str]:
    """Give the checksums by name; refuses a copy that says it is larger than the disk, before unpacking anything."""
    listed = archive.getinfo(MANIFEST)
    if listed.file_size > MAX_MANIFEST_BYTES:
        raise CourseError(str(file), "список файлов в копии слишком велик", "Не открывайте эту копию: она подделана")
    sums = json.loads(archive.read(listed))["files"]
    if not isinstance(sums, dict) or not all(isinstance(one, str) for one in sums.values()):
        raise TypeError("files: expected names with checksums")
    whole, free = sum(archive.getinfo(name).file_size for name in sums), shutil.disk_usage(place).free
    if len(sums) > MOST_FILES or whole > max(MOST_RATIO * file.stat().st_size, FREE_OF_RATIO_BYTES):
        problem = f"{file.stat().st_size // 1024} КБ развернулись бы в {whole // CHUNK_BYTES} МБ"
        raise CourseError(str(file), problem, "Не открывайте эту копию: она подделана")
    if whole > free:
        needed, there = whole // CHUNK_BYTES, free // CHUNK_BYTES
        problem = f"развёрнутая копия заняла бы {needed} МБ, а свободно {there} МБ"
        raise NoRoom(str(file), problem, "Освободите место и повторите")
    return sums


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name:
        raise CourseError(_WHERE, f"опасное имя файла {name!r}", "Не открывайте эту копию: она подделана")
    return path


def _check_database(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise CourseError(_WHERE, f"база {path.name} повреждена ({error})", "Возьмите другую копию") from error
    if verdict != "ok":
        raise CourseError(_WHERE, f"база {path.name} повреждена ({verdict})", "Возьмите другую копию")


def _keep_private(path: Path) -> None:
    with contextlib.suppress(NotImplementedError):
        path.chmod(0o600)


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk; where a system can't do that for folders, it is left out."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
