"""What others learn from nbgrader's gradebook: scores, and who passed a lesson on which day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from ecitizen import content
from ecitizen.database import open_engine, upgrade
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import render
from ecitizen.gradebook.attempts import first_passes
from ecitizen.gradebook.settings import has_gradebook, write_settings
from ecitizen.journal.runs import runs
from ecitizen.journal.store import Store
from ecitizen.practice.quiz import ROUNDING

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import Engine, GradedCell


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


def completions(folder: CourseFolder, pass_share_pct: float, sites: Mapping[int, str] | None = None) -> list[Fact]:
    """Give one fact ``lesson-passed`` for each lesson that a learner passed.

    Passed is ``pass_share_pct`` per cent of the points or more that the program itself gives for the lesson, by
    nbgrader's gradebook; what a person gives for written answers is not counted (ADR 10). The day is the
    one on which the journal first shows so many points, else that of the attempt that counts, in the time zone of
    this computer; ``sites`` gives the site of each learner, of whom it knows.
    """
    with _gradebook(folder) as engine:
        if engine is None:
            return []
        titles = {entry.id: entry.title for entry in content.toc().lessons}
        passed = []
        for lesson in engine.lessons():
            first = _first_passes(folder, lesson, pass_share_pct) if lesson in titles else {}
            for cells in _by_learner(engine.grades(lesson)):
                learner = int(cells[0].learner)
                at = first.get(learner, cells[0].submitted_at)
                site = (sites or {}).get(learner, "")
                passed.append(_passed(lesson, titles.get(lesson, lesson), cells, pass_share_pct, site, at))
    return [fact for fact in passed if fact is not None]


def _first_passes(folder: CourseFolder, lesson: str, pass_share_pct: float) -> dict[int, datetime]:
    database = open_engine(folder.database_url)
    try:
        upgrade(database, "journal")
        return first_passes(content.lesson(lesson), runs(Store(database), lesson), pass_share_pct)
    finally:
        database.dispose()


def _passed(
    lesson: str, title: str, cells: Sequence[GradedCell], pass_share_pct: float, site: str, at: datetime
) -> Fact | None:
    checked = [cell for cell in cells if not cell.by_hand]
    points, most = sum(cell.points for cell in checked), sum(cell.most for cell in checked)
    if points + ROUNDING < most * pass_share_pct / 100:
        return None
    learner = cells[0].learner
    return Fact(
        kind="lesson-passed",
        date=at.astimezone().date(),
        key=f"lesson-passed:{lesson}:{learner}",
        site=site,
        person=int(learner),
        tags={"lesson": lesson},
        text=render("passed.txt.j2", learner=learner, title=title, points=f"{points:g}", most=f"{most:g}"),
    )


def _by_learner(cells: Sequence[GradedCell]) -> list[list[GradedCell]]:
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
