"""A kernel that is made before the fork, as far as it goes without a socket, a thread or an open file.

Whatever a fork touches it has to itself, as CPython counts references inside of the objects. To read a command line,
to make an IPython shell with its magics and a kernel touches 10 MB; made before the fork, they are shared. Such a
kernel reads no configuration of IPython's, has no profile and keeps no history: right for a page, wrong for a notebook.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQInteractiveShell
from IPython.core.profiledir import ProfileDir
from traitlets import Type

from ecitizen.kernels import frugal, plainly, rehearsed
from ecitizen.kernels.frugal import CONNECTION, FrugalLife

QUIET = ["--HistoryManager.enabled=False", "--HistoryManager.hist_file=:memory:"]

BEFORE = ("init_path", "init_gui_pylab", "init_extensions", "configure_tornado_logger")
AFTER = (
    *("init_crash_handler", "init_connection_file", "init_sockets", "init_io", "init_signal", "init_kernel"),
    "init_shell",
)
"""Methods of ipykernel's application, in its order. There is no heartbeat: a server looks at the process."""


class PreparedShell(ZMQInteractiveShell):
    """ipykernel's shell without a folder of its own."""

    def init_ipython_dir(self, ipython_dir: Any) -> None:
        """Make none."""


class PreparableKernel(IPythonKernel):
    """ipykernel's kernel, which may be made first and get its sockets and threads later."""

    shell_class = Type(PreparedShell)
    _is_prepared = _is_plain = False

    rehearsed: list[tuple[str, dict[str, Any] | None]] = []  # noqa: RUF012 - replaced, never changed
    """Cells that were run before the fork, each with the content of its result, as far as nobody asked for it."""

    is_alone = False
    """It has one thread and no event loop; see ``frugal``."""

    @classmethod
    def instance(cls, *args: Any, **kwargs: Any) -> Any:
        """Give the kernel of this process; one that was prepared takes now what it could not have before the fork."""
        kernel = super().instance(*args, **kwargs)
        if kernel._is_prepared and "session" in kwargs:
            kernel._is_prepared = False
            kernel._take(kwargs)
        return kernel

    def prepared(self, cells: Sequence[str]) -> None:
        """Say, in a zygote, that this is all for now, but for these cells, if they can be run ahead."""
        self._is_prepared = self._is_plain = True
        self.shell.kernel = self
        self.rehearsed = rehearsed.rehearse(self, cells)
        if self.rehearsed:
            self.session = self.parent.session
            self._speak()

    def live_alone(self, iopub: Any) -> None:
        """Get, in the fork, the one socket that ipykernel's own code asks for."""
        self.is_alone, self._is_prepared = True, False
        self.iopub_socket, self.ident = iopub, str(uuid.uuid4())
        self._speak()

    async def do_execute(self, code: str, silent: bool, *args: Any, **kwargs: Any) -> Any:
        """Run a cell; in a prepared kernel one of plain Python costs no more than what it does."""
        again = rehearsed.said_again(self, code)
        if again is not None:
            return again
        plain = plainly.compiled(code) if self._is_plain else None
        if plain is None:
            return await super().do_execute(code, silent, *args, **kwargs)  # type: ignore[no-untyped-call]
        return await plainly.run(self, plain, silent=silent)

    def _take(self, belongings: dict[str, Any]) -> None:
        for name, value in belongings.items():
            if value is not None and name not in ("parent", "log", "profile_dir"):
                setattr(self, name, value)
        self.ident = str(uuid.uuid4())
        self._stdout, self._stderr = sys.stdout, sys.stderr
        self._speak()

    def _speak(self) -> None:
        for speaker in (self.shell.displayhook, self.shell.display_pub):
            speaker.session, speaker.pub_socket = self.session, self.iopub_socket
        self.shell.displayhook.topic = self._topic("execute_result")  # type: ignore[no-untyped-call]


class PreparedApp(IPKernelApp):
    """ipykernel's application; of what ``initialize`` does, the first part has been done before the fork."""

    _is_ready = False

    def get_ready(self, arguments: Sequence[str], cells: Sequence[str]) -> None:
        """Do what needs no more than the arguments of a kernel's command without those of its connection."""
        self.parse_command_line([*arguments, *QUIET])
        # Each line of the log that nobody reads is made and thrown away in every fork.
        self.log.setLevel(self.log_level)
        # Without a location no folder is made for it.
        self.profile_dir = ProfileDir()
        self.init_pdb()  # type: ignore[no-untyped-call]
        self.kernel = self.kernel_class.instance(parent=self, log=self.log, profile_dir=self.profile_dir)
        self.shell = self.kernel.shell
        self.kernel.prepared(cells)
        self._do(BEFORE)
        assert self.session, "made here: it tries out its packers"
        self._is_ready = True

    def configure_tornado_logger(self) -> None:
        """Only once."""
        if not self._is_ready:
            super().configure_tornado_logger()  # type: ignore[no-untyped-call]

    def init_control(self, context: Any) -> None:
        """Have no thread for subshells."""
        super().init_control(context)  # type: ignore[no-untyped-call]
        self.shell_channel_thread.io_loop.close()
        self.shell_channel_thread = None

    def initialize(self, argv: Any = None) -> None:
        """Do what is left, in the fork; in the order of the class above."""
        if not self._is_ready:
            super().initialize(argv)
            return
        self.connection_file = argv[argv.index(CONNECTION) + 1]
        self.connection_dir = str(Path(self.connection_file).parent)
        self.session.session, self.session.pid = uuid.uuid4().hex, os.getpid()
        self._do(AFTER)

    def _do(self, steps: Sequence[str]) -> None:
        for step in steps:
            getattr(self, step)()

    def life(self, arguments: Sequence[str], server: int) -> FrugalLife | None:
        """Give the life of a kernel whose cells were run ahead; None where this one needs ipykernel's application."""
        if not self._is_ready or not self.kernel.rehearsed:
            return None
        where = frugal.connection(arguments)
        if frugal.ENCRYPTED in where:
            return None
        self.init_crash_handler()  # type: ignore[no-untyped-call]
        self.init_signal()  # type: ignore[no-untyped-call]
        return FrugalLife(self.kernel, where, server)
