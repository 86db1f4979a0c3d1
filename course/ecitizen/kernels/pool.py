"""Kernels of lessons, ready before anyone asks; and a queue for when the machine carries no more.

Pure asyncio: how a kernel is started, ended and looked after is the caller's, see docs/kernels.md.
"""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from itertools import chain
from typing import Generic, TypeVar

from ecitizen.errors import CourseError

K = TypeVar("K")

FAILURES = (CourseError, OSError, RuntimeError)
"""What a start that fails may raise; ``TimeoutError`` is an ``OSError``. Anything else is a bug and ends the refill."""

SHARE = 0.5
"""Of the time of one core, which the refill takes at most while a class works."""

REST_S = 2.0
"""After somebody has come, until the refill begins: a page that is just opening has the machine to itself."""

LONGEST_PAUSE_S = 60.0
CLOSE_S = 0.2


class Pool(Generic[K]):
    """Hands out kernels that stand ready for a lesson, and starts others: one at a time, at low priority."""

    def __init__(
        self,
        start: Callable[[str, bool], Awaitable[K]],
        end: Callable[[K], Awaitable[None]],
        is_alive: Callable[[K], Awaitable[bool]],
        *,
        at_once: int = os.cpu_count() or 1,
        rest_s: float = REST_S,
        on_failure: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        """Take the three callbacks; ``start(lesson, low_priority)`` gives a kernel ready for a learner, or leaves none.

        ``at_once``: how many kernels that somebody waits for start together; more would only make all of them late.
        """
        self._start, self._end, self._is_alive, self._on_failure = start, end, is_alive, on_failure
        self._rest_s, self._came_at = rest_s, -math.inf
        self._ready: dict[str, deque[K]] = {}
        self._sizes: Mapping[str, int] = {}
        self._share = SHARE
        self._doors = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._changed = asyncio.Event()
        self._refill: asyncio.Task[None] | None = None
        self._closed = False

    def __len__(self) -> int:
        """Count the kernels that stand ready, of all lessons."""
        return sum(map(len, self._ready.values()))

    def ready(self, lesson: str) -> int:
        """Count the kernels that stand ready for one lesson."""
        return len(self._ready.get(lesson, ()))

    async def resize(self, sizes: Mapping[str, int], share: float = SHARE) -> None:
        """Keep so many ready by lesson from now on, and none of others; ``share`` 1 fills without a rest."""
        if not 0 < share <= 1:
            raise ValueError(f"expected a share above 0 and up to 1, got {share!r}")
        self._sizes, self._share = dict(sizes), share
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._keep_filled(), name="kernel pool")
        self._changed.set()
        for lesson, ready in list(self._ready.items()):
            while len(ready) > self._sizes.get(lesson, 0):
                await self._end(ready.pop())

    async def take_ready(self, lesson: str) -> K | None:
        """Give a kernel that stands ready and lives; None if there is none."""
        ready = self._ready.get(lesson, deque())
        while ready:
            kernel = ready.popleft()
            self._came_at = time.monotonic()
            self._changed.set()
            if await self._is_alive(kernel):
                return kernel
            await self._end(kernel)
        return None

    @asynccontextmanager
    async def door(self) -> AsyncIterator[None]:
        """Wait for one's turn to start a kernel oneself; meanwhile the refill rests."""
        self._waiting += 1
        try:
            async with self._doors:
                yield
        finally:
            self._waiting -= 1
            self._came_at = time.monotonic()
            self._changed.set()

    async def take(self, lesson: str) -> K:
        """Give a kernel: one that stands ready and lives, else one that is started now."""
        kernel = await self.take_ready(lesson)
        if kernel is not None:
            return kernel
        async with self.door():
            return await self._start(lesson, False)

    async def renew(self) -> None:
        """End all that stand ready, because the lessons have changed; the refill brings new ones."""
        ready, self._ready = self._ready, {}
        self._changed.set()
        for kernel in chain.from_iterable(ready.values()):
            await self._end(kernel)

    async def close(self) -> None:
        """Start no more, and end all that stand ready."""
        self._sizes, self._closed = {}, True
        while self._refill is not None and not self._refill.done():
            # Asked again, as a library may take a cancellation for the end of its kernel.
            self._refill.cancel()
            await asyncio.wait({self._refill}, timeout=CLOSE_S)
        await self.renew()

    def _missing(self) -> str | None:
        """Name the lesson that lacks most kernels."""
        lacks = {lesson: size - self.ready(lesson) for lesson, size in self._sizes.items()}
        lesson = max(lacks, key=lambda name: lacks[name], default=None)
        return lesson if lesson is not None and lacks[lesson] > 0 else None

    async def _keep_filled(self) -> None:
        failed = 0
        while not self._closed:
            # Whoever waits for a kernel goes before whoever may come.
            while (lesson := self._missing()) is None or self._waiting:
                self._changed.clear()
                await self._changed.wait()
                await asyncio.sleep(self._came_at + self._rest_s - time.monotonic())
            begun = time.monotonic()
            try:
                kernel = await self._start(lesson, True)
            except FAILURES as error:
                failed += 1
                self._on_failure(error)
                await asyncio.sleep(min(LONGEST_PAUSE_S, 2.0**failed))
                continue
            failed = 0
            if self.ready(lesson) < self._sizes.get(lesson, 0):
                self._ready.setdefault(lesson, deque()).append(kernel)
            else:
                await self._end(kernel)
            await asyncio.sleep((time.monotonic() - begun) * (1 / self._share - 1))


class Queue:
    """Who waits for a kernel, by session: a page asks again and again, and loses its place if it stops asking."""

    def __init__(self, patience_s: float = 30.0) -> None:
        """Begin empty; ``patience_s`` is how long a page may be silent."""
        self._patience_s = patience_s
        self._asked_at: dict[str, float] = {}

    def place(self, who: str, free: int, now_s: float, *, enter: bool = True) -> int:
        """Give 0 to come in, and forget the asker; else the place in the queue, from 1. ``free``: kernels to have.

        With ``enter=False`` the asker only looks, and keeps the place.
        """
        self.waiting(now_s)
        self._asked_at[who] = now_s
        place = list(self._asked_at).index(who)
        if place >= free:
            return place + 1
        if enter:
            del self._asked_at[who]
        return 0

    def leave(self, who: str) -> None:
        """Give a place up."""
        self._asked_at.pop(who, None)

    def waiting(self, now_s: float) -> int:
        """Count who still asks, and forget who has stopped."""
        for other, asked in list(self._asked_at.items()):
            if now_s - asked > self._patience_s:
                del self._asked_at[other]
        return len(self._asked_at)
