"""The points of all submissions, summed up by the database where they lie. Importing it costs seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from nbgrader.api import Assignment, Grade, Gradebook, GradeCell, SubmittedAssignment, SubmittedNotebook
from sqlalchemy import Table, case, func, literal_column, select

from ecitizen.gradebook.passing import Total

_BY_HAND = "markdown"
"""Of our graded cells only those of written answers are Markdown."""


def totals(book: Gradebook) -> list[Total]:
    """Give what each submission is worth, by lesson and learner: one query, of two million cells too.

    Points are nbgrader's own ``Grade.score``; a lesson is one notebook.
    """
    cells = cast(Table, GradeCell.__table__)
    by_hand = cells.c.cell_type == _BY_HAND
    # Grouped by an expression, for SQLite would else go through the table by an index of it, twice as slow.
    notebook = Grade.notebook_id.concat(literal_column("''")).label("notebook")
    summed = (
        select(
            notebook,
            func.sum(case((by_hand, 0.0), else_=Grade.score)).label("points"),
            func.sum(case((by_hand, 0.0), else_=cells.c.max_score)).label("most"),
        )
        .join(cells, Grade.cell_id == cells.c.id)
        .group_by(notebook)
        .subquery()
    )
    rows = book.db.execute(
        select(
            Assignment.name,
            SubmittedAssignment.student_id,
            summed.c.points,
            summed.c.most,
            SubmittedAssignment.timestamp,
        )
        .select_from(summed)
        .join(SubmittedNotebook, SubmittedNotebook.id == summed.c.notebook)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    )
    found = [
        Total(lesson, learner, points, most, (at or datetime.fromtimestamp(0, UTC)).replace(tzinfo=UTC))
        for lesson, learner, points, most, at in rows
    ]
    return sorted(found, key=lambda one: (one.lesson, one.learner))
