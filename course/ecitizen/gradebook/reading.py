"""What others learn from nbgrader's gradebook: scores, and who passed a lesson on which day."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from ecitizen import content
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import render
from ecitizen.gradebook.course_test import shares_of
from ecitizen.gradebook.passing import Moments, Total, moments
from ecitizen.gradebook.recalling import Asked, keep, recall, settled_state
from ecitizen.gradebook.settings import has_gradebook, write_settings
from ecitizen.journal.event import seed_of
from ecitizen.journal.runs import runs
from ecitizen.journal.store import Store
from ecitizen.practice.quiz import ROUNDING

if TYPE_CHECKING:
    from sqlalchemy import Engine as Database

    from ecitizen.content import TocTest
    from ecitizen.gradebook.engine import Engine, GradedCell

_ANYBODY = "\0"
"""Stands for the number in a text; no number, title or points hold it."""


def scores(folder: CourseFolder) -> dict[str, dict[str, dict[str, float]]]:
    """Give all points by lesson, learner number (as text) and item; empty where nothing has been graded yet.

    A written answer that waits for a person has no points and is absent.
    """
    with _gradebook(folder) as engine:
        return {lesson: points_by_learner(engine.grades(lesson)) for lesson in engine.lessons()} if engine else {}


def points_by_learner(cells: Sequence[GradedCell]) -> dict[str, dict[str, float]]:
    """Give the points of one lesson by learner and item; what waits for a person is absent."""
    points: dict[str, dict[str, float]] = {}
    for cell in cells:
        known = points.setdefault(cell.learner, {})
        if not cell.waits:
            known[cell.item] = cell.points
    return points


def waiting_by_learner(cells: Sequence[GradedCell]) -> dict[str, list[str]]:
    """Give the items of one lesson that wait for a person, by learner; those who wait for nothing are absent."""
    waiting: dict[str, list[str]] = {}
    for cell in cells:
        if cell.waits:
            waiting.setdefault(cell.learner, []).append(cell.item)
    return waiting


def totals_of(lesson: str, cells: Iterable[GradedCell]) -> list[Total]:
    """Give what each submission of a lesson is worth: cell by cell what ``summing`` lets the database sum up."""
    return [_total(lesson, found) for found in _by_learner(cells)]


def completions(folder: CourseFolder, pass_share_pct: float, sites: Mapping[int, str] | None = None) -> list[Fact]:
    """Give one fact ``lesson-passed`` for each lesson that a learner passed.

    Passed is ``pass_share_pct`` per cent of the points or more that the program itself gives for the lesson, by
    nbgrader's gradebook; what a person gives for written answers is not counted (ADR 10). The day is the
    one on which the journal first shows so many points, else that of the attempt that counts, in the time zone of
    this computer; ``sites`` gives the site of each learner, of whom it knows.
    """
    titles = {entry.id: entry.title for entry in content.toc().lessons}
    asked = Asked(folder, pass_share_pct, dict(sites or {}), titles, time.tzname)
    state = settled_state(folder.gradebook)
    known = recall(asked, state)
    if known is not None:
        return list(known)
    passed = [one for one in _totals(folder) if one.passes(pass_share_pct)]
    lessons = [content.lesson(name) for name in dict.fromkeys(one.lesson for one in passed) if name in titles]
    first = moments(folder, lessons, passed, pass_share_pct) if lessons else {}
    facts = list(_facts(passed, first, asked))
    keep(asked, state, lessons, facts)
    return list(facts)


def tests_passed(
    database: Database, tests: Iterable[TocTest], pass_share_pct: float, sites: Mapping[int, str]
) -> list[Fact]:
    """Give one fact ``test-passed`` for each test that a learner passed, of the day of the first try that did.

    Tests are no assignments of nbgrader's, as each learner has a form of their own; the journal holds their tries.
    """
    found: dict[tuple[str, int], Fact] = {}
    for test in tests:
        pool = content.pool()
        for trace in sorted(runs(Store(database), test.id), key=lambda trace: trace.ended_at):
            learner = trace.learner
            if learner is None or (test.id, learner) in found:
                continue
            shares = shares_of(test.form, pool, [trace], {learner: seed_of(learner)}).get(learner, {})
            if shares and 100 * sum(shares.values()) / len(shares) + ROUNDING >= pass_share_pct:
                points, most = _number(sum(shares.values())), str(len(shares))
                found[test.id, learner] = Fact(
                    kind="test-passed",
                    date=trace.ended_at.astimezone().date(),
                    key=f"test-passed:{test.id}:{learner}",
                    site=sites.get(learner, ""),
                    person=learner,
                    tags={"lesson": test.id},
                    text=render("passed_test.txt.j2", learner=learner, title=test.title, points=points, most=most),
                )
    return list(found.values())


def _totals(folder: CourseFolder) -> list[Total]:
    with _gradebook(folder) as engine:
        if engine is None:
            return []
        from ecitizen.gradebook.summing import totals

        with engine.opened() as book:
            return totals(book)


def _facts(passed: Iterable[Total], first: Moments, asked: Asked) -> Iterator[Fact]:
    tags = {lesson: {"lesson": lesson} for lesson in {one.lesson for one in passed}}
    for one in passed:
        learner = int(one.learner)
        at = first.get(one.lesson, {}).get(learner, one.submitted_at)
        title = asked.titles.get(one.lesson, one.lesson)
        yield Fact(
            kind="lesson-passed",
            date=at.astimezone().date(),
            key=f"lesson-passed:{one.lesson}:{one.learner}",
            site=asked.sites.get(learner, ""),
            person=learner,
            tags=tags[one.lesson],
            text=_line(title, _number(one.points), _number(one.most)).replace(_ANYBODY, one.learner),
        )


def _number(points: float) -> str:
    return f"{points:.4g}".replace(".", ",")


@lru_cache(maxsize=4096)
def _line(title: str, points: str, most: str) -> str:
    """Give the text of anybody who has so many points: filling the template for each would take most of the time."""
    return render("passed.txt.j2", learner=_ANYBODY, title=title, points=points, most=most)


def _total(lesson: str, cells: Sequence[GradedCell]) -> Total:
    checked = [cell for cell in cells if not cell.by_hand]
    points, most = sum(cell.points for cell in checked), sum(cell.most for cell in checked)
    return Total(lesson, cells[0].learner, points, most, cells[0].submitted_at)


def _by_learner(cells: Iterable[GradedCell]) -> list[list[GradedCell]]:
    groups: dict[str, list[GradedCell]] = {}
    for cell in cells:
        groups.setdefault(cell.learner, []).append(cell)
    return list(groups.values())


@contextmanager
def _gradebook(folder: CourseFolder) -> Iterator[Engine | None]:
    """Open nbgrader's gradebook to read; None where there is none, for making an empty one would cost seconds."""
    if not has_gradebook(folder.gradebook):
        yield None
        return
    from ecitizen.gradebook.engine import session

    write_settings(folder.gradebook)
    with session(folder.gradebook) as engine:
        yield engine
