"""What all pages share: templates, headers, kind error pages, static files."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError, StaticFileHandler

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


@cache
def page_templates() -> Environment:
    """Give the pages of this room; everything put into them is escaped."""
    templates = Environment(loader=PackageLoader("ecitizen.web"), autoescape=True, undefined=StrictUndefined)
    templates.filters["plural"] = plural
    return templates


class PageHandler(JupyterHandler):
    """A page for people; its errors are pages too, in Russian, without a word about the inside."""

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

    def learner_or_guest(self) -> Visitor:
        """Give the session of someone who studies; anybody else is refused."""
        if self.visitor is None or not self.visitor.studies:
            raise HTTPError(403)
        return self.visitor

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

    def write_error(self, status_code: int, **words: Any) -> None:
        """Say kindly what to do next; what went wrong stands in the server's log only."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        error = (words.get("exc_info") or (None, None))[1]
        if error is not None and (fault := settings_storage(self.settings).note(error)):
            self.set_status(NO_STORAGE)
            self.finish(page_templates().get_template("storage.html").render(
                base_url=self.base_url, site=self.classroom.folder.site, fault=fault,
                studies=self.visitor is None or self.visitor.studies,
            ))  # fmt: skip
            return
        self.finish(page_templates().get_template("error.html").render(
            base_url=self.base_url, site=self.classroom.folder.site, status=status_code
        ))  # fmt: skip


class NotFoundHandler(PageHandler):
    """Everything that is not named among the addresses: all of Jupyter's other services too."""

    async def prepare(self) -> None:
        """Refuse before anything else is looked at."""
        self.current_user = self._jupyter_current_user = None
        raise HTTPError(404)


class HealthHandler(PageHandler):
    """Tells a page that lost its server that the server is back."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Answer as briefly as possible; a page need not come back while nothing can be kept."""
        storage = settings_storage(self.settings)
        # Not in the queue of slow work as long as all is well.
        fault = await self.classroom.aside(storage.fault) if storage.failed else None
        if fault is not None:
            self.set_status(NO_STORAGE)
        self.finish({"ok": fault is None})


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
