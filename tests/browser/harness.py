"""A lesson page without a kernel: the real template and widgets, with views out of ``states.yaml``.

``harness_kernel.js`` stands where ``kernel.js`` stands: it hands the canned views to the page, keeps what the widgets
send in ``window.sent`` and acknowledges it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jinja2
import nbformat
import yaml
from playwright.sync_api import Page

from ecitizen import content
from ecitizen.practice.machine import Run
from ecitizen.practice.persona import Personas
from ecitizen.practice.refusal import Refused
from ecitizen.practice.scenario import Mode, Scenario

HERE = Path(__file__).parent
WIDGETS = HERE.parents[1] / "widgets"
GOLDEN = HERE.parent / "golden"
TEMPLATE = WIDGETS / "template/voila/templates/ecitizen"
NOBODY = '<script type="application/json" id="me">null</script>'
VIEW = "application/vnd.jupyter.widget-view+json"
MOST_TABS = 200
TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2"}


def texts() -> dict[str, Any]:
    """Give the words of the browser side."""
    words: dict[str, Any] = yaml.safe_load((WIDGETS / "texts.yaml").read_text(encoding="utf-8"))
    return words


@cache
def states() -> dict[str, dict[str, Any]]:
    """Give the canned widgets by name: ``kind``, ``view`` and perhaps ``frames``.

    Those of ``states.yaml``, and ``town-*``: every screen of the sample scenario with all kinds of parts and fields, as
    the engine draws it.
    """
    canned: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "states.yaml").read_text(encoding="utf-8"))
    return canned | town()


def sample(task: str, mode: Mode = "solo", seed: int = 1) -> Run:
    """Begin a task of the sample scenario."""
    people = Personas.model_validate(yaml.safe_load((WIDGETS / "personas.yaml").read_text(encoding="utf-8")))
    text = (GOLDEN / "scenario-parts.yaml").read_text(encoding="utf-8")
    scenario = Scenario.model_validate(yaml.safe_load(text))
    return Run(scenario, people.get(scenario.persona), task, mode, seed)


def town() -> dict[str, dict[str, Any]]:
    """Walk the sample: each screen when it is first met, forms with their errors, the show and the helped mode."""
    drawn: dict[str, dict[str, Any]] = {}
    for task in ("visit", "pay"):
        run = sample(task)
        state = run.start()
        while (step := run.guide(state)) is not None:
            view = run.view(state)
            name = f"town-{view['screen']['id']}" + (
                "-push" if step.do == "reply" and not view["phone"]["call"] else ""
            )
            drawn.setdefault(name, {"kind": "practice", "view": view})
            if step.control in ("tell", "pay"):
                wrong = run.apply(state, run.judge(state, {"do": "press", "control": step.control, "fields": {}}))
                drawn.setdefault(f"{name}-empty", {"kind": "practice", "view": run.view(wrong)})
            state = run.apply(state, run.judge(state, step.message()))
        frames = [
            {"view": f.view, "caption": f.caption, "control": f.control, "fill": dict(f.fill)}
            for f in sample(task, "show").walk()
        ]
        drawn[f"town-show-{task}"] = {"kind": "practice", "view": frames[0]["view"], "frames": frames}
        for frame in sample(task, "together", seed=2).walk():
            if (screen := frame.view["screen"]["id"]) in ("about", "days"):
                drawn.setdefault(f"town-{screen}-together", {"kind": "practice", "view": frame.view})
    return drawn


def traits(widget: dict[str, Any]) -> dict[str, Any]:
    """Give what the kernel would sync for a canned widget."""
    kind = widget["kind"]
    return {"frames": [], **widget, "texts": texts(), "_esm": content.script(kind), "_css": content.style(kind)}


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


def lesson_page(names: list[str], me: dict[str, Any] | None) -> str:
    """Render the template of the lesson page as Voila does."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATE), extensions=["jinja2.ext.do"])
    environment.filters["markdown2html"] = lambda source: "".join(
        f"<h{line.count('#')}>{line.strip('# ')}</h{line.count('#')}>" if line.startswith("#") else f"<p>{line}</p>"
        for line in source.split("\n\n")
    )
    nb = notebook(names)
    page = environment.get_template("index.html.j2").render(
        nb=nb,
        resources={"base_url": "/", "metadata": {"name": "01-gosuslugi"}},
        static_url=lambda path: f"/static/{path}",
        kernel_start=lambda _: "kernel",
        cell_generator=lambda nb, _: nb.cells,
    )
    return page.replace(NOBODY, NOBODY.replace("null", json.dumps(me)))


