"""One lesson page: Voila renders the notebook in a kernel that belongs to the session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import APIHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated
from voila.tornado.handler import TornadoVoilaHandler

from ecitizen.web.launches import LaunchPad
from ecitizen.web.pages import PageHandler, page_templates

LESSON_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' ws: wss:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""anywidget loads the course's own modules as blobs."""

HEARTBEAT = "voila_heartbeat()"
SILENCES = 6
"""Heartbeats of ten seconds; after so many the kernel is not going to come."""


class LessonHandler(TornadoVoilaHandler, PageHandler):
    """``/lesson/<id>``."""

    def initialize(self, *, max_kernels: int, journal_url: Callable[[], str], **kwargs: Any) -> None:
        """Take Voila's settings, how many lessons may be open, and where kernels find the journal."""
        super().initialize(**kwargs)
        self._max_kernels = max_kernels
        self._journal_url = journal_url
        self._pad: LaunchPad | None = None

    @property
    def content_security_policy(self) -> str:
        """Allow what a lesson's widgets need."""
        return LESSON_POLICY

    @property
    def kernel_manager(self) -> Any:
        """Give Voila a kernel manager that starts kernels for this session only."""
        return self._pad or self.settings["kernel_manager"]

    @allow_unauthenticated
    async def get(self, lesson: str) -> None:
        """Render the lesson as its cells are executed."""
        if self.visitor is None or not self.visitor.studies:
            self.redirect(self.base_url)
            return
        if lesson not in self.classroom.course.page_ids():
            raise HTTPError(404)
        kernels = self.settings["kernel_manager"]
        if len(kernels.launches) >= self._max_kernels:
            raise HTTPError(503)
        # Reading the token sets the cookie that the page's closing beacon needs.
        _ = self.xsrf_token
        # Voila reads ?template= and ?theme= in more than one place.
        self.request.arguments.clear()
        self.request.query_arguments.clear()
        self._pad = LaunchPad(kernels, self.visitor, lesson, self._journal_url())
        self.classroom.page_opened(self.visitor)
        try:
            await self._stream(f"{lesson}.ipynb")
        except StreamClosedError:
            await self._end_kernel()

    async def _stream(self, path: str) -> None:
        silences = 0
        async for html in self.get_generator(path=path):
            if HEARTBEAT in html:
                silences += 1
                if silences == SILENCES:
                    self.write(page_templates().get_template("stuck.html").render(base_url=self.base_url))
                    await self._end_kernel()
                    return
            self.write(html)
            await self.flush()

    async def _end_kernel(self) -> None:
        launch = self._pad.launch if self._pad else None
        kernels = self.settings["kernel_manager"]
        if launch is not None and launch.kernel_id in kernels:
            await kernels.shutdown_kernel(launch.kernel_id, now=True)


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
    """The beacon of a page that closes: ends its kernel."""

    auth_resource = "kernels"

    @authenticated
    @authorized("write")
    async def post(self, kernel_id: str) -> None:
        """End the kernel if it is the session's own."""
        await self.kernel_manager.shutdown_kernel(kernel_id, now=True)
        self.set_status(204)
        self.finish()
