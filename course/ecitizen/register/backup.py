"""A course folder as one file, taken while the class runs, and the way back.

Databases are copied by SQLite's own backup, so that a copy is whole whatever is being written. The file holds names and
keys: it is as secret as the folder. A copy is checked in full before it replaces anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath

from ecitizen.errors import CourseError

MANIFEST = "manifest.json"
FORMAT = 1
_MAGIC = b"SQLite format 3\0"
_SIDE_FILES = ("-wal", "-shm", "-journal")
_WHERE = "копия"


def backup(folder: Path, out: Path) -> int:
    """Write everything in a course folder into one file, whole or not at all; gives the number of files."""
    if out.resolve().is_relative_to(folder.resolve()):
        raise CourseError(str(out), "копия лежала бы в самой папке курса", "Выберите другую папку, лучше флешку")
    if not out.parent.is_dir():
        raise CourseError(str(out), f"нет папки {str(out.parent)!r}", "Создайте её или выберите другую")
    draft = out.with_name(f".{out.name}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="ecitizen-backup-") as room:
            sums = _pack(folder, draft, Path(room))
        _keep_private(draft)
        draft.replace(out)
    except OSError as error:
        problem = f"копия не записывается ({error.strerror or error})"
        raise CourseError(str(out), problem, "Проверьте место на диске и права на папку") from error
    finally:
        draft.unlink(missing_ok=True)
    return len(sums)


def restore(file: Path, folder: Path, now: datetime | None = None) -> Path | None:
    """Put a copy in the place of a course folder; the folder that was there is moved aside and its new path given.

    Raises ``CourseError`` and changes nothing if the copy is torn or foreign, or if the course seems to be open.
    """
    if list(folder.glob("*-wal")):
        raise CourseError(
            str(folder), "курс, похоже, открыт (рядом с базой лежит её журнал)", "Закройте курс и повторите"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".ecitizen-restore-", dir=folder.parent) as room:
        fresh = Path(room) / "course"
        _unpack(file, fresh)
        aside = None
        if folder.exists():
            aside = folder.with_name(f"{folder.name}.{now or datetime.now():%Y%m%d-%H%M%S}")
            folder.rename(aside)
        fresh.rename(folder)
    return aside


def check(file: Path) -> int:
    """Check a copy in full without restoring it; gives the number of files."""
    with tempfile.TemporaryDirectory(prefix="ecitizen-check-") as room:
        return _unpack(file, Path(room) / "course")


def _pack(folder: Path, draft: Path, room: Path) -> dict[str, str]:
    sums: dict[str, str] = {}
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            copy = path
            if _is_database(path):
                copy = room / "database"
                _copy_database(path, copy)
            sums[name] = hashlib.sha256(copy.read_bytes()).hexdigest()
            archive.write(copy, name)
        about = {"format": FORMAT, "made": f"{datetime.now():%Y-%m-%dT%H:%M:%S}", "files": sums}
        archive.writestr(MANIFEST, json.dumps(about, ensure_ascii=False, indent=1))
    return sums


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not path.name.endswith(_SIDE_FILES):
            yield path


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _copy_database(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with (
        contextlib.closing(sqlite3.connect(source)) as here,
        contextlib.closing(sqlite3.connect(target)) as there,
    ):
        here.backup(there)
        # The copy is one file: it must not ask for a journal beside it.
        there.execute("PRAGMA journal_mode=DELETE")


def _unpack(file: Path, fresh: Path) -> int:
    try:
        with zipfile.ZipFile(file) as archive:
            sums = json.loads(archive.read(MANIFEST))["files"]
            for name, expected in sums.items():
                target = fresh / _safe(name)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as packed, target.open("wb") as file_out:
                    shutil.copyfileobj(packed, file_out)
                if hashlib.sha256(target.read_bytes()).hexdigest() != expected:
                    raise CourseError(_WHERE, f"файл {name!r} повреждён", "Возьмите другую копию")
                _keep_private(target)
    except FileNotFoundError as error:
        raise CourseError(str(file), "файла нет", "Проверьте имя файла и папку") from error
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise CourseError(str(file), "это не копия папки курса или она повреждена", "Возьмите другую копию") from error
    if not (fresh / "course.yaml").exists():
        raise CourseError(str(file), "в копии нет course.yaml", "Возьмите копию, сделанную командой backup")
    for path in _files(fresh):
        if _is_database(path):
            _check_database(path)
    return len(sums)


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
