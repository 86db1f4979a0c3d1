"""Voila's own front end, for a lesson that uses widgets of other makers; everything of it comes from this machine."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader
from jupyter_core.paths import jupyter_path
from jupyter_server.base.handlers import FileFindHandler
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths
from voila.utils import get_page_config, get_voila_labextensions_path

TEMPLATE: Final = "lab"
SLIM_MODULES: Final = frozenset({"ecitizen", "IPython"}) | sys.stdlib_module_names
"""What cells of a lesson may import and still have nothing on the page but what our own front end draws."""

NO_WIDGETS: Final = ["@jupyter/nbgrader", "@jupyter-notebook/lab-extension", "jupyterlab_pygments"]
"""Extensions of JupyterLab that have no business on a page; Voila would load all there are."""

_FOREIGN = re.compile(r'<link[^>]*href="https?://[^>]*>')
_END = "</body>"


def wants_full_page(cells: list[Any]) -> bool:
    """Say whether a notebook brings other things than the course's: a widget, a plot, a magic."""
    sources = [str(cell.source) for cell in cells if cell.cell_type == "code"]
    try:
        trees = [ast.parse(source) for source in sources]
    except SyntaxError:
        return True
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    named += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return any(name.partition(".")[0] not in SLIM_MODULES for name in named)


class FullPage:
    """How Voila is told to make such a page."""

    def __init__(self, voila: VoilaConfiguration, base_url: str) -> None:
        """Take the settings of the slim page, of which the rules stay."""
        self._base_url = base_url
        self._bar = Environment(loader=PackageLoader("ecitizen.web"), autoescape=True).get_template("full_page.html")
        self.template_paths: list[str] = collect_template_paths(["voila", "nbconvert"], TEMPLATE)
        self.configuration = VoilaConfiguration(
            parent=voila.parent,
            template=TEMPLATE,
            allow_template_override="NO",
            allow_theme_override="NO",
            show_tracebacks=voila.show_tracebacks,
            extension_denylist=NO_WIDGETS,
        )

    def page_config(self, settings: Mapping[str, Any], log: Any) -> dict[str, Any]:
        """Give what the front end reads; its files lie under ``full/``, and nothing elsewhere."""
        found: dict[str, Any] = get_page_config(self._base_url, settings, log, self.configuration)
        own = f"{self._base_url}full/"
        return found | {
            "fullStaticUrl": f"{own}static",
            "fullLabextensionsUrl": f"{own}labextensions",
            "themesUrl": f"{own}themes",
            # Mathematics would come from elsewhere.
            "fullMathjaxUrl": "",
            "mathjaxConfig": "",
        }

    def finish(self, html: str) -> str:
        """Take what comes from elsewhere out of a piece of the page, and put the way back to the lessons in."""
        own = _FOREIGN.sub("", html).replace("voila/templates/lab/static/", "full/static/")
        own = own.replace('<html lang="en">', '<html lang="ru">')
        if _END not in own:
            return own
        return own.replace(_END, self._bar.render(base_url=self._base_url) + _END)


class FullFileHandler(FileFindHandler):
    """``/full/static/`` and ``/full/labextensions/``: files of Voila and of installed widgets."""

    def initialize(self, kind: str) -> None:
        """Look where Voila looks."""
        found = {
            "static": lambda: collect_static_paths(["voila", "nbconvert"], TEMPLATE),
            "labextensions": get_voila_labextensions_path,
            "themes": lambda: [str(Path(path) / "themes") for path in jupyter_path("lab")],
        }
        super().initialize(found[kind]())


ADDRESSES: Final = [
    (rf"/full/{kind}/(.+\.(?:js|css|json|svg|png|woff2?|ttf))", FullFileHandler, {"kind": kind})
    for kind in ("static", "labextensions", "themes")
]
"""With the endings of what a page loads, so that nothing else is ever given out."""
