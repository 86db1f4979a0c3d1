"""Over the shoulder: a learner's practice screen as it is now, and a pointer that glows there and presses nothing.

Nobody is looked at who doesn't see it: without the learner's own page listening there is nothing to see here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Iterable
from typing import Any, Final

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.register import queueing
from ecitizen.web.access import StaffHandler
from ecitizen.web.board_channel import BOARD
from ecitizen.web.board_screen import Exhibit, Screen, screen_of
from ecitizen.web.board_stream import Heard, StreamHandler
from ecitizen.web.classroom import key_of, page_of
from ecitizen.web.classroom import screen_of as channel_of
from ecitizen.web.desk import Desk, Pupil, call_roll, queue, utc_now
from ecitizen.web.queue import desk_of
from ecitizen.web.visitor import Visitor
from ecitizen.web.watching import midnight

CONTROL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:_.-]{0,79}")
"""What a control of a simulated portal may be called on the page."""


class LookHandler(StaffHandler):
    """``/instructor/look/<key>``."""

    sees = does = "screens.see"

    from_queue = False
    """The learner's number in the queue is being served at this desk."""

    async def looked_at(self, key: str) -> Visitor:
        """Find the learner; 404 for nobody.

        A helper from elsewhere is refused, unless the learner has called or is just being served at this desk.
        """
        visitor = await self.classroom.aside(self.classroom.visitor_of, key)
        if visitor is None:
            raise HTTPError(404)
        if not await self.lets(visitor):
            await self.refuse(self.sees)
        return visitor

    async def lets(self, visitor: Visitor) -> bool:
        """Say whether whoever is at the desk may look just now: a call, and a service, come to an end."""
        self.from_queue = await self.classroom.aside(self._serves, visitor)
        return self.may("class.see") or self.from_queue or self.classroom.call_of(visitor) != "none"

    def _serves(self, visitor: Visitor) -> bool:
        if visitor.learner is None:
            return False
        desk = desk_of(self.staff.id, self.session)
        places = queueing.today(self.classroom.engine, utc_now())
        return any((one.state, one.desk, one.learner) == ("serving", desk, visitor.learner) for one in places)

    @allow_unauthenticated
    async def get(self, key: str) -> None:
        """Show the frame into which the screen is drawn."""
        visitor = await self.looked_at(key)
        await self.note_look(f"screen:{key}")
        pupil = await self.classroom.aside(self._pupil, visitor)
        texts = await self.classroom.aside(content.texts, self.classroom.course.root)
        named = self.may("class.see")
        self.finish(self.page("look.html", key=key, pupil=pupil, texts=texts, named=named, from_queue=self.from_queue))

    @allow_unauthenticated
    async def post(self, key: str) -> None:
        """Point at a control, or at nothing any more."""
        visitor, control = await self.looked_at(key), self.get_body_argument("control", "")
        if control and not CONTROL.fullmatch(control):
            raise HTTPError(400)
        points, who = self.classroom.points, key_of(visitor)
        if control and self.classroom.streams.listening(channel_of(who)):
            points[who] = control
        else:
            points.pop(who, None)
        self.classroom.streams.tell(page_of(who), "point")
        self.classroom.streams.tell(channel_of(who), "point")
        self.redirect(f"{self.base_url}instructor/look/{key}", status=303)

    def _pupil(self, visitor: Visitor) -> Pupil:
        roll = call_roll(self.classroom, utc_now())
        desk = Desk(self.classroom, utc_now(), roll)
        if visitor.learner is None:
            return desk.pupil(self.classroom.guest(visitor), visitor.username)
        entry = next((one for one in roll.roster if one.number == visitor.learner), None)
        if entry is None:
            raise HTTPError(404)
        return desk.pupil(entry, visitor.learner)


