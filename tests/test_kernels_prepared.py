"""Kernels that are made before the fork, and cells that are run there: what a page gets, and what is not shared."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from kernels_side import ARGUMENTS, Kernel, kernel, write_spec

from ecitizen.kernels import plainly
from ecitizen.kernels.zygotes import ZYGOTES, ForkedProcess
from ecitizen.web.launches import FRUGAL, KERNEL_CLASS, provisioner

ROOT = Path(__file__).parents[1]
MOST_MB = 16
"""Of a kernel of lesson 01 with all its widgets, to itself; 23 before kernels were prepared."""


@pytest.mark.parametrize("code", ["1 + 1", "x = 2\nx", "x = 2", "", "await one()", "def f():\n    return 1\nf()"])
def test_plain_python_is_compiled(code: str) -> None:
    assert plainly.compiled(code) is not None


@pytest.mark.parametrize("code", ["%time 1", "!ls", "x?", "1 +"], ids=str)
def test_what_needs_ipython_is_left_to_it(code: str) -> None:
    assert plainly.compiled(code) is None


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("jupyter")
    config = provisioner()["config"] | {"early": ["GREETING"]}
    write_spec(root, "prepared", config, argv=[*ARGUMENTS, KERNEL_CLASS], env=FRUGAL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(root))
        patch.setenv("IPYTHONDIR", str(root / "ipython"))
        yield root
    ZYGOTES.close()
    assert not ZYGOTES.pids()


async def heard(running: Kernel, code: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run a cell; gives the content of its reply and of what it showed."""
    shown: list[dict[str, Any]] = []

    def hear(message: dict[str, Any]) -> None:
        if message["msg_type"] in ("execute_result", "display_data", "stream", "error"):
            shown.append({"type": message["msg_type"], **message["content"]})

    reply = await running.client.execute_interactive(code, output_hook=hear, timeout=60)
    return reply["content"], shown


pytestmark = pytest.mark.slow


def test_a_prepared_kernel_runs_what_a_notebook_holds(spec: Path) -> None:
    async def look() -> None:
        async with kernel("prepared") as running:
            assert isinstance(running.manager.provisioner.process, ForkedProcess)
            _, shown = await heard(running, "x = 6\nx * 7")
            assert [one["data"]["text/plain"] for one in shown] == ["42"]
            _, shown = await heard(running, "print('said')")
            assert [one["text"] for one in shown] == ["said\n"]
            reply, shown = await heard(running, "raise KeyError('no')")
            assert (reply["status"], reply["ename"], shown[0]["type"]) == ("error", "KeyError", "error")
            _, shown = await heard(running, "import asyncio\nawait asyncio.sleep(0, 'waited')")
            assert shown[0]["data"]["text/plain"] == "'waited'"
            _, shown = await heard(running, "%pwd")
            assert shown
            assert not list(spec.rglob("history.sqlite"))

    asyncio.run(look())


CELLS = ["import os, uuid\nnumber, born = str(uuid.uuid4()), os.getpid()", "number"]


def test_cells_run_ahead_show_the_same_in_every_fork(spec: Path) -> None:
    async def look() -> None:
        async with kernel("prepared", cells=CELLS) as first, kernel("prepared", cells=CELLS) as second:
            results = []
            for running in (first, second):
                assert (await heard(running, CELLS[0]))[1] == []
                results.append((await heard(running, CELLS[1]))[1][0]["data"])
                assert await running.ask("born != os.getpid()") is True
            assert results[0] == results[1]
            names = [
                await one.ask("[get_ipython().kernel.ident, get_ipython().kernel.session.session]")
                for one in (first, second)
            ]
            assert not set(names[0]) & set(names[1])

    asyncio.run(look())


@pytest.mark.thorough
@pytest.mark.parametrize("cell", ["print('x')", "1 / 0", "await one()", "display(1)"], ids=str)
def test_a_cell_that_does_more_is_run_in_the_fork(spec: Path, cell: str) -> None:
    async def look() -> None:
        async with kernel("prepared", cells=[CELLS[0], cell]) as running:
            assert isinstance(running.manager.provisioner.process, ForkedProcess)
            await heard(running, CELLS[0])
            assert await running.ask("born == os.getpid()") is True

    asyncio.run(look())


@pytest.mark.thorough
def test_a_lesson_run_ahead_fits_its_memory(spec: Path) -> None:
    notebook = nbformat.read(ROOT / "lessons" / "01-gosuslugi.ipynb", 4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]

    async def look() -> None:
        async with kernel("prepared", cells=cells) as first, kernel("prepared", cells=cells) as second:
            for running in (first, second):
                for cell in cells:
                    _, shown = await heard(running, cell)
                    assert "application/vnd.jupyter.widget-view+json" in shown[0]["data"]
            own_mb = psutil.Process(first.pid).memory_full_info().uss / 1024 / 1024
            assert own_mb < MOST_MB

    asyncio.run(look())
