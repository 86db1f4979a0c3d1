"""How often something may be done: so many at once, then so many a second. Counted by session and never by address."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_FLOWS = 5000


class Flow:
    """A bucket of ``burst`` tokens that fills up by ``rate_hz`` a second; each thing done takes one."""

    def __init__(self, rate_hz: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin full; the clock gives seconds."""
        self._rate_hz, self._burst, self._clock = rate_hz, burst, clock
        self._left, self._at_s = float(burst), clock()

    def wait_s(self) -> float:
        """Give the seconds until a thing may be done, 0 for now; a thing that may be done now is counted as done."""
        now_s = self._clock()
        self._left = min(self._burst, self._left + (now_s - self._at_s) * self._rate_hz)
        self._at_s = now_s
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate_hz


class Flows:
    """A flow for each session; those heard of longest ago are forgotten when there are too many."""

    def __init__(self, rate_hz: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what each of the flows is made of."""
        self._rate_hz, self._burst, self._clock = rate_hz, burst, clock
        self._flows: dict[str, Flow] = {}

    def wait_s(self, session: str) -> float:
        """Give the seconds that a session has to wait; see ``Flow.wait_s``."""
        flow = self._flows.pop(session, None) or Flow(self._rate_hz, self._burst, self._clock)
        self._flows[session] = flow
        while len(self._flows) > MOST_FLOWS:
            del self._flows[next(iter(self._flows))]
        return flow.wait_s()
