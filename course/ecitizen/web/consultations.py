"""«Консультации»: written down during a telephone call, looked through, corrected, taken back, printed.

Nobody is named: whom help was given to is a category and a number of people, and a topic that holds a learner's name,
a telephone number, a СНИЛС, an ИНН, a passport or a card is not stored.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.register import consulting, people
from ecitizen.register.consulting import CHANNELS, ChangedMeanwhile, Kept
from ecitizen.register.taking_back import corrected, uncorrect
from ecitizen.web.access import StaffHandler
from ecitizen.web.consultation_form import (
    EARLIEST,
    LONGEST_TEXT,
    blank,
    count,
    learners,
    one_line,
    read_form,
    typed_of,
)
from ecitizen.web.once import new_token

ON_A_PAGE = 50
CHANNEL_COOKIE, CHANNEL_DAYS = "ecitizen-channel", 60
_TOKEN = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows the list shows."""

    month: str
    """``2026-11``; ``all``."""

    words: str = ""
    page: int = 1

    @property
    def period(self) -> tuple[date, date]:
        """Give the first and the last day."""
        if self.month == "all":
            return EARLIEST, date.max
        year, month = map(int, self.month.split("-"))
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])


class ConsultationPage(StaffHandler):
    """What the pages of the journal share."""

    sees, does = "consultations.see", "consultations.write"

    def wanted(self, today: date) -> Wanted:
        """Read which rows are asked for; the present month by default, all months for a search."""
        words = one_line(self.get_query_argument("q", ""))[:LONGEST_TEXT]
        month = self.get_query_argument("month", "")
        known = re.fullmatch(r"(19|20)\d\d-(0[1-9]|1[0-2])|all", month)
        page = count(self.get_query_argument("page", ""), 9999) or 1
        return Wanted(month=month if known else "all" if words else f"{today:%Y-%m}", words=words, page=page)

    def form_words(self, typed: Mapping[str, str], faults: Mapping[str, str]) -> dict[str, Any]:
        """Give what the form needs; reads the register."""
        engine = self.classroom.engine
        return {
            "typed": typed,
            "faults": faults,
            "sites": people.sites(engine),
            "topics": consulting.topics(engine),
            "services": consulting.services(engine),
            "today": date.today(),
            "staff_name": self.staff.name,
        }

    def fields(self) -> dict[str, str]:
        """Give what was typed."""
        return {name: value for name, value in self.form().items() if name not in {"_xsrf", "pin", "again"}}

    def checked(self, typed: Mapping[str, str]) -> tuple[consulting.Help | None, dict[str, str]]:
        """Turn what was typed into a row, or name what is wrong; reads the register, and every name is compared."""
        engine = self.classroom.engine
        return read_form(typed, people.sites(engine), date.today(), learners(engine))

    def number(self, text: str) -> int:
        """Read the number of a row from an address."""
        if len(text) > 9:
            raise HTTPError(404)
        return int(text)


class ConsultationsHandler(ConsultationPage):
    """``/instructor/consultations``: the form and the list below it."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show an empty form, what has just been done, and the list."""
        cookie = (self.get_secure_cookie(CHANNEL_COOKIE, max_age_days=CHANNEL_DAYS) or b"").decode()
        channel = cookie if cookie in CHANNELS else "telephone"
        words = await self.classroom.aside(self._empty, channel)
        self.finish(self.page("consultations.html", token=new_token(), **words))

    @allow_unauthenticated
    async def post(self) -> None:
        """Keep a row; what can't be kept is asked for again, and nothing that was typed is lost."""
        typed = self.fields()
        given, faults = await self.classroom.aside(self.checked, typed)
        token = typed.get("token", "")
        token = token if _TOKEN.fullmatch(token) else new_token()
        if given is None:
            words = await self.classroom.aside(self._words, typed, faults)
            self.set_status(422)
            self.finish(self.page("consultations.html", token=token, **words))
            return
        saved = await self.classroom.aside(consulting.add, self.classroom.engine, given, self.who, token)
        self.set_secure_cookie(
            CHANNEL_COOKIE, given.channel, expires_days=CHANNEL_DAYS, httponly=True, samesite="Lax", path=self.base_url
        )
        self.redirect(f"{self.base_url}instructor/consultations?saved={saved}", status=303)

    def _empty(self, channel: str) -> dict[str, Any]:
        engine, folder = self.classroom.engine, self.classroom.folder
        site = consulting.worker(engine, self.staff.id, folder.site).site
        return self._words(blank(channel, site, date.today()), {})

    def _words(self, typed: Mapping[str, str], faults: Mapping[str, str]) -> dict[str, Any]:
        engine, today = self.classroom.engine, date.today()
        wanted = self.wanted(today)
        rows = consulting.listed(engine, *wanted.period, wanted.words)
        first = (wanted.page - 1) * ON_A_PAGE
        saved, gone = self.get_query_argument("saved", ""), self.get_query_argument("removed", "")
        return self.form_words(typed, faults) | {
            "wanted": wanted,
            "months": consulting.months(engine),
            "rows": rows[first : first + ON_A_PAGE],
            "first": first,
            "tally": consulting.tally(rows),
            "of_today": consulting.tally(consulting.listed(engine, today, today)),
            "saved": consulting.find(engine, self.number(saved)) if saved.isdecimal() else None,
            "corrected": corrected(engine, self.number(saved)) if saved.isdecimal() else None,
            "removed": consulting.removed(engine, self.number(gone)) if gone.isdecimal() else None,
        }


