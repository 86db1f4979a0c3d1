"""A forked kernel is a kernel like any other: Jupyter's own tests, and a comparison of what a cell can see."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import jupyter_kernel_test
import pytest
from kernels_side import kernel, lives, soon, write_spec

from ecitizen.kernels.zygotes import ZYGOTES

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

PRELOAD = ["ecitizen.widgets"]
SEEDED = "seeded"

WATCHING = """
import sys
known = set()
def before(): known.update(sys.modules)
def after(app): app.shell.user_ns["imported"] = sorted(set(sys.modules) - known)
"""


@pytest.fixture(scope="module", autouse=True)
def specs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp("jupyter")
    environment = {"GREETING": "${USER_OF_CLASS} hello"}
    write_spec(root, "forked", {"preload": PRELOAD}, env=environment)
    write_spec(root, "stock", env=environment)
    (root / "watching.py").write_text(WATCHING)
    watching = {"preload": ["watching:before"], "after_fork": ["watching:after"]}
    write_spec(root, "watched", watching, env={"PYTHONPATH": str(root)})
    write_spec(root, f"forked-{SEEDED}", {"preload": PRELOAD}, env={"PYTHONHASHSEED": "7"})
    write_spec(root, f"stock-{SEEDED}", env={"PYTHONHASHSEED": "7"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(root))
        patch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
        patch.setenv("USER_OF_CLASS", "learner")
        yield
    ZYGOTES.close()
    assert not ZYGOTES.pids()


class OfJupyter(jupyter_kernel_test.KernelTests):
    """Jupyter's tests of kernels, filled in for Python."""

    __test__ = False
    language_name = "python"
    file_extension = ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    completion_samples: ClassVar[list[dict[str, Any]]] = [{"text": "zi", "matches": {"zip"}}]
    complete_code_samples: ClassVar[list[str]] = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples: ClassVar[list[str]] = ["print('''hello", "def f(x):\n  x*2"]
    invalid_code_samples: ClassVar[list[str]] = ["import = 7q"]
    code_page_something = "zip?"
    code_generate_error = "raise"
    code_execute_result: ClassVar[list[dict[str, str]]] = [{"code": "1+2+3", "result": "6"}]
    code_display_data: ClassVar[list[dict[str, str]]] = [
        {"code": "from IPython.display import HTML, display; display(HTML('<b>x</b>'))", "mime": "text/html"}
    ]
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "search")
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"


class TestStock(OfJupyter):
    __test__ = True
    kernel_name = "stock"


class TestForked(OfJupyter):
    __test__ = True
    kernel_name = "forked"


SEEN = """{
    "comm targets": sorted(get_ipython().kernel.comm_manager.targets),
    "environment": dict(os.environ),
    "path": sys.path,
    "directory": os.getcwd(),
    "arguments": [word for word in sys.argv if not word.endswith(".json")],
    "whole command": [word for word in sys.orig_argv if not word.endswith(".json")],
    "interpreter": [sys.executable, sys.prefix, list(sys.flags), sys.warnoptions],
    "main module": [__name__, sys.modules["__main__"].__name__, "__file__" in globals()],
    "signals": {number.name: str(signal.getsignal(number)) for number in signal.valid_signals()
                if isinstance(number, signal.Signals)},
    "blocked signals": [int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])],
    "session": [os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid()],
    "umask": [os.umask(0o22), os.umask(0o22)],
    "niceness": os.getpriority(os.PRIO_PROCESS, 0),
    "locale": [locale.setlocale(locale.LC_ALL), sys.getfilesystemencoding(), time.tzname],
    "streams": [sys.stdin.read(), os.fstat(1).st_rdev, os.fstat(2).st_rdev],
    "descriptors": dict(collections.Counter(
        re.sub(r"[0-9]+", "", os.readlink(fd)) for fd in glob.glob("/proc/self/fd/*")
        if os.path.exists(fd) and "history.sqlite" not in os.readlink(fd))),
    "recursion": sys.getrecursionlimit(),
    "garbage": [gc.isenabled(), gc.get_threshold()],
    "warnings": [str(one[:3]) for one in warnings.filters],
    "kernel": [type(get_ipython().kernel).__name__, get_ipython().kernel.debugger is not None],
    "temporary": tempfile.gettempdir(),
    "child": subprocess.run([sys.executable, "-c", "import os; print(sorted(os.environ))"],
                            capture_output=True, text=True).stdout,
}"""
IMPORTS = "collections, gc, glob, locale, os, re, signal, subprocess, sys, tempfile, time, warnings, ecitizen.widgets"


def test_a_cell_sees_what_a_stock_kernel_shows(tmp_path: Path) -> None:
    environment = dict(os.environ) | {"TOKEN": "for one kernel", "TZ": "Asia/Omsk", "TMPDIR": str(tmp_path)}

    async def look(name: str) -> dict[str, Any]:
        async with kernel(name, env=environment, cwd=str(tmp_path)) as running:
            seen: dict[str, Any] = await running.ask(SEEN, IMPORTS)
            return seen

    stock, forked = asyncio.run(look("stock")), asyncio.run(look("forked"))
    assert stock["comm targets"] == ["jupyter.widget", "jupyter.widget.control"]
    assert stock["environment"]["GREETING"] == "learner hello"
    for seen in (stock, forked):
        # zmq makes and closes some as it goes.
        del seen["descriptors"]["anon_inode:[eventfd]"]
    # One descriptor more, by which it dies with the server; none of the zygote's, none of a sibling's.
    watch = [kind for kind in forked["descriptors"] if "pidfd" in kind]
    assert [forked["descriptors"].pop(kind) for kind in watch] == [1]
    assert forked == stock


