"""The kernels' door to the journal: by one-kernel token only, never by cookie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from tornado.web import HTTPError, RequestHandler

from ecitizen.errors import JournalError
from ecitizen.journal.event import Event
from ecitizen.journal.wire import answer_query, read_document, read_event, store_posted
from ecitizen.web.classroom import Classroom, settings_classroom
from ecitizen.web.launches import Launch
from ecitizen.web.pages import NO_STORAGE, settings_storage
from ecitizen.web.rendering import FAILED

MAX_BYTES = 64 * 1024
BUSY = 503
RETRY_AFTER_S = 2

THREADS = 4
"""That write and do nothing else: where the disk stands still, pages go on."""

_THREADS = "ecitizen_journal_threads"


class JournalHandler(RequestHandler):
    """``POST {"events": […]}`` and ``GET ?lesson=ID&activity=A``; see ``journal.wire`` for the documents."""

    launch: Launch

    @property
    def classroom(self) -> Classroom:
        """Give the shared state."""
        return settings_classroom(self.application.settings)

    def check_xsrf_cookie(self) -> None:
        """Need no cookie: no browser holds the token."""

    def prepare(self) -> None:
        """Let in only the kernel whose token it is."""
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        launch = self.classroom.launches.by_token(token.strip()) if kind.lower() == "token" else None
        if launch is None:
            raise HTTPError(403)
        self.launch = launch

    async def get(self) -> None:
        """Give the seed and the learner's own events: of the kernel's lesson, or of one activity in all."""
        lesson = self.get_query_argument("lesson", None)
        if lesson not in (None, self.launch.lesson):
            raise HTTPError(403)
        activity = self.get_query_argument("activity", None)
        journal = self.classroom.journal_of(self.launch.visitor)
        await self._answer(lambda: answer_query(journal, lesson, activity))

    async def post(self) -> None:
        """Store events; when this answers 200 they are on the disk.

        A page that shows what is past gets 409: its press was judged by a state that is no longer the learner's. It
        opens itself anew and sends the press again.
        """
        if self.launch.behind and FAILED not in self.launch.page:
            raise HTTPError(409)
        if self.launch.is_storing:
            # A kernel sends one thing after another: it has given up waiting for the disk, and this must not pile up.
            self._later()
            return
        document = self._document()
        events = self._checked(document)
        journal = self.classroom.journal_of(self.launch.visitor)
        self.launch.is_storing = True
        try:
            stored = await self._answer(lambda: store_posted(journal, document), self._threads)
        finally:
            self.launch.is_storing = False
        if stored:
            self.classroom.launches.outdate_others(self.launch)
            for event in events:
                self.classroom.note(self.launch.visitor, replace(event, at=datetime.now(UTC)))

    @property
    def _threads(self) -> ThreadPoolExecutor:
        settings = self.application.settings
        if _THREADS not in settings:
            settings[_THREADS] = ThreadPoolExecutor(THREADS, thread_name_prefix="journal")
        threads: ThreadPoolExecutor = settings[_THREADS]
        return threads

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Say no more than the number: the reader is a program."""
        self.finish({"error": status_code})

    def _document(self) -> Any:
        if len(self.request.body) > MAX_BYTES:
            raise HTTPError(413)
        try:
            return read_document(self.request.body)
        except JournalError as error:
            raise HTTPError(400) from error

    def _checked(self, document: Any) -> list[Event]:
        posted = document.get("events") if isinstance(document, dict) else None
        try:
            events = [read_event(event) for event in posted] if isinstance(posted, list) else []
        except JournalError as error:
            raise HTTPError(400) from error
        if not events:
            raise HTTPError(400)
        if any(event.lesson != self.launch.lesson for event in events):
            raise HTTPError(403)
        return events

    async def _answer(self, work: Callable[[], Any], threads: Executor | None = None) -> bool:
        try:
            if threads is None:
                document = await self.classroom.aside(work)
            else:
                document = await asyncio.get_running_loop().run_in_executor(threads, work)
        except JournalError as error:
            if not isinstance(error.__cause__, SQLAlchemyError):
                raise HTTPError(409) from error
            fault = settings_storage(self.application.settings).note(error)
            self._later(NO_STORAGE if fault else BUSY)
            return False
        self.finish(document)
        return True

    def _later(self, status: int = BUSY) -> None:
        # The kernel says "offline" or "unstored" to its page, which sends the same event again.
        self.set_status(status)
        self.set_header("Retry-After", str(RETRY_AFTER_S))
        self.finish({"error": status})
