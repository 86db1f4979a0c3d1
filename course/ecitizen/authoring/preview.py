"""A look at one scenario while it is being written: the page of the learner, opened anew at every save.

A small server on this machine only. The page asks for ``/stamp`` again and again and reloads when the file has
changed; what was pressed is replayed on the new file, so that the author stays where he was.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from ecitizen import content
from ecitizen.content.checks import facts, practice
from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding, from_error
from ecitizen.content.loading import load_model
from ecitizen.errors import ContentError, CourseError
from ecitizen.practice.flow import MODES, Mode
from ecitizen.practice.machine import Run, State
from ecitizen.practice.persona import Persona
from ecitizen.practice.refusal import Refused
from ecitizen.practice.rubric import Rubric, feedback
from ecitizen.practice.scenario import Scenario
from ecitizen.practice.seeds import seed_of
from ecitizen.widgets.practice import Practice

HOST = "127.0.0.1"
LONGEST_MESSAGE = 100_000
"""Bytes of one message; the browser's longest is far below."""

MOST_VARIANTS = 999
TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".html": "text/html"}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the author looks at."""

    task: str
    """Id of the task; an unknown one stands for the first."""
    mode: Mode
    variant: int
    """From 1; another one draws other records and another one-time code."""

    @classmethod
    def of(cls, query: str) -> Choice:
        """Read it from the query of an address; what makes no sense there counts as left out."""
        words = {name: values[-1] for name, values in parse_qs(query).items()}
        mode = next((mode for mode in MODES if mode == words.get("mode")), MODES[-1])
        number = words.get("variant", "")
        known = number.isascii() and number.isdigit() and 1 <= int(number[:6]) <= MOST_VARIANTS
        return cls(words.get("task", ""), mode, int(number) if known else 1)

    def query(self) -> str:
        """Give the query of its address."""
        return urlencode({"task": self.task, "mode": self.mode, "variant": self.variant})


class Preview:
    """One scenario file and what was pressed on it; knows nothing of HTTP."""

    def __init__(self, path: Path) -> None:
        """Look at a file, in a content tree or anywhere else; it need not be right, nor there yet."""
        self.path = path.resolve()
        self._root = _root_of(self.path)
        self._pressed: dict[Choice, list[dict[str, Any]]] = {}
        self._loaded: tuple[str, _Loaded] | None = None

    def stamp(self) -> str:
        """Give a word that changes when the file does, or the people and points beside it."""
        beside = [content.folder("widgets", self._root) / "personas.yaml", self._rubric_path()]
        return "-".join(_stamp(path) for path in (self.path, *beside))

    def faults(self) -> list[str]:
        """Give the lines that ``ecitizen check`` would print about the file."""
        return [str(finding) for finding in self._now().findings]

    def page(self, choice: Choice) -> str:
        """Draw the page: links to tasks and modes, the faults, and the portal as far as it can be played."""
        stamp, now = self.stamp(), self._now()
        choice = now.known(choice)
        return _environment().get_template("preview.html.j2").render(
            path=self.path,
            title=now.scenario.title if now.scenario else self.path.name,
            tasks=[(task.title, replace(choice, task=task.id)) for task in now.scenario.tasks] if now.scenario else [],
            modes=[replace(choice, mode=mode) for mode in MODES],
            other=replace(choice, variant=choice.variant % MOST_VARIANTS + 1),
            choice=choice,
            faults=now.findings,
            known={"stamp": stamp, "query": choice.query(), "model": self._model(now, choice)},
        )  # fmt: skip

    def send(self, choice: Choice, message: object) -> dict[str, Any]:
        """Answer a message of the page as the kernel of a lesson does; gives ``reply`` and, if it went well, ``view``.

        Nothing is kept on the disk.
        """
        now = self._now()
        choice = now.known(choice)
        key = message.get("key") if isinstance(message, dict) else None
        try:
            if not isinstance(message, dict) or now.persona is None or now.scenario is None:
                raise Refused(str(self.path), "сейчас сценарий не открыть", "Исправьте то, что названо над ним")
            body = {name: value for name, value in message.items() if name != "key"}
            return {"reply": {"ack": key}, "view": self._moved(now, choice, body)}
        except Refused as error:
            return {"reply": {"nack": key, "reason": "refused", "text": error.problem}}

    def _moved(self, now: _Loaded, choice: Choice, body: dict[str, Any]) -> dict[str, Any]:
        run, events = now.run(choice), self._pressed.get(choice, [])
        try:
            events = [] if body == {"do": "restart"} else [*events, run.judge(run.replay(events), body)]
            view = now.draw(run, run.replay(events), choice)
        except KeyError as error:
            # A faulty file names what it does not hold; the check's line about it stands over the page.
            raise Refused(str(self.path), f"в сценарии нет {error.args[0]!r}", "Исправьте сценарий") from error
        self._pressed[choice] = events
        return view

    def _model(self, now: _Loaded, choice: Choice) -> dict[str, Any] | None:
        """Give what the page would get from a kernel, or None if there is nothing to play."""
        if now.persona is None or now.scenario is None:
            return None
        run = now.run(choice)
        try:
            view = now.draw(run, run.replay(self._pressed.get(choice, [])), choice)
        except KeyError:
            return None  # the start itself is missing; a line of the check says so
        return {"view": view, "frames": _frames(run, choice.mode), "texts": now.texts}

    def _now(self) -> _Loaded:
        stamp = self.stamp()
        if self._loaded is None or self._loaded[0] != stamp:
            self._loaded = stamp, self._load()
        return self._loaded[1]

    def _load(self) -> _Loaded:
        found = Collection(self._root or content.folder("lessons").parent, date.today())
        stem = self.path.stem
        try:
            found.texts = content.texts(self._root)
            found.personas = content.personas(self._root)
            found.facts = content.facts(self._root)
            found.scenarios = {stem: load_model(self.path, Scenario)}
            if self._rubric_path().is_file():
                found.rubrics = {stem: load_model(self._rubric_path(), Rubric)}
        except CourseError as error:
            found.findings += from_error(error, found.root)
        found.findings += practice.look(found)
        # The fact register is looked at for what this scenario names, not for the rest of the course.
        place = f"widgets/scenarios/{stem}.yaml"
        found.findings += [finding for finding in facts.look(found) if finding.path == place]
        findings = [self._here(finding, place) for finding in found.findings]
        scenario = found.scenarios.get(stem)
        people = found.personas.personas if found.personas else ()
        persona = next((one for one in people if scenario and one.id == scenario.persona), None)
        return _Loaded(findings, scenario, persona, found.rubrics.get(stem), found.texts or {})

    def _here(self, finding: Finding, place: str) -> Finding:
        """Name the file where it really lies."""
        return replace(finding, path=self.path.as_posix()) if self._root is None and finding.path == place else finding

    def _rubric_path(self) -> Path:
        return content.folder("graders", self._root) / f"{self.path.stem}.yaml"


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A file as far as it can be read."""

    findings: list[Finding]
    scenario: Scenario | None
    persona: Persona | None
    rubric: Rubric | None
    texts: dict[str, Any]

    def known(self, choice: Choice) -> Choice:
        """Give the choice with a task that is there."""
        if self.scenario is None or choice.task in {task.id for task in self.scenario.tasks}:
            return choice
        return replace(choice, task=self.scenario.tasks[0].id)

    def run(self, choice: Choice) -> Run:
        assert self.scenario is not None
        assert self.persona is not None
        return Run(self.scenario, self.persona, choice.task, choice.mode, seed_of(1, choice.variant))

    def draw(self, run: Run, state: State, choice: Choice) -> dict[str, Any]:
        """Draw a state as the lesson page would, points included."""
        view = run.view(state)
        if state.finished and choice.mode == "solo" and self.rubric is not None:
            view["summary"] = feedback(self.rubric, choice.task, run.facts(state))
        return view


