"""The life of a kernel whose cells were run before the fork: one thread that looks at its sockets in turn.

ipykernel has a thread and an event loop for each channel. Whatever code a fork runs is memory of its own, as CPython
counts references inside of functions and their code, and those loops are 3 MB of it. Here a message is answered
before the next one is looked at, on any channel, so that a cell that waits holds up everything: right for a page,
whose cells have been run, wrong for a notebook.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import json
import os
import sys
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import zmq

from ecitizen.kernels import rehearsed

LINGER_MS = 1000
CONNECTION = "-f"
ENCRYPTED = "curve_secretkey"

_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, RecursionError)


def connection(arguments: Sequence[str]) -> dict[str, Any]:
    """Read the connection file that the arguments of a kernel name."""
    with open(arguments[arguments.index(CONNECTION) + 1], "rb") as file:  # noqa: PTH123 - less code to run
        found: dict[str, Any] = json.load(file)
    return found


class Printed(io.TextIOBase):
    """What a kernel prints, said as one ``stream`` message whenever it is flushed."""

    def __init__(self, name: str, say: Callable[[str, dict[str, Any]], None]) -> None:
        """Be ``stdout`` or ``stderr``."""
        self._name, self._say = name, say
        self._parts: list[str] = []

    def write(self, text: str) -> int:
        """Keep it until the flush."""
        self._parts.append(text)
        return len(text)

    def flush(self) -> None:
        """Say it."""
        text = "".join(self._parts)
        self._parts.clear()
        if text:
            self._say("stream", {"name": self._name, "text": text})


class FrugalLife:
    """Sockets and messages of one ``PreparableKernel``."""

    def __init__(self, kernel: Any, where: Mapping[str, Any], server: int) -> None:
        """Open the sockets of a connection file and have the kernel speak there; ``server`` is a pidfd."""
        self._kernel, self._server, self._is_over = kernel, server, False
        self._context = zmq.Context()
        self._control, self._shell, stdin = (self._open(zmq.ROUTER, where, n) for n in ("control", "shell", "stdin"))
        # Nobody reads there, but pages have it opened, and would try for ever.
        self._unread = stdin
        self._iopub = self._open(zmq.PUB, where, "iopub")
        session = kernel.session
        session.signature_scheme = where.get("signature_scheme", session.signature_scheme)
        session.key = where["key"].encode()
        session.session, session.pid = uuid.uuid4().hex, os.getpid()
        kernel.live_alone(self._iopub)
        self._handlers: dict[Any, dict[str, Any]] = {
            self._shell: {**kernel.shell_handlers, "execute_request": self._execute},
            self._control: {**kernel.control_handlers, "shutdown_request": self._shut_down},
        }
        self._printed = Printed("stdout", self._say), Printed("stderr", self._say)
        sys.stdout, sys.stderr = self._printed

    def _open(self, kind: int, where: Mapping[str, Any], channel: str) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.linger = LINGER_MS
        if kind == zmq.ROUTER:
            # As ipykernel has it: a client that comes again under its name gets the answers.
            socket.router_handover = 1
        apart = "-" if where["transport"] == "ipc" else ":"
        socket.bind(f"{where['transport']}://{where['ip']}{apart}{where[f'{channel}_port']}")
        return socket

    def live(self) -> None:
        """Answer until the server has gone or somebody asks to shut down."""
        waiting = zmq.Poller()
        for source in (self._control, self._shell, self._server):
            waiting.register(source, zmq.POLLIN)
        self._status("starting", None)
        while not self._is_over:
            found = dict(waiting.poll())
            if self._server in found:
                return
            # Control first, and then look again: who wants to end a kernel doesn't wait in the queue of its presses.
            self._answer(self._control if self._control in found else self._shell)
        self._context.destroy()

    def _answer(self, source: zmq.Socket[bytes]) -> None:
        kernel = self._kernel
        try:
            identities, parts = kernel.session.feed_identities(source.recv_multipart())
            message = kernel.session.deserialize(parts)
        except _UNREADABLE:
            kernel.log.exception("Invalid message")
            return
        kernel.set_parent(identities, message, "control" if source is self._control else "shell")
        self._status("busy", message)
        handler = self._handlers[source].get(message["msg_type"])
        try:
            kernel.pre_handler_hook()
            if handler is not None:
                _see_through(handler(source, identities, message))
        except (Exception, KeyboardInterrupt):
            # Whatever a lesson's code raises, the next message is answered.
            kernel.log.exception("Exception in message handler")
        finally:
            kernel.post_handler_hook()
        for one in self._printed:
            one.flush()
        self._status("idle", message)

    def _status(self, state: str, parent: Mapping[str, Any] | None) -> None:
        self._kernel.session.send(self._iopub, "status", {"execution_state": state}, parent=parent, ident=b"status")

    def _say(self, kind: str, content: dict[str, Any]) -> None:
        self._kernel.session.send(self._iopub, kind, content, parent=self._kernel.get_parent(), ident=kind.encode())

    def _execute(self, source: Any, identities: Any, message: Mapping[str, Any]) -> None:
        kernel, content = self._kernel, message["content"]
        code, silent = content["code"], bool(content.get("silent"))
        reply = rehearsed.said_again(kernel, code)
        if reply is None:
            # Not run ahead, so it may wait, and gets an event loop for that long.
            with contextlib.closing(asyncio.new_event_loop()) as loop:
                try:
                    reply = loop.run_until_complete(kernel.do_execute(code, silent))
                except KeyboardInterrupt:
                    reply = {"status": "error", "ename": KeyboardInterrupt.__name__, "evalue": "", "traceback": []}
        kernel.session.send(source, "execute_reply", reply, message, ident=identities)

    def _shut_down(self, source: Any, identities: Any, message: Mapping[str, Any]) -> None:
        content = {"status": "ok", "restart": bool(message["content"].get("restart"))}
        self._kernel.session.send(source, "shutdown_reply", content, message, ident=identities)
        self._is_over = True


def _see_through(running: Any) -> None:
    """Let a handler of ipykernel's run to its end; of those that are asked for here none waits for anything."""
    if not inspect.iscoroutine(running):
        return
    try:
        running.send(None)
    except StopIteration:
        return
    running.close()
    raise RuntimeError("a handler waits for something")
