"""The way in and out: card and PIN, guests, instructors, logging out."""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen.register import people
from ecitizen.web.pages import PageHandler
from ecitizen.web.visitor import DEVICE_COOKIE, DEVICE_DAYS, MOST_CARDS_OF_A_DEVICE, Visitor, new_visitor

LONGEST_PIN = 32
LONGEST_NUMBER = 9
STAFF = "staff"

DESK: Final = frozenset({"instructor"})
LEARNERS: Final = frozenset({"lesson", "lessons", "successes", "survey"})
"""Rooms to which each door leads back whoever came from there."""


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that remembers, signed by us, which cards were let in on it."""

    id: str
    cards: tuple[str, ...] = ()

    def with_card(self, card: str) -> Device:
        """Add a card; the longest unused one is forgotten."""
        others = tuple(known for known in self.cards if known != card)
        return Device(self.id, (*others, card)[-MOST_CARDS_OF_A_DEVICE:])


def digits(text: str) -> str:
    """Give the digits of a typed number or PIN: spaces and dashes are what people put between them."""
    return "".join(letter for letter in text if letter in "0123456789")


class DoorHandler(PageHandler):
    """A page with a PIN field: counts tries, and counts them apart for a browser that was let in before."""

    def device(self) -> Device:
        """Read this browser's own cookie; a forged or absent one gives a device nobody knows."""
        cookie = self.get_secure_cookie(DEVICE_COOKIE, max_age_days=DEVICE_DAYS)
        if not cookie:
            return Device(secrets.token_urlsafe(12))
        known = json.loads(cookie)
        return Device(known["id"], tuple(known["cards"]))

    def address(self) -> str:
        """Give the address a request comes from: behind the hub's proxy the one that the proxy has added, the last."""
        forwarded = self.request.headers.get("X-Forwarded-For", "") if self.settings["ecitizen_hub"] else ""
        return forwarded.rpartition(",")[2].strip() or str(self.request.remote_ip)

    def bucket(self, who: str) -> str:
        """Name where tries of this card from this place are counted."""
        device = self.device()
        place = f"device:{device.id}" if who in device.cards else f"address:{self.address()}"
        return f"{who}|{place}"

    def remember_device(self, who: str) -> None:
        """Let this browser have its own count from now on."""
        device = self.device().with_card(who)
        cookie = json.dumps({"id": device.id, "cards": device.cards})
        self.set_secure_cookie(
            DEVICE_COOKIE, cookie, expires_days=DEVICE_DAYS, httponly=True, samesite="Lax", path=self.base_url
        )

    async def knock(self, who: str, check: Callable[[], bool], *, exists: bool = True) -> dict[str, Any] | None:
        """Try a PIN; gives None if the door opens, else what the page has to say."""
        bucket = self.bucket(who)
        wait_s = self.classroom.lockout.knock(bucket)
        if wait_s:
            self.set_status(429)
            self.set_header("Retry-After", str(math.ceil(wait_s)))
            return {"fault": "wait", "wait_min": math.ceil(wait_s / 60)}
        known_device = who in self.device().cards
        if not await self.classroom.examiner.check(check, exists=exists, known_device=known_device):
            self.set_status(403)
            return {"fault": "mismatch", "wait_min": 0}
        self.classroom.lockout.opened(bucket)
        self.remember_device(who)
        return None

    async def let_instructor_in(self) -> dict[str, Any] | None:
        """Try the instructor's PIN of a form; begins a session and gives None, else gives what the page has to say."""
        pin = self.get_body_argument("pin", "")[:LONGEST_PIN].strip()
        found: list[people.Instructor] = []

        def check() -> bool:
            instructor = people.find_instructor(self.classroom.engine, pin)
            found.extend([instructor] if instructor else [])
            return bool(found)

        trouble = await self.knock(STAFF, check)
        if trouble is None:
            await self.end_session()
            visitor = new_visitor("instructor", staff=found[0].id)
            self.be(visitor)
            self.begin_session(visitor)
        return trouble

    async def let_learner_in(self) -> dict[str, Any] | None:
        """Try the card and the PIN of a form, as ``let_instructor_in`` does; the same for an unknown card."""
        pin = self.get_body_argument("pin", "")[:LONGEST_PIN].strip()
        engine, number = self.classroom.engine, int(self.card or 0)
        exists = await self.classroom.aside(people.find_card, engine, number) is not None
        trouble = await self.knock(self.card, lambda: people.find_login(engine, number, pin) is not None, exists=exists)
        if trouble is None:
            await self.end_session()
            visitor = new_visitor("learner", number)
            self.be(visitor)
            self.begin_session(visitor)
        return trouble

    @property
    def card(self) -> str:
        """Give the number of the card that a form names, by its digits."""
        return digits(self.get_body_argument("card", ""))[:LONGEST_NUMBER].lstrip("0")

    async def let_learner_in_again(self) -> Visitor | None:
        """Ask for the card beside everything that was sent; what was marked goes on its way once the PIN is right."""
        again = "again" in self.request.body_arguments
        trouble = await self.let_learner_in() if again else {"fault": None, "wait_min": 0}
        if trouble is None:
            return self.visitor
        if not again:
            self.set_status(403)
        typed = [(name, value) for name, value in self.sent_fields if name != "card"]
        self.finish(self.page("entry_again.html", typed=typed, card=self.card if again else "", **trouble))
        return None


