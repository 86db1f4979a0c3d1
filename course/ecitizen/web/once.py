"""What a form does is done once, and what a page shows once is kept in memory for a little while: never on a disk."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
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

    def hand_over(self, session: str, to: str) -> None:
        """Give what one session may fetch to another, of the same person."""
        for token, kept in self._things.items():
            if kept.session == session:
                self._things[token] = replace(kept, session=to)

    def clear(self) -> None:
        """Forget everything: a person was erased, and names may be among it."""
        self._things.clear()

    def _forget(self) -> None:
        now_s = self._clock()
        for token in [token for token, kept in self._things.items() if kept.until_s <= now_s]:
            del self._things[token]


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was done before."""

    place: str
    """Where it led."""

    same: bool
    """Word for word what came this time; if not, somebody went back and changed something."""


@dataclass(slots=True)
class _Form:
    digest: str
    done: asyncio.Future[str]
    """Where it led; empty if it came to nothing and may be tried again."""


class SentForms:
    """Forms by the token that each carries: what comes again finds out where it led, even while it is being done."""

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._forms: dict[str, _Form] = {}

    async def begin(self, token: str, digest: str) -> Sent | None:
        """Take a form; None if it is to be done now, and then ``end`` has to follow."""
        while (known := self._forms.get(token)) is not None:
            place = await asyncio.shield(known.done)
            if place:
                return Sent(place, known.digest == digest)
        # Done ones go first; one that is being done finds its own end.
        for old in [token for token, form in self._forms.items() if form.done.done()][: -MOST_FORMS + 1]:
            del self._forms[old]
        self._forms[token] = _Form(digest, asyncio.get_running_loop().create_future())
        return None

    def end(self, token: str, place: str) -> None:
        """Say where a form led; an empty place means that it came to nothing."""
        form = self._forms[token]
        if not place:
            del self._forms[token]
        form.done.set_result(place)


def is_token(text: str) -> bool:
    """Say whether a field holds a token of ours."""
    return bool(_TOKEN.fullmatch(text))


def digest_of(parts: Iterable[tuple[str, bytes]]) -> str:
    """Give what tells one filled in form from another."""
    digest = hashlib.blake2b(digest_size=16)
    for name, value in parts:
        digest.update(f"{name}\0{len(value)}\0".encode() + value)
    return digest.hexdigest()


class Once:
    """Answers to forms by the token that each form carries: sent twice, done once."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self._done: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def do(self, token: str, work: Callable[[], Awaitable[str]]) -> str:
        """Run the work of a form and give where it leads; the same form again waits for that and gives the same.

        A form without a token of ours is simply done. What failed may be tried again.
        """
        if not is_token(token):
            return await work()
        # All forms of a page have one token; each has work of its own.
        key = token, getattr(work, "__qualname__", "")
        task = self._done.get(key)
        if task is None:
            while len(self._done) >= MOST_FORMS:
                del self._done[next(iter(self._done))]
            task = self._done[key] = asyncio.ensure_future(_run(work))
        try:
            # Not cancelled when the browser hangs up: the second press of a double one still wants the answer.
            return await asyncio.shield(task)
        finally:
            if task.done() and (task.cancelled() or task.exception() is not None):
                self._done.pop(key, None)


async def _run(work: Callable[[], Awaitable[str]]) -> str:
    return await work()
