"""How somebody fares in a lesson today: a fold over events, kept in memory and never read again.

``Watch`` takes the journal in once, when the server starts, and each new event as it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ecitizen.journal.event import Event
from ecitizen.web.presence import HELP, NOBODY_SINCE, SURVEY

STILL_MINUTES = 5
"""A lesson that stands open for so long without any press is stuck."""

ASTRAY_IN_A_ROW = 3
"""So many wrong presses and hints without a right press in between are stuck as well. The board states both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What somebody has done in one lesson since a moment."""

    begun_at: datetime | None = None
    """First event; None if nothing was done."""

    last_at: datetime | None = None
    hints: int = 0
    misses: int = 0
    """Presses beside the point, and forms sent with a wrong or empty field."""

    in_a_row: int = 0
    """Hints and misses since the last right press."""

    @property
    def minutes(self) -> int:
        """Count from the first event to the last."""
        if self.begun_at is None or self.last_at is None:
            return 0
        return int((self.last_at - self.begun_at).total_seconds() // 60)

    def after(self, event: Event, at: datetime) -> Work:
        """Give the work with one more event, stored at a moment."""
        if event.activity in (HELP, SURVEY):
            return self
        hint, miss = event.body.get("do") == "hint", is_miss(event)
        return Work(
            begun_at=self.begun_at or at,
            last_at=at,
            hints=self.hints + hint,
            misses=self.misses + miss,
            in_a_row=self.in_a_row + 1 if hint or miss else 0,
        )


def worked(events: Iterable[Event], since: datetime) -> Work:
    """Sum up the events of one learner in one lesson that were stored at ``since`` or later."""
    work = Work()
    for event in events:
        if event.at is not None and event.at >= since:
            work = work.after(event, event.at)
    return work


def is_miss(event: Event) -> bool:
    """Tell whether a press went wrong: beside every control, with real data, or with a field that was not right."""
    if event.body.get("do") in ("astray", "real"):
        return True
    verdicts = event.body.get("verdicts")
    return isinstance(verdicts, dict) and any(verdict != "right" for verdict in verdicts.values())


def stuck(work: Work, quiet: timedelta) -> bool:
    """Tell whether somebody with a lesson open needs a word; ``quiet`` is how long nothing has happened."""
    return quiet >= timedelta(minutes=STILL_MINUTES) or work.in_a_row >= ASTRAY_IN_A_ROW


def midnight(day: date) -> datetime:
    """Give the moment when a day begins by the clock on the wall."""
    return datetime.combine(day, time()).astimezone()


class Watch:
    """How everybody fares today, and since when a lesson stands open; the day before is forgotten."""

    def __init__(self, now: datetime) -> None:
        """Begin with the day of a moment; older events are passed over."""
        self._begin_day(now)

    def note(self, key: int | str, event: Event, at: datetime) -> None:
        """Take one event into account that was stored at a moment."""
        if at >= self._tomorrow:
            self._begin_day(at)
        if at >= self.since:
            kept = key, event.lesson
            self._work[kept] = self._work.get(kept, Work()).after(event, at)

    def of(self, key: int | str, lesson: str, since: datetime) -> Work:
        """Give the work of one in a lesson on the day that begins at ``since``."""
        return self._work.get((key, lesson), Work()) if since == self.since else Work()

    def page_opened(self, key: int | str, now: datetime) -> None:
        """Note that a lesson was opened just now."""
        self._opened[key] = now

    def opened_at(self, key: int | str) -> datetime:
        """Give when somebody opened a lesson last."""
        return self._opened.get(key, NOBODY_SINCE)

    def forget(self, key: str) -> None:
        """Drop a guest who left."""
        self._opened.pop(key, None)
        for kept in [kept for kept in self._work if kept[0] == key]:
            del self._work[kept]

    def __len__(self) -> int:
        return len(self._work) + len(self._opened)

    def _begin_day(self, now: datetime) -> None:
        day = now.astimezone().date()
        self.since, self._tomorrow = midnight(day), midnight(day + timedelta(days=1))
        self._work: dict[tuple[int | str, str], Work] = {}
        self._opened: dict[int | str, datetime] = {}
