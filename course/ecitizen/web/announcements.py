"""``/instructor/announcements``: one text becomes messages for every channel; nothing is sent before it was shown.

The draft stands in the address of the preview, so that going back, a reload and a restart of the server lose nothing.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from urllib.parse import urlencode

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen import announcing
from ecitizen.announcing import (
    LONGEST_PLACE,
    LONGEST_TEXT,
    LONGEST_TITLE,
    Announcement,
    Catalogue,
    Channel,
    Name,
    Ready,
)
from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.register import people
from ecitizen.register.messages import publish, published
from ecitizen.register.taking_back import republish, unpublish, unpublished
from ecitizen.web.access import StaffHandler
from ecitizen.web.consultation_form import one_line

LONGEST_CHANGE = 10
FIELDS = ("title", "text", "day", "time", "place")
NOUNS = {"phone": "телефон", "snils": "СНИЛС", "inn": "ИНН", "card": "номер карты", "passport": "номер паспорта"}


def channels() -> tuple[Channel, ...]:
    """Give the catalogue ``announce.yaml``."""
    return load_model(Path(__file__).parent / "announce.yaml", Catalogue).channels


class _Announcing(StaffHandler):
    """What the pages of announcements share."""

    sees = does = "announce"

    def typed(self) -> dict[str, str]:
        """Give what was typed, by field."""
        return {name: self.get_argument(name, "") for name in FIELDS}

    def check(self, typed: dict[str, str]) -> tuple[Announcement | None, dict[str, str]]:
        """Turn what was typed into an announcement, or say what is wrong with which field."""
        text = "\n".join(one_line(line) for line in typed["text"].splitlines()).strip()
        title, place = one_line(typed["title"]), one_line(typed["place"])
        day, time = day_of(typed["day"]), _time(typed["time"])
        faults = {
            "title": "Напишите заголовок." if not title else _length(title, LONGEST_TITLE),
            "text": _length(text, LONGEST_TEXT),
            "place": _length(place, LONGEST_PLACE),
            "day": "Напишите день так: 25.11.2026." if typed["day"] and day is None else "",
            "time": "Напишите время так: 10:00." if typed["time"] and time is None else "",
        }
        if time is not None and not typed["day"]:
            faults["day"] = "Есть время, но нет дня. Впишите день."
        wrong = {name: fault for name, fault in faults.items() if fault}
        if wrong:
            return None, wrong
        return Announcement(title=title, text=text, day=day, time=time, place=place), {}

    async def checked(self) -> Announcement | None:
        """Give the draft if it may go out; else show the form with what is wrong and give None."""
        found, faults = self.check(self.typed())
        if found is not None:
            # Slow: every name is compared.
            secret = await self.classroom.aside(self._personal, found)
            faults = {"text": secret} if secret else {}
        if faults:
            await self.form_page(faults)
        return None if faults else found

    def _personal(self, found: Announcement) -> str:
        room = self.classroom
        names = [Name(surname=one.surname, given=one.given) for one in people.roster(room.engine) if one.surname]
        secret = announcing.personal(found, announcing.settings(room.folder.path), names)
        if secret is None:
            return ""
        if isinstance(secret, Name):
            return f"Здесь имя слушателя: {secret.surname} {secret.given}. В объявлении имён слушателей быть не должно."
        return f"Здесь {NOUNS[secret]}. Сотрите его. Телефон библиотеки разрешают в файле announce.yaml."

    def messages(self, found: Announcement) -> list[Ready]:
        """Lay it out for every channel."""
        room = self.classroom
        own, today = announcing.settings(room.folder.path), dt.date.today()
        return announcing.ready(found, channels(), own, room.folder.site, today)

    def draft(self) -> str:
        """Give the query that holds the draft."""
        return urlencode({name: value for name, value in self.typed().items() if value})

    async def form_page(self, faults: dict[str, str], **said: object) -> None:
        """Show the form with what was typed."""
        words = {"typed": self.typed(), "faults": faults, "longest": LONGEST_TEXT, "went": {}, "gone": None, **said}
        latest = await self.classroom.aside(published, self.classroom.engine)
        self.finish(self.page("announcements.html", latest=latest, names=_names(), **words))


class AnnouncementsHandler(_Announcing):
    """``/instructor/announcements``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the form and what was published last."""
        change = self.get_query_argument("removed", "")
        known = change.isascii() and change.isdecimal() and len(change) < LONGEST_CHANGE
        gone = await self.classroom.aside(unpublished, self.classroom.engine, int(change)) if known else None
        await self.form_page({}, gone=gone)


class RemoveHandler(_Announcing):
    """``/instructor/announcements/MESSAGE/remove``: one that was marked as published by mistake."""

    @allow_unauthenticated
    async def post(self, message: str) -> None:
        """Take it out of the register; the page offers to bring it back."""
        title = self.form().get("title", "")
        change = await self.classroom.aside(unpublish, self.classroom.engine, int(message), title, self.who)
        self.redirect(f"{self.base_url}instructor/announcements?removed={change}", status=303)


class RestoreHandler(_Announcing):
    """``/instructor/announcements/restore/CHANGE``."""

    @allow_unauthenticated
    async def post(self, change: str) -> None:
        """Bring a message back."""
        await self.classroom.aside(republish, self.classroom.engine, int(change), self.who)
        self.redirect(f"{self.base_url}instructor/announcements", status=303)


class PreviewHandler(_Announcing):
    """``/instructor/announcements/preview``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the messages as they would go out, or the form with what is wrong."""
        found = await self.checked()
        if found is None:
            return
        ready = await self.classroom.aside(self.messages, found)
        today = dt.date.today()
        past = found.when(today) if found.is_past(today) else ""
        words = {"found": found, "ready": ready, "draft": self.draft(), "typed": self.typed(), "past": past}
        self.finish(self.page("announcements_preview.html", **words))

    @allow_unauthenticated
    async def post(self) -> None:
        """Send what the program can send, write down what went out, and say what didn't."""
        found = await self.checked()
        if found is None:
            return
        wanted = set(self.get_body_arguments("channel"))
        place = await self.state.once.do(self.get_body_argument("once", ""), lambda: self._publish(found, wanted))
        self.redirect(place, status=303)

    async def _publish(self, found: Announcement, wanted: set[str]) -> str:
        room = self.classroom
        chosen = [one for one in await room.aside(self.messages, found) if one.channel.id in wanted and not one.over]
        if not chosen:
            raise CourseError("объявление", "не выбрано ни одного канала", "Вернитесь назад и отметьте хотя бы один")
        own = announcing.settings(room.folder.path)
        went = await room.aside(announcing.send, [one for one in chosen if one.sends], own, found.title)
        for one in chosen:
            if went.get(one.channel.id, True):
                await room.aside(
                    publish, room.engine, dt.date.today(), one.channel.name, found.title, one.channel.kind, self.who
                )
        result = {one.channel.id: went.get(one.channel.id, True) for one in chosen}
        token = self.state.kept.put(self.session, (found.title, result, self.draft()))
        return f"{self.base_url}instructor/announcements/done/{token}"


