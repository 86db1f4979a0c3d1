"""Forked and stock kernels side by side in one run: ``python tests/kernels_figures.py [KERNELS] [LESSON]``.

Starts them in turn and leaves them open: seconds from the start to ``kernel_info_reply``, then seconds for the cells
of the lesson, CPU seconds of the kernel for each, and at the end the memory of all (``smaps_rollup``; USS is what a
kernel shares with nobody). The first fork also waits for the zygote, and is listed apart.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat
from kernels_side import Kernel, kernel, write_spec

from ecitizen.journal.event import seed_of
from ecitizen.kernels.zygotes import ZYGOTES

ROOT = Path(__file__).parents[1]
NAMES = ("stock", "forked")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Taken:
    """What the kernels of one kind took."""

    start_s: list[float] = field(default_factory=list)
    start_cpu_s: list[float] = field(default_factory=list)
    lesson_s: list[float] = field(default_factory=list)
    lesson_cpu_s: list[float] = field(default_factory=list)
    pss_mb: list[float] = field(default_factory=list)
    uss_mb: list[float] = field(default_factory=list)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kb = {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}
    return kb["Pss"] / 1024, (kb["Private_Clean"] + kb["Private_Dirty"]) / 1024


class EmptyJournal(BaseHTTPRequestHandler):
    """Answers a kernel as a class server does whose learner has done nothing yet, and forgets what it is told."""

    def do_GET(self) -> None:
        self._answer(json.dumps({"seed": seed_of(None), "events": []}).encode())

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(b'{"stored": 1}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None: ...


@contextmanager
def journal() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), EmptyJournal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/journal"
    server.shutdown()
    server.server_close()


async def start(open_kernels: AsyncExitStack, name: str, taken: Taken, cells: list[str]) -> Kernel:
    begun = time.perf_counter()
    running = await open_kernels.enter_async_context(kernel(name, wait=False))
    running.client.kernel_info()
    await running.client.get_shell_msg(timeout=60)
    taken.start_s.append(time.perf_counter() - begun)
    taken.start_cpu_s.append(cpu_s(running.pid))
    await running.client.wait_for_ready(timeout=60)
    begun, before = time.perf_counter(), cpu_s(running.pid)
    for cell in cells:
        await running.run(cell)
    taken.lesson_s.append(time.perf_counter() - begun)
    taken.lesson_cpu_s.append(cpu_s(running.pid) - before)
    return running


async def measure(number: int, cells: list[str]) -> dict[str, Taken]:
    taken = {name: Taken() for name in NAMES}
    async with AsyncExitStack() as open_kernels:
        begun = time.perf_counter()
        async with kernel("forked"):
            waited = time.perf_counter() - begun
        sys.stdout.write(f"load {os.getloadavg()[0]:.1f}; the first fork took {waited:.1f} s, with its zygote\n")
        kernels: dict[str, list[Kernel]] = {name: [] for name in NAMES}
        for _ in range(number):
            for name in NAMES:
                kernels[name].append(await start(open_kernels, name, taken[name], cells))
        for name in NAMES:
            for running in kernels[name]:
                pss, uss = memory_mb(running.pid)
                taken[name].pss_mb.append(pss)
                taken[name].uss_mb.append(uss)
        zygote = sum(memory_mb(pid)[0] for pid in ZYGOTES.pids())
        sys.stdout.write(f"load {os.getloadavg()[0]:.1f}; zygote {zygote:.1f} MB PSS\n")
    return taken


def main(number: int, lesson: str) -> None:
    notebook = nbformat.read(ROOT / "lessons" / f"{lesson}.ipynb", 4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        write_spec(Path(folder), "stock")
        write_spec(Path(folder), "forked", {"preload": ["ecitizen.widgets"]})
        os.environ |= {"JUPYTER_PATH": folder, "IPYTHONDIR": f"{folder}/ipython"}
        with journal() as url:
            os.environ |= {"ECITIZEN_JOURNAL_URL": url, "ECITIZEN_JOURNAL_TOKEN": "one"}
            taken = asyncio.run(measure(number, cells))
        ZYGOTES.close()
    sys.stdout.write(f"| median of {number}, lesson {lesson} | stock | forked | stock : forked |\n|---|---|---|---|\n")
    for name in Taken.__dataclass_fields__:
        stock, forked = (statistics.median(getattr(taken[kind], name)) for kind in NAMES)
        sys.stdout.write(f"| {name} | {stock:.2f} | {forked:.2f} | {stock / forked:.1f} |\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10, sys.argv[2] if sys.argv[2:] else "01-gosuslugi")
