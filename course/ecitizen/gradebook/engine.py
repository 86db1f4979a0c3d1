"""nbgrader as it comes: generate, autograde, read back. Importing it costs seconds.

nbgrader's own converters and ``Gradebook`` do the work, with ``nbgrader_config.py`` of the course folder as their
settings; nothing of theirs is patched. What they log goes to ``grade.log`` in nbgrader's folder.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from nbformat import ValidationError
from nbformat.reader import NotJSONError
from sqlalchemy.exc import DBAPIError

from ecitizen.errors import CourseError
from ecitizen.gradebook.assignment import Assignment, ask_id
from ecitizen.gradebook.settings import CONFIG_FILE, COURSE_ID, LOG_FILE

with warnings.catch_warnings():
    # What nbgrader's imports find old-fashioned in each other is no news for a librarian.
    warnings.simplefilter("ignore")
    from nbgrader.api import (
        Assignment as KnownAssignment,
    )
    from nbgrader.api import (
        Grade,
        Gradebook,
        GradeCell,
        MissingEntry,
        SubmittedAssignment,
        SubmittedNotebook,
    )
    from nbgrader.converters import Autograde, GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config, PyFileConfigLoader


LONGEST_SOCKET = 100
"""Characters of a Unix socket's path; the system allows 104 on macOS and 108 on Linux."""


class EngineError(CourseError):
    """nbgrader could not build or grade; the log has its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedCell:
    """One cell of one learner's submission as nbgrader's gradebook holds it."""

    learner: str
    item: str
    points: float
    """What counts: the manual score where a person gave one, else the autograder's."""

    auto: float | None
    """The autograder's points; None where it has not come by."""

    manual: float | None
    most: float
    """Points that the cell can give."""

    by_hand: bool
    """Whether only a person can mark it."""

    asked: bool
    """Whether nbgrader asks a person to look at it."""

    submitted_at: datetime
    """UTC."""

    @property
    def waits(self) -> bool:
        """Tell whether an answer is there that nobody has marked as it now stands."""
        return self.by_hand and self.auto is None and self.asked


