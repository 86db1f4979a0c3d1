"""``/kiosk/CENTRE/KEY`` and ``/hall/CENTRE/KEY``: the screen that gives numbers, and the one that calls them.

Nobody signs in there. The key in the address is the centre's own (``queue.key_of``); a wrong one is answered as if the
page did not exist.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.errors import CourseError
from ecitizen.register import queueing
from ecitizen.register.people import sites
from ecitizen.register.queueing import FACES, Waiting
from ecitizen.web.once import new_token
from ecitizen.web.pages import PageHandler
from ecitizen.web.queue import key_of, kinds

SHOWN_CALLED = 6
"""Numbers that the hall sees called, the latest first."""


class _CentreHandler(PageHandler):
    """A page of one centre; 404 unless the key is right."""

    site_id: str
    address: str
    """Of the kiosk, from the root of the server."""

    async def prepare(self) -> None:
        """Let in whoever has the key."""
        await super().prepare()
        self.site_id, key = self.path_args[0], self.path_args[1]
        right = key_of(self.classroom.folder, self.site_id)
        names = sites(self.classroom.engine)
        if not hmac.compare_digest(key.encode(), right.encode()) or self.site_id not in names:
            raise HTTPError(404)
        self.centre = names[self.site_id]
        self.address = f"{self.base_url}kiosk/{self.site_id}/{key}"

    async def places(self) -> list[Waiting]:
        """Give the day of this centre."""
        room = self.classroom
        return await room.aside(queueing.today, room.engine, datetime.now(UTC), [self.site_id])

    def show(self, name: str, **words: object) -> None:
        """Fill in a page of the centre."""
        self.finish(self.page(name, centre=self.centre, address=self.address, once=new_token(), **words))

    def write_error(self, status_code: int, **words: object) -> None:
        """Say what to do in the words of the kiosk."""
        error = (words.get("exc_info") or (None, None))[1]  # type: ignore[index]
        if isinstance(error, CourseError):
            self.set_status(409)
            self.show("kiosk_trouble.html", fault=error)
        else:
            super().write_error(status_code, **words)


class KioskHandler(_CentreHandler):
    """``/kiosk/CENTRE/KEY``."""

    @allow_unauthenticated
    async def get(self, _site: str, _key: str) -> None:
        """Ask what somebody has come with; then whether for the first time; or how it was, after a service."""
        known = kinds(self.classroom.folder)
        kind = self.get_query_argument("kind", "")
        if kind.isascii() and kind.isdecimal() and len(kind) < 3 and int(kind) < len(known):
            self.show("kiosk_first.html", kind=int(kind), named=known[int(kind)])
            return
        room = self.classroom
        asked = await room.aside(queueing.to_rate, room.engine, self.site_id, datetime.now(UTC))
        if asked is not None and self.get_query_argument("later", "") != str(asked.id):
            self.show("kiosk_rate.html", asked=asked, faces=FACES)
            return
        self.show("kiosk.html", kinds=known, thanks="thanks" in self.request.query_arguments)

    @allow_unauthenticated
    async def post(self, _site: str, _key: str) -> None:
        """Take a number, or keep a grade."""
        room, now = self.classroom, datetime.now(UTC)
        if "face" in self.request.body_arguments:
            place = self.get_body_argument("place", "")
            rating = FACES.get(self.get_body_argument("face"))
            here = [one.id for one in await self.places()]
            if rating is not None and place.isascii() and place.isdecimal() and int(place[:9]) in here:
                await room.aside(queueing.rate, room.engine, int(place[:9]), rating, now)
            self.redirect(f"{self.address}?thanks=1", status=303)
            return
        known, kind = kinds(room.folder), self.get_body_argument("kind", "")
        if not (kind.isascii() and kind.isdecimal() and len(kind) < 3 and int(kind) < len(known)):
            raise HTTPError(400)
        place_taken = await room.aside(
            queueing.take_number, room.engine, self.site_id, known[int(kind)], "kiosk",
            self.get_body_argument("once", ""), now, first=self.get_body_argument("first", "") == "yes",
        )  # fmt: skip
        self.redirect(f"{self.address}/{place_taken.number}", status=303)


class NumberHandler(_CentreHandler):
    """``/kiosk/CENTRE/KEY/NUMBER``: the number just taken."""

    @allow_unauthenticated
    async def get(self, _site: str, _key: str, number: str) -> None:
        """Show it as large as it goes, and how many are before it."""
        places = await self.places()
        place = next((one for one in places if one.number == int(number)), None)
        if place is None:
            raise HTTPError(404)
        ahead, usual = queueing.ahead(places, place.number), queueing.usual_min(places)
        self.show("kiosk_number.html", place=place, ahead=ahead, usual_min=usual and usual * (ahead + 1))

    @allow_unauthenticated
    async def post(self, _site: str, _key: str, number: str) -> None:
        """Let go of a number that was taken by mistake or is not wanted any more."""
        place = next((one for one in await self.places() if one.number == int(number)), None)
        if place is not None and place.state == "waiting":
            await self.classroom.aside(queueing.leave, self.classroom.engine, place.id, datetime.now(UTC))
        self.redirect(self.address, status=303)


class HallHandler(_CentreHandler):
    """``/hall/CENTRE/KEY``: whom an expert calls, and who is next."""

    @allow_unauthenticated
    async def get(self, _site: str, _key: str) -> None:
        """Show numbers, large; the page asks anew by itself."""
        places = await self.places()
        called = sorted(
            (one for one in places if one.state == "serving"),
            key=lambda one: one.called_at or one.taken_at,
            reverse=True,
        )
        waiting = [one for one in places if one.state == "waiting"]
        self.show("hall.html", called=called[:SHOWN_CALLED], waiting=waiting)


_CENTRE = r"([^/]{1,40})/([0-9a-f]{16})"

ADDRESSES = [
    (rf"/kiosk/{_CENTRE}", KioskHandler),
    (rf"/kiosk/{_CENTRE}/([0-9]{{1,4}})", NumberHandler),
    (rf"/hall/{_CENTRE}", HallHandler),
]
