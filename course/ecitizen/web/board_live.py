"""``/instructor/board``: the part of the desk that changes, whole on request and in pieces as things happen."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.register.people import RosterEntry
from ecitizen.web.access import StaffHandler
from ecitizen.web.board_channel import BOARD
from ecitizen.web.board_stream import Heard, StreamHandler
from ecitizen.web.classroom import Guest
from ecitizen.web.desk import Desk, Pupil, Roll, queue, utc_now
from ecitizen.web.pages import page_templates
from ecitizen.web.today import ClassOfDay, class_of_day, scene


class BoardHandler(StaffHandler):
    """``/instructor/board``: what a page gets that can't listen."""

    sees = "class.see"
    by_itself = True

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the fragment for the group that the page shows."""
        words = await self.classroom.aside(self._words)
        self.finish(self.page("board.html", **words))

    def redirect(self, url: str, permanent: bool = False, status: int | None = None) -> None:  # noqa: ARG002
        """Say no instead of leading a script to the door: it opens the whole page anew, which does."""
        raise HTTPError(403)

    def _words(self) -> dict[str, Any]:
        group, session = self.get_query_argument("group", ""), self.get_query_argument("session", "")
        return scene(self.classroom, class_of_day(self.classroom, datetime.now(), group=group, session=session))


@dataclass(slots=True)
class Shown:
    """What a page was told last, from which the next pieces are made without a look at the register."""

    day: ClassOfDay
    roll: Roll
    pupils: dict[int | str, Pupil]
    """Whom the page shows, and whoever else calls, by key of the classroom."""

    html: str
    told: dict[str, str] = field(default_factory=dict)
    """The pieces that were told since, by key: the same one is not told twice."""


class BoardEventsHandler(StreamHandler, BoardHandler):
    """``/instructor/board/events``: ``board`` with the whole fragment, ``cards`` with ``{key: HTML}`` of the news."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Go on telling."""
        self._shown: Shown | None = None
        await self.stream(BOARD, self._tell)

    async def _tell(self, news: frozenset[Hashable] | None) -> Iterable[Heard]:
        if news is not None and self._shown is not None:
            cards = self._cards(self._shown, news)
            if cards is not None:
                return [("cards", json.dumps(cards, ensure_ascii=False))] if cards else []
        before = self._shown.html if self._shown else ""
        words = await self.classroom.aside(self._words)
        html = self.page("board.html", **words)
        self._shown = Shown(words["day"], words["roll"], _by_key(self, words), html)
        return [("board", html)] if html != before else []

    def _cards(self, shown: Shown, news: frozenset[Hashable]) -> dict[str, str] | None:
        """Give the pieces that are not as they were told; None if all has to be drawn anew, as for somebody new."""
        desk = Desk(self.classroom, utc_now(), shown.roll)
        entries: dict[int | str, RosterEntry | Guest] = {one.number: one for one in shown.roll.roster}
        entries.update(self.classroom.guests.items())
        fresh: dict[int | str, Pupil] = {}
        for key in news:
            if not isinstance(key, int | str) or key not in shown.pupils or key not in entries or not desk.knows(key):
                return None
            before = shown.pupils[key]
            fresh[key] = replace(desk.pupil(entries[key], key), here=before.here, short=before.short)
        shown.pupils |= fresh
        parts: Any = page_templates().get_template("board_parts.html").module
        pupils = list(shown.pupils.values())
        proposed = [one for one in pupils if not one.guest and one.came and not one.here and _own(shown, one)]
        about = (shown.day, self.base_url, self.xsrf_token.decode(), self.may)
        cards = {pupil.key: str(parts.card(pupil, *about)) for pupil in fresh.values()}
        own = sum(_own(shown, one) for one in pupils)
        pieces = {
            **cards,
            "calls": str(parts.calling(queue(pupils), *about)),
            "count": str(parts.count(len(shown.day.present), own, proposed)),
        }
        fresh_pieces = {name: html for name, html in pieces.items() if shown.told.get(name) != html}
        if fresh_pieces:
            shown.told |= fresh_pieces
            # The text of the whole would have to be told again if these were forgotten.
            shown.html = ""
        return fresh_pieces


def _by_key(handler: BoardHandler, words: dict[str, Any]) -> dict[int | str, Pupil]:
    sessions = {f"guest-{guest.number}": session for session, guest in handler.classroom.guests.items()}
    pupils = (*words["pupils"], *words["others"], *words["guests"], *words["calls"])
    return {sessions.get(one.key, one.key) if one.guest else one.number: one for one in pupils}


def _own(shown: Shown, pupil: Pupil) -> bool:
    return not pupil.guest and pupil.group == shown.day.group
