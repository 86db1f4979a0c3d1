"""How long somebody who guesses PINs has to wait.

The state lives in memory: a restart of the server forgives everybody, which a library can live with and a guesser
can't cause. A key names both the card and the place the guess comes from, so that a neighbour locks only himself out.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

FREE_TRIES = 5
"""So many wrong PINs cost nothing: fingers slip."""

FIRST_WAIT_S = 60
LONGEST_WAIT_S = 60 * 60
FORGET_AFTER_S = 24 * 60 * 60
MOST_KEYS = 10_000
_REMEMBERED = 5


@dataclass(slots=True)
class _Bucket:
    tries: int = 0
    closed_until_s: float = 0.0
    last_s: float = 0.0


class Lockout:
    """Counts wrong PINs by key; after the fifth each next one doubles the wait: 1, 2, 4 … 60 minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock, in seconds; a test brings its own."""
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def knock(self, key: str) -> float:
        """Ask for one try; gives the seconds to wait, 0 if it may be made now.

        The try counts as a wrong one at once, so that a hundred tries sent in the same moment are not a hundred tries;
        ``opened`` takes it back.
        """
        now_s = self._clock()
        self._forget(now_s)
        bucket = self._buckets.setdefault(key, _Bucket())
        if bucket.closed_until_s > now_s:
            return bucket.closed_until_s - now_s
        bucket.tries += 1
        bucket.last_s = now_s
        if bucket.tries >= FREE_TRIES:
            wait_s = min(FIRST_WAIT_S * 2 ** min(bucket.tries - FREE_TRIES, 10), LONGEST_WAIT_S)
            bucket.closed_until_s = now_s + wait_s
        return 0.0

    def opened(self, key: str) -> None:
        """Forget the wrong tries of a key: the PIN was right."""
        self._buckets.pop(key, None)

    def _forget(self, now_s: float) -> None:
        if len(self._buckets) < MOST_KEYS:
            return
        # Whoever makes up thousands of numbers must not free a card that is closed: guesses made once go first.
        by_worth = sorted(self._buckets, key=lambda key: (self._buckets[key].tries, self._buckets[key].last_s))
        old = {key for key, bucket in self._buckets.items() if bucket.last_s + FORGET_AFTER_S < now_s}
        for key in old | set(by_worth[: MOST_KEYS // 10]):
            del self._buckets[key]


class Examiner:
    """Checks PINs in threads of its own, so that whoever guesses does not slow down what learners do.

    A number that stands on no card costs the time of a check and no work. A card closes after five wrong tries, so
    that a flood of guesses is answered without any work as soon as it has been at each card five times.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock, in seconds."""
        self._clock = clock
        self._threads = {known: ThreadPoolExecutor(1, thread_name_prefix="pin") for known in (True, False)}
        self._took_s: deque[float] = deque(maxlen=_REMEMBERED)

    async def check(self, work: Callable[[], bool], *, exists: bool, known_device: bool) -> bool:
        """Give what ``work`` gives; devices that were let in before do not wait behind those that were not.

        ``exists`` says whether there is anything to check; if there is not, False comes after as long a time.
        """
        if not exists and self._took_s:
            await asyncio.sleep(min(self._took_s))
            return False
        begun_s = self._clock()
        right = await asyncio.get_running_loop().run_in_executor(self._threads[known_device], work)
        self._took_s.append(self._clock() - begun_s)
        return right

    def close(self) -> None:
        """Let go of the threads."""
        for pool in self._threads.values():
            pool.shutdown(wait=False, cancel_futures=True)
