"""Whoever dies, in whatever order: nobody is left behind, and a kernel outlives only its zygote."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from kernels_side import kernel, lives, soon, write_spec

from ecitizen.kernels.zygotes import UNKNOWN_EXIT, ZYGOTES

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

SERVER = textwrap.dedent(
    """
    import asyncio, json, os, sys, time
    sys.path.insert(0, sys.argv[1])
    from kernels_side import kernel
    from ecitizen.kernels.zygotes import ZYGOTES

    async def main():
        async with kernel("forked") as one, kernel("forked") as other:
            child = int(await one.run("import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"))
            people = {"zygote": ZYGOTES.pids()[0], "kernels": [one.pid, other.pid], "child": child}
            print(json.dumps(people), flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
    """
)


@dataclass
class House:
    """A server in a process of its own, with a zygote, two kernels, and a child of the first kernel."""

    server: subprocess.Popen[str]
    zygote: int
    kernels: list[int]
    child: int

    def kill(self, who: str) -> None:
        pids = {"server": [self.server.pid], "zygote": [self.zygote], "kernels": self.kernels}[who]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        if who == "server":
            self.server.wait()


@pytest.fixture(autouse=True)
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    write_spec(tmp_path, "forked", {"preload": ["json"]})
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    yield
    ZYGOTES.close()


@pytest.fixture
def house() -> Iterator[House]:
    command = [sys.executable, "-c", SERVER, str(Path(__file__).parent)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    house = House(server, **json.loads(server.stdout.readline()))
    yield house
    for pid in (server.pid, house.zygote, *house.kernels, house.child):
        if lives(pid):
            os.kill(pid, signal.SIGKILL)
    server.wait()
    server.stdout.close()


ORDERS = [
    ("server",),
    ("zygote", "server"),
    ("kernels", "server"),
    ("zygote", "kernels", "server"),
    ("kernels", "zygote", "server"),
]


@pytest.mark.parametrize("order", ORDERS, ids=" then ".join)
def test_nobody_outlives_the_server(house: House, order: tuple[str, ...]) -> None:
    assert all(lives(pid) for pid in (house.zygote, *house.kernels, house.child))
    for who in order:
        house.kill(who)
        time.sleep(0.2)
    gone = [house.zygote, *house.kernels]
    if "kernels" not in order:
        # A stock kernel that is killed leaves its own children as well.
        gone.append(house.child)
    assert soon(lambda: not any(lives(pid) for pid in gone)), [pid for pid in gone if lives(pid)]


def test_a_server_that_ends_itself_leaves_nobody(house: House) -> None:
    house.server.send_signal(signal.SIGINT)
    house.server.wait(20)
    assert soon(lambda: not any(lives(pid) for pid in (house.zygote, *house.kernels, house.child)))


def test_a_stopped_zygote_saves_no_kernel(house: House) -> None:
    os.kill(house.zygote, signal.SIGSTOP)
    house.kill("server")
    assert soon(lambda: not any(lives(pid) for pid in house.kernels))
    os.kill(house.zygote, signal.SIGCONT)
    assert soon(lambda: not lives(house.zygote))


def test_a_stopped_zygote_hides_no_death() -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            (zygote,) = ZYGOTES.pids()
            os.kill(zygote, signal.SIGSTOP)
            process = running.manager.provisioner.process
            os.kill(running.pid, signal.SIGKILL)
            assert process.wait(10) == UNKNOWN_EXIT
            os.kill(zygote, signal.SIGCONT)

    asyncio.run(look())


def test_a_kernel_works_on_without_its_zygote() -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            before = ZYGOTES.pids()
            os.kill(before[0], signal.SIGKILL)
            assert soon(lambda: not lives(before[0]))
            assert await running.ask("1 + 1") == 2
            assert await running.manager.is_alive()
            async with kernel("forked") as other:
                assert await other.ask("2 + 2") == 4
            assert before[0] not in ZYGOTES.pids()
            process = running.manager.provisioner.process
            os.kill(running.pid, signal.SIGKILL)
            assert process.wait(10) == UNKNOWN_EXIT

    asyncio.run(look())


def test_a_killed_kernel_leaves_no_zombie() -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            os.kill(running.pid, signal.SIGKILL)
            assert soon(lambda: not psutil.pid_exists(running.pid))
            assert running.manager.provisioner.process.poll() == -signal.SIGKILL

    asyncio.run(look())


def test_a_zygote_goes_when_it_is_closed_and_its_kernels_have_ended() -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            (zygote,) = ZYGOTES.pids()
            ZYGOTES.close()
            assert lives(zygote)
            assert await running.ask("1 + 1") == 2
        assert soon(lambda: not lives(zygote))

    asyncio.run(look())


def test_a_start_given_up_leaves_no_kernel() -> None:
    async def look() -> None:
        async with kernel("forked"):
            zygote = psutil.Process(ZYGOTES.pids()[0])
            for wait_s in (0.01, 0.03, 0.06, 0.1):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(wait_s), kernel("forked", wait=False):
                        await asyncio.sleep(60)
            assert soon(lambda: len(zygote.children()) == 1)

    before = set(psutil.Process().children())
    asyncio.run(look())
    ZYGOTES.close()
    assert soon(lambda: set(psutil.Process().children()) <= before)
