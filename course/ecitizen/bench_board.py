"""The live board with a class at work: how soon a press stands on it, and what it costs the server and the page.

Learners are connections and no browsers, each with a kernel of its own; the board is a real page in Chromium beside a
plain listener that takes the times. A press goes the whole way: page, kernel, journal on the disk, board. Linux only.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import insert
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClosedError, websocket_connect

from ecitizen import bench
from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.register import people
from ecitizen.register.pins import hash_pin
from ecitizen.register.tables import ClassGroup, Learner, Person

PIN, STAFF_PIN, GROUP = "4821", "314159", "w10"
PATIENCE_S = 300.0
PRESS_EVERY_S = 3.0
SETTLE_S = 3.0
CONTROL = "jupyter.widget.control"

_KERNEL = re.compile(r'id="kernel">\{"id": "([0-9a-f-]{36})"')


@dataclass(slots=True)
class Window:
    """What some seconds of a lesson took."""

    seconds: float
    presses: int = 0
    lost: int = 0
    """Lines that broke and were opened again, as a page does."""

    late_ms: list[float] = field(default_factory=list)
    """From a press to the board, a press; empty without a board."""

    server_s: float = 0.0
    """CPU of the server, without its kernels."""

    page_s: float = 0.0
    """CPU of the main thread of the board's page."""


def board(learners: int = 30, seconds: float = 30.0, seed: int = 7) -> dict[str, Any]:
    """Let a class work for a while without a board and with one; gives the document of ``bench.serve``.

    ``stock`` is None throughout: no stock tool has such a board. The server's share is the difference between the two.
    """
    from ecitizen.web.server import running

    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        folder = _class_of(Path(place) / "course", learners)
        # Expected, as a class is for which a lesson of the day was chosen.
        with running(folder, max_kernels=learners + 8, lesson=bench.LESSON, learners=learners) as server:
            quiet, watched = asyncio.run(_lesson(server.url, server.process.pid, learners, seconds, seed))
    shares = {
        "press to board, median": ("ms", statistics.median(watched.late_ms)),
        "press to board, 95th percentile": ("ms", statistics.quantiles(watched.late_ms, n=20)[-1]),
        "press to board, longest": ("ms", max(watched.late_ms)),
        "board, server": ("% of a core", 100 * (watched.server_s - quiet.server_s) / seconds),
        "board, page": ("% of a core", 100 * watched.page_s / seconds),
        "server without a board": ("% of a core", 100 * quiet.server_s / seconds),
    }
    load = round(os.getloadavg()[0], 1)
    figures = [
        {"name": name, "unit": unit, "ours": round(value, 1), "stock": None, "ratio": None, "load": load}
        for name, (unit, value) in shares.items()
    ]
    sizes = {"learners": learners, "seconds": seconds, "presses": watched.presses, "lost": quiet.lost + watched.lost}
    return {"what": "board", "machine": bench.machine(), "rounds": 1, **sizes, "figures": figures}


def _class_of(path: Path, learners: int) -> CourseFolder:
    folder = CourseFolder.create(path)
    engine = open_engine(folder.database_url)
    for room in ("journal", "register"):
        upgrade(engine, room)
    people.add_site(engine, "main", "Центральная", date(2020, 1, 1))
    hashed, numbers = hash_pin(PIN), range(101, 101 + learners)
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code=GROUP, name="Среда", site="main"))
        connection.execute(
            insert(Person),
            [{"number": n, "surname": f"Ученик-{n}", "given": "Анна", "patronymic": ""} for n in numbers],
        )
        shared = {"site": "main", "group_code": GROUP, "pin_hash": hashed}
        connection.execute(insert(Learner), [{"number": n, "seat": str(n - 100), **shared} for n in numbers])
    people.add_instructor(engine, "Ведущая", STAFF_PIN)
    engine.dispose()
    return folder


