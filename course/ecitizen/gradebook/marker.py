"""What marking by hand needs of nbgrader's gradebook beyond the engine. Importing it costs seconds."""

from __future__ import annotations

from nbgrader.api import Assignment, Comment, Gradebook, SolutionCell, SubmittedAssignment, SubmittedNotebook

from ecitizen.gradebook.engine import Engine


class Marker(Engine):
    """nbgrader over one course folder, for those who read written answers."""

    def comments(self, lesson: str) -> dict[tuple[str, str], str]:
        """Give what people said of the answers of a lesson, by learner and item."""
        with self._gradebook() as book:
            return comments_of(book, lesson)

    def unmark(self, lesson: str, learner: str, item: str) -> None:
        """Take back what a person said of a written answer: it waits again; ``MissingEntry`` if there is none."""
        with self._gradebook() as book:
            grade = book.find_grade(item, lesson, lesson, learner)
            grade.manual_score, grade.needs_manual_grade = None, True
            book.find_comment(item, lesson, lesson, learner).manual_comment = None
            book.db.commit()


def comments_of(book: Gradebook, lesson: str) -> dict[tuple[str, str], str]:
    """Give what people said of the answers of a lesson, by learner and item; in one query."""
    rows = (
        book.db.query(SubmittedAssignment.student_id, SolutionCell.name, Comment.manual_comment)
        .select_from(Comment)
        .join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(SolutionCell, Comment.cell_id == SolutionCell.id)
        .filter(Assignment.name == lesson)
        .all()
    )
    return {(learner, item): said for learner, item, said in rows if said}
