"""The server's side: the zygotes of this process, and the kernels they forked, each seen as ``subprocess.Popen`` is."""

from __future__ import annotations

import asyncio
import atexit
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import IO, Any

from ecitizen.kernels import wire

UNKNOWN_EXIT = 255
"""Exit status of a kernel that outlived its zygote: only a parent can learn the true one."""

MOST_ZYGOTES = 4
"""Of one server; one more retires the one that was asked longest ago."""

START_S = 60
"""How long a kernel may take to be born, its zygote's imports included."""

BIND_S = 10
"""How long a kernel may take from its birth to its open sockets; later than that it is given out as it is."""

END_S = 2
FULL_MAILBOX_S = 0.02

BORN_WITH = {"HOME", "LANG", "LANGUAGE", "PATH", "TZ", "GLIBC_TUNABLES"}
BORN_WITH_BEGINNINGS = ("PYTHON", "LC_", "LD_", "MALLOC_")
BORN_WITH_ENDINGS = ("_NUM_THREADS",)
"""Variables that an interpreter, the C library or a numeric library read once, when they start."""


class Refused(Exception):
    """A zygote can't be had, or will not fork; the text says why."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What kernels have to have in common to come from one zygote."""

    interpreter: tuple[str, ...]
    """The executable and its options."""

    settings: str
    """JSON of ``wire.Settings``."""

    environment: tuple[tuple[str, str], ...]


def start_environment(environment: Mapping[str, str], early: Collection[str] = ()) -> tuple[tuple[str, str], ...]:
    """Give the part of a kernel's environment that can't be applied after a fork; no token and no password is in it.

    ``early`` names what else is to be known before the fork.
    """
    return tuple(
        sorted(
            (name, value)
            for name, value in environment.items()
            if name in BORN_WITH
            or name in early
            or name.startswith(BORN_WITH_BEGINNINGS)
            or name.endswith(BORN_WITH_ENDINGS)
        )
    )


