"""``/instructor/survey``: what graduates answered, by outcome and question, and what to do about it. Never a person.

Answers have no name, but among four colleagues one is known by what she says. So nothing is shown of fewer than five
sheets, and no part (a quarter, a library) from which and the whole year such a few could be had by subtraction.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.indicators import Part
from ecitizen.journal.event import Event
from ecitizen.register import surveys
from ecitizen.register.people import sites
from ecitizen.register.surveys import Answers, Invitations
from ecitizen.reports.hiding import SMALL, hidden
from ecitizen.reports.table import harmless
from ecitizen.web.access import StaffHandler
from ecitizen.web.classroom import Classroom
from ecitizen.web.indicators import EARLIEST, Period

WEAK_PCT = 60
"""Of fewer who agree, an outcome is weak; our own line, for half of the answers are "hard to say" there."""

STRONG_PCT = 80
LOST_POINTS = 15
"""So many per cent fewer after three months, and what was learned is being forgotten."""

_QUARTERS = ("q1", "q2", "q3", "q4")
LEVELS = range(1, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many agreed, of how many answers."""

    agree: int
    answers: int
    people: int

    @property
    def pct(self) -> int:
        """Give whole per cent."""
        return round(100 * self.agree / self.answers) if self.answers else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One outcome in both waves; None where nothing may be shown."""

    id: str
    name: str
    end: Share | None
    later: Share | None

    @property
    def state(self) -> str:
        """Say in one word what it calls for: ``forgotten``, ``weak``, ``fair`` or ``strong``; empty without answers."""
        latest = self.later or self.end
        if latest is None:
            return ""
        if self.end and self.later and self.end.pct - self.later.pct >= LOST_POINTS:
            return "forgotten"
        return "weak" if latest.pct < WEAK_PCT else "fair" if latest.pct < STRONG_PCT else "strong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """How sure of themselves people were before and after one lesson, on the scale of five."""

    lesson: str
    learners: int
    """Who answered both times."""

    before: float
    after: float
    rose: int
    """How many felt surer after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the page shows for a period and perhaps one library."""

    people: Mapping[str, int]
    """Who answered, by wave."""

    open: Collection[str]
    """Waves that may be shown."""

    invited: Invitations
    waiting: int
    """Codes that open the second sheet now, whenever they were made."""

    outcomes: list[Outcome]
    questions: Mapping[tuple[str, str], Answers]
    """By wave and question, of open waves only."""

    confidence: list[Confidence]
    """Of the whole year, lessons in the order of the course."""


def open_waves(sheets: Mapping[tuple[str, str, dt.date], int], part: str, site: str | None) -> frozenset[str]:
    """Give the waves whose answers may be shown for a quarter or a library of a year; ``sheets`` are all of that year.

    A quarter of one library is never shown: too many of those could be subtracted from each other.
    """
    return frozenset(wave for wave in get_args(content.Wave) if _is_open(sheets, wave, part, site))


def _is_open(sheets: Mapping[tuple[str, str, dt.date], int], wave: str, part: str, site: str | None) -> bool:
    of_wave = {key: people for key, people in sheets.items() if key[0] == wave}
    if sum(of_wave.values()) < SMALL or (part and site):
        return False
    if not part and site is None:
        return True
    by: Counter[str] = Counter()
    for (_, place, day), people in of_wave.items():
        by[_QUARTERS[(day.month - 1) // 3] if part else place] += people
    wanted, kept = part or site, sorted(by)
    closed = hidden([Part(value=one, actual=by[one], facts=by[one]) for one in kept])
    return wanted in by and kept.index(str(wanted)) not in closed


def outcomes(survey: content.Survey, answers: Collection[Answers]) -> list[Outcome]:
    """Sum the questions of each outcome up, in the order of the survey."""

    def share(outcome: str, wave: str) -> Share | None:
        asked = {question.id for question in survey.questions if question.outcome == outcome}
        found = [one for one in answers if one.wave == wave and one.question in asked]
        if not found:
            return None
        agree = sum(sum(one.counts[surveys.AGREES - 1 :]) for one in found)
        most = max(one.people for one in found)
        return Share(agree=agree, answers=sum(one.people for one in found), people=most)

    return [
        Outcome(id=one, name=name, end=share(one, "end"), later=share(one, "later"))
        for one, name in survey.outcomes.items()
    ]


def confidence(events: Collection[Event], year: int, lessons: Collection[str]) -> list[Confidence]:
    """Compare each learner's last rating before a lesson with that after it; of fewer than five nothing is told."""
    last: dict[tuple[str, int, str], int] = {}
    for event in events:
        moment, level = event.activity.removeprefix("scale:"), event.body.get("level")
        if event.learner and event.at and event.at.astimezone().year == year and level in LEVELS:
            last[event.lesson, event.learner, moment] = int(str(level))
    found = []
    for lesson in lessons:
        both = [
            (before, last[lesson, learner, "after"])
            for (of, learner, moment), before in last.items()
            if of == lesson and moment == "before" and (lesson, learner, "after") in last
        ]
        if len(both) >= SMALL:
            found.append(
                Confidence(
                    lesson=lesson,
                    learners=len(both),
                    before=sum(before for before, _ in both) / len(both),
                    after=sum(after for _, after in both) / len(both),
                    rose=sum(after > before for before, after in both),
                )
            )
    return found


