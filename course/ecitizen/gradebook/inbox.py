"""nbgrader's exchange over our journal: what ``nbgrader collect``, ``nbgrader list`` and formgrader's buttons call.

nbgrader's own exchange copies folders between accounts of one computer. Here nothing is copied: learners' tries are in
the journal, a release lies in nbgrader's folder, and collecting writes the same submissions as ``ecitizen grade``.
No file modes, groups or accounts are asked for, so all of it works on every system. What has no meaning in this course
is refused in words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.exchange import abc

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import Assignment, assignment
from ecitizen.gradebook.attempts import QUIZ, Attempt, Handed, all_tries
from ecitizen.gradebook.collecting import attempts_of, hand_in, is_handed_in, is_ours, place_of, traces_of
from ecitizen.gradebook.engine import quiet, session
from ecitizen.gradebook.fast import FastEngine
from ecitizen.gradebook.grading import alone, build
from ecitizen.gradebook.settings import COURSE_ID
from ecitizen.gradebook.words import ExchangeWords, words

JSON = dict[str, Any]

EVERYBODY = ("", "*")
"""How nbgrader says that no learner, or no assignment, was named."""


class Inbox(abc.Exchange):
    """What all parts of the exchange share."""

    @property
    def words(self) -> ExchangeWords:
        """Give what is said."""
        return words().exchange

    @property
    def folder(self) -> CourseFolder:
        """Give the course folder around nbgrader's; raises ``ExchangeError`` if it is none."""
        root = Path(self.coursedir.root).resolve()
        with self.told():
            found = CourseFolder.open(root.parent)
        if found.gradebook.resolve() != root:
            self.refuse(self.words.not_ours.format(root=root))
        return found

    def lesson(self) -> Lesson:
        """Give the lesson that was asked for; raises ``ExchangeError`` if there is none."""
        with self.told():
            return content.lesson(self.coursedir.assignment_id)

    def wanted(self, name: str, asked: str) -> bool:
        """Tell whether a learner or a lesson is among what was asked for."""
        return asked in EVERYBODY or name == asked

    def refuse(self, reason: str) -> NoReturn:
        """Raise ``ExchangeError``; the reason stands in the log, which formgrader shows too."""
        self.log.critical(reason)
        raise abc.ExchangeError(reason)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Turn a ``CourseError`` into nbgrader's ``ExchangeError`` with the same words."""
        try:
            yield
        except CourseError as error:
            self.refuse(str(error))

    def init_src(self) -> None:
        """Nothing lies elsewhere."""

    def init_dest(self) -> None:
        """Nothing goes elsewhere."""

    def copy_files(self) -> None:
        """Do the work; nothing by default."""


class Release(Inbox, abc.ExchangeReleaseAssignment):
    """``nbgrader release_assignment``: make the notebook without keys, as ``ecitizen grade`` does before grading."""

    def copy_files(self) -> None:
        """Build the release if the lesson has changed."""
        lesson, root = self.lesson(), self.folder.gradebook
        with self.told(), alone(root), session(root, FastEngine) as engine:
            build(engine, root, assignment(lesson))
        self.log.info(self.words.released.format(lesson=lesson.id, path=root / "release" / lesson.id))


class Collect(Inbox, abc.ExchangeCollect):
    """``nbgrader collect``: each learner's best attempt becomes a submission; all tries stay in the journal.

    As with nbgrader's own, a submission that lies there is replaced only with ``--update``, but one that somebody has
    tampered with always is. ``--before-duedate`` takes the best of what was done by the due day of the gradebook.
    """

    def copy_files(self) -> None:
        """Hand in; raises ``ExchangeError`` if the folder is being graded."""
        folder, lesson = self.folder, self.lesson()
        root = folder.gradebook
        with self.told(), alone(root):
            built = assignment(lesson)
            with session(root, FastEngine) as engine:
                # Without it a key put right would not reach the gradebook, and grading would go by the old one.
                build(engine, root, built)
            attempts = attempts_of(folder, lesson, self._due() if self.before_duedate else None)
            wanted = [one for one in attempts if self.wanted(str(one.learner), self.coursedir.student_id)]
            for attempt in wanted:
                self._take(root, built, attempt)
        if not wanted:
            self.log.warning(self.words.nothing.format(lesson=lesson.id))

    def _take(self, root: Path, built: Assignment, attempt: Attempt) -> None:
        said = {"learner": attempt.learner, "lesson": built.lesson}
        if is_handed_in(root, built.lesson, attempt):
            self.log.info(self.words.same.format(**said))
            return
        if place_of(root, built.lesson, attempt.learner).exists():
            if not is_ours(root, built.lesson, attempt.learner):
                self.log.warning(self.words.replaced.format(**said))
            elif not (self.update or self.before_duedate):
                self.log.info(self.words.kept.format(**said))
                return
        hand_in(root, built, attempt, as_of_then=self.before_duedate)
        self.log.info(self.words.collected.format(**said))

    def _due(self) -> datetime | None:
        with quiet(), Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            try:
                due = book.find_assignment(self.coursedir.assignment_id).duedate
            except MissingEntry:
                return None
        return None if due is None else due.replace(tzinfo=UTC)


