"""«Сегодня»: the class of the hour, who is here in one touch, the lesson of the day, and what was done at its end."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import selfcheck
from ecitizen.errors import CourseError
from ecitizen.register import attending, people
from ecitizen.register.attending import Hour, Meeting
from ecitizen.storage import FLOOR_MB, free_mb
from ecitizen.web.access import StaffHandler
from ecitizen.web.board_channel import BOARD
from ecitizen.web.classroom import Classroom
from ecitizen.web.desk import ANSWERS, board, call_roll, utc_now
from ecitizen.web.ending import end_of_class
from ecitizen.web.watching import ASTRAY_IN_A_ROW, STILL_MINUTES

NEAR = timedelta(minutes=45)
"""So long before and after its hour a group is the group of the hour."""

COOKIE = "ecitizen-desk"
COOKIE_DAYS = 60
LONGEST_LESSON_MIN = 600

SAID = frozenset({*ANSWERS, "late"})
"""What the page tells about a call for help that was just answered; late: somebody else was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The group that somebody chose by hand."""

    group: str
    on: date
    instead_of: str | None
    """Group of the timetable at that time; None if it named none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOfDay:
    """What the page is about."""

    day: date
    groups: Mapping[str, str]
    """Code -> name."""

    hours: Sequence[Hour]
    """Of the whole day."""

    timetable: bool
    """Somebody has entered a timetable."""

    group: str | None
    meetings: Sequence[Meeting] = ()
    """Sessions of the group that were held today already."""

    meeting: Meeting | None = None
    """The one the page shows; None until somebody is marked or the lesson is chosen."""

    lesson: str = ""
    """Chosen, or proposed: what comes after the lesson of the last session."""

    asked: bool = False
    """The session was asked for by its number: it is not just the last one of the day."""

    before: str | None = None
    """Lesson of the group's last session before today."""

    @property
    def hour(self) -> Hour | None:
        """Give the hour of the group today, if the timetable has one."""
        return next((hour for hour in self.hours if hour.group == self.group), None)

    @property
    def present(self) -> frozenset[int]:
        """Give who is marked."""
        return self.meeting.present if self.meeting else frozenset()


def hour_now(hours: Sequence[Hour], now: datetime) -> Hour | None:
    """Give the meeting that is on; else the one about to begin, else the one just over; ``now`` by the wall clock."""

    def rank(hour: Hour) -> tuple[int, timedelta] | None:
        begins = datetime.combine(now.date(), hour.begins)
        ends = begins + timedelta(minutes=hour.minutes)
        if begins <= now < ends:
            return 0, now - begins
        if now < begins <= now + NEAR:
            return 1, begins - now
        return (2, now - ends) if ends <= now < ends + NEAR else None

    near = [(found, place, hour) for place, hour in enumerate(hours) if (found := rank(hour)) is not None]
    return min(near)[2] if near else None


def group_now(hours: Sequence[Hour], groups: Mapping[str, str], choice: Choice | None, now: datetime) -> str | None:
    """Give the group that the page opens with.

    What was chosen by hand stays until the timetable names another group than it did then, and over a day for which
    the timetable says nothing. One group alone needs no choice.
    """
    hour = hour_now([hour for hour in hours if hour.group in groups], now)
    named = hour.group if hour else None
    if choice and choice.group in groups:
        same = choice.on == now.date() and choice.instead_of == named
        if named is None or same:
            return choice.group
    return named or (next(iter(groups)) if len(groups) == 1 else None)


def lesson_after(lessons: Sequence[str], before: str | None) -> str:
    """Give the lesson that comes next; the last one again after the last, the first for a group that never met."""
    if before not in lessons:
        return lessons[0] if lessons else ""
    return lessons[min(lessons.index(before) + 1, len(lessons) - 1)]


