"""What a learner sees outside a lesson: the catalogue, who am I, the call for help."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.practice.forms import Form
from ecitizen.web.classroom import NO_LESSON, Classroom
from ecitizen.web.course import TestProgress
from ecitizen.web.entry import DoorHandler
from ecitizen.web.pages import PageHandler
from ecitizen.web.progress import LessonProgress, next_lesson
from ecitizen.web.successes import has_results
from ecitizen.web.survey import wave_due
from ecitizen.web.visitor import Visitor

MOST_STEPS = 99


class CatalogueHandler(PageHandler):
    """``/lessons``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show all lessons, and first the one to go on with."""
        if self.visitor is None or not self.visitor.studies:
            self.to_door()
            return
        words = await self.classroom.aside(self._words, self.visitor)
        self.standby.expect(self.visitor, words["hero"].outline.id if words["hero"] else None)
        self.finish(self.page("catalogue.html", call=self.classroom.call_of(self.visitor), **words))

    def _words(self, visitor: Visitor) -> dict[str, Any]:
        course, journal = self.classroom.course, self.classroom.journal_of(visitor)
        tests, staff = course.tests_of(journal), course.for_staff()
        advice = tests["entry"].advice if "entry" in tests else ()
        lessons = course.progress_of(journal)
        ours = [lesson for lesson in lessons if lesson.outline.id not in staff]
        return {
            "lessons": ours,
            "for_staff": [lesson for lesson in lessons if lesson.outline.id in staff],
            "hero": next_lesson(ours, advice),
            "tests": tests,
            "advice": advice,
            "titles": course.titles(),
            "survey": self._survey(visitor, ours, tests),
            "seat": self.classroom.seat_of(visitor),
            "successes": visitor.learner is not None and has_results(self.classroom.folder, visitor.learner),
        }

    def _survey(
        self, visitor: Visitor, lessons: Sequence[LessonProgress], tests: Mapping[Form, TestProgress]
    ) -> content.Survey | None:
        """Give the survey to whom it is due: somebody with a card who went through the course."""
        through = all(lesson.stage == "done" for lesson in lessons) or (
            "exit" in tests and tests["exit"].stage == "done"
        )
        if visitor.learner is None or not through:
            return None
        due = wave_due(self.classroom.journal_of(visitor), datetime.now(UTC))
        return content.survey(self.classroom.course.root) if due else None


class MeHandler(PageHandler):
    """``/me``: who learns in this session."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the card, the seat and the state of the call for help; 404 without a session."""
        if self.visitor is None or not self.visitor.studies:
            raise HTTPError(404)
        self.finish(await who_learns(self.classroom, self.visitor))


async def who_learns(classroom: Classroom, visitor: Visitor) -> dict[str, Any]:
    """Give the document of ``/me``, which stands in a lesson page from the start."""
    return {
        "card": visitor.learner,
        "guest": visitor.role == "guest",
        "seat": await classroom.aside(classroom.seat_of, visitor),
        "help": True,
        "call": classroom.call_of(visitor),
    }


class HelpHandler(DoorHandler):
    """``/help``: «Позвать помощника», and taking it back."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Keep the call; a form is sent back to the catalogue, a script gets the new state."""
        as_json = self.request.headers.get("Content-Type", "").startswith("application/json")
        if self.visitor is None and not as_json and await self.let_learner_in_again() is None:
            return
        visitor = self.learner_or_guest()
        wish = self._wish() if as_json else {"cancel": self.get_body_argument("do", "") == "cancel"}
        lesson, step = wish.get("lesson"), wish.get("step")
        known = lesson if lesson in self.classroom.course.page_ids() else NO_LESSON
        place = step if type(step) is int and 1 <= step <= MOST_STEPS else None
        await self.classroom.call(visitor, "cancel" if wish.get("cancel") else "call", known, place)
        if as_json:
            self.finish({"call": self.classroom.call_of(visitor)})
        else:
            self.redirect(self.base_url + "lessons", status=303)

    def _wish(self) -> dict[str, Any]:
        try:
            wish = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise HTTPError(400) from error
        if not isinstance(wish, dict):
            raise HTTPError(400)
        return wish