class Game:
    """A task that the engine plays while the browser draws it."""

    def __init__(self, run: Run) -> None:
        self.run, self.state = run, run.start()
        self.events: list[dict[str, Any]] = []

    def widget(self, name: str) -> dict[str, Any]:
        """Give the traits that the page opens with."""
        return {"kind": "practice", "view": self.run.view(self.state), "live": name}

    def take(self, message: object) -> dict[str, Any]:
        """Answer a message of the page as the kernel would."""
        try:
            event = self.run.judge(self.state, message)
        except Refused as refused:
            return {"text": refused.problem}
        self.events.append(event)
        self.state = self.run.apply(self.state, event)
        return {"view": self.run.view(self.state)}


class Keys:
    """A learner who never touches the mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, css: str) -> None:
        """Press Tab until the element has the focus."""
        self.page.wait_for_selector(f"{css} >> visible=true")
        for _ in range(MOST_TABS):
            if self.page.locator(f"{css}:focus").count():
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{css} can't be reached by Tab")

    def press(self, css: str) -> None:
        """Press a button."""
        self.reach(css)
        self.page.keyboard.press("Enter")

    def fill(self, css: str, text: str) -> None:
        """Type into a field."""
        self.reach(css)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def pick(self, css: str) -> None:
        """Set a tick or a radio: Space on the first of the group, arrows to the right one."""
        box = self.page.locator(css)
        if box.get_attribute("type") == "checkbox":
            self.reach(css)
            self.page.keyboard.press("Space")
            return
        group = f'input[name="{box.get_attribute("name")}"]'
        self.reach(group)
        self.page.keyboard.press("Space")
        for _ in range(self.page.locator(group).count()):
            if box.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{css} can't be chosen by the arrow keys")


class Touch:
    """A learner who only touches; Playwright refuses to tap what is covered or outside the window."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, css: str) -> None:
        """Tap a button."""
        self.page.locator(css).tap()

    def fill(self, css: str, text: str) -> None:
        """Tap a field and type."""
        self.page.locator(css).tap()
        self.page.locator(css).fill(text)

    def pick(self, css: str) -> None:
        """Tap the line that the tick or the radio stands in."""
        self.page.locator(f".row:has({css})").tap()


def finish(page: Page, game: Game, hand: Keys | Touch) -> None:
    """Follow the guide to the end of the task with one hand, and check that the page and the engine agree."""
    while (step := game.run.guide(game.state)) is not None:
        fields = {field["id"]: field for field in _shown(game) if field["id"] in step.fill}
        for name, value in step.fill.items():
            kind = fields[name]["type"] if name in fields else "text"
            match kind:
                case "choice" | "file" | "checks":
                    for choice in value.split():
                        hand.pick(f'[data-id="{name}:{choice}"]')
                case "check":
                    if value == "true":
                        hand.pick(f'[data-id="{name}"]')
                case _:
                    hand.fill(f'[data-id="{name}"]', value)
        control = f'[data-id="{"ui:back" if step.do == "back" else step.control}"]'
        if not page.locator(control).count():  # a time of another day
            hand.press(f'[data-id="ui:day:{_day_of(game, step.control)}"]')
        count = len(game.events)
        hand.press(control)
        page.wait_for_function("!document.querySelector('.portal[aria-busy]')")
        assert len(game.events) == count + 1, (step.control, page.inner_text(".net"))
    assert game.state.finished


def _shown(game: Game) -> list[dict[str, Any]]:
    parts = game.run.view(game.state)["screen"]["parts"]
    return [field for part in parts for field in part.get("fields", [])]


def _day_of(game: Game, slot: str) -> str:
    parts = game.run.view(game.state)["screen"]["parts"]
    days = [day for part in parts for day in part.get("days", [])]
    return str(next(day["id"] for day in days if slot in [one["id"] for one in day["slots"]]))


class _Handler(BaseHTTPRequestHandler):
    names: list[str]
    me: dict[str, Any] | None
    games: dict[str, Game]

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        names = query.get("show", self.names)
        if path == "/":
            self._give(lesson_page(names, self.me), "text/html; charset=utf-8")
        elif path == "/canned.json":
            live = {name: game.widget(name) for name, game in self.games.items()}
            canned = {name: traits((states() | live)[name]) for name in [*names, "frame"]}
            self._give(json.dumps(canned), "application/json")
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
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        game = self.games.get(self.path.removeprefix("/play/"))
        self._give(json.dumps(game.take(json.loads(body)) if game else {}), "application/json")

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
def served(names: list[str], me: dict[str, Any] | None, games: dict[str, Game] | None = None) -> Iterator[str]:
    """Serve the page on a free port; gives its address. ``?show=name`` asks for those widgets only."""
    handler = type("Handler", (_Handler,), {"names": names, "me": me, "games": games or {}})
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