class DoneHandler(_Announcing):
    """``/instructor/announcements/done/TOKEN``."""

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Say what went out and what didn't."""
        kept = self.state.kept.get(self.session, token, tuple)
        if kept is None:
            self.redirect(self.base_url + "instructor/announcements")
            return
        title, result, draft = kept
        self.finish(self.page("announcements_done.html", title=title, result=result, names=_names(), draft=draft))


class SheetHandler(_Announcing):
    """``/instructor/announcements/sheet``: a sheet for the wall."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show it alone on a page that prints as it stands."""
        found = await self.checked()
        if found is None:
            return
        self.finish(
            self.page("announcements_sheet.html", found=found, when=found.when(dt.date.today()), draft=self.draft())
        )


class EventHandler(_Announcing):
    """``/instructor/announcements/event.ics``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the entry for a calendar."""
        found = await self.checked()
        if found is None:
            return
        data = announcing.event(found, self.classroom.folder.site, dt.datetime.now(dt.UTC).replace(microsecond=0))
        self.set_header("Content-Type", "text/calendar; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="event.ics"')
        self.finish(data)


def _names() -> dict[str, str]:
    return {one.id: one.name for one in channels()}


def _length(text: str, most: int) -> str:
    return f"Слишком длинно: {len(text)} знаков, а помещается {most}." if len(text) > most else ""


def day_of(text: str) -> dt.date | None:
    """Give the day that a field says, as a browser or a person writes it; None if it is none."""
    for shape in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return dt.datetime.strptime(text.strip(), shape).date()
        except ValueError:
            continue
    return None


def _time(text: str) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text.strip()) if len(text.strip()) == 5 else None
    except ValueError:
        return None


ADDRESSES = [
    (r"/instructor/announcements", AnnouncementsHandler),
    (r"/instructor/announcements/preview", PreviewHandler),
    (r"/instructor/announcements/done/([0-9a-f]{32})", DoneHandler),
    (r"/instructor/announcements/([0-9]{1,9})/remove", RemoveHandler),
    (r"/instructor/announcements/restore/([0-9]{1,9})", RestoreHandler),
    (r"/instructor/announcements/sheet", SheetHandler),
    (r"/instructor/announcements/event\.ics", EventHandler),
]
