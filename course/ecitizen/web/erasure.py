"""``/instructor/people/104/erase``: what ``ecitizen erase`` does, from the desk; the act stays in the course folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import __version__
from ecitizen.register.erasing import Erasure
from ecitizen.register.erasing_apart import erase_apart
from ecitizen.register.records import Record, record
from ecitizen.web.access import StaffHandler
from ecitizen.web.entry import digits
from ecitizen.web.pages import page_templates

ACTS = "acts"
"""Folder in the course folder; acts are kept for three years and hold no names."""

LONGEST_REASON = 200
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class EraseHandler(StaffHandler):
    """The confirmation, and the erasure itself."""

    sees = does = "people.erase"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Say what goes and what stays, and ask for the number of the card."""
        found = await self.classroom.aside(record, self.classroom.engine, int(text))
        await self.note_look(f"person:{text}")
        self.finish(self._form(found, {}, ""))

    @allow_unauthenticated
    async def post(self, text: str) -> None:
        """Erase if the number was typed right; everything that pages keep in memory goes too."""
        number, typed = int(text), self.form()
        found = await self.classroom.aside(record, self.classroom.engine, number)
        reason = typed.get("reason", "").strip()[:LONGEST_REASON]
        wrong = "card" if digits(typed.get("card", "")) != str(number) else "" if reason else "reason"
        if wrong and not found.erased:
            self.set_status(422)
            self.finish(self._form(found, typed, wrong))
            return

        async def work() -> str:
            done = await self.classroom.aside(self._erase, number, reason)
            self.state.kept.clear()
            return f"instructor/people/erased/{self.state.kept.put(self.session, done)}"

        place = await self.state.once.do(typed.get("once", ""), work)
        self.redirect(self.base_url + place, status=303)

    def _erase(self, number: int, reason: str) -> Erasure:
        # The paper takes a moment to import, and is needed by few.
        from ecitizen.reports.act import check_act, write_act

        folder = self.classroom.folder
        acts = folder.path / ACTS
        acts.mkdir(exist_ok=True)
        act = acts / f"akt-{number}-{datetime.now():%Y-%m-%d-%H%M%S}.docx"
        check_act(act)
        done = erase_apart(folder.database_url, number, self.who, folder.path, reason)
        kept = page_templates().get_template("person_kept.txt").render(attendances=done.attendances).strip()
        fields = asdict(done) | {"kept": kept, "reason": reason, "library": folder.site}
        write_act(act, fields, date.today(), __version__)
        return done

    def _form(self, found: Record, typed: Mapping[str, str], wrong: str) -> str:
        return self.page("person_erase.html", person=found, typed=typed, wrong=wrong)


class ErasedHandler(StaffHandler):
    """``/instructor/people/erased/TOKEN``: what was erased, what is kept, and the act."""

    sees = "people.erase"

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Show it."""
        done = self.state.kept.get(self.session, token, Erasure)
        if done is None:
            self.redirect(self.base_url + "instructor/people")
            return
        self.finish(self.page("person_erased.html", erasure=done))


class ActHandler(StaffHandler):
    """``/instructor/people/104/act``: the last act about a card."""

    sees = "people.erase"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Give the file, or say that there is none here: the command puts its act where it was told to."""
        act = await self.classroom.aside(last_act, self.classroom.folder.path, int(text))
        if act is None:
            raise HTTPError(404)
        self.set_header("Content-Type", DOCX)
        self.set_header("Content-Disposition", f'attachment; filename="{act.name}"')
        self.finish(await self.classroom.aside(act.read_bytes))


def last_act(folder: Path, number: int) -> Path | None:
    """Find the newest act about a card in a course folder."""
    return max((folder / ACTS).glob(f"akt-{number}-*.docx"), default=None)
