"""What grading would change, before anything is written: who gets how many points more or less, item by item.

It reads the gradebook, marks the journal's best attempts by the content of today through the very functions that the
graded cells stand for, and compares. Nothing is built, collected or written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ecitizen.content import Lesson
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import ANSWERS, Assignment, assignment, render
from ecitizen.gradebook.attempts import Attempt
from ecitizen.gradebook.collecting import attempts_of, digest, reads
from ecitizen.gradebook.keeping import Found, Of, answers_to_be, found, rescaled
from ecitizen.gradebook.settings import has_gradebook, write_settings
from ecitizen.gradebook.submission import NO_TEXT, read_answers, written_source
from ecitizen.gradebook.writing import notebook_text
from ecitizen.practice.quiz import ROUNDING

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import Engine, GradedCell

Cause = Literal["content", "answers"]
"""Whether the same answer is worth something else now, or another answer counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One score that would change."""

    learner: str
    item: str
    before: float | None
    """None: it has none, because the item is new or a person has yet to read the answer."""

    after: float | None
    """None: it would have none, because the item is gone or a person has to read the answer."""

    cause: Cause

    @property
    def by(self) -> float:
        """Give the difference in points."""
        return (self.after or 0.0) - (self.before or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """One item over a class."""

    item: str
    changes: tuple[Change, ...]

    @property
    def up(self) -> int:
        """Count those who gain points."""
        return sum(one.by > ROUNDING for one in self.changes)

    @property
    def down(self) -> int:
        """Count those who lose points."""
        return sum(one.by < -ROUNDING for one in self.changes)

    @property
    def mean(self) -> float:
        """Give the mean difference of those whose score changes, in points."""
        return sum(one.by for one in self.changes) / len(self.changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPreview:
    """What grading one lesson would change."""

    lesson: str
    title: str
    changed: bool
    """Whether the content is another than that by which the lesson was graded last."""

    learners: int
    """Who has scores now."""

    changes: tuple[Change, ...]
    """By item in the order of the lesson, then by learner; those graded for the first time are absent."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    weights: Mapping[str, tuple[float, float]]
    """Items that give other points than before: before and now."""

    texts: Mapping[str, str]
    """What each item asks, or each line of the rubric is for; of what is gone nothing is known but its id."""

    kept: int
    """Marks of people that stay, or come back from where they were put aside."""

    lost: int
    """Marks of people that stay aside, because their question or answer is another."""

    scores: Mapping[str, Mapping[str, float]]
    """Learner, item: the points that the gradebook will hold; what waits for a person is absent."""

    @property
    def items(self) -> list[ItemChange]:
        """Put the changes together by item."""
        names = dict.fromkeys(one.item for one in self.changes)
        return [ItemChange(item=name, changes=tuple(c for c in self.changes if c.item == name)) for name in names]

    @property
    def totals(self) -> dict[str, float]:
        """Give by how many points the lesson changes for each learner whom it touches."""
        sums: dict[str, float] = {}
        for one in self.changes:
            sums[one.learner] = sums.get(one.learner, 0.0) + one.by
        return sums

    @property
    def asks(self) -> bool:
        """Tell whether somebody should look before it is written: given points change with the content."""
        return self.changed and bool(self.changes or self.lost)

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON."""
        return asdict(self) | {"totals": self.totals}


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What grading would change, lesson by lesson."""

    lessons: tuple[LessonPreview, ...]

    @property
    def asks(self) -> list[LessonPreview]:
        """Give the lessons at which somebody should look first."""
        return [one for one in self.lessons if one.asks]

    @property
    def token(self) -> str:
        """Name what was seen, so that nothing else is agreed to."""
        seen = [[one.lesson, [asdict(change) for change in one.changes], one.lost] for one in self.asks]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        """Give the document of ``ecitizen grade --preview --json``."""
        return {"token": self.token, "lessons": [one.to_json() for one in self.lessons]}

    def text(self) -> str:
        """Say it to a librarian."""
        return render("preview.txt.j2", lessons=[one for one in self.lessons if one.changes or one.asks])


def changed_lessons(folder: CourseFolder, lessons: Sequence[Lesson]) -> list[Lesson]:
    """Give those that somebody was graded in by another content than today's; quick, without nbgrader."""
    root = folder.gradebook
    return [lesson for lesson in lessons if _is_graded(root, lesson.id) and _is_changed(root, assignment(lesson))]


def preview(folder: CourseFolder, lessons: Sequence[Lesson]) -> Preview:
    """Compare what the gradebook holds with what :func:`ecitizen.gradebook.grade_lessons` would put there."""
    root = folder.gradebook
    if not has_gradebook(root):
        return Preview(lessons=())
    from ecitizen.gradebook.engine import session

    write_settings(root)
    with session(root) as engine:
        return Preview(lessons=tuple(_lesson(root, engine, one, attempts_of(folder, one)) for one in lessons))


