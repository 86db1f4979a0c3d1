"""Kernels that are made before the fork, and cells that are run there: what a page gets, and what is not shared."""

from __future__ import annotations

import asyncio
import os
import platform
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from kernels_figures import journal
from kernels_side import ARGUMENTS, Kernel, kernel, write_spec

from ecitizen import content
from ecitizen.journal.door import TOKEN, URL
from ecitizen.kernels import allocating, plainly
from ecitizen.kernels.binding import BindingFailed, answers, bind
from ecitizen.kernels.zygotes import ZYGOTES, ForkedProcess
from ecitizen.web.launches import FRUGAL, KERNEL_CLASS, provisioner

ROOT = Path(__file__).parents[1]
MOST_MB = 12
"""Of a kernel of lesson 01 to itself, with its learner's page open and after presses; 23 before they were prepared."""

PRESSES = 20
CONTROL = "jupyter.widget.control"


@pytest.mark.parametrize("code", ["1 + 1", "x = 2\nx", "x = 2", "", "await one()", "def f():\n    return 1\nf()"])
def test_plain_python_is_compiled(code: str) -> None:
    assert plainly.compiled(code) is not None


@pytest.mark.parametrize("code", ["%time 1", "!ls", "x?", "1 +"], ids=str)
def test_what_needs_ipython_is_left_to_it(code: str) -> None:
    assert plainly.compiled(code) is None


def test_the_heap_is_told_to_give_back_where_it_can() -> None:
    assert allocating.give_back() is (platform.libc_ver()[0] == "glibc")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("jupyter")
    config = provisioner()["config"] | {"early": ["GREETING", content.SLIM_PAGE]}
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
            _, shown = await heard(running, "print('said')\n7")
            assert [(one["type"], one.get("text")) for one in shown] == [("stream", "said\n"), ("execute_result", None)]
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


def test_a_kernel_alone_answers_on_both_channels(spec: Path) -> None:
    async def look() -> None:
        async with kernel("prepared", cells=CELLS) as running:
            assert await answers(running.manager)
            for cell in CELLS:
                await heard(running, cell)
            assert await running.ask("[thread.name for thread in threading.enumerate()]", "threading") == ["MainThread"]
            _, shown = await heard(running, "print('said'); print('again'); 7")
            assert [(one["type"], one.get("text")) for one in shown] == [
                ("stream", "said\nagain\n"),
                ("execute_result", None),
            ]
            reply, _ = await heard(running, "raise KeyError('no')")
            assert (reply["status"], reply["ename"]) == ("error", "KeyError")
            _, shown = await heard(running, "import asyncio\nawait asyncio.sleep(0, 'waited')")
            assert shown[0]["data"]["text/plain"] == "'waited'"
            assert (await heard(running, "%pwd"))[1]
            await bind(running.manager, {URL: "http://127.0.0.1:9", TOKEN: "t"})
            with pytest.raises(BindingFailed, match="AlreadyBound"):
                await bind(running.manager, {URL: "http://127.0.0.1:9", TOKEN: "t"})
            running.client.shell_channel.send(running.client.session.msg("comm_msg", {}))
            assert await answers(running.manager)
            running.client.shutdown()
            assert (await running.client.get_control_msg(timeout=10))["msg_type"] == "shutdown_reply"
            assert await running.manager.provisioner.wait() == 0

    asyncio.run(look())


@pytest.mark.thorough
def test_a_kernel_alone_is_interrupted_and_hears_no_stranger(spec: Path) -> None:
    async def look() -> None:
        async with kernel("prepared", cells=CELLS) as running:
            await running.manager.interrupt_kernel()
            assert await answers(running.manager)
            for long in ("import time\ntime.sleep(60)", "import asyncio\nawait asyncio.sleep(60)"):
                cell = asyncio.create_task(heard(running, long))
                await asyncio.sleep(0.5)
                await running.manager.interrupt_kernel()
                assert (await cell)[0]["ename"] == "KeyboardInterrupt"
            stranger = running.client.session.clone()
            stranger.key = b"another"
            for words in (
                stranger.serialize(stranger.msg("shutdown_request", {"restart": False})),
                [b"", b"no message"],
            ):
                for channel in (running.client.control_channel, running.client.shell_channel):
                    await channel.socket.send_multipart(words)
            assert await answers(running.manager)

    asyncio.run(look())


async def told(running: Kernel, wanted: str, **request: Any) -> Any:
    """Send a message to a comm and wait for the first one whose data hold a word; gives what stands there."""
    content = {"comm_id": request.pop("comm"), **request}
    kind, metadata = ("comm_open", {"version": "1.0.0"}) if "target_name" in content else ("comm_msg", None)
    running.client.shell_channel.send(running.client.session.msg(kind, content, metadata=metadata))
    while wanted:
        message = await running.client.get_iopub_msg(timeout=30)
        if wanted in message["content"].get("data", {}):
            return message["content"]["data"][wanted]
    return None


@pytest.mark.thorough
def test_a_lesson_run_ahead_fits_its_memory(spec: Path) -> None:
    notebook = nbformat.read(ROOT / "lessons" / "01-gosuslugi.ipynb", 4)
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    options: dict[str, Any] = {"cells": cells, "env": {**os.environ, content.SLIM_PAGE: "1"}}

    async def open_page(running: Kernel, url: str) -> None:
        for cell in cells:
            _, shown = await heard(running, cell)
            assert "application/vnd.jupyter.widget-view+json" in shown[0]["data"]
        await bind(running.manager, {URL: url, TOKEN: "t"})
        await told(running, "", comm="c", target_name=CONTROL, data={})
        states = await told(running, "states", comm="c", data={"method": "request_states"})
        scale = next(name for name, one in states.items() if one["state"].get("kind") == "scale")
        for number in range(PRESSES):
            press = {"key": str(uuid.uuid4()), "do": "rate", "level": 1 + number % 5}
            sent = {"method": "custom", "content": press}
            assert await told(running, "content", comm=scale, data=sent) == {"ack": press["key"]}

    async def look() -> None:
        async with kernel("prepared", **options) as first, kernel("prepared", **options) as second:
            with journal() as url:
                for running in (first, second):
                    await open_page(running, url)
            own_mb = psutil.Process(first.pid).memory_full_info().uss / 1024 / 1024
            assert own_mb < MOST_MB

    asyncio.run(look())
