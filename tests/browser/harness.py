"""A lesson page without a kernel: the real template and widgets, with views out of ``states.yaml``.

``harness_kernel.js`` stands where ``kernel.js`` stands: it hands the canned views to the page, keeps what the widgets
send in ``window.sent`` and acknowledges it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
import nbformat
import yaml

HERE = Path(__file__).parent
WIDGETS = HERE.parents[1] / "widgets"
TEMPLATE = WIDGETS / "template/voila/templates/ecitizen"
VIEW = "application/vnd.jupyter.widget-view+json"
SOURCES = {
    "practice": (("dom.js", "guard.js", "send.js", "portal.js"), "portal.css"),
    "quiz": (("dom.js", "guard.js", "send.js", "quiz.js"), "quiz.css"),
    "scale": (("dom.js", "send.js", "scale.js"), "quiz.css"),
    "lesson": (("send.js", "frame.js"), None),
}
TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}


def texts() -> dict[str, Any]:
    """Give the words of the browser side."""
    words: dict[str, Any] = yaml.safe_load((WIDGETS / "texts.yaml").read_text(encoding="utf-8"))
    return words


def states() -> dict[str, dict[str, Any]]:
    """Give the canned widgets by name: ``kind``, ``view`` and perhaps ``frames``."""
    canned: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "states.yaml").read_text(encoding="utf-8"))
    return canned


def traits(widget: dict[str, Any]) -> dict[str, Any]:
    """Give what the kernel would sync for a canned widget."""
    scripts, style = SOURCES[widget["kind"]]
    esm = "\n".join((WIDGETS / name).read_text(encoding="utf-8") for name in scripts)
    css = (WIDGETS / style).read_text(encoding="utf-8") if style else ""
    return {"frames": [], **widget, "texts": texts(), "_esm": esm, "_css": css}


def notebook(names: list[str]) -> nbformat.NotebookNode:
    """Make a lesson of one step of text and one step a widget; the outputs stand there as if it had been run."""
    step = {"slideshow": {"slide_type": "slide"}}
    lesson = ["# Госуслуги быстро и доступно\n\nВы закажете справку сами. Испортить здесь ничего нельзя."]
    cells = [nbformat.v4.new_markdown_cell(lesson[0], metadata=step)]
    for name in names:
        output = nbformat.v4.new_output("display_data", data={VIEW: {"model_id": name}})
        cells += [
            nbformat.v4.new_markdown_cell(f"## {name}", metadata=step),
            nbformat.v4.new_code_cell("", outputs=[output]),
        ]
    frame = nbformat.v4.new_output("display_data", data={VIEW: {"model_id": "frame"}})
    skipped = {"slideshow": {"slide_type": "skip"}}
    cells.append(nbformat.v4.new_code_cell("", outputs=[frame], metadata=skipped))
    return nbformat.v4.new_notebook(cells=cells)


def lesson_page(names: list[str]) -> str:
    """Render the template of the lesson page as Voila does."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATE), extensions=["jinja2.ext.do"])
    environment.filters["markdown2html"] = lambda source: "".join(
        f"<h{line.count('#')}>{line.strip('# ')}</h{line.count('#')}>" if line.startswith("#") else f"<p>{line}</p>"
        for line in source.split("\n\n")
    )
    nb = notebook(names)
    return environment.get_template("index.html.j2").render(
        nb=nb,
        resources={"base_url": "/", "metadata": {"name": "01-gosuslugi"}},
        static_url=lambda path: f"/static/{path}",
        kernel_start=lambda _: "kernel",
        cell_generator=lambda nb, _: nb.cells,
    )


class _Handler(BaseHTTPRequestHandler):
    names: list[str]
    me: dict[str, Any] | None

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/":
            self._give(lesson_page(self.names), "text/html; charset=utf-8")
        elif path == "/canned.json":
            canned = {name: traits(widget) for name, widget in states().items()}
            self._give(json.dumps(canned), "application/json")
        elif path == "/me" and self.me is not None:
            self._give(json.dumps(self.me), "application/json")
        elif path == "/static/kernel.js":
            self._give((HERE / "harness_kernel.js").read_text(encoding="utf-8"), "text/javascript")
        elif path.startswith("/static/") and (TEMPLATE / path[1:]).is_file():
            file = TEMPLATE / path[1:]
            self._give(file.read_bytes(), TYPES.get(file.suffix, "text/plain"))
        elif path == "/health":
            self._give("{}", "application/json")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._give("{}", "application/json")

    def _give(self, body: str | bytes, kind: str) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with suppress(ConnectionError):  # the browser left the page
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(names: list[str], me: dict[str, Any] | None) -> Iterator[str]:
    """Serve the page on a free port; gives its address."""
    handler = type("Handler", (_Handler,), {"names": names, "me": me})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
