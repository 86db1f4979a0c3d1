"""Events grouped into tries, the shape that graders read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ecitizen.errors import JournalError
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTrace:
    """One try of one activity by one learner, from its first event to its last."""

    learner: int | None
    lesson: str
    activity: str
    run: int
    events: tuple[Event, ...]
    """In the order they were stored; never empty."""

    begun_at: datetime
    """When the first event was stored, UTC."""

    ended_at: datetime
    """When the last event was stored, UTC."""

    @property
    def bodies(self) -> list[dict[str, object]]:
        """Give what the machine replays."""
        return [event.body for event in self.events]


def runs(store: Store, lesson: str) -> Iterable[RunTrace]:
    """Give all tries of a lesson, by learner, activity and number of the try."""
    return by_run(store.read(lesson=lesson))


def by_run(events: Iterable[Event]) -> list[RunTrace]:
    """Group stored events into tries; within a try they keep their order."""
    groups: dict[tuple[int, str, str, int], list[Event]] = {}
    for event in events:
        key = (-1 if event.learner is None else event.learner, event.lesson, event.activity, event.run)
        groups.setdefault(key, []).append(event)
    return [_trace(group) for _, group in sorted(groups.items(), key=lambda item: item[0])]


def latest_runs(traces: Iterable[RunTrace]) -> list[RunTrace]:
    """Keep only the last try of each learner in each activity."""
    latest: dict[tuple[int | None, str, str], RunTrace] = {}
    for trace in traces:
        key = (trace.learner, trace.lesson, trace.activity)
        if key not in latest or trace.run > latest[key].run:
            latest[key] = trace
    return list(latest.values())


def _trace(events: list[Event]) -> RunTrace:
    first, last = events[0], events[-1]
    if first.at is None or last.at is None:
        raise JournalError(
            "journal", f"запись {first.id!r} не сохранена, у неё нет времени", "Читайте записи из журнала"
        )
    return RunTrace(
        learner=first.learner,
        lesson=first.lesson,
        activity=first.activity,
        run=first.run,
        events=tuple(events),
        begun_at=first.at,
        ended_at=last.at,
    )
