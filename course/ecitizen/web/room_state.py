"""Which classes are held together just now: everybody waits, or everybody follows what is shown on the projector.

In memory: a server that starts anew holds nobody, and a class that was forgotten is let go after a while.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

LASTS = timedelta(hours=2)
"""So long after the last press of the instructor the learners are let go by themselves."""

KEPT = timedelta(days=1)
"""So long it is remembered who waited when: what the board says of somebody is of today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A golden path, or a whole lesson, on the projector."""

    lesson: str
    task: str
    """Empty for the whole lesson."""

    title: str
    """Of the task or the lesson."""

    frames: tuple[Mapping[str, Any], ...]
    """As ``widgets.Practice.frames``: ``view``, ``caption``, ``control``, ``fill``; or a text of the lesson, as
    ``room_lesson.Frame``; at least one."""

    at: int = 0
    """Frame that is shown, from 0."""

    @property
    def what(self) -> str:
        """Name it among everything that can be shown."""
        return f"{self.lesson}/{self.task}"

    def turned(self, to: int) -> Show:
        """Show another frame; a number beyond the ends shows the first or the last."""
        return replace(self, at=max(0, min(to, len(self.frames) - 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A class whose pages wait."""

    group: str
    members: frozenset[int]
    """Cards of the group, and of guests of other groups who were marked as present."""

    since: datetime
    touched: datetime
    show: Show | None = None
    """None for a pause."""

    def holds(self, key: int | str) -> bool:
        """Say whether somebody belongs to the class; a guest without a card goes with every class."""
        return isinstance(key, str) or key in self.members

    def ends_at(self, now: datetime) -> datetime:
        """Give when the class is let go by itself, at the latest now."""
        return min(now, self.touched + LASTS)

    def words(self) -> dict[str, Any]:
        """Give what the page of a learner is told."""
        if self.show is None:
            return {"kind": "pause"}
        show = self.show
        frame = show.frames[show.at]
        told = {"kind": "show", "title": show.title, "caption": frame["caption"]}
        return told | {"n": show.at + 1, "total": len(show.frames)}


class Rooms:
    """The classes that are held, by the code of their group."""

    def __init__(self) -> None:
        """Begin with everybody free."""
        self._held: dict[str, Held] = {}
        self._over: list[tuple[Held, datetime]] = []
        """Those that were let go, and when; what lies a day back is forgotten."""

    def pause(self, group: str, members: frozenset[int], now: datetime) -> None:
        """Let everybody of a class wait; a showing ends."""
        self._hold(group, members, now, None)

    def show(self, group: str, members: frozenset[int], now: datetime, show: Show) -> None:
        """Let everybody of a class follow a showing."""
        self._hold(group, members, now, show)

    def turn(self, group: str, to: int, now: datetime) -> Held | None:
        """Show another frame; None if nothing is shown to the class."""
        held = self.of_group(group, now)
        if held is None or held.show is None:
            return None
        self._held[group] = replace(held, show=held.show.turned(to), touched=now)
        return self._held[group]

    def admit(self, group: str, members: frozenset[int]) -> None:
        """Let people belong to a class that is held, such as somebody who was marked late."""
        if group in self._held:
            held = self._held[group]
            self._held[group] = replace(held, members=held.members | members)

    def let_go(self, group: str, now: datetime) -> None:
        """Let everybody go on where they were."""
        held = self._held.get(group)
        if held is not None:
            # Noted before it ends: the board is drawn in a thread, and what overlaps counts once.
            self._over = [*(one for one in self._over if now - one[1] < KEPT), (held, held.ends_at(now))]
            del self._held[group]

    def of_group(self, group: str, now: datetime) -> Held | None:
        """Give how a class is held; None if it is free."""
        held = self._held.get(group)
        return held if held is not None and now - held.touched < LASTS else None

    def of(self, key: int | str, now: datetime) -> Held | None:
        """Give what holds a learner; a guest without a card goes with the class that was held last."""
        fresh = [held for held in self._held.values() if now - held.touched < LASTS]
        return max((held for held in fresh if held.holds(key)), key=lambda held: held.since, default=None)

    def held_for(self, key: int | str, since: datetime, now: datetime) -> timedelta:
        """Give how long a learner was made to wait between two moments; what overlaps counts once."""
        holds = [*self._over, *((held, held.ends_at(now)) for held in list(self._held.values()))]
        counted, until = timedelta(), since
        for begins, ends in sorted((held.since, end) for held, end in holds if held.holds(key)):
            counted += max(timedelta(), ends - max(begins, until))
            until = max(until, ends)
        return counted

    def _hold(self, group: str, members: frozenset[int], now: datetime, show: Show | None) -> None:
        before = self.of_group(group, now)
        if before is None:
            self.let_go(group, now)
        since = before.since if before else now
        self._held[group] = Held(group=group, members=members, since=since, touched=now, show=show)