def preview(path: Path, port: int, ready: Callable[[str], None]) -> None:
    """Serve the preview of a scenario file on this machine until Ctrl+C; port 0 is any free one.

    ``ready`` is told the address. Raises ``CourseError`` if the port is taken.
    """
    server = make_server(Preview(path), port)
    ready(f"http://{HOST}:{server.server_address[1]}/")
    with suppress(KeyboardInterrupt), server:
        server.serve_forever(poll_interval=0.1)


def make_server(shown: Preview, port: int) -> ThreadingHTTPServer:
    """Bind the server; the caller runs and closes it."""
    handler = type("Handler", (_Handler,), {"shown": shown, "lock": threading.Lock()})
    try:
        return _Server((HOST, port), handler)
    except OSError as error:
        problem = f"порт {port} занят или закрыт ({error.strerror})"
        raise CourseError("просмотр сценария", problem, "Возьмите другой порт, например 0") from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Handler(BaseHTTPRequestHandler):
    """``/`` the page, ``/stamp``, ``/send`` (POST), ``/portal.js``, ``/portal.css`` and what they need."""

    shown: Preview
    lock: threading.Lock
    """One request at a time reads the file or moves the run."""

    def do_GET(self) -> None:
        """Give a page or a file."""
        address = urlsplit(self.path)
        if address.path == "/":
            with self.lock:
                page = self.shown.page(Choice.of(address.query))
            self._give(page.encode(), ".html")
        elif address.path == "/stamp":
            with self.lock:
                stamp = self.shown.stamp()
            self._give(stamp.encode(), ".txt")
        elif (file := _served(address.path.removeprefix("/"))) is not None:
            self._give(*file)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Take a message of the portal."""
        address = urlsplit(self.path)
        length = self.headers.get("Content-Length", "")
        # Only our own page may send JSON here: another site's would have to ask first, and is not answered.
        if address.path != "/send" or self.headers.get_content_type() != "application/json":
            return self.send_error(HTTPStatus.NOT_FOUND)
        if not (length.isascii() and length.isdigit()) or int(length) > LONGEST_MESSAGE:
            return self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            message = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            return self.send_error(HTTPStatus.BAD_REQUEST)
        with self.lock:
            answer = self.shown.send(Choice.of(address.query), message)
        return self._give(json.dumps(answer, ensure_ascii=False).encode(), ".json")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Say nothing: the terminal belongs to the author."""

    def _give(self, body: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{TYPES.get(kind, 'text/plain')}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with suppress(ConnectionError):  # the browser left the page
            self.wfile.write(body)


def _served(name: str) -> tuple[bytes, str] | None:
    """Give a file of the page with its kind: the portal's own two, ours, or one of the lesson page's."""
    portal = {"portal.js": Practice._esm, "portal.css": Practice._css}
    if name in portal:
        return portal[name].encode(), Path(name).suffix
    static = content.folder("widgets") / "template/voila/templates/ecitizen/static"
    known = {path.relative_to(static).as_posix(): path for path in static.rglob("*") if path.is_file()}
    known |= {own: Path(__file__).parent / "templates" / own for own in ("preview.css", "preview.js")}
    return (known[name].read_bytes(), known[name].suffix) if name in known else None


def _frames(run: Run, mode: Mode) -> list[dict[str, Any]]:
    """Give the golden path for the player of the show mode; nothing where the guide loses its way."""
    if mode != "show":
        return []
    try:
        frames = run.walk()
    except (ContentError, KeyError):
        return []  # a line of the check says where
    return [
        {"view": frame.view, "caption": frame.caption, "control": frame.control, "fill": dict(frame.fill)}
        for frame in frames
    ]


def _root_of(path: Path) -> Path | None:
    """Give the content root that a scenario lies in, or None if it lies elsewhere."""
    root = path.parents[2] if len(path.parents) > 2 else path.parent
    inside = path.parent == root / "widgets" / "scenarios" and (root / "lessons" / "toc.yaml").is_file()
    return root if inside else None


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "0"
    return f"{status.st_mtime_ns:x}.{status.st_size:x}"


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("ecitizen.authoring"), autoescape=True, undefined=StrictUndefined)