class LookEventsHandler(StreamHandler, LookHandler):
    """``/instructor/look/<key>/events``: ``screen`` with what the page draws.

    ``{"state", "title", "step", "steps", "kind", "view", "point"}``; the state is ``here``, ``closed`` (no page of the
    learner listens) or ``unseen`` (the learner said no), and with the latter two nothing else is told.
    """

    @allow_unauthenticated
    async def get(self, key: str) -> None:
        """Go on telling; the learner's page is told when the looking begins and when it ends."""
        self._visitor = await self.looked_at(key)
        self._told = ""
        who, streams = key_of(self._visitor), self.classroom.streams
        try:
            await self.stream(channel_of(who), self._tell)
        finally:
            if not streams.listening(channel_of(who)):
                self.classroom.points.pop(who, None)
            streams.tell(page_of(who), "look")

    async def _tell(self, _news: frozenset[Hashable] | None) -> Iterable[Heard]:
        if not self._told:
            self.classroom.streams.tell(page_of(key_of(self._visitor)), "look")
        told, before = json.dumps(await self._document(), ensure_ascii=False), self._told
        self._told = told
        return [("screen", told)] if told != before else []

    async def _document(self) -> dict[str, Any]:
        classroom, who = self.classroom, key_of(self._visitor)
        place = classroom.presence.of(who)
        if not classroom.streams.listening(page_of(who)) or not await self.lets(self._visitor):
            return {"state": "closed"}
        if place.unseen(midnight(utc_now().astimezone().date())):
            return {"state": "unseen"}
        screen, titles, steps = await classroom.aside(self._screen)
        return {
            "state": "here",
            "title": titles.get(screen.lesson, ""),
            "step": screen.step,
            "steps": steps,
            "kind": screen.exhibit.kind if screen.exhibit.mode != "show" else "show",
            "view": screen.view,
            "point": classroom.points.get(who),
        }

    def _screen(self) -> tuple[Screen, dict[str, str], int]:
        classroom = self.classroom
        place, course = classroom.presence.of(key_of(self._visitor)), classroom.course
        lesson = next((one.lesson for one in classroom.launches if key_of(one.visitor) == key_of(self._visitor)), "")
        steps = course.exhibits(place.lesson)
        screen = screen_of(place, classroom.journal_of(self._visitor), steps, course.root)
        if lesson and lesson != place.lesson:
            screen = Screen(lesson=lesson, step=None, exhibit=Exhibit())
        return screen, course.titles(), len(steps)


class CallsHandler(StaffHandler):
    """``/instructor/calls``: those who call, by number and without a name, for a helper who is elsewhere."""

    sees = "calls.see"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the queue."""
        calls = await self.classroom.aside(self.calls)
        self.finish(self.page("calls.html", calls=queue(list(calls.values()))))

    def calls(self) -> dict[int | str, Pupil]:
        """Draw those who call, by key; reads the register."""
        roll = call_roll(self.classroom, utc_now())
        desk = Desk(self.classroom, utc_now(), roll)
        people = {entry.number: desk.pupil(entry, entry.number) for entry in roll.roster}
        guests = {session: desk.pupil(guest, session) for session, guest in list(self.classroom.guests.items())}
        return {key: pupil for key, pupil in (people | guests).items() if pupil.call != "none"}


class CallsEventsHandler(StreamHandler, CallsHandler):
    """``/instructor/calls/events``: ``board`` with the list, as soon as it is another one."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Go on telling."""
        self._told, self._callers = "", frozenset[int | str]()
        await self.stream(BOARD, self._tell)

    async def _tell(self, news: frozenset[Hashable] | None) -> Iterable[Heard]:
        if news is not None and not any(self._about_a_call(topic) for topic in news):
            return []
        calls = await self.classroom.aside(self.calls)
        self._callers = frozenset(calls)
        told, before = self.page("calls_list.html", calls=queue(list(calls.values()))), self._told
        self._told = told
        return [("board", told)] if told != before else []

    def _about_a_call(self, topic: Hashable) -> bool:
        """Tell whether somebody calls or did so; the register need not be read for all the others who press."""
        key = topic if isinstance(topic, int | str) else ""
        return key in self._callers or self.classroom.presence.of(key).call_at(utc_now()) != "none"


ADDRESSES = [
    (r"/instructor/calls", CallsHandler),
    (r"/instructor/calls/events", CallsEventsHandler),
    (r"/instructor/look/([0-9]{1,9}|guest-[0-9]{1,9})", LookHandler),
    (r"/instructor/look/([0-9]{1,9}|guest-[0-9]{1,9})/events", LookEventsHandler),
]
