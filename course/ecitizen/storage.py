"""Whether the disk under a course folder takes what is written, and how much room is left.

A fault has one word: ``full`` (no room, quota, limit), ``readonly`` (no right, or a disk that only reads) or ``broken``
(the disk answers with an error).
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from sqlalchemy.exc import DBAPIError

Fault = Literal["full", "readonly", "broken"]

FLOOR_MB = 300
"""Less room than this is said to the instructor: a day of a class of thirty takes under 10 MB, a copy as much again."""

PROBE_BYTES = 64 * 1024
PROBE_EVERY_S = 1.0

SAID: Mapping[Fault, tuple[str, str]] = {
    "full": ("на диске нет места", "Освободите место: очистите корзину, уберите старые копии на другой диск"),
    "readonly": ("запись запрещена", "Проверьте права на папку и не подключён ли диск только для чтения"),
    "broken": ("диск отвечает ошибкой", "Скопируйте курс на другой диск и позовите того, кто следит за компьютером"),
}
"""What is wrong and what to do, without a full stop."""

_BY_NUMBER: dict[int, Fault] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EROFS: "readonly",
    errno.EACCES: "readonly",
    errno.EPERM: "readonly",
    errno.EIO: "broken",
}
_BY_CODE: dict[int, Fault] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_CANTOPEN: "readonly",
    sqlite3.SQLITE_IOERR: "broken",
}
"""As SQLite has it (https://www.sqlite.org/rescode.html); a full disk may come as an I/O error as well."""

_PRIMARY = 0xFF
"""The part of an extended result code that is the primary one."""


def fault_of(error: BaseException | None) -> Fault | None:
    """Name what the disk did, if that is why something failed; looks at the causes of an error too."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _BY_NUMBER:
            return _BY_NUMBER[error.errno]
        known = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(known, sqlite3.Error):
            return _BY_CODE.get(getattr(known, "sqlite_errorcode", 0) & _PRIMARY)
        error = error.__cause__
    return None


def free_mb(folder: Path) -> int:
    """Give the room on the disk of a folder, in MB."""
    return shutil.disk_usage(folder).free // (1024 * 1024)


def probe(folder: Path) -> Fault | None:
    """Write a little into a folder, and take it away again."""
    handle, name = -1, ""
    try:
        handle, name = tempfile.mkstemp(prefix=".probe-", dir=folder)
        if os.write(handle, bytes(PROBE_BYTES)) < PROBE_BYTES:
            return "full"
        os.fsync(handle)
    except OSError as error:
        return fault_of(error) or "broken"
    finally:
        if handle >= 0:
            os.close(handle)
            with contextlib.suppress(OSError):
                Path(name).unlink()
    return None


class Storage:
    """Knows whether the disk takes writes; costs nothing as long as all is well."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Watch over a course folder."""
        self._folder, self._clock = folder, clock
        self._fault: Fault | None = None
        self._asked_s = 0.0

    @property
    def failed(self) -> bool:
        """Say whether the last known write failed."""
        return self._fault is not None

    def note(self, error: BaseException) -> Fault | None:
        """Take notice of a failed write; gives the fault, None if it was not the disk's."""
        fault = fault_of(error)
        if fault is not None:
            self._fault, self._asked_s = fault, self._clock()
        return fault

    def fault(self) -> Fault | None:
        """Give the fault that still is; a disk that failed is tried again from time to time. Slow: up to a write."""
        if self._fault is not None and self._clock() - self._asked_s >= PROBE_EVERY_S:
            self._asked_s = self._clock()
            self._fault = probe(self._folder)
        return self._fault
