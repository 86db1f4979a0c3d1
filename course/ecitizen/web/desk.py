"""The live board of the instructor's desk: who is where, who is stuck, who calls for help."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.register import people
from ecitizen.register.people import RosterEntry
from ecitizen.web.classroom import Classroom, Guest, key_of
from ecitizen.web.pages import PageHandler
from ecitizen.web.presence import NOBODY_SINCE, Call
from ecitizen.web.visitor import Visitor
from ecitizen.web.watching import Watch, Work, stuck


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
    lesson: str
    """Id of the lesson that is open or was seen last; empty if none."""

    title: str
    """Title of the lesson that is open or was seen last; empty if none."""

    activity: str
    step: int | None
    open: bool
    """A lesson page is open now."""

    came: bool
    """A lesson is open, or something was done today."""

    minutes_ago: int | None
    """Since the last event; None if there was none."""

    quiet_min: int
    """How long an open lesson stands still."""

    stuck: bool
    work: Work
    """What was done today in that lesson."""

    call: Call
    waits_min: int
    here: bool = False
    """Marked as present at the session of the board."""


def midnight(day: date) -> datetime:
    """Give the moment when a day begins by the clock on the wall."""
    return datetime.combine(day, time()).astimezone()


class Desk:
    """Reads the class once and draws cards from it."""

    def __init__(self, classroom: Classroom, watch: Watch, now: datetime) -> None:
        """Take the moment to draw; reads the register, so keep it off the event loop."""
        today = now.astimezone().date()
        self._classroom, self._watch, self._now = classroom, watch, now
        self._since = midnight(today)
        self._titles = classroom.course.titles()
        launches = list(classroom.launches)
        seen_open = watch.opened([launch.token for launch in launches], now)
        self._open = {key_of(launch.visitor): (launch.lesson, seen_open[launch.token]) for launch in launches}
        self.roster = [e for e in people.roster(classroom.engine) if e.left_on is None or e.left_on >= today]

    def guests(self) -> list[Pupil]:
        """Draw those without a card."""
        return [self.pupil(guest, session) for session, guest in list(self._classroom.guests.items())]

    def pupil(self, entry: RosterEntry | Guest, key: int | str) -> Pupil:
        """Draw one card."""
        place = self._classroom.presence.of(key)
        lesson, opened_at = self._open.get(key, (place.lesson, NOBODY_SINCE))
        is_open, seen = key in self._open, place.seen_at > NOBODY_SINCE
        work = self._work(key, lesson) if seen and place.lesson == lesson else Work()
        quiet = self._now - max(place.seen_at, opened_at)
        guest = isinstance(entry, Guest)
        return Pupil(
            key=f"guest-{entry.number}" if guest else str(entry.number),
            number=entry.number,
            guest=guest,
            name="" if isinstance(entry, Guest) else entry.full_name,
            seat=None if isinstance(entry, Guest) else entry.seat,
            short="" if isinstance(entry, Guest) else short_name(entry),
            lesson=lesson if lesson in self._titles else "",
            title=self._titles.get(lesson, ""),
            activity=place.activity if place.lesson == lesson else "",
            step=place.step if place.lesson == lesson else None,
            open=is_open,
            came=is_open or place.seen_at >= self._since,
            minutes_ago=minutes(self._now - place.seen_at) if seen else None,
            quiet_min=minutes(quiet) if is_open else 0,
            stuck=is_open and stuck(work, quiet),
            work=work,
            call=place.call_at(self._now),
            waits_min=minutes(self._now - place.called_at) if place.call != "none" else 0,
        )

    def _work(self, key: int | str, lesson: str) -> Work:
        seen_at = self._classroom.presence.of(key).seen_at
        if seen_at < self._since:
            return Work()
        return self._watch.of(key, lesson, seen_at, self._since, lambda: self._events(key, lesson))

    def _events(self, key: int | str, lesson: str) -> Any:
        if isinstance(key, int):
            return self._classroom.store.read(learner=key, lesson=lesson)
        guest = self._classroom.guests.get(key)
        return guest.journal.read(lesson) if guest else []


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
    classroom: Classroom, watch: Watch, now: datetime, group: str | None, present: frozenset[int] = frozenset()
) -> dict[str, Any]:
    """Give the pupils of a group by seat, those of other groups who are here, the guests, and the queue of calls."""
    desk = Desk(classroom, watch, now)

    def drawn(entry: RosterEntry) -> Pupil:
        return replace(desk.pupil(entry, entry.number), here=entry.number in present)

    own = [drawn(entry) for entry in sorted(desk.roster, key=seat_order) if entry.group == group]
    others = [drawn(entry) for entry in sorted(desk.roster, key=seat_order) if entry.group != group]
    guests = desk.guests()
    own, others = _told_apart(own), _told_apart(others)
    return {
        "pupils": own,
        "others": [pupil for pupil in others if pupil.here or pupil.open],
        "guests": guests,
        "calls": queue([*own, *others, *guests]),
        "present": len(present),
        "proposed": [pupil for pupil in own if pupil.came and not pupil.here],
    }


def _told_apart(pupils: Sequence[Pupil]) -> list[Pupil]:
    """Give those the whole name whose short names are alike."""
    alike = Counter(pupil.short for pupil in pupils)
    return [replace(pupil, short=pupil.name) if alike[pupil.short] > 1 else pupil for pupil in pupils]


def queue(pupils: Sequence[Pupil]) -> list[Pupil]:
    """Give those who wait for help, the longest wait first, then those somebody is coming to."""
    calling = [pupil for pupil in pupils if pupil.call != "none"]
    return sorted(calling, key=lambda pupil: (pupil.call == "coming", -pupil.waits_min))


def minutes(span: timedelta) -> int:
    """Give whole minutes, never below zero."""
    return max(0, int(span.total_seconds() // 60))


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


def watch_of(handler: PageHandler) -> Watch:
    """Give the one watch of the server."""
    watch: Watch = handler.settings.setdefault("ecitizen_watch", Watch())
    return watch


def utc_now() -> datetime:
    """Give the present moment."""
    return datetime.now(UTC)
