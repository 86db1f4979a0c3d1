"""Which session holds which kernel, and with which one-kernel token that kernel writes to the journal.

A kernel is started without either, and told both when it gets a learner; see ``standby``.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.session import DELIM
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager, ServerKernelManager

from ecitizen import content
from ecitizen.web.visitor import Visitor

ALLOWED_MESSAGES = ["comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"]
"""What a page may say to its kernel. No ``execute_request``: learners' code is never run."""

IDLE_TALK = ["comm_info_request", "kernel_info_request"]
"""What a page asks by itself; a kernel that answers such a question has done nothing for anybody."""

KERNEL_CLASS = "--IPKernelApp.kernel_class=ecitizen.kernels.bindable.BindableKernel"
PRELOAD = ["ecitizen.widgets", "ecitizen.kernels.bindable"]
ABSENT = ["debugpy"]
"""Nobody debugs a lesson, and nobody must be able to."""

FRUGAL = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "MALLOC_TRIM_THRESHOLD_": "65536",
    "PYTHONNODEBUGRANGES": "1",
}
"""The C library gives memory back at once, and code is kept without columns for tracebacks: 2 MB less a kernel."""

MOST_OF_A_SESSION = 3
"""A page or two, and one that is just being reloaded."""

_INHERITED = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH",
    "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
    "JUPYTER_PATH", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_PLATFORM_DIRS", "IPYTHONDIR",
    "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
    "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE",
}  # fmt: skip
_INHERITED_BEGINNINGS = ("PYTHON", "LC_")


def kernel_environment(server: Mapping[str, str]) -> dict[str, str]:
    """Give a kernel what Python needs to run, no secret of the server, and nothing about a learner."""
    return {
        name: value
        for name, value in server.items()
        if name.upper() in _INHERITED or name.upper().startswith(_INHERITED_BEGINNINGS)
    }


def provisioner() -> dict[str, Any]:
    """Give the kernelspec's word on how its kernels come to life."""
    # Scripts are read when the widgets are imported, and the rest when cells are run ahead: both need a new zygote.
    watch = [str(content.folder(kind)) for kind in ("widgets", "lessons", "quizzes", "graders")]
    early = [content.SLIM_PAGE]
    config = {"preload": PRELOAD, "absent": ABSENT, "watch": watch, "prepare": True, "early": early}
    return {"provisioner_name": "ecitizen-forked", "config": config}


@dataclass(slots=True)
class Launch:
    """One kernel that shows one lesson to one session."""

    visitor: Visitor
    lesson: str
    token: str = field(repr=False)
    kernel_id: str | None = None
    page: str = field(default="", repr=False)
    """HTML of the page, for a reload; empty while the cells are still running."""

    stamp: int = 0
    """Age of the content that the kernel has read; see ``Course.stamp``."""

    behind: bool = False
    """The learner went on with the lesson in another kernel, so that this one shows what is past."""

    is_storing: bool = False
    """What the kernel has sent last is on its way to the disk."""

    leaving: asyncio.TimerHandle | None = None
    """Runs when the page has gone and may still come back."""

    def stay(self) -> None:
        """Take back that the page has gone."""
        if self.leaving is not None:
            self.leaving.cancel()
            self.leaving = None


class Launches:
    """All kernels that live, by token and by kernel; in memory, for kernels do not outlive the server."""

    def __init__(self, on_end: Callable[[Launch], None] = lambda _launch: None) -> None:
        """Take whom to tell when a kernel has ended."""
        self.on_end = on_end
        self._by_token: dict[str, Launch] = {}

    def open(self, visitor: Visitor, lesson: str) -> Launch:
        """Make a launch with a fresh token."""
        launch = Launch(visitor, lesson, secrets.token_urlsafe(32))
        self._by_token[_hashed(launch.token)] = launch
        return launch

    def close(self, launch: Launch) -> None:
        """Make the token worthless."""
        launch.stay()
        if self._by_token.pop(_hashed(launch.token), None):
            self.on_end(launch)

    def by_token(self, token: str) -> Launch | None:
        """Find the launch a kernel speaks for."""
        return self._by_token.get(_hashed(token))

    def by_kernel(self, kernel_id: str) -> Launch | None:
        """Find the launch of a kernel."""
        return next((launch for launch in self._by_token.values() if launch.kernel_id == kernel_id), None)

    def of(self, visitor: Visitor) -> list[Launch]:
        """Give the launches of a session, the oldest first."""
        return [launch for launch in self._by_token.values() if launch.visitor.username == visitor.username]

    def outdate_others(self, launch: Launch) -> None:
        """Mark what else the same learner has open of the lesson, now that something was done in this launch."""
        for other in self:
            same = other.lesson == launch.lesson and _person(other.visitor) == _person(launch.visitor)
            other.behind = other.behind or (same and other is not launch)

    def __len__(self) -> int:
        return len(self._by_token)

    def __iter__(self) -> Iterator[Launch]:
        return iter(list(self._by_token.values()))


def _person(visitor: Visitor) -> int | str:
    return visitor.username if visitor.learner is None else visitor.learner


def _hashed(token: str) -> str:
    # Looked up by hash, so that the time of the look-up says nothing about the token.
    return hashlib.sha256(token.encode()).hexdigest()


