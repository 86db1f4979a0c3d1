"""What all pages share: templates, headers, kind error pages, static files."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from sqlalchemy.exc import InterfaceError, OperationalError
from tornado.web import HTTPError, StaticFileHandler

from ecitizen.errors import CourseError
from ecitizen.storage import Storage
from ecitizen.web.classroom import Classroom, settings_classroom
from ecitizen.web.standby import Standby, settings_standby
from ecitizen.web.visitor import CardIdentity, Visitor
from ecitizen.web.words import plural

PAGE_POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
FONT_DAYS = 30
NO_STORAGE = 507
"""HTTP's «Insufficient Storage» (RFC 4918, 11.5)."""

NO_DATABASE: Final = 503
LOST: Final = "lost"
"""Fault of a database server; those of a disk stand in ``ecitizen.storage``."""

LONGEST_NEXT = 1000
_NEXT: Final = re.compile(r"(?P<room>[a-z]+)(?:[/?](?!/)[A-Za-z0-9/._~%=&?+,;:@!$'()*-]*)?")
"""An address under ours: it begins with the name of a room, so that behind a slash it leads to no other host."""

ENVELOPE: Final = frozenset({"_xsrf", "pin", "again"})
"""Fields of a form that say who sends it; nothing that somebody typed for keeping."""


class Unproven(HTTPError):
    """A form without its token or with another's: its sender is not believed, and the page asks again."""

    def __init__(self) -> None:
        """Answer as for any form that is refused."""
        super().__init__(403)


def address_within(text: str, rooms: frozenset[str]) -> str:
    """Give an address relative to ours, such as ``instructor/people?find=1``; '' if it leads to no such room."""
    found = _NEXT.fullmatch(text) if len(text) <= LONGEST_NEXT and ".." not in text else None
    return text if found and found["room"] in rooms else ""


@cache
def page_templates() -> Environment:
    """Give the pages of this room; everything put into them is escaped."""
    templates = Environment(loader=PackageLoader("ecitizen.web"), autoescape=True, undefined=StrictUndefined)
    templates.filters["plural"] = plural
    return templates