class EntryHandler(DoorHandler):
    """The first page: card number, PIN, or the way without a card."""

    @allow_unauthenticated
    def get(self) -> None:
        """Show the form; ``?card=104`` is what the QR code on a card says."""
        if self.visitor is not None and self.visitor.studies and "card" not in self.request.query_arguments:
            self.redirect(self.way_on(LEARNERS, "lessons"))
            return
        self.finish(self._form(digits(self.get_query_argument("card", ""))[:LONGEST_NUMBER], fault=None, wait_min=0))

    @allow_unauthenticated
    async def post(self) -> None:
        """Let a learner in, or say the same for an unknown card as for a wrong PIN."""
        trouble = await self.let_learner_in()
        if trouble:
            self.finish(self._form(self.card, **trouble))
            return
        self.redirect(self.way_on(LEARNERS, "lessons"), status=303)

    def ask_again(self) -> None:
        """Show the form with the number that was typed; a PIN is typed anew."""
        self.finish(self._form(self.card, fault="unproven", wait_min=0))

    def _form(self, card: str, **words: Any) -> str:
        way = self.way_on(LEARNERS, "").removeprefix(self.base_url)
        return self.page("entry.html", card=card, demo=self.settings["ecitizen_demo"], way=way, **words)


class GuestHandler(PageHandler):
    """«Попробовать без карточки»."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Begin a session of which nothing is kept on the disk."""
        await self.end_session()
        self.begin_session(new_visitor("guest"))
        self.redirect(self.way_on(LEARNERS, "lessons"), status=303)


class LogoutHandler(PageHandler):
    """«Выйти»."""

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session and its kernels."""
        await self.end_session()
        self.redirect(self.base_url, status=303)


class InstructorEntryHandler(DoorHandler):
    """The instructor's own door: a PIN without a card."""

    @allow_unauthenticated
    def get(self) -> None:
        """Show the form."""
        self.finish(self._form(fault=None, wait_min=0))

    @allow_unauthenticated
    async def post(self) -> None:
        """Let an instructor in."""
        trouble = await self.let_instructor_in()
        if trouble:
            self.finish(self._form(**trouble))
            return
        self.redirect(self.way_on(DESK, "instructor"), status=303)

    def ask_again(self) -> None:
        """Show the form; the PIN is typed anew."""
        self.finish(self._form(fault="unproven", wait_min=0))

    def _form(self, **words: Any) -> str:
        way = self.way_on(DESK, "").removeprefix(self.base_url)
        return self.page("instructor_entry.html", hub=self.settings["ecitizen_hub"], way=way, **words)
