"""The live board of the instructor's desk: who is where, who is stuck, who calls for help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.register import people
from ecitizen.register.looking import staff_member
from ecitizen.register.people import RosterEntry
from ecitizen.web.access import StaffHandler
from ecitizen.web.classroom import Classroom, Guest, key_of
from ecitizen.web.presence import NOBODY_SINCE, Call
from ecitizen.web.watching import Work, midnight, stuck


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """One card of the desk."""

    key: str
    """``104`` for a card, ``guest-3`` for a guest."""

    number: int
    guest: bool
    name: str
    short: str
    """As one speaks to somebody: given name, patronymic and the first letter of the surname."""

    seat: str | None
    group: str
    """Code of the group; empty for a guest."""

    lesson: str
    """Id of the lesson that is open or was seen last; empty if none."""

    title: str
    """Title of the lesson that is open or was seen last; empty if none."""

    activity: str
    step: int | None
    steps: int | None
    """How many the lesson has; None if no lesson is open."""

    step_min: int
    """How long an open lesson stands on its step, without the time when the class was held."""

    open: bool
    """A lesson page is open now."""

    came: bool
    """A lesson is open, or something was done today."""

    minutes_ago: int | None
    """Since the last event; None if there was none."""

    quiet_min: int
    """How long an open lesson stands still, without the time when the class was held."""

    stuck: bool
    work: Work
    """What was done today in that lesson."""

    call: Call
    called_at: datetime
    """Of the last call; ``NOBODY_SINCE`` if there never was one."""

    waits_s: float
    """Since the call until the card was drawn; 0 without one."""

    helper: str = ""
    """Name of whoever is coming; empty for the PIN without a name."""

    unseen: bool = False
    """Asked today that nobody looks at the screen."""

    here: bool = False
    """Marked as present at the session of the board."""

    @property
    def waits_min(self) -> int:
        """Give whole minutes since the call."""
        return int(self.waits_s // 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """What the board takes from the register and the content: read once, for many drawings."""

    today: date
    roster: Sequence[RosterEntry]
    titles: Mapping[str, str]
    steps: Mapping[str, int]
    """How many steps each open lesson has."""

    helpers: Mapping[int, str]
    """Names of those who are coming to somebody."""


def call_roll(classroom: Classroom, now: datetime) -> Roll:
    """Read the list and the lessons that are open; keep it off the event loop."""
    today = now.astimezone().date()
    open_lessons = {launch.lesson for launch in classroom.launches}
    coming = {place.helper for place in classroom.presence.all() if place.helper is not None}
    staff = {number: staff_member(classroom.engine, number) for number in coming}
    return Roll(
        today=today,
        roster=[
            entry
            for entry in people.roster(classroom.engine)
            if _has_name(entry) and (entry.left_on is None or entry.left_on >= today)
        ],
        titles=classroom.course.titles(),
        steps={lesson: len(classroom.course.exhibits(lesson)) for lesson in open_lessons},
        helpers={number: found.name if found else "" for number, found in staff.items()},
    )


def _has_name(entry: RosterEntry) -> bool:
    """Tell people from those who were erased: of them only the number is left."""
    return bool(entry.surname or entry.given or entry.patronymic)


class Desk:
    """Draws cards from what is in memory."""

    def __init__(self, classroom: Classroom, now: datetime, roll: Roll) -> None:
        """Take the moment to draw."""
        self._classroom, self._now, self._roll = classroom, now, roll
        self._since = midnight(roll.today)
        self._open = {key_of(launch.visitor): launch.lesson for launch in classroom.launches}

    def knows(self, key: int | str) -> bool:
        """Say whether the roll is new enough to draw somebody."""
        helper, lesson = self._classroom.presence.of(key).helper, self._open.get(key)
        return (helper is None or helper in self._roll.helpers) and (lesson is None or lesson in self._roll.steps)

    def guests(self) -> list[Pupil]:
        """Draw those without a card."""
        return [self.pupil(guest, session) for session, guest in list(self._classroom.guests.items())]

    def pupil(self, entry: RosterEntry | Guest, key: int | str) -> Pupil:
        """Draw one card."""
        place = self._classroom.presence.of(key)
        lesson, opened_at = self._open.get(key, place.lesson), self._classroom.watch.opened_at(key)
        is_open, seen = key in self._open, place.seen_at > NOBODY_SINCE
        same = place.lesson == lesson
        work = self._classroom.watch.of(key, lesson, self._since) if same else Work()
        quiet = self._passed(key, place.seen_at, opened_at)
        titles = self._roll.titles
        guest = isinstance(entry, Guest)
        return Pupil(
            key=f"guest-{entry.number}" if guest else str(entry.number),
            number=entry.number,
            guest=guest,
            name="" if isinstance(entry, Guest) else entry.full_name,
            seat=None if isinstance(entry, Guest) else entry.seat,
            short="" if isinstance(entry, Guest) else short_name(entry),
            group="" if isinstance(entry, Guest) else entry.group,
            lesson=lesson if lesson in titles else "",
            title=titles.get(lesson, ""),
            activity=place.activity if same else "",
            step=place.step if same else None,
            steps=self._roll.steps.get(lesson) if is_open else None,
            step_min=minutes(self._passed(key, place.step_at if same else NOBODY_SINCE, opened_at)) if is_open else 0,
            open=is_open,
            came=is_open or place.seen_at >= self._since,
            minutes_ago=minutes(self._now - place.seen_at) if seen else None,
            quiet_min=minutes(quiet) if is_open else 0,
            stuck=is_open and stuck(work, quiet),
            work=work,
            call=place.call_at(self._now),
            called_at=place.called_at,
            waits_s=(self._now - place.called_at).total_seconds() if place.call != "none" else 0,
            helper=self._roll.helpers.get(place.helper, "") if place.helper is not None else "",
            unseen=place.unseen(self._since),
        )

    def _passed(self, key: int | str, *since: datetime) -> timedelta:
        """Give the time since the latest of some moments, without pauses; none if none of them ever was."""
        latest = max(since)
        if latest == NOBODY_SINCE:
            return timedelta()
        return self._now - latest - self._classroom.rooms.held_for(key, latest, self._now)


def short_name(entry: RosterEntry) -> str:
    """Give «Анна Петровна Ё.»; the whole name where there is no given name."""
    if not entry.given:
        return entry.full_name
    return " ".join(filter(None, (entry.given, entry.patronymic, entry.surname[:1] and f"{entry.surname[0]}.")))


def seat_order(entry: RosterEntry) -> tuple[bool, int, str]:
    """Sort by seat as a number where it is one; those without a seat come last, in the order given."""
    seat = entry.seat or ""
    return not seat, int(seat) if seat.isdecimal() else 10**6, seat


def board(
    classroom: Classroom, now: datetime, roll: Roll, group: str | None, present: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """Give the pupils of a group by seat, those of other groups who are here, the guests, and the queue of calls."""
    desk = Desk(classroom, now, roll)

    def drawn(entry: RosterEntry) -> Pupil:
        return replace(desk.pupil(entry, entry.number), here=entry.number in present)

    listed = sorted(roll.roster, key=seat_order)
    own = _told_apart([drawn(entry) for entry in listed if entry.group == group])
    others = _told_apart([drawn(entry) for entry in listed if entry.group != group])
    guests = desk.guests()
    return {
        "pupils": own,
        "others": [pupil for pupil in others if pupil.here or pupil.open],
        "guests": guests,
        "everybody": [*own, *others, *guests],
        "calls": queue([*own, *others, *guests]),
        "present": len(present),
        "proposed": [pupil for pupil in own if pupil.came and not pupil.here],
    }


def _told_apart(pupils: Sequence[Pupil]) -> list[Pupil]:
    """Give those the whole name whose short names are alike."""
    alike = Counter(pupil.short for pupil in pupils)
    return [replace(pupil, short=pupil.name) if alike[pupil.short] > 1 else pupil for pupil in pupils]


def queue(pupils: Sequence[Pupil]) -> list[Pupil]:
    """Give those who wait for help, the longest wait first, then those somebody is coming to.

    The cards may have been drawn at different moments, so that the moment of the call decides.
    """
    calling = [pupil for pupil in pupils if pupil.call != "none"]
    return sorted(calling, key=lambda pupil: (pupil.call == "coming", pupil.called_at))


def minutes(span: timedelta) -> int:
    """Give whole minutes, never below zero."""
    return max(0, int(span.total_seconds() // 60))


ANSWERS = ("coming", "done", "again")


class HelpedHandler(StaffHandler):
    """``/instructor/help``: «Иду» and «Помогли», and taking either back."""

    sees, does = "class.see", "class.write"

    @allow_unauthenticated
    async def post(self) -> None:
        """Tell the learner that help is coming, or take the call off the desk; who comes second is told so."""
        key, do = self.get_body_argument("who", ""), self.get_body_argument("do", "")
        visitor = await self.classroom.aside(self.classroom.visitor_of, key)
        if visitor is None or do not in ANSWERS:
            raise HTTPError(404)
        done = await self.classroom.answer_call(visitor, do, self.staff.id)
        session = self.get_body_argument("session", "")
        asked = {"session": session} if session.isdecimal() else {}
        query = urlencode({**asked, "said": do if done else "late", "to": key})
        self.redirect(f"{self.base_url}instructor?{query}", status=303)


def utc_now() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)
