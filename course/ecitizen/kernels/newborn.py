"""What a fresh fork does to become a kernel like any other: own session, environment, streams, seeds, and a watch."""

from __future__ import annotations

import gc
import importlib.util
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecitizen.kernels import wire

if TYPE_CHECKING:
    from ecitizen.kernels.frugal import FrugalLife

LAUNCHER = "ipykernel_launcher"
UNWATCHED = 1
"""No parent is polled: the parent of a kernel is the zygote, and it is the server that matters."""

LOW_PRIORITY = 10
"""Added to the niceness of a kernel that nobody waits for yet."""

_CAP_SYS_NICE = 1 << 23


@dataclass(frozen=True, slots=True)
class Newborn:
    """A forked process that is about to be a kernel; all it holds of its zygote are these descriptors."""

    status: socket.socket
    """Where its request waits, and where it tells how it fares."""

    server: int
    """A pidfd of the server, with which the kernel dies."""

    streams: Sequence[int]
    grown: Mapping[str, str]
    """Environment that the interpreter or the preloaded modules made themselves."""

    after_fork: Sequence[str]

    def live(self) -> None:
        """Be a kernel to its end; returns as ``ipykernel_launcher`` does."""
        os.setsid()
        _take_streams(self.streams)
        request = wire.learn(self.status)
        _take_environment(self.grown, request.environment)
        try:
            _take_place(request)
        except OSError as error:
            wire.tell(self.status, refused=f"{error.strerror}: {error.filename}")
            return
        _reseed()
        entitle(" ".join(["forked-kernel", *request.arguments]))
        if request.low_priority:
            lower_priority()
        own = os.pidfd_open(os.getpid())
        if not wire.tell(self.status, [own], born=os.getpid()):
            return
        os.close(own)
        gc.enable()
        life = None if self.after_fork else _frugal_life(request.arguments, self.server)
        if life is not None:
            self._tell_bound()
            life.live()
            # Where the server has gone, with the kernel's own children.
            end_with(self.server, 0)
            return
        threading.Thread(target=end_with, args=[self.server], name="server-watch", daemon=True).start()
        app = _initialized(request.arguments)
        for hook in (register_widgets, *map(_named, self.after_fork)):
            hook(app)
        self._tell_bound()
        app.start()

    def _tell_bound(self) -> None:
        wire.tell(self.status, bound=True)
        self.status.close()


def end_with(server: int, wait_ms: int | None = None) -> None:
    """Wait for the end of the server, then end the whole process group, the kernel's own children with it.

    Returns only if the server still lives after ``wait_ms``.
    """
    waiting = select.poll()
    waiting.register(server, select.POLLIN)
    while not waiting.poll(wait_ms):
        if wait_ms is not None:
            return
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def lower_priority() -> None:
    """Let everything else go first: nicer where that can be taken back, else as a batch job, which always can."""
    if _may_raise():
        os.nice(LOW_PRIORITY)
    else:
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def raise_priority(pid: int) -> None:
    """Give a process of low priority that of the server back, thread by thread; one that has gone needs none."""
    if not hasattr(os, "sched_setscheduler"):
        return
    ours = os.getpriority(os.PRIO_PROCESS, 0)
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]:
            os.sched_setscheduler(task, os.SCHED_OTHER, os.sched_param(0))
            if os.getpriority(os.PRIO_PROCESS, task) > ours:
                os.setpriority(os.PRIO_PROCESS, task, ours)


def _may_raise() -> bool:
    import resource  # not on Windows

    # Root and whoever has that limit; an ordinary user of a library PC can only ever get nicer.
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    effective = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff")), 0)
    return bool(effective & _CAP_SYS_NICE) or resource.getrlimit(resource.RLIMIT_NICE)[0] >= 20


def reset_signals() -> None:
    """Have, in a zygote and so in its forks, the signals that a process begins with."""
    signal.set_wakeup_fd(-1)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def _take_streams(streams: Sequence[int]) -> None:
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)


def _take_place(request: wire.Request) -> None:
    os.chdir(request.cwd)
    sys.argv[:] = [launcher(), *request.arguments]
    sys.orig_argv[:] = request.command


@cache
def launcher() -> str:
    """Give the file that an exec'd kernel runs; looked for in the zygote already, once for all."""
    found = importlib.util.find_spec(LAUNCHER)
    assert found is not None
    return str(found.origin)


def _take_environment(grown: Mapping[str, str], environment: Mapping[str, str]) -> None:
    wanted = {**grown, **environment}
    # Only what differs: each word that is written is memory of the fork's own.
    for name in [name for name in os.environ if name not in wanted]:
        del os.environ[name]
    os.environ.update({name: value for name, value in wanted.items() if os.environ.get(name) != value})
    time.tzset()
    # Asked for by a preloaded module, it would have been fixed by the zygote's TMPDIR.
    tempfile.tempdir = None


def _reseed() -> None:
    # Python reseeds its own ``random`` after a fork; numpy does not.
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def entitle(title: str) -> None:
    """Name the process in lists of processes, where the package ``setproctitle`` is installed."""
    setproctitle = _entitler()
    if setproctitle is not None:
        setproctitle(title)


@cache
def _entitler() -> Callable[[str], None] | None:
    # Looked for in the zygote already, once for all.
    try:
        found: Callable[[str], None] = importlib.import_module("setproctitle").setproctitle
    except ImportError:
        return None
    return found


def prepare(arguments: Sequence[str], cells: Sequence[str]) -> None:
    """Make, in a zygote, the application and the kernel of all its forks, as far as that goes."""
    from ecitizen.kernels.prepared import PreparedApp

    app = PreparedApp.instance(parent_handle=UNWATCHED)
    app.get_ready(arguments, cells)
    if app.kernel.rehearsed:
        register_widgets(app)


def _frugal_life(arguments: Sequence[str], server: int) -> FrugalLife | None:
    prepared = sys.modules.get("ecitizen.kernels.prepared")
    if prepared is None or not prepared.PreparedApp.initialized():
        return None
    life: FrugalLife | None = prepared.PreparedApp.instance().life(arguments, server)
    return life


def _initialized(arguments: Sequence[str]) -> Any:
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance(parent_handle=UNWATCHED)
    app.initialize(list(arguments))
    return app


def register_widgets(_app: Any) -> None:
    """Have the kernel know the comm targets of ipywidgets, at whose import in the zygote there was none."""
    ipywidgets = sys.modules.get("ipywidgets")
    if ipywidgets is not None:
        ipywidgets.register_comm_target()


def _named(place: str) -> Callable[[Any], None]:
    hook: Callable[[Any], None] = find(place)
    return hook


def find(place: str) -> Any:
    """Import what ``module:name`` says; ``module`` alone is imported and given."""
    module, _, name = place.partition(":")
    imported = importlib.import_module(module)
    return getattr(imported, name) if name else imported
