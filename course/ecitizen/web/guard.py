"""What stands between the network and the handlers: limits that a class does not feel and a flood does.

A library's PCs often share one address, so that nothing here counts by address: a limit belongs to a session, to one of
its kernels or to one connection.
"""

from __future__ import annotations

import asyncio
import math
import struct
from collections import defaultdict
from typing import Any, ClassVar, Final

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPHeaders
from tornado.web import Finish, HTTPError, OutputTransform

from ecitizen.web.flow import Flow, Flows
from ecitizen.web.launches import Launches
from ecitizen.web.lesson import LessonHandler, OwnChannelsHandler
from ecitizen.web.pages import HEADERS
from ecitizen.web.visitor import Visitor

ODD_PATH: Final = r"/.*(?i:%00|%2e|%2f|%5c|%0a|%0d|\.\.|\\).*"
"""Nothing that is served has such a path, however a file system would read it."""

IDLE_CONNECTION_S = 60
"""So long a connection may take for the head of its next request; browsers open another."""

BODY_S = 60
MAX_MESSAGE_BYTES = 512 * 1024
"""Of one message of a page; a lesson's own have a few kilobytes."""

MOST_SOCKETS = 4
"""Websockets of one kernel: its page, the same page just reloaded, and what a lost link has left half open."""

MESSAGES_HZ, MESSAGES_AT_ONCE = 50, 600
"""Of one websocket. A page with widgets of other makers begins with two messages for each of its widgets."""

UNREAD_BYTES = 16 * 1024 * 1024
"""What a page may leave unread of what its kernel says."""

SOCKETS_HZ, SOCKETS_AT_ONCE = 1, 20
"""Websockets opened by one session; a page whose link is gone tries again once in some seconds."""

LESSONS_HZ, LESSONS_AT_ONCE = 1 / 3, 20
"""Lessons opened by one session; each needs a kernel."""

BROKEN = 1003, "broken message"
FLOODED = 1008, "read nothing"
REPLACED = 1008, "opened elsewhere"

_NOT_A_MESSAGE = (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError, AssertionError)
_LESSON_FLOWS = "ecitizen_lesson_flows"
_SOCKET_FLOWS = "ecitizen_socket_flows"


class Hush(OutputTransform):
    """Say nothing of what the server is made of, and give the guarding headers to answers that have none."""

    def __init__(self, request: Any) -> None:
        """Need nothing of the request."""

    def transform_first_chunk(
        self,
        status_code: int,
        headers: HTTPHeaders,
        chunk: bytes,
        finishing: bool,  # noqa: ARG002
    ) -> tuple[int, HTTPHeaders, bytes]:
        """Change the headers of any answer, that of Jupyter's and Tornado's own handlers too."""
        headers.pop("Server", None)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        return status_code, headers, chunk


def be_patient(server: HTTPServer) -> None:
    """Let nobody hold a connection by sending slowly."""
    server.conn_params.header_timeout = IDLE_CONNECTION_S
    server.conn_params.body_timeout = BODY_S


class GuardedChannelsHandler(OwnChannelsHandler):
    """The page's websocket, which can hurt nobody but itself."""

    _of_kernel: ClassVar[dict[str, list[GuardedChannelsHandler]]] = defaultdict(list)

    kernel_id = ""
    connection: Any = None
    has_gone = False
    """The page has closed its line, perhaps before the handshake was through."""

    @property
    def max_message_size(self) -> int:
        """Give the bytes after which a message is cut off with its connection."""
        return MAX_MESSAGE_BYTES

    async def pre_get(self) -> None:
        """Refuse a session that opens one connection after another: each takes sockets to the kernel for a while."""
        flows: Flows = self.settings.setdefault(_SOCKET_FLOWS, Flows(SOCKETS_HZ, SOCKETS_AT_ONCE))
        if flows.wait_s(self.current_user.username):
            raise HTTPError(429)
        await super().pre_get()
        if self.has_gone:
            self._let_go()
            raise Finish

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Say no more than the number: the reader is a program."""
        self.finish(str(status_code))

    async def open(self, kernel_id: str) -> None:
        """Close the oldest connection of the kernel if there are too many."""
        if self.has_gone:
            return
        self.flow, self.unread_bytes = Flow(MESSAGES_HZ, MESSAGES_AT_ONCE), 0
        siblings = self._of_kernel[kernel_id]
        siblings.append(self)
        for oldest in siblings[:-MOST_SOCKETS]:
            oldest.close(*REPLACED)
            siblings.remove(oldest)
        await super().open(kernel_id)

    async def on_message(self, ws_message: str | bytes) -> None:
        """Pass a message on; the next one is not read before, so that whoever sends too fast is slowed down."""
        while wait_s := self.flow.wait_s():
            await asyncio.sleep(wait_s)
        if self.connection is None:
            return
        try:
            super().on_message(ws_message)
        except (*_NOT_A_MESSAGE, struct.error):
            self.close(*BROKEN)

    def write_message(self, message: bytes | str | dict[str, Any], binary: bool = False) -> asyncio.Future[None]:
        """Send to the page, unless the page has stopped reading."""
        size = len(message)
        self.unread_bytes += size
        sent: asyncio.Future[None] = super().write_message(message, binary)
        sent.add_done_callback(lambda _: self._was_read(size))
        if self.unread_bytes > UNREAD_BYTES:
            self.close(*FLOODED)
        return sent

    def on_close(self) -> None:
        """Leave the list of the kernel's connections."""
        self.has_gone = True
        siblings = self._of_kernel[self.kernel_id]
        if self in siblings:
            siblings.remove(self)
        if not siblings:
            del self._of_kernel[self.kernel_id]
        self._let_go()

    def _let_go(self) -> None:
        if self.connection is not None:
            super().on_close()

    def _was_read(self, size: int) -> None:
        self.unread_bytes -= size


class GuardedLessonHandler(LessonHandler):
    """``/lesson/<id>``, at a pace that a person has."""

    @allow_unauthenticated
    async def get(self, lesson: str) -> None:
        """Open the lesson; a session that opens one after another is asked to wait. A reload costs next to nothing."""
        visitor = self.visitor
        if visitor is not None and not self._is_open(visitor, lesson):
            flows: Flows = self.settings.setdefault(_LESSON_FLOWS, Flows(LESSONS_HZ, LESSONS_AT_ONCE))
            wait_s = flows.wait_s(visitor.username)
            if wait_s:
                self.set_header("Retry-After", str(math.ceil(wait_s)))
                self.set_status(429)
                self.write_error(429)
                return
        await super().get(lesson)

    def _is_open(self, visitor: Visitor, lesson: str) -> bool:
        launches: Launches = self.kernel_manager.launches
        return any(launch.lesson == lesson and launch.page for launch in launches.of(visitor))