def read(room: Classroom, period: Period, site: str | None, today: dt.date, *, detailed: bool) -> Found:
    """Read it all; slow, so keep it off the event loop. Lessons only if ``detailed``."""
    year = Period(year=period.year)
    sheets = surveys.count_sheets(room.engine, year.since, year.until)
    people: Counter[str] = Counter()
    for (wave, place, day), count in sheets.items():
        if period.since <= day <= period.until and site in (None, place):
            people[wave] += count
    shown = open_waves(sheets, period.part, site)
    answers = surveys.sum_up(room.engine, period.since, period.until, site)
    answers = [one for one in answers if one.wave in shown]
    due = surveys.due_again(room.engine, today)
    scales = [e for at in ("before", "after") for e in room.store.read(activity=f"scale:{at}")] if detailed else []
    return Found(
        people=people,
        open=shown,
        invited=surveys.invitations(room.engine, period.since, period.until, site),
        waiting=sum(due.values()) if site is None else due.get(site, 0),
        outcomes=outcomes(content.survey(room.course.root), answers),
        questions={(one.wave, one.question): one for one in answers},
        confidence=confidence(scales, period.year, room.course.lesson_ids()),
    )


class _SurveyHandler(StaffHandler):
    """What the page and the table share: a year or a quarter, all libraries or one."""

    sees = "figures.see"

    def asked(self) -> tuple[Period, str | None]:
        """Give what the address asks for; nonsense is a ``CourseError``."""
        period = Period.read(self.get_query_argument("year", ""), self.get_query_argument("part", ""), dt.date.today())
        if period.part and period.part not in _QUARTERS:
            raise CourseError("Анкета", "за один месяц ответы не показываем", "Выберите год или квартал")
        wanted = self.get_query_argument("site", "")
        if wanted and (wanted not in sites(self.classroom.engine) or not self.detailed):
            raise CourseError("Библиотека", f"такой в журнале нет ({wanted[:60]!r})", "Выберите её из списка")
        return period, wanted or None

    @property
    def detailed(self) -> bool:
        """Say whether libraries, questions and lessons are shown; else the outcomes only."""
        return self.may("results.see")


class SurveyResultsHandler(_SurveyHandler):
    """``/instructor/survey``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show who answered, the outcomes, the questions, and how sure lessons made people."""
        room, today, (period, site) = self.classroom, dt.date.today(), self.asked()
        found = await room.aside(read, room, period, site, today, detailed=self.detailed)
        self.finish(
            self.page(
                "survey_results.html",
                found=found,
                survey=content.survey(room.course.root),
                period=period,
                years=range(today.year, max(EARLIEST, min(today.year - 4, period.year)) - 1, -1),
                quarters=_QUARTERS,
                places=sites(room.engine) if self.detailed else {},
                place=site,
                detailed=self.detailed,
                titles=room.course.titles(),
                fewest=SMALL,
                weak_below=WEAK_PCT,
                levels=len(LEVELS),
            )
        )


class SurveyTableHandler(_SurveyHandler):
    """``/instructor/survey/answers.csv``."""

    sees = "figures.report"

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the same figures as a table: UTF-8 with a mark, semicolons, as spreadsheets here open it."""
        room, (period, site) = self.classroom, self.asked()
        found = await room.aside(read, room, period, site, dt.date.today(), detailed=False)
        survey = content.survey(room.course.root)
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        words = self.page("survey_words.html", scale=survey.scale).strip().splitlines()
        writer.writerow(words[0].split(";"))
        waves = dict(zip(get_args(content.Wave), words[1].split(";"), strict=True))
        lines = _lines(survey, found, waves, words[2], detailed=self.detailed)
        writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in line] for line in lines)
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        name = f"survey-{period.year}{'-' + period.part if period.part else ''}.csv"
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        await self.note_look(f"report:survey:{period.since}:{period.until}:csv")
        self.finish(out.getvalue().encode("utf-8-sig"))


def _lines(
    survey: content.Survey, found: Found, waves: Mapping[str, str], closed: str, *, detailed: bool
) -> Iterator[list[str | int]]:
    """Give a line for each outcome and, if ``detailed``, for each of its questions."""
    for wave, wave_name in waves.items():
        people = found.people.get(wave, 0)
        if people and wave not in found.open:
            yield [wave_name, "", "", closed, *[""] * len(LEVELS), ""]
            continue
        for one in found.outcomes:
            share = one.end if wave == "end" else one.later
            if share is not None:
                yield [wave_name, one.name, "", share.people, *[""] * len(LEVELS), share.pct]
        for question in survey.questions if detailed else ():
            answers = found.questions.get((wave, question.id))
            if answers is not None:
                name = survey.outcomes[question.outcome]
                yield [wave_name, name, question.text, answers.people, *answers.counts, round(answers.agree_pct)]


ADDRESSES = [
    (r"/instructor/survey", SurveyResultsHandler),
    (r"/instructor/survey/answers\.csv", SurveyTableHandler),
]
