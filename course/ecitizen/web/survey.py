"""The survey of graduates: one page, an ordinary form, answers without a name.

Two ways lead to it: a card, or a code on a sheet of paper where the library hands these out.
"""

from __future__ import annotations

import math
import uuid
from datetime import UTC, date, datetime, timedelta

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.journal.event import Event, Journal
from ecitizen.register import people
from ecitizen.register.surveys import answer_by_code, by_invitation, keep_sheet, wave_of
from ecitizen.web.entry import DoorHandler
from ecitizen.web.presence import SURVEY
from ecitizen.web.visitor import Visitor

THREE_MONTHS = timedelta(days=90)


def wave_due(journal: Journal, now: datetime) -> content.Wave | None:
    """Give the wave that a learner may answer now: first the end, three months later once more; None if neither.

    The journal keeps that somebody answered, never what.
    """
    answered = {event.body.get("wave"): event.at for event in journal.read(SURVEY)}
    if "end" not in answered:
        return "end"
    at = answered["end"]
    return "later" if "later" not in answered and at is not None and now - at >= THREE_MONTHS else None


class SheetHandler(DoorHandler):
    """A page with the questions of the survey."""

    def survey(self) -> content.Survey:
        """Give the questions."""
        return content.survey(self.classroom.course.root)

    def answered(self, wave: content.Wave) -> tuple[dict[str, int], list[str]]:
        """Read what was marked, and the questions where nothing was."""
        asked = self.survey().asked(wave)
        given = {question.id: self.get_body_argument(question.id, "") for question in asked}
        answers = {name: int(value) for name, value in given.items() if value in {"1", "2", "3", "4", "5"}}
        return answers, [question.id for question in asked if question.id not in answers]


class SurveyHandler(SheetHandler):
    """``/survey``; a library that hands out codes is answered at ``/survey/code``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form; thank whoever has answered already."""
        visitor = self._graduate()
        if await self.classroom.aside(by_invitation, self.classroom.engine):
            self.redirect(f"{self.base_url}survey/code")
            return
        if visitor is None:
            self.to_door()
            return
        wave = await self.classroom.aside(wave_due, self.classroom.journal_of(visitor), datetime.now(UTC))
        self._show(wave, {}, [])

    @allow_unauthenticated
    async def post(self) -> None:
        """Keep the answers; what is missing is asked for again, and nothing that was marked is lost."""
        if await self.classroom.aside(by_invitation, self.classroom.engine):
            raise HTTPError(403)
        visitor = self._graduate() or await self.let_learner_in_again()
        if visitor is None:
            return
        journal = self.classroom.journal_of(visitor)
        wave = await self.classroom.aside(wave_due, journal, datetime.now(UTC))
        if wave is None:
            self.redirect(f"{self.base_url}survey", status=303)
            return
        answers, missing = self.answered(wave)
        if missing:
            self.set_status(422)
            self._show(wave, answers, missing)
            return
        await self.classroom.aside(self._keep, visitor, wave, answers)
        self.redirect(f"{self.base_url}survey", status=303)

    def _keep(self, visitor: Visitor, wave: content.Wave, answers: dict[str, int]) -> None:
        card = people.find_card(self.classroom.engine, visitor.learner) if visitor.learner is not None else None
        if card is None:
            raise HTTPError(403)
        # The mark first: a crash between the two loses one sheet, the other way round one person would count twice.
        body = {"do": "answered", "wave": wave}
        event = Event(id=str(uuid.uuid4()), lesson=SURVEY, activity=SURVEY, run=1, body=body)
        self.classroom.journal_of(visitor).append(event)
        keep_sheet(self.classroom.engine, card.site, wave, date.today(), answers)

    def _show(self, wave: content.Wave | None, answers: dict[str, int], missing: list[str]) -> None:
        survey = self.survey()
        asked = survey.asked(wave) if wave else []
        words = {"answers": answers, "missing": missing, "code": "", "to": "survey"}
        self.finish(self.page("survey.html", survey=survey, asked=asked, **words))

    def _graduate(self) -> Visitor | None:
        """Give the session if it is that of a learner with a card; guests have no class to answer for."""
        return self.visitor if self.visitor is not None and self.visitor.learner is not None else None


class CodeHandler(SheetHandler):
    """``/survey/code``: the questions for whoever holds an invitation, with a card or without."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Ask for the code."""
        self.finish(self.page("survey_code.html", survey=self.survey(), fault=None, wait_min=0, code=""))

    @allow_unauthenticated
    async def post(self) -> None:
        """Show the questions that the code opens; keep the answers once all are there."""
        code = self.get_body_argument("code", "")
        bucket = f"survey|{self.request.remote_ip}"
        wait_s = self.classroom.lockout.knock(bucket)
        if wait_s:
            self.set_status(429)
            self._ask("wait", code, math.ceil(wait_s / 60))
            return
        engine, today = self.classroom.engine, date.today()
        try:
            wave: content.Wave = await self.classroom.aside(wave_of, engine, code, today)
            self.classroom.lockout.opened(bucket)
            answers, missing = self.answered(wave)
            if not missing:
                await self.classroom.aside(answer_by_code, engine, code, wave, today, answers)
        except CourseError as error:
            self.set_status(422)
            self._ask(error, code)
            return
        self._show(wave, answers, missing, code)

    def _show(self, wave: content.Wave, answers: dict[str, int], missing: list[str], code: str) -> None:
        survey = self.survey()
        words = {"answers": answers, "missing": missing if answers else [], "code": code, "to": "survey/code"}
        self.finish(self.page("survey.html", survey=survey, asked=survey.asked(wave) if missing else [], **words))

    def _ask(self, fault: CourseError | str, code: str, wait_min: int = 0) -> None:
        words = {"fault": fault, "wait_min": wait_min, "code": code[:20]}
        self.finish(self.page("survey_code.html", survey=self.survey(), **words))
