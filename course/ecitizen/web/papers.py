"""``/instructor/people/papers``: the papers of a class, each by one button, as the command ``paper`` makes them.

A paper with names leaves a line in the journal of looks, whoever prints it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import printing
from ecitizen.errors import CourseError
from ecitizen.register import consulting, people
from ecitizen.register.records import record
from ecitizen.reports.class_words import consent_words
from ecitizen.web.access import StaffHandler
from ecitizen.web.announcements import day_of
from ecitizen.web.cards import PDF_POLICY, is_local, own_address
from ecitizen.web.consultation_form import count
from ecitizen.web.entry import LONGEST_NUMBER

PAGE = "instructor/people/papers"
MOST_CODES = 500
"""Invitations made at once; the command makes more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A file that was made by sending a form, kept for a quarter of an hour."""

    kind: str
    """``certificates`` or ``invitations``."""

    pdf: bytes
    count: int
    unasked: tuple[int, ...] = ()
    """Cards left out for want of consent."""


class _PapersHandler(StaffHandler):
    """What the page and its files share."""

    sees = "papers.class"

    @property
    def group(self) -> str:
        """Give the code of the group that is asked for; empty if none is."""
        code: str = self.get_argument("group", "")
        return code

    @property
    def learner(self) -> int | None:
        """Give the card that is asked for; 404 for what is no number."""
        text: str = self.get_argument("learner", "")
        if text and not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER):
            raise HTTPError(404)
        return int(text) if text else None

    def day(self, name: str) -> date | None:
        """Read a day, None if none was typed; ``CourseError`` for what is no day."""
        text = self.get_query_argument(name, "").strip()
        found = day_of(text)
        if text and found is None:
            raise CourseError(
                "Бумаги", f"это не день ({text[:20]!r})", "Вернитесь назад и впишите день так: 25.11.2026"
            )
        return found

    @property
    def period(self) -> tuple[date, date]:
        """Give the first and the last day; without them the year up to today. ``CourseError`` if they are swapped."""
        until = self.day("until") or date.today()
        since = self.day("since") or date(until.year, 1, 1)
        if since > until:
            problem = f"{since:%d.%m.%Y} позже, чем {until:%d.%m.%Y}"
            raise CourseError("Бумаги", problem, "Вернитесь назад и поменяйте дни местами")
        return since, until


class PapersHandler(_PapersHandler):
    """The page: what can be printed for a group or, at ``/instructor/people/104/papers``, for one person."""

    @allow_unauthenticated
    async def get(self, text: str = "") -> None:
        """Show the buttons, and the file that was just made."""
        card, token, today = int(text or 0), self.get_query_argument("made", ""), date.today()
        engine = self.classroom.engine
        groups = await self.classroom.aside(people.groups, engine)
        person = await self.classroom.aside(record, engine, card) if card else None
        if person is not None:
            await self.note_look(f"person:{card}")
        own = await self.classroom.aside(consulting.worker, engine, self.staff.id, self.classroom.folder.site)
        self.finish(
            self.page(
                "people_papers.html",
                groups=groups,
                group=self.group if self.group in groups else "",
                person=person,
                purposes=consent_words().purposes,
                certificate=consent_words().certificate,
                sites=await self.classroom.aside(people.sites, engine),
                own_site=own.site,
                since=date(today.year, 1, 1),
                today=today,
                made=self.state.kept.get(self.session, token, Made) if token else None,
                token=token,
                most_codes=MOST_CODES,
            )
        )


class _PdfHandler(_PapersHandler):
    """A file that the browser shows by a page of its own."""

    @property
    def content_security_policy(self) -> str:
        """Let the browser's own page for PDF start."""
        return PDF_POLICY

    async def give(self, name: str, make: Callable[..., bytes], *arguments: Any, **named: Any) -> None:
        """Make a paper off the event loop and send it."""
        room = self.classroom
        self.send(name, await room.aside(lambda: make(room.folder, room.engine, *arguments, **named)))

    def send(self, name: str, pdf: bytes) -> None:
        """Send a file."""
        self.set_header("Content-Type", "application/pdf")
        self.set_header("Content-Disposition", f'inline; filename="{name}.pdf"')
        self.finish(pdf)


class JournalHandler(_PdfHandler):
    """``…/journal.pdf?group=&since=&until=``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the journal of a group."""
        await self.give("journal", printing.print_journal, self.group, *self.period, self.who)


class AttendanceHandler(_PdfHandler):
    """``…/attendance.pdf?group=&day=``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the sheet of a day for signatures, without a day an empty one."""
        await self.give("attendance", printing.print_attendance, self.group, self.day("day"), self.who)


