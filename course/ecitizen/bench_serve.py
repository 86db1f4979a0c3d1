"""One learner opens a lesson in a cold browser: ours, stock Voila, and the same content as a page that never changes.

The three are opened in turn, each through a wire of its own that counts the bytes. Ours has a kernel ready, as it has
in class: the learner has looked at the list of lessons for some seconds.
"""

from __future__ import annotations

import gzip
import re
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ecitizen import bench, content
from ecitizen.bench_wire import Wire

LOOKED_S = 4.0
"""How long the list of lessons is looked at."""

SETTLED_S = 1.0
"""After the answer, until the bytes are counted."""

FIGURES = {
    "painted_s": ("first text on the screen", "s"),
    "opened_s": ("first control on the screen", "s"),
    "answered_s": ("first answered press", "s"),
    "requests": ("requests, the websocket among them", "1"),
    "kb": ("received on the wire, headers included", "KB"),
}
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"

SNAPSHOT = """() => {
  const page = document.documentElement.cloneNode(true);
  page.querySelectorAll("script, link[rel=preload]").forEach((one) => one.remove());
  return "<!doctype html>" + page.outerHTML;
}"""
ANSWERS = """<script>
document.querySelector(".scale form").addEventListener("submit", (event) => {
  const told = document.createElement("p");
  told.className = "note good";
  told.textContent = "THANKS";
  event.preventDefault();
  event.target.querySelector("button").before(told);
});
</script></body>"""

Enter = Callable[[Any, str], str]
"""Begins a session in a page of the browser; gives the address of the lesson."""


def serve(rounds: int = 3) -> dict[str, Any]:
    """Open the lesson and answer its first question, on all three sides in turn.

    Gives ``{"what", "machine", "rounds", "figures": [{"name", "unit", "ours", "stock", "static", "ratio", "to_static",
    "load"}]}``; medians over the rounds, ``ratio`` is stock : ours and ``to_static`` ours : static.
    """
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as folder, ExitStack() as stack:
        browser = stack.enter_context(bench.chromium())
        ours = stack.enter_context(bench.class_server(Path(folder)))
        stock, _ = stack.enter_context(bench.stock_voila(Path(folder)))
        static = stack.enter_context(_unchanging(browser, ours))
        sides = [(_wired(stack, url), enter) for url, enter in ((ours, bench.as_guest), (stock, _at), (static, _at))]
        rows = [[_visit(browser, wire, enter) for wire, enter in sides] for _ in range(rounds)]
    figures = []
    for key, (name, unit) in FIGURES.items():
        mine, theirs, plain = ([row[side][key] for row in rows] for side in range(3))
        static_median = statistics.median(plain)
        more = {"static": round(static_median, 2), "to_static": round(statistics.median(mine) / static_median, 1)}
        figures.append(bench.figure(name, unit, mine, theirs) | more)
    return {"what": "serve", "machine": bench.machine(), "rounds": rounds, "figures": figures}


def _wired(stack: ExitStack, url: str) -> Wire:
    port = urlsplit(url).port
    assert port is not None
    return stack.enter_context(Wire(port))


def _at(_page: Any, url: str) -> str:
    return url


def _visit(browser: Any, wire: Wire, enter: Enter) -> dict[str, float]:
    url = f"http://127.0.0.1:{wire.port}/"
    entry = browser.new_context()
    address = enter(entry.new_page(), url)
    if address != url:
        time.sleep(LOOKED_S)
    # Another context with the session only: an empty cache, as on a PC where nobody has been.
    context = browser.new_context(viewport={"width": 1366, "height": 768}, storage_state=entry.storage_state())
    entry.close()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    before, begun = wire.received_bytes, time.perf_counter()
    page.goto(address)
    page.locator(".scale input").first.wait_for(timeout=bench.CLICK_MS)
    opened = time.perf_counter() - begun
    page.locator(".scale input").first.check()
    page.locator(".scale button").first.click()
    page.get_by_text(_thanks()).first.wait_for(timeout=bench.CLICK_MS)
    answered = time.perf_counter() - begun
    painted = float(page.evaluate(PAINTED))
    time.sleep(SETTLED_S)
    kb = (wire.received_bytes - before) / 1000
    context.close()
    requests = sum(not address.startswith(("data:", "blob:")) for address in asked)
    return {"painted_s": painted, "opened_s": opened, "answered_s": answered, "requests": requests, "kb": kb}


def _thanks() -> str:
    return str(content.texts()["scale"]["thanks"])


@contextmanager
def _unchanging(browser: Any, ours: str) -> Iterator[str]:
    """Serve what our lesson has on the screen as plain files, compressed where that helps; gives the address."""
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.goto(bench.as_guest(page, ours))
    page.locator("body[data-state=ready]").wait_for(state="attached", timeout=bench.CLICK_MS)
    html = str(page.evaluate(SNAPSHOT)).replace("</body>", ANSWERS.replace("THANKS", _thanks()))
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', html)
    assert style is not None, "the lesson page has a style"
    css = page.request.get(ours.rstrip("/") + style[1]).text()
    fonts = {urlsplit(found).path for found in re.findall(r"url\((fonts/[^)]+)\)", css)}
    files = {f"/course-static/{font}": page.request.get(f"{ours}course-static/{font}").body() for font in fonts}
    context.close()
    texts = {"/": html, style[1]: css}
    shown = {path: (gzip.compress(text.encode()), "gzip") for path, text in texts.items()}
    with _files(shown | {path: (body, "identity") for path, body in files.items()}) as url:
        yield url


@contextmanager
def _files(files: dict[str, tuple[bytes, str]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body, coding = files.get(self.path, (b"", "identity"))
            kinds = {".css": "text/css", ".woff2": "font/woff2"}
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kinds.get(Path(self.path).suffix, "text/html; charset=utf-8"))
            self.send_header("Content-Encoding", coding)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
