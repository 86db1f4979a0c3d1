"""One lesson page: Voila's renderer fills it from a kernel that belongs to the session."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from ecitizen.journal.event import Journal
from ecitizen.kernels.pool import FAILURES
from ecitizen.web.catalogue import who_learns
from ecitizen.web.launches import Launch
from ecitizen.web.page_files import page_files
from ecitizen.web.pages import PageHandler, page_templates
from ecitizen.web.standby import settings_standby
from ecitizen.web.visitor import Visitor

LESSON_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""anywidget loads modules as blobs where a lesson has the full front end."""

RETRY_AFTER_S = 5

NOBODY = '<script type="application/json" id="me">null</script>'
"""Stands in the page that a kernel was made ready with, before anybody was known."""

DEFLATE = {"compression_level": 6, "mem_level": 5}
"""Of the websocket: a state of 100 KB becomes a tenth; 50 KB of memory a page on this side."""


class LessonHandler(PageHandler):
    """``/lesson/<id>``."""

    @property
    def content_security_policy(self) -> str:
        """Allow what a lesson's widgets need."""
        return LESSON_POLICY

    @allow_unauthenticated
    async def get(self, lesson: str) -> None:
        """Give the page of the session's kernel, or the place in the queue for one."""
        visitor = self.visitor
        if visitor is None or not visitor.studies:
            self.to_door()
            return
        if lesson not in self.classroom.course.page_ids():
            raise HTTPError(404)
        # Reading the token sets the cookie that the page's closing beacon needs.
        _ = self.xsrf_token
        self.classroom.page_opened(visitor)
        launch = await self.standby.again(visitor, lesson)
        if launch is not None:
            self.finish(await self._told(visitor, lesson, launch.page))
        elif place := self.standby.place(visitor):
            self.set_status(503)
            self.set_header("Retry-After", str(RETRY_AFTER_S))
            self.finish(self.page("waiting.html", place=place))
        else:
            await self._open(await self.standby.launch(visitor, lesson))

    async def _open(self, launch: Launch) -> None:
        # The browser gets the files of the page while the kernel is told for whom it works.
        script, style = (f"{self.base_url}course-static/{one.name}" for one in page_files(self.settings))
        self.set_header("Link", f"<{style}>; rel=preload; as=style, <{script}>; rel=preload; as=script")
        try:
            await self.flush()
            async with aclosing(self.standby.open(launch)) as pieces:
                async for html in pieces:
                    self.write(await self._told(launch.visitor, launch.lesson, html))
                    await self.flush()
        except StreamClosedError:
            # The page went away before it was complete, and its kernel with it.
            return
        except FAILURES as error:
            # The page sees that its end is missing, and asks again.
            self.log.error("The page of %s broke off: %r", launch.lesson, error)

    async def _told(self, visitor: Visitor, lesson: str, html: str) -> str:
        """Tell the page whose it is and where the learner is in it."""
        if NOBODY not in html:
            return html
        me = await who_learns(self.classroom, visitor)
        me["step"] = await self.classroom.aside(_last_step, self.classroom.journal_of(visitor), lesson)
        told = json.dumps(me, ensure_ascii=False).replace("<", "\\u003c")
        return html.replace(NOBODY, NOBODY.replace("null", told), 1)


def _last_step(journal: Journal, lesson: str) -> int | None:
    steps = [event.body["step"] for event in journal.read(lesson, "lesson") if event.body.get("do") == "step"]
    return steps[-1] if steps else None


class PlaceHandler(PageHandler):
    """``/lesson/<id>/place``: a waiting page asks whether its turn has come."""

    @allow_unauthenticated
    def get(self, lesson: str) -> None:  # noqa: ARG002
        """Give ``{"place", "text"}``; place 0 means that the page may be opened again."""
        place = self.standby.place(self.learner_or_guest(), enter=False)
        words: Any = page_templates().get_template("waiting_words.html").module
        self.finish({"place": place, "text": words.ahead(place).strip()})


class OwnKernelHandler(KernelHandler):
    """``GET /api/kernels/<id>``: does my kernel still live? Nothing else can be done with it here."""

    SUPPORTED_METHODS = ("GET",)


class OwnChannelsHandler(KernelWebsocketHandler):
    """The page's websocket to its own kernel; the ``Authorizer`` looks at the owner."""

    def get_compression_options(self) -> dict[str, int]:
        """Compress what goes to the page."""
        return DEFLATE

    async def open(self, kernel_id: str) -> None:
        """Send every message at once: small ones would wait up to 40 ms for the browser's word on the one before."""
        self.set_nodelay(True)
        await super().open(kernel_id)


class ShutdownHandler(APIHandler):
    """The beacon of a page that closes: ends its kernel, unless the page comes back at once."""

    auth_resource = "kernels"

    @authenticated
    @authorized("write")
    async def post(self, kernel_id: str) -> None:
        """Let go of the kernel if it is the session's own."""
        settings_standby(self.settings).left(kernel_id)
        self.set_status(204)
        self.finish()
