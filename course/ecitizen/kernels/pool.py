"""Kernels of one lesson, ready before anyone asks; and a queue for when the machine carries no more.

Pure asyncio: how a kernel is started, ended and looked after is the caller's, see docs/kernels.md.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from ecitizen.errors import CourseError

K = TypeVar("K")

FAILURES = (CourseError, OSError, RuntimeError)
"""What a start that fails may raise; ``TimeoutError`` is an ``OSError``. Anything else is a bug and ends the refill."""

SHARE = 0.5
"""Of the time of one core, which the refill takes at most while a class works."""

LONGEST_PAUSE_S = 60.0


class Pool(Generic[K]):
    """Hands out kernels that stand ready, and starts others in their place: one at a time, at low priority."""

    def __init__(
        self,
        start: Callable[[bool], Awaitable[K]],
        end: Callable[[K], Awaitable[None]],
        is_alive: Callable[[K], Awaitable[bool]],
        *,
        at_once: int = os.cpu_count() or 1,
        on_failure: Callable[[Exception], None] = lambda _error: None,
    ) -> None:
        """Take the three callbacks; ``start(low_priority)`` gives a kernel ready for a learner, or leaves none behind.

        ``at_once``: how many kernels that somebody waits for start together; more would only make all of them late.
        """
        self._start, self._end, self._is_alive, self._on_failure = start, end, is_alive, on_failure
        self._ready: deque[K] = deque()
        self._size, self._share = 0, SHARE
        self._doors = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._changed = asyncio.Event()
        self._refill: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Count the kernels that stand ready."""
        return len(self._ready)

    async def resize(self, size: int, share: float = SHARE) -> None:
        """Keep so many ready from now on; ``share`` 1 fills without a rest, as before a class."""
        if not 0 < share <= 1:
            raise ValueError(f"expected a share above 0 and up to 1, got {share!r}")
        self._size, self._share = size, share
        while len(self._ready) > size:
            await self._end(self._ready.pop())
        if self._refill is None or self._refill.done():
            self._refill = asyncio.create_task(self._keep_filled(), name="kernel pool")
        self._changed.set()

    async def take(self) -> K:
        """Give a kernel: one that stands ready and lives, else one that is started now."""
        while self._ready:
            kernel = self._ready.popleft()
            self._changed.set()
            if await self._is_alive(kernel):
                return kernel
            await self._end(kernel)
        self._waiting += 1
        try:
            async with self._doors:
                return await self._start(False)
        finally:
            self._waiting -= 1
            self._changed.set()

    async def renew(self) -> None:
        """End all that stand ready, because the lesson has changed; the refill brings new ones."""
        ready, self._ready = self._ready, deque()
        self._changed.set()
        for kernel in ready:
            await self._end(kernel)

    async def close(self) -> None:
        """Start no more, and end all that stand ready."""
        self._size = 0
        if self._refill is not None:
            self._refill.cancel()
            await asyncio.gather(self._refill, return_exceptions=True)
        await self.renew()

    async def _keep_filled(self) -> None:
        failed = 0
        while True:
            # Whoever waits for a kernel goes before whoever may come.
            while len(self._ready) >= self._size or self._waiting:
                self._changed.clear()
                await self._changed.wait()
            begun = time.monotonic()
            try:
                kernel = await self._start(True)
            except FAILURES as error:
                failed += 1
                self._on_failure(error)
                await asyncio.sleep(min(LONGEST_PAUSE_S, 2.0**failed))
                continue
            failed = 0
            if len(self._ready) < self._size:
                self._ready.append(kernel)
            else:
                await self._end(kernel)
            await asyncio.sleep((time.monotonic() - begun) * (1 / self._share - 1))


class Queue:
    """Who waits for a kernel, by session: a page asks again and again, and loses its place if it stops asking."""

    def __init__(self, patience_s: float = 30.0) -> None:
        """Begin empty; ``patience_s`` is how long a page may be silent."""
        self._patience_s = patience_s
        self._asked_at: dict[str, float] = {}

    def place(self, who: str, free: int, now_s: float) -> int:
        """Give 0 to come in, and forget the asker; else the place in the queue, from 1. ``free``: kernels to have."""
        for other, asked in list(self._asked_at.items()):
            if now_s - asked > self._patience_s:
                del self._asked_at[other]
        self._asked_at[who] = now_s
        place = list(self._asked_at).index(who)
        if place < free:
            del self._asked_at[who]
            return 0
        return place + 1

    def leave(self, who: str) -> None:
        """Give a place up."""
        self._asked_at.pop(who, None)

    def __len__(self) -> int:
        return len(self._asked_at)