class ConsultationHandler(ConsultationPage):
    """``/instructor/consultations/<number>``: correct one."""

    @allow_unauthenticated
    async def get(self, number: str) -> None:
        """Show the row in the form."""
        await self._show(self.number(number))

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Keep the correction, unless somebody else was faster: then both versions are shown."""
        row, typed = self.number(number), self.fields()
        given, faults = await self.classroom.aside(self.checked, typed)
        if given is None:
            self.set_status(422)
            await self._show(row, typed, faults)
            return
        seen = typed.get("seen", "")
        version = int(seen) if re.fullmatch(r"[0-9]{1,12}", seen) else -1
        try:
            await self.classroom.aside(consulting.correct, self.classroom.engine, row, given, self.who, version)
        except ChangedMeanwhile:
            self.set_status(409)
            await self._show(row, typed, conflict=True)
            return
        self.redirect(f"{self.base_url}instructor/consultations?saved={row}&month={given.date:%Y-%m}", status=303)

    async def _show(
        self,
        number: int,
        typed: Mapping[str, str] | None = None,
        faults: Mapping[str, str] | None = None,
        *,
        conflict: bool = False,
    ) -> None:
        kept = await self.classroom.aside(consulting.find, self.classroom.engine, number)
        if kept is None:
            raise HTTPError(404)
        words = await self.classroom.aside(self.form_words, typed or typed_of(kept.help), faults or {})
        seen = kept.version if conflict or typed is None else typed.get("seen", "")
        self.finish(self.page("consultation.html", kept=kept, seen=seen, conflict=conflict, **words))


class RemoveHandler(ConsultationPage):
    """``/instructor/consultations/<number>/remove``."""

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Take the row out; the list offers to bring it back."""
        row = self.number(number)
        change = await self.classroom.aside(consulting.remove, self.classroom.engine, row, self.who)
        self.redirect(f"{self.base_url}instructor/consultations?removed={change}", status=303)


class RevertHandler(ConsultationPage):
    """``/instructor/consultations/<number>/revert``."""

    @allow_unauthenticated
    async def post(self, number: str) -> None:
        """Undo the last correction, if it is still the last."""
        row, change = self.number(number), self.get_body_argument("change", "")
        if not (change.isascii() and change.isdecimal()):
            raise HTTPError(400)
        await self.classroom.aside(uncorrect, self.classroom.engine, row, self.number(change), self.who)
        kept = await self.classroom.aside(consulting.find, self.classroom.engine, row)
        month = f"&month={kept.help.date:%Y-%m}" if kept else ""
        self.redirect(f"{self.base_url}instructor/consultations?saved={row}{month}", status=303)


class RestoreHandler(ConsultationPage):
    """``/instructor/consultations/restore``."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Bring a row back that was taken out."""
        change = self.get_body_argument("change", "")
        if not change.isdecimal():
            raise HTTPError(400)
        row = await self.classroom.aside(consulting.restore, self.classroom.engine, self.number(change), self.who)
        kept = await self.classroom.aside(consulting.find, self.classroom.engine, row)
        month = f"&month={kept.help.date:%Y-%m}" if kept else ""
        self.redirect(f"{self.base_url}instructor/consultations?saved={row}{month}", status=303)


class JournalHandler(ConsultationPage):
    """``/instructor/consultations/journal``: the list for the printer."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show all rows of the list that is asked for, the oldest first."""
        wanted = self.wanted(date.today())
        rows, sites = await self.classroom.aside(self._rows, wanted)
        self.finish(
            self.page(
                "consultations_journal.html",
                wanted=wanted,
                rows=rows,
                sites=sites,
                tally=consulting.tally(rows),
                today=date.today(),
            )
        )

    def _rows(self, wanted: Wanted) -> tuple[list[Kept], dict[str, str]]:
        engine = self.classroom.engine
        return consulting.listed(engine, *wanted.period, wanted.words)[::-1], people.sites(engine)
