"""Cells that were run before the fork: a fork says what they showed, and has what they made.

Widgets and what they read from files are then shared by all kernels of a lesson, as far as nobody touches them. Only
cells that show values and do nothing else can be run ahead: if one prints, displays, fails, waits, or leaves a thread
or a database open, all are run in the fork as ever. A cell that is not the next of those run ahead is simply run.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
from collections.abc import Sequence
from typing import Any

from jupyter_client.session import Session

from ecitizen.kernels import forkable, plainly

RESULT, COMM_OPEN = "execute_result", "comm_open"

_KEPT: list[Any] = []
"""What there was before the fork, so that no fork frees any of it: a page that something is freed on is copied."""


class Unheard(Session):  # type: ignore[misc] # jupyter_client carries no types for us
    """Keeps what a kernel says before anybody can hear it."""

    def __init__(self, **kwargs: Any) -> None:
        """Begin with nothing said."""
        super().__init__(**kwargs)
        self.said: list[tuple[str, dict[str, Any]]] = []

    def send(self, _stream: Any, kind: Any, content: Any = None, *_args: Any, **_kwargs: Any) -> Any:
        """Send nothing."""
        self.said.append((str(kind), content))


def rehearse(kernel: Any, cells: Sequence[str]) -> list[tuple[str, dict[str, Any] | None]]:
    """Run the cells of a kernel that is still to be forked; gives each with the content of its result.

    Gives none, and leaves the kernel as it was, unless all of them can be run ahead: a child tries that out.
    """
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os._exit(_run(kernel, cells) is None or bool(forkable.obstacles()))
        os._exit(1)
    _, status = os.waitpid(pid, 0)
    done = (_run(kernel, cells) or []) if status == 0 else []
    if done:
        _KEPT.append(gc.get_objects())
    return done


def said_again(kernel: Any, code: str) -> dict[str, Any] | None:
    """Say what a cell showed and give the content of its reply, if it is the next of those that were run ahead."""
    if not kernel.rehearsed or kernel.rehearsed[0][0] != code:
        return None
    _, shown = kernel.rehearsed.pop(0)
    if shown is not None:
        kernel.send_response(kernel.iopub_socket, RESULT, shown)
    return {"status": "ok", "execution_count": kernel.shell.execution_count, "user_expressions": {}, "payload": []}


def _run(kernel: Any, cells: Sequence[str]) -> list[tuple[str, dict[str, Any] | None]] | None:
    kernel.session = Unheard()
    done: list[tuple[str, dict[str, Any] | None]] = []
    for cell in cells:
        code = plainly.compiled(cell)
        kernel.session.said.clear()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            if code is None or plainly.run_now(kernel, code)["status"] != "ok":
                return None
        said = [content for kind, content in kernel.session.said if kind == RESULT]
        if printed.getvalue() or {kind for kind, _ in kernel.session.said} - {RESULT, COMM_OPEN, "comm_msg"}:
            return None
        done.append((cell, said[0] if said else None))
    return done