class ForkedProcess:
    """A forked kernel; speaks like ``subprocess.Popen``, as far as ``LocalProvisioner`` asks."""

    stdin: IO[bytes] | None = None
    stdout: IO[bytes] | None = None
    stderr: IO[bytes] | None = None

    def __init__(self, pid: int, watch: int, status: socket.socket) -> None:
        """Take the kernel's pid, a pidfd, and the socket over which the zygote tells its end."""
        self.pid = pid
        self.returncode: int | None = None
        self._watch = watch
        self._status = status
        self._ended_at: float | None = None

    def poll(self) -> int | None:
        """Give the exit status, negative for a signal, or None while the kernel lives."""
        while self.returncode is None:
            try:
                news = wire.hear(self._status)
            except BlockingIOError:
                return self._poll_unburied()
            if news is None:
                return self._poll_orphan()
            if "exit" in news[0]:
                self._end(int(news[0]["exit"]))
        return self.returncode

    def _poll_unburied(self) -> int | None:
        # It has ended, but its zygote says nothing: stopped, or starved.
        if _ready(self._watch):
            self._ended_at = self._ended_at or time.monotonic()
            if time.monotonic() - self._ended_at > END_S:
                self._end(UNKNOWN_EXIT)
        return self.returncode

    def _poll_orphan(self) -> int | None:
        # The zygote has gone: the kernel may live on, and only its pidfd tells.
        if _ready(self._watch):
            self._end(UNKNOWN_EXIT)
        return self.returncode

    def _end(self, returncode: int) -> None:
        self.returncode = returncode
        self._status.close()
        os.close(self._watch)

    def wait(self, timeout: float | None = None) -> int:
        """Block until the kernel has ended."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise subprocess.TimeoutExpired("forked kernel", timeout or 0)
            # The zygote's word comes right after the end; a gone zygote says none.
            select.select([self._watch], [], [], left)
            select.select([self._status], [], [], END_S if left is None else min(left, END_S))
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Signal the kernel, if it lives."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._watch, signum)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


class ZygoteProcess:
    """A running zygote, from outside."""

    def __init__(self, kind: Kind) -> None:
        """Start it; it imports while the first request waits in its mailbox."""
        control, theirs = wire.pair()
        control.setblocking(False)
        self._control = control
        self.last_asked = time.monotonic()
        with theirs, ExitStack() as failing:
            failing.callback(control.close)
            self.process = subprocess.Popen(  # noqa: S603 - the interpreter of a kernelspec
                [*kind.interpreter, "-m", "ecitizen.kernels.zygote", kind.settings, str(theirs.fileno()), _own_pid()],
                env=dict(kind.environment),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            failing.pop_all()

    def is_alive(self) -> bool:
        """Look whether it lives, and bury it if not."""
        return self.process.poll() is None

    async def ask(self, request: wire.Request, streams: Sequence[int]) -> ForkedProcess | None:
        """Have a kernel forked; None if the zygote is stale or has just died. ``Refused`` if it will not fork."""
        self.last_asked = time.monotonic()
        ours, theirs = wire.pair()
        ours.setblocking(False)
        try:
            with theirs:
                await self._order(ours, request, [theirs.fileno(), *streams])
            return await _birth(ours)
        except ConnectionError:
            ours.close()
            return None
        except BaseException:
            _abandon(ours)
            raise

    async def _order(self, ours: socket.socket, request: wire.Request, descriptors: Sequence[int]) -> None:
        until = time.monotonic() + START_S
        try:
            wire.brief(ours, request)
        except OSError as error:
            raise Refused(f"its environment can't be sent: {error.strerror}") from error
        while True:
            try:
                return wire.order(self._control, descriptors)
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Refused(f"the zygote takes no request for {START_S} s") from None
                await asyncio.sleep(FULL_MAILBOX_S)
            except ConnectionError:
                raise
            except OSError as error:
                raise Refused(f"the zygote takes no request: {error.strerror}") from error

    def retire(self) -> None:
        """Ask it for no kernel any more; it ends with its last one."""
        self._control.close()


async def _birth(status: socket.socket) -> ForkedProcess | None:
    news = await _next(status, START_S)
    if news is None or "stale" in news[0]:
        status.close()
        return None
    word, descriptors = news
    if "born" not in word:
        raise Refused(str(word.get("refused") or f"the kernel ended at once, with {word.get('exit')}"))
    process = ForkedProcess(int(word["born"]), descriptors[0], status)
    try:
        bound = await _next(status, BIND_S)
    except Refused:
        return process
    except BaseException:
        process.kill()
        raise
    if bound is not None and "exit" in bound[0]:
        process._end(int(bound[0]["exit"]))
    return process


def _abandon(status: socket.socket) -> None:
    """Give a kernel up that nobody waits for any more; it may have been born this very moment."""
    with suppress(OSError):
        status.shutdown(socket.SHUT_RDWR)
        while (news := wire.hear(status)) is not None:
            for watch in news[1]:
                signal.pidfd_send_signal(watch, signal.SIGKILL)
                os.close(watch)
    status.close()


async def _next(status: socket.socket, seconds: float) -> tuple[dict[str, Any], list[int]] | None:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        try:
            return wire.hear(status)
        except BlockingIOError:
            came = asyncio.Event()
            loop.add_reader(status, came.set)
            try:
                # ``wait_for`` of Python 3.11 may swallow a cancellation that comes with the word.
                async with asyncio.timeout(until - loop.time()):
                    await came.wait()
            except TimeoutError:
                raise Refused(f"no word for {seconds} s") from None
            finally:
                loop.remove_reader(status)


class Zygotes:
    """All zygotes of this process, by kind; safe to ask from any thread."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._living: dict[Kind, ZygoteProcess] = {}
        self._retired: list[ZygoteProcess] = []
        self._owner = os.getpid()

    async def fork(self, kind: Kind, request: wire.Request, streams: Sequence[int]) -> ForkedProcess:
        """Have a kernel forked by the zygote of its kind; started, or started anew, if need be."""
        for _ in range(2):
            zygote = self._of(kind)
            process = await zygote.ask(request, streams)
            if process is not None:
                return process
            self._retire(kind, zygote)
        raise Refused("the zygote ends as soon as it starts")

    def _of(self, kind: Kind) -> ZygoteProcess:
        with self._lock:
            self._disown()
            # Asked after their end, they are buried.
            self._retired = [one for one in self._retired if one.is_alive()]
            zygote = self._living.get(kind)
            if zygote is None or not zygote.is_alive():
                if zygote is not None:
                    zygote.retire()
                try:
                    zygote = self._living[kind] = ZygoteProcess(kind)
                except OSError as error:
                    raise Refused(f"the zygote does not start: {error.strerror}") from error
            too_many = sorted(self._living, key=lambda kind: self._living[kind].last_asked)[:-MOST_ZYGOTES]
        for other in too_many:
            self._retire(other, self._living[other])
        return zygote

    def _disown(self) -> None:
        # A forked copy of the server has the objects, but the zygotes are not its own.
        if self._owner != os.getpid():
            self._living, self._retired, self._owner = {}, [], os.getpid()

    def _retire(self, kind: Kind, zygote: ZygoteProcess) -> None:
        with self._lock:
            if self._living.get(kind) is zygote:
                del self._living[kind]
                zygote.retire()
                self._retired.append(zygote)

    def pids(self) -> list[int]:
        """Name the zygotes that live."""
        with self._lock:
            everyone = [*self._living.values(), *self._retired]
        return [zygote.process.pid for zygote in everyone if zygote.is_alive()]

    def close(self) -> None:
        """Retire all, and wait a moment for those that have no kernel left."""
        with self._lock:
            self._disown()
            everyone = [*self._living.values(), *self._retired]
            for zygote in self._living.values():
                zygote.retire()
            self._living, self._retired = {}, everyone
        for zygote in everyone:
            try:
                zygote.process.wait(END_S)
            except subprocess.TimeoutExpired:
                continue


ZYGOTES = Zygotes()
"""Those of this process."""

atexit.register(ZYGOTES.close)


def supported() -> str | None:
    """Say why this system can have no zygote; None means that it can."""
    if not hasattr(os, "pidfd_open") or not hasattr(os, "fork"):
        return "no pidfd on this system"
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError as error:
        return f"no pidfd on this system: {error.strerror}"
    return None


def _ready(descriptor: int) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))


def _own_pid() -> str:
    return str(os.getpid())
