"""The server of the simulated class and what can happen to it; Linux only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

START_S, STOP_S = 120.0, 20.0
SPARE_KERNELS = 10


class Victim:
    """A server on a fixed port that is killed, starved and confused, and always started again."""

    def __init__(self, folder: CourseFolder, place: Path, learners: int) -> None:
        """Serve a course folder; ``place`` takes the log and the file that moves the clock."""
        self._folder, self._place, self._learners = folder, place, learners
        self._process: subprocess.Popen[str] | None = None
        self._turn = asyncio.Lock()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        """Give the address without any wire of a learner's in between."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def _pid(self) -> int:
        assert self._process is not None, "the server was never started"
        return self._process.pid

    async def start(self) -> None:
        """Start the server on its port and wait until it answers."""
        wanted = {
            "folder": str(self._folder.path),
            "port": self.port,
            "demo": None,
            # A learner may hold two tabs and a page that is just being reloaded.
            "settings": {"max_kernels": 3 * self._learners + SPARE_KERNELS},
        }
        command = [sys.executable, "-m", "ecitizen.chaos", json.dumps(wanted), str(self._place / "clock")]
        with (self._place / "server.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            line = await asyncio.to_thread(self._process.stdout.readline)
        if not line:
            raise CourseError("server", "не запустился", f"Смотрите {self._place / 'server.log'}")

    async def kill(self) -> None:
        """Pull the server's plug and start it again."""
        async with self._turn:
            self._end(signal.SIGKILL)
            await self.start()

    def stop(self) -> None:
        """End the server politely."""
        if self._process is not None and self._process.poll() is None:
            self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        assert self._process is not None, "the server was never started"
        self._process.send_signal(number)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    async def fill_disk(self, seconds: float) -> None:
        """Let no write of the server reach a file for so long, as on a full disk (``RLIMIT_FSIZE``)."""
        async with self._turn:
            _, most = resource.prlimit(self._pid, resource.RLIMIT_FSIZE)
            resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (0, most))
            try:
                await asyncio.sleep(seconds)
            finally:
                resource.prlimit(self._pid, resource.RLIMIT_FSIZE, (most, most))

    async def move_clock(self, seconds: float) -> None:
        """Set the server's wall clock so far away from the true time."""
        async with self._turn:
            (self._place / "clock").write_text(str(seconds), encoding="ascii")
            os.kill(self._pid, signal.SIGUSR1)

    def kill_kernel(self, kernel_id: str) -> None:
        """Kill the process of a kernel, if there is one."""
        for pid in _owners(kernel_id):
            if pid != self._pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def _owners(kernel_id: str) -> set[int]:
    """Name the processes that hold sockets of a kernel: it listens in files that bear its id."""
    lines = Path("/proc/net/unix").read_text(encoding="utf-8", errors="replace").splitlines()
    inodes = {line.split()[6] for line in lines if f"kernel-{kernel_id}" in line}
    owners: set[int] = set()
    for link in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        with contextlib.suppress(OSError):
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
            if found and found[1] in inodes:
                owners.add(int(link.parts[2]))
    return owners


def free_memory_mb() -> dict[str, Any]:
    """Give load and free memory, for the report."""
    lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    return {"load": round(os.getloadavg()[0], 1), "free_mb": int(lines["MemAvailable"].split()[0]) // 1024}
