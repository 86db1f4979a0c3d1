"""What a synthetic class did in a lesson: events for the journal, and the true scores."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from ecitizen.content import Lesson
from ecitizen.demo.answers import choose
from ecitizen.demo.playing import Plan, draw, play, worth
from ecitizen.journal.event import Event, seed_of
from ecitizen.practice.machine import Run
from ecitizen.practice.seeds import seed_of as run_seed

PACE_S = 12
"""Seconds between two presses of a synthetic learner."""


@dataclass(slots=True)
class Diary:
    """The events of one learner in one lesson, in order, with times that only grow."""

    lesson: str
    random: Random
    clock: datetime
    events: list[Event] = field(default_factory=list)

    def note(self, activity: str, run: int, body: dict[str, Any]) -> None:
        """Add one event."""
        self.clock += timedelta(seconds=PACE_S)
        event_id = str(UUID(int=self.random.getrandbits(128), version=4))
        event = Event(id=event_id, lesson=self.lesson, activity=activity, run=run, body=body, at=self.clock)
        self.events.append(event)


Scores = dict[str, float | None]
"""Item or criterion -> points; None: an answer that waits for a person."""


def learn(lesson: Lesson, learner: int, begun: datetime, able: float, random: Random) -> tuple[list[Event], Scores]:
    """Take one learner through a lesson; gives the events and the true points of every item and criterion."""
    diary = Diary(lesson.id, random, begun)
    diary.note("scale:before", 1, {"do": "rate", "level": random.randint(1, 3)})
    scores: Scores = {}
    for step, task in enumerate(lesson.scenario.tasks, 5):
        diary.note("lesson", 1, {"do": "step", "step": step})
        scores |= _practise(lesson, task.id, learner, able, diary)
    diary.note("lesson", 1, {"do": "step", "step": 7})
    scores |= _answer(lesson, able, diary)
    if random.random() < able:
        diary.note("lesson", 1, {"do": "step", "step": 8})
        diary.note("scale:after", 1, {"do": "rate", "level": random.randint(3, 5)})
    return diary.events, scores


def _practise(lesson: Lesson, task: str, learner: int, able: float, diary: Diary) -> Scores:
    criteria = [criterion for criterion in lesson.rubric.criteria if criterion.task == task]
    tries: list[Scores] = []
    for run, plan in enumerate(_plans(diary.random, able), 1):
        machine = Run(lesson.scenario, lesson.persona, task, "solo", run_seed(seed_of(learner), run))
        if run > 1:
            diary.note(f"practice:{task}:solo", run, {"do": "begin"})
        done = play(machine, lesson.scenario, plan)
        for body in done.events:
            diary.note(f"practice:{task}:solo", run, body)
        tries.append({criterion.id: worth(criterion, done) for criterion in criteria})
    return _best(tries, [criterion.id for criterion in criteria])


def _plans(random: Random, able: float) -> Iterator[Plan]:
    for _ in range(random.choice((0, 1, 1, 1, 1, 2))):
        yield draw(random, able)


def _answer(lesson: Lesson, able: float, diary: Diary) -> Scores:
    tries = []
    for run in range(1, diary.random.choice((1, 1, 2)) + 1):
        if run > 1:
            diary.note("quiz", run, {"do": "begin"})
        scores: Scores = {}
        for item in lesson.quiz.items:
            # A few leave a question out, and a few answer the same one twice: the last answer of a try counts.
            for _ in range(diary.random.choice((0, 1, 1, 1, 1, 1, 1, 1, 1, 2))):
                answer, share = choose(item, able, diary.random)
                diary.note("quiz", run, {"do": "answer", "item": item.id, "answer": answer})
                scores[item.id] = None if share is None else share * item.points
        diary.note("quiz", run, {"do": "finish"})
        tries.append(scores)
    return _best(tries, [item.id for item in lesson.quiz.items])


def _best(tries: list[Scores], ids: list[str]) -> Scores:
    best = max(tries, key=_rank, default={})
    return {name: best.get(name, 0.0) for name in ids}


def _rank(scores: Scores) -> tuple[float, int]:
    """Rank tries by their points, equal ones by the answers that a person has yet to read."""
    known = [points for points in scores.values() if points is not None]
    return sum(known), len(scores) - len(known)
