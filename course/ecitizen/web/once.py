"""What a form does is done once, and what a page shows once is kept in memory for a little while: never on a disk."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")

LASTS_S = 15 * 60
"""So long a PIN, an uploaded list or a result can be looked at again by the session it was made for."""

MOST_KEPT = 60
MOST_FORMS = 1000
_TOKEN = re.compile(r"[0-9a-f]{32}")


def new_token() -> str:
    """Give 32 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class _Kept:
    session: str
    thing: Any
    until_s: float


class Kept:
    """Things that one session may fetch by a token until their time is over; the oldest go when there are too many."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the clock, in seconds; a test brings its own."""
        self._clock = clock
        self._things: dict[str, _Kept] = {}

    def put(self, session: str, thing: object) -> str:
        """Keep a thing; gives its token."""
        self._forget()
        while len(self._things) >= MOST_KEPT:
            del self._things[next(iter(self._things))]
        token = new_token()
        self._things[token] = _Kept(session, thing, self._clock() + LASTS_S)
        return token

    def get(self, session: str, token: str, kind: type[T]) -> T | None:
        """Give a thing to the session it belongs to; None if there is none of this kind, or not any more."""
        self._forget()
        kept = self._things.get(token)
        return kept.thing if kept and kept.session == session and isinstance(kept.thing, kind) else None

    def drop(self, session: str, token: str) -> None:
        """Forget a thing of this session."""
        kept = self._things.get(token)
        if kept is not None and kept.session == session:
            del self._things[token]

    def clear(self) -> None:
        """Forget everything: a person was erased, and names may be among it."""
        self._things.clear()

    def _forget(self) -> None:
        now_s = self._clock()
        for token in [token for token, kept in self._things.items() if kept.until_s <= now_s]:
            del self._things[token]


class Once:
    """Answers to forms by the token that each form carries: sent twice, done once."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._done: dict[str, asyncio.Task[str]] = {}

    async def do(self, token: str, work: Callable[[], Awaitable[str]]) -> str:
        """Run the work of a form and give where it leads; the same form again waits for that and gives the same.

        A form without a token of ours is simply done. What failed may be tried again.
        """
        if not _TOKEN.fullmatch(token):
            return await work()
        task = self._done.get(token)
        if task is None:
            while len(self._done) >= MOST_FORMS:
                del self._done[next(iter(self._done))]
            task = self._done[token] = asyncio.ensure_future(_run(work))
        try:
            # Not cancelled when the browser hangs up: the second press of a double one still wants the answer.
            return await asyncio.shield(task)
        finally:
            if task.done() and (task.cancelled() or task.exception() is not None):
                self._done.pop(token, None)


async def _run(work: Callable[[], Awaitable[str]]) -> str:
    return await work()