class PageHandler(JupyterHandler):
    """A page for people; its errors are pages too, in Russian, without a word about the inside."""

    at_desk = False
    """The page is one of the desk: whoever is refused goes on there and not among the lessons."""

    by_itself = False
    """An open page asks for this without anybody doing anything: nobody is there for all that."""

    @property
    def content_security_policy(self) -> str:
        """Allow nothing but the server's own files."""
        return PAGE_POLICY

    def set_default_headers(self) -> None:
        """Add what keeps a page from being framed, sniffed or kept on a shared PC."""
        super().set_default_headers()
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.set_header("Cache-Control", "no-store")

    @property
    def classroom(self) -> Classroom:
        """Give the shared state."""
        return settings_classroom(self.settings)

    @property
    def standby(self) -> Standby:
        """Give the keeper of kernels."""
        return settings_standby(self.settings)

    @property
    def identity(self) -> CardIdentity:
        """Give the keeper of sessions."""
        provider: CardIdentity = self.identity_provider
        return provider

    @property
    def visitor(self) -> Visitor | None:
        """Give the session, if there is one."""
        user: Visitor | None = self.current_user
        return user

    def check_xsrf_cookie(self) -> None:
        """Refuse a form without its token; what it holds is shown to whoever sent it, on a page with a new one.

        A page of another site gets nothing back (``check_origin``).
        """
        try:
            super().check_xsrf_cookie()
        except HTTPError as refused:
            if refused.status_code == 403 and self.request.body_arguments:
                raise Unproven from refused
            raise

    @property
    def sent_fields(self) -> list[tuple[str, str]]:
        """Give the fields of the form that was sent, in order, without those of ``ENVELOPE``."""
        names = [name for name in self.request.body_arguments if name not in ENVELOPE]
        return [(name, value) for name in names for value in self.get_body_arguments(name, strip=False)]

    def ask_again(self) -> None:
        """Show a form that came without its token once more, with a new one: the press of a person sends it."""
        self.finish(self.page("again.html", typed=self.sent_fields))

    def to_door(self, door: str = "") -> None:
        """Lead to a door, which leads back to this page."""
        here = (self.request.uri or "").removeprefix(self.base_url)
        room = here.partition("?")[0].partition("/")[0]
        # The first page of the desk is where its door leads anyway.
        keep = here != "instructor" and address_within(here, frozenset({room}))
        self.redirect(self.base_url + door + (f"?{urlencode({'next': here})}" if keep else ""))

    def way_on(self, rooms: frozenset[str], otherwise: str) -> str:
        """Give the address that ``to_door`` kept, as a path of this server; another's address counts for nothing."""
        path: str = self.base_url + (address_within(self.get_argument("next", ""), rooms) or otherwise)
        return path

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Write one line about what somebody can put right; its text may hold names. A bug keeps its traceback."""
        if isinstance(value, CourseError):
            self.log.error("%s %s: %s", self.request.method, self.request.path, type(value).__name__)
        else:
            super().log_exception(typ, value, tb)

    def learner_or_guest(self) -> Visitor:
        """Give the session of someone who studies; anybody else is refused."""
        if self.visitor is None or not self.visitor.studies:
            raise HTTPError(403)
        return self.visitor

    def be(self, visitor: Visitor | None) -> None:
        """Go on as somebody else."""
        self.current_user = self._jupyter_current_user = visitor

    def begin_session(self, visitor: Visitor) -> None:
        """Give the browser its signed session."""
        self.identity.set_login_cookie(self, visitor)

    async def end_session(self) -> None:
        """End the session for good: its kernels, its cookie, and a guest's traces."""
        if self.visitor is None:
            return
        visitor = self.visitor
        self.identity.end(visitor)
        self.identity.clear_login_cookie(self)
        await self.kernel_manager.end_all_of(visitor)
        self.standby.forget(visitor)
        self.classroom.forget_guest(visitor.username)

    def page(self, name: str, **words: Any) -> str:
        """Fill in a page."""
        common = {
            "base_url": self.base_url,
            "site": self.classroom.folder.site,
            "xsrf": self.xsrf_token.decode(),
            "visitor": self.visitor,
            "here": self.request.path.removeprefix(self.base_url),
        }
        return page_templates().get_template(name).render(common | words)

    def _lost(self, error: BaseException | None) -> str | None:
        """Name the fault of a database server that has gone, if that is why something failed."""
        while error is not None and self.classroom.engine.dialect.name != "sqlite":
            if isinstance(error, InterfaceError | OperationalError):
                return LOST
            error = error.__cause__
        return None

    def write_error(self, status_code: int, **words: Any) -> None:
        """Say kindly what to do next; what went wrong stands in the server's log only."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        error = (words.get("exc_info") or (None, None))[1]
        fault = None if error is None else settings_storage(self.settings).note(error) or self._lost(error)
        if fault is not None:
            self.set_status(NO_DATABASE if fault == LOST else NO_STORAGE)
            self.finish(page_templates().get_template("storage.html").render(
                base_url=self.base_url, site=self.classroom.folder.site, fault=fault,
                studies=self.visitor is None or self.visitor.studies,
            ))  # fmt: skip
            return
        if isinstance(error, Unproven):
            self.ask_again()
            return
        self.finish(page_templates().get_template("error.html").render(
            base_url=self.base_url, site=self.classroom.folder.site, status=status_code, desk=self.at_desk
        ))  # fmt: skip


class NotFoundHandler(PageHandler):
    """Everything that is not named among the addresses: all of Jupyter's other services too."""

    async def prepare(self) -> None:
        """Refuse before anything else is looked at."""
        self.be(None)
        self.at_desk = self.request.path.startswith(f"{self.base_url}instructor")
        raise HTTPError(404)


class HealthHandler(PageHandler):
    """Tells a page that lost its server that the server is back."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer as briefly as possible; a page need not come back while nothing can be kept."""
        storage = settings_storage(self.settings)
        # Not in the queue of slow work as long as all is well.
        fault = await self.classroom.aside(storage.fault) if storage.failed else None
        answers = await self.classroom.aside(self.classroom.database_answers)
        if fault is not None:
            self.set_status(NO_STORAGE)
        elif not answers:
            self.set_status(NO_DATABASE)
        self.finish({"ok": fault is None and answers})


class CourseFileHandler(StaticFileHandler):
    """Styles, scripts, fonts and pictures of the pages, from several folders; the first that has a file gives it."""

    def initialize(self, folders: list[Path]) -> None:
        """Take the folders in order of precedence."""
        super().initialize(path=str(folders[0]))
        self._folders = folders

    def parse_url_path(self, url_path: str) -> str:
        """Choose the folder."""
        path: str = super().parse_url_path(url_path)
        for folder in reversed(self._folders):
            if (folder / path).is_file():
                self.root = str(folder)
        return path

    def set_extra_headers(self, path: str) -> None:
        """Let browsers keep fonts; styles and scripts are asked for again, for a course may change between lessons."""
        self.set_header("X-Content-Type-Options", "nosniff")
        if "v" not in self.request.arguments:
            age_s = FONT_DAYS * 24 * 60 * 60
            self.set_header("Cache-Control", f"public, max-age={age_s}" if path.endswith("woff2") else "no-cache")

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Say no more than the number."""
        self.finish(str(status_code))


def settings_storage(settings: dict[str, Any]) -> Storage:
    """Find what watches the disk among the settings of the web application; made at the first question."""
    if "ecitizen_storage" not in settings:
        settings["ecitizen_storage"] = Storage(settings_classroom(settings).folder.path)
    storage: Storage = settings["ecitizen_storage"]
    return storage
