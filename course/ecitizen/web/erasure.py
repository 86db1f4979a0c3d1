"""``/instructor/people/104/erase``: what ``ecitizen erase`` does, from the desk; the act stays in the course folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import __version__
from ecitizen.errors import CourseError
from ecitizen.register.erasing import Erasure, is_unfinished, note_act, told_before
from ecitizen.register.erasing_apart import erase_apart, plan_apart
from ecitizen.register.records import record
from ecitizen.web.access import StaffHandler
from ecitizen.web.entry import digits
from ecitizen.web.pages import page_templates

ACTS = "acts"
"""Folder in the course folder; acts are kept for three years and hold no names."""

LONGEST_REASON = 200
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class EraseHandler(StaffHandler):
    """The confirmation with the list of files, and the erasure itself."""

    sees = does = "people.erase"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Say what goes and what stays, and ask for the number of the card."""
        await self.note_look(f"person:{text}")
        self.finish(await self._form(int(text), {}))

    @allow_unauthenticated
    async def post(self, text: str) -> None:
        """Erase if the number was typed right; everything that pages keep in memory goes too."""
        number, typed = int(text), self.form()
        reason = typed.get("reason", "").strip()[:LONGEST_REASON]
        wrong = "card" if digits(typed.get("card", "")) != str(number) else "" if reason else "reason"
        if wrong:
            self.set_status(422)
            self.finish(await self._form(number, typed, wrong))
            return
        chosen = {
            "also": self.get_body_arguments("also"),
            "keep": self.get_body_arguments("keep"),
            "agreed": typed.get("seen", ""),
        }

        async def work() -> str:
            done = await self.classroom.aside(self._erase, number, reason, chosen)
            self.state.kept.clear()
            return f"instructor/people/erased/{self.state.kept.put(self.session, done)}"

        try:
            place = await self.state.once.do(typed.get("once", ""), work)
        except CourseError as error:
            self.set_status(409)
            self.finish(await self._form(number, typed, trouble=str(error)))
            return
        self.redirect(self.base_url + place, status=303)

    def _erase(self, number: int, reason: str, chosen: Mapping[str, Any]) -> Erasure:
        # The paper takes a moment to import, and is needed by few.
        from ecitizen.reports.act import check_act, write_act

        folder = self.classroom.folder
        acts = folder.path / ACTS
        acts.mkdir(exist_ok=True)
        act = acts / f"akt-{number}-{datetime.now():%Y-%m-%d-%H%M%S}.docx"
        check_act(act)
        done = told_before(self.classroom.engine, folder.path, number)
        done = done or erase_apart(folder.database_url, number, self.who, folder.path, reason, **chosen)
        if done.finished:
            kept = page_templates().get_template("person_kept.txt").render(attendances=done.attendances).strip()
            write_act(act, asdict(done) | {"kept": kept, "library": folder.site}, date.today(), __version__)
            note_act(folder.path, number)
        return done

    async def _form(self, number: int, typed: Mapping[str, str], wrong: str = "", trouble: str = "") -> str:
        found = await self.classroom.aside(record, self.classroom.engine, number)
        folder = self.classroom.folder
        unfinished = await self.classroom.aside(is_unfinished, folder.path, number)
        plan = None
        if not found.erased:
            plan = await self.classroom.aside(plan_apart, folder.database_url, number, folder.path)
        # Whoever mistyped the number has chosen these files already.
        picked = {field: self.get_body_arguments(field) for field in ("also", "keep")}
        words = {"typed": typed, "picked": picked, "wrong": wrong, "trouble": trouble, "unfinished": unfinished}
        return self.page("person_erase.html", person=found, plan=plan, **words)


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
