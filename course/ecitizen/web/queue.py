"""``/instructor/queue``: the expert's side of the electronic queue; several centres, several experts, no names."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated
from pydantic import Field
from sqlalchemy import Engine

from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.practice.quiz import Part, Text
from ecitizen.register import queueing
from ecitizen.register.people import sites
from ecitizen.register.queueing import CAME, FACES, LONGEST_MIN, RESULTS, Ended, Waiting
from ecitizen.register.taking_back import reopen_service
from ecitizen.web.access import StaffHandler
from ecitizen.web.consultation_form import learners, one_line, text_fault
from ecitizen.web.entry import LONGEST_NUMBER, digits

OWN_KINDS = "queue.yaml"
"""In the course folder: the library's own list of what people come with."""


class Kinds(Part):
    """The catalogue ``queue.yaml``."""

    kinds: Annotated[tuple[Annotated[Text, Field(max_length=80)], ...], Field(min_length=1, max_length=12)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The queue as an expert sees it."""

    places: list[Waiting]
    """Of the centres that are shown, in the order of coming."""
    sites: dict[str, str]
    left_over: int
    kinds: tuple[str, ...]

    def in_state(self, *states: str) -> list[Waiting]:
        """Give those in one of these states."""
        return [one for one in self.places if one.state in states]


def kinds(folder: CourseFolder) -> tuple[str, ...]:
    """Give what people come with: the library's own list, else the shipped one."""
    own = folder.path / OWN_KINDS
    return load_model(own if own.is_file() else Path(__file__).parent / OWN_KINDS, Kinds).kinds


def key_of(folder: CourseFolder, site: str) -> str:
    """Give what makes the address of a centre's kiosk and board its own: nobody guesses it, the librarian copies it."""
    return hmac.new(folder.cookie_secret, f"queue:{site}".encode(), sha256).hexdigest()[:16]


def desk_of(staff: int, session: str) -> str:
    """Name a place of service: a member of staff wherever they sit, else (0) the session."""
    return f"staff:{staff}" if staff else session


class _QueueHandler(StaffHandler):
    """What the forms of the queue share: they lead back to the queue, on the same centre."""

    sees = "queue.see"
    does = "queue.serve"

    @property
    def desk(self) -> str:
        """Name the place of service."""
        return desk_of(self.staff.id, self.session)

    @property
    def site(self) -> str:
        """Give the centre that is shown; empty: all. Raises ``CourseError`` for an unknown one."""
        wanted: str = self.get_argument("shown", "")
        if wanted and wanted not in sites(self.classroom.engine):
            raise CourseError("очередь", f"такого центра в журнале нет ({wanted[:60]!r})", "Выберите центр из списка")
        return wanted

    def back(self, **said: str | int) -> None:
        """Lead back to the queue."""
        query = urlencode({name: value for name, value in {"shown": self.site, **said}.items() if value != ""})
        self.redirect(f"{self.base_url}instructor/queue" + (f"?{query}" if query else ""), status=303)


class QueueHandler(_QueueHandler):
    """``/instructor/queue``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show whom this desk serves, who waits where, what the day came to."""
        shown = await self.classroom.aside(self._read, self.site)
        now = datetime.now(UTC)
        said = self.get_query_argument("said", "")
        about = self.get_query_argument("place", "")
        mine = [one for one in shown.in_state("serving") if one.desk == self.desk]
        self.finish(
            self.page(
                "queue.html",
                day=shown,
                site_shown=self.site,
                mine=mine[0] if mine else None,
                others=[one for one in shown.in_state("serving") if one.desk != self.desk],
                now=now,
                said=said if said in {"empty", "ended", "left", "taken"} else "",
                about=next((one for one in shown.places if str(one.id) == about), None),
                keys={site: key_of(self.classroom.folder, site) for site in shown.sites},
                served=len(shown.in_state("closed")),
                usual_min=queueing.usual_min(shown.places),
            )
        )

    def _read(self, site: str) -> Day:
        room, now = self.classroom, datetime.now(UTC)
        return Day(
            places=queueing.today(room.engine, now, [site] if site else None),
            sites=sites(room.engine),
            left_over=queueing.left_over(room.engine, now),
            kinds=kinds(room.folder),
        )


class TakeHandler(_QueueHandler):
    """``/instructor/queue/take``: a number for somebody on the telephone or at the counter."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Take the number; it is shown on the page that follows."""
        typed = self.form()
        room = self.classroom
        topic = await room.aside(checked_topic, typed.get("topic", ""), room.engine)
        kind, came, card = typed.get("kind", ""), typed.get("came", ""), digits(typed.get("learner", ""))
        if kind not in kinds(room.folder) or came not in CAME:
            raise CourseError("очередь", "не выбрано, с чем и как обратились", "Выберите из списка")
        if len(card) > LONGEST_NUMBER:
            raise CourseError("очередь", f"такой карточки нет ({card[:20]!r})", "Впишите номер с карточки или сотрите")
        place = await room.aside(
            queueing.take_number, room.engine, typed.get("site", ""), kind, came, typed.get("once", ""),
            datetime.now(UTC), first="first" in typed, topic=topic, learner=int(card) if card else None,
        )  # fmt: skip
        self.back(said="taken", place=place.id)


class NextHandler(_QueueHandler):
    """``/instructor/queue/next``."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Call whoever has waited longest; pressing again calls nobody else."""
        room, site = self.classroom, self.site
        centres = [site] if site else list(sites(room.engine))
        called = await room.aside(
            queueing.call_next, room.engine, self.desk, self.who, centres, datetime.now(UTC)
        )  # fmt: skip
        self.back(said="" if called else "empty")


class StepHandler(_QueueHandler):
    """``/instructor/queue/PLACE/STEP``."""

    @allow_unauthenticated
    async def post(self, place: str, step: str) -> None:
        """Do one step with one place; a step that came too late says so."""
        room, now, number = self.classroom, datetime.now(UTC), int(place)
        said: dict[str, str | int] = {}
        if step == "call":
            await room.aside(queueing.call, room.engine, number, self.desk, self.who, now)
        elif step == "back":
            await room.aside(queueing.give_back, room.engine, number, self.desk)
        elif step == "left":
            mine = self.desk if "mine" in self.request.body_arguments else None
            await room.aside(queueing.leave, room.engine, number, now, mine)
            said = {"said": "left", "place": number}
        elif step == "return":
            await room.aside(queueing.come_back, room.engine, number, now)
        elif step == "reopen":
            await room.aside(reopen_service, room.engine, number, self.desk, self.who, now)
        else:
            given = await room.aside(_ended, self.form(), room.engine)
            await room.aside(queueing.end, room.engine, number, self.desk, given, self.who, now)
            said = {"said": "ended", "place": number}
        self.back(**said)


class SweepHandler(_QueueHandler):
    """``/instructor/queue/sweep``: those whom nobody ended on an earlier day."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Take them out."""
        await self.classroom.aside(queueing.sweep, self.classroom.engine, datetime.now(UTC))
        self.back()


def checked_topic(text: str, engine: Engine) -> str:
    """Give one line that may be stored; ``CourseError`` for a long one and for one that holds a number or a name."""
    line = one_line(text)
    fault = text_fault(line, learners(engine)) if line else ""
    if fault == "name":
        raise CourseError("очередь", "в тексте имя слушателя", "Вернитесь назад и сотрите имя, остальное на месте")
    if fault == "real":
        problem = "в тексте есть цифры, похожие на телефон, паспорт, СНИЛС, ИНН или карту"
        raise CourseError("очередь", problem, "Вернитесь назад и сотрите цифры, остальное на месте")
    if fault:
        raise CourseError("очередь", f"слишком длинно: {len(line)} знаков", "Вернитесь назад и оставьте главное")
    return line


def _ended(typed: dict[str, str], engine: Engine) -> Ended:
    result, minutes, face = typed.get("result", ""), typed.get("minutes", "").strip(), typed.get("face", "")
    if result not in RESULTS:
        raise CourseError("очередь", "не выбрано, чем кончилось", "Вернитесь назад и выберите итог")
    good = not minutes or (minutes.isascii() and minutes.isdecimal() and int(minutes[:6]) <= LONGEST_MIN)
    if not good:
        raise CourseError("очередь", f"столько минут не бывает ({minutes[:20]!r})", "Впишите число или сотрите")
    return Ended(
        result=result,
        minutes=int(minutes) if minutes else None,
        topic=checked_topic(typed.get("topic", ""), engine),
        rating=FACES.get(face),
        first="first" in typed,
    )


ADDRESSES = [
    (r"/instructor/queue", QueueHandler),
    (r"/instructor/queue/take", TakeHandler),
    (r"/instructor/queue/next", NextHandler),
    (r"/instructor/queue/sweep", SweepHandler),
    (r"/instructor/queue/([0-9]{1,9})/(call|back|left|return|reopen|end)", StepHandler),
]
