"""How events travel between a kernel and the server: one JSON document each way.

``POST {"events": [...]}`` gives ``{"stored": n}``; ``GET ?lesson=ID&activity=A`` gives ``{"seed": n, "events": […]}``,
without a lesson those of all lessons, and without either only the seed. Both ends of the wire are here, so that they
can't drift apart. The number of the learner never travels: the server knows it by the token.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, Journal, check_event

MOST_DIGITS = 16
"""Of a whole number, its sign among them."""

MAX_EVENTS = 1000
"""How many events one request may bring."""

_ALLOWED = {"id", "lesson", "activity", "run", "body", "at"}
_REMEDY = "Обновите страницу; если не поможет, позовите помощника"


def read_document(raw: bytes) -> Any:
    """Read what was posted; ``JournalError`` at what is no JSON, or JSON that two readers may read in two ways.

    That is: a key that stands twice, NaN and Infinity, a whole number of more digits than a float holds.
    """
    try:
        return json.loads(raw, object_pairs_hook=_once, parse_constant=_no_number, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise JournalError("events", f"это не JSON ({str(error)[:80]})", _REMEDY) from error


def event_document(event: Event) -> dict[str, Any]:
    """Write an event for the wire; its time is ISO 8601 in UTC."""
    document: dict[str, Any] = {
        "id": event.id,
        "lesson": event.lesson,
        "activity": event.activity,
        "run": event.run,
        "body": event.body,
    }
    if event.at is not None:
        document["at"] = event.at.isoformat()
    return document


def read_event(document: object) -> Event:
    """Read an event from the wire; raises ``JournalError`` on anything else."""
    if not isinstance(document, dict) or not document.keys() <= _ALLOWED:
        raise JournalError("event", "непонятная запись", _REMEDY)
    try:
        at = datetime.fromisoformat(document["at"]) if "at" in document else None
        event = Event(
            id=document["id"],
            lesson=document["lesson"],
            activity=document["activity"],
            run=document["run"],
            body=document["body"],
            at=at,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise JournalError("event", f"непонятная запись ({error!r})", _REMEDY) from error
    check_event(event)
    return event


def store_posted(journal: Journal, document: object) -> dict[str, Any]:
    """Answer a POST: keep the events in order; the time of storing is the server's, whatever the sender says."""
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list) or len(events) > MAX_EVENTS:
        raise JournalError("events", f"ожидался список до {MAX_EVENTS} записей", _REMEDY)
    read = [read_event(event) for event in events]
    for event in read:
        journal.append(Event(id=event.id, lesson=event.lesson, activity=event.activity, run=event.run, body=event.body))
    return {"stored": len(read)}


def answer_query(journal: Journal, lesson: str | None, activity: str | None = None) -> dict[str, Any]:
    """Answer a GET: the seed and, if a lesson or an activity is named, their events in order."""
    events = journal.read(lesson or None, activity or None) if lesson or activity else []
    return {"seed": journal.seed, "events": [event_document(event) for event in events]}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)
