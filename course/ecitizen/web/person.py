"""``/instructor/people/104``: one person on one page, and what can be done about this person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.register import consenting, enrolling, people
from ecitizen.register.erasing import is_unfinished
from ecitizen.register.looking import looks_at
from ecitizen.register.records import GivenConsent, Record, record
from ecitizen.register.retaining import due, note_destroyed
from ecitizen.reports.class_words import consent_words
from ecitizen.web.access import StaffHandler
from ecitizen.web.announcements import day_of
from ecitizen.web.cards import Issued
from ecitizen.web.course import TestProgress
from ecitizen.web.people import change_of_people
from ecitizen.web.presence import NOBODY_SINCE
from ecitizen.web.progress import LessonProgress

_CONSENT_ACTS = frozenset({"consent", "withdrawn", "destroyed"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """How far somebody has come, by the journal; no points."""

    lessons: list[LessonProgress]
    """Those begun or done, in the order of the course."""

    total: int
    done: int
    tests: list[TestProgress]
    last_at: datetime | None
    """In the time zone of this computer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonPoints:
    """One lesson in the gradebook."""

    title: str
    points: float
    most: float
    waiting: int
    """Written answers that nobody has marked yet."""

    passed_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurposeState:
    """One purpose and how consent to it stands."""

    purpose: str
    last: GivenConsent | None
    """The latest consent; None if there never was one."""

    in_force: bool


def purposes_of(person: Record, known: list[str], today: date) -> list[PurposeState]:
    """Say how consent stands, the purposes of the catalogue first, then whatever else was agreed to."""
    last = {one.purpose.casefold(): one for one in person.consents}
    names = {name.casefold(): name for name in [*known, *(one.purpose for one in person.consents)]}
    return [
        PurposeState(purpose=name, last=last.get(folded), in_force=_is_in_force(last.get(folded), today))
        for folded, name in names.items()
    ]


def _is_in_force(one: GivenConsent | None, today: date) -> bool:
    if one is None or one.withdrawn_on is not None or one.erased_on is not None:
        return False
    return one.keep_until is None or one.keep_until > today


class PersonHandler(StaffHandler):
    """The page of a person."""

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Show the record, the progress, who looked, and the ways to change something."""
        number = int(text)
        found = await self.classroom.aside(self._read, number)
        if not found["person"].erased:
            await self.note_look(f"person:{number}")
        self.finish(
            self.page(
                "person.html",
                **found,
                titles=self.classroom.course.titles(),
                done=self.get_query_argument("done", ""),
                today=date.today(),
            )
        )

    def _read(self, number: int) -> dict[str, Any]:
        engine = self.classroom.engine
        person, today = record(engine, number), date.today()
        return {
            "person": person,
            "purposes": purposes_of(person, [one.purpose for one in consent_words().purposes], today),
            "half_erased": is_unfinished(self.classroom.folder.path, number),
            "learned": self._learned(number),
            "looks": looks_at(engine, f"person:{number}"),
            "groups": people.groups(engine),
            "due": [one for one in due(engine, today) if one.number == number],
            "undo": change_of_people(engine),
        }

    def _learned(self, number: int) -> Learned:
        journal = self.classroom.store.for_learner(number)
        staff = self.classroom.course.for_staff()
        lessons = [one for one in self.classroom.course.progress_of(journal) if one.outline.id not in staff]
        seen_at = self.classroom.presence.of(number).seen_at
        return Learned(
            lessons=[one for one in lessons if one.stage != "new"],
            total=len(lessons),
            done=sum(one.stage == "done" for one in lessons),
            tests=[one for one in self.classroom.course.tests_of(journal).values() if one.stage != "new"],
            last_at=seen_at.astimezone() if seen_at > NOBODY_SINCE else None,
        )


class ScoresHandler(StaffHandler):
    """``/instructor/people/104/scores``: the points of the gradebook."""

    sees = "people.scores"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Read the gradebook, which takes a second or two the first time."""
        number = int(text)
        found = await self.classroom.aside(record, self.classroom.engine, number)
        lessons = await self.classroom.aside(self._points, number)
        await self.note_look(f"person:{number}")
        self.finish(self.page("person_scores.html", person=found, lessons=lessons))

    def _points(self, number: int) -> list[LessonPoints]:
        # nbgrader takes seconds to import, and most servers run for hours before somebody asks.
        from ecitizen.gradebook import completions, scores

        folder, root = self.classroom.folder, self.classroom.course.root
        own = {lesson: found[str(number)] for lesson, found in scores(folder).items() if str(number) in found}
        passed = completions(folder, content.toc(root).trained.pass_share_pct) if own else []
        days = {fact.tags["lesson"]: fact.date for fact in passed if fact.person == number}
        titles = self.classroom.course.titles()
        lessons = []
        for lesson_id in self.classroom.course.lesson_ids():
            if lesson_id in own:
                lesson = content.lesson(lesson_id, root)
                parts = [*lesson.quiz.items, *lesson.rubric.criteria]
                lessons.append(
                    LessonPoints(
                        title=titles[lesson_id],
                        points=sum(own[lesson_id].values()),
                        most=sum(part.points for part in parts),
                        waiting=len({part.id for part in parts} - set(own[lesson_id])),
                        passed_on=days.get(lesson_id),
                    )
                )
        return lessons


