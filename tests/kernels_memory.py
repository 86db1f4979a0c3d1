"""Memory of lesson kernels from the fork to the presses: ``python tests/kernels_memory.py [KERNELS] [PRESSES]``.

Kernels of lesson 01 as a class has them, run ahead, bound to a journal that forgets, each with a page whose learner
follows the guide and asks for hints. Medians of ``smaps_rollup``, which do not depend on what else the machine does:
USS is what a kernel shares with nobody, PSS counts shared pages by their share, so the more kernels, the less.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Never

from kernels_figures import ROOT, journal, memory_mb
from kernels_side import ARGUMENTS, Kernel, kernel, write_spec

from ecitizen import content
from ecitizen.chaos.learner import LESSON, TASKS, Learner, Tab
from ecitizen.chaos.page import CONTROL, Page
from ecitizen.journal.door import TOKEN, URL
from ecitizen.kernels.binding import bind
from ecitizen.kernels.zygotes import ZYGOTES
from ecitizen.web.launches import FRUGAL, KERNEL_CLASS, provisioner
from ecitizen.web.standby import slim_cells

SETTLE_S = 0.3


class Direct(Page):
    """A page without a server between it and its kernel."""

    def __init__(self, running: Kernel) -> None:
        self._client = running.client
        super().__init__("", None)

    def _send(self, kind: str, content: dict[str, Any], **metadata: str) -> None:
        self._client.shell_channel.send(self._client.session.msg(kind, content, metadata=metadata))

    async def _listen(self) -> Never:
        while True:
            heard = await self._client.iopub_channel.get_msg()
            if heard["msg_type"] == "comm_msg":
                self._heard(heard["content"]["comm_id"], heard["content"]["data"])

    async def show(self) -> None:
        control = uuid.uuid4().hex
        self._send("comm_open", {"comm_id": control, "target_name": CONTROL, "data": {}}, version="1.0.0")
        self._send("comm_msg", {"comm_id": control, "data": {"method": "request_states"}})
        await self._states

    def leave_kernel(self) -> None:
        self._listening.cancel()


class Pupil(Learner):
    """A guest at such a page."""

    def __init__(self, lesson: content.Lesson, page: Direct) -> None:
        super().__init__(0, "", lesson, None, "7", lambda _press: None)  # type: ignore[arg-type] # no browser is asked
        self._tab.page, self._tab.shown = page, [self._due(*task) for task in TASKS]

    async def press(self) -> None:
        await self._press(self._tab)

    async def _open(self, _tab: Tab) -> Never:
        raise RuntimeError("the kernel did not answer")


async def measure(kernels: list[Kernel], url: str, cells: list[str], presses: int) -> None:
    async def tell(stage: str) -> None:
        await asyncio.sleep(SETTLE_S)
        pss, uss = (statistics.median(one) for one in zip(*(memory_mb(k.pid) for k in kernels), strict=True))
        sys.stdout.write(f"| {stage} | {uss:.2f} | {pss:.2f} |\n")

    await tell("ready")
    for running in kernels:
        for cell in cells:
            await running.client.execute_interactive(cell, output_hook=lambda _message: None, timeout=60)
    await tell("cells said")
    for running in kernels:
        await bind(running.manager, {URL: url, TOKEN: "t"})
    await tell("bound")
    pages = [Direct(running) for running in kernels]
    for page in pages:
        await page.show()
    await tell("page open")
    pupils = [Pupil(content.lesson(LESSON), page) for page in pages]
    for number in range(1, presses + 1):
        for pupil in pupils:
            await pupil.press()
        if number in (1, presses):
            await tell(f"{number} presses")
    for page, pupil in zip(pages, pupils, strict=True):
        assert not pupil.counts.surprises, pupil.counts.surprises
        page.leave_kernel()


async def main(number: int, presses: int) -> None:
    cells = slim_cells(ROOT / "lessons" / f"{LESSON}.ipynb")
    with journal() as url:
        async with AsyncExitStack() as opened:
            kernels = [await opened.enter_async_context(kernel("lesson", cells=cells)) for _ in range(number)]
            sys.stdout.write("| stage | USS, MB | PSS, MB |\n|---|---|---|\n")
            await measure(kernels, url, cells, presses)
            sys.stdout.writelines(f"| zygote | | {memory_mb(pid)[0]:.2f} |\n" for pid in ZYGOTES.pids())
    ZYGOTES.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="k-") as folder:
        write_spec(Path(folder), "lesson", provisioner()["config"], argv=[*ARGUMENTS, KERNEL_CLASS], env=FRUGAL)
        os.environ |= {"JUPYTER_PATH": folder, "IPYTHONDIR": f"{folder}/ipython", content.SLIM_PAGE: "1"}
        asyncio.run(main(int(sys.argv[1]) if sys.argv[1:] else 3, int(sys.argv[2]) if sys.argv[2:] else 50))