class LessonKernel(ServerKernelManager):
    """Jupyter's manager of one kernel."""

    def __init__(self, **kwargs: Any) -> None:
        """Begin with nobody who listens."""
        super().__init__(**kwargs)
        self.listeners: set[Callable[[str, list[bytes]], None]] = set()
        """Get the kind and the parts, from the signature on, of whatever the kernel says to everybody."""

        self.was_heard = asyncio.Event()
        """Something of that has come here, so that more will."""

    def client(self, **options: Any) -> Any:
        """Give a client that shares the server's sockets: one's own come with two threads, and end in a long wait."""
        return super().client(**{"context": self.context, **options})

    def emit(self, schema_id: str, data: dict[str, Any]) -> None:
        """Say nothing of each start and end: nobody listens here, and Jupyter reads its schema anew for each kernel."""


class LessonKernels(AsyncMappingKernelManager):
    """Jupyter's kernels, each bound to the session it was started for."""

    def __init__(self, **kwargs: Any) -> None:
        """Start without any kernel."""
        super().__init__(**kwargs)
        self.kernel_manager_class = f"{LessonKernel.__module__}.{LessonKernel.__name__}"
        self.allowed_message_types = list(ALLOWED_MESSAGES)
        self.allow_tracebacks = False
        self.launches = Launches()
        self._ending: dict[str, asyncio.Task[None]] = {}

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended, by whatever cause, and its token with it."""
        launch = self.launches.by_kernel(kernel_id)
        if launch is not None:
            self.launches.close(launch)
        return super().remove_kernel(kernel_id)

    async def end(self, kernel_id: str | None) -> None:
        """End a kernel for good, whoever else is just ending it; one that has gone needs nothing."""
        if kernel_id is None or kernel_id not in self:
            return
        ending = self._ending.get(kernel_id)
        if ending is None:
            ending = self._ending[kernel_id] = asyncio.create_task(self.shutdown_kernel(kernel_id, now=True))
            ending.add_done_callback(lambda _: self._ending.pop(kernel_id))
        await asyncio.shield(ending)

    async def shutdown_all(self, now: bool = False) -> None:
        """End all kernels, whatever becomes of any: one that was just starting is no reason to stay."""
        kernels = {*self.list_kernel_ids(), *self._pending_kernels}
        ends = await asyncio.gather(*(self.shutdown_kernel(one, now=now) for one in kernels), return_exceptions=True)
        for error in ends:
            if isinstance(error, Exception):
                self.log.warning("A kernel could not be ended in order: %r", error)

    async def give_up(self, launch: Launch) -> None:
        """End a launch, whether its kernel has started or not."""
        self.launches.close(launch)
        await self.end(launch.kernel_id)

    async def end_all_of(self, visitor: Visitor, *, but_newest: int = 0) -> None:
        """End the kernels of a session, except the newest few."""
        launches = self.launches.of(visitor)
        for launch in launches[: max(0, len(launches) - but_newest)]:
            await self.end(launch.kernel_id)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """Let a kernel be that stands ready for somebody who is still to come."""
        if self.launches.by_kernel(kernel_id) is not None:
            await super().cull_kernel_if_idle(kernel_id)

    def start_watching_activity(self, kernel_id: str) -> None:
        """Hear, by one socket for all that listen, what a kernel says, and note as Jupyter does whether it works."""
        super().start_watching_activity(kernel_id)
        kernel = self._kernels[kernel_id]
        kernel._activity_stream.on_recv(lambda message: self._hear(kernel, message))

    def start_buffering(self, _kernel_id: str, _session_key: str, channels: dict[str, Any]) -> None:
        """Keep nothing for a page that may come back: it asks for all states, and sends again what was not answered."""
        for stream in channels.values():
            if not stream.closed():
                stream.close()

    def _hear(self, kernel: Any, message: list[bytes]) -> None:
        parts = message[message.index(DELIM) + 1 :]
        header, parent = json.loads(parts[1]), json.loads(parts[2])
        kernel.was_heard.set()
        state = json.loads(parts[4])["execution_state"] if header["msg_type"] == "status" else None
        if parent.get("msg_type") not in IDLE_TALK:
            self.last_kernel_activity = kernel.last_activity = datetime.now(UTC)
            kernel.execution_state = state or kernel.execution_state
        elif kernel.execution_state == "starting" and state not in (None, "starting"):
            kernel.execution_state = "idle"
        for listener in list(kernel.listeners):
            listener(header["msg_type"], parts)

    def _handle_kernel_died(self, kernel_id: str) -> None:
        # Its sockets and files go with it, which Jupyter forgets; see ``server_settings`` for why none is restarted.
        asyncio.get_running_loop().create_task(self.end(kernel_id))


class OwnPython(KernelSpecManager):
    """Only the Python that runs the server has the course installed; kernels are forked from one that has imported it.

    See docs/kernels.md; where no fork is to be had the same kernels are started.
    """

    def _kernel_dirs_default(self) -> list[str]:
        return []

    def get_kernel_spec(self, kernel_name: str) -> Any:
        """Give the native kernelspec with our provisioner and our kernel, which learns by message whom it serves."""
        spec = super().get_kernel_spec(kernel_name)
        spec.argv = [*spec.argv, KERNEL_CLASS]
        spec.env = {**spec.env, **FRUGAL}
        spec.metadata = {**spec.metadata, "kernel_provisioner": provisioner()}
        return spec