class MoveHandler(StaffHandler):
    """``/instructor/people/104/move``: another group; taken back by «Отменить»."""

    @allow_unauthenticated
    async def post(self, text: str) -> None:
        """Move."""
        was = self.get_body_argument("was", None)
        arguments = (self.classroom.engine, int(text), self.get_body_argument("group", ""), self.who, was)

        async def work() -> str:
            changed = await self.classroom.aside(enrolling.move, *arguments)
            return f"instructor/people/{text}?done={'moved' if changed else 'same'}"

        place = await self.state.once.do(self.get_body_argument("once", ""), work)
        self.redirect(self.base_url + place, status=303)


class LeaveHandler(StaffHandler):
    """``/instructor/people/104/leave``: the last day in class, or back again; taken back by «Отменить»."""

    @allow_unauthenticated
    async def post(self, text: str) -> None:
        """Note it."""
        day, was = self.get_body_argument("left_on", ""), self.get_body_argument("was", None)
        engine, who = self.classroom.engine, self.who

        async def work() -> str:
            changed = await self.classroom.aside(enrolling.leave, engine, int(text), day, who, was=was)
            return f"instructor/people/{text}?done={('left' if day else 'back') if changed else 'same'}"

        place = await self.state.once.do(self.get_body_argument("once", ""), work)
        self.redirect(self.base_url + place, status=303)


class ConsentHandler(StaffHandler):
    """``/instructor/people/104/consent``: given, withdrawn, or what was collected destroyed; for one purpose."""

    @allow_unauthenticated
    async def post(self, text: str) -> None:
        """Note it; taken back by «Отменить»."""
        typed, number = self.form(), int(text)
        act, purpose, day = typed.get("do", ""), typed.get("purpose", ""), day_of(typed.get("day", "").strip())
        if act not in _CONSENT_ACTS:
            raise HTTPError(400)
        if act == "destroyed" and not self.may("people.erase"):
            await self.refuse("people.erase")
        if day is None:
            raise CourseError("Согласие", "день не прочитан", "Вернитесь назад и впишите день так: 05.03.2026")

        async def work() -> str:
            engine = self.classroom.engine
            if act == "destroyed":
                await self.classroom.aside(note_destroyed, engine, number, purpose, day, self.who)
            else:
                deed = consenting.give if act == "consent" else consenting.withdraw
                await self.classroom.aside(deed, engine, number, purpose, day, self.who)
            return f"instructor/people/{number}?done={act}"

        place = await self.state.once.do(typed.get("once", ""), work)
        self.redirect(self.base_url + place, status=303)


class PinHandler(StaffHandler):
    """``/instructor/people/104/pin``: the card again with a new PIN."""

    sees = does = "people.cards"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Say what will happen."""
        found = await self.classroom.aside(record, self.classroom.engine, int(text))
        await self.note_look(f"person:{text}")
        self.finish(self.page("person_pin.html", person=found))

    @allow_unauthenticated
    async def post(self, text: str) -> None:
        """Make the old PIN worthless and show the new one."""
        number = int(text)

        async def work() -> str:
            found = await self.classroom.aside(record, self.classroom.engine, number)
            if found.erased:
                raise CourseError(f"карточка {number}", "имя этого человека стёрто", "Запишите его новой карточкой")
            pin = await self.classroom.aside(people.reissue_pin, self.classroom.engine, number, self.who)
            issued = Issued(kind="again", pins={number: pin}, names={number: found.full_name}, cards=1)
            return f"instructor/people/issued/{self.state.kept.put(self.session, issued)}"

        place = await self.state.once.do(self.get_body_argument("once", ""), work)
        self.redirect(self.base_url + place, status=303)
