"""Written answers as the marking pages see them: without learners, in an order that tells nothing about them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Literal

from sqlalchemy import Engine, insert, select

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.content.loading import load_model
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.manual import LONGEST_COMMENT, Given, Response, mark, responses, unmark
from ecitizen.gradebook.preview import Preview, changed_lessons, preview
from ecitizen.gradebook.second import Comparison, compare, mark_second, opinions, second_given, unmark_second
from ecitizen.gradebook.settings import has_gradebook
from ecitizen.practice.quiz import Part, SchemeLine, Text, Written
from ecitizen.practice.wording import read_number
from ecitizen.register.changes import change_row
from ecitizen.register.tables import Change

Turn = Literal["first", "second"]
"""Whose marks: those that count, or the second opinion."""

TRACE = "mark"
"""Table name of marks in the trace of changes; the key is round, lesson, item and learner."""

MOST_STEPS = 6
"""Buttons for the points of one criterion; more would be a ruler."""

_STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


class PhraseGroup(Part):
    """Ready phrases of one kind."""

    title: Text
    phrases: tuple[Text, ...]


class Phrases(Part):
    """The catalogue ``phrases.yaml``."""

    groups: tuple[PhraseGroup, ...]


def phrases() -> dict[str, PhraseGroup]:
    """Give the ready phrases; ``phrase-0-1`` names the checkbox of the second one of the group ``phrase-0``."""
    found = load_model(Path(__file__).parent / "phrases.yaml", Phrases)
    return {f"phrase-{place}": group for place, group in enumerate(found.groups)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One written answer in one round of marking."""

    ticket: str
    """Stands for the learner and the item in forms and addresses, and leads to nobody."""

    place: int
    """From 1, the same in both rounds."""

    answer: Response
    given: Given | None
    """The mark of this round; None while it waits."""

    @property
    def most(self) -> float:
        """Give the points of the question."""
        return sum(line.points for line in self.answer.scheme)

    @property
    def stamp(self) -> str:
        """Name the mark of this round; empty while it waits."""
        return self.given.stamp if self.given else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The written answers of one lesson in one round."""

    lesson: Lesson
    turn: Turn
    works: tuple[Work, ...]

    @property
    def waiting(self) -> list[Work]:
        """Give those that nobody has marked."""
        return [work for work in self.works if work.given is None]

    def find(self, ticket: str) -> Work | None:
        """Give a work by its ticket."""
        return next((work for work in self.works if work.ticket == ticket), None)

    def after(self, place: int) -> Work | None:
        """Give the next one that waits, from the beginning again after the last; never the one at ``place``."""
        others = [work for work in self.waiting if work.place != place]
        return next((work for work in others if work.place > place), others[0] if others else None)

    def before(self, place: int) -> Work | None:
        """Give the one that stands before."""
        return next((work for work in self.works if work.place == place - 1), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a marking form holds, as it was sent."""

    version: str
    before: str
    points: Mapping[str, str]
    comment: str
    ticked: frozenset[str] = frozenset()
    """Ready phrases by name: without scripts they are ticked."""

    @property
    def whole_comment(self) -> str:
        """Give the comment with the ticked phrases behind it, each once."""
        own = self.comment.replace("\r\n", "\n").replace("\r", "\n").strip()
        chosen = [
            text
            for name, group in phrases().items()
            for place, text in enumerate(group.phrases)
            if f"{name}-{place}" in self.ticked and text not in own
        ]
        return "\n".join(filter(None, [own, " ".join(chosen)]))

    def read(self, scheme: Sequence[SchemeLine]) -> tuple[dict[str, float], list[str]]:
        """Give the points by line, and the ids of the lines whose points are missing or make no sense."""
        numbers = {line.id: read_number(self.points.get(line.id, "")) for line in scheme}
        good = {
            line.id: number
            for line in scheme
            if (number := numbers[line.id]) is not None and 0 <= number <= line.points
        }
        return good, [line.id for line in scheme if line.id not in good]

    @property
    def too_long(self) -> bool:
        """Tell whether the comment is longer than may be."""
        return len(self.whole_comment) > LONGEST_COMMENT