async def _lesson(url: str, pid: int, learners: int, seconds: float, seed: int) -> tuple[Window, Window]:
    http = AsyncHTTPClient(force_instance=True, max_clients=learners + 4, defaults={"request_timeout": PATIENCE_S})
    pupils = [Pupil(http, url, 101 + place) for place in range(learners)]
    for pupil in pupils:
        await pupil.open()
    await asyncio.sleep(SETTLE_S)
    rng = random.Random(seed)
    quiet = await _work(pupils, pid, seconds, rng)
    async with _listening(http, url, {str(pupil.card): pupil for pupil in pupils}), _page(url) as page:
        await asyncio.sleep(SETTLE_S)
        before_s = await page.busy_s()
        watched = await _work(pupils, pid, seconds, rng)
        await asyncio.sleep(1)
        watched.page_s = await page.busy_s() - before_s
    watched.late_ms = [late for pupil in pupils for late in pupil.late_ms]
    for pupil in pupils:
        pupil.socket.close()
    http.close()
    if not watched.late_ms:
        raise CourseError("bench", "на доске ничего не появилось", "Посмотрите сообщения сервера")
    return quiet, watched


async def _work(pupils: list[Pupil], pid: int, seconds: float, rng: random.Random) -> Window:
    window, before_s = Window(seconds), _cpu_s(pid)
    ends_s = time.monotonic() + seconds

    async def one(pupil: Pupil) -> None:
        await asyncio.sleep(rng.uniform(0, PRESS_EVERY_S))
        while time.monotonic() < ends_s:
            try:
                await pupil.press()
                window.presses += 1
            except WebSocketClosedError:
                window.lost += 1
                await pupil.open()
            await asyncio.sleep(rng.uniform(0.5, 1.5) * PRESS_EVERY_S)

    await asyncio.gather(*map(one, pupils))
    window.server_s = _cpu_s(pid) - before_s
    return window


class Pupil:
    """One learner's page, as a connection."""

    def __init__(self, http: AsyncHTTPClient, url: str, card: int) -> None:
        """Take the card; nothing is asked yet."""
        self.card = card
        self.late_ms: list[float] = []
        self._http, self._url = http, url
        self._pressed_s: float | None = None
        self._level = 0
        self._wanted: tuple[str, object, asyncio.Future[dict[str, Any]]] = "", None, asyncio.Future()

    async def open(self) -> None:
        """Log in, open the lesson and its websocket."""
        cookies = await _enter(self._http, self._url, "", {"card": str(self.card), "pin": PIN})
        kernel = await self._kernel(cookies)
        address = f"{self._url.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        self.socket = await websocket_connect(HTTPRequest(address, headers={"Cookie": cookies}))
        self._reading = asyncio.create_task(self._read())
        control = uuid.uuid4().hex
        opened = {"comm_id": control, "target_name": CONTROL, "data": {}}
        await self.socket.write_message(_message("comm_open", opened, version="1.0.0"))
        asked = {"comm_id": control, "data": {"method": "request_states"}}
        heard = asyncio.ensure_future(self._heard("method", "update_states"))
        await self.socket.write_message(_message("comm_msg", asked))
        states = (await heard)["states"]
        self._scale = next(model for model, one in states.items() if one["state"].get("kind") == "scale")

    async def _kernel(self, cookies: str) -> str:
        """Open the lesson, again as long as the server says that there is no room yet."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            page = (await _fetch(self._http, f"{self._url}lesson/{bench.LESSON}", cookies)).body.decode()
            if found := _KERNEL.search(page):
                return found[1]
            await asyncio.sleep(SETTLE_S)
        raise CourseError("bench", "страница без ядра", "Посмотрите сообщения сервера")

    async def press(self) -> None:
        """Press once, and wait until the page would show it."""
        self._level, key = self._level % 5 + 1, str(uuid.uuid4())
        content = {"key": key, "do": "rate", "level": self._level}
        if self._reading.done():
            raise WebSocketClosedError
        self._pressed_s = time.perf_counter()
        data = {"comm_id": self._scale, "data": {"method": "custom", "content": content}}
        heard = asyncio.ensure_future(self._heard("content", {"ack": key}))
        await asyncio.sleep(0)
        await self.socket.write_message(_message("comm_msg", data))
        await heard

    def stands_on_the_board(self) -> None:
        """Take the time of the last press."""
        if self._pressed_s is not None:
            self.late_ms.append(1000 * (time.perf_counter() - self._pressed_s))
            self._pressed_s = None

    async def _heard(self, name: str, wanted: object) -> dict[str, Any]:
        self._wanted = name, wanted, asyncio.get_running_loop().create_future()
        async with asyncio.timeout(PATIENCE_S):
            return dict(await self._wanted[2])

    async def _read(self) -> None:
        """Read everything: what lies unread would keep the server's pings waiting as well."""
        while (word := await self.socket.read_message()) is not None:
            data = json.loads(word)["content"].get("data", {}) if isinstance(word, str) else {}
            name, wanted, found = self._wanted
            if data.get(name) == wanted and not found.done():
                found.set_result(data)


