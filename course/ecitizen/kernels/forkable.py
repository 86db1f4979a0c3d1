"""What stands against forking a process: things that belong to one process and break in silence when two have them."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import stat
import threading
from contextlib import suppress
from pathlib import Path

import zmq

_SQLITE = b"SQLite format 3\0"


def obstacles() -> list[str]:
    """Name everything that forbids a fork now, in words for a log; an empty list allows it.

    Looks at every object, about 50 ms; ``threads`` alone is cheap.
    """
    things = gc.get_objects()
    contexts = [thing for thing in things if isinstance(thing, zmq.Context) and not thing.closed]
    loops = [thing for thing in things if isinstance(thing, asyncio.BaseEventLoop) and not thing.is_closed()]
    databases = [thing for thing in things if isinstance(thing, sqlite3.Connection) and _is_open(thing)]
    found = threads()
    found += [f"{len(contexts)} zmq context"] * bool(contexts)
    found += [f"{len(loops)} event loop ({'running' if _runs(loops) else 'open'})"] * bool(loops)
    found += [f"{len(databases)} SQLite connection"] * bool(databases)
    found += [f"SQLite file {path}" for path in _database_files()]
    return found


def threads() -> list[str]:
    """Name the threads beside the main one, those of foreign libraries too."""
    own = {thread.native_id: thread.name for thread in threading.enumerate()}
    others = [int(task.name) for task in Path("/proc/self/task").iterdir() if int(task.name) != os.getpid()]
    return [f"thread {own.get(task) or _command(task)!r}" for task in others]


def _command(task: int) -> str:
    try:
        return Path(f"/proc/self/task/{task}/comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return str(task)


def _runs(loops: list[asyncio.BaseEventLoop]) -> bool:
    return any(loop.is_running() for loop in loops)


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        _ = connection.total_changes
    except sqlite3.ProgrammingError as error:
        # The connection of another thread is open, as far as anyone here can know.
        return "thread" in str(error)
    return True


def _database_files() -> list[str]:
    # Whatever library opened them: the file says what it is.
    found = []
    for link in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            number = int(link.name)
            if stat.S_ISREG(os.fstat(number).st_mode) and os.pread(number, len(_SQLITE), 0) == _SQLITE:
                found.append(str(link.readlink()))
    return found
