"""What people have marked, carried over a change of the questions.

Before a lesson with another content is built, every mark is written down beside the gradebook (``aside/LESSON.json``).
After grading it is given back where the question and the answer are still the same, on the new scale if the weights
have changed. What fits nowhere stays in the file: when the old content comes back, so does the mark.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, RootModel, ValidationError

from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.gradebook.assignment import ANSWERS, Assignment, ask_id, render
from ecitizen.gradebook.settings import replace_file
from ecitizen.gradebook.submission import read_answers, written_source
from ecitizen.practice.quiz import Written

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import Engine, GradedCell

FOLDER = "aside"
"""In nbgrader's folder; nbgrader itself looks into the steps of its own only."""

HUNDREDTHS = 2
"""Decimal places of points on a new scale."""


class Mark(BaseModel):
    """What a person gave for one answer of one learner, and for what it was given."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    learner: str
    item: str
    points: float
    most: float
    """What the question could give then."""

    said: str
    """The comment as the gradebook holds it."""

    of: Of
    """The answer that was read."""


class Of(BaseModel):
    """A question and an answer, named so that both are known again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    wording: str
    """Of a written question; empty in notebooks of before 2026-11, and where the program marks."""

    question: str
    answer: str

    def fits(self, now: Of) -> bool:
        """Tell whether it is the same answer to the same question; its number and its weight do not matter."""
        same = self.wording == now.wording if self.wording and now.wording else self.question == now.question
        return same and self.answer == now.answer