def test_hash_seeds_are_those_of_the_zygote(monkeypatch: pytest.MonkeyPatch) -> None:
    # Dask names one for its workers, and for whoever starts processes after it.
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)

    async def hashes(name: str, number: int) -> list[int]:
        found = []
        for _ in range(number):
            async with kernel(name) as running:
                found.append(await running.ask("hash('a')"))
        return found

    async def look() -> None:
        assert len(set(await hashes("stock", 2))) == 2
        assert len(set(await hashes("forked", 2))) == 1
        assert await hashes(f"stock-{SEEDED}", 1) == await hashes(f"forked-{SEEDED}", 1)

    asyncio.run(look())


def test_a_fork_imports_nothing_to_start() -> None:
    async def look() -> Any:
        async with kernel("watched") as running:
            return await running.ask("imported", "json")

    assert asyncio.run(look()) == []


def test_no_two_forks_draw_the_same_numbers() -> None:
    drawn = "[random.random(), str(uuid.uuid4()), secrets.token_hex(), get_ipython().kernel.session.session]"

    async def look() -> list[Any]:
        async with kernel("forked") as one, kernel("forked") as other:
            return [await running.ask(drawn, "random, uuid, secrets") for running in (one, other)]

    one, other = asyncio.run(look())
    assert all(a != b for a, b in zip(one, other, strict=True))


def remembers(pid: int, word: bytes) -> bool:
    """Look for a word in the whole memory of a process."""
    places = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for place in places:
            begin, end = (int(edge, 16) for edge in place[0].split("-"))
            if place[1].startswith("rw"):
                memory.seek(begin)
                if word in memory.read(end - begin):
                    return True
    return False


def test_the_environment_holds_nothing_of_another_kernel() -> None:
    async def look() -> None:
        async with (
            kernel("forked", env=dict(os.environ) | {"TOKEN": "first-secret"}) as first,
            kernel("forked", env=dict(os.environ) | {"OTHER": "x"}) as second,
        ):
            assert await first.ask("os.environ['TOKEN']") == "first-secret"
            assert await second.ask("'TOKEN' in os.environ") is False
            for pid in (*ZYGOTES.pids(), first.pid, second.pid):
                assert b"first-secret" not in Path(f"/proc/{pid}/environ").read_bytes()
            assert remembers(first.pid, b"first-secret")
            for pid in (*ZYGOTES.pids(), second.pid):
                assert not remembers(pid, b"first-secret")

    asyncio.run(look())


def test_an_interrupt_reaches_the_cell() -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            assert Path(f"/proc/{running.pid}/cmdline").read_bytes().startswith(b"forked-kernel -f ")
            running.client.execute("import time; print('here'); time.sleep(60)")
            while (await running.client.get_iopub_msg(timeout=30))["msg_type"] != "stream":
                continue
            await running.manager.interrupt_kernel()
            while (reply := await running.client.get_shell_msg(timeout=30))["msg_type"] != "execute_reply":
                continue
            assert reply["content"]["ename"] == "KeyboardInterrupt"
            assert await running.ask("1 + 1") == 2

    asyncio.run(look())


@pytest.mark.parametrize("now", [True, False], ids=["at once", "politely"])
def test_a_restart_gives_a_fresh_kernel(now: bool) -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            await running.run("x = 1")
            before = running.pid
            await running.manager.restart_kernel(now=now)
            await running.client.wait_for_ready(timeout=60)
            assert await running.ask("'x' in globals()") is False
            assert running.pid != before
            assert soon(lambda: not lives(before))

    asyncio.run(look())


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("os._exit(7)", 7),
        ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    ],
    ids=["exit", "kill", "term"],
)
def test_the_exit_status_arrives(code: str, status: int) -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            process = running.manager.provisioner.process
            running.client.execute(f"import os, signal; {code}")
            assert process.wait(10) == status
            assert not await running.manager.is_alive()

    asyncio.run(look())


def test_a_polite_shutdown_ends_with_zero() -> None:
    async def look() -> None:
        async with kernel("forked") as running:
            process = running.manager.provisioner.process
            await running.run("import atexit, os; atexit.register(os.write, 1, b'')")
            await running.manager.shutdown_kernel()
            assert process.returncode == 0

    asyncio.run(look())


def test_a_pool_of_processes_works_in_a_cell() -> None:
    code = (
        "from concurrent.futures import ProcessPoolExecutor as Pool\nwith Pool(2) as pool: print(*pool.map(abs, [-3]))"
    )

    async def look() -> str:
        async with kernel("forked") as running:
            return await running.run(code)

    assert asyncio.run(look()).strip() == "3"
