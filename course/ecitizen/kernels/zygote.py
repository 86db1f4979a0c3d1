"""The process that kernels are forked from: it imports, then it waits, forks and buries.

Run by the server as ``python -m ecitizen.kernels.zygote SETTINGS CONTROL SERVER``: a JSON document, the descriptor of
a socket, the pid of the server. It has one thread, no event loop and no zmq context, and it ends with the server, or
once the server has closed the control socket and the last kernel has ended.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ecitizen.kernels import forkable, newborn, wire

KERNEL_MODULES = [
    "faulthandler", "pdb", "sqlite3", "encodings.idna", "tornado.platform.asyncio", "zmq.utils.garbage",
    "ipykernel.debugger", "ipykernel.ipkernel", "ipykernel.kernelapp", "ipykernel.zmqshell",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.oinspect", "IPython.extensions.storemagic",
]  # fmt: skip
"""What every kernel imports until it answers its first request; a test looks whether anything is missing."""

_DEBUGGER_QUIET = "PYDEVD_DISABLE_FILE_VALIDATION"


@dataclass(frozen=True, slots=True)
class Kernel:
    """A living kernel, as its zygote knows it."""

    pid: int
    status: socket.socket


class Zygote:
    """Forks a kernel a request."""

    def __init__(self, settings: wire.Settings, control: socket.socket, server: int) -> None:
        """Import everything; ``server`` is a pidfd."""
        self._settings = settings
        self._control: socket.socket | None = control
        self._server = server
        self._kernels: dict[int, Kernel] = {}
        born_with = dict(os.environ)
        self._against = _preload(settings)
        self._grown = {name: value for name, value in os.environ.items() if born_with.get(name) != value}
        self._stamps = Stamps([*_module_files(), *settings.watch, *self._against.files])
        newborn.reset_signals()
        newborn.launcher()
        gc.collect()
        # What is frozen is never looked at again, so that its pages stay shared.
        gc.freeze()

    def serve(self) -> newborn.Newborn | None:
        """Fork until the server has gone; gives a ``Newborn`` in each fork and None in the zygote itself."""
        waiting = select.poll()
        waiting.register(self._server, select.POLLIN)
        waiting.register(self._control or -1, select.POLLIN)
        while self._control or self._kernels:
            for descriptor, _ in waiting.poll():
                if descriptor == self._server:
                    self._end_all()
                    return None
                if descriptor in self._kernels:
                    waiting.unregister(descriptor)
                    self._bury(descriptor)
                elif self._control is not None:
                    fork = self._answer(waiting)
                    if fork is not None:
                        return fork
        return None

    def _answer(self, waiting: select.poll) -> newborn.Newborn | None:
        assert self._control is not None
        ordered = wire.next_order(self._control)
        if ordered is None:
            waiting.unregister(self._control)
            self._control.close()
            self._control = None
            return None
        status_fd, *streams = ordered
        fork = self._fork(socket.socket(fileno=status_fd), streams, waiting)
        if fork is None:
            for stream in streams:
                os.close(stream)
        return fork

    def _fork(self, status: socket.socket, streams: list[int], waiting: select.poll) -> newborn.Newborn | None:
        changed = self._stamps.changed()
        against = self._against.reasons or forkable.threads()
        if changed or against:
            news = {"stale": changed} if changed else {"refused": ", ".join(against)}
            wire.tell(status, (), **news)
            status.close()
            return None
        try:
            pid = os.fork()
        except OSError as error:
            wire.tell(status, refused=f"fork: {error.strerror}")
            status.close()
            return None
        if pid == 0:
            self._let_go()
            return newborn.Newborn(status, self._server, streams, self._grown, self._settings.after_fork)
        watch = os.pidfd_open(pid)
        self._kernels[watch] = Kernel(pid, status)
        waiting.register(watch, select.POLLIN)
        return None

    def _let_go(self) -> None:
        """Close, in a fork, what belongs to the zygote and to the siblings: an end must be seen as an end."""
        assert self._control is not None
        self._control.close()
        for watch, kernel in self._kernels.items():
            os.close(watch)
            kernel.status.close()
        self._kernels.clear()

    def _bury(self, watch: int) -> None:
        kernel = self._kernels.pop(watch)
        _, status = os.waitpid(kernel.pid, 0)
        os.close(watch)
        wire.tell(kernel.status, exit=os.waitstatus_to_exitcode(status))
        kernel.status.close()

    def _end_all(self) -> None:
        for kernel in self._kernels.values():
            for end in (os.killpg, os.kill):
                try:
                    end(kernel.pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue


@dataclass(frozen=True, slots=True)
class Against:
    """What forbids any fork of this zygote, and the files where that could be put right."""

    reasons: list[str]
    files: list[str]


def _preload(settings: wire.Settings) -> Against:
    for module in settings.absent:
        sys.modules[module] = None  # type: ignore[assignment]
    quiet = os.environ.get(_DEBUGGER_QUIET)
    gc.disable()
    for place in [*KERNEL_MODULES, *settings.preload]:
        # The debugger would warn about frozen modules, on the screen of the server and not in a notebook.
        os.environ[_DEBUGGER_QUIET] = "1" if place == "ipykernel.debugger" else quiet or ""
        try:
            found = newborn.find(place)
            if ":" in place:
                found()
        except Exception as error:
            # Whatever a stranger's module raises, the server is to read it.
            files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
            files += [error.filename] if isinstance(error, SyntaxError) and error.filename else []
            return Against([f"{place}: {type(error).__name__}: {error}"], files)
        finally:
            _restore(_DEBUGGER_QUIET, quiet)
    if settings.prepared is not None:
        try:
            newborn.prepare(settings.prepared, settings.cells)
        except Exception as error:
            # A kernel class of somebody else's, another ipykernel: such kernels are started.
            return Against([f"prepare: {type(error).__name__}: {error}"], [])
    return Against(forkable.obstacles(), [])


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def _module_files() -> Iterable[str]:
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if isinstance(path, str):
            yield path


class Stamps:
    """Files and their age, kept in two blocks: what a zygote touches between two forks, they share no more."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Remember these files, and those inside of these folders."""
        found = sorted({one for path in paths for one in _within(path) if "__pycache__" not in one})
        self._paths = "\0".join(found)
        self._seen = array("q", chain.from_iterable(map(_stamp, found)))

    def changed(self) -> str | None:
        """Name the first file that is not what it was."""
        begin = 0
        for number in range(0, len(self._seen), 2):
            end = self._paths.find("\0", begin)
            path = self._paths[begin : None if end < 0 else end]
            if _stamp(path) != (self._seen[number], self._seen[number + 1]):
                return path
            begin = end + 1
        return None


def _within(path: str) -> Iterator[str]:
    yield path
    if Path(path).is_dir():
        yield from map(str, Path(path).rglob("*"))


def _stamp(path: str) -> tuple[int, int]:
    try:
        found = os.stat(path)  # noqa: PTH116 - some thousand files before each fork
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def main(settings: str, control: str, server: str) -> None:
    """Be a zygote, and in each fork a kernel."""
    os.set_inheritable(int(control), False)
    watch = os.pidfd_open(int(server))
    if os.getppid() != int(server):
        return
    if sys.path and (not sys.path[0] or Path(sys.path[0]) == Path.cwd()):
        # As ``ipykernel_launcher`` does: the kernel puts its own working directory there.
        del sys.path[0]
    newborn.entitle(f"kernel-zygote of {server}")
    fork = Zygote(wire.Settings(**json.loads(settings)), socket.socket(fileno=int(control)), watch).serve()
    if fork is not None:
        fork.live()


if __name__ == "__main__":
    main(*sys.argv[1:])
