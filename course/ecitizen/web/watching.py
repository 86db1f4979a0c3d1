"""How somebody fares in a lesson just now: pure over that lesson's events, and kept while nothing new happens.

The board asks every three seconds about everybody; only the events of those who did something since are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ecitizen.journal.event import Event
from ecitizen.web.presence import HELP, SURVEY

STILL_MINUTES = 5
"""A lesson that stands open for so long without any press is stuck."""

ASTRAY_IN_A_ROW = 3
"""So many wrong presses and hints without a right press in between are stuck as well. The board states both."""

MOST_KEPT = 500


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


def worked(events: Iterable[Event], since: datetime) -> Work:
    """Sum up the events of one learner in one lesson that were stored at ``since`` or later."""
    begun: datetime | None = None
    last: datetime | None = None
    hints = misses = in_a_row = 0
    for event in events:
        if event.at is None or event.at < since or event.activity in (HELP, SURVEY):
            continue
        begun, last = begun or event.at, event.at
        hint, miss = event.body.get("do") == "hint", is_miss(event)
        hints, misses = hints + hint, misses + miss
        in_a_row = in_a_row + 1 if hint or miss else 0
    return Work(begun_at=begun, last_at=last, hints=hints, misses=misses, in_a_row=in_a_row)


def is_miss(event: Event) -> bool:
    """Tell whether a press went wrong: beside every control, with real data, or with a field that was not right."""
    if event.body.get("do") in ("astray", "real"):
        return True
    verdicts = event.body.get("verdicts")
    return isinstance(verdicts, dict) and any(verdict != "right" for verdict in verdicts.values())


def stuck(work: Work, quiet: timedelta) -> bool:
    """Tell whether somebody with a lesson open needs a word; ``quiet`` is how long nothing has happened."""
    return quiet >= timedelta(minutes=STILL_MINUTES) or work.in_a_row >= ASTRAY_IN_A_ROW


class Watch:
    """Remembers, for as long as the server runs, how everybody fares and since when a lesson stands open."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._work: dict[tuple[int | str, str, datetime], tuple[datetime, Work]] = {}
        self._opened: dict[str, datetime] = {}

    def of(
        self, key: int | str, lesson: str, seen_at: datetime, since: datetime, read: Callable[[], Iterable[Event]]
    ) -> Work:
        """Give the work of one in a lesson since a moment; ``read`` is called only if ``seen_at`` is news."""
        known = self._work.get((key, lesson, since))
        if known is not None and known[0] == seen_at:
            return known[1]
        if len(self._work) > MOST_KEPT:
            self._work.clear()
        work = worked(read(), since)
        self._work[key, lesson, since] = seen_at, work
        return work

    def opened(self, tokens: Iterable[str], now: datetime | None = None) -> dict[str, datetime]:
        """Give since when each open page is known; those that were closed are forgotten."""
        now = now or datetime.now(UTC)
        self._opened = {token: self._opened.get(token, now) for token in tokens}
        return dict(self._opened)