def class_of_day(
    classroom: Classroom, now: datetime, *, group: str = "", session: str = "", choice: Choice | None = None
) -> ClassOfDay:
    """Look the class up; an asked-for group goes before the timetable. Reads the register."""
    engine, day = classroom.engine, now.date()
    groups, hours = people.groups(engine), attending.hours(engine, day)
    code = group if group in groups else group_now(hours, groups, choice, now)
    timetable = bool(hours) or attending.has_timetable(engine)
    if code is None:
        return ClassOfDay(day=day, groups=groups, hours=hours, timetable=timetable, group=None)
    held = attending.meetings(engine, code, day)
    shown = next((one for one in held if str(one.id) == session), held[-1] if held else None)
    before = attending.lesson_before(engine, code, day)
    lesson = shown.lesson if shown else lesson_after(_for_learners(classroom), before)
    return ClassOfDay(
        day=day,
        groups=groups,
        hours=hours,
        timetable=timetable,
        group=code,
        meetings=held,
        meeting=shown,
        lesson=lesson,
        asked=shown is not None and str(shown.id) == session,
        before=before,
    )


def _for_learners(classroom: Classroom) -> list[str]:
    staff = classroom.course.for_staff()
    return [lesson for lesson in classroom.course.lesson_ids() if lesson not in staff]


