"""From the journal to the best attempt of each learner: pure over the stored tries.

Of the quiz the try with the most points counts, of equal ones that with the most written answers, and in it the last
answer to each question; of the practice, task by task, the try on one's own (mode ``solo``) with the most points. What
falls short is kept in the journal all the same. Written answers earn no points here, for a person reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecitizen.content import Lesson
from ecitizen.gradebook.submission import inert
from ecitizen.journal.event import Event
from ecitizen.journal.event import seed_of as learner_seed
from ecitizen.journal.runs import RunTrace
from ecitizen.practice.items import key, mark_key
from ecitizen.practice.machine import Run
from ecitizen.practice.quiz import ROUNDING, Item, Written
from ecitizen.practice.rubric import points as points_of
from ecitizen.practice.seeds import seed_of
from ecitizen.practice.wording import written_text

QUIZ = "quiz"
"""The activity of the quiz in the journal."""

_QUIZ_PART = "quiz:"
"""No task can be called so: a colon is no part of an id."""

_NAMES, _LISTS, _TABLES = ("control", "reply", "field", "kind"), ("found",), ("verdicts", "choices")
"""Keys of the events of a practice by what they hold: a text, a list of texts, texts by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one learner hands in for one lesson."""

    learner: int
    answers: dict[str, dict[str, Any]]
    """``{"quiz": {item: answer}, "practice": {task: facts}}``."""

    at: datetime
    """When the last of the counted tries ended, UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """One try of one learner that hands something in."""

    learner: int
    activity: str
    run: int
    points: float
    """What the program itself gives for it."""

    at: datetime
    """When it ended, UTC."""

    counts: bool
    """Whether it is part of the attempt that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    part: str
    """``quiz:``, or the task of the practice."""

    run: int
    value: dict[str, Any]
    points: float
    at: datetime
    texts: int = 0
    """Written answers."""

    @property
    def rank(self) -> tuple[float, int]:
        """Give what the best try has most of."""
        return self.points, self.texts


def best_attempts(lesson: Lesson, traces: Iterable[RunTrace]) -> list[Attempt]:
    """Give one attempt for each learner who answered a question or began a task on their own, by number.

    Guests (no number) hand in nothing. What the journal holds is replayed by the content of today, so that a scenario
    or a key put right counts for all tries.
    """
    best = _best(_tries(lesson, traces))
    return [_attempt(learner, parts) for learner, parts in sorted(best.items())]


def all_tries(lesson: Lesson, traces: Iterable[RunTrace]) -> list[Handed]:
    """Give every try that :func:`best_attempts` chooses from, by learner and time."""
    tries = _tries(lesson, traces)
    best = _best(tries)
    found = [
        Handed(
            learner=learner,
            activity=trace.activity,
            run=made.run,
            points=made.points,
            at=made.at,
            counts=best[learner][made.part] is made,
        )
        for learner, trace, made in tries
    ]
    return sorted(found, key=lambda handed: (handed.learner, handed.at, handed.activity, handed.run))


def first_passes(lesson: Lesson, traces: Iterable[RunTrace], pass_share_pct: float) -> dict[int, datetime]:
    """Give when each learner's best tries first came to so many per cent of the points, UTC.

    A better attempt later changes the score, but not the day, so that a report handed in for a year stays true. Written
    answers are left out, of the points and of what they are counted against: nobody waits for a person to pass.
    """
    checked = [item for item in lesson.quiz.items if not isinstance(item, Written)]
    most = sum(part.points for part in (*checked, *lesson.rubric.criteria))
    best: dict[int, dict[str, float]] = {}
    passed: dict[int, datetime] = {}
    for trace in sorted(traces, key=lambda trace: trace.ended_at):
        made = _try(lesson, trace)
        if made is None or trace.learner is None or trace.learner in passed:
            continue
        parts = best.setdefault(trace.learner, {})
        parts[made.part] = max(made.points, parts.get(made.part, 0.0))
        if sum(parts.values()) + ROUNDING >= most * pass_share_pct / 100:
            passed[trace.learner] = made.at
    return passed


def _tries(lesson: Lesson, traces: Iterable[RunTrace]) -> list[tuple[int, RunTrace, _Try]]:
    """Give learner, trace and try of everything that hands in something, in the order of the runs."""
    ordered = sorted(traces, key=lambda trace: trace.run)
    made = [(trace.learner, trace, _try(lesson, trace)) for trace in ordered if trace.learner is not None]
    return [(learner, trace, one) for learner, trace, one in made if one is not None]


def _best(tries: Iterable[tuple[int, RunTrace, _Try]]) -> dict[int, dict[str, _Try]]:
    """Give the best try of each part by learner."""
    best: dict[int, dict[str, _Try]] = {}
    for learner, _, made in tries:
        parts = best.setdefault(learner, {})
        # Of equal tries the first counts, so that practising more never changes a day of passing.
        if made.part not in parts or made.rank > parts[made.part].rank:
            parts[made.part] = made
    return best


def _attempt(learner: int, parts: dict[str, _Try]) -> Attempt:
    return Attempt(
        learner=learner,
        answers={
            "quiz": parts[_QUIZ_PART].value if _QUIZ_PART in parts else {},
            "practice": {part: made.value for part, made in sorted(parts.items()) if part != _QUIZ_PART},
        },
        at=max(made.at for made in parts.values()),
    )


def _try(lesson: Lesson, trace: RunTrace) -> _Try | None:
    if trace.activity == QUIZ:
        return _quiz_try(lesson, trace)
    match trace.activity.split(":"):
        case ["practice", task, "solo"] if task in {known.id for known in lesson.scenario.tasks}:
            return _practice_try(lesson, task, trace)
        case _:
            return None


def _quiz_try(lesson: Lesson, trace: RunTrace) -> _Try | None:
    items = {item.id: item for item in lesson.quiz.items}
    answered = [event for event in trace.events if _answers(event, items)]
    if not answered:
        return None
    answers = {event.body["item"]: inert(event.body.get("answer")) for event in answered}
    points, texts = 0.0, 0
    for name, answer in answers.items():
        item = items[name]
        if isinstance(item, Written):
            texts += bool(written_text(answer))
        else:
            points += item.points * mark_key(key(item), answer)
    at = _time(answered[-1], trace)
    return _Try(part=_QUIZ_PART, run=trace.run, value=answers, points=points, at=at, texts=texts)


def _answers(event: Event, items: Mapping[str, Item]) -> bool:
    item = event.body.get("item")
    return event.body.get("do") == "answer" and isinstance(item, str) and item in items


def _practice_try(lesson: Lesson, task: str, trace: RunTrace) -> _Try | None:
    # A begin alone opened a new run and did nothing in it.
    bodies = [body for body in trace.bodies if body.get("do") != "begin" and is_sound(body)]
    if not bodies or trace.learner is None:
        return None
    run = Run(lesson.scenario, lesson.persona, task, "solo", seed_of(learner_seed(trace.learner), trace.run))
    facts = run.facts(run.replay(bodies))
    points = sum(points_of(criterion, facts) for criterion in lesson.rubric.criteria if criterion.task == task)
    return _Try(part=task, run=trace.run, value=facts, points=points, at=trace.ended_at)


def is_sound(body: dict[str, Any]) -> bool:
    """Tell whether an event has a shape that ``judge`` makes; a kernel taken over by its learner could store others."""
    names = [body.get("do"), *(body[name] for name in _NAMES if name in body)]
    lists = [body[name] for name in _LISTS if name in body]
    tables = [body[name] for name in _TABLES if name in body]
    return (
        all(isinstance(name, str) for name in names)
        and all(isinstance(part, list) and all(isinstance(name, str) for name in part) for part in lists)
        and all(isinstance(part, dict) and all(isinstance(name, str) for name in part.values()) for part in tables)
    )


def _time(event: Event, trace: RunTrace) -> datetime:
    return event.at or trace.ended_at
