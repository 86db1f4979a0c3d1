"""``/instructor/forum``: the team game of a forum, led from the desk; ``/forum/…``: the same on the projector."""

from __future__ import annotations

import hmac
import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.register import forum, taking_back
from ecitizen.register.forum import (
    LONGEST_TEXT,
    MOST_HALL,
    MOST_SEATS,
    MOST_TABLES,
    ROUNDS,
    TOLD,
    Game,
    Outcome,
    Table,
    WrittenMeanwhile,
)
from ecitizen.register.people import sites
from ecitizen.web.access import StaffHandler
from ecitizen.web.announcements import day_of
from ecitizen.web.consultation_form import one_line, text_fault
from ecitizen.web.pages import PageHandler

LONGEST_NAME = 200


def key_of(folder: CourseFolder, number: int) -> str:
    """Give what makes the address of a game's projector page its own."""
    return hmac.new(folder.cookie_secret, f"forum:{number}".encode(), sha256).hexdigest()[:16]


class _ForumHandler(StaffHandler):
    """What the pages of the game share."""

    sees = does = "forum"

    async def game(self, number: str) -> Game:
        """Give a game; 404 if there is none."""
        found = await self.classroom.aside(forum.game, self.classroom.engine, int(number), datetime.now(UTC))
        if found is None:
            raise HTTPError(404)
        return found

    def lead(self, number: int | str) -> None:
        """Lead back to the page of a game."""
        self.redirect(f"{self.base_url}instructor/forum/{number}", status=303)


class GamesHandler(_ForumHandler):
    """``/instructor/forum``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the games, and the form of a new one."""
        room = self.classroom
        games = await room.aside(forum.games, room.engine)
        self.finish(
            self.page(
                "forum_games.html", games=games, sites=sites(room.engine), today=date.today(), most=MOST_TABLES,
                seats=MOST_SEATS,
            )
        )  # fmt: skip

    @allow_unauthenticated
    async def post(self) -> None:
        """Open a game."""
        typed, room = self.form(), self.classroom
        name = _text(typed.get("name", ""), LONGEST_NAME) or "Форум"
        day = day_of(typed.get("date", ""))
        if day is None:
            raise CourseError("форум", "нет дня игры", "Вернитесь назад и впишите день так: 25.11.2026")
        number = await room.aside(
            forum.begin, room.engine, typed.get("site", ""), name, day, _count(typed.get("tables", ""), MOST_TABLES),
            _count(typed.get("seats", ""), MOST_SEATS), typed.get("once", ""), self.who,
        )  # fmt: skip
        self.lead(number)


class GameHandler(_ForumHandler):
    """``/instructor/forum/GAME``."""

    @allow_unauthenticated
    async def get(self, number: str) -> None:
        """Show the round, its clock, and what the tables have said; after the end, what came of it."""
        await self._show(number, {}, {}, frozenset())

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Keep what was typed for every table, then do what the button says: whatever is pressed, no text is lost."""
        found, typed, room, now = await self.game(number), self.form(), self.classroom, datetime.now(UTC)
        told = {team.number: values for team in found.teams if (values := _told(typed, team.number))}
        was = {name.removeprefix("was-"): text for name, text in typed.items() if name.startswith("was-")}
        seen = {team.number: _told(was, team.number) for team in found.teams}
        try:
            if told:
                await room.aside(forum.write, room.engine, found.id, told, now, seen)
        except WrittenMeanwhile as clash:
            self.set_status(409)
            own = {team: forum.altered(values, seen[team]) for team, values in told.items()}
            await self._show(number, own, typed, clash.fields)
            return
        do = typed.get("do", "")
        if do in {"go", "stop", "more"}:
            await room.aside(forum.clock, room.engine, found.id, do, now)
        elif do in ROUNDS:
            await room.aside(forum.turn, room.engine, found.id, do, now)
        self.lead(number)

    async def _show(
        self, number: str, told: Mapping[int, Mapping[str, Any]], typed: Mapping[str, str],
        clash: frozenset[tuple[int, str]],
    ) -> None:  # fmt: skip
        """Show the game as it is, or what was typed beside it, in the round in which that was typed."""
        kept = await self.game(number)
        shown = typed.get("shown", "")
        game = replace(
            kept,
            round=shown if shown in ROUNDS else kept.round,
            teams=tuple(_over(team, told.get(team.number, {})) for team in kept.teams),
        )
        communities = [team.community for team in kept.teams if team.community]
        met = await self.classroom.aside(taking_back.last_meetings, self.classroom.engine, communities)
        self.finish(
            self.page(
                "forum_game.html", game=game, met=met, rounds=ROUNDS, told=TOLD, ranked=forum.ranking(game.teams),
                key=key_of(self.classroom.folder, game.id), clock=_clock(game), today=date.today(),
                longest=LONGEST_TEXT, seats=MOST_SEATS, clash=clash, column=forum.column,
                kept={team.number: team for team in kept.teams},
            )
        )  # fmt: skip


class CloseHandler(_ForumHandler):
    """``/instructor/forum/GAME/close``: results go to the register."""

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Make communities of the teams that were ticked."""
        found, typed, room = await self.game(number), self.form(), self.classroom
        outcomes = [
            Outcome(
                number=team.number,
                name=_text(typed.get(f"name-{team.number}", ""), LONGEST_NAME) or team.name,
                next_on=day_of(typed.get(f"next-{team.number}", "")),
            )
            for team in found.teams
            if f"becomes-{team.number}" in typed
        ]
        await room.aside(forum.close, room.engine, found.id, outcomes, self.who, datetime.now(UTC))
        self.lead(number)


