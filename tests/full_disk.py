"""A disk that takes nothing more, without mounting one: a limit of the system on how far a file may be written."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator


@contextlib.contextmanager
def full_disk(pid: int = 0, room: int = 0) -> Iterator[None]:
    """Let a process write no file beyond so many bytes (``RLIMIT_FSIZE``); the error is EFBIG in place of ENOSPC."""
    who = pid or os.getpid()
    soft, most = resource.prlimit(who, resource.RLIMIT_FSIZE)
    resource.prlimit(who, resource.RLIMIT_FSIZE, (room, most))
    try:
        yield
    finally:
        resource.prlimit(who, resource.RLIMIT_FSIZE, (soft, most))