def _lesson(root: Path, engine: Engine, lesson: Lesson, attempts: Sequence[Attempt]) -> LessonPreview:
    built = assignment(lesson)
    graded = {(cell.learner, cell.item): cell for cell in engine.grades(lesson.id)}
    known = engine.cells_of(lesson.id)
    marks = found(root, engine, lesson.id)
    coming = _Coming(lesson, built, marks, graded, dropped=bool(known) and known != built.cells)
    scores = {str(attempt.learner): coming.scores(attempt) for attempt in attempts}
    before = {item: cell.most for (_, item), cell in graded.items()}
    now = coming.most
    order = [*now, *sorted(before.keys() - now.keys())]
    changes = _changes(root, lesson.id, graded, scores, attempts, coming)
    return LessonPreview(
        lesson=lesson.id,
        title=lesson.title,
        changed=bool(graded) and _is_changed(root, built),
        learners=len({learner for learner, _ in graded}),
        changes=tuple(sorted(changes, key=lambda one: (order.index(one.item), len(one.learner), one.learner))),
        added=tuple(item for item in now if before and item not in before),
        removed=tuple(item for item in order if item not in now),
        weights={item: (before[item], now[item]) for item in now if before.get(item, now[item]) != now[item]},
        texts={item.id: item.text for item in lesson.quiz.items} | {one.id: one.yes for one in lesson.rubric.criteria},
        kept=len(coming.kept),
        lost=sum((mark.learner, mark.item) not in coming.kept for mark in marks.present),
        scores=scores,
    )


class _Coming:
    """The scores that a lesson will have."""

    def __init__(
        self,
        lesson: Lesson,
        built: Assignment,
        marks: Found,
        graded: Mapping[tuple[str, str], GradedCell],
        *,
        dropped: bool,
    ) -> None:
        self._lesson, self._built, self._marks, self._graded, self.dropped = lesson, built, marks, graded, dropped
        roles = [cell.metadata["nbgrader"] for cell in built.source.cells]
        self.most: dict[str, float] = {role["grade_id"]: role["points"] for role in roles if role["grade"]}
        self.kept: set[tuple[str, str]] = set()

    def scores(self, attempt: Attempt) -> dict[str, float]:
        """Give the points of an attempt by item; what waits for a person is absent."""
        learner, of = str(attempt.learner), answers_to_be(self._built, attempt.answers)
        points = {item: self._points(learner, item, attempt, of[item]) for item in self.most}
        return {item: number for item, number in points.items() if number is not None}

    def _points(self, learner: str, item: str, attempt: Attempt, of: Of) -> float | None:
        marking = self._built.markings.get(item)
        if marking is None and written_source(attempt.answers["quiz"].get(item)) == NO_TEXT:
            return 0.0
        mark = self._marks.of(learner, item, of)
        if mark is not None:
            self.kept.add((learner, item))
            return rescaled(mark, self._lesson, self.most[item])[0]
        if marking is None:
            return None
        cell = self._graded.get((learner, item))
        if cell is not None and cell.manual is not None and not self.dropped:
            # nbgrader keeps what was said in formgrader about a cell that the program marks, whatever the answer.
            return cell.manual
        return marking.points(attempt.answers)


def _changes(
    root: Path,
    lesson: str,
    graded: Mapping[tuple[str, str], GradedCell],
    scores: Mapping[str, Mapping[str, float]],
    attempts: Sequence[Attempt],
    coming: _Coming,
) -> list[Change]:
    handed = {str(attempt.learner): attempt.answers for attempt in attempts}
    known: dict[str, dict[str, float | None]] = {}
    for (learner, item), cell in graded.items():
        known.setdefault(learner, {})[item] = None if cell.waits else cell.points
    found_changes = []
    for learner, before in known.items():
        if learner not in scores and not coming.dropped:
            # Whoever has nothing in the journal any more keeps what the gradebook holds.
            continue
        after = scores.get(learner, {})
        answers = _answers(root, lesson, learner)
        for item in dict.fromkeys([*before, *coming.most]):
            old, new = before.get(item), after.get(item)
            if old == new or (old is not None and new is not None and abs(old - new) <= ROUNDING):
                continue
            stays = answers is not None and learner in handed and item in before and item in coming.most
            other = stays and _part(answers, item) != _part(handed[learner], item)
            cause: Cause = "answers" if other else "content"
            found_changes.append(Change(learner=learner, item=item, before=old, after=new, cause=cause))
    return found_changes


def _answers(root: Path, lesson: str, learner: str) -> Any:
    from ecitizen.gradebook.engine import cells_by_id

    cell = cells_by_id(root / "autograded" / learner / lesson / f"{lesson}.ipynb").get(ANSWERS)
    return read_answers(cell.source) if cell else None


def _part(answers: Mapping[str, Any], item: str) -> Any:
    return answers["quiz"].get(item, answers["practice"])


def _is_changed(root: Path, built: Assignment) -> bool:
    return reads(root / "built" / f"{built.lesson}.sha256") != digest(notebook_text(built.source))


def _is_graded(root: Path, lesson: str) -> bool:
    return any((root / "autograded").glob(f"*/{lesson}/{lesson}.ipynb"))
