"""What a class can do, for the pages that show it: questions one by one, skills, and what the course gave.

Questions are judged by everybody's first answer, since later tries have seen the explanations. Skills, like points, go
by the attempt that counts, as nbgrader's gradebook holds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecitizen import content
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.analysis import (
    Flag,
    Gain,
    ItemStatistics,
    Mastery,
    Reliability,
    flags,
    gains,
    item_statistics,
    mastery,
    reliability,
)
from ecitizen.gradebook.attempts import QUIZ
from ecitizen.gradebook.course_test import form_of_test, gain_by_lesson, gain_by_skill, shares_of
from ecitizen.gradebook.distractors import Distractor, distractors
from ecitizen.gradebook.funnel import TaskFunnel, funnels
from ecitizen.gradebook.settings import has_gradebook, write_settings
from ecitizen.gradebook.submission import inert
from ecitizen.gradebook.timing import Times, item_times
from ecitizen.journal.event import Event, seed_of
from ecitizen.journal.runs import RunTrace, by_run, runs
from ecitizen.journal.store import Store
from ecitizen.practice.items import check
from ecitizen.practice.quiz import Quiz, Written
from ecitizen.practice.rubric import Rubric

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import GradedCell


Tried = tuple[int, str, str]
"""Learner, lesson, and the item or the activity of the practice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReport:
    """One question, or one line of the practice's rubric, over a class."""

    id: str
    kind: str
    """Kind of the question, or of the criterion."""

    text: str
    skill: str
    statistics: ItemStatistics
    wrong: tuple[Distractor, ...]
    """The wrong answers, the most frequent first; none for a practice."""

    flags: tuple[Flag, ...]
    times: Times | None
    """From what was done before to the first answer; of a practice, the time of its whole task."""

    hints: float | None
    """Hints that a learner asked for in the task, on the mean; None for a question, which has no hints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonReport:
    """One lesson over a class."""

    questions: tuple[ItemReport, ...]
    """In the order of the quiz, those that somebody answered; written ones are left out, for a person judges them."""

    practice: tuple[ItemReport, ...]
    """In the order of the rubric; empty until the lesson is graded."""

    learners: int
    """Who answered a question."""

    reliability: Reliability | None
    tasks: tuple[TaskFunnel, ...]
    """The practice step by step, whether graded or not; see :mod:`ecitizen.gradebook.funnel`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseGain:
    """Both tests over a class."""

    entry: int
    """Who took the entry test."""

    exit: int
    both: int
    whole: Gain | None
    """Over all questions; None while nobody took both."""

    by_lesson: tuple[Gain, ...]
    by_skill: tuple[Gain, ...]


def lesson_report(folder: CourseFolder, store: Store, lesson: str, root: Path | None = None) -> LessonReport:
    """Judge the questions and the practice of a lesson."""
    whole = content.lesson(lesson, root)
    events = store.read(lesson=lesson)
    answers = first_answers(whole.quiz, by_run(events))
    graded = _grades(folder, [lesson])[lesson]
    tasks = funnels(whole, events)
    return LessonReport(
        questions=tuple(_questions(whole.quiz, answers, item_times(events))),
        practice=tuple(_practice(whole.rubric, graded, _tried(events), tasks)),
        learners=len(answers),
        reliability=reliability(_shares(whole.quiz, answers)),
        tasks=tuple(tasks),
    )


def first_answers(quiz: Quiz, traces: Iterable[RunTrace]) -> dict[int, dict[str, Any]]:
    """Give each learner's first answer to each question of a quiz that the program checks; guests are left out."""
    checked = {item.id for item in quiz.items if not isinstance(item, Written)}
    found: dict[int, dict[str, Any]] = {}
    for trace in sorted(traces, key=lambda trace: trace.run):
        if trace.learner is None or trace.activity != QUIZ:
            continue
        for body in trace.bodies:
            item = body.get("item")
            if body.get("do") == "answer" and isinstance(item, str) and item in checked:
                found.setdefault(trace.learner, {}).setdefault(item, inert(body.get("answer")))
    return found


def class_mastery(folder: CourseFolder, events: Iterable[Event], root: Path | None = None) -> list[Mastery]:
    """Sum up all skills of the course over a class, by the gradebook and the journal; empty until something is graded.

    Only what somebody has tried counts: a question answered, a task begun on one's own. A written answer that waits for
    a person is left out as well, of the points and of what they are counted against.
    """
    tried = _tried(events)
    points: dict[int, dict[str, tuple[float, float]]] = {}
    for lesson, cells in _grades(folder, content.lesson_ids(root)).items():
        if not cells:
            continue
        quiz, rubric = content.quiz(lesson, root), content.rubric(lesson, root)
        parts = {item.id: (item.id, item.skill) for item in quiz.items}
        parts |= {criterion.id: (_task(criterion.task), criterion.skill) for criterion in rubric.criteria}
        for cell in cells:
            what, skill = parts.get(cell.item, ("", ""))
            if not cell.waits and (int(cell.learner), lesson, what) in tried:
                of_learner = points.setdefault(int(cell.learner), {})
                given, most = of_learner.get(skill, (0.0, 0.0))
                of_learner[skill] = (given + cell.points, most + cell.most)
    order = list(content.skills(root))
    return sorted(mastery(points), key=lambda one: order.index(one.skill) if one.skill in order else len(order))


