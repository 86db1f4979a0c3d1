"""What of earlier lessons and which fresh scam stand behind a lesson's own questions, for this learner on this day."""

from __future__ import annotations

from datetime import UTC, datetime

from ecitizen import content
from ecitizen.journal.event import Event, Journal
from ecitizen.practice.quiz import Item
from ecitizen.practice.repetition import Answered, due, fresh

SCAMS = "scams"
_PART = ":"
"""Parts the lesson from the item in the id of a repeated one; no other id holds a colon."""


def coming_back(lesson: content.Lesson, journal: Journal) -> dict[str, tuple[str, Item]]:
    """Give the items that come back, by an id of their own, each with a sentence on where it comes from.

    Decided once a try: only what was answered before the try began counts, so that a reload asks the same.
    """
    events = journal.read(None, "quiz")
    begun = _begun(lesson, events)
    past = [one for event in events if (one := _answered(event)) and one.at < begun]
    toc = content.toc().lessons
    titles = {entry.id: entry.title for entry in toc}
    learned = {one.lesson for one in past if one.lesson in titles and one.lesson != lesson.id}
    words = content.texts()["quiz"]
    found = {
        f"{of}{_PART}{item.id}": (words["repeats"].format(lesson=titles[of]), item)
        for of, item in due(past, {entry.id: content.quiz(entry.id) for entry in toc if entry.id in learned}, begun)
    }
    scam = fresh(content.scams(), [one.item for one in past if one.lesson == SCAMS], journal.seed) if found else None
    if scam is not None:
        found[f"{SCAMS}{_PART}{scam.id}"] = (words["repeats_scam"], scam)
    return {name: (said, item.model_copy(update={"id": name})) for name, (said, item) in found.items()}


def _begun(lesson: content.Lesson, events: list[Event]) -> datetime:
    """Give when the newest try of the lesson's quiz began; now, if it has not."""
    own = [event for event in events if event.lesson == lesson.id]
    newest = max((event.run for event in own), default=1)
    return next((event.at for event in own if event.run == newest and event.at), datetime.now(UTC))


def _answered(event: Event) -> Answered | None:
    item = event.body.get("item")
    if event.body.get("do") != "answer" or not isinstance(item, str) or event.at is None:
        return None
    of, parted, name = item.partition(_PART)
    lesson, name = (of, name) if parted else (event.lesson, item)
    return Answered(lesson=lesson, item=name, answer=event.body.get("answer"), at=event.at)
