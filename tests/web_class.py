"""A small class for the tests of the server: a course folder, a course with a tell-tale notebook, and a browser."""

from __future__ import annotations

import asyncio
import datetime as dt
import http.cookiejar
import json
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from sqlalchemy import insert
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.register import people
from ecitizen.register.pins import hash_pin
from ecitizen.register.tables import ClassGroup, Learner, Person

ROOT = Path(__file__).parents[1]
LESSON = "01-gosuslugi"
PINS = {101: "4821", 102: "7395", 103: "5208"}
NAMES = {101: ("Ёлкина", "Анна", "Петровна"), 102: ("Ершов", "Борис", "Лукич"), 103: ("Жукова", "Зоя", "Ильинична")}
INSTRUCTOR_PIN = "314159"
SECRET = "must-not-reach-a-kernel"

TELL_TALE = """
import json, os, pathlib
ipywidgets = __import__("ipywidgets")  # unseen by the page, which stays ours
pathlib.Path(f"environment-{os.getpid()}.json").write_text(json.dumps(dict(os.environ)))
@get_ipython().kernel.when_bound
def _bound(binding):
    pathlib.Path(f"binding-{os.getpid()}.json").write_text(json.dumps(dict(binding)))
button = ipywidgets.Button(description="fails")
@button.on_click
def _fail(_button):
    pathlib.Path("clicked").touch()
    raise RuntimeError("inside of the kernel")
button
"""
"""A lesson that writes its environment and its binding beside itself and has a button whose handler fails."""


def course_folder(path: Path) -> CourseFolder:
    """Make a folder with three learners of one group and an instructor."""
    folder = CourseFolder.create(path, "Библиотека <Чтение>")
    engine = open_engine(folder.database_url)
    for room in ("journal", "register"):
        upgrade(engine, room)
    people.add_site(engine, "main", "Центральная", dt.date(2020, 1, 1))
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code="w10", name="Среда, 10:00", site="main"))
        for number, pin in PINS.items():
            surname, given, patronymic = NAMES[number]
            values = {"number": number, "surname": surname, "given": given, "patronymic": patronymic}
            connection.execute(insert(Person).values(**values))
            hashed, seat = hash_pin(pin), "7" if number == 101 else None
            connection.execute(
                insert(Learner).values(number=number, site="main", group_code="w10", pin_hash=hashed, seat=seat)
            )
    people.add_instructor(engine, "Ирина", INSTRUCTOR_PIN)
    engine.dispose()
    return folder


def tell_tale_course(root: Path) -> Path:
    """Make a content root like the real one, with the tell-tale notebook as its lesson."""
    for kind in ("quizzes", "graders", "widgets", "lessons"):
        shutil.copytree(ROOT / kind, root / kind)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(TELL_TALE)])
    nbformat.write(notebook, root / "lessons" / f"{LESSON}.ipynb")
    return root


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def place(self) -> str:
        """Where a redirect leads."""
        return str(self.headers.get("Location", ""))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


@dataclass(slots=True)
class Browser:
    """Keeps cookies, follows no redirect, sends the xsrf token only if asked to."""

    url: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies, _NoRedirect)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, body, named, method=method)
        try:
            with opener.open(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, **fields: str) -> Answer:
        form = urllib.parse.urlencode({"_xsrf": self.xsrf(), **fields}).encode()
        return self.ask("POST", path, form)

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self.jar if cookie.name == name), "")

    def xsrf(self) -> str:
        if not self.cookie("_xsrf"):
            self.get("?card=1")
        return self.cookie("_xsrf")

    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)

    def log_in(self, card: int, pin: str | None = None) -> Answer:
        return self.post("", card=str(card), pin=PINS[card] if pin is None else pin)

    def as_learner(self, card: int) -> Browser:
        assert self.log_in(card).place == "/lessons"
        return self

    def as_guest(self) -> Browser:
        assert self.post("guest").place == "/lessons"
        return self

    def as_instructor(self) -> Browser:
        assert self.post("instructor/login", pin=INSTRUCTOR_PIN).place == "/instructor"
        return self

    def open_lesson(self, lesson: str = LESSON) -> str:
        """Open a lesson and give the id of its kernel."""
        page = self.get(f"lesson/{lesson}")
        assert page.status == 200, page.text
        found = re.search(r'"(?:id|kernelId)": "(\w+-\w+-\w+-\w+-\w+)"', page.text)
        assert found, page.text
        return found[1]

    def me(self) -> dict[str, Any]:
        return dict(json.loads(self.get("me").body))


def message(kind: str, content: dict[str, Any] | None = None, channel: str = "shell") -> str:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "s", "version": "5.3"}
    parts = {"header": header, "parent_header": {}, "metadata": {}, "content": content or {}, "buffers": []}
    return json.dumps({"channel": channel} | parts)


def converse(browser: Browser, kernel: str, *messages: str, quiet_s: float = 1.5) -> list[dict[str, Any]]:
    """Say something on the websocket and give everything that comes back until it is quiet."""

    async def run() -> list[dict[str, Any]]:
        address = browser.url.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        socket = await websocket_connect(HTTPRequest(address, headers={"Cookie": browser.cookies()}))
        heard = []
        for one in messages:
            await socket.write_message(one)
        try:
            while (word := await asyncio.wait_for(socket.read_message(), quiet_s)) is not None:
                heard.append(json.loads(word))
        except TimeoutError:
            pass
        socket.close()
        # Until the server's goodbye: a socket that is only half closed warns when it is thrown away.
        while await socket.read_message() is not None:
            pass
        return heard

    return asyncio.run(run())


def soon(true: Callable[[], bool], seconds: float = 10) -> bool:
    deadline_s = time.monotonic() + seconds
    while time.monotonic() < deadline_s:
        if true():
            return True
        time.sleep(0.1)
    return False
