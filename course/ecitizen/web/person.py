"""``/instructor/people/104``: one person on one page, and what can be done about this person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.register import enrolling, people
from ecitizen.register.erasing import is_unfinished
from ecitizen.register.looking import looks_at
from ecitizen.register.records import record
from ecitizen.register.retaining import due
from ecitizen.web.access import StaffHandler
from ecitizen.web.cards import Issued
from ecitizen.web.course import TestProgress
from ecitizen.web.people import change_of_people
from ecitizen.web.presence import NOBODY_SINCE
from ecitizen.web.progress import LessonProgress


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
        return {
            "person": record(engine, number),
            "half_erased": is_unfinished(self.classroom.folder.path, number),
            "learned": self._learned(number),
            "looks": looks_at(engine, f"person:{number}"),
            "groups": people.groups(engine),
            "due": [one for one in due(engine, date.today()) if one.number == number],
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
