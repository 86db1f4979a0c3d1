"""A pool keeps kernels ready, lets who waits go first, and a kernel learns for whom it works by a message only."""

from __future__ import annotations

import asyncio
import itertools
import os
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels_side import ARGUMENTS, kernel, write_spec

from ecitizen.errors import CourseError
from ecitizen.kernels.binding import BindingFailed, bind
from ecitizen.kernels.pool import Pool, Queue
from ecitizen.kernels.zygotes import ZYGOTES

LESSON = "01-gosuslugi"


class Shop:
    """A fake maker of kernels: numbers that take a while to start."""

    def __init__(self, start_s: float = 0.01) -> None:
        self.start_s = start_s
        self.numbers = itertools.count()
        self.alive: set[int] = set()
        self.starting = 0
        self.most_starting = 0
        self.log: list[str] = []
        self.broken = 0
        self.errors: list[Exception] = []

    async def start(self, _lesson: str, low_priority: bool) -> int:
        number = next(self.numbers)
        self.log.append(f"{'refill' if low_priority else 'wanted'} {number}")
        self.starting += 1
        self.most_starting = max(self.most_starting, self.starting)
        try:
            await asyncio.sleep(self.start_s)
        finally:
            self.starting -= 1
        if self.broken:
            self.broken -= 1
            raise CourseError("kernel", "it did not start", "Try again")
        self.alive.add(number)
        return number

    async def end(self, number: int) -> None:
        self.alive.discard(number)

    async def is_alive(self, number: int) -> bool:
        return number in self.alive

    def pool(self, at_once: int = 2, rest_s: float = 0) -> Pool[int]:
        return Pool(self.start, self.end, self.is_alive, at_once=at_once, rest_s=rest_s, on_failure=self.errors.append)


def with_pool(work: Callable[[Shop, Pool[int]], Awaitable[None]], **options: Any) -> Shop:
    async def run() -> Shop:
        shop = Shop(**options)
        pool = shop.pool()
        await work(shop, pool)
        await pool.close()
        assert len(pool) == 0
        assert len(asyncio.all_tasks()) == 1
        return shop

    return asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


def test_a_pool_fills_one_at_a_time() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({LESSON: 5}, share=1)
        await until(lambda: len(pool) == 5)
        await asyncio.sleep(0.05)
        assert shop.log == [f"refill {number}" for number in range(5)]
        assert shop.most_starting == 1

    assert with_pool(work).alive == set()


def test_the_oldest_is_handed_out_at_once_and_replaced() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({LESSON: 2}, share=1)
        await until(lambda: len(pool) == 2)
        assert await pool.take(LESSON) == 0
        assert len(pool) == 1
        await until(lambda: len(pool) == 2)
        assert shop.log[-1] == "refill 2"

    assert with_pool(work).alive == {0}


@pytest.mark.parametrize("ready", [0, 1])
def test_a_page_that_is_just_opening_has_the_machine_to_itself(ready: int) -> None:
    async def run() -> None:
        shop = Shop()
        pool = shop.pool(rest_s=3600)
        await pool.resize({LESSON: ready}, share=1)
        await until(lambda: len(pool) == ready)
        await asyncio.sleep(0.01)
        assert await pool.take(LESSON) == 0
        await pool.resize({LESSON: 2}, share=1)
        await asyncio.sleep(0.05)
        assert len(shop.log) == 1
        await pool.close()

    asyncio.run(run())


def test_no_kernel_is_handed_out_twice() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({LESSON: 3}, share=1)
        await until(lambda: len(pool) == 3)
        taken = await asyncio.gather(*(pool.take(LESSON) for _ in range(12)))
        assert len(set(taken)) == 12
        assert shop.most_starting <= 3

    with_pool(work)


def test_who_waits_goes_before_the_refill() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({LESSON: 4})
        await asyncio.gather(*(pool.take(LESSON) for _ in range(6)))
        wanted = [at for at, line in enumerate(shop.log) if line.startswith("wanted")]
        assert len(wanted) == 6
        assert wanted[-1] <= 6
        await until(lambda: len(pool) == 4)

    with_pool(work)


