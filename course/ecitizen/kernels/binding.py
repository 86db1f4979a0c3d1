"""The server's word to a kept kernel: for whom it works from now on."""

from __future__ import annotations

import queue
import uuid
from typing import Any

from ecitizen.kernels.newborn import raise_priority
from ecitizen.kernels.wire import BIND_REPLY, BIND_REQUEST, Binding

BIND_S = 5.0


class BindingFailed(Exception):
    """The kernel is of no use any more: end it and take another one."""


async def bind(manager: Any, binding: Binding, seconds: float = BIND_S) -> None:
    """Tell the kernel of an ``AsyncKernelManager`` its binding; returns when its listeners have taken it.

    The kernel must be a ``BindableKernel`` and idle. It gets the priority of the server back first.
    """
    raise_priority(manager.provisioner.pid)
    client = manager.client()
    client.session = client.session.clone()
    client.session.session = uuid.uuid4().hex
    client.start_channels(shell=False, iopub=False, stdin=False, hb=False, control=True)
    try:
        message = client.session.msg(BIND_REQUEST, {"binding": dict(binding)})
        client.control_channel.send(message)
        content = await _reply(client, message["header"]["msg_id"], seconds)
    finally:
        client.stop_channels()
    if content["status"] != "ok":
        raise BindingFailed(content.get("ename", ""))


async def _reply(client: Any, asked: str, seconds: float) -> dict[str, Any]:
    while True:
        try:
            answer = await client.control_channel.get_msg(timeout=seconds)
        except queue.Empty:
            raise BindingFailed(f"no answer for {seconds} s") from None
        if answer["msg_type"] == BIND_REPLY and answer["parent_header"].get("msg_id") == asked:
            content: dict[str, Any] = answer["content"]
            return content