class MetHandler(_ForumHandler):
    """``/instructor/forum/GAME/met/TABLE``: a community met."""

    @allow_unauthenticated
    async def post(self, number: str, team: str) -> None:
        """Write the meeting down with the date of the next one."""
        typed, room = self.form(), self.classroom
        attended = _count(typed.get("attended", ""), MOST_HALL)
        next_on = day_of(typed.get("next", ""))
        await room.aside(forum.met, room.engine, int(number), int(team), attended, next_on, self.who)
        self.lead(number)


class ReopenHandler(_ForumHandler):
    """``/instructor/forum/GAME/reopen``: a game that was closed too early."""

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Take its results out of the register again."""
        await self.classroom.aside(taking_back.reopen_game, self.classroom.engine, int(number), self.who)
        self.lead(number)


class UnmeetHandler(_ForumHandler):
    """``/instructor/forum/GAME/met/TABLE/MEETING``: a meeting that was written down by mistake."""

    @allow_unauthenticated
    async def post(self, number: str, team: str, meeting: str) -> None:
        """Take it back; the community is to meet on that day again."""
        room = self.classroom
        await room.aside(taking_back.unmeet, room.engine, int(number), int(team), int(meeting), self.who)
        self.lead(number)


class DropHandler(_ForumHandler):
    """``/instructor/forum/GAME/drop``: a game opened by mistake."""

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Take it away if that was confirmed."""
        if "sure" not in self.request.body_arguments:
            raise CourseError("форум", "удаление не подтверждено", "Вернитесь назад и поставьте отметку")
        await self.classroom.aside(forum.drop, self.classroom.engine, int(number), self.who, datetime.now(UTC))
        self.redirect(self.base_url + "instructor/forum", status=303)


class ScreenHandler(PageHandler):
    """``/forum/GAME/KEY``: for the projector; nobody signs in there."""

    @allow_unauthenticated
    async def get(self, number: str, key: str) -> None:
        """Show the round with its clock, or who won; the page asks anew by itself."""
        room = self.classroom
        if not hmac.compare_digest(key, key_of(room.folder, int(number))):
            raise HTTPError(404)
        found = await room.aside(forum.game, room.engine, int(number), datetime.now(UTC))
        if found is None:
            raise HTTPError(404)
        self.finish(
            self.page(
                "forum_screen.html", game=found, clock=_clock(found), ranked=forum.ranking(found.teams), told=TOLD,
                rounds=ROUNDS,
            )
        )  # fmt: skip


def _told(typed: dict[str, str], team: int) -> dict[str, Any]:
    """Give the columns of one table that the page showed."""
    values: dict[str, Any] = {
        name: _text(typed[f"{name}-{team}"], LONGEST_TEXT) for name in TOLD if f"{name}-{team}" in typed
    }
    if f"name-{team}" in typed:
        values["name"] = _text(typed[f"name-{team}"], LONGEST_NAME) or f"Стол {team}"
    if f"size-{team}" in typed:
        values["size"] = max(1, _count(typed[f"size-{team}"], MOST_SEATS))
    for vote in ("first", "second"):
        if f"{vote}-{team}" in typed:
            values[vote] = _count(typed[f"{vote}-{team}"], MOST_TABLES) or None
    if f"hall-{team}" in typed:
        values["hall"] = _count(typed[f"hall-{team}"], MOST_HALL)
    return values


def _over(team: Table, values: Mapping[str, Any]) -> Table:
    """Lay what was typed over what is kept."""
    words = {name: value for name, value in values.items() if name in TOLD}
    return replace(team, told={**team.told, **words}, **{name: values[name] for name in values.keys() - words.keys()})


def _clock(found: Game) -> dict[str, Any]:
    """Give whole minutes left, and how much of the round that is, from 0 to 1."""
    whole = ROUNDS[found.round]
    left = max(0.0, found.left_min)
    return {"left_min": math.ceil(left), "share": min(1.0, left / whole) if whole else 0.0, "over": found.left_min <= 0}


def _text(text: str, most: int) -> str:
    """Give lines that may be stored; raises ``CourseError`` for a long text and for one with a person's number."""
    clean = "\n".join(one_line(line) for line in text.splitlines()).strip()
    if len(clean) > most:
        raise CourseError("форум", f"слишком длинно: {len(clean)} знаков", "Вернитесь назад и оставьте главное")
    if any(text_fault(line) == "real" for line in clean.splitlines()):
        problem = "в тексте есть цифры, похожие на телефон, паспорт, СНИЛС, ИНН или карту"
        raise CourseError("форум", problem, "Вернитесь назад и сотрите цифры, остальное на месте")
    return clean


def _count(text: str, most: int) -> int:
    typed = text.strip()
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdecimal() and int(typed[:6]) <= most):
        raise CourseError("форум", f"здесь нужно число до {most}, а есть {typed[:20]!r}", "Вернитесь назад и исправьте")
    return int(typed)


_NUMBER = r"([0-9]{1,9})"

ADDRESSES = [
    (r"/instructor/forum", GamesHandler),
    (rf"/instructor/forum/{_NUMBER}", GameHandler),
    (rf"/instructor/forum/{_NUMBER}/close", CloseHandler),
    (rf"/instructor/forum/{_NUMBER}/met/{_NUMBER}", MetHandler),
    (rf"/instructor/forum/{_NUMBER}/met/{_NUMBER}/{_NUMBER}", UnmeetHandler),
    (rf"/instructor/forum/{_NUMBER}/reopen", ReopenHandler),
    (rf"/instructor/forum/{_NUMBER}/drop", DropHandler),
    (rf"/forum/{_NUMBER}/([0-9a-f]{{16}})", ScreenHandler),
]
