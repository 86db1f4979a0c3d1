"""The survey of graduates: one page, an ordinary form, answers without a name."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.journal.event import Event, Journal
from ecitizen.register import people
from ecitizen.register.surveys import keep_sheet
from ecitizen.web.pages import PageHandler
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


class SurveyHandler(PageHandler):
    """``/survey``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form; thank whoever has answered already."""
        visitor = self._graduate()
        if visitor is None:
            self.redirect(self.base_url)
            return
        wave = await self.classroom.aside(wave_due, self.classroom.journal_of(visitor), datetime.now(UTC))
        self._show(wave, {}, [])

    @allow_unauthenticated
    async def post(self) -> None:
        """Keep the answers; what is missing is asked for again, and nothing that was marked is lost."""
        visitor = self._graduate()
        if visitor is None:
            raise HTTPError(403)
        journal = self.classroom.journal_of(visitor)
        wave = await self.classroom.aside(wave_due, journal, datetime.now(UTC))
        if wave is None:
            self.redirect(f"{self.base_url}survey", status=303)
            return
        asked = self._survey().asked(wave)
        given = {question.id: self.get_body_argument(question.id, "") for question in asked}
        answers = {name: int(value) for name, value in given.items() if value in {"1", "2", "3", "4", "5"}}
        missing = [question.id for question in asked if question.id not in answers]
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
        survey = self._survey()
        asked = survey.asked(wave) if wave else []
        self.finish(self.page("survey.html", survey=survey, asked=asked, answers=answers, missing=missing))

    def _survey(self) -> content.Survey:
        return content.survey(self.classroom.course.root)

    def _graduate(self) -> Visitor | None:
        """Give the session if it is that of a learner with a card; guests have no class to answer for."""
        return self.visitor if self.visitor is not None and self.visitor.learner is not None else None
