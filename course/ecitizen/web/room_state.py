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


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """A golden path on the projector."""

    lesson: str
    task: str
    title: str
    """Of the task."""

    frames: tuple[Mapping[str, Any], ...]
    """As ``widgets.Practice.frames``: ``view``, ``caption``, ``control``, ``fill``; at least one."""

    at: int = 0
    """Frame that is shown, from 0."""

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

    def let_go(self, group: str) -> None:
        """Let everybody go on where they were."""
        self._held.pop(group, None)

    def of_group(self, group: str, now: datetime) -> Held | None:
        """Give how a class is held; None if it is free."""
        held = self._held.get(group)
        return held if held is not None and now - held.touched < LASTS else None

    def of(self, key: int | str, now: datetime) -> Held | None:
        """Give what holds a learner; a guest without a card goes with the class that was held last."""
        fresh = [held for held in self._held.values() if now - held.touched < LASTS]
        mine = [held for held in fresh if isinstance(key, str) or key in held.members]
        return max(mine, key=lambda held: held.since, default=None)

    def _hold(self, group: str, members: frozenset[int], now: datetime, show: Show | None) -> None:
        before = self.of_group(group, now)
        since = before.since if before else now
        self._held[group] = Held(group=group, members=members, since=since, touched=now, show=show)
