"""The scripts and styles of ``widgets/``: joined a widget at a time, or all at once for the lesson page.

``widgets/page.yaml`` lists them. An anywidget is an ES module of its own, so that it works anywhere; the lesson page of
the class server gets one script and one style with all of them, under addresses that change with what they hold.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path

from pydantic import ConfigDict, RootModel
from pydantic.dataclasses import dataclass as checked

from ecitizen.content.folders import folder
from ecitizen.content.loading import load_model
from ecitizen.content.shelf import texts
from ecitizen.errors import ContentError

SLIM_PAGE = "ECITIZEN_SLIM_PAGE"
"""Set in the environment of a kernel whose page has the scripts, styles and words of all our widgets already."""

PAGE = "page"
STATIC = "template/voila/templates/ecitizen/static"
_EXPORT = re.compile(r"^export default ", re.MULTILINE)
_ADDRESS = "lesson-{0}.{1}"


@checked(frozen=True, config=ConfigDict(extra="forbid"))
class Files:
    """Names of files, in the order in which they are joined."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]


class _Lists(RootModel[dict[str, Files]]):
    """``widgets/page.yaml``."""


@dataclass(frozen=True, slots=True)
class Joined:
    """One file for the lesson page, as it is kept and sent."""

    name: str
    """Such as ``lesson-0123456789abcdef.js``; another content has another name."""

    zipped: bytes


def files(name: str) -> Files:
    """Give the files of a widget, or of ``page``; KeyError if ``widgets/page.yaml`` has no such list."""
    return load_model(folder("widgets") / "page.yaml", _Lists).root[name]


@cache
def script(name: str) -> str:
    """Give the ES module of a widget."""
    return _read(folder("widgets"), files(name).scripts)


@cache
def style(name: str) -> str:
    """Give the style sheet of a widget."""
    return _read(folder("widgets"), files(name).styles)


@lru_cache(maxsize=64)
def fingerprint(text: str) -> str:
    """Give 16 hexadecimal digits that tell this text from others."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def joined(widgets: Path, more: Path) -> tuple[Joined, Joined]:
    """Give the script and the style of the lesson page.

    ``widgets`` is the folder with the page's template; widgets come from the folder that kernels read as well. Every
    ``.js`` and ``.css`` of the folder ``more`` follows, in the order of names; it need not exist.
    """
    own = [widgets / STATIC / name for name in chain(files(PAGE).scripts, files(PAGE).styles)]
    parts = [folder("widgets") / name for widget in _widgets() for name in chain(widget.scripts, widget.styles)]
    added = sorted(more.glob("*.[jc]s*"))
    known = [*dict.fromkeys(parts), folder("widgets") / "texts.yaml", folder("widgets") / "page.yaml"]
    stamps = tuple((path, path.stat().st_mtime_ns) for path in (*own, *known, *added))
    return _joined(stamps, widgets / STATIC, tuple(added))


@lru_cache(maxsize=4)
def _joined(_stamps: object, static: Path, added: tuple[Path, ...]) -> tuple[Joined, Joined]:
    script.cache_clear()
    style.cache_clear()
    page, widgets = files(PAGE), folder("widgets")
    lists = {name: one for name, one in load_model(widgets / "page.yaml", _Lists).root.items() if name != PAGE}
    every = [name for one in lists.values() for name in one.scripts]
    common = tuple(dict.fromkeys(name for name in every if every.count(name) > 1))
    own = "\n".join(
        f'ecitizen.widgets["{fingerprint(script(name))}"] = (() => {{\n'
        + _returned(widgets / one.scripts[-1], _read(widgets, [file for file in one.scripts if file not in common]))
        + "\n})();"
        for name, one in lists.items()
    )
    words = json.dumps(texts(), ensure_ascii=False).replace("<", "\\u003c")
    whole_script = "\n".join([
        f'"use strict";\nwindow.ecitizen = {{ widgets: {{}}, texts: {words} }};',
        f"(() => {{\n{_read(widgets, common)}\n{own}\n}})();",
        f"(() => {{\n{_read(static, page.scripts)}\n}})();",
        *(path.read_text(encoding="utf-8") for path in added if path.suffix == ".js"),
    ])  # fmt: skip
    styles = dict.fromkeys(name for one in lists.values() for name in one.styles)
    whole_style = "\n".join([
        _read(static, page.styles),
        _read(widgets, tuple(styles)),
        *(path.read_text(encoding="utf-8") for path in added if path.suffix == ".css"),
    ])  # fmt: skip
    return _packed(whole_script, "js"), _packed(whole_style, "css")


def _widgets() -> list[Files]:
    lists = load_model(folder("widgets") / "page.yaml", _Lists).root
    return [one for name, one in lists.items() if name != PAGE]


def _returned(path: Path, text: str) -> str:
    """Make the export of a module the result of a function."""
    body, count = _EXPORT.subn("return ", text)
    if count != 1:
        raise ContentError(path, "export default", f"стоит {count} раз", "Оставьте один")
    return body


def _packed(text: str, ending: str) -> Joined:
    return Joined(_ADDRESS.format(fingerprint(text), ending), gzip.compress(text.encode(), 9, mtime=0))


def _read(place: Path, names: tuple[str, ...] | list[str]) -> str:
    return "\n".join((place / name).read_text(encoding="utf-8") for name in names)
