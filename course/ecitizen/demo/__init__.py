"""A synthetic class, played through the real machine, journal and register.

``make`` fills an empty course folder and writes ``truth.json``: the true scores, from what the class chose to answer
and never from the code that grades. One more card is left untouched, so that somebody can begin at the beginning.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any

from ecitizen import content
from ecitizen.demo.filling import fill
from ecitizen.demo.learning import Scores, learn
from ecitizen.demo.people import FIRST_NUMBER, people
from ecitizen.folder import CourseFolder
from ecitizen.journal.store import Store
from ecitizen.opening import begin, connect

SITE_NAME = "Центральная библиотека"
TRUTH = "truth.json"
CARDS = "demo.json"
"""Holds the card and the PINs that are printed at every start; only a demonstration folder has it."""

CLASS_DAYS = 2
STARTS_AT = time(10, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """What somebody needs to look around."""

    number: int
    """A card that nobody has used yet."""

    pin: str
    instructor_pin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What was made."""

    learners: int
    seed: int
    events: int
    truth: Path

    def to_json(self) -> dict[str, Any]:
        """Give the same as plain JSON."""
        return {**asdict(self), "truth": str(self.truth)}


def make(folder: CourseFolder, learners: int, seed: int, today: date | None = None) -> Made:
    """Fill a new course folder with a class that has just finished lesson 01; ``today`` is the day after."""
    random = Random(f"demo:{seed}")
    last = (today or date.today()) - timedelta(days=1)
    days = [last - timedelta(days=7 * weeks) for weeks in reversed(range(CLASS_DAYS))]
    # One card more than learners: it stays fresh.
    class_of = people(learners + 1, seed)
    pin = begin(folder, f"{random.randrange(100_000, 1_000_000)}", date(2020, 1, 9))
    engine = connect(folder)
    # The class has learned what makes a graduate, and the last lesson of that is the one played here.
    lesson_id = content.toc().trained.lessons[-1]
    fill(engine, class_of, days, lesson_id, random)
    events, earned = _learn(Store(engine), lesson_id, learners, last, random)
    engine.dispose()
    truth = folder.path / TRUTH
    _write(truth, {"seed": seed, "learners": learners, **truth_of(lesson_id, earned)})
    fresh = class_of[-1]
    _write(folder.path / CARDS, asdict(Cards(number=fresh.number, pin=fresh.pin, instructor_pin=pin)))
    return Made(learners=learners, seed=seed, events=events, truth=truth)


def _learn(store: Store, lesson_id: str, learners: int, day: date, random: Random) -> tuple[int, dict[str, Scores]]:
    lesson = content.lesson(lesson_id)
    begun = datetime.combine(day, STARTS_AT).astimezone(UTC)
    count, scores = 0, {}
    for number in range(FIRST_NUMBER, FIRST_NUMBER + learners):
        own = Random(f"{random.random()}:{number}")
        events, scores[str(number)] = learn(lesson, number, begun, own.uniform(0.45, 0.98), own)
        store.append_all(events, number)
        count += len(events)
    return count, scores


def truth_of(lesson_id: str, earned: dict[str, Scores]) -> dict[str, Any]:
    """Part the points that are known from the items that wait for a person."""
    known = {who: {item: one for item, one in scores.items() if one is not None} for who, scores in earned.items()}
    waiting = {who: [item for item, one in scores.items() if one is None] for who, scores in earned.items()}
    pending = {who: items for who, items in waiting.items() if items}
    return {"scores": {lesson_id: known}, "pending": {lesson_id: pending} if pending else {}}


def cards(folder: CourseFolder) -> Cards | None:
    """Give the card and PINs of a demonstration folder; None in any other."""
    try:
        known = json.loads((folder.path / CARDS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Cards(**known)


def _write(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
