"""The second marker: somebody who marks the same answers without seeing the first one's marks.

A second opinion counts in no score and nbgrader has no place for it, so it lies beside nbgrader's gradebook, one file
a lesson, under the learner's number alone. The mark that counts stays in the gradebook (docs/adr/0010).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.agreement import Agreement, agreement
from ecitizen.gradebook.grading import alone
from ecitizen.gradebook.manual import (
    Given,
    MarkConflict,
    Response,
    require_comment,
    require_fitting,
    responses,
    written_item,
)
from ecitizen.gradebook.settings import replace_file

FOLDER = "second"
"""In nbgrader's folder; nbgrader itself looks into the steps of its own only."""

Key = tuple[int, str]
"""Learner and item."""

Points = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    points: dict[str, Points]
    comment: str
    version: str


class _File(RootModel[dict[str, dict[str, _Kept]]]):
    """Learner as text, item: the mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What the second marker has said of an answer."""

    points: Mapping[str, float]
    comment: str
    version: str
    """The text that was read; of another text the opinion says nothing."""

    def as_given(self) -> Given:
        """Give it in the shape of a mark."""
        stamp = json.dumps([dict(self.points), self.comment, self.version], sort_keys=True)
        return Given(total=sum(self.points.values()), points=self.points, comment=self.comment, stamp=stamp)


@dataclass(frozen=True, slots=True)
class Difference:
    """An answer to which the two gave different points for something."""

    response: Response
    second: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Both markers over one question."""

    item: str
    both: int
    """Answers that both have marked."""

    agreement: Agreement
    different: tuple[Difference, ...]


def opinions(folder: CourseFolder, lesson: str) -> dict[Key, Opinion]:
    """Give what second markers have said in a lesson; ``CourseError`` if the file is not what was written."""
    path = _path(folder, lesson)
    try:
        kept = _File.model_validate_json(path.read_bytes()).root
        return {
            (int(learner), item): Opinion(points=one.points, comment=one.comment, version=one.version)
            for learner, items in kept.items()
            for item, one in items.items()
        }
    except FileNotFoundError:
        return {}
    except (ValidationError, ValueError) as error:
        problem = f"файл второй проверки не читается ({str(error).splitlines()[0]!r})"
        raise CourseError(str(path), problem, "Верните его из копии или удалите и проверьте работы ещё раз") from error


def second_given(answer: Response, kept: Mapping[Key, Opinion]) -> Given | None:
    """Give the second mark of an answer as it now stands; None while it waits for one."""
    opinion = kept.get((answer.learner, answer.item))
    fits = opinion is not None and opinion.version == answer.version
    return opinion.as_given() if opinion and fits and _fits(answer, opinion.points) else None


def mark_second(
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
    """Keep a second opinion; the same arguments and errors as :func:`ecitizen.gradebook.mark`."""
    place = f"{lesson.id}: {item}"
    require_fitting(place, written_item(lesson, item).scheme, points)
    require_comment(place, comment)
    with alone(folder.gradebook):
        answer = _answer(folder, lesson, learner, item, version)
        kept = opinions(folder, lesson.id)
        fresh = Opinion(points=dict(points), comment=comment.strip(), version=answer.version)
        now = second_given(answer, kept)
        if now and now.stamp == fresh.as_given().stamp:
            return now.total
        if before is not None and (now.stamp if now else "") != before:
            raise MarkConflict(place, now)
        _write(folder, lesson.id, {**kept, (learner, item): fresh})
    return fresh.as_given().total


def unmark_second(folder: CourseFolder, lesson: Lesson, learner: int, item: str, before: str) -> None:
    """Take a second opinion back; the same arguments and errors as :func:`ecitizen.gradebook.manual.unmark`."""
    with alone(folder.gradebook):
        answer = _answer(folder, lesson, learner, item, "")
        kept = opinions(folder, lesson.id)
        now = second_given(answer, kept)
        if now is None:
            return
        if now.stamp != before:
            raise MarkConflict(f"{lesson.id}: {item}", now)
        _write(folder, lesson.id, {key: one for key, one in kept.items() if key != (learner, item)})


def compare(answers: Sequence[Response], kept: Mapping[Key, Opinion]) -> list[Comparison]:
    """Compare both markers question by question, over the answers of which both gave the points line by line."""
    found: list[Comparison] = []
    for item in dict.fromkeys(answer.item for answer in answers):
        pairs = [
            (answer, answer.given.points, second)
            for answer in answers
            if answer.item == item and answer.given and answer.given.points and (second := second_given(answer, kept))
        ]
        if not pairs:
            continue
        most = {line.id: line.points for line in pairs[0][0].scheme}
        seconds = [second.points or {} for _, _, second in pairs]
        found.append(
            Comparison(
                item=item,
                both=len(pairs),
                agreement=agreement(most, [first for _, first, _ in pairs], seconds),
                different=tuple(
                    Difference(answer, second) for answer, first, second in pairs if dict(first) != second.points
                ),
            )
        )
    return found


def _fits(answer: Response, points: Mapping[str, float]) -> bool:
    return points.keys() == {line.id for line in answer.scheme}


def _answer(folder: CourseFolder, lesson: Lesson, learner: int, item: str, version: str) -> Response:
    for answer in responses(folder, [lesson]):
        if (answer.learner, answer.item) == (learner, item) and version in {"", answer.version}:
            return answer
    raise CourseError(f"{lesson.id}: {item}", "этого ответа здесь больше нет", "Обновите список ответов")


def _write(folder: CourseFolder, lesson: str, kept: Mapping[Key, Opinion]) -> None:
    file: dict[str, dict[str, object]] = {}
    for (learner, item), opinion in sorted(kept.items()):
        file.setdefault(str(learner), {})[item] = asdict(opinion)
    replace_file(_path(folder, lesson), json.dumps(file, ensure_ascii=False, indent=1, sort_keys=True))


def _path(folder: CourseFolder, lesson: str) -> Path:
    return folder.gradebook / FOLDER / f"{lesson}.json"
