"""A kernel that learns after its start for whom it works; chosen in a kernelspec's command.

``--IPKernelApp.kernel_class=ecitizen.kernels.bindable.BindableKernel`` works for forked and for started kernels. The
word comes as a ``bind_request`` on the control channel, signed with the key of the kernel's connection: no page can
send it, it stands in no environment and in no command line, and no other user of the machine can read it there.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Mapping
from typing import Any

from ipykernel.ipkernel import IPythonKernel

from ecitizen.kernels.prepared import PreparableKernel
from ecitizen.kernels.wire import BIND_REPLY, BIND_REQUEST, Binding


class BindableKernel(PreparableKernel):
    """Bound once, and for its life."""

    control_msg_types = [*IPythonKernel.control_msg_types, BIND_REQUEST]  # noqa: RUF012 - as its base class has it

    def __init__(self, **kwargs: Any) -> None:
        """Start unbound."""
        self._binding: Binding | None = None
        self._listeners: list[Callable[[Binding], None]] = []
        super().__init__(**kwargs)  # type: ignore[no-untyped-call]

    def when_bound(self, listener: Callable[[Binding], None]) -> None:
        """Have something called with the binding, in the thread of the cells: now if it is known, else once it is."""
        if self._binding is None:
            self._listeners.append(listener)
        else:
            listener(self._binding)

    async def bind_request(self, stream: Any, ident: Any, parent: Mapping[str, Any]) -> None:
        """Answer ``ok`` after every listener has been called, else ``error`` with the kind of the failure."""
        binding = parent["content"]["binding"]
        fault = self._bind(binding) if self.is_alone else await self._bound_by_cells(binding)
        content = {"status": "ok"} if fault is None else {"status": "error", "ename": fault, "evalue": ""}
        self.session.send(stream, BIND_REPLY, content, parent, ident=ident)

    async def _bound_by_cells(self, binding: Binding) -> str | None:
        done: concurrent.futures.Future[str | None] = concurrent.futures.Future()
        self.io_loop.add_callback(lambda: done.set_result(self._bind(binding)))
        return await asyncio.wrap_future(done)

    def _bind(self, binding: Binding) -> str | None:
        if self._binding is not None:
            return "AlreadyBound"
        self._binding = binding
        try:
            for listener in self._listeners:
                listener(binding)
        except Exception as error:
            # Whatever a lesson's code raises: the server has to end this kernel and take another one.
            self.log.exception("A listener failed when the kernel was bound")
            return type(error).__name__
        finally:
            self._listeners.clear()
        return None