@dataclass(slots=True)
class Marking:
    """Reads and writes marks of one course; slow, so keep it off the event loop."""

    folder: CourseFolder
    engine: Engine
    root: Path | None = None
    """Root of the content."""

    # One at a time: nbgrader's folder has one lock, and two threads would only refuse each other.
    _lock: Lock = field(default_factory=Lock)

    @property
    def is_graded(self) -> bool:
        """Tell whether nbgrader's gradebook is there at all."""
        return has_gradebook(self.folder.gradebook)

    def lessons(self) -> list[str]:
        """Give the lessons that ask for a written answer, in the order of the course."""
        with_written = []
        for lesson in content.lesson_ids(self.root):
            if any(isinstance(item, Written) for item in content.quiz(lesson, self.root).items):
                with_written.append(lesson)
        return with_written

    def changed(self) -> list[Lesson]:
        """Give the lessons that somebody was graded in by another content than today's."""
        return changed_lessons(self.folder, self._all())

    def preview(self) -> Preview:
        """Tell what grading those would change."""
        with self._lock:
            changed = changed_lessons(self.folder, self._all())
            return preview(self.folder, changed) if changed else Preview(lessons=())

    def _all(self) -> list[Lesson]:
        return [content.lesson(lesson, self.root) for lesson in content.lesson_ids(self.root)]

    def queues(self, turn: Turn = "first") -> list[Queue]:
        """Give the queues of all lessons that ask for a written answer."""
        return [self.queue(lesson, turn) for lesson in self.lessons()]

    def queue(self, lesson_id: str, turn: Turn) -> Queue:
        """Give the queue of one lesson; ``CourseError`` if there is no such lesson."""
        lesson = content.lesson(lesson_id, self.root)
        with self._lock:
            answers = responses(self.folder, [lesson])
            kept = opinions(self.folder, lesson_id) if turn == "second" else {}
        tickets = {id(answer): self._ticket(answer) for answer in answers}
        # Day by day, so that new answers come last; within a day in an order that tells nothing of who wrote when.
        ordered = sorted(answers, key=lambda one: (one.item, one.at.astimezone().date(), tickets[id(one)]))
        works = tuple(
            Work(
                ticket=tickets[id(answer)],
                place=place,
                answer=answer,
                given=answer.given if turn == "first" else second_given(answer, kept),
            )
            for place, answer in enumerate(ordered, 1)
        )
        return Queue(lesson=lesson, turn=turn, works=works)

    def save(self, queue: Queue, work: Work, points: Mapping[str, float], typed: Typed, who: str) -> float:
        """Write a mark; the errors are those of :func:`ecitizen.gradebook.mark`."""
        write = mark if queue.turn == "first" else mark_second
        answer = work.answer
        with self._lock:
            total = write(
                self.folder,
                queue.lesson,
                answer.learner,
                answer.item,
                points,
                comment=typed.whole_comment,
                version=typed.version,
                before=typed.before,
            )
        if work.given is None or work.given.points != dict(points):
            self._trace(queue, work, who, {"points": total})
        return total

    def take_back(self, queue: Queue, work: Work, before: str, who: str) -> None:
        """Let an answer wait again; the errors are those of :func:`ecitizen.gradebook.manual.unmark`."""
        take = unmark if queue.turn == "first" else unmark_second
        with self._lock:
            take(self.folder, queue.lesson, work.answer.learner, work.answer.item, before)
        if work.given is not None:
            self._trace(queue, work, who, None)

    def comparisons(self, lesson_id: str) -> list[Comparison]:
        """Compare both rounds of a lesson, question by question."""
        with self._lock:
            answers = responses(self.folder, [content.lesson(lesson_id, self.root)])
            return compare(answers, opinions(self.folder, lesson_id))

    def first_marker(self, work: Work) -> str:
        """Give who marked an answer last in the first round, as the trace names them; empty if it does not know."""
        query = select(Change.who).where(Change.table == TRACE, Change.key == _key("first", work))
        with self.engine.connect().execution_options(readonly=True) as connection:
            return connection.execute(query.order_by(Change.id.desc()).limit(1)).scalar_one_or_none() or ""

    def _trace(self, queue: Queue, work: Work, who: str, after: Mapping[str, object] | None) -> None:
        before = {"points": work.given.total} if work.given else None
        row = change_row(who, TRACE, _key(queue.turn, work), before, after)
        with self.engine.begin() as connection:
            connection.execute(insert(Change).values(row))

    def _ticket(self, answer: Response) -> str:
        name = f"{answer.lesson}/{answer.item}/{answer.learner}".encode()
        return hmac.new(self.folder.cookie_secret, name, hashlib.sha256).hexdigest()[:16]


def steps(line: SchemeLine, known: str = "") -> list[str]:
    """Give the points that can be chosen for a criterion, from 0 to all; ``known`` is always among them."""
    step = next((step for step in _STEPS if line.points / step < MOST_STEPS), line.points)
    places = int(line.points / step) + 1
    values = {place * step for place in range(places)} | {float(line.points)}
    number = read_number(known)
    if number is not None and 0 <= number <= line.points:
        values.add(number)
    return [f"{value:g}" for value in sorted(values)]


def _key(turn: Turn, work: Work) -> str:
    return f"{turn}/{work.answer.lesson}/{work.answer.item}/{work.answer.learner}"
