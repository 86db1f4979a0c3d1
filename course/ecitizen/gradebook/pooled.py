"""nbgrader's gradebook opened once for many submissions, each of which is one transaction.

nbgrader opens its gradebook nine times for each submission and commits twenty-six times. Here the methods that its
converters call answer from what was read once: the assignment for the life of the gradebook, the learner's rows for the
life of a submission. Its ``commit()`` only means that a row is ready; all rows are written at the end, together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from nbgrader import utils
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    Notebook,
    SolutionCell,
    SourceCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from ecitizen.gradebook.borrowing import renamed
from ecitizen.gradebook.settings import COURSE_ID

LONGEST_WAIT_S = 60
"""How long a process waits while others write."""


class _Together(Session):
    """A session that nbgrader may tell to commit as often as it likes."""

    def commit(self) -> None:
        """Wait for the end of the submission."""

    def write(self) -> None:
        """Commit in truth."""
        super().commit()


@dataclass(frozen=True, slots=True)
class _Known:
    """An assignment with one notebook, as ``generate_assignment`` left it."""

    assignment: Assignment
    notebook: Notebook
    sources: dict[str, SourceCell]
    graded: dict[str, GradeCell]
    solutions: dict[str, SolutionCell]


@dataclass(slots=True)
class _Rows:
    """The rows of one submission, read or new."""

    student: Student | None = None
    submission: SubmittedAssignment | None = None
    notebook: SubmittedNotebook | None = None
    grades: dict[str, Grade] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)


class PooledGradebook(Gradebook):
    """A gradebook for grading one submission after the other; for all else use nbgrader's."""

    def __init__(self, db_url: str) -> None:
        """Open the gradebook, which must have been made before, once."""
        super().__init__(db_url, COURSE_ID)
        # nbgrader's preprocessors leave this row too, since they name no course.
        self.check_course()
        super().close()
        self._is_file = db_url.startswith("sqlite")
        # Whoever writes waits for the other processes, and no read of a file lasts longer than its statement.
        if self._is_file:
            self.engine = create_engine(db_url, connect_args={"timeout": LONGEST_WAIT_S})
            _write_ahead(self.engine)
        else:
            self.engine = create_engine(db_url, pool_pre_ping=True)
        self.db = _Together(self.engine, autoflush=False, expire_on_commit=False)
        self._known: dict[str, _Known] = {}
        self._rows = _Rows()

    @contextmanager
    def submission(self, student: str) -> Iterator[None]:
        """Write all that happens within for a learner, or nothing of it."""
        self._rows = _Rows()
        try:
            if not self._is_file:
                # A process of a killed grader, on another computer perhaps, may still be at the same learner.
                self.db.execute(text("SELECT pg_advisory_xact_lock(hashtext(:student))"), {"student": student})
            yield
            self.db.write()
        finally:
            # No effect after a commit; what was read of the assignment stays.
            self.db.rollback()
            self._rows = _Rows()

    def __exit__(self, *error: object) -> None:
        """Stay open: nbgrader's preprocessors enter and leave it one after the other."""

    def close(self) -> None:
        """Close it in truth."""
        self.db.close()
        self.engine.dispose()

    def find_assignment(self, name: str) -> Assignment:
        """Give the assignment, read once."""
        return self._of(name).assignment

    def find_notebook(self, name: str, assignment: str) -> Notebook:
        """Give the one notebook of the assignment, read once."""
        notebook = self._of(assignment).notebook
        if notebook.name != name:
            raise MissingEntry(f"No such notebook: {assignment}/{name}")
        return notebook

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> SourceCell:
        """Give a cell as it must be, read once."""
        return _found(self._of(assignment).sources, name, f"{assignment}/{notebook}")

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> GradeCell:
        """Give a cell with its points, read once."""
        return _found(self._of(assignment).graded, name, f"{assignment}/{notebook}")

    def find_student(self, student_id: str) -> Student:
        """Give the learner of the submission."""
        if self._rows.student is None:
            self._rows.student = self.db.get(Student, student_id)
        if self._rows.student is None:
            raise MissingEntry(f"No such student: {student_id}")
        return self._rows.student

    def add_student(self, student_id: str, **kwargs: Any) -> Student:
        """Add a learner, who is then found although not yet written."""
        self._rows.student = super().add_student(student_id, **kwargs)
        return self._rows.student

    def find_submission(self, assignment: str, student: str) -> SubmittedAssignment:
        """Give the submission, read with all its rows at the first call."""
        if self._rows.submission is None:
            self._read(self._of(assignment), student)
        if self._rows.submission is None:
            raise MissingEntry(f"No such submission: {assignment} for {student}")
        return self._rows.submission

    def find_submission_notebook(self, notebook: str, assignment: str, student: str) -> SubmittedNotebook:
        """Give the notebook of the submission."""
        self.find_notebook(notebook, assignment)
        if self.find_submission(assignment, student).total_seconds_late > 0:
            # Its score is about to be asked for, which the database sums up.
            self.db.flush()
        return self._rows.notebook

    def find_grade(self, grade_cell: str, notebook: str, assignment: str, student: str) -> Grade:
        """Give the grade of a cell of the submission."""
        self.find_submission(assignment, student)
        return _found(self._rows.grades, grade_cell, f"{assignment}/{notebook} for {student}")

    def find_comment(self, solution_cell: str, notebook: str, assignment: str, student: str) -> Comment:
        """Give the comment on a cell of the submission."""
        self.find_submission(assignment, student)
        return _found(self._rows.comments, solution_cell, f"{assignment}/{notebook} for {student}")

    def grades_of(self, assignment: str, student: str) -> dict[str, Grade]:
        """Give all grades of the submission by cell; raises ``MissingEntry`` if there is none."""
        self.find_submission(assignment, student)
        return self._rows.grades

    def add_submission(self, assignment: str, student: str, **kwargs: Any) -> SubmittedAssignment:
        """Add a submission with an empty grade and comment for each cell, as nbgrader does, but by keys alone."""
        known, rows = self._of(assignment), self._rows
        when = utils.parse_utc(kwargs.get("timestamp"))
        new = SubmittedAssignment(id=_key(), assignment_id=known.assignment.id, student_id=student, timestamp=when)
        rows.notebook = SubmittedNotebook(id=_key(), notebook_id=known.notebook.id, assignment_id=new.id)
        rows.grades = {name: Grade(cell_id=c.id, notebook_id=rows.notebook.id) for name, c in known.graded.items()}
        rows.comments = {
            name: Comment(cell_id=c.id, notebook_id=rows.notebook.id) for name, c in known.solutions.items()
        }
        self._adopt(known, new, student)
        self.db.add_all([new, rows.notebook, *rows.grades.values(), *rows.comments.values()])
        return new

    def _adopt(self, known: _Known, submission: SubmittedAssignment, student: str) -> None:
        # Known without asking the database, and without entering it into the lists of its kin, which would grow.
        set_committed_value(submission, "assignment", known.assignment)
        set_committed_value(submission, "student", self.find_student(student))
        self._rows.submission = submission

    def _read(self, known: _Known, student: str) -> None:
        query, rows = self.db.query, self._rows
        pair = (
            query(SubmittedAssignment, SubmittedNotebook)
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .filter(SubmittedNotebook.notebook_id == known.notebook.id)
            .filter(SubmittedAssignment.assignment_id == known.assignment.id)
            .filter(SubmittedAssignment.student_id == student)
            .one_or_none()
        )
        if pair is None:
            return
        submission, rows.notebook = pair
        cells = {cell.id: name for name, cell in (*known.graded.items(), *known.solutions.items())}
        # nbgrader has no index that begins with the notebook: without the cells the whole table would be read.
        of_this = rows.notebook.id
        graded = query(Grade).filter(Grade.notebook_id == of_this, Grade.cell_id.in_(cells))
        commented = query(Comment).filter(Comment.notebook_id == of_this, Comment.cell_id.in_(cells))
        rows.grades = {cells[row.cell_id]: row for row in graded}
        rows.comments = {cells[row.cell_id]: row for row in commented}
        self._adopt(known, submission, student)

    def _of(self, name: str) -> _Known:
        if name not in self._known:
            assignment = super().find_assignment(name)
            (notebook,) = assignment.notebooks
            self._known[name] = _Known(
                assignment,
                notebook,
                {cell.name: cell for cell in notebook.source_cells},
                {cell.name: cell for cell in notebook.grade_cells},
                {cell.name: cell for cell in notebook.solution_cells},
            )
        return self._known[name]


def lent(base: type, method: str, book: PooledGradebook) -> type:
    """Give a subclass whose method finds ``book`` wherever nbgrader's code opens a ``Gradebook``."""
    ours = renamed(getattr(base, method), Gradebook=lambda *_: book)
    return type(base.__name__, (base,), {method: ours, "__module__": __name__})


def _write_ahead(engine: Engine) -> None:
    """Let readers and a writer be at the file at once, and a commit reach the disk in one step instead of three."""
    with engine.connect() as connection, suppress(OperationalError):
        # Somebody who reads just now, or a disk that cannot share memory, only leaves it slower.
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")


def _found(rows: dict[str, Any], name: str, of: str) -> Any:
    if name not in rows:
        raise MissingEntry(f"No such cell: {name} of {of}")
    return rows[name]


def _key() -> str:
    return uuid4().hex
