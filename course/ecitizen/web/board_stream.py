"""Server-sent events: one answer of the server that doesn't end, to a page that stands open."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final

from tornado.iostream import StreamClosedError

from ecitizen.web.board_channel import Ear
from ecitizen.web.pages import PageHandler

Heard = tuple[str, str]
"""Name and document of one event, as the browser's ``EventSource`` gets it."""

Tell = Callable[[frozenset[Hashable] | None], Awaitable[Iterable[Heard]]]

BEAT_S: Final = 15.0
"""A page hears something at least so often; what depends on the clock is looked at anew."""

PACE_S: Final = 0.15
"""What comes faster is told together: a class of thirty presses ten times a second, and a screen that is drawn for each
press costs a small PC half as much again. The first news after a pause goes at once."""

AGAIN_MS: Final = 2000
"""After so long a browser whose line broke comes again."""

LASTS_S: Final = 15 * 60.0
"""Then the page is asked to come again: who it is and what it may see is looked at anew."""


def said(name: str, document: str) -> str:
    """Write one event down; a document may have several lines."""
    lines = "".join(f"data: {line}\n" for line in document.splitlines() or [""])
    return f"event: {name}\n{lines}\n"


BEAT: Final = said("beat", "")


class StreamHandler(PageHandler):
    """An address that goes on answering; mixed into pages that know who may listen."""

    by_itself = True

    _ear: Ear | None = None

    async def stream(self, channel: Hashable, tell: Tell) -> None:
        """Answer until the page, its session, the server or a quarter of an hour ends; a browser then comes again.

        ``tell`` gives what to say to some news; None stands for everything, at first and at each beat of the clock.
        """
        session = self.visitor.username if self.visitor else ""
        ear = self._ear = self.classroom.streams.listen(channel, session)
        if ear is None:
            self.set_status(503)
            return
        self._begin()
        ends_s = time.monotonic() + LASTS_S
        try:
            news: frozenset[Hashable] | None = None
            beat_s = time.monotonic() + BEAT_S
            while not ear.closed and session not in self.identity.ended and time.monotonic() < ends_s:
                await self.send(await tell(news))
                await asyncio.sleep(PACE_S)
                news = await ear.news(beat_s - time.monotonic())
                if time.monotonic() >= beat_s:
                    news, beat_s = None, time.monotonic() + BEAT_S
            if ear.crowded:
                await self.send([("enough", "")])
        except StreamClosedError:
            # The page has gone; there is nobody to tell.
            return
        finally:
            ear.close()

    async def send(self, events: Iterable[Heard]) -> None:
        """Tell the page; without anything to tell, ``beat``: the line still stands. Raises ``StreamClosedError``."""
        self.write("".join(said(*event) for event in events) or BEAT)
        await self.flush()

    def on_connection_close(self) -> None:
        """Wake whoever waits for news on behalf of a page that has gone."""
        super().on_connection_close()
        if self._ear is not None:
            self._ear.close()

    def _begin(self) -> None:
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        # A proxy that gathers the answer, or packs it, would hold the news back.
        self.set_header("Cache-Control", "no-store, no-transform")
        self.set_header("X-Accel-Buffering", "no")
        self.set_header("Content-Encoding", "identity")
        self.request.connection.stream.set_nodelay(True)
        self.write(f"retry: {AGAIN_MS}\n\n")
