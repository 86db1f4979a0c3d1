"""Leading a class together: everybody waits, or follows what is shown on the projector, and goes on afterwards."""

from __future__ import annotations

import html
import json
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.register import people
from ecitizen.web.access import StaffHandler
from ecitizen.web.board_channel import BOARD
from ecitizen.web.board_screen import golden_path
from ecitizen.web.board_stream import Heard, StreamHandler
from ecitizen.web.classroom import key_of, page_of, screen_of
from ecitizen.web.desk import utc_now
from ecitizen.web.pages import PageHandler, page_templates
from ecitizen.web.presence import NOBODY_SINCE
from ecitizen.web.room_lesson import whole_lesson
from ecitizen.web.room_state import Held, Show
from ecitizen.web.today import class_of_day
from ecitizen.web.watching import midnight

MOST_FRAMES = 1000


class RoomHandler(StaffHandler):
    """``/instructor/room``: what the projector shows, and the buttons that hold a class and let it go."""

    sees, does = "class.see", "class.write"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the frame of the class, or what can be shown to it."""
        group, lesson = self.get_query_argument("group", ""), self.get_query_argument("lesson", "")
        words = await self.classroom.aside(self._words, group, lesson)
        if words is None:
            raise HTTPError(404)
        self.finish(self.page("room.html", **words))

    def _words(self, group: str, lesson: str) -> dict[str, Any] | None:
        classroom, course = self.classroom, self.classroom.course
        day = class_of_day(classroom, datetime.now(), group=group)
        if day.group is None or day.group != group:
            return None
        held = classroom.rooms.of_group(group, utc_now())
        show = held.show if held else None
        chosen = next(
            (one for one in (show.lesson if show else "", lesson, day.lesson) if one in course.lesson_ids()), ""
        )
        titles = course.titles()
        return {
            "group": group,
            "group_name": day.groups[group],
            "held": held,
            "show": show,
            "lesson": chosen,
            "titles": titles,
            "lessons": course.lesson_ids(),
            "tasks": content.scenario(chosen, course.root).tasks if chosen and not show else [],
            "texts": content.texts(course.root) if show else {},
            "frames": [_drawn(frame) for frame in show.frames] if show else [],
        }

    @allow_unauthenticated
    async def post(self) -> None:
        """Do one of ``pause``, ``show``, ``turn`` and ``free`` with a class; each is the same when done twice."""
        group, do = self.get_body_argument("group", ""), self.get_body_argument("do", "")
        known = await self.classroom.aside(people.groups, self.classroom.engine)
        if group not in known or do not in {"pause", "show", "turn", "free"}:
            raise HTTPError(404)
        before = self.classroom.rooms.of_group(group, utc_now())
        await self._do(group, do)
        after = self.classroom.rooms.of_group(group, utc_now())
        self._tell_class(before, after)
        shown = after is not None and after.show is not None
        there = shown or self.get_body_argument("back", "") == "room"
        where = f"instructor/room?{urlencode({'group': group})}" if there else "instructor"
        self.redirect(self.base_url + where, status=303)

    async def _do(self, group: str, do: str) -> None:
        rooms, now = self.classroom.rooms, utc_now()
        if do == "free":
            rooms.let_go(group, now)
        elif do == "turn":
            to = self.get_body_argument("to", "")
            if not to.isdecimal() or int(to[:4]) > MOST_FRAMES or rooms.turn(group, int(to[:4]), now) is None:
                raise CourseError("показ", "сейчас ничего не показывают", "Начните показ снова")
        else:
            members = await self.classroom.aside(self._members, group)
            if do == "pause":
                rooms.pause(group, members, now)
            else:
                rooms.show(group, members, now, await self.classroom.aside(self._show))

    def _members(self, group: str) -> frozenset[int]:
        day = class_of_day(self.classroom, datetime.now(), group=group)
        return frozenset(entry.number for entry in people.roster(self.classroom.engine, group)) | day.present

    def _show(self) -> Show:
        lesson, task = self.get_body_argument("lesson", ""), self.get_body_argument("task", "")
        course = self.classroom.course
        if lesson not in course.lesson_ids():
            raise HTTPError(404)
        found = content.lesson(lesson, course.root)
        if not task:
            whole = whole_lesson(found)
            if not whole:
                raise CourseError("показ", f"в уроке «{found.title}» нет страниц с текстом", "Выберите другой урок")
            return Show(lesson=lesson, task="", title=found.title, frames=tuple(whole))
        if all(one.id != task for one in found.scenario.tasks):
            raise HTTPError(404)
        frames = golden_path(found, task)
        return Show(lesson=lesson, task=task, title=frames[0]["view"]["task"]["title"], frames=tuple(frames))

    def _tell_class(self, before: Held | None, after: Held | None) -> None:
        streams, classroom = self.classroom.streams, self.classroom
        members = (before.members if before else frozenset()) | (after.members if after else frozenset())
        keys: list[int | str] = [*members, *classroom.guests]
        for key in keys:
            streams.tell(page_of(key), "room")
        streams.tell(BOARD, "room")
        streams.tell(("room", (after or before or _NOBODY).group), "room")


def _drawn(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Give a frame as the page draws it: the words of a text as HTML."""
    if "blocks" not in frame:
        return dict(frame)
    parts: Any = page_templates().get_template("room_text.html").module
    return {"caption": frame["caption"], "html": str(parts.frame(frame)).strip()}


