"""The instructor's desk: who is where, who calls for help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.register import people
from ecitizen.register.people import RosterEntry
from ecitizen.web.classroom import Classroom, Guest, key_of
from ecitizen.web.pages import PageHandler
from ecitizen.web.presence import NOBODY_SINCE, Call, Place
from ecitizen.web.visitor import Visitor

STILL_MINUTES = 5
"""Somebody with a lesson open who did nothing for so long may be stuck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """One card of the desk."""

    key: str
    """``104`` for a card, ``guest-3`` for a guest."""

    number: int
    guest: bool
    name: str
    seat: str | None
    lesson: str
    """Title of the lesson that is open or was seen last; empty if none."""

    activity: str
    step: int | None
    open: bool
    """A lesson page is open now."""

    minutes_ago: int | None
    """Since the last event; None if there was none."""

    call: Call
    waits_min: int

    @property
    def still(self) -> bool:
        """Say whether an open lesson stands still."""
        return self.open and self.minutes_ago is not None and self.minutes_ago >= STILL_MINUTES


@dataclass(frozen=True, slots=True)
class Group:
    """A group with its pupils in the order of the seats, then of the names."""

    name: str
    pupils: list[Pupil]


def pupil(entry: RosterEntry | Guest, place: Place, *, title: str, is_open: bool, now: datetime) -> Pupil:
    """Put together what the desk shows of one learner or guest."""
    guest = isinstance(entry, Guest)
    seen = place.seen_at > NOBODY_SINCE
    return Pupil(
        key=f"guest-{entry.number}" if guest else str(entry.number),
        number=entry.number,
        guest=guest,
        name="" if isinstance(entry, Guest) else entry.full_name,
        seat=None if isinstance(entry, Guest) else entry.seat,
        lesson=title,
        activity=place.activity,
        step=place.step,
        open=is_open,
        minutes_ago=_minutes(now, place.seen_at) if seen else None,
        call=place.call_at(now),
        waits_min=_minutes(now, place.called_at) if place.call != "none" else 0,
    )


def seat_order(entry: RosterEntry) -> tuple[bool, int, str]:
    """Sort by seat as a number where it is one; those without a seat come last, in the order given."""
    seat = entry.seat or ""
    return not seat, int(seat) if seat.isdecimal() else 10**6, seat


def board(classroom: Classroom, now: datetime) -> dict[str, Any]:
    """Read the register and give the groups, the guests and the queue of calls, the longest wait first."""
    titles = classroom.course.titles()
    entries = [e for e in people.roster(classroom.engine) if e.left_on is None or e.left_on >= date.today()]
    opened = {key_of(launch.visitor): launch.lesson for launch in classroom.launches}

    def shown(entry: RosterEntry | Guest, key: int | str) -> Pupil:
        lesson = opened.get(key)
        place = classroom.presence.of(key)
        return pupil(entry, place, title=titles.get(lesson or place.lesson, ""), is_open=lesson is not None, now=now)

    groups = [
        Group(name, [shown(entry, entry.number) for entry in sorted(entries, key=seat_order) if entry.group == code])
        for code, name in people.groups(classroom.engine).items()
    ]
    guests = [shown(guest, session) for session, guest in list(classroom.guests.items())]
    return {"groups": [group for group in groups if group.pupils], "guests": guests, "calls": queue(groups, guests)}


def queue(groups: Sequence[Group], guests: Sequence[Pupil]) -> list[Pupil]:
    """Give those who wait for help, the longest wait first, then those somebody is coming to."""
    everybody = [pupil for group in groups for pupil in group.pupils] + list(guests)
    calling = [pupil for pupil in everybody if pupil.call != "none"]
    return sorted(calling, key=lambda pupil: (pupil.call == "coming", -pupil.waits_min))


def _minutes(now: datetime, since: datetime) -> int:
    return max(0, int((now - since).total_seconds() // 60))


class DeskHandler(PageHandler):
    """``/instructor``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the desk, or the door to it."""
        if self.visitor is None or self.visitor.role != "instructor":
            self.redirect(self.base_url + "instructor/login")
            return
        self.finish(self.page("desk.html", **await self.classroom.aside(board, self.classroom, datetime.now(UTC))))


class BoardHandler(PageHandler):
    """``/instructor/board``: the part of the desk that changes."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the fragment."""
        only_instructors(self)
        self.finish(self.page("board.html", **await self.classroom.aside(board, self.classroom, datetime.now(UTC))))


class HelpedHandler(PageHandler):
    """``/instructor/help``: «Иду» and «Помогли»."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Tell the learner that help is coming, or take the call off the desk."""
        only_instructors(self)
        visitor = self._called(self.get_body_argument("who", ""))
        do = self.get_body_argument("do", "")
        if visitor is None or do not in {"coming", "done"}:
            raise HTTPError(404)
        await self.classroom.call(visitor, do)
        self.redirect(self.base_url + "instructor", status=303)

    def _called(self, key: str) -> Visitor | None:
        for guest in self.classroom.guests.values():
            if key == f"guest-{guest.number}":
                return guest.visitor
        if not key.isdecimal() or self.classroom.presence.of(int(key)).call == "none":
            return None
        return Visitor(username=f"card-{int(key)}", role="learner", learner=int(key))


def only_instructors(handler: PageHandler) -> None:
    """Refuse everybody else."""
    if handler.visitor is None or handler.visitor.role != "instructor":
        raise HTTPError(403)
