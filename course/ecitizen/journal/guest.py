"""The journal of someone without a card: kept in memory only, gone with the page."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime

from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, check_event, seed_of


class GuestJournal:
    """A guest's events; nothing is written to a disk. It is a ``Journal``."""

    def __init__(self, seed: int = 0) -> None:
        """Start empty; the seed chooses the variants, 0 means the common ones."""
        self.seed = seed or seed_of(None)
        self._events: dict[str, tuple[Event, str]] = {}
        self._turn = threading.Lock()

    def append(self, event: Event) -> None:
        """Keep an event until the guest leaves."""
        body = check_event(event)
        fresh = replace(event, learner=None, at=event.at or datetime.now(UTC), body=json.loads(body))
        with self._turn:
            known = self._events.setdefault(event.id, (fresh, body))
        if known[1] != body or replace(known[0], at=None) != replace(fresh, at=None):
            raise JournalError("journal", f"под номером {event.id!r} уже записано другое", "Начните задание заново")

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        """Give the guest's events of a lesson (None: of all) in order."""
        with self._turn:
            events = [event for event, _ in self._events.values()]
        return [event for event in events if lesson in (None, event.lesson) and activity in (None, event.activity)]