def course_gain(store: Store, root: Path | None = None) -> CourseGain | None:
    """Compare the entry and the exit test; None if the course has not both."""
    tests = content.toc(root).tests
    entry_test, exit_test = form_of_test("entry", tests), form_of_test("exit", tests)
    if entry_test is None or exit_test is None:
        return None
    pool = content.pool(root)
    both = []
    for test in (entry_test, exit_test):
        traces = list(runs(store, test.id))
        seeds = {trace.learner: seed_of(trace.learner) for trace in traces if trace.learner is not None}
        both.append(shares_of(test.form, pool, traces, seeds))
    entry, leaving = both
    whole = gains(entry, leaving, {item.id: "" for item in pool.items})
    return CourseGain(
        entry=len(entry),
        exit=len(leaving),
        both=len(entry.keys() & leaving.keys()),
        whole=whole[0] if whole else None,
        by_lesson=tuple(gain_by_lesson(pool, entry, leaving)),
        by_skill=tuple(gain_by_skill(pool, entry, leaving)),
    )


def graded_lessons(folder: CourseFolder, root: Path | None = None) -> dict[str, int]:
    """Give how many learners have points in each lesson of the course; lessons without any are absent."""
    counted = {
        lesson: len({cell.learner for cell in cells})
        for lesson, cells in _grades(folder, content.lesson_ids(root)).items()
    }
    return {lesson: learners for lesson, learners in counted.items() if learners}


def _questions(quiz: Quiz, answers: Mapping[int, Mapping[str, Any]], taken: Mapping[str, Times]) -> list[ItemReport]:
    known = {one.item: one for one in item_statistics(_shares(quiz, answers))}
    found = []
    for item in quiz.items:
        if isinstance(item, Written) or item.id not in known:
            continue
        wrong = distractors(item, (given[item.id] for given in answers.values() if item.id in given))
        found.append(
            ItemReport(
                id=item.id,
                kind=item.kind,
                text=item.text,
                skill=item.skill,
                statistics=known[item.id],
                wrong=tuple(wrong),
                flags=tuple(flags(known[item.id], wrong)),
                times=taken.get(item.id),
                hints=None,
            )
        )
    return found


def _practice(
    rubric: Rubric, cells: Sequence[GradedCell], tried: set[Tried], walked: Sequence[TaskFunnel]
) -> list[ItemReport]:
    of_task = {one.task: one for one in walked}
    shares: dict[int, dict[str, float]] = {}
    tasks = {criterion.id: _task(criterion.task) for criterion in rubric.criteria}
    for cell in cells:
        if cell.item in tasks and (int(cell.learner), rubric.id, tasks[cell.item]) in tried:
            shares.setdefault(int(cell.learner), {})[cell.item] = cell.points / cell.most
    known = {one.item: one for one in item_statistics(shares)}
    return [
        ItemReport(
            id=criterion.id,
            kind=criterion.kind,
            text=criterion.yes,
            skill=criterion.skill,
            statistics=known[criterion.id],
            wrong=(),
            # Steps of one run hang together: their correlation says nothing of one of them.
            flags=tuple(flag for flag in flags(known[criterion.id], ()) if flag not in {"key", "dull"}),
            times=of_task[criterion.task].times if criterion.task in of_task else None,
            hints=of_task[criterion.task].hints if criterion.task in of_task else None,
        )
        for criterion in rubric.criteria
        if criterion.id in known
    ]


def _shares(quiz: Quiz, answers: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, float]]:
    items = {item.id: item for item in quiz.items}
    return {
        learner: {name: check(items[name], answer).share or 0.0 for name, answer in given.items()}
        for learner, given in answers.items()
    }


def _tried(events: Iterable[Event]) -> set[Tried]:
    """Give everything that somebody has tried."""
    found = set()
    for event in events:
        if event.learner is None:
            continue
        if event.activity == QUIZ and isinstance(item := event.body.get("item"), str):
            found.add((event.learner, event.lesson, item))
        elif event.activity.startswith("practice:") and event.body.get("do") != "begin":
            found.add((event.learner, event.lesson, event.activity))
    return found


def _task(task: str) -> str:
    return f"practice:{task}:solo"


def _grades(folder: CourseFolder, lessons: Sequence[str]) -> dict[str, list[GradedCell]]:
    root = folder.gradebook
    if not has_gradebook(root):
        return {lesson: [] for lesson in lessons}
    from ecitizen.gradebook.engine import session

    write_settings(root)
    with session(root) as engine:
        return {lesson: engine.grades(lesson) for lesson in lessons}
