"""Which session holds which kernel, and with which one-kernel token that kernel writes to the journal."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from ecitizen.journal.door import TOKEN, URL
from ecitizen.web.visitor import Visitor

ALLOWED_MESSAGES = ["comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"]
"""What a page may say to its kernel. No ``execute_request``: learners' code is never run."""

ANSWERS = {"comm_open", "comm_close", "comm_msg", "comm_info_reply", "kernel_info_reply", "status"}
"""What a kernel may say to its page. No errors and no streams: they carry tracebacks and paths."""

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


def kernel_environment(server: Mapping[str, str], journal_url: str, token: str) -> dict[str, str]:
    """Give a kernel what Python needs to run, its door to the journal, and no secret of the server."""
    inherited = {
        name: value
        for name, value in server.items()
        if name.upper() in _INHERITED or name.upper().startswith(_INHERITED_BEGINNINGS)
    }
    return inherited | {URL: journal_url, TOKEN: token}


@dataclass(slots=True)
class Launch:
    """One kernel started for one session to show one lesson."""

    visitor: Visitor
    lesson: str
    token: str = field(repr=False)
    kernel_id: str | None = None


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

    def __len__(self) -> int:
        return len(self._by_token)

    def __iter__(self) -> Iterator[Launch]:
        return iter(list(self._by_token.values()))


def _hashed(token: str) -> str:
    # Looked up by hash, so that the time of the look-up says nothing about the token.
    return hashlib.sha256(token.encode()).hexdigest()


class LessonKernels(AsyncMappingKernelManager):
    """Jupyter's kernels, each bound to the session it was started for."""

    def __init__(self, **kwargs: Any) -> None:
        """Start without any kernel."""
        super().__init__(**kwargs)
        self.allowed_message_types = list(ALLOWED_MESSAGES)
        self.allow_tracebacks = False
        self.launches = Launches()

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel that has ended, by whatever cause, and its token with it."""
        launch = self.launches.by_kernel(kernel_id)
        if launch is not None:
            self.launches.close(launch)
        return super().remove_kernel(kernel_id)

    async def end_all_of(self, visitor: Visitor, *, but_newest: int = 0) -> None:
        """End the kernels of a session, except the newest few."""
        launches = self.launches.of(visitor)
        for launch in launches[: len(launches) - but_newest]:
            if launch.kernel_id in self:
                await self.shutdown_kernel(launch.kernel_id, now=True)


class LaunchPad:
    """What Voila sees as the kernel manager while it renders one lesson for one session."""

    def __init__(self, kernels: LessonKernels, visitor: Visitor, lesson: str, journal_url: str) -> None:
        """Name the kernels, and for whom the next one is."""
        self._kernels = kernels
        self._visitor = visitor
        self._lesson = lesson
        self._journal_url = journal_url
        self.launch: Launch | None = None

    async def start_kernel(self, *, kernel_name: str, path: str, env: Mapping[str, str]) -> str:  # noqa: ARG002
        """Start a kernel bound to the session; the environment Voila offers is the whole of the server's: dropped."""
        await self._kernels.end_all_of(self._visitor, but_newest=MOST_OF_A_SESSION - 1)
        launch = self.launch = self._kernels.launches.open(self._visitor, self._lesson)
        environment = kernel_environment(os.environ, self._journal_url, launch.token)
        kernel_id = self._kernels.new_kernel_id()
        launch.kernel_id = kernel_id
        try:
            started: str = await self._kernels.start_kernel(
                kernel_id=kernel_id, kernel_name=kernel_name, path=path, env=environment
            )
        finally:
            if kernel_id not in self._kernels:
                self._kernels.launches.close(launch)
        return started

    def get_kernel(self, kernel_id: str) -> Any:
        """Give the kernel just started."""
        return self._kernels.get_kernel(kernel_id)


class OwnPython(KernelSpecManager):
    """Only the Python that runs the server has the course installed; kernels of the user's home may not."""

    def _kernel_dirs_default(self) -> list[str]:
        return []


class QuietChannels(ZMQChannelsWebsocketConnection):
    """The page's websocket, from which only the words of ``ANSWERS`` come out."""

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Pass on what a lesson needs and drop the rest."""
        _, parts = self.session.feed_identities(outgoing_msg)
        if self.session.unpack(parts[1])["msg_type"] in ANSWERS:
            super().handle_outgoing_message(stream, outgoing_msg)