class Engine:
    """nbgrader over one course folder; get one from :func:`session`."""

    def __init__(self, root: Path, log: logging.Logger, sockets: Path) -> None:
        """Read ``nbgrader_config.py`` of the folder, the same that JupyterLab reads; kernels meet in ``sockets``."""
        self._root, self._log = root, log
        self._config = Config(PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config())
        address = str(sockets / "kernel")
        if os.name == "posix" and len(address) < LONGEST_SOCKET:
            # By TCP another account of the computer could listen, and each kernel would print a warning of it.
            self._config.KernelManager.transport = "ipc"
            self._config.KernelManager.ip = address

    def generate(self, lesson: str) -> None:
        """Make ``release/`` and the gradebook's cells from ``source/``; what was there is replaced."""
        self._run(GenerateAssignment, "release", lesson, ".")

    def make_ready(self) -> None:
        """Do what one process must do before several grade."""

    def autograde(self, built: Assignment, learner: str) -> None:
        """Grade one submission, whatever was there before; raises ``EngineError`` unless every test gave a number.

        What a person has said of a written answer stays, unless the answer or its question has changed since.
        """
        lesson = built.lesson
        path = self._root / "autograded" / learner / lesson / f"{lesson}.ipynb"
        before = written_cells(cells_by_id(path))
        marked = self._marked(lesson, learner) if before else set()
        self._run(Autograde, "autograded", lesson, learner)
        cells = by_id(nbformat.read(path, as_version=4))
        for cell in cells.values():
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade"):
                _require_number(path, cell)
        if marked:
            after = written_cells(cells)
            # nbgrader keeps the points, but asks for them again whatever has changed.
            self._settle(lesson, learner, {item for item in marked if before.get(item) == after.get(item)})

    def knows(self, lesson: str) -> bool:
        """Tell whether the gradebook has the lesson's assignment."""
        with self._gradebook() as book:
            return any(assignment.name == lesson and assignment.notebooks for assignment in book.assignments)

    def cells_of(self, lesson: str) -> set[tuple[str, str]]:
        """Give id and type of the cells that nbgrader keeps for the lesson; empty if it does not know it."""
        with self._gradebook() as book:
            try:
                return {(cell.name, cell.cell_type) for cell in book.find_notebook(lesson, lesson).source_cells}
            except MissingEntry:
                return set()

    def drop(self, lesson: str) -> None:
        """Take the assignment with its grades out of the gradebook, so that other cells can come in."""
        with self._gradebook() as book:
            book.remove_assignment(lesson)

    def grades(self, lesson: str) -> list[GradedCell]:
        """Give all cells of all submissions of the lesson, in one query."""
        with self._gradebook() as book:
            return graded_cells(book, lesson)

    def mark(self, lesson: str, learner: str, item: str, points: float, comment: str) -> None:
        """Write what a person says of a written answer; raises ``MissingEntry`` if there is none."""
        with self._gradebook() as book:
            grade = book.find_grade(item, lesson, lesson, learner)
            grade.manual_score, grade.needs_manual_grade = points, False
            book.find_comment(item, lesson, lesson, learner).manual_comment = comment
            book.db.commit()

    def _marked(self, lesson: str, learner: str) -> set[str]:
        """Name the cells of a submission that a person has marked and need not look at again."""
        with self._gradebook() as book:
            try:
                grades = book.find_submission_notebook(lesson, lesson, learner).grades
            except MissingEntry:
                return set()
            return {one.name for one in grades if one.manual_score is not None and not one.needs_manual_grade}

    def _settle(self, lesson: str, learner: str, items: set[str]) -> None:
        with self._gradebook() as book:
            for item in items:
                book.find_grade(item, lesson, lesson, learner).needs_manual_grade = False
            book.db.commit()

    def lessons(self) -> list[str]:
        """Give the ids of the lessons in the gradebook, sorted."""
        with self._gradebook() as book:
            return sorted(assignment.name for assignment in book.assignments)

    @contextmanager
    def opened(self) -> Iterator[Gradebook]:
        """Open nbgrader's gradebook, to ask it what the engine does not."""
        with self._gradebook() as book:
            yield book

    @contextmanager
    def _gradebook(self) -> Iterator[Gradebook]:
        with quiet(), Gradebook(self._course(".", "").db_url, COURSE_ID) as book:
            yield book

    def _course(self, lesson: str, learner: str) -> CourseDirectory:
        course = CourseDirectory(config=self._config, log=self._log)
        course.assignment_id, course.student_id = lesson, learner
        return course

    def _run(self, converter: Any, step: str, lesson: str, learner: str) -> None:
        app = converter(coursedir=self._course(lesson, learner), config=self._config, log=self._log)
        app.force = True
        with self._faults(step, lesson, learner):
            self._start(app)

    def _start(self, app: Any) -> None:
        # nbgrader changes the working directory, and would leave it changed if it were killed by an exception.
        with quiet(), chdir(self._root):
            app.start()

    @contextmanager
    def _faults(self, step: str, lesson: str, learner: str) -> Iterator[None]:
        """Say where nbgrader failed and where its own words are."""
        try:
            yield
        except (NbGraderException, DBAPIError) as error:
            where = f"{self._root / step / learner / lesson}"
            raise EngineError(where, f"nbgrader: {error}", f"Посмотрите конец файла {self._root / LOG_FILE}") from error

    def close(self) -> None:
        """Let go of what was kept open."""


