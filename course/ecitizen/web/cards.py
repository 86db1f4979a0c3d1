"""Cards on paper and new PINs: shown once, kept in memory for a quarter of an hour, printed eight to a sheet."""

from __future__ import annotations

import ipaddress
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.register import people
from ecitizen.register.cards import PrintedCard, print_cards
from ecitizen.register.importing import ImportResult
from ecitizen.register.pins import new_pin
from ecitizen.register.reviewing import Fault
from ecitizen.web.access import StaffHandler

PDF_POLICY = "base-uri 'none'; frame-ancestors 'none'"
"""A browser shows a PDF by a page of its own, which the policy of our pages would keep from starting."""

LONGEST_ADDRESS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """New PINs, or a printed sheet; all that is shown after something was issued."""

    kind: Literal["new", "again", "group", "roster"]
    pins: Mapping[int, str] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    pdf: bytes | None = None
    """A sheet that is printed already; else it is made of the PINs."""

    cards: int = 0
    taken: ImportResult | None = None
    """What became of a class list."""

    left_out: tuple[tuple[int, Fault], ...] = ()
    """Lines of the list that were left out."""


class CardsHandler(StaffHandler):
    """``/instructor/people/cards``: the cards of a group."""

    sees = does = "people.cards"

    @allow_unauthenticated
    async def get(self) -> None:
        """Ask which cards, and with new PINs or without."""
        self.finish(await self._form({"group": self.get_query_argument("group", "")}, None))

    @allow_unauthenticated
    async def post(self) -> None:
        """Print; new PINs count from the moment the sheet is made."""
        typed = self.form()
        try:
            address = checked_address(typed.get("address", ""))
            place = await self.state.once.do(typed.get("once", ""), lambda: self._issue(typed, address))
        except CourseError as error:
            self.set_status(422)
            self.finish(await self._form(typed, error))
            return
        self.redirect(self.base_url + place, status=303)

    async def _issue(self, typed: Mapping[str, str], address: str) -> str:
        self.state.address = address
        group = typed.get("group", "") or None
        if "names" in typed:
            await self.note_look("cards")
        sheet = await self.classroom.aside(
            self._print, group, address, names="names" in typed, renew=typed.get("pins") == "new"
        )
        return f"instructor/people/issued/{self.state.kept.put(self.session, sheet)}"

    def _print(self, group: str | None, address: str, *, names: bool, renew: bool) -> Issued:
        engine, library = self.classroom.engine, self.classroom.folder.site
        papers, today = content.folder("papers", self.classroom.course.root), date.today()
        present = [one for one in people.roster(engine, group) if one.left_on is None or one.left_on >= today]
        # An erased person keeps a number, but must never get a card that works again.
        present = [one for one in present if one.surname]
        pins = {one.number: new_pin() for one in present} if renew else {}
        cards = [
            PrintedCard(number=one.number, pin=pins.get(one.number, ""), name=one.full_name if names else "")
            for one in present
        ]
        with tempfile.TemporaryDirectory(prefix="ecitizen-") as place:
            path = Path(place) / "cards.pdf"
            print_cards(cards, path, papers=papers, library=library, address=address)
            # Printed first, stored after: a broken template must not lock a class out.
            people.store_pins(engine, pins, self.who)
            return Issued(kind="group", pdf=path.read_bytes(), cards=len(cards))

    async def _form(self, typed: Mapping[str, str], fault: CourseError | None) -> str:
        groups = await self.classroom.aside(people.groups, self.classroom.engine)
        address = typed.get("address") or own_address(self)
        return self.page(
            "people_cards.html",
            groups=groups,
            typed={"group": "", "pins": "", "address": address, **typed},
            local=is_local(address),
            fault=fault,
        )


class IssuedHandler(StaffHandler):
    """``/instructor/people/issued/TOKEN``: what was issued, until it is hidden or its time is over."""

    sees = does = "people.cards"

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Show PINs large; say kindly if they are gone."""
        issued = self.state.kept.get(self.session, token, Issued)
        if issued is None:
            self.set_status(410)
        self.finish(self.page("people_issued.html", issued=issued, token=token, local=is_local(own_address(self))))

    @allow_unauthenticated
    async def post(self, token: str) -> None:
        """Forget the PINs at once."""
        self.state.kept.drop(self.session, token)
        self.redirect(self.base_url + "instructor/people", status=303)


class SheetHandler(StaffHandler):
    """``/instructor/people/issued/TOKEN/cards.pdf``."""

    sees = "people.cards"

    @property
    def content_security_policy(self) -> str:
        """Let the browser's own page for PDF start."""
        return PDF_POLICY

    @allow_unauthenticated
    async def get(self, token: str) -> None:
        """Give the sheet; cards of single people are printed now."""
        issued = self.state.kept.get(self.session, token, Issued)
        if issued is None or not (issued.pdf or issued.pins):
            raise HTTPError(404)
        pdf = issued.pdf or await self.classroom.aside(self._print, issued)
        self.set_header("Content-Type", "application/pdf")
        self.set_header("Content-Disposition", 'inline; filename="cards.pdf"')
        self.finish(pdf)

    def _print(self, issued: Issued) -> bytes:
        papers = content.folder("papers", self.classroom.course.root)
        cards = [PrintedCard(number=number, pin=pin) for number, pin in issued.pins.items()]
        with tempfile.TemporaryDirectory(prefix="ecitizen-") as place:
            path = Path(place) / "cards.pdf"
            library = self.classroom.folder.site
            print_cards(cards, path, papers=papers, library=library, address=own_address(self))
            return path.read_bytes()


def own_address(handler: StaffHandler) -> str:
    """Give the address for the QR code: that of the last printed cards, else that by which the desk was opened."""
    return handler.state.address or f"{handler.request.protocol}://{handler.request.host}{handler.base_url}"


def checked_address(text: str) -> str:
    """Give the address of the course if it can be one; raises ``CourseError``."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and len(text) <= LONGEST_ADDRESS
        good = good and (parts.port is None or parts.port > 0) and not set(text) & set(" \"'<>\\")
    except ValueError:
        good = False
    if not good:
        raise CourseError("Адрес курса", f"это не адрес ({text[:60]!r})", "Впишите его так: http://192.168.0.10:8000/")
    return text


def is_local(address: str) -> bool:
    """Say whether an address leads nowhere from another device."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
