"""One lesson page: Voila's renderer fills it from a kernel that belongs to the session."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from ecitizen.kernels.pool import FAILURES
from ecitizen.web.launches import Launch
from ecitizen.web.pages import PageHandler, page_templates
from ecitizen.web.standby import settings_standby

LESSON_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""anywidget loads the course's own modules as blobs."""

RETRY_AFTER_S = 5


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
            self.redirect(self.base_url)
            return
        if lesson not in self.classroom.course.page_ids():
            raise HTTPError(404)
        # Reading the token sets the cookie that the page's closing beacon needs.
        _ = self.xsrf_token
        self.classroom.page_opened(visitor)
        launch = await self.standby.again(visitor, lesson)
        if launch is not None:
            self.finish(launch.page)
        elif place := self.standby.place(visitor):
            self.set_status(503)
            self.set_header("Retry-After", str(RETRY_AFTER_S))
            self.finish(self.page("waiting.html", place=place))
        else:
            await self._open(await self.standby.launch(visitor, lesson))

    async def _open(self, launch: Launch) -> None:
        try:
            async with aclosing(self.standby.open(launch)) as pieces:
                async for html in pieces:
                    self.write(html)
                    await self.flush()
        except StreamClosedError:
            # The page went away before it was complete, and its kernel with it.
            return
        except FAILURES as error:
            self.log.error("The page of %s broke off: %r", launch.lesson, error)
            self.write(page_templates().get_template("stuck.html").render(base_url=self.base_url))


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
