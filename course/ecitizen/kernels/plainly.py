"""Running a cell that is plain Python, by itself: no history, no magics, no look at how a value may be shown.

IPython does all that for every cell, and each line of it that a fork runs is memory of its own: 2 MB a kernel.
"""

from __future__ import annotations

import ast
import inspect
import sys
from types import CodeType
from typing import Any

from IPython.core.interactiveshell import ExecutionResult

SHOWN = "_"
"""The name under which a cell's last value is kept, as in IPython."""

_SHOWS_ITSELF = "_repr_mimebundle_"


def compiled(code: str) -> CodeType | None:
    """Compile a cell so that its last value is kept; None if Python alone doesn't understand it."""
    try:
        tree = ast.parse(code)
        last = tree.body[-1] if tree.body else None
        if isinstance(last, ast.Expr):
            name = ast.Name(SHOWN, ast.Store())
            tree.body[-1] = ast.copy_location(ast.Assign([name], last.value), last)
        whole = ast.fix_missing_locations(tree)
        made: CodeType = compile(whole, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except (SyntaxError, ValueError):
        return None
    return made


def run_now(kernel: Any, code: CodeType) -> dict[str, Any]:
    """Run it where no event loop is, and give what ``run`` gives."""
    running = run(kernel, code, silent=False)
    try:
        running.send(None)
    except StopIteration as end:
        reply: dict[str, Any] = end.value
        return reply
    raise RuntimeError("a cell waits for something")


async def run(kernel: Any, code: CodeType, *, silent: bool) -> dict[str, Any]:
    """Run it in the shell of an ``IPythonKernel``, say what it shows, and give the content of an ``execute_reply``."""
    shell = kernel.shell
    shell.user_ns.pop(SHOWN, None)
    result = ExecutionResult(None)  # type: ignore[no-untyped-call]
    reply = {"execution_count": shell.execution_count, "user_expressions": {}, "payload": []}
    if await shell.run_code(code, result, async_=bool(code.co_flags & inspect.CO_COROUTINE)):
        error = result.error_in_exec
        told = {"ename": type(error).__name__, "evalue": str(error), "traceback": shell._last_traceback or []}
        return {"status": "error", **reply, **told}
    value = shell.user_ns.get(SHOWN)
    if value is not None and not silent:
        # What was printed before stands before it.
        sys.stdout.flush()
        sys.stderr.flush()
        data, metadata = _bundle(shell, value)
        content = {"data": data, "metadata": metadata, "execution_count": shell.execution_count}
        kernel.send_response(kernel.iopub_socket, "execute_result", content)
    return {"status": "ok", **reply}


def _bundle(shell: Any, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    show = getattr(value, _SHOWS_ITSELF, None)
    if show is None:
        data, metadata = shell.display_formatter.format(value)
        return dict(data), dict(metadata)
    shown = show()
    return shown if isinstance(shown, tuple) else (shown, {})