class List(Inbox, abc.ExchangeList):
    """``nbgrader list``: the lessons that have a release; with ``--inbound`` every try, and which of them count."""

    def list_files(self) -> list[JSON]:
        """Give what nbgrader gives, and for each try also ``activity``, ``run``, ``points`` and ``counts``."""
        if self.cached:
            self.log.info(self.words.no_cache)
            return []
        return self._submitted() if self.inbound else self._released()

    def remove_files(self) -> NoReturn:
        """Refuse: a lesson is open while the course has it, and tries are never taken back."""
        self.refuse(self.words.no_removal if self.inbound or self.cached else self.words.no_unrelease)

    def _lessons(self) -> list[str]:
        with self.told():
            known = content.lesson_ids()
        return [lesson for lesson in known if self.wanted(lesson, self.coursedir.assignment_id)]

    def _released(self) -> list[JSON]:
        release = self.folder.gradebook / "release"
        found = [lesson for lesson in self._lessons() if (release / lesson / f"{lesson}.ipynb").is_file()]
        self.log.info(self.words.released_list)
        for lesson in found:
            self.log.info(self.words.listed.format(course=COURSE_ID, lesson=lesson))
        return [
            {
                "course_id": COURSE_ID,
                "assignment_id": lesson,
                "status": "released",
                "path": str(release / lesson),
                "notebooks": _notebooks(release / lesson, lesson),
            }
            for lesson in found
        ]

    def _submitted(self) -> list[JSON]:
        folder = self.folder
        self.log.info(self.words.submitted_list)
        found: list[JSON] = []
        for lesson_id in self._lessons():
            with self.told():
                lesson = content.lesson(lesson_id)
                tries = all_tries(lesson, traces_of(folder, lesson))
            wanted = [one for one in tries if self.wanted(str(one.learner), self.coursedir.student_id)]
            for learner in dict.fromkeys(one.learner for one in wanted):
                own = [one for one in wanted if one.learner == learner]
                found.append(self._handed(folder.gradebook, lesson_id, own))
        return found

    def _handed(self, root: Path, lesson: str, tries: list[Handed]) -> JSON:
        learner = tries[0].learner
        whose = {
            "course_id": COURSE_ID, "student_id": str(learner), "assignment_id": lesson, "status": "submitted",
        }  # fmt: skip
        place = place_of(root, lesson, learner)
        for one in tries:
            self.log.info(self._line(lesson, one))
        return whose | {"submissions": [whose | _shown(one, place, lesson) for one in tries]}

    def _line(self, lesson: str, one: Handed) -> str:
        text = self.words.try_quiz if one.activity == QUIZ else self.words.try_practice
        task = one.activity.split(":")[1] if ":" in one.activity else ""
        line = text.format(
            course=COURSE_ID, learner=one.learner, lesson=lesson, at=f"{one.at.astimezone():%d.%m.%Y %H:%M}",
            task=task, run=one.run, points=f"{one.points:g}",
        )  # fmt: skip
        return self.words.counts.format(line=line) if one.counts else line


class FetchAssignment(Inbox, abc.ExchangeFetchAssignment):
    """Refuse: learners have pages."""

    def copy_files(self) -> None:
        """Say where lessons are."""
        self.refuse(self.words.no_fetch)


class Submit(Inbox, abc.ExchangeSubmit):
    """Refuse: what learners do is in the journal at once."""

    def copy_files(self) -> None:
        """Say how submissions come about."""
        self.refuse(self.words.no_submit)


class FetchFeedback(Inbox, abc.ExchangeFetchFeedback):
    """Refuse: learners get a paper and a page of their own."""

    def copy_files(self) -> None:
        """Say what makes it."""
        self.refuse(self.words.no_feedback)


class ReleaseFeedback(Inbox, abc.ExchangeReleaseFeedback):
    """Refuse: learners get a paper and a page of their own."""

    def copy_files(self) -> None:
        """Say what makes it."""
        self.refuse(self.words.no_feedback)


def _notebooks(place: Path, lesson: str) -> list[JSON]:
    path = place / f"{lesson}.ipynb"
    return [{"notebook_id": lesson, "path": str(path)}] if path.is_file() else []


def _shown(one: Handed, place: Path, lesson: str) -> JSON:
    feedback = {"has_local_feedback": False, "has_exchange_feedback": False, "feedback_updated": False}
    return {
        "timestamp": f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
        "path": str(place),
        "notebooks": [known | feedback for known in _notebooks(place, lesson)],
        "local_feedback_path": None,
        "activity": one.activity,
        "run": one.run,
        "points": one.points,
        "counts": one.counts,
    } | feedback
