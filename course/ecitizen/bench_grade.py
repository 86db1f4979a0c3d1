"""Grading measured: our engine beside nbgrader as it comes, and what becomes of it when the class grows.

Each run grades a copy of the same class in a process of its own, which does nothing else: its memory is a grader's.
Time runs from the first graded submission to the last, so without start, release and collecting.
"""

from __future__ import annotations

import hashlib
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any, Literal

from sqlalchemy import create_engine

from ecitizen import content
from ecitizen.bench import figure, machine
from ecitizen.content import Lesson
from ecitizen.demo.learning import learn
from ecitizen.demo.people import FIRST_NUMBER
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import grade_lessons
from ecitizen.gradebook.assignment import assignment
from ecitizen.gradebook.collecting import attempts_of, hand_in
from ecitizen.journal.store import Store
from ecitizen.practice.quiz import Written

ITEMS, CRITERIA = 7, 5
"""Of a lesson: twelve graded cells, as in the prototypes that the figures are compared with."""

WAITS = "waits"
"""The score of an answer that only a person can mark."""

Cells = dict[str, float | str]
"""``lesson learner item``: points, or ``WAITS``."""

Way = Literal["fast", "stock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What one run of grading took and gave."""

    rate: float
    """Submissions a second."""

    cpu_ms: float
    """Of the grader and those it has waited for, a submission; 0 where other processes grade."""

    peak_mb: float
    """Of the largest process; ``stock``: of the grader and one kernel."""

    last_cpu_ms: float
    """As ``cpu_ms``, of the last third."""

    whole_s: float
    """From the journal to the report, start and collecting included."""

    cells: Cells
    notebooks: dict[str, str]
    """Digest of each graded notebook without the times of execution."""


def beside_stock(
    *, learners: int = 30, lessons: int = 11, stock: int = 1, jobs: int = 2, rounds: int = 1
) -> dict[str, Any]:
    """Grade a synthetic class with our engine and its first ``stock`` learners with ``NbGraderAPI.autograde``, in turn.

    Gives the document of ``bench.serve``, and in ``cells`` how many scores and notebooks were compared and how many of
    them differ; the true scores are those that the class chose, not what an engine says.
    """
    chosen = short_lessons(lessons)
    with _class(chosen, learners) as (folder, truth):
        some = [(one.id, str(FIRST_NUMBER + number)) for number in range(stock) for one in chosen]
        runs = [
            (_run(folder, chosen, "fast"), _run(folder, chosen, "stock", some), _run(folder, chosen, "fast", jobs=jobs))
            for _ in range(rounds)
        ]
    fast, theirs, many = ([run[side] for run in runs] for side in range(3))
    figures = [
        figure("submissions a second, one process", "1/s", _rates(fast), _rates(theirs), more=True),
        figure(f"the same, {jobs} processes beside one of stock", "1/s", _rates(many), _rates(theirs), more=True),
        figure("processor time of a submission", "ms", [one.cpu_ms for one in fast], [one.cpu_ms for one in theirs]),
        figure("memory of a process at most", "MB", *([max(one.peak_mb for one in side)] for side in (fast, theirs))),
        figure(f"the same, {jobs} processes", "MB", *([max(one.peak_mb for one in side)] for side in (many, theirs))),
    ]
    marked = {f"{lesson} {learner} " for lesson, learner in some}
    part = {name: points for name, points in truth.items() if name.rpartition(" ")[0] + " " in marked}
    mine = [_only(one.cells, part) for one in fast]
    cells = {
        "fast_and_truth": _compared([(one.cells, truth) for one in (*fast, *many)]),
        "stock_and_truth": _compared([(one.cells, part) for one in theirs]),
        "fast_and_stock": _compared([(a, b.cells) for a, b in zip(mine, theirs, strict=True)]),
        "notebooks": _compared(
            [(_only(a.notebooks, b.notebooks), b.notebooks) for a, b in zip(fast, theirs, strict=True)]
        ),
    }
    sizes = {"submissions": learners * lessons, "stock_submissions": stock * lessons, "jobs": jobs}
    return {"what": "grade", "machine": machine(), "rounds": rounds, **sizes, "figures": figures, "cells": cells}


def growing(*, submissions: int, small: int = 330, lessons: int = 11, jobs: int = 1) -> dict[str, Any]:
    """Grade a small and a large class one after the other with our engine.

    Gives the document of ``bench.serve`` in which ``ours`` is the large class and ``stock`` the small one.
    """
    chosen = short_lessons(lessons)
    runs, compared = [], []
    for size in (small, submissions):
        with _class(chosen, math.ceil(size / lessons)) as (folder, truth):
            runs.append(_run(folder, chosen, "fast", jobs=jobs))
            compared.append((runs[-1].cells, truth))
    few, many = runs
    sizes = [len(one.notebooks) for one in runs]
    per = [1000 * one.whole_s / size for one, size in zip(runs, sizes, strict=True)]
    figures = [
        figure("submissions a second", "1/s", [many.rate], [few.rate], more=True),
        figure("processor time of a submission", "ms", [many.cpu_ms], [few.cpu_ms]),
        figure("processor time of one of the last third", "ms", [many.last_cpu_ms], [few.last_cpu_ms]),
        figure("from the journal to the report, a submission", "ms", per[1:], per[:1]),
        figure("memory of a process at most", "MB", [many.peak_mb], [few.peak_mb]),
    ]
    cells = {"fast_and_truth": _compared(compared)}
    sides = {"submissions": sizes[1], "small": sizes[0], "jobs": jobs}
    return {"what": "grade-growing", "machine": machine(), "rounds": 1, **sides, "figures": figures, "cells": cells}


def short_lessons(count: int) -> list[Lesson]:
    """Give the first lessons of the course cut down to twelve graded cells each; a written answer stays."""
    return [_shortened(content.lesson(lesson)) for lesson in content.lesson_ids()[:count]]


def _shortened(lesson: Lesson) -> Lesson:
    written = [item for item in lesson.quiz.items if isinstance(item, Written)]
    checked = [item for item in lesson.quiz.items if not isinstance(item, Written)]
    items = (*checked, *written)[-ITEMS:]
    criteria = tuple(lesson.rubric.criteria[:: max(1, len(lesson.rubric.criteria) // CRITERIA)][:CRITERIA])
    return replace(
        lesson,
        quiz=lesson.quiz.model_copy(update={"items": items}),
        rubric=lesson.rubric.model_copy(update={"criteria": criteria}),
    )


@contextmanager
def _class(lessons: list[Lesson], learners: int) -> Iterator[tuple[CourseFolder, Cells]]:
    """Make a course folder with releases and a journal, and nothing graded; gives the true points too."""
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        folder = CourseFolder.create(Path(place) / "course")
        grade_lessons(folder, lessons)
        engine = create_engine(folder.database_url)
        store, truth = Store(engine), Cells()
        begun = datetime(2026, 5, 15, 9, tzinfo=UTC)
        for number in range(FIRST_NUMBER, FIRST_NUMBER + learners):
            random, done = Random(number), []
            for lesson in lessons:
                events, earned = learn(lesson, number, begun, random.uniform(0.45, 0.98), random)
                done += events
                truth |= {f"{lesson.id} {number} {n}": WAITS if one is None else one for n, one in earned.items()}
            store.append_all(done, number)
        engine.dispose()
        yield folder, truth


def _run(
    folder: CourseFolder, lessons: list[Lesson], way: Way, handed: list[tuple[str, str]] | None = None, jobs: int = 1
) -> Graded:
    """Grade a copy of a class in a process of its own; ``handed``: only these, by nbgrader."""
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        copy = Path(shutil.copytree(folder.path, Path(place) / "course"))
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_in_process, args=(theirs, copy, lessons, way, handed, jobs))
        process.start()
        theirs.close()
        try:
            graded: Graded = ours.recv()
        except EOFError as error:
            raise CourseError("bench", "процесс, который оценивал, оборвался", "Повторите") from error
        finally:
            process.join()
        return graded


def _in_process(
    pipe: Connection, path: Path, lessons: list[Lesson], way: Way, handed: list[tuple[str, str]] | None, jobs: int
) -> None:
    from ecitizen.gradebook.engine import session

    folder, clock = CourseFolder.open(path), _Clock()
    began = time.perf_counter()
    if handed is None:
        grade_lessons(folder, lessons, clock.tick, jobs=jobs)
    else:
        from ecitizen.gradebook.stock import grade_by_stock

        for lesson in lessons:
            built = assignment(lesson)
            for attempt in attempts_of(folder, lesson):
                hand_in(folder.gradebook, built, attempt)
        grade_by_stock(folder.gradebook, handed, clock.tick)
    whole_s, peak_mb = time.perf_counter() - began, clock.peak_mb(kernel=way == "stock")
    with session(folder.gradebook) as engine:
        cells = {
            f"{lesson.id} {cell.learner} {cell.item}": WAITS if cell.waits else cell.points
            for lesson in lessons
            for cell in engine.grades(lesson.id)
        }
    place = folder.gradebook / "autograded"
    pipe.send(
        Graded(
            rate=clock.rate,
            cpu_ms=clock.cpu_ms(),
            peak_mb=peak_mb,
            last_cpu_ms=clock.cpu_ms(last=3),
            whole_s=whole_s,
            cells=cells,
            notebooks={str(path.relative_to(place)): _untimed(path) for path in place.rglob("*.ipynb")},
        )
    )


class _Clock:
    """When which submission was done, and the memory of those that did it."""

    def __init__(self) -> None:
        self._seen: list[tuple[int, float, float]] = []
        self._others_mb = 0.0

    def tick(self, done: int, total: int) -> None:
        """Take note of a submission."""
        self._seen.append((done, time.perf_counter(), sum(os.times()[:4])))
        if done == total // 2 or done == total - 1:
            # Processes that grade for this one are nobody's children, and gone when it is over.
            self._others_mb = max([self._others_mb, *map(_process_peak_mb, multiprocessing.active_children())])

    @property
    def rate(self) -> float:
        """Give the submissions a second; the first one also pays for what all use, and does not count."""
        (first, began, _), (last, ended, _) = self._seen[1], self._seen[-1]
        return (last - first) / (ended - began)

    def cpu_ms(self, last: int = 1) -> float:
        """Give the processor time of a submission, of all or of the last one-nth."""
        (first, _, began), (done, _, ended) = self._seen[1 + (len(self._seen) - 2) * (last - 1) // last], self._seen[-1]
        return 1000 * (ended - began) / max(done - first, 1)

    def peak_mb(self, *, kernel: bool) -> float:
        """Give the most memory of a process that graded; with ``kernel`` the largest child is added to it."""
        if sys.platform == "win32":
            return 0.0
        import resource

        unit = 1e6 if sys.platform == "darwin" else 1e3
        sides = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
        own, child = (resource.getrusage(side).ru_maxrss / unit for side in sides)
        return max(own + child * kernel, self._others_mb)


def _process_peak_mb(process: Any) -> float:
    """Give the most memory that another process has ever held; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak) / 1e3


def _untimed(path: Path) -> str:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
    return hashlib.sha256(json.dumps(notebook, sort_keys=True).encode("utf-8")).hexdigest()


def _rates(runs: list[Graded]) -> list[float]:
    return [run.rate for run in runs]


def _only(found: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in found.keys() & names.keys()}


def _compared(pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, int]:
    """Count what was compared and what differs or is on one side only; points within the rounding of a sum."""
    found = [(ours.get(name), theirs.get(name)) for ours, theirs in pairs for name in ours.keys() | theirs.keys()]
    return {"compared": len(found), "different": sum(not _same(one, other) for one, other in found)}


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=1e-9)
    return one == other