def test_a_refill_rests_as_long_as_it_works() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        begun = asyncio.get_running_loop().time()
        await pool.resize({LESSON: 4}, share=0.25)
        await until(lambda: len(pool) == 4)
        assert asyncio.get_running_loop().time() - begun >= 4 * 0.03 + 3 * 0.09

    with_pool(work, start_s=0.03)


def test_a_dead_kernel_is_not_handed_out() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({LESSON: 2}, share=1)
        await until(lambda: len(pool) == 2)
        shop.alive.discard(0)
        assert await pool.take(LESSON) == 1

    with_pool(work)


def test_a_failed_start_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecitizen.kernels.pool.LONGEST_PAUSE_S", 0.01)

    async def work(shop: Shop, pool: Pool[int]) -> None:
        shop.broken = 2
        await pool.resize({LESSON: 1}, share=1)
        await until(lambda: len(pool) == 1)
        assert len(shop.errors) == 2
        shop.broken = 1
        assert await pool.take(LESSON) == 2
        with pytest.raises(CourseError):
            await pool.take(LESSON)

    with_pool(work)


def test_a_start_that_swallows_its_cancellation_holds_nothing_up() -> None:
    async def run() -> None:
        async def start(_lesson: str, _low_priority: bool) -> int:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise RuntimeError("Kernel died") from None
            return 0

        async def end(_kernel: int) -> None: ...

        async def is_alive(_kernel: int) -> bool:
            return True

        pool = Pool(start, end, is_alive)
        await pool.resize({LESSON: 1})
        await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            await pool.close()
        assert len(pool) == 0

    asyncio.run(run())


def test_a_changed_lesson_renews_the_pool() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({LESSON: 2}, share=1)
        await until(lambda: len(pool) == 2)
        await pool.renew()
        assert shop.alive == set()
        await until(lambda: len(pool) == 2)
        assert await pool.take(LESSON) == 2

    with_pool(work)


def test_a_smaller_pool_ends_what_is_too_much() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({LESSON: 3}, share=1)
        await until(lambda: len(pool) == 3)
        await pool.resize({LESSON: 1})
        assert shop.alive == {0}
        with pytest.raises(ValueError, match="share"):
            await pool.resize({LESSON: 1}, share=0)

    with_pool(work)


def test_the_lesson_that_lacks_most_comes_first() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        await pool.resize({"one": 1, "two": 2}, share=1)
        await until(lambda: len(pool) == 3)
        assert (pool.ready("one"), pool.ready("two")) == (1, 2)
        assert await pool.take_ready("two") == 0
        assert await pool.take_ready("three") is None
        await pool.resize({"one": 1})
        assert (len(pool), pool.ready("two")) == (1, 0)

    with_pool(work)


def test_the_refill_rests_while_somebody_starts_a_kernel() -> None:
    async def work(shop: Shop, pool: Pool[int]) -> None:
        async with pool.door():
            await pool.resize({LESSON: 1}, share=1)
            await asyncio.sleep(0.05)
            assert shop.log == []
        await until(lambda: len(pool) == 1)

    with_pool(work)


def test_a_look_at_the_place_takes_no_place() -> None:
    queue = Queue()
    assert queue.place("a", 0, 0) == 1
    assert [queue.place("a", 1, 1, enter=False) for _ in range(2)] == [0, 0]
    assert queue.place("b", 1, 2) == 2
    assert queue.place("a", 1, 3) == 0


def test_the_queue_is_fair() -> None:
    queue = Queue(patience_s=30)
    assert [queue.place(who, 0, 0) for who in "abc"] == [1, 2, 3]
    assert queue.place("d", 1, 1) == 4
    assert queue.place("a", 1, 2) == 0
    assert [queue.place(who, 0, 3) for who in "bcd"] == [1, 2, 3]
    # b's page went away.
    assert [queue.place(who, 0, 34) for who in "cd"] == [1, 2]
    queue.leave("c")
    assert queue.place("d", 1, 35) == 0
    assert queue.place("e", 0, 36) == 1
    assert [queue.waiting(now_s) for now_s in (66, 67)] == [1, 0]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 2)), max_size=40))
def test_nobody_is_overtaken(asked: list[tuple[str, int]]) -> None:
    queue, waiting = Queue(), list[str]()
    for who, free in asked:
        if who not in waiting:
            waiting.append(who)
        place = queue.place(who, free, 0)
        assert place == (0 if waiting.index(who) < free else waiting.index(who) + 1)
        if place == 0:
            waiting.remove(who)
        assert len(queue._asked_at) == len(waiting)


