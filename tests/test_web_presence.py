"""Where everybody is, from events alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecitizen.journal.event import Event
from ecitizen.web.presence import CALL_LASTS, Presence

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def event(activity: str, body: dict[str, Any], minute: int = 0, lesson: str = "01-gosuslugi") -> Event:
    at = NOON + timedelta(minutes=minute)
    return Event(id=f"{activity}-{minute}", lesson=lesson, activity=activity, run=1, body=body, at=at)


def after(*events: Event) -> Presence:
    presence = Presence()
    for one in events:
        presence.note(104, one)
    return presence


def test_the_last_event_says_where() -> None:
    place = after(event("lesson", {"do": "step", "step": 3}), event("practice:order:solo", {"do": "hint"}, 2)).of(104)
    assert (place.lesson, place.activity, place.step) == ("01-gosuslugi", "practice:order:solo", 3)
    assert place.seen_at == NOON + timedelta(minutes=2)


def test_another_lesson_begins_without_step() -> None:
    place = after(event("lesson", {"do": "step", "step": 3}), event("quiz", {"do": "finish"}, 1, "02-doctor")).of(104)
    assert (place.lesson, place.step) == ("02-doctor", None)


@pytest.mark.parametrize(
    ("bodies", "call"),
    [
        (["call"], "waiting"),
        (["call", "coming"], "coming"),
        (["call", "coming", "done"], "none"),
        (["call", "cancel"], "none"),
        (["call", "coming", "call"], "waiting"),
        (["nonsense"], "none"),
    ],
    ids=["called", "helper comes", "helped", "taken back", "called again", "unknown word"],
)
def test_help_events_make_the_call(bodies: list[str], call: str) -> None:
    presence = after(*(event("help", {"do": do}, minute) for minute, do in enumerate(bodies)))
    assert presence.of(104).call_at(NOON + timedelta(minutes=9)) == call


def test_calling_twice_keeps_the_wait() -> None:
    assert after(event("help", {"do": "call"}), event("help", {"do": "call"}, 5)).of(104).called_at == NOON


def test_a_call_tells_the_step() -> None:
    place = after(event("quiz", {"do": "finish"}), event("help", {"do": "call", "step": 5}, 1, "02-doctor")).of(104)
    assert (place.lesson, place.step) == ("02-doctor", 5)


def test_a_call_is_over_after_hours() -> None:
    place = after(event("help", {"do": "call"})).of(104)
    assert place.call_at(NOON + CALL_LASTS - timedelta(seconds=1)) == "waiting"
    assert place.call_at(NOON + CALL_LASTS) == "none"


def test_a_helper_leaves_the_learner_in_place() -> None:
    place = after(event("quiz", {"do": "finish"}), event("help", {"do": "coming"}, 7)).of(104)
    assert (place.activity, place.seen_at) == ("quiz", NOON)


def test_a_stranger_has_an_empty_place() -> None:
    assert Presence().of(999).lesson == ""
