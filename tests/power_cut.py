"""A disk that loses what was not synced: SQLite's own writes are recorded below it, and any moment can be the last.

A VFS of SQLite is registered that does what the system's one does, and notes each write, truncation, sync and removal.
From that record the files are made anew as a power cut could have left them: what was synced is there; of the writes
since then any may be missing, and any may be torn between two sectors (SQLite asks for no more of a disk than that a
sync is a sync and that a torn write spares its neighbours, https://www.sqlite.org/atomiccommit.html, section 2).
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p, cast
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from random import Random

SECTOR = 512
_OK, _CREATE = 0, 0x4
_SHARED_MEMORY = "-shm"

_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)
# Names go through as addresses: the system's VFS keeps the address, and the bytes of Python would be gone by then.
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)
_Delete = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)


class _Methods(Structure):
    """``sqlite3_io_methods``; its 18 functions stand in the order of sqlite3.h."""

    _fields_ = [
        ("version", c_int),
        ("x_close", c_void_p),
        ("x_read", c_void_p),
        ("x_write", _Write),
        ("x_truncate", _Truncate),
        ("x_sync", _Sync),
        ("others", c_void_p * 13),
    ]


class _Vfs(Structure):
    """``sqlite3_vfs``, version 3."""

    _fields_ = [
        ("version", c_int),
        ("file_size", c_int),
        ("longest_path", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("x_open", _Open),
        ("x_delete", _Delete),
        ("others", c_void_p * 14),
    ]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that reached the disk, or a word of the program about what it believes to be on it."""

    do: str
    """``create``, ``write``, ``truncate``, ``sync``, ``delete``, or ``said``."""

    file: str = ""
    at: int = 0
    data: bytes = b""


@dataclass
class _File:
    synced: bytearray | None
    """None: not in its folder for certain."""

    before: bytes | None = None
    """What stood under this name before, as long as it may come back."""

    pending: list[Step] = field(default_factory=list)


class Recorder:
    """Notes what SQLite does to the files of this process."""

    def __init__(self, library: ctypes.CDLL) -> None:
        library.sqlite3_vfs_find.restype = POINTER(_Vfs)
        self._library, self._system = library, library.sqlite3_vfs_find(None)
        self.steps: list[Step] = []
        self._names: dict[int, str] = {}
        self._methods: dict[int, _Methods] = {}
        self._own = _Vfs.from_buffer_copy(self._system.contents)
        self._own.name, self._own.next = b"recorded", None
        self._own.x_open, self._own.x_delete = _Open(self._open), _Delete(self._delete)

    def say(self, word: str) -> None:
        """Note that the program was told that something is on the disk."""
        self.steps.append(Step("said", data=word.encode()))

    def register(self) -> None:
        self._library.sqlite3_vfs_register(ctypes.byref(self._own), 1)

    def unregister(self) -> None:
        self._library.sqlite3_vfs_unregister(ctypes.byref(self._own))

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, given: int | None) -> int:
        fresh = name is not None and not _path(name).exists()
        code: int = self._system.contents.x_open(ctypes.addressof(self._system.contents), name, file, flags, given)
        if code == _OK and name is not None:
            self._names[file] = _path(name).name
            if fresh and flags & _CREATE:
                self.steps.append(Step("create", self._names[file]))
            # The first field of a file names its functions; ours stand in for three of them.
            functions = cast(file, POINTER(c_void_p))
            functions[0] = ctypes.addressof(self._stand_in(int(functions[0] or 0)))
        return code

    def _stand_in(self, address: int) -> _Methods:
        if address not in self._methods:
            system = _Methods.from_address(address)
            own = _Methods.from_buffer_copy(system)

            def write(file: int, data: int, size: int, at: int) -> int:
                self.steps.append(Step("write", self._names[file], at, ctypes.string_at(data, size)))
                return int(system.x_write(file, data, size, at))

            def truncate(file: int, size: int) -> int:
                self.steps.append(Step("truncate", self._names[file], size))
                return int(system.x_truncate(file, size))

            def sync(file: int, flags: int) -> int:
                code = int(system.x_sync(file, flags))
                self.steps.append(Step("sync", self._names[file]))
                return code

            own.x_write, own.x_truncate, own.x_sync = _Write(write), _Truncate(truncate), _Sync(sync)
            self._methods[address] = own
        return self._methods[address]

    def _delete(self, _vfs: int, name: int, sync_folder: int) -> int:
        code = int(self._system.contents.x_delete(ctypes.addressof(self._system.contents), name, sync_folder))
        if code == _OK:
            self.steps.append(Step("delete", _path(name).name, int(bool(sync_folder))))
        return code


def _path(name: int) -> Path:
    return Path(ctypes.string_at(name).decode())


def can_record() -> bool:
    """Say whether Python's own SQLite can be reached; one that was linked in without its names can't."""
    return hasattr(ctypes.CDLL(_sqlite3.__file__), "sqlite3_vfs_find")


@contextmanager
def recording() -> Iterator[Recorder]:
    """Record what this process does to databases that it opens from now on."""
    recorder = Recorder(ctypes.CDLL(_sqlite3.__file__))
    recorder.register()
    try:
        yield recorder
    finally:
        recorder.unregister()


class Disk:
    """The files as they would be found if the power went now; steps are taken in order."""

    def __init__(self, folder: Path) -> None:
        """Begin with the files of a folder, all of them synced."""
        self._files = {path.name: _File(bytearray(path.read_bytes())) for path in folder.iterdir()}
        self.said: list[str] = []

    def take(self, step: Step) -> None:
        """Go on by one step."""
        file = self._files.get(step.file)
        if step.do == "said":
            self.said.append(step.data.decode())
        elif step.do == "create":
            before = None if file is None else (file.before if file.synced is None else bytes(file.synced))
            self._files[step.file] = _File(None, before)
        elif step.file.endswith(_SHARED_MEMORY) or file is None:
            return
        elif step.do == "delete":
            # Without a sync of its folder a file may stand there again.
            before = bytes(file.synced) if file.synced is not None and not step.at else None
            self._files[step.file] = _File(None, before, [])
        elif step.do == "sync":
            file.synced = _applied(file.synced or bytearray(), file.pending)
            file.before, file.pending = None, []
        else:
            file.pending.append(step)

    def cut(self, chance: Random, folder: Path) -> None:
        """Write the files into an empty folder as the power cut leaves them."""
        for name, file in self._files.items():
            kept = [torn for step in file.pending for torn in _torn(step, chance)]
            if file.synced is not None:
                (folder / name).write_bytes(_applied(bytearray(file.synced), kept))
            elif kept and chance.random() < 0.5:
                (folder / name).write_bytes(_applied(bytearray(), kept))
            elif file.before is not None and chance.random() < 0.5:
                (folder / name).write_bytes(file.before)


def _applied(data: bytearray, steps: list[Step]) -> bytearray:
    for step in steps:
        if step.do == "truncate":
            del data[step.at :]
            data.extend(bytes(step.at - len(data)))
        else:
            data.extend(bytes(max(0, step.at - len(data))))
            data[step.at : step.at + len(step.data)] = step.data
    return data


def _torn(step: Step, chance: Random) -> list[Step]:
    """Give what a cut leaves of one write: all, nothing, or some of its sectors."""
    fate = chance.random()
    if fate < 0.4:
        return [step]
    if fate < 0.8 or step.do == "truncate":
        return []
    edges = [0, *range(SECTOR - step.at % SECTOR, len(step.data), SECTOR), len(step.data)]
    parts = pairwise(edges)
    return [Step("write", step.file, step.at + a, step.data[a:b]) for a, b in parts if chance.random() < 0.5]
