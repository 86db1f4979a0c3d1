"""What a person has to read: written answers that wait, and the points that somebody gives them.

Everything is kept in nbgrader's own gradebook, so formgrader shows and changes the same: the points as the manual
score, how they came about and what was said as the comment.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import ANSWERS, render
from ecitizen.gradebook.grading import alone
from ecitizen.gradebook.settings import DATABASE_FILE, write_settings
from ecitizen.gradebook.submission import read_answers
from ecitizen.practice.quiz import SchemeLine, Written
from ecitizen.practice.wording import written_text

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import Engine, GradedCell

LONGEST_COMMENT = 2000
"""Characters of a comment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One written answer that nobody has marked as it now stands."""

    learner: int
    lesson: str
    item: str
    question: str
    text: str
    """What the learner wrote, as it came: escape it before it is shown."""

    sample: str
    scheme: tuple[SchemeLine, ...]
    at: datetime
    """When the attempt that counts ended, UTC."""

    version: str
    """Names this very text; give it to :func:`mark`, so that no other text is marked by mistake."""


def waiting(folder: CourseFolder, lessons: Sequence[Lesson] | None = None) -> list[Waiting]:
    """Give the written answers that wait, oldest first; by default of all lessons of the course."""
    root = folder.gradebook
    if not (root / DATABASE_FILE).exists():
        return []
    from ecitizen.gradebook.engine import session

    if lessons is None:
        lessons = [content.lesson(lesson_id) for lesson_id in content.lesson_ids()]
    write_settings(root)
    with session(root) as engine:
        found = [answer for lesson in lessons for answer in _of_lesson(root, engine, lesson)]
    return sorted(found, key=lambda answer: (answer.at, answer.learner, answer.lesson, answer.item))


def mark(
    folder: CourseFolder,
    lesson: Lesson,
    learner: int,
    item: str,
    points: Mapping[str, float],
    *,
    comment: str = "",
    version: str = "",
) -> float:
    """Give a written answer its points, line by line of the scheme, and perhaps a comment; gives the sum.

    An answer may be marked again. Raises ``CourseError`` if the points do not fit the scheme, if there is no such
    answer, if it is no longer the ``version`` that was read, or while the folder is being graded.
    """
    scheme = _written(lesson, item).scheme
    place = f"{lesson.id}: {item}"
    _require_fitting(place, scheme, points)
    if len(comment) > LONGEST_COMMENT or "\0" in comment:
        raise CourseError(place, f"замечание длиннее {LONGEST_COMMENT} знаков", "Сократите его")
    from ecitizen.gradebook.engine import session

    root = folder.gradebook
    write_settings(root)
    with alone(root), session(root) as engine:
        text = _texts(root, lesson.id, str(learner)).get(item, "")
        cells = {(cell.learner, cell.item): cell for cell in engine.grades(lesson.id)}
        cell = cells.get((str(learner), item))
        if cell is None or cell.auto is not None or not text:
            raise CourseError(place, f"ответа ученика {learner} здесь нет", "Обновите список ответов")
        if version and version != _version(text):
            raise CourseError(place, f"ученик {learner} написал другой ответ", "Обновите список и прочитайте его")
        given = math.fsum(points.values())
        lines = [(line.text, points[line.id], line.points) for line in scheme]
        said = render("mark.txt.j2", lines=lines, comment=comment.strip())
        engine.mark(lesson.id, str(learner), item, given, said)
    return given


def _of_lesson(root: Path, engine: Engine, lesson: Lesson) -> Iterator[Waiting]:
    items = {item.id: item for item in lesson.quiz.items if isinstance(item, Written)}
    texts: dict[str, dict[str, str]] = {}
    for cell in engine.grades(lesson.id):
        if not cell.waits or cell.item not in items:
            continue
        if cell.learner not in texts:
            texts[cell.learner] = _texts(root, lesson.id, cell.learner)
        # Without its notebook it is being graded anew; then it waits again.
        if text := texts[cell.learner].get(cell.item):
            yield _waiting(lesson.id, items[cell.item], cell, text)


def _waiting(lesson: str, item: Written, cell: GradedCell, text: str) -> Waiting:
    return Waiting(
        learner=int(cell.learner),
        lesson=lesson,
        item=item.id,
        question=item.text,
        text=text,
        sample=item.sample,
        scheme=item.scheme,
        at=cell.submitted_at,
        version=_version(text),
    )


def _texts(root: Path, lesson: str, learner: str) -> dict[str, str]:
    """Give the texts of a graded submission by question; what was no text is absent."""
    from ecitizen.gradebook.engine import cells_by_id

    cell = cells_by_id(root / "autograded" / learner / lesson / f"{lesson}.ipynb").get(ANSWERS)
    quiz = read_answers(cell.source)["quiz"] if cell else {}
    return {item: text for item, answer in quiz.items() if (text := written_text(answer))}


def _written(lesson: Lesson, item_id: str) -> Written:
    for item in lesson.quiz.items:
        if item.id == item_id and isinstance(item, Written):
            return item
    raise CourseError(lesson.id, f"письменного вопроса {item_id!r} нет", "Обновите список ответов")


def _require_fitting(place: str, scheme: Sequence[SchemeLine], points: Mapping[str, float]) -> None:
    most = {line.id: line.points for line in scheme}
    for name in points:
        if name not in most:
            raise CourseError(place, f"критерия {name!r} нет", f"Возьмите: {', '.join(most)}")
    for name, limit in most.items():
        if name not in points:
            raise CourseError(place, f"нет баллов за {name!r}", f"Дайте от 0 до {limit:g}")
        if not 0 <= points[name] <= limit:
            raise CourseError(place, f"за {name!r} дано {points[name]:g}", f"Дайте от 0 до {limit:g}")


def _version(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