_NOBODY = Held(group="", members=frozenset(), since=NOBODY_SINCE, touched=NOBODY_SINCE)


class RoomEventsHandler(StreamHandler, StaffHandler):
    """``/instructor/room/events``: ``room`` with ``{"what", "at"}``, or null once nothing is shown."""

    sees = "class.see"

    @allow_unauthenticated
    async def get(self) -> None:
        """Go on telling which frame is shown."""
        self._group, self._told = self.get_query_argument("group", ""), ""
        await self.stream(("room", self._group), self._tell)

    async def _tell(self, _news: frozenset[Hashable] | None) -> Iterable[Heard]:
        held = self.classroom.rooms.of_group(self._group, utc_now())
        show = held.show if held else None
        told, before = json.dumps({"what": show.what, "at": show.at} if show else None), self._told
        self._told = told
        return [("room", told)] if told != before else []


@cache
def page_words() -> dict[str, str]:
    """Give what ``room.js`` says, by key."""
    module: Any = page_templates().get_template("room_words.html").module
    lines = (line.partition("=") for line in html.unescape(str(module.words())).splitlines() if "=" in line)
    return {name.strip(): text.strip() for name, _, text in lines}


class PageEventsHandler(StreamHandler):
    """``/room/events``: what a learner's page hears from the instructor, as ``me`` with the whole state.

    ``{"call", "room": {"kind": "pause"} | {"kind": "show", "title", "caption", "n", "total"} | null,
    "look": "" | "seen" | "unseen", "point": id of a control or null}``.
    """

    @allow_unauthenticated
    async def get(self) -> None:
        """Go on telling."""
        self._key = key_of(self.learner_or_guest())
        self._told = ""
        streams = self.classroom.streams
        streams.tell(BOARD, self._key)
        try:
            await self.stream(page_of(self._key), self._tell)
        finally:
            streams.tell(screen_of(self._key), "page")

    async def _tell(self, _news: frozenset[Hashable] | None) -> Iterable[Heard]:
        first, before = not self._told, self._told
        self._told = json.dumps(self._state(), ensure_ascii=False)
        if first:
            self.classroom.streams.tell(screen_of(self._key), "page")
        words = [("words", json.dumps(page_words(), ensure_ascii=False))] if first else []
        return [*words, ("me", self._told)] if self._told != before else []

    def _state(self) -> dict[str, Any]:
        classroom, now = self.classroom, utc_now()
        place, held = classroom.presence.of(self._key), classroom.rooms.of(self._key, now)
        looked = classroom.streams.listening(screen_of(self._key))
        unseen = place.unseen(midnight(now.astimezone().date()))
        return {
            "call": place.call_at(now),
            "room": held.words() if held else None,
            "look": ("unseen" if unseen else "seen") if looked else "",
            "point": classroom.points.get(self._key) if looked and not unseen else None,
        }


class LookedAtHandler(PageHandler):
    """``/room/look``: a learner says that nobody shall look at the screen, or that somebody may."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Keep it in the journal; it holds for the day."""
        visitor = self.learner_or_guest()
        try:
            wish = json.loads(self.request.body)["do"]
        except (ValueError, RecursionError, TypeError, KeyError) as error:
            raise HTTPError(400) from error
        if wish not in ("unseen", "seen"):
            raise HTTPError(400)
        await self.classroom.call(visitor, wish)
        self.finish({"look": wish})


ADDRESSES = [
    (r"/instructor/room", RoomHandler),
    (r"/instructor/room/events", RoomEventsHandler),
    (r"/room/events", PageEventsHandler),
    (r"/room/look", LookedAtHandler),
]