@asynccontextmanager
async def _listening(http: AsyncHTTPClient, url: str, pupils: dict[str, Pupil]) -> AsyncIterator[None]:
    """Hear the board as its page does, and tell each pupil when its press has come."""
    cookies = await _enter(http, url, "instructor/login", {"pin": STAFF_PIN})
    rest = bytearray()

    def heard(chunk: bytes) -> None:
        rest.extend(chunk)
        while (end := rest.find(b"\n\n")) >= 0:
            event, rest[: end + 2] = rest[:end].decode(), b""
            if event.startswith("event: cards\n"):
                for key in json.loads(event.partition("data: ")[2]).keys() & pupils.keys():
                    pupils[key].stands_on_the_board()

    asked = HTTPRequest(
        f"{url}instructor/board/events?group={GROUP}",
        headers={"Cookie": cookies},
        streaming_callback=heard,
        request_timeout=0,
    )
    stream = asyncio.ensure_future(http.fetch(asked, raise_error=False))
    try:
        yield
    finally:
        stream.cancel()


class Page:
    """The board in a browser."""

    def __init__(self, session: Any) -> None:
        """Take a DevTools session of the page."""
        self._session = session

    async def busy_s(self) -> float:
        """Give the CPU seconds of the page's main thread so far."""
        metrics = (await self._session.send("Performance.getMetrics"))["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


@asynccontextmanager
async def _page(url: str) -> AsyncIterator[Page]:
    from playwright.async_api import async_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise CourseError("bench", "нет браузера Chromium", "Установите его из вашей системы")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=bench.ARGUMENTS)
        page = await browser.new_page(viewport={"width": 1366, "height": 768})
        await page.goto(f"{url}instructor/login")
        await page.fill("#pin", STAFF_PIN)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#board .pupil")
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        yield Page(session)
        await browser.close()


async def _enter(http: AsyncHTTPClient, url: str, path: str, form: dict[str, str]) -> str:
    """Begin a session; gives its cookies."""
    jar: SimpleCookie = SimpleCookie()

    def keep(answer: HTTPResponse) -> str:
        for cookie in answer.headers.get_list("Set-Cookie"):
            jar.load(cookie)
        return "; ".join(f"{name}={one.value}" for name, one in jar.items())

    cookies = keep(await _fetch(http, f"{url}{path}"))
    return keep(await _fetch(http, f"{url}{path}", cookies, form | {"_xsrf": jar["_xsrf"].value}))


async def _fetch(
    http: AsyncHTTPClient, address: str, cookies: str = "", form: dict[str, str] | None = None
) -> HTTPResponse:
    body = None if form is None else urlencode(form)
    method = "GET" if form is None else "POST"
    asked = HTTPRequest(address, method=method, body=body, headers={"Cookie": cookies}, follow_redirects=False)
    return await http.fetch(asked, raise_error=False)


def _message(kind: str, content: dict[str, Any], **metadata: str) -> str:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "bench", "version": "5.3"}
    parts = {"header": header, "parent_header": {}, "metadata": metadata, "content": content, "buffers": []}
    return json.dumps({"channel": "shell"} | parts)


def _cpu_s(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:13])) / os.sysconf("SC_CLK_TCK")
