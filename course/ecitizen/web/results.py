"""``/instructor/results``: what the class can do, by skill and by question, and what to do about it. No names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.gradebook.analysis import FEWEST_TO_JUDGE, MASTERED, Flag, Gain, Mastery
from ecitizen.gradebook.results import (
    CourseGain,
    ItemReport,
    class_mastery,
    course_gain,
    graded_lessons,
    lesson_report,
)
from ecitizen.web.access import StaffHandler
from ecitizen.web.classroom import Classroom

HALF = 0.5
"""Of the class, or of the answers: below it a skill or a lesson is gone over again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The class over the whole course."""

    mastery: list[Mastery]
    """In the order of the course; empty until something is graded."""

    gain: CourseGain | None
    graded: dict[str, int]
    """Learners with points by lesson."""

    answered: set[str]
    """Lessons whose questions somebody has answered, graded or not."""

    @property
    def judged(self) -> list[Mastery]:
        """Give the skills that enough people have tried."""
        return [one for one in self.mastery if one.learners >= FEWEST_TO_JUDGE]

    @property
    def weak(self) -> list[Mastery]:
        """Give the skills that fewer than half have mastered, the weakest first."""
        return sorted((one for one in self.judged if one.share < HALF), key=lambda one: (one.share, one.mean))


Verdict = Literal["few", "worse", "hard", "chance", "known", "grown"]


def verdict(gain: Gain) -> Verdict:
    """Say in one word what a gain calls for.

    ``few``: too few took both tests; ``worse``: they can do less, and not by chance; ``hard``: fewer than half of the
    answers are right in the end; ``grown``: they can do more, and not by chance; ``known``: they can do it, and perhaps
    could before; ``chance``: the gain may be none.
    """
    if gain.learners < FEWEST_TO_JUDGE or gain.low is None or gain.high is None:
        return "few"
    if gain.high < 0:
        return "worse"
    if gain.exit < HALF:
        return "hard"
    if gain.low > 0:
        return "grown"
    return "known" if gain.exit >= MASTERED else "chance"


def overview(classroom: Classroom) -> Overview:
    """Read it all; slow, so keep it off the event loop."""
    folder, root = classroom.folder, classroom.course.root
    events = list(classroom.store.read())
    answered = {event.lesson for event in events if event.activity == "quiz" and event.learner}
    return Overview(
        mastery=class_mastery(folder, events, root),
        gain=course_gain(classroom.store, root),
        graded=graded_lessons(folder, root),
        answered=answered,
    )


class ResultsHandler(StaffHandler):
    """``/instructor/results``."""

    sees = "results.see"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show skills, gain and the lessons; each part says in words if there is nothing yet."""
        course = self.classroom.course
        self.finish(
            self.page(
                "results.html",
                found=await self.classroom.aside(overview, self.classroom),
                titles=course.titles(),
                lessons=course.lesson_ids(),
                skills=content.skills(course.root),
                mastered_pct=round(100 * MASTERED),
                fewest=FEWEST_TO_JUDGE,
                verdict=verdict,
            )
        )


class LessonResultsHandler(StaffHandler):
    """``/instructor/results/LESSON``."""

    sees = "results.see"

    @allow_unauthenticated
    async def get(self, lesson: str) -> None:
        """Show the questions and the practice of one lesson; 404 if the course has none of that name."""
        room = self.classroom
        root = room.course.root
        if lesson not in room.course.lesson_ids():
            raise HTTPError(404)
        report = await room.aside(lesson_report, room.folder, room.store, lesson, root)
        graded = bool(report.practice) or lesson in await room.aside(graded_lessons, room.folder, root)
        self.finish(
            self.page(
                "results_lesson.html",
                lesson=lesson,
                title=room.course.titles()[lesson],
                report=report,
                graded=graded,
                questions=sorted(report.questions, key=_urgency),
                skills=content.skills(root),
                fewest=FEWEST_TO_JUDGE,
            )
        )


def _urgency(item: ItemReport) -> int:
    """Put first what is the gravest; what needs nothing comes last."""
    order = get_args(Flag)
    return min((order.index(flag) for flag in item.flags), default=len(order))


ADDRESSES = [
    (r"/instructor/results", ResultsHandler),
    (r"/instructor/results/([a-z0-9][a-z0-9-]*)", LessonResultsHandler),
]
