"""Journal in, grades out: build what changed, hand in what changed, grade what changed.

Nothing here trusts what lies in nbgrader's folders. A submission is what the journal says, byte by byte, or it is
written again; it counts as graded only while a stamp of its exact content and key lies beside the graded notebook.
nbgrader removes that stamp with the folder as soon as it begins to grade, so a crash in the middle is seen.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.errors import CourseError, CourseErrors
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import Assignment, assignment, leaks, render
from ecitizen.gradebook.collecting import attempts_of, digest, hand_in, reads
from ecitizen.gradebook.database import move_to, only_grader
from ecitizen.gradebook.distant import spread_far
from ecitizen.gradebook.jobs import make_ready, require_idle, spread
from ecitizen.gradebook.keeping import give_back, set_aside
from ecitizen.gradebook.passing import remember
from ecitizen.gradebook.reading import points_by_learner, totals_of, waiting_by_learner
from ecitizen.gradebook.settings import replace_file, write_settings
from ecitizen.gradebook.work import EngineName, Submission, engine_class, grade_one, stamp_file
from ecitizen.gradebook.writing import notebook_text

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import Engine

Progress = Callable[[int, int], None]
"""Called with how many submissions are done and how many there are to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeReport:
    """What one run of grading did, and the scores that nbgrader's gradebook holds after it."""

    scores: dict[str, dict[str, dict[str, float]]]
    """Lesson, learner number as text, item: points. What waits for a person is absent."""

    pending: dict[str, dict[str, list[str]]]
    """Lesson, learner number as text: items that wait for a person."""

    learners: int
    """Learners with at least one submission."""

    graded: int
    """Submissions graded now."""

    unchanged: int
    """Submissions that were graded before and have not changed since."""

    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Give the document of ``ecitizen grade --json``."""
        return {
            "scores": self.scores,
            "pending": self.pending,
            "learners": self.learners,
            "graded": self.graded,
            "unchanged": self.unchanged,
            "seconds": round(self.seconds, 2),
        }

    @property
    def waiting(self) -> int:
        """Count the answers that wait for a person."""
        return sum(len(items) for learners in self.pending.values() for items in learners.values())

    def text(self) -> str:
        """Say the same to a librarian in a line or two."""
        return render("report.txt.j2", report=self)


def grade(
    folder: CourseFolder,
    lesson: str | None = None,
    progress: Progress | None = None,
    *,
    engine: EngineName = "fast",
    jobs: int = 1,
    dask: str | None = None,
) -> GradeReport:
    """Bring nbgrader's gradebook up to the journal, for one lesson or all, in so many processes.

    With ``dask``, the address of a scheduler, its workers grade instead; the gradebook has to lie in PostgreSQL then.
    Raises ``CourseError``; if some submissions could not be graded, ``CourseErrors`` after all others have been. Those
    are tried again next time.
    """
    chosen = [content.lesson(one) for one in (content.lesson_ids() if lesson is None else [lesson])]
    return grade_lessons(folder, chosen, progress, engine=engine, jobs=jobs, dask=dask)


def use_database(folder: CourseFolder, address: str) -> int:
    """Move the gradebook to a PostgreSQL database, for good; gives the rows moved, none if it lies there already."""
    write_settings(folder.gradebook)
    with alone(folder.gradebook):
        return move_to(folder.gradebook, address)


def grade_lessons(
    folder: CourseFolder,
    lessons: Sequence[Lesson],
    progress: Progress | None = None,
    *,
    engine: EngineName = "fast",
    jobs: int = 1,
    dask: str | None = None,
) -> GradeReport:
    """Do the work of :func:`grade` for lessons at hand."""
    # nbgrader takes seconds to import, and most commands never grade.
    from ecitizen.gradebook.engine import session

    began = time.monotonic()
    root = folder.gradebook
    write_settings(root)
    if jobs > 1:
        make_ready()
    with alone(root), session(root, engine_class(engine)) as nbgrader:
        due: list[Submission] = []
        unchanged = 0
        for lesson in lessons:
            built = assignment(lesson)
            build(nbgrader, root, built)
            submissions = [hand_in(root, built, attempt) for attempt in attempts_of(folder, lesson)]
            undone = _undone(nbgrader, root, built.lesson, submissions)
            due += undone
            unchanged += len(submissions) - len(undone)
        if due:
            nbgrader.make_ready()
        faults = list(
            _counted(_results(nbgrader, root, due, engine, jobs, dask), len(due), progress or (lambda *_: None))
        )
        for lesson in lessons:
            give_back(root, nbgrader, lesson)
        cells = {lesson.id: nbgrader.grades(lesson.id) for lesson in lessons}
    totals = [total for lesson, graded in cells.items() for total in totals_of(lesson, graded)]
    remember(folder, lessons, totals, content.toc().trained.pass_share_pct)
    if faults:
        raise CourseErrors(faults)
    scores = {lesson: points_by_learner(graded) for lesson, graded in cells.items()}
    waiting = {lesson: waiting_by_learner(graded) for lesson, graded in cells.items()}
    return GradeReport(
        scores=scores,
        pending={lesson: learners for lesson, learners in waiting.items() if learners},
        learners=len({learner for lesson_scores in scores.values() for learner in lesson_scores}),
        graded=len(due),
        unchanged=unchanged,
        seconds=time.monotonic() - began,
    )


def build(engine: Engine, root: Path, built: Assignment) -> bool:
    """Let nbgrader make the release of a lesson if its content or key changed; False if nothing had to be done."""
    name = f"{built.lesson}.ipynb"
    source, release = root / "source" / built.lesson / name, root / "release" / built.lesson / name
    mark = root / "built" / f"{built.lesson}.sha256"
    text = notebook_text(built.source)
    if release.is_file() and reads(mark) == digest(text) and engine.knows(built.lesson):
        return False
    mark.unlink(missing_ok=True)
    set_aside(root, engine, built.lesson)
    _make_room(engine, built)
    replace_file(source, text)
    engine.generate(built.lesson)
    shown = leaks(built, release.read_text(encoding="utf-8"))
    if shown:
        shutil.rmtree(release.parent)
        problem = f"в тетради для учеников виден ключ: {shown[0][:200]}"
        raise CourseError(str(release), problem, "Тетрадь удалена; сообщите авторам курса")
    replace_file(mark, digest(text))
    return True


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold the folder against a second grader; SQLite's lock works on every system and dies with its process."""
    lock = sqlite3.connect(root / "grade.lock", timeout=0, isolation_level=None)
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            problem = f"папка занята другим оцениванием ({error})"
            raise CourseError(str(root), problem, "Дождитесь его конца и повторите") from error
        require_idle(root)
        with only_grader(root):
            yield


