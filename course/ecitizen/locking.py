"""One server a course folder: a lock that the system takes away from whoever dies, however that happens."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ecitizen.errors import CourseError, FolderError
from ecitizen.storage import SAID, fault_of

LOCK = "server.lock"
_AT_BYTE = 1 << 20
"""Far behind the text, which must stay readable where a lock is binding (Windows)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who serves a folder, or did when it was cut off."""

    pid: int = 0
    url: str = ""
    runtime: str = ""
    """Private folder that goes with the server, and stays if that is killed."""


class Lock:
    """A lock that is held."""

    def __init__(self, file: IO[bytes], before: Holder | None) -> None:
        """Keep the file open: with it goes the lock."""
        self._file = file
        self._found = file.read()
        self.before = before
        """Who held the lock before and did not give it back; None if the last one ended well."""

    def say(self, url: str = "", runtime: str = "") -> None:
        """Note who serves, for whom comes second."""
        holder = {"pid": os.getpid(), "url": url, "runtime": runtime}
        self._write(json.dumps(holder).encode())

    def clear(self) -> None:
        """Note that the server ends well."""
        self._write(b"")

    def give_back(self) -> None:
        """Note what stood there before: nothing was served, so whoever comes next finds what this one found."""
        with contextlib.suppress(OSError):
            self._write(self._found)

    def _write(self, text: bytes) -> None:
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[Lock]:
    """Be the only server of a course folder for the length of a ``with``; raises ``FolderError`` if there is one.

    A folder that takes nothing is a ``FolderError`` too. A ``CourseError`` inside means that nothing was served.
    """
    path = folder / LOCK
    try:
        # Unbuffered: what a full disk refused would be tried again, and fail again, at closing.
        file = path.open("r+b" if path.exists() else "w+b", buffering=0)
    except OSError as error:
        raise _unwritable(folder, error) from error
    with file:
        if not _taken(file):
            holder = read(folder)
            where = f" по адресу {holder.url}" if holder and holder.url else ""
            who = f" (процесс {holder.pid})" if holder and holder.pid else ""
            raise FolderError(
                str(folder), f"этот курс уже открыт{where}{who}", "Откройте этот адрес или сначала остановите тот курс"
            )
        lock = Lock(file, read(folder))
        try:
            lock.say()
        except OSError as error:
            lock.give_back()
            raise _unwritable(folder, error) from error
        try:
            yield lock
        except CourseError:
            lock.give_back()
            raise
        lock.clear()


def _unwritable(folder: Path, error: OSError) -> FolderError:
    return FolderError(str(folder), *SAID[fault_of(error) or "broken"])


def is_held(folder: Path) -> bool:
    """Say whether a server has the folder open."""
    path = folder / LOCK
    if not path.exists():
        return False
    with path.open("rb") as file:
        return not _taken(file)


def read(folder: Path) -> Holder | None:
    """Give who noted himself last and did not end well."""
    try:
        known: Any = json.loads((folder / LOCK).read_bytes())
        return Holder(int(known["pid"]), str(known["url"]), str(known["runtime"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _taken(file: IO[bytes]) -> bool:
        file.seek(_AT_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _taken(file: IO[bytes]) -> bool:
        try:
            # Not lockf: reading the text would give such a lock away.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