class TodayHandler(StaffHandler):
    """``/instructor``."""

    sees = "class.see"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the class of the hour; a group asked for is remembered."""
        now, wanted = datetime.now(), self.get_query_argument("group", "")
        words = await self.classroom.aside(self._words, now, wanted)
        day: ClassOfDay = words["day"]
        if wanted and day.group == wanted:
            self._remember(day, now)
        told = self.get_query_arguments("here") + self.get_query_arguments("gone")
        said, to = self.get_query_argument("said", ""), self.get_query_argument("to", "")
        everybody = words["everybody"]
        self.finish(
            self.page(
                "desk.html",
                marked=[pupil for pupil in everybody if pupil.key in told],
                answered=next((pupil for pupil in everybody if pupil.key == to), None) if said in SAID else None,
                said=said,
                came="here" in self.request.query_arguments,
                stale="stale" in self.request.query_arguments,
                trouble=self.get_query_argument("trouble", ""),
                **words,
            )
        )

    def _words(self, now: datetime, wanted: str) -> dict[str, Any]:
        session = self.get_query_argument("session", "")
        day = class_of_day(self.classroom, now, group=wanted, session=session, choice=self._choice())
        place = self.classroom.folder.path
        free = free_mb(place)
        # A word about the start stands on the desk of that day.
        check = selfcheck.last(place)
        mended = check.sentences if check and check.at.astimezone().date() == now.date() else ()
        return scene(self.classroom, day) | {"mended": mended, "low_mb": free if free < FLOOR_MB else None}

    def _choice(self) -> Choice | None:
        cookie = self.get_secure_cookie(COOKIE, max_age_days=COOKIE_DAYS)
        known = json.loads(cookie) if cookie else {}
        if not known.get("group"):
            return None
        return Choice(group=known["group"], on=date.fromisoformat(known["on"]), instead_of=known["instead_of"])

    def _remember(self, day: ClassOfDay, now: datetime) -> None:
        hour = hour_now([hour for hour in day.hours if hour.group in day.groups], now)
        known = {"group": day.group, "on": day.day.isoformat(), "instead_of": hour.group if hour else None}
        self.set_secure_cookie(
            COOKIE, json.dumps(known), expires_days=COOKIE_DAYS, httponly=True, samesite="Lax", path=self.base_url
        )


def scene(classroom: Classroom, day: ClassOfDay) -> dict[str, Any]:
    """Give what the page and its fragment say about a class; reads the register."""
    now = utc_now()
    roll = call_roll(classroom, now)
    held = classroom.rooms.of_group(day.group, now) if day.group else None
    return {
        "day": day,
        "roll": roll,
        "held": held,
        "titles": roll.titles,
        "lessons": classroom.course.lesson_ids(),
        "still_minutes": STILL_MINUTES,
        "in_a_row": ASTRAY_IN_A_ROW,
        **board(classroom, now, roll, day.group, day.present),
    }


class AttendanceHandler(StaffHandler):
    """``/instructor/attendance``: «Отметить», one person or many, and the same back."""

    sees, does = "class.see", "class.write"

    @allow_unauthenticated
    async def post(self) -> None:
        """Mark the people of ``here`` as present, take the marks of those of ``gone`` off, show the page again."""
        here, gone = self._numbers("here"), self._numbers("gone")
        if bool(here) == bool(gone):
            raise HTTPError(400)
        group = self.get_body_argument("group", "")
        if self.get_body_argument("day", "") != date.today().isoformat():
            self.redirect(f"{self.base_url}instructor?stale=1", status=303)
            return
        session = self.get_body_argument("session", "")
        known = int(session) if session.isdecimal() and len(session) < 10 else None
        await self.classroom.aside(self._mark, group, known, here or gone, bool(here))
        self.classroom.rooms.admit(group, frozenset(here))
        self.classroom.streams.tell(BOARD, "attendance")
        told = [f"{'here' if here else 'gone'}={number}" for number in here or gone]
        asked = [] if known is None else [f"session={known}"]
        self.redirect(f"{self.base_url}instructor?{'&'.join([*asked, *told])}", status=303)

    def _mark(self, group: str, number: int | None, learners: list[int], here: bool) -> None:
        engine = self.classroom.engine
        if number is None:
            day = class_of_day(self.classroom, datetime.now(), group=group)
            if day.group != group or not day.lesson:
                raise CourseError("группа", f"{group!r} нет в списке", "Выберите группу из списка")
            minutes = day.hour.minutes if day.hour else None
            number = attending.hold(engine, group, day.day, day.lesson, self.who, minutes)
        attending.mark(engine, number, learners, here, self.who)

    def _numbers(self, name: str) -> list[int]:
        given = self.get_body_arguments(name)
        if not all(one.isdecimal() and len(one) < 10 for one in given):
            raise HTTPError(400)
        return [int(one) for one in given]


class LessonOfDayHandler(StaffHandler):
    """``/instructor/lesson``: the lesson of the day."""

    sees, does = "class.see", "class.write"

    @allow_unauthenticated
    async def post(self) -> None:
        """Make it the lesson of the session; ``another`` begins one more session of the day."""
        lesson, group = self.get_body_argument("lesson", ""), self.get_body_argument("group", "")
        if lesson not in self.classroom.course.lesson_ids():
            raise HTTPError(400)
        if self.get_body_argument("day", "") != date.today().isoformat():
            self.redirect(f"{self.base_url}instructor?stale=1", status=303)
            return
        try:
            session = await self.classroom.aside(self._choose, group, lesson)
        except attending.Chosen:
            raise
        except CourseError:
            self.redirect(f"{self.base_url}instructor?trouble=lesson", status=303)
            return
        roster = await self.classroom.aside(people.roster, self.classroom.engine, group)
        self.classroom.streams.tell(BOARD, "lesson")
        self.standby.announce(lesson, sum(entry.left_on is None for entry in roster))
        self.redirect(f"{self.base_url}instructor?session={session}", status=303)

    def _choose(self, group: str, lesson: str) -> int:
        day = date.today()
        hours = attending.hours(self.classroom.engine, day)
        minutes = next((hour.minutes for hour in hours if hour.group == group), None)
        another = bool(self.get_body_argument("another", ""))
        seen = self.get_body_argument("was", None)
        return attending.choose(
            self.classroom.engine, group, day, lesson, self.who, minutes=minutes, another=another, seen=seen
        )


class ClassHandler(StaffHandler):
    """``/instructor/class/<number>``: the end of the class, on paper too."""

    sees, does = "class.see", "class.write"

    @allow_unauthenticated
    async def get(self, number: str) -> None:
        """Show who was there and what was done."""
        words = await self.classroom.aside(end_of_class, self.classroom, int(number))
        if words is None:
            raise HTTPError(404)
        self.finish(self.page("class_end.html", saved="saved" in self.request.query_arguments, **words))

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Note how long it took."""
        text = self.get_body_argument("minutes", "").strip()
        minutes = int(text) if text.isdecimal() and len(text) < 4 else None
        if text and (minutes is None or not 0 < minutes <= LONGEST_LESSON_MIN):
            raise HTTPError(400)
        was = self.get_body_argument("was", None)
        seen = [] if was is None else [int(was) if was.isdecimal() and len(was) < 4 else None]
        engine, who = self.classroom.engine, self.who
        await self.classroom.aside(attending.set_minutes, engine, int(number), minutes, who, seen=seen)
        self.redirect(f"{self.base_url}instructor/class/{int(number)}?saved=1", status=303)
