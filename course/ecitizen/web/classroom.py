"""What the server knows while it runs: the course folder, its journal, who sits where, who guesses PINs.

Databases and hashing are slow, so that handlers call them through ``aside``, off the event loop.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError

from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event, Journal
from ecitizen.journal.guest import GuestJournal
from ecitizen.journal.store import Store
from ecitizen.register import people
from ecitizen.web.board_channel import BOARD, Streams
from ecitizen.web.course import Course
from ecitizen.web.launches import Launch, Launches
from ecitizen.web.lockout import Examiner, Lockout
from ecitizen.web.presence import CALL_LASTS, HELP, Call, Presence
from ecitizen.web.room_state import Rooms
from ecitizen.web.visitor import Visitor
from ecitizen.web.watching import Watch

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
MOST_GUESTS = 200
"""When more than these have come, those without an open lesson are forgotten, the oldest first."""

LONGEST_NUMBER = 9

NO_LESSON = "catalogue"
"""Stands in the journal for a call for help from a page that is no lesson."""


@dataclass(slots=True)
class Guest:
    """Someone without a card, as long as a page is open."""

    visitor: Visitor
    journal: GuestJournal
    number: int
    """The how-manieth guest since the server started, for the instructor to call by."""

    leaving: asyncio.TimerHandle | None = None


class Classroom:
    """The one object that handlers share."""

    def __init__(self, folder: CourseFolder, launches: Launches, course: Course) -> None:
        """Open the databases of a course folder and read from the journal where everybody was."""
        self.folder = folder
        self.course = course
        self.engine = open_engine(folder.database_url)
        for room in ("journal", "register"):
            upgrade(self.engine, room)
        self.store = Store(self.engine)
        self.lockout, self.examiner = Lockout(), Examiner()
        self.launches = launches
        launches.on_end = self._kernel_ended
        self.presence, self.watch = Presence(), Watch(datetime.now(UTC))
        for event in self.store.read():
            if event.learner is not None and event.at is not None:
                self.presence.note(event.learner, event)
                self.watch.note(event.learner, event, event.at)
        self.streams, self.rooms = Streams(), Rooms()
        self.points: dict[int | str, str] = {}
        """Controls that a helper points at, by whose screen it is; gone with the learner's next press."""

        self._helping = asyncio.Lock()
        self.guests: dict[str, Guest] = {}
        self.guest_grace_s = 0
        self._guests_so_far = 0
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="ecitizen")

    async def aside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run slow work in a thread; the event loop goes on."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: work(*args, **kwargs))

    def database_answers(self) -> bool:
        """Say whether the database server answers; a file is looked after by ``Storage``."""
        if self.engine.dialect.name == "sqlite":
            return True
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except DBAPIError:
            return False
        return True

    def journal_of(self, visitor: Visitor) -> Journal:
        """Give a visitor's own journal: on disk for a learner, in memory for a guest."""
        if visitor.learner is not None:
            return self.store.for_learner(visitor.learner)
        return self.guest(visitor).journal

    def guest(self, visitor: Visitor) -> Guest:
        """Give the guest of a session; makes one if the session is new or the server was restarted."""
        guest = self.guests.get(visitor.username)
        if guest is None:
            self._make_room()
            self._guests_so_far += 1
            seed = int.from_bytes(hashlib.sha256(visitor.username.encode()).digest()[:4], "big")
            guest = self.guests[visitor.username] = Guest(visitor, GuestJournal(seed), self._guests_so_far)
        return guest

    def _make_room(self) -> None:
        # A guest who never opened a lesson has no kernel whose end would be the sign to forget him.
        reading = {launch.visitor.username for launch in self.launches}
        idle = [session for session in self.guests if session not in reading]
        for session in idle[: max(0, len(self.guests) - MOST_GUESTS + 1)]:
            self.forget_guest(session)

    def forget_guest(self, session: str) -> None:
        """Drop everything a guest did; nothing of it was ever on a disk."""
        guest = self.guests.pop(session, None)
        self.presence.forget(session)
        self.watch.forget(session)
        self.points.pop(session, None)
        self.streams.tell(BOARD, session)
        if guest is not None and guest.leaving is not None:
            guest.leaving.cancel()

    def note(self, visitor: Visitor, event: Event) -> None:
        """Let the board see an event that has just been stored."""
        key = key_of(visitor)
        self.presence.note(key, event)
        self.watch.note(key, event, event.at or datetime.now(UTC))
        if self.points.pop(key, None):
            self.streams.tell(page_of(key), "point")
        self.streams.tell(BOARD, key)
        self.streams.tell(screen_of(key), event.activity)

    async def call(self, visitor: Visitor, do: str, lesson: str = NO_LESSON, step: int | None = None) -> None:
        """Keep what a learner says about help: ``call``, ``cancel``, and ``unseen`` or ``seen`` about being looked at.

        ``step`` of the lesson counts from 1.
        """
        async with self._helping:
            await self._keep(visitor, {"do": do} | ({} if step is None else {"step": step}), lesson)

    async def answer_call(self, visitor: Visitor, do: str, by: int) -> bool:
        """Keep what a helper says: ``coming``, ``done``, or ``again`` to take either back; ``by`` is one of the staff.

        Said once: False if it is so already, or if another helper was faster.
        """
        async with self._helping:
            place, now = self.presence.of(key_of(visitor)), datetime.now(UTC)
            call = place.call_at(now)
            recent = now - place.called_at < CALL_LASTS
            fits = {"coming": call == "waiting", "done": call != "none", "again": recent and call != "waiting"}
            if fits[do]:
                await self._keep(visitor, {"do": do, "by": by}, NO_LESSON)
            return fits[do]

    async def _keep(self, visitor: Visitor, body: dict[str, Any], lesson: str) -> None:
        event = Event(id=str(uuid.uuid4()), lesson=lesson, activity=HELP, run=1, body=body)
        await self.aside(self.journal_of(visitor).append, event)
        self.note(visitor, replace(event, at=datetime.now(UTC)))
        self.streams.tell(page_of(key_of(visitor)), HELP)

    def call_of(self, visitor: Visitor) -> Call:
        """Give the state of a visitor's call for help."""
        return self.presence.of(key_of(visitor)).call_at(datetime.now(UTC))

    def visitor_of(self, key: str) -> Visitor | None:
        """Find whom the board names ``104`` or ``guest-3``; reads the register."""
        for guest in list(self.guests.values()):
            if key == f"guest-{guest.number}":
                return guest.visitor
        if not key.isdecimal() or len(key) > LONGEST_NUMBER or people.find_card(self.engine, int(key)) is None:
            return None
        return Visitor(username=f"card-{int(key)}", role="learner", learner=int(key))

    def seat_of(self, visitor: Visitor) -> str | None:
        """Look the seat of a learner up in the register."""
        card = people.find_card(self.engine, visitor.learner) if visitor.learner is not None else None
        return card.seat if card else None

    def page_opened(self, visitor: Visitor) -> None:
        """Note since when a lesson stands open, and keep a guest who was about to be forgotten."""
        self.watch.page_opened(key_of(visitor), datetime.now(UTC))
        guest = self.guest(visitor) if visitor.role == "guest" else None
        if guest is not None and guest.leaving is not None:
            guest.leaving.cancel()
            guest.leaving = None

    def _kernel_ended(self, launch: Launch) -> None:
        session = launch.visitor.username
        self.streams.tell(BOARD, key_of(launch.visitor))
        guest = self.guests.get(session)
        if guest is None or self.launches.of(launch.visitor) or guest.leaving is not None:
            return
        loop = asyncio.get_running_loop()
        guest.leaving = loop.call_later(self.guest_grace_s, self.forget_guest, session)

    def close(self) -> None:
        """Let go of those who listen, of threads and databases."""
        self.streams.close()
        self.examiner.close()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.engine.dispose()


def key_of(visitor: Visitor) -> int | str:
    """Name a visitor on the board: by number, a guest by session."""
    return visitor.learner if visitor.learner is not None else visitor.username


def page_of(key: int | str) -> tuple[str, int | str]:
    """Name the channel to which the lesson pages of a learner listen."""
    return "page", key


def screen_of(key: int | str) -> tuple[str, int | str]:
    """Name the channel of whoever looks at a learner's screen."""
    return "screen", key


def settings_classroom(settings: dict[str, Any]) -> Classroom:
    """Find the classroom among the settings of the web application."""
    room: Classroom = settings["ecitizen_classroom"]
    return room