class ConsentsHandler(_PdfHandler):
    """``…/consents.pdf?purpose=&group=`` or ``&learner=`` or ``&blank=yes``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Give a sheet for everybody of a group, for one person, or an empty one."""
        blank, card = bool(self.get_query_argument("blank", "")), self.learner
        if not (blank or card or self.group):
            raise CourseError("Согласия", "не сказано, для кого", "Вернитесь назад и выберите группу")
        purpose = self.get_query_argument("purpose", "")
        await self.give(
            "consents", printing.print_consents, purpose, self.who,
            group=None if card else self.group or None, learner=card, blank=blank,
        )  # fmt: skip


class GraduatesHandler(_PdfHandler):
    """``…/graduates.pdf?group=``."""

    sees = "papers.graduates"

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the list of those who have finished the course."""
        await self.give("graduates", printing.print_graduates, self.group or None, self.who)


class DiaryHandler(_PdfHandler):
    """``/instructor/consultations/journal.pdf?since=&until=&site=``."""

    sees = "consultations.see"

    @allow_unauthenticated
    async def get(self) -> None:
        """Give the journal of consultations; it names nobody."""
        site = self.get_query_argument("site", "")
        if site and site not in await self.classroom.aside(people.sites, self.classroom.engine):
            raise CourseError("Библиотека", f"такой в журнале нет ({site[:60]!r})", "Выберите её из списка")
        await self.give("consultations", printing.print_consultations, *self.period, site or None)


class CertificatesHandler(_PapersHandler):
    """``…/certificates``: numbers are given and the sheets made; the page then offers the file."""

    sees = does = "papers.graduates"

    @allow_unauthenticated
    async def post(self) -> None:
        """Print the certificates of a group or of one person."""
        card, group, room = self.learner, self.group, self.classroom
        if not (card or group):
            raise CourseError("Сертификаты", "не сказано, кому", "Вернитесь назад и выберите группу")
        address = own_address(self)

        async def work() -> str:
            printed = await room.aside(
                lambda: printing.print_certificates(
                    room.folder, room.engine, [card] if card else [], None if card else group, self.who,
                    address="" if is_local(address) else address,
                )
            )  # fmt: skip
            made = Made(kind="certificates", pdf=printed.pdf, count=printed.count, unasked=printed.unasked)
            return f"{PAGE}?made={self.state.kept.put(self.session, made)}"

        self.redirect(self.base_url + await self.state.once.do(self.get_body_argument("once", ""), work), status=303)


class InvitationsHandler(_PapersHandler):
    """``…/invitations``: codes for the survey are made; the page then offers the sheets."""

    sees = does = "papers.graduates"

    @allow_unauthenticated
    async def post(self) -> None:
        """Make codes and their sheets."""
        number, site = count(self.get_body_argument("count", ""), MOST_CODES), self.get_body_argument("site", "")
        if number is None:
            raise CourseError("Приглашения", "не сказано, сколько", f"Вернитесь назад и впишите число до {MOST_CODES}")

        async def work() -> str:
            pdf = await self.classroom.aside(printing.print_invitations, self.classroom.engine, site, number)
            made = Made(kind="invitations", pdf=pdf, count=number)
            return f"{PAGE}?made={self.state.kept.put(self.session, made)}"

        self.redirect(self.base_url + await self.state.once.do(self.get_body_argument("once", ""), work), status=303)


class MadeHandler(_PdfHandler):
    """``…/made/TOKEN.pdf``: the file that was made by sending a form."""

    sees = "papers.graduates"

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Give it to whoever made it."""
        made = self.state.kept.get(self.session, token, Made)
        if made is None:
            raise HTTPError(404)
        self.send(made.kind, made.pdf)


ADDRESSES = [
    (rf"/{PAGE}", PapersHandler),
    (r"/instructor/people/([1-9][0-9]{0,5})/papers", PapersHandler),
    (rf"/{PAGE}/journal\.pdf", JournalHandler),
    (rf"/{PAGE}/attendance\.pdf", AttendanceHandler),
    (rf"/{PAGE}/consents\.pdf", ConsentsHandler),
    (rf"/{PAGE}/graduates\.pdf", GraduatesHandler),
    (rf"/{PAGE}/certificates", CertificatesHandler),
    (rf"/{PAGE}/invitations", InvitationsHandler),
    (rf"/{PAGE}/made/([0-9a-f]{{32}})\.pdf", MadeHandler),
    (r"/instructor/consultations/journal\.pdf", DiaryHandler),
]
