"""What learners came to, item by item and skill by skill: the rows of every export and of the learner's feedback.

Learners are numbers here and nothing else; whoever may know a name adds it at the very end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from ecitizen import content

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import GradedCell

By = Literal["item", "skill", "lesson"]
"""What a row is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a learner came to in one item, one skill of a lesson, or one lesson."""

    learner: str
    """The number, as nbgrader keeps it."""

    lesson: str
    item: str
    """Empty unless it is of one item."""

    skill: str
    """Empty if it is of a whole lesson, or of a lesson that the course does not have."""

    points: float | None
    """None if nothing of it has been marked yet."""

    most: float
    """The most that what has been marked can give; if nothing has, the most of all."""

    waits: bool
    """Whether an answer waits for a person."""

    at: datetime
    """When it was submitted, UTC."""

    @property
    def share(self) -> float | None:
        """Give the share of the points, 0 to 1."""
        return None if self.points is None or not self.most else self.points / self.most


def outcomes(book: Any, lessons: Collection[str] = (), learners: Collection[str] = ()) -> list[Outcome]:
    """Give all items of all learners from nbgrader's ``Gradebook``, in the order of the course; empty means all."""
    from ecitizen.gradebook.engine import graded_cells, quiet

    course = content.lesson_ids()
    with quiet():
        known = sorted(assignment.name for assignment in book.assignments)
        ordered = [lesson for lesson in course if lesson in known] + [name for name in known if name not in course]
        chosen = [lesson for lesson in ordered if not lessons or lesson in lessons]
        cells = {lesson: graded_cells(book, lesson) for lesson in chosen}
    found: list[Outcome] = []
    for lesson, graded in cells.items():
        skills = skills_of(lesson) if lesson in course else {}
        wanted = [cell for cell in graded if not learners or cell.learner in learners]
        found += sorted((_outcome(lesson, cell, skills) for cell in wanted), key=_order(list(skills)))
    return found


def skills_of(lesson_id: str) -> dict[str, str]:
    """Give the skill of each item and criterion of a lesson, in their order."""
    lesson = content.lesson(lesson_id)
    return {part.id: part.skill for part in (*lesson.quiz.items, *lesson.rubric.criteria)}


def summed(found: Iterable[Outcome], by: By) -> list[Outcome]:
    """Put items together by skill or by lesson; what waits for a person is left out of the points and of the most."""
    if by == "item":
        return list(found)
    groups: dict[tuple[str, str, str], list[Outcome]] = {}
    for one in found:
        groups.setdefault((one.lesson, one.learner, one.skill if by == "skill" else ""), []).append(one)
    return [_sum(lesson, learner, skill, parts) for (lesson, learner, skill), parts in groups.items()]


def _sum(lesson: str, learner: str, skill: str, parts: list[Outcome]) -> Outcome:
    marked = [one for one in parts if one.points is not None]
    return Outcome(
        learner=learner,
        lesson=lesson,
        item="",
        skill=skill,
        points=sum(one.points or 0.0 for one in marked) if marked else None,
        most=sum(one.most for one in marked or parts),
        waits=any(one.waits for one in parts),
        at=max(one.at for one in parts),
    )


def _outcome(lesson: str, cell: GradedCell, skills: dict[str, str]) -> Outcome:
    return Outcome(
        learner=cell.learner,
        lesson=lesson,
        item=cell.item,
        skill=skills.get(cell.item, ""),
        points=None if cell.waits else cell.points,
        most=cell.most,
        waits=cell.waits,
        at=cell.submitted_at,
    )


def _order(items: list[str]) -> Any:
    places = {item: place for place, item in enumerate(items)}
    return lambda one: (len(one.learner), one.learner, places.get(one.item, len(places)), one.item)
