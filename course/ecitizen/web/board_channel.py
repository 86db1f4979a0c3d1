"""Who listens to what: pages that hear what happens while they stand open.

What a page has not been told yet is kept as a set of topics and never as a queue, so that a tablet that fell asleep
costs nothing and catches up with one repaint.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Hashable
from typing import Final

GATHER_S: Final = 0.05
"""News that come so close together are told together."""

MOST_OF_A_SESSION: Final = 4
MOST: Final = 500
"""Pages that listen at all; one more is told to ask by itself."""

BOARD: Final = "board"
"""Channel on which the keys of those who did something are told."""


class Ear:
    """One page that listens to one channel."""

    def __init__(self, streams: Streams, channel: Hashable, session: str) -> None:
        """Open it; who listens must close it."""
        self.session, self.closed = session, False
        self.crowded = False
        """Closed because the same session has opened too many."""

        self._streams, self._channel = streams, channel
        self._news: set[Hashable] = set()
        self._woken = asyncio.Event()

    def hear(self, topic: Hashable) -> None:
        """Remember a topic until the page is told; the same one twice is one."""
        self._news.add(topic)
        self._woken.set()

    async def news(self, wait_s: float) -> frozenset[Hashable]:
        """Give what is new, once there is something; nothing after so many seconds, and nothing if it is closed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, wait_s)):
                await self._woken.wait()
                await asyncio.sleep(GATHER_S)
        self._woken.clear()
        news, self._news = frozenset(self._news), set()
        return news

    def close(self) -> None:
        """Hear nothing any more; whoever waits is woken."""
        self.closed = True
        self._streams.drop(self._channel, self)
        self._woken.set()


class Streams:
    """Who listens to what; belongs to the event loop."""

    def __init__(self) -> None:
        """Begin with nobody listening."""
        self._ears: defaultdict[Hashable, list[Ear]] = defaultdict(list)

    def listen(self, channel: Hashable, session: str) -> Ear | None:
        """Open an ear; the oldest of a session that has too many is closed. None if the house is full."""
        own = [ear for ears in self._ears.values() for ear in ears if ear.session == session]
        for ear in own[: max(0, len(own) - MOST_OF_A_SESSION + 1)]:
            ear.crowded = True
            ear.close()
        if len(self) >= MOST:
            return None
        ear = Ear(self, channel, session)
        self._ears[channel].append(ear)
        return ear

    def tell(self, channel: Hashable, topic: Hashable) -> None:
        """Let everybody on a channel hear a topic; costs nothing where nobody listens."""
        for ear in self._ears.get(channel, ()):
            ear.hear(topic)

    def listening(self, channel: Hashable) -> bool:
        """Say whether anybody listens to a channel."""
        return channel in self._ears

    def drop(self, channel: Hashable, ear: Ear) -> None:
        """Forget an ear."""
        ears = [one for one in self._ears.get(channel, ()) if one is not ear]
        if ears:
            self._ears[channel] = ears
        else:
            self._ears.pop(channel, None)

    def close(self) -> None:
        """Close every ear: the server stops."""
        for ear in [ear for ears in self._ears.values() for ear in ears]:
            ear.close()

    def __len__(self) -> int:
        return sum(map(len, self._ears.values()))
