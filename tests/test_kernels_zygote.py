"""A zygote refuses what can't be forked and says why; a kernel is then started as usual, with one line in the log."""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernels_side import ARGUMENTS, kernel, lives, soon, write_spec

from ecitizen.kernels import newborn, provisioner, wire, zygotes
from ecitizen.kernels.zygotes import ZYGOTES, ForkedProcess, Refused


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    yield tmp_path
    ZYGOTES.close()
    assert not ZYGOTES.pids()


def module(root: Path, name: str, text: str) -> None:
    (root / f"{name}.py").write_text(text, encoding="utf-8")


def started(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Give the lines that say that a kernel was started and not forked."""
    return [record.getMessage() for record in caplog.records if "not forked" in record.getMessage()]


OBSTACLES = {
    "thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=[99], name='idler', daemon=True).start()",
        "thread 'idler'",
    ),
    "zmq": ("import zmq\ncontext = zmq.Context()", "1 zmq context"),
    "loop": ("import asyncio\nloop = asyncio.new_event_loop()", "1 event loop (open)"),
    "sqlite": ("import sqlite3\ndatabase = sqlite3.connect(':memory:')", "1 SQLite connection"),
    "file": (
        "import sqlite3\nd = sqlite3.connect('x.db')\nd.execute('create table t(a)')\nd.close()\nfile = open('x.db')",
        "SQLite file",
    ),
}


LOOK = "import sys\nexec(sys.argv[1])\nfrom ecitizen.kernels.forkable import obstacles\nprint(obstacles())"


@pytest.mark.parametrize(("text", "reason"), OBSTACLES.values(), ids=OBSTACLES)
def test_what_belongs_to_one_process_forbids_the_fork(root: Path, text: str, reason: str) -> None:
    command = [sys.executable, "-c", LOOK, text]
    found = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    assert found.count(",") == 0
    assert reason.replace("'", "") in found.replace("'", "").replace('"', "")


def test_closed_things_forbid_nothing() -> None:
    closed = (
        "import asyncio, sqlite3, zmq\na, b, c = asyncio.new_event_loop(), sqlite3.connect(':memory:'), zmq.Context()"
    )
    command = [sys.executable, "-c", LOOK, f"{closed}\na.close(); b.close(); c.term()"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.slow
def test_a_zygote_with_a_thread_forks_nothing(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    module(root, "obstacle", OBSTACLES["thread"][0])
    write_spec(root, "forked", {"preload": ["obstacle"]})

    async def look() -> None:
        async with kernel("forked") as running:
            assert not isinstance(running.manager.provisioner.process, ForkedProcess)
            assert await running.ask("1 + 1") == 2

    asyncio.run(look())
    assert len(started(caplog)) == 1
    assert "thread 'idler'" in started(caplog)[0]


BROKEN = {
    "no module": ({"preload": ["no_such_module"]}, "no_such_module: ModuleNotFoundError"),
    "no function": ({"preload": ["json:nothing"]}, "json:nothing: AttributeError"),
    "no zygote": ({"preload": []}, "ends as soon as it starts"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("config", "reason"), BROKEN.values(), ids=BROKEN)
def test_without_a_zygote_a_kernel_is_started(
    root: Path, caplog: pytest.LogCaptureFixture, config: dict[str, Any], reason: str
) -> None:
    if not config["preload"]:
        # As in an environment that has ipykernel but not this package.
        module(root, "ecitizen", "")
    write_spec(root, "forked", config)

    async def look() -> None:
        async with kernel("forked") as running:
            assert await running.ask("1 + 1") == 2

    asyncio.run(look())
    assert len(started(caplog)) == 1
    assert reason in started(caplog)[0]


@pytest.mark.slow
def test_a_missing_interpreter_is_missing_as_ever(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_spec(root, "forked", {}, argv=["/no/python", *ARGUMENTS[1:]])

    async def look() -> None:
        async with kernel("forked"):
            pass

    with pytest.raises(FileNotFoundError):
        asyncio.run(look())
    assert "does not start" in started(caplog)[0]


@pytest.mark.slow
def test_a_mended_module_is_tried_again(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    module(root, "course", "import no_such_module")
    write_spec(root, "forked", {"preload": ["course"]})

    async def look() -> bool:
        async with kernel("forked") as running:
            return isinstance(running.manager.provisioner.process, ForkedProcess)

    assert asyncio.run(look()) is False
    module(root, "course", "import json")
    assert asyncio.run(look()) is True
    assert len(started(caplog)) == 1


@pytest.mark.slow
def test_a_changed_package_makes_a_new_zygote(root: Path) -> None:
    module(root, "course", "words = 'old'\ndef warm(): global words; words += ' and warm'")
    (root / "content").mkdir()
    write_spec(root, "forked", {"preload": ["course:warm"], "watch": [str(root / "content")]})
    question = "__import__('course').words"

    async def look() -> None:
        async with kernel("forked") as first:
            before = ZYGOTES.pids()
            assert await first.ask(question) == "old and warm"
            async with kernel("forked") as same:
                assert ZYGOTES.pids() == before
                assert await same.ask("'course' in sys.modules") is True
            module(root, "course", "words = 'new'\ndef warm(): pass")
            async with kernel("forked") as second:
                assert await second.ask(question) == "new"
                assert set(ZYGOTES.pids()) > set(before)
            newest = ZYGOTES.pids()[0]
            (root / "content" / "lesson.yaml").write_text("new")
            async with kernel("forked"):
                assert newest not in ZYGOTES.pids()
            assert await first.ask(question) == "old and warm"
        assert soon(lambda: not lives(before[0]))

    asyncio.run(look())


@pytest.mark.slow
def test_hooks_run_in_the_fork_with_its_kernel(root: Path) -> None:
    module(
        root, "hooks", "import os\ndef greet(app): app.shell.user_ns['greeting'] = [os.getpid(), os.environ['NAME']]"
    )
    write_spec(root, "forked", {"preload": ["hooks"], "after_fork": ["hooks:greet"], "absent": ["debugpy"]})

    async def look() -> None:
        async with kernel("forked", env=dict(os.environ) | {"NAME": "Anna"}) as running:
            assert await running.ask("greeting") == [running.pid, "Anna"]
            assert await running.ask("sys.modules['debugpy']") is None

    asyncio.run(look())


@pytest.mark.slow
def test_what_an_interpreter_reads_once_parts_the_zygotes(root: Path) -> None:
    write_spec(root, "forked", {"preload": []})
    kinds = [{"PYTHONHASHSEED": str(number)} for number in range(zygotes.MOST_ZYGOTES + 1)]

    async def look() -> None:
        async with kernel("forked", env=dict(os.environ) | kinds[0]) as first:
            async with kernel("forked", env=dict(os.environ) | {"TOKEN": "x"} | kinds[0]):
                assert len(ZYGOTES.pids()) == 1
            for kind in kinds[1:]:
                async with kernel("forked", env=dict(os.environ) | kind) as other:
                    assert await other.ask("os.environ['PYTHONHASHSEED']") == kind["PYTHONHASHSEED"]
            # One too many: the first retired, and stays as long as its kernel.
            assert len(ZYGOTES.pids()) == zygotes.MOST_ZYGOTES + 1
            assert await first.ask("1 + 1") == 2
        assert soon(lambda: len(ZYGOTES.pids()) == zygotes.MOST_ZYGOTES)

    asyncio.run(look())


@pytest.mark.slow
def test_pipes_are_given_as_asked(root: Path) -> None:
    write_spec(root, "forked", {"preload": []})

    async def look() -> None:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        async with kernel("forked", **pipes) as running:
            process = running.manager.provisioner.process
            assert isinstance(process, ForkedProcess)
            await running.run("os = __import__('os'); os.write(1, b'out'); os.write(2, b'err')")
            await running.manager.shutdown_kernel()
            assert process.stdout is not None
            assert process.stdout.closed

    asyncio.run(look())


@pytest.mark.slow
def test_what_a_fork_does_not_know_is_started(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_spec(root, "forked", {"preload": []})

    async def look() -> None:
        async with kernel("forked", pass_fds=(0,)) as running:
            assert await running.ask("1 + 1") == 2

    asyncio.run(look())
    assert "pass_fds" in started(caplog)[0]


@pytest.mark.slow
def test_a_quiet_server_says_each_reason_once(
    root: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ecitizen.kernels.provisioner._TOLD", set())
    write_spec(root, "forked", {"preload": []})

    async def look() -> None:
        for _ in range(2):
            async with kernel("forked", pass_fds=(0,)):
                pass

    asyncio.run(look())
    levels = [record.levelname for record in caplog.records if "not forked" in record.getMessage()]
    assert levels == ["ERROR", "WARNING"]


@pytest.mark.slow
def test_low_priority_is_taken_back(root: Path) -> None:
    write_spec(root, "forked", {"preload": []})

    async def look() -> None:
        async with kernel("forked", low_priority=True) as running:
            tasks = [int(path.name) for path in Path(f"/proc/{running.pid}/task").iterdir()]
            priorities = {(os.sched_getscheduler(task), os.getpriority(os.PRIO_PROCESS, task)) for task in tasks}
            ours = os.getpriority(os.PRIO_PROCESS, 0)
            assert priorities in ({(os.SCHED_OTHER, min(19, ours + newborn.LOW_PRIORITY))}, {(os.SCHED_BATCH, ours)})
            newborn.raise_priority(running.pid)
            priorities = {(os.sched_getscheduler(task), os.getpriority(os.PRIO_PROCESS, task)) for task in tasks}
            assert priorities == {(os.SCHED_OTHER, ours)}

    asyncio.run(look())
    newborn.raise_priority(2**22)


ELSEWHERE = """
import os, select, signal, socket, sys
for module, name in ((os, "pidfd_open"), (os, "fork"), (os, "sched_setscheduler"), (os, "getpriority"),
                     (select, "poll"), (signal, "pidfd_send_signal"), (socket, "AF_UNIX")):
    delattr(module, name)
sys.modules["resource"] = None
import asyncio
from ecitizen.kernels import binding, newborn, pool, provisioner, zygotes
newborn.raise_priority(1)
print(zygotes.supported())
"""


def test_elsewhere_than_linux_kernels_are_started() -> None:
    command = [sys.executable, "-c", "import asyncio, jupyter_client, zmq.asyncio\n" + ELSEWHERE]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said == "no pidfd on this system\n"


@pytest.mark.slow
def test_without_pidfd_a_kernel_is_started(
    root: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    write_spec(root, "forked", {"preload": []})

    async def look() -> None:
        async with kernel("forked", low_priority=True) as running:
            assert await running.ask("1 + 1") == 2

    asyncio.run(look())
    assert len(started(caplog)) == 1
    assert "no pidfd" in started(caplog)[0]


def test_a_word_is_heard_though_its_speaker_read_nothing_and_closed() -> None:
    ours, theirs = wire.pair()
    with ours:
        with theirs:
            wire.brief(ours, wire.Request(command=[], arguments=[], environment={}, cwd=""))
            wire.tell(theirs, refused="why")
        assert wire.hear(ours) == ({"refused": "why"}, [])
        assert wire.hear(ours) is None


def test_no_token_parts_the_zygotes() -> None:
    environment = {"ECITIZEN_JOURNAL_TOKEN": "secret", "PYTHONUTF8": "1", "LC_ALL": "C", "OMP_NUM_THREADS": "1"}
    kept = [name for name, _ in zygotes.start_environment(environment)]
    assert kept == ["LC_ALL", "OMP_NUM_THREADS", "PYTHONUTF8"]


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (["python", "-m", "ipykernel_launcher", "-f", "c.json"], ["-f", "c.json"]),
        (["python", "-Xfrozen_modules=off", "-W", "error", "-m", "ipykernel", "-f", "c"], ["-f", "c"]),
    ],
    ids=["stock", "options"],
)
def test_commands_of_ipykernel_are_known(command: list[str], arguments: list[str]) -> None:
    interpreter, rest = provisioner.taken_apart(command)
    assert [*interpreter, *command[len(interpreter) : len(interpreter) + 2], *rest] == command
    assert rest == arguments


@pytest.mark.parametrize(
    "command",
    [["python"], ["python", "-m"], ["python", "run.py", "-m", "ipykernel"], ["ir", "-m", "other", "-f", "c"]],
    ids=["bare", "no module", "script", "other module"],
)
def test_other_commands_are_refused(command: list[str]) -> None:
    with pytest.raises(Refused, match="not that of ipykernel"):
        provisioner.taken_apart(command)


def test_a_zygote_without_its_server_ends_at_once() -> None:
    command = [sys.executable, "-m", "ecitizen.kernels.zygote", "{}", "0", "1"]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, timeout=60).returncode == 0


def test_the_zygotes_log_nothing_of_their_own() -> None:
    assert not [name for name in logging.root.manager.loggerDict if name.startswith("ecitizen.kernels")]
