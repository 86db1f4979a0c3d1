"""The provisioner ``ecitizen-forked``: a stock ``LocalProvisioner`` whose kernels are forked where that can be."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Bool, List, Unicode

from ecitizen.kernels import newborn, wire, zygotes
from ecitizen.kernels.zygotes import ZYGOTES, ForkedProcess, Kind, Refused

MODULES = ([newborn.LAUNCHER], ["ipykernel"])
_CONNECTION = "-f"
_OPTIONS_WITH_WORD = ("-X", "-W")
_UNDERSTOOD = {"env", "cwd", "stdin", "stdout", "stderr", "extra_arguments", "kernel_id", "independent"}

_TOLD: set[str] = set()
"""Reasons that have stood in the log of this process."""


class ForkedProvisioner(LocalProvisioner):  # type: ignore[misc] # jupyter_client carries no types for us
    """Forks a kernel, or starts it as usual and says why in one line of the log."""

    preload: list[str] = List(Unicode(), help="Modules to import before the fork; module:function is called.").tag(
        config=True
    )
    absent: list[str] = List(Unicode(), help="Modules no kernel may import, such as debugpy.").tag(config=True)
    watch: list[str] = List(Unicode(), help="Files and folders whose change makes a new zygote.").tag(config=True)
    after_fork: list[str] = List(Unicode(), help="module:function called with the kernel's application.").tag(
        config=True
    )

    early: list[str] = List(Unicode(), help="Variables that modules or cells read before the fork.").tag(config=True)
    prepare: bool = Bool(False, help="Make kernels before the fork: no IPython profile, no history.").tag(config=True)

    async def launch_kernel(
        self, cmd: list[str], *, low_priority: bool = False, cells: Sequence[str] = (), **kwargs: Any
    ) -> Any:
        """Fork the kernel; ``low_priority`` lets everything else go first until ``newborn.raise_priority``.

        With ``prepare`` the ``cells`` that it will be told to run first are run before the fork, where they allow it.
        """
        try:
            self.process = await self._fork(cmd, low_priority, cells, kwargs)
        except Refused as reason:
            self.log.log(_loudness(str(reason)), "Kernel %s is started, not forked: %s", self.kernel_id, reason)
            return await self._start(cmd, low_priority, kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def _start(self, cmd: list[str], low_priority: bool, kwargs: dict[str, Any]) -> Any:
        info = await super().launch_kernel(cmd, **kwargs)
        if low_priority and hasattr(os, "sched_setscheduler"):
            os.sched_setscheduler(self.pid, os.SCHED_BATCH, os.sched_param(0))
        return info

    async def _fork(
        self, cmd: list[str], low_priority: bool, cells: Sequence[str], kwargs: dict[str, Any]
    ) -> ForkedProcess:
        against = zygotes.supported()
        foreign = sorted(name for name in kwargs.keys() - _UNDERSTOOD if kwargs[name] is not None)
        if against or foreign or kwargs.get("independent"):
            raise Refused(against or f"a fork knows nothing of {', '.join(foreign) or 'independent'}")
        interpreter, arguments = taken_apart(cmd)
        environment = dict(kwargs.get("env") or os.environ) | {"JPY_PARENT_PID": str(os.getpid())}
        settings = wire.Settings(
            preload=self.preload,
            absent=self.absent,
            watch=self.watch,
            after_fork=self.after_fork,
            prepared=unconnected(arguments) if self.prepare else None,
            cells=list(cells) if self.prepare else [],
        )
        kind = Kind(interpreter, wire.encode(settings), zygotes.start_environment(environment, self.early))
        request = wire.Request(
            command=[os.path.expanduser(word) for word in cmd],  # noqa: PTH111 - as jupyter_client's launcher does
            arguments=[os.path.expanduser(word) for word in arguments],  # noqa: PTH111
            environment=environment,
            cwd=str(kwargs.get("cwd") or Path.cwd()),
            low_priority=low_priority,
        )
        with ExitStack() as opened:
            ends, streams = _streams(kwargs, opened)
            process = await ZYGOTES.fork(kind, request, streams)
            for name, end in ends.items():
                setattr(process, name, os.fdopen(os.dup(end), "wb" if name == "stdin" else "rb"))
        return process


def _loudness(reason: str) -> int:
    """Give the level of the log line: a server that is told to be quiet still has to say each reason once."""
    if reason in _TOLD:
        return logging.WARNING
    _TOLD.add(reason)
    return logging.ERROR


def taken_apart(cmd: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Split a kernel's command into the interpreter with its options, and the arguments of the kernel."""
    at = cmd.index("-m") if "-m" in cmd else 0
    options = [word for before, word in pairwise(cmd[:at]) if before not in _OPTIONS_WITH_WORD]
    if not at or cmd[at + 1 : at + 2] not in MODULES or not all(word.startswith("-") for word in options):
        raise Refused(f"its command is not that of ipykernel: {cmd}")
    return (os.path.expanduser(cmd[0]), *cmd[1:at]), cmd[at + 2 :]  # noqa: PTH111


def unconnected(arguments: list[str]) -> list[str]:
    """Take the connection file out of a kernel's arguments."""
    if _CONNECTION not in arguments:
        raise Refused(f"no {_CONNECTION} among its arguments: {arguments}")
    at = arguments.index(_CONNECTION)
    return arguments[:at] + arguments[at + 2 :]


def _streams(asked: Mapping[str, Any], opened: ExitStack) -> tuple[dict[str, int], list[int]]:
    """Give the server's ends of the pipes asked for, and the kernel's three streams, as ``subprocess`` would."""
    ends: dict[str, int] = {}
    streams: list[int] = []

    def own(descriptor: int) -> int:
        opened.callback(os.close, descriptor)
        return descriptor

    for number, name in enumerate(("stdin", "stdout", "stderr")):
        wanted = asked.get(name)
        if wanted == subprocess.PIPE:
            reading, writing = map(own, os.pipe())
            ends[name] = writing if name == "stdin" else reading
            streams.append(reading if name == "stdin" else writing)
        elif wanted == subprocess.STDOUT:
            streams.append(streams[1])
        elif wanted is None and name == "stdin":
            reading, writing = map(own, os.pipe())
            # At its end from the beginning, as jupyter_client's launcher has it.
            streams.append(reading)
        elif wanted == subprocess.DEVNULL or (wanted is None and not _is_open(number)):
            streams.append(own(wire.null()))
        else:
            streams.append(number if wanted is None else wanted if isinstance(wanted, int) else wanted.fileno())
    return ends, streams


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True
