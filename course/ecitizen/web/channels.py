"""The page's websocket to its kernel: what is let through, and no more than that asked of the kernel.

Jupyter greets a kernel of which it knows nothing: what protocol it speaks, whether it answers, whether what it says
will be heard. Ours run in our own Python, have just been told for whom they work, and are heard already, by the one
socket a kernel that looks at its activity. So a class that comes at once is spared ten messages and six sockets a page.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.websocket import WebSocketClosedError

ANSWERS = {"comm_open", "comm_close", "comm_msg", "comm_info_reply", "kernel_info_reply", "status"}
"""What a kernel may say to its page. No errors and no streams: they carry tracebacks and paths."""

PROTOCOL = "v1.kernel.websocket.jupyter.org"
NUDGE_S = 0.5


class QuietChannels(ZMQChannelsWebsocketConnection):
    """The page's websocket, from which only the words of ``ANSWERS`` come out."""

    is_counted = False

    def request_kernel_info(self) -> asyncio.Future[Any]:
        """Ask nothing: kernels run in the Python that runs the server, and speak as it does."""
        self._finish_kernel_info({})
        return asyncio.wrap_future(self._kernel_info_future)

    def create_stream(self) -> None:
        """Connect what a page speaks through: nobody interrupts its kernel, or types something for it."""
        stream = self.kernel_manager.connect_shell(identity=self.session.bsession)
        stream.channel = "shell"
        self.channels["shell"] = stream

    def nudge(self) -> asyncio.Future[None]:
        """Listen; ready once the kernel has been heard, by whomever."""
        self.kernel_manager.listeners.add(self.hear)
        return asyncio.ensure_future(self._heard())

    async def _heard(self) -> None:
        kernel = self.kernel_manager
        while not kernel.was_heard.is_set() and self.channels and self.kernel_id in self.multi_kernel_manager:
            shell = kernel.connect_shell()
            self.session.send(shell, "kernel_info_request")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(kernel.was_heard.wait(), NUDGE_S)
            shell.close()

    def connect(self) -> asyncio.Future[None] | None:
        """Count as a connection of the kernel."""
        self.is_counted = True
        connected: asyncio.Future[None] | None = super().connect()
        return connected

    def disconnect(self) -> None:
        """Let go of the kernel; of one, too, that is still waited for, or was never connected to."""
        self.kernel_manager.listeners.discard(self.hear)
        if self.is_counted:
            # Once: whoever counted twice would take the kernel of another page for one without any.
            self.is_counted = False
            super().disconnect()
        elif self._open_sessions.get(self.session_key) is self.websocket_handler:
            del self._open_sessions[self.session_key]
        self.channels.clear()

    def hear(self, kind: str, parts: list[bytes]) -> None:
        """Pass on what the kernel says to everybody."""
        self._pass_on("iopub", kind, parts)

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[bytes]) -> None:
        """Pass on what the kernel answers."""
        _, parts = self.session.feed_identities(outgoing_msg)
        self._pass_on(stream.channel, self.session.unpack(parts[1])["msg_type"], parts)

    def _pass_on(self, channel: str, kind: str, parts: list[bytes]) -> None:
        """Send what a lesson needs and drop the rest; ``parts`` begin with the signature."""
        if kind not in ANSWERS:
            return
        if self.subprotocol == PROTOCOL:
            word = serialize_msg_to_ws_v1(parts[1:], channel)
        else:
            word = self._reserialize_reply(self.session.deserialize(parts), channel)
        try:
            self.write_message(word, binary=isinstance(word, bytes))
        except WebSocketClosedError:
            # The page has gone, and its goodbye is still to be read.
            return