def _make_room(engine: Engine, built: Assignment) -> None:
    """Let an assignment with other cells come in; nbgrader alone would fail, with the release already deleted."""
    known = engine.cells_of(built.lesson)
    if not known or known == built.cells:
        return
    # Marks lie aside, and all the rest can be made again from the journal.
    engine.drop(built.lesson)


def _undone(engine: Engine, root: Path, lesson: str, submissions: Iterable[Submission]) -> list[Submission]:
    """Give the submissions without a stamp of their content or without a score in every cell that needs no person."""
    whole: dict[str, bool] = {}
    for cell in engine.grades(lesson):
        whole[cell.learner] = whole.get(cell.learner, True) and (cell.auto is not None or cell.by_hand)
    return [
        handed
        for handed in submissions
        if not whole.get(handed.learner, False) or reads(stamp_file(root, handed)) != handed.stamp
    ]


def _results(
    nbgrader: Engine, root: Path, due: list[Submission], engine: EngineName, jobs: int, dask: str | None
) -> Iterator[CourseError | None]:
    """Grade here, in processes or far away; gives one result for each submission."""
    if not due:
        return iter(())
    if dask is not None:
        return spread_far(root, dask, due)
    if jobs > 1:
        return spread(root, engine, due, jobs)
    return (grade_one(nbgrader, root, handed) for handed in due)


def _counted(results: Iterator[CourseError | None], most: int, progress: Progress) -> Iterator[CourseError]:
    """Give the faults among the results, and say at each result how far it has come."""
    if most:
        progress(0, most)
    for done, fault in enumerate(results, 1):
        progress(done, most)
        if fault is not None:
            yield fault