BINDABLE = [*ARGUMENTS, "--IPKernelApp.kernel_class=ecitizen.kernels.bindable.BindableKernel"]
LISTEN = """
import threading
seen = []
def hear(binding): seen.append([dict(binding), threading.current_thread() is threading.main_thread()])
get_ipython().kernel.when_bound(hear)
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    yield tmp_path
    ZYGOTES.close()


@pytest.mark.slow
@pytest.mark.parametrize("config", [{"preload": ["ecitizen.kernels.bindable"]}, None], ids=["forked", "started"])
def test_a_kernel_is_bound_once_by_message(root: Path, config: dict[str, Any] | None) -> None:
    write_spec(root, "bindable", config, argv=BINDABLE)
    token = uuid.uuid4().hex

    async def look() -> None:
        options = {} if config is None else {"low_priority": True}
        async with kernel("bindable", **options) as running:
            await running.run(LISTEN)
            await bind(running.manager, {"token": token})
            assert await running.ask("seen") == [[{"token": token}, True]]
            await running.run(LISTEN)
            assert await running.ask("seen") == [[{"token": token}, True]]
            with pytest.raises(BindingFailed, match="AlreadyBound"):
                await bind(running.manager, {"token": "another"})
            assert os.getpriority(os.PRIO_PROCESS, running.pid) == os.getpriority(os.PRIO_PROCESS, 0)
            for name in ("environ", "cmdline"):
                for pid in (running.pid, *ZYGOTES.pids()):
                    assert token.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
            assert token not in await running.run("import os; print(os.environ)")

    asyncio.run(look())


@pytest.mark.slow
def test_a_failing_listener_fails_the_binding(root: Path) -> None:
    write_spec(root, "bindable", {"preload": ["ecitizen.kernels.bindable"]}, argv=BINDABLE)

    async def look() -> None:
        async with kernel("bindable") as running:
            await running.run("get_ipython().kernel.when_bound(lambda binding: binding['nothing'])")
            with pytest.raises(BindingFailed, match="KeyError"):
                await bind(running.manager, {"token": "x"})

    asyncio.run(look())


@pytest.mark.slow
def test_a_busy_kernel_is_not_waited_for(root: Path) -> None:
    write_spec(root, "bindable", {"preload": ["ecitizen.kernels.bindable"]}, argv=BINDABLE)

    async def look() -> None:
        async with kernel("bindable") as running:
            running.client.execute(
                f"import pathlib, time; pathlib.Path({str(root / 'busy')!r}).touch(); time.sleep(60)"
            )
            while not (root / "busy").exists():
                await asyncio.sleep(0.01)
            with pytest.raises(BindingFailed, match="no answer"):
                await bind(running.manager, {"token": "x"}, seconds=0.3)

    asyncio.run(look())


@pytest.mark.slow
def test_a_pool_of_forked_kernels(root: Path) -> None:
    write_spec(root, "bindable", {"preload": ["ecitizen.kernels.bindable"]}, argv=BINDABLE)

    async def look() -> None:
        opened: dict[int, Any] = {}

        async def start(_lesson: str, low_priority: bool) -> int:
            entered = kernel("bindable", low_priority=low_priority)
            running = await entered.__aenter__()
            await running.run("import os\nnames = []\nget_ipython().kernel.when_bound(names.append)")
            opened[running.pid] = (entered, running)
            return running.pid

        async def end(pid: int) -> None:
            await opened.pop(pid)[0].__aexit__(None, None, None)

        async def is_alive(pid: int) -> bool:
            return bool(await opened[pid][1].manager.is_alive())

        pool = Pool(start, end, is_alive)
        await pool.resize({LESSON: 2}, share=1)
        async with asyncio.timeout(60):
            while len(pool) < 2:
                await asyncio.sleep(0.05)
        taken = [await pool.take(LESSON) for _ in range(3)]
        assert len(set(taken)) == 3
        for number, pid in enumerate(taken):
            running = opened[pid][1]
            await bind(running.manager, {"number": number})
            assert await running.ask("[dict(name) for name in names]") == [{"number": number}]
            await end(pid)
        await pool.close()
        assert not opened

    asyncio.run(look())