class _File(RootModel[list[Mark]]):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All marks that there are for a lesson, in the gradebook and aside."""

    present: list[Mark]
    aside: list[Mark]

    def of(self, learner: str, item: str, now: Of) -> Mark | None:
        """Give the mark of an answer; one in the gradebook is younger than any aside."""
        every = [*self.present, *reversed(self.aside)]
        return next(
            (mark for mark in every if (mark.learner, mark.item) == (learner, item) and mark.of.fits(now)), None
        )


def found(root: Path, engine: Engine, lesson: str) -> Found:
    """Read the marks of a lesson."""
    return Found(present=_present(root, engine, lesson), aside=_aside(root, lesson))


def set_aside(root: Path, engine: Engine, lesson: str) -> None:
    """Write down all that people have given in a lesson; call it before the lesson changes."""
    known = found(root, engine, lesson)
    if known.present:
        old = [mark for mark in known.aside if not any(_same(mark, fresh) for fresh in known.present)]
        _write(root, lesson, [*old, *known.present])


def give_back(root: Path, engine: Engine, lesson: Lesson) -> int:
    """Put the marks aside back where they fit; gives how many it wrote. Twice is as good as once."""
    aside = _aside(root, lesson.id)
    if not aside:
        return 0
    cells = {(cell.learner, cell.item): cell for cell in engine.grades(lesson.id)}
    left: list[Mark] = []
    written = 0
    graded: dict[str, dict[str, Of]] = {}
    with engine.opened() as book:
        for mark in reversed(aside):
            cell = cells.get((mark.learner, mark.item))
            now = graded.setdefault(mark.learner, graded_answers(root, lesson.id, mark.learner)).get(mark.item)
            if cell is None or now is None or not mark.of.fits(now):
                left.append(mark)
                continue
            points, said = rescaled(mark, lesson, cell.most)
            if _takes(cell, mark, points):
                grade = book.find_grade(mark.item, lesson.id, lesson.id, mark.learner)
                grade.manual_score, grade.needs_manual_grade = points, False
                if cell.by_hand:
                    book.find_comment(mark.item, lesson.id, lesson.id, mark.learner).manual_comment = said
                # Of two marks that fit the younger one counts.
                del cells[mark.learner, mark.item]
                written += 1
        book.db.commit()
    _write(root, lesson.id, left[::-1])
    return written


def rescaled(mark: Mark, lesson: Lesson, most: float) -> tuple[float, str]:
    """Give points and comment of a mark where the question now gives ``most``: the same share of each criterion."""
    item = next((one for one in lesson.quiz.items if one.id == mark.item), None)
    if isinstance(item, Written) and (lines := _lines(mark, item)):
        if all(old == now for _, _, old, now in lines):
            return mark.points, mark.said
        new = [(text, round(given * now / old, HUNDREDTHS), now) for text, given, old, now in lines]
        said = render("mark.txt.j2", lines=new, comment=_comment(mark.said, item))
        return math.fsum(given for _, given, _ in new), said
    # Given in formgrader, or by other criteria: only the sum is known.
    points = mark.points if most == mark.most else round(mark.points * most / mark.most, HUNDREDTHS)
    return points, mark.said


def graded_answers(root: Path, lesson: str, learner: str) -> dict[str, Of]:
    """Name question and answer of each graded cell of a graded submission; nothing if there is none."""
    from ecitizen.gradebook.engine import cells_by_id

    return named(cells_by_id(root / "autograded" / learner / lesson / f"{lesson}.ipynb"))


def answers_to_be(built: Assignment, answers: Mapping[str, Any]) -> dict[str, Of]:
    """Name question and answer of each graded cell as they will be once such answers are graded."""
    return _named({cell.id: cell for cell in built.source.cells}, answers)


def named(cells: Mapping[str, Any]) -> dict[str, Of]:
    """Name question and answer of the graded cells of a notebook that holds answers."""
    try:
        return _named(cells, read_answers(cells[ANSWERS].source))
    except (KeyError, ValueError):
        return {}


def _named(cells: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Of]:
    known = {}
    for name, cell in cells.items():
        role = cell.metadata.get("nbgrader", {})
        if not role.get("grade") or ask_id(name) not in cells:
            continue
        if role.get("solution"):
            question, answer = cells[ask_id(name)].source.strip(), written_source(answers["quiz"].get(name))
        else:
            # nbgrader itself keeps such a mark whatever becomes of the question.
            given = answers["quiz"].get(name, answers["practice"])
            question, answer = "", json.dumps(given, sort_keys=True)
        wording = cell.metadata.get("ecitizen", {}).get("wording", "")
        known[name] = Of(wording=wording, question=_digest(question), answer=_digest(answer))
    return known


def _present(root: Path, engine: Engine, lesson: str) -> list[Mark]:
    from ecitizen.gradebook.marker import comments_of

    given = [cell for cell in engine.grades(lesson) if cell.manual is not None and not (cell.by_hand and cell.asked)]
    if not given:
        return []
    with engine.opened() as book:
        said = comments_of(book, lesson)
    graded = {learner: graded_answers(root, lesson, learner) for learner in {cell.learner for cell in given}}
    return [
        Mark(
            learner=cell.learner,
            item=cell.item,
            points=float(cell.manual or 0.0),
            most=float(cell.most),
            said=said.get((cell.learner, cell.item), ""),
            of=graded[cell.learner][cell.item],
        )
        for cell in given
        if cell.item in graded[cell.learner]
    ]


def _takes(cell: GradedCell, mark: Mark, points: float) -> bool:
    """Tell whether a cell has no other mark than this one."""
    if cell.by_hand and cell.auto is not None:
        # Nothing was written there.
        return False
    return cell.waits or cell.manual is None or (cell.manual == mark.points and points != mark.points)


def _lines(mark: Mark, item: Written) -> list[tuple[str, float, float, float]]:
    """Read the lines of a mark back: text, points, points of the line then and now; empty if it has none."""
    found = []
    for line, text in zip(item.scheme, mark.said.splitlines(), strict=False):
        match = re.fullmatch(rf"{re.escape(line.text.strip())}\s*: ([0-9.]+) \S+ ([0-9.]+)", text)
        if match is None or not float(match[2]):
            return []
        found.append((line.text, float(match[1]), float(match[2]), float(line.points)))
    whole = math.fsum(given for _, given, _, _ in found)
    return found if len(found) == len(item.scheme) and abs(whole - mark.points) < 10**-HUNDREDTHS else []


def _comment(said: str, item: Written) -> str:
    return "\n".join(said.splitlines()[len(item.scheme) :]).strip()


def _same(mark: Mark, other: Mark) -> bool:
    return (mark.learner, mark.item) == (other.learner, other.item) and mark.of.fits(other.of)


def _aside(root: Path, lesson: str) -> list[Mark]:
    path = root / FOLDER / f"{lesson}.json"
    try:
        return _File.model_validate_json(path.read_bytes()).root
    except FileNotFoundError:
        return []
    except (ValidationError, ValueError) as error:
        problem = f"отложенные оценки не читаются ({str(error).splitlines()[0]!r})"
        raise CourseError(
            str(path), problem, "Верните файл из копии или удалите его и проверьте работы ещё раз"
        ) from error


def _write(root: Path, lesson: str, marks: Iterable[Mark]) -> None:
    path = root / FOLDER / f"{lesson}.json"
    kept = [mark.model_dump() for mark in marks]
    if kept:
        replace_file(path, json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        path.unlink(missing_ok=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
