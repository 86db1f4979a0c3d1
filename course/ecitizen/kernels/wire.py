"""What a server and its zygote say to each other: one JSON document a packet, with descriptors beside it.

Orders go over one control socket a zygote, and are but descriptors. What a kernel is to know waits in a socket of that
kernel alone, where the zygote never reads: no token of one kernel is ever in the memory that another one is forked
from. What becomes of the kernel comes back over the same socket, so that a server may wait for many kernels in any
thread and any event loop.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

LONGEST = 256 * 1024
"""Bytes of a packet; the kernel of the system takes a little less by default (``net.core.wmem_default``)."""

STREAMS = 3
"""Standard input, output and error go with a request, and before them the socket of the kernel."""

BIND_REQUEST, BIND_REPLY = "bind_request", "bind_reply"
"""Messages of the control channel; see ``bindable``."""

Binding = Mapping[str, Any]
"""What a kept kernel is told when it is bound, such as an address and a token; JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a zygote is started with, and what makes two zygotes differ; a JSON argument of its command."""

    preload: list[str]
    """Modules to import and ``module:function`` to call once, before any kernel is forked."""

    absent: list[str] = field(default_factory=list)
    """Modules that no kernel may import, such as ``debugpy``."""

    watch: list[str] = field(default_factory=list)
    """Files and folders beside the imported modules whose change makes the zygote stale."""

    after_fork: list[str] = field(default_factory=list)
    """``module:function`` to call in a fresh kernel with its ``IPKernelApp``, before the first message is read."""

    prepared: list[str] | None = None
    """Arguments, without those of the connection, of kernels that are made before the fork; see ``prepared``."""

    cells: list[str] = field(default_factory=list)
    """Cells that a prepared kernel may run before the fork; see ``rehearsed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One kernel to fork."""

    command: list[str]
    """As an exec'd kernel would get it: interpreter, ``-m``, ``ipykernel_launcher``, arguments."""

    arguments: list[str]
    """Those of ``ipykernel_launcher``."""

    environment: dict[str, str]
    cwd: str
    low_priority: bool = False


def encode(document: Settings | Request) -> str:
    """Give the JSON of a document."""
    return json.dumps(asdict(document))


def brief(status: socket.socket, request: Request) -> None:
    """Leave with a kernel that is still to be forked what it is to know; ``OSError`` where that is too long."""
    status.send(encode(request).encode())


def learn(status: socket.socket) -> Request:
    """Read, in the fork, what the server left."""
    return Request(**json.loads(status.recv(LONGEST)))


def order(control: socket.socket, descriptors: Sequence[int]) -> None:
    """Ask for a kernel; ``OSError`` where the zygote has gone, ``BlockingIOError`` where its mailbox is full."""
    socket.send_fds(control, [b"fork"], descriptors)


def next_order(control: socket.socket) -> list[int] | None:
    """Take the descriptors of the next kernel; None means that the server closed its side."""
    packet, descriptors, _, _ = socket.recv_fds(control, LONGEST, 1 + STREAMS, socket.MSG_CMSG_CLOEXEC)
    return descriptors if packet else None


def tell(status: socket.socket, descriptors: Sequence[int] = (), **news: Any) -> bool:
    """Say what became of a kernel; False where nobody listens any more."""
    try:
        socket.send_fds(status, [json.dumps(news).encode()], descriptors)
    except OSError:
        return False
    return True


def hear(status: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Take the next news; None at the end, ``BlockingIOError`` where there is none yet."""
    try:
        packet, descriptors = _take(status)
    except ConnectionError:
        # Whoever closes without having read our brief resets the connection, and the system tells that before it
        # gives out what was said earlier.
        try:
            packet, descriptors = _take(status)
        except ConnectionError:
            return None
    return (json.loads(packet), descriptors) if packet else None


def _take(status: socket.socket) -> tuple[bytes, list[int]]:
    packet, descriptors, _, _ = socket.recv_fds(status, LONGEST, 1, socket.MSG_CMSG_CLOEXEC)
    return packet, descriptors


def pair() -> tuple[socket.socket, socket.socket]:
    """Make two connected sockets that keep packets whole."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def null() -> int:
    """Open the null device."""
    return os.open(os.devnull, os.O_RDWR)