@contextmanager
def session(root: Path, kind: type[Engine] = Engine) -> Iterator[Engine]:
    """Work with nbgrader over a course folder whose settings are written; its log and path are in force within."""
    log = logging.Logger("nbgrader", logging.INFO)
    handler = logging.FileHandler(root / LOG_FILE, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    try:
        with (
            TemporaryDirectory(prefix="ecz-") as sockets,
            alembic_on_path(),
            closing(kind(root, log, Path(sockets))) as engine,
        ):
            yield engine
    finally:
        handler.close()


@contextmanager
def alembic_on_path() -> Iterator[None]:
    """Let the first ``Gradebook()`` find ``alembic``, which stands beside Python and perhaps nowhere else."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def quiet() -> Iterator[None]:
    """Hold back the warnings of nbgrader."""
    with warnings.catch_warnings():
        # nbgrader 0.9 speaks to SQLAlchemy 2.1 in an older way: a warning at each row, no harm (findings, ecosystem).
        warnings.simplefilter("ignore")
        yield


def graded_cells(book: Gradebook, lesson: str) -> list[GradedCell]:
    """Give all cells of all submissions of a lesson, by learner and id, in one query."""
    rows = (
        book.db.query(
            SubmittedAssignment.student_id,
            GradeCell.name,
            Grade.score,
            Grade.auto_score,
            Grade.manual_score,
            GradeCell.max_score,
            GradeCell.cell_type,
            Grade.needs_manual_grade,
            SubmittedAssignment.timestamp,
        )
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(KnownAssignment, SubmittedAssignment.assignment_id == KnownAssignment.id)
        .join(GradeCell, Grade.cell_id == GradeCell.id)
        .filter(KnownAssignment.name == lesson)
        .order_by(SubmittedAssignment.student_id, GradeCell.name)
        .all()
    )
    return [_graded(*row) for row in rows]


def cells_by_id(path: Path) -> dict[str, Any]:
    """Give the cells of a notebook file; nothing if there is none, or only a piece of one."""
    try:
        return by_id(nbformat.read(path, as_version=4))
    except (FileNotFoundError, NotJSONError, ValidationError):
        return {}


def by_id(notebook: Any) -> dict[str, Any]:
    """Give the cells of a notebook."""
    return {cell.get("id", ""): cell for cell in notebook.cells}


def written_cells(cells: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Give question and answer, as they stand in a graded notebook, of every cell that a person marks."""
    roles = {name: cell.metadata.get("nbgrader", {}) for name, cell in cells.items()}
    by_hand = [name for name, role in roles.items() if role.get("grade") and role.get("solution")]
    return {name: (asked(cells, name), cells[name].source) for name in by_hand if ask_id(name) in cells}


def asked(cells: dict[str, Any], name: str) -> str:
    """Name what a person was asked to judge and for how many points; its place among the others does not matter."""
    known = cells[name].metadata.get("ecitizen", {})
    return f"{known['wording']} {known['weights']}" if "wording" in known else cells[ask_id(name)].source


def _graded(
    learner: str,
    item: str,
    points: float,
    auto: float | None,
    manual: float | None,
    most: float,
    cell_type: str,
    asked: bool,
    submitted_at: datetime | None,
) -> GradedCell:
    return GradedCell(
        learner=learner,
        item=item,
        points=points,
        auto=auto,
        manual=manual,
        most=most,
        # Of our graded cells only those of written answers are Markdown.
        by_hand=cell_type == "markdown",
        asked=asked,
        submitted_at=(submitted_at or datetime.fromtimestamp(0, UTC)).replace(tzinfo=UTC),
    )


def _require_number(path: Path, cell: Any) -> None:
    """Refuse a cell whose score would be an accident: nbgrader gives zero for any error and full points for silence."""
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    if len(cell.outputs) == 1 and len(results) == 1:
        return
    said = [output.get("evalue") or output.get("text") or output.output_type for output in cell.outputs]
    problem = f"ячейка {cell.metadata.nbgrader.grade_id} не дала числа, а дала {said!r}"
    raise EngineError(str(path), problem, "Сообщите об этом авторам курса; остальные работы оценены")
