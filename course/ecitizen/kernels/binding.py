"""The server's word to a kept kernel: for whom it works from now on."""

from __future__ import annotations

import queue
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ecitizen.kernels.newborn import raise_priority
from ecitizen.kernels.wire import BIND_REPLY, BIND_REQUEST, Binding

BIND_S = 5.0
ANSWER_S = 2.0


class BindingFailed(RuntimeError):
    """The kernel is of no use any more: end it and take another one."""


async def bind(manager: Any, binding: Binding, seconds: float = BIND_S) -> None:
    """Tell the kernel of an ``AsyncKernelManager`` its binding; returns when its listeners have taken it.

    The kernel must be a ``BindableKernel`` and idle. It gets the priority of the server back first.
    """
    raise_priority(manager.provisioner.pid)
    with _client(manager, shell=False, control=True) as client:
        message = client.session.msg(BIND_REQUEST, {"binding": dict(binding)})
        client.control_channel.send(message)
        content = await _reply(client, message["header"]["msg_id"], seconds)
    if content["status"] != "ok":
        raise BindingFailed(content.get("ename", ""))


async def answers(manager: Any, seconds: float = ANSWER_S) -> bool:
    """Say whether the kernel of an ``AsyncKernelManager`` answers where its cells and its widgets run."""
    with _client(manager, control=False) as client:
        client.kernel_info()
        try:
            await client.get_shell_msg(timeout=seconds)
        except queue.Empty:
            return False
    return True


@contextmanager
def _client(manager: Any, **channels: bool) -> Iterator[Any]:
    client = manager.client()
    client.session = client.session.clone()
    client.session.session = uuid.uuid4().hex
    client.start_channels(iopub=False, stdin=False, hb=False, **channels)
    try:
        yield client
    finally:
        client.stop_channels()


async def _reply(client: Any, asked: str, seconds: float) -> dict[str, Any]:
    while True:
        try:
            answer = await client.control_channel.get_msg(timeout=seconds)
        except queue.Empty:
            raise BindingFailed(f"no answer for {seconds} s") from None
        if answer["msg_type"] == BIND_REPLY and answer["parent_header"].get("msg_id") == asked:
            content: dict[str, Any] = answer["content"]
            return content
