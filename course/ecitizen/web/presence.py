"""Where everybody is and who calls for help: a fold over the events of the class, kept in memory.

Pure: it is rebuilt from the journal when the server starts, and each new event is noted as it is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from ecitizen.journal.event import Event

Call = Literal["none", "waiting", "coming"]

CALL_LASTS = timedelta(hours=3)
"""No lesson is longer; an older call was forgotten, not answered."""

SURVEY = "survey"
"""Activity and page of the survey; its events say that somebody answered, never what."""

HELP = "help"
NOBODY_SINCE = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one learner was last seen."""

    lesson: str = ""
    activity: str = ""
    """Activity of the last event there, such as ``practice:order:solo``; empty if nothing was done yet."""

    step: int | None = None
    """Step of the lesson page, from 1; None until the page told it."""

    step_at: datetime = NOBODY_SINCE
    """Since when the page stands on that step."""

    seen_at: datetime = NOBODY_SINCE
    call: Call = "none"
    called_at: datetime = NOBODY_SINCE
    helper: int | None = None
    """Number in the list of staff of whoever is coming; 0 for the PIN that belongs to nobody in it."""

    unseen_at: datetime = NOBODY_SINCE
    """When the learner asked that nobody looks at the screen; ``NOBODY_SINCE`` if looking is all right."""

    def call_at(self, now: datetime) -> Call:
        """Give the state of the call for help at a moment; old ones count as over."""
        return self.call if now - self.called_at < CALL_LASTS else "none"

    def unseen(self, since: datetime) -> bool:
        """Say whether the learner has refused to be looked at since a moment, such as the beginning of the day."""
        return self.unseen_at >= since


def moved(place: Place, event: Event, at: datetime) -> Place:
    """Give the place after one more event, stored at a moment."""
    if event.activity == SURVEY:
        # No lesson: where somebody sits in the course stays as it was.
        return replace(place, seen_at=at)
    if event.activity == HELP:
        return _called(place, event, at)
    step = event.body.get("step") if event.activity == "lesson" else None
    same = event.lesson == place.lesson
    now = step if isinstance(step, int) else (place.step if same else None)
    stays = same and now == place.step
    return replace(
        place,
        lesson=event.lesson,
        activity=event.activity,
        step=now,
        step_at=place.step_at if stays else at,
        seen_at=at,
    )


def _called(place: Place, event: Event, at: datetime) -> Place:
    match event.body.get("do"):
        case "call":
            called_at = place.called_at if place.call == "waiting" else at
            step = event.body.get("step")
            here = _on_step(place, event.lesson, step, at) if isinstance(step, int) else place
            return replace(here, call="waiting", called_at=called_at, helper=None, seen_at=at)
        case "coming":
            helper = event.body.get("by")
            return replace(place, call="coming", helper=helper if isinstance(helper, int) else None)
        case "again":
            return replace(place, call="waiting", helper=None)
        case "cancel":
            return replace(place, call="none", helper=None, seen_at=at)
        case "done":
            return replace(place, call="none", helper=None)
        case "unseen":
            return replace(place, unseen_at=at)
        case "seen":
            return replace(place, unseen_at=NOBODY_SINCE)
        case _:
            return place


def _on_step(place: Place, lesson: str, step: int, at: datetime) -> Place:
    if (lesson, step) == (place.lesson, place.step):
        return place
    return replace(place, lesson=lesson, step=step, step_at=at)


class Presence:
    """The places of all who were seen, by key: the learner's number, or the session of a guest."""

    def __init__(self) -> None:
        """Begin with an empty class."""
        self._places: dict[int | str, Place] = {}

    def note(self, key: int | str, event: Event) -> None:
        """Take one event into account."""
        self._places[key] = moved(self.of(key), event, event.at or datetime.now(UTC))

    def of(self, key: int | str) -> Place:
        """Give the place of one; an empty one if never seen."""
        return self._places.get(key, Place())

    def forget(self, key: int | str) -> None:
        """Drop a guest who left."""
        self._places.pop(key, None)

    def all(self) -> list[Place]:
        """Give every place."""
        return list(self._places.values())

    def guests(self) -> list[str]:
        """Give the sessions of guests in the order they came."""
        return [key for key in self._places if isinstance(key, str)]
