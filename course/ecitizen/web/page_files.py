"""The one script and the one style of lesson pages, joined from the content and kept for a year by browsers."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from tornado.web import HTTPError, RequestHandler

from ecitizen import content
from ecitizen.content.browser_side import Joined
from ecitizen.web.classroom import settings_classroom

MORE: Final = Path(__file__).parent / "static" / "lesson-page"
"""Scripts and styles of the class server that join those of every lesson page; see the template."""

FOREVER: Final = "public, max-age=31536000, immutable"
TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
MOST_KEPT: Final = 8
"""Pages that were opened before the content changed may still ask for what they name."""


def page_files(settings: Mapping[str, Any]) -> tuple[Joined, Joined]:
    """Give the script and the style as they are now; ``settings`` are those of the web application."""
    root = settings_classroom(dict(settings)).course.root
    return content.joined(content.folder("widgets", root), MORE)


class PageFileHandler(RequestHandler):
    """``/course-static/lesson-HASH.js`` and ``.css``."""

    kept: ClassVar[dict[str, bytes]] = {}

    def get(self, name: str) -> None:
        """Give the file of this name, compressed where the browser says that it can read that."""
        for joined in page_files(self.settings):
            self.kept[joined.name] = joined.zipped
        while len(self.kept) > MOST_KEPT:
            del self.kept[next(iter(self.kept))]
        if name not in self.kept:
            raise HTTPError(404)
        self.set_header("Content-Type", TYPES[Path(name).suffix])
        self.set_header("Cache-Control", FOREVER)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Vary", "Accept-Encoding")
        zipped = self.kept[name]
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            self.finish(zipped)
        else:
            self.finish(gzip.decompress(zipped))

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """Say no more than the number."""
        self.finish(str(status_code))
