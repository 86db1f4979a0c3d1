"""What a person has to read: written answers that wait, and the points that somebody gives them.

Everything is kept in nbgrader's own gradebook, so formgrader shows and changes the same: the points as the manual
score, how they came about and what was said as the comment. The points of each criterion are read back from there.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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
from ecitizen.gradebook.settings import has_gradebook, write_settings
from ecitizen.gradebook.submission import read_answers
from ecitizen.practice.quiz import ROUNDING, SchemeLine, Written
from ecitizen.practice.wording import written_text

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import GradedCell
    from ecitizen.gradebook.marker import Marker

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a person has said of an answer."""

    total: float
    points: Mapping[str, float] | None
    """By line of the scheme; None if formgrader or another scheme was used, so that only the sum is known."""

    comment: str
    stamp: str
    """Names this very mark; give it to :func:`mark`, so that no other mark is replaced unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response(Waiting):
    """One written answer, whether it waits or not."""

    given: Given | None
    """None while it waits."""

    @property
    def stamp(self) -> str:
        """Name the mark that the answer has; empty while it waits."""
        return self.given.stamp if self.given else ""


class MarkConflict(CourseError):
    """Somebody else has marked the answer since it was read; nothing was written."""

    def __init__(self, place: str, given: Given | None) -> None:
        """Tell what the answer has been given meanwhile; None: a mark was taken back."""
        problem = "эту работу тем временем проверил другой человек" if given else "оценку тем временем сняли"
        super().__init__(place, problem, "Сравните баллы и решите, какие записать")
        self.given = given


def waiting(folder: CourseFolder, lessons: Sequence[Lesson] | None = None) -> list[Waiting]:
    """Give the written answers that wait, oldest first; by default of all lessons of the course."""
    if lessons is None:
        lessons = [content.lesson(lesson_id) for lesson_id in content.lesson_ids()]
    return [answer for answer in responses(folder, lessons) if answer.given is None]


def responses(folder: CourseFolder, lessons: Sequence[Lesson], learner: str | None = None) -> list[Response]:
    """Give all written answers that were graded, or those of one learner, oldest first, with what was said of them."""
    root = folder.gradebook
    lessons = [lesson for lesson in lessons if written_items(lesson)]
    if not lessons or not has_gradebook(root):
        return []
    with _marker(root) as marker:
        found = [answer for lesson in lessons for answer in _of_lesson(root, marker, lesson, learner)]
    return sorted(found, key=lambda answer: (answer.at, answer.learner, answer.lesson, answer.item))


def written_items(lesson: Lesson) -> dict[str, Written]:
    """Give the questions of a lesson that a person marks, by id."""
    return {item.id: item for item in lesson.quiz.items if isinstance(item, Written)}


def mark(
    folder: CourseFolder,
    lesson: Lesson,
    learner: int,
    item: str,
    points: Mapping[str, float],
    *,
    comment: str = "",
    version: str = "",
    before: str | None = None,
) -> float:
    """Give a written answer its points, line by line of the scheme, and perhaps a comment; gives the sum.

    An answer may be marked again; with the same points and comment nothing is written. Raises ``CourseError`` if the
    points do not fit the scheme, if there is no such answer, if it is no longer the ``version`` that was read, or while
    the folder is being graded; ``MarkConflict`` if its mark is no longer the one ``before`` (the ``stamp`` of the
    response; None: whatever it is).
    """
    scheme = written_item(lesson, item).scheme
    place = f"{lesson.id}: {item}"
    require_fitting(place, scheme, points)
    require_comment(place, comment)
    root = folder.gradebook
    given = math.fsum(points.values())
    lines = [(line.text, points[line.id], line.points) for line in scheme]
    said = render("mark.txt.j2", lines=lines, comment=comment.strip())
    with alone(root), _marker(root) as marker:
        now = _found(root, marker, lesson, learner, item, version)
        if now.stamp == _stamp(given, said):
            return given
        if before is not None and now.stamp != before:
            raise MarkConflict(place, now.given)
        marker.mark(lesson.id, str(learner), item, given, said)
    return given


def unmark(folder: CourseFolder, lesson: Lesson, learner: int, item: str, before: str) -> None:
    """Take a mark back, so that the answer waits again; raises as :func:`mark` does. Twice is as good as once."""
    written_item(lesson, item)
    root = folder.gradebook
    with alone(root), _marker(root) as marker:
        now = _found(root, marker, lesson, learner, item, "")
        if now.given is None:
            return
        if now.stamp != before:
            raise MarkConflict(f"{lesson.id}: {item}", now.given)
        marker.unmark(lesson.id, str(learner), item)


def written_item(lesson: Lesson, item_id: str) -> Written:
    """Give a question that a person marks; ``CourseError`` if there is none."""
    found = written_items(lesson).get(item_id)
    if found is None:
        raise CourseError(lesson.id, f"письменного вопроса {item_id!r} нет", "Обновите список ответов")
    return found


def require_fitting(place: str, scheme: Sequence[SchemeLine], points: Mapping[str, float]) -> None:
    """Refuse points that are not one number for each line of the scheme, from 0 to what the line gives."""
    most = {line.id: line.points for line in scheme}
    for name in points:
        if name not in most:
            raise CourseError(place, f"критерия {name!r} нет", f"Возьмите: {', '.join(most)}")
    for name, limit in most.items():
        if name not in points:
            raise CourseError(place, f"нет баллов за {name!r}", f"Дайте от 0 до {limit:g}")
        if not 0 <= points[name] <= limit:
            raise CourseError(place, f"за {name!r} дано {points[name]:g}", f"Дайте от 0 до {limit:g}")


def require_comment(place: str, comment: str) -> None:
    """Refuse a comment that is too long, or that no database holds."""
    if len(comment) > LONGEST_COMMENT or "\0" in comment:
        raise CourseError(place, f"замечание длиннее {LONGEST_COMMENT} знаков", "Сократите его")


@contextmanager
def _marker(root: Path) -> Iterator[Marker]:
    from ecitizen.gradebook.engine import session
    from ecitizen.gradebook.marker import Marker

    write_settings(root)
    with session(root, Marker) as engine:
        assert isinstance(engine, Marker)
        yield engine


def _found(root: Path, marker: Marker, lesson: Lesson, learner: int, item: str, version: str) -> Response:
    found = [one for one in _of_lesson(root, marker, lesson, str(learner)) if one.item == item]
    place = f"{lesson.id}: {item}"
    if not found:
        raise CourseError(place, f"ответа ученика {learner} здесь нет", "Обновите список ответов")
    if version and version != found[0].version:
        raise CourseError(place, f"ученик {learner} написал другой ответ", "Обновите список и прочитайте его")
    return found[0]


def _of_lesson(root: Path, marker: Marker, lesson: Lesson, learner: str | None = None) -> Iterator[Response]:
    items = written_items(lesson)
    texts: dict[str, dict[str, str]] = {}
    said = marker.comments(lesson.id)
    for cell in marker.grades(lesson.id):
        # What the program itself has marked with zero was no text.
        if cell.item not in items or cell.auto is not None or learner not in {None, cell.learner}:
            continue
        if cell.learner not in texts:
            texts[cell.learner] = _texts(root, lesson.id, cell.learner)
        # Without its notebook it is being graded anew; then it waits again.
        if text := texts[cell.learner].get(cell.item):
            yield _response(lesson.id, items[cell.item], cell, text, said.get((cell.learner, cell.item), ""))


def _response(lesson: str, item: Written, cell: GradedCell, text: str, said: str) -> Response:
    return Response(
        learner=int(cell.learner),
        lesson=lesson,
        item=item.id,
        question=item.text,
        text=text,
        sample=item.sample,
        scheme=item.scheme,
        at=cell.submitted_at,
        version=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        # After another text nbgrader keeps the old points, but asks a person to look.
        given=None if cell.waits else _given(item.scheme, float(cell.points), said),
    )


def _given(scheme: Sequence[SchemeLine], total: float, said: str) -> Given:
    """Read a mark back from the words in which :func:`mark` wrote it."""
    lines = [rf"{re.escape(line.text.strip())}\s*: (\S+) из {re.escape(f'{line.points:g}')}" for line in scheme]
    match = re.fullmatch("\n".join(lines) + r"\s*?(?:\n\n(.*?))?\s*", said, re.DOTALL)
    points = None
    if match:
        numbers = [float(number) for number in match.groups()[:-1]]
        if abs(math.fsum(numbers) - total) <= ROUNDING:
            points = {line.id: number for line, number in zip(scheme, numbers, strict=True)}
    comment = (match[match.re.groups] or "") if match else said
    return Given(total=total, points=points, comment=comment, stamp=_stamp(total, said))


def _stamp(total: float, said: str) -> str:
    return hashlib.sha256(f"{total!r}\n{said}".encode("utf-8", "surrogatepass")).hexdigest()


def _texts(root: Path, lesson: str, learner: str) -> dict[str, str]:
    """Give the texts of a graded submission by question; what was no text is absent."""
    from ecitizen.gradebook.engine import cells_by_id

    cell = cells_by_id(root / "autograded" / learner / lesson / f"{lesson}.ipynb").get(ANSWERS)
    quiz = read_answers(cell.source)["quiz"] if cell else {}
    return {item: text for item, answer in quiz.items() if (text := written_text(answer))}
