"""From a learner's events to what the catalogue says about each lesson: done, begun, not yet, and what is left."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from ecitizen.journal.event import Event
from ecitizen.journal.runs import RunTrace, by_run
from ecitizen.web.presence import HELP

Stage = Literal["new", "begun", "done"]

MINUTES_STEP = 5
"""«Минут десять», not «минут одиннадцать»."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a lesson consists of, as far as progress is concerned."""

    id: str
    title: str
    summary: str
    minutes: int
    tasks: tuple[str, ...]
    """Tasks to be done alone."""

    questions: tuple[str, ...]
    """Items of the quiz."""

    @property
    def number(self) -> int:
        """Give the number the lesson bears: 1 for ``01-gosuslugi``."""
        head = self.id.partition("-")[0]
        return int(head) if head.isdecimal() else 0


class TaskFinished(Protocol):
    """Tells whether the events of one try finish its task."""

    def __call__(self, lesson: str, task: str, trace: RunTrace) -> bool:
        """Replay the try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonProgress:
    """One card of the catalogue."""

    outline: Outline
    stage: Stage
    tasks_left: int
    questions_left: int
    last_at: datetime | None

    @property
    def minutes_left(self) -> int:
        """Guess the minutes from the share of tasks and questions left, rounded up to five."""
        parts = len(self.outline.tasks) + len(self.outline.questions)
        left = self.tasks_left + self.questions_left
        share = left / parts if parts else 1
        return max(MINUTES_STEP, MINUTES_STEP * math.ceil(self.outline.minutes * share / MINUTES_STEP))


def progress(outlines: Sequence[Outline], events: Iterable[Event], finished: TaskFinished) -> list[LessonProgress]:
    """Sum up one learner's events, lesson by lesson in the order of the course."""
    traces: dict[str, list[RunTrace]] = {}
    for trace in by_run(event for event in events if event.activity != HELP):
        traces.setdefault(trace.lesson, []).append(trace)
    return [_of_lesson(outline, traces.get(outline.id, []), finished) for outline in outlines]


def next_lesson(lessons: Sequence[LessonProgress], advice: Sequence[str] = ()) -> LessonProgress | None:
    """Choose what «Продолжить» opens; None if all lessons are done.

    It is the lesson begun last, else the first new one, those first that the entry test advised.
    """
    begun = [lesson for lesson in lessons if lesson.stage == "begun"]
    if begun:
        return max(begun, key=lambda lesson: lesson.last_at.timestamp() if lesson.last_at else 0.0)
    new = [lesson for lesson in lessons if lesson.stage == "new"]
    return next((lesson for lesson in new if lesson.outline.id in advice), new[0] if new else None)


def _of_lesson(outline: Outline, traces: Sequence[RunTrace], finished: TaskFinished) -> LessonProgress:
    tasks_left = sum(not _task_done(outline.id, task, traces, finished) for task in outline.tasks)
    questions_left = _questions_left(outline, [trace for trace in traces if trace.activity == "quiz"])
    if not traces:
        stage: Stage = "new"
    else:
        stage = "begun" if tasks_left or questions_left else "done"
    return LessonProgress(
        outline=outline,
        stage=stage,
        tasks_left=tasks_left,
        questions_left=questions_left,
        last_at=max((trace.ended_at for trace in traces), default=None),
    )


def _task_done(lesson: str, task: str, traces: Sequence[RunTrace], finished: TaskFinished) -> bool:
    own = [trace for trace in traces if trace.activity == f"practice:{task}:solo"]
    return any(finished(lesson, task, trace) for trace in own)


def _questions_left(outline: Outline, quizzes: Sequence[RunTrace]) -> int:
    """Count the questions without an answer in the try that is furthest on; a finished try leaves none."""
    left = len(outline.questions)
    for trace in quizzes:
        answered = {event.body.get("item") for event in trace.events if event.body.get("do") == "answer"}
        done = any(event.body.get("do") == "finish" for event in trace.events)
        left = min(left, 0 if done else len(set(outline.questions) - answered))
    return left


def by_lesson(lessons: Sequence[LessonProgress]) -> Mapping[str, LessonProgress]:
    """Index progress by the id of the lesson."""
    return {lesson.outline.id: lesson for lesson in lessons}
