"""The live board with a class at work: how soon a press is painted on it, and what it costs the server and the page.

Learners are connections and no browsers, each with a kernel of its own; the board is a real page in Chromium that takes
the times itself. A press goes the whole way: page, kernel, journal on the disk, board, screen. The class is announced
at the desk as a real one is, and waits as its waiting pages say. Linux only.
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
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import insert
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClosedError, websocket_connect

from ecitizen import bench
from ecitizen.bench_class import descendants
from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.register import people
from ecitizen.register.pins import hash_pin
from ecitizen.register.tables import ClassGroup, Learner, Person

PIN, STAFF_PIN, GROUP = "4821", "314159", "w10"
READY_S = 180.0
"""How long the kernels of a class may take; who finds none ready afterwards waits on the waiting page."""

OPEN_S = 180.0
PRESS_S = 30.0
"""How long an answer to one press may take."""

PRESS_EVERY_S = 3.0
SETTLE_S = 3.0
PAINT_S = 2.0
TELL_S = 10.0
AT_ONCE = 4
"""Pages that open at the same moment."""

STEPS: Final = 6
"""So many steps of the lesson are turned to and fro: each turn is seen on the board."""

CONTROL = "jupyter.widget.control"

PROBE = (Path(__file__).parent / "bench_board.js").read_text(encoding="utf-8")
"""Notes in the page what the board touches and when that is painted; see there for the shape."""

Say = Callable[[str], None]

_KERNEL = re.compile(r'id="kernel">\{"id": "([0-9a-f-]{36})"')


@dataclass(slots=True)
class Window:
    """What some seconds of a lesson took."""

    seconds: float
    presses: int = 0
    lost: int = 0
    """Lines that broke and were opened again, as a page does."""

    server_s: float = 0.0
    """CPU of the server, without its kernels."""

    pressed: list[tuple[str, int, float]] = field(default_factory=list)
    """Card, step and moment of each press, in seconds since the epoch."""


@dataclass(slots=True)
class Painting:
    """What the page of the board did meanwhile."""

    painted: list[tuple[str, int, float]] = field(default_factory=list)
    """Card, step that stands on it, and moment, whenever a card has changed."""

    touched: dict[str, float] = field(default_factory=dict)
    """Counts of the probe."""

    main_s: float = 0.0
    """CPU of the page's main thread."""

    browser_s: float = 0.0
    """CPU of all processes of the browser."""


def board(learners: int = 30, seconds: float = 30.0, seed: int = 7, say: Say = lambda _text: None) -> dict[str, Any]:
    """Let a class work without a board, with one and without again; gives the document of ``bench.serve``.

    ``stock`` is None throughout: no stock tool has such a board. The server's share is the difference between the two.
    ``say`` is told what is being waited for. A class that doesn't come to work in time is a ``CourseError``.
    """
    from ecitizen.web.server import running

    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        folder = _class_of(Path(place) / "course", learners)
        with running(folder, max_kernels=learners + 8) as server:
            lesson = Lesson(server.url, server.process.pid, learners, seconds, seed, say)
            quiet, watched, painting = asyncio.run(lesson.held())
    late = _late_ms(watched.pressed, painting.painted)
    if len(late) < 2:
        raise CourseError("bench", "на доске ничего не появилось", "Посмотрите сообщения сервера")
    touched = painting.touched
    shares = {
        "press to painted board, median": ("ms", statistics.median(late)),
        "press to painted board, 95th percentile": ("ms", statistics.quantiles(late, n=20)[-1]),
        "press to painted board, longest": ("ms", max(late)),
        "board, server": ("% of a core", 100 * (watched.server_s - quiet.server_s) / seconds),
        "board, page": ("% of a core", 100 * painting.main_s / seconds),
        "board, whole browser": ("% of a core", 100 * painting.browser_s / seconds),
        "server without a board": ("% of a core", 100 * quiet.server_s / seconds),
        "nodes added or removed, a press": ("nodes", (touched["added"] + touched["removed"]) / watched.presses),
        "values changed, a press": ("values", touched["changed"] / watched.presses),
        "values written though the same": ("values", touched["idle"]),
        "layout shifts": ("score", touched["shifts"]),
    }
    load = round(os.getloadavg()[0], 1)
    figures = [
        {"name": name, "unit": unit, "ours": round(value, 2), "stock": None, "ratio": None, "load": load}
        for name, (unit, value) in shares.items()
    ]
    counts = {"presses": watched.presses, "painted": len(late), "lost": quiet.lost + watched.lost}
    sizes = {"learners": learners, "seconds": seconds, **counts}
    return {"what": "board", "machine": bench.machine(), "rounds": 1, **sizes, "figures": figures}


def _late_ms(pressed: list[tuple[str, int, float]], painted: list[tuple[str, int, float]]) -> list[float]:
    """Give the milliseconds from each press to the first paint of its card that shows it; none for one never seen."""
    late = []
    for card, step, pressed_s in pressed:
        seen = (at_s for other, shown, at_s in painted if (other, shown) == (card, step) and at_s >= pressed_s)
        at_s = next(seen, None)
        if at_s is not None:
            late.append(1000 * (at_s - pressed_s))
    return late


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


class Lesson:
    """One class from its announcement to its end."""

    def __init__(self, url: str, pid: int, learners: int, seconds: float, seed: int, say: Say) -> None:
        """Take the server's address and process."""
        self._url, self._pid, self._learners = url, pid, learners
        self._seconds, self._seed, self._say = seconds, seed, say

    async def held(self) -> tuple[Window, Window, Painting]:
        """Give the windows without and with a board, and what the board did."""
        http = AsyncHTTPClient(force_instance=True, max_clients=self._learners + 4)
        patience_s = READY_S + OPEN_S + 2 * self._seconds + 4 * PRESS_S
        pupils = [Pupil(http, self._url, 101 + place) for place in range(self._learners)]
        try:
            async with asyncio.timeout(patience_s):
                await self._announced(http)
                await self._opened(pupils)
                return await self._measured(pupils)
        except TimeoutError as error:
            opened = sum(pupil.kernel != "" for pupil in pupils)
            problem = f"занятие не кончилось за {patience_s:.0f} с, уроков открыто {opened} из {self._learners}"
            raise CourseError("bench", problem, "Попросите меньше учеников или освободите машину") from error
        finally:
            for pupil in pupils:
                pupil.close()
            http.close()

    async def _announced(self, http: AsyncHTTPClient) -> None:
        """Choose the lesson at the desk, and wait until a kernel stands ready for everybody."""
        cookies, xsrf = await _enter(http, self._url, "instructor/login", {"pin": STAFF_PIN})
        form = {"_xsrf": xsrf, "group": GROUP, "lesson": bench.LESSON, "day": date.today().isoformat()}
        answer = await _fetch(http, f"{self._url}instructor/lesson", cookies, form)
        if answer.code != 303 or "session=" not in answer.headers.get("Location", ""):
            raise CourseError("bench", f"занятие не началось, ответ {answer.code}", "Посмотрите сообщения сервера")
        begun_s = told_s = time.monotonic()
        # The server's children are the kernels and what they are forked from.
        while (ready := len(descendants(self._pid)) - 1) < self._learners and time.monotonic() < begun_s + READY_S:
            if time.monotonic() > told_s + TELL_S:
                told_s = time.monotonic()
                self._say(f"Готово ядер: {max(0, ready)} из {self._learners}")
            await asyncio.sleep(1)
        await asyncio.sleep(SETTLE_S)

    async def _opened(self, pupils: list[Pupil]) -> None:
        door = asyncio.Semaphore(AT_ONCE)

        async def one(pupil: Pupil) -> None:
            async with door:
                await pupil.open()

        begun_s = time.monotonic()
        await asyncio.gather(*map(one, pupils))
        self._say(f"Уроки открыты у {len(pupils)} за {time.monotonic() - begun_s:.0f} с")
        await asyncio.sleep(SETTLE_S)

    async def _measured(self, pupils: list[Pupil]) -> tuple[Window, Window, Painting]:
        # Halves before and after, so that whatever gets slower or faster with time does so for both.
        quiet = await self._work(pupils, self._seconds / 2, "без доски")
        async with _page(self._url) as page:
            await asyncio.sleep(SETTLE_S)
            await page.begin()
            watched = await self._work(pupils, self._seconds, "с доской")
            await asyncio.sleep(PAINT_S)
            painting = await page.end()
        again = await self._work(pupils, self._seconds / 2, "без доски")
        both = Window(self._seconds, quiet.presses + again.presses, quiet.lost + again.lost)
        both.server_s = quiet.server_s + again.server_s
        return both, watched, painting

    async def _work(self, pupils: list[Pupil], seconds: float, how: str) -> Window:
        self._say(f"Занятие {how}: {seconds:.0f} с")
        window, before_s = Window(seconds), _cpu_s(self._pid)
        rng, ends_s = random.Random(self._seed), time.monotonic() + seconds

        async def one(pupil: Pupil, chance: random.Random) -> None:
            await asyncio.sleep(chance.uniform(0, PRESS_EVERY_S))
            while time.monotonic() < ends_s:
                try:
                    window.pressed.append((str(pupil.card), *await pupil.press()))
                    window.presses += 1
                except WebSocketClosedError:
                    window.lost += 1
                    await pupil.open()
                await asyncio.sleep(chance.uniform(0.5, 1.5) * PRESS_EVERY_S)

        await asyncio.gather(*(one(pupil, random.Random(rng.random())) for pupil in pupils))
        window.server_s = _cpu_s(self._pid) - before_s
        return window


class Pupil:
    """One learner's page, as a connection."""

    def __init__(self, http: AsyncHTTPClient, url: str, card: int) -> None:
        """Take the card; nothing is asked yet."""
        self.card, self.kernel = card, ""
        self._http, self._url, self._cookies = http, url, ""
        self._step, self._frame = 1, ""
        self._socket: Any = None
        self._wanted: tuple[str, object, asyncio.Future[dict[str, Any]]] = "", None, asyncio.Future()

    async def open(self) -> None:
        """Log in unless that is done, open the lesson and its websocket, and get to know the page's frame."""
        if not self._cookies:
            self._cookies, _ = await _enter(self._http, self._url, "", {"card": str(self.card), "pin": PIN})
        self.kernel = await self._opened()
        address = (
            f"{self._url.replace('http', 'ws', 1)}api/kernels/{self.kernel}/channels?session_id={uuid.uuid4().hex}"
        )
        self.close()
        self._socket = await websocket_connect(HTTPRequest(address, headers={"Cookie": self._cookies}))
        self._reading = asyncio.create_task(self._read())
        control = uuid.uuid4().hex
        opened = {"comm_id": control, "target_name": CONTROL, "data": {}}
        await self._socket.write_message(_message("comm_open", opened, version="1.0.0"))
        asked = {"comm_id": control, "data": {"method": "request_states"}}
        states = (await self._told(_message("comm_msg", asked), "method", "update_states"))["states"]
        self._frame = next(model for model, one in states.items() if one["state"].get("kind") == "lesson")

    async def _opened(self) -> str:
        """Open the lesson; a page that says to wait is asked for again when it says."""
        async with asyncio.timeout(OPEN_S):
            while True:
                answer = await _fetch(self._http, f"{self._url}lesson/{bench.LESSON}", self._cookies)
                if found := _KERNEL.search(answer.body.decode()):
                    return found[1]
                await asyncio.sleep(float(answer.headers.get("Retry-After", SETTLE_S)))

    async def press(self) -> tuple[int, float]:
        """Turn to another step and wait until the page would show it; gives the step and when it was pressed."""
        if self._reading.done():
            raise WebSocketClosedError
        self._step, key = self._step % STEPS + 1, str(uuid.uuid4())
        content = {"key": key, "do": "step", "step": self._step}
        data = {"comm_id": self._frame, "data": {"method": "custom", "content": content}}
        pressed_s = time.time()
        await self._told(_message("comm_msg", data), "content", {"ack": key})
        return self._step, pressed_s

    def close(self) -> None:
        """Close the websocket, if there is one."""
        if self._socket is not None:
            self._socket.close()

    async def _told(self, message: str, name: str, wanted: object) -> dict[str, Any]:
        """Send a message and wait for what is wanted."""
        heard: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._wanted = name, wanted, heard
        await self._socket.write_message(message)
        async with asyncio.timeout(PRESS_S):
            return dict(await heard)

    async def _read(self) -> None:
        """Read everything: what lies unread would keep the server's pings waiting as well."""
        while (word := await self._socket.read_message()) is not None:
            data = json.loads(word)["content"].get("data", {}) if isinstance(word, str) else {}
            name, wanted, found = self._wanted
            if data.get(name) == wanted and not found.done():
                found.set_result(data)
        if not self._wanted[2].done():
            self._wanted[2].set_exception(WebSocketClosedError())


class Page:
    """The board in a browser."""

    def __init__(self, page: Any, session: Any, browser: Any) -> None:
        """Take a page with its DevTools session, and that of the browser."""
        self._page, self._session, self._browser = page, session, browser
        self._before = 0.0, 0.0

    async def begin(self) -> None:
        """Count from now on."""
        await self._page.evaluate(PROBE)
        self._before = await self._cpu_s()

    async def end(self) -> Painting:
        """Give what was counted."""
        (main_s, browser_s), before = await self._cpu_s(), self._before
        noted = await self._page.evaluate("probe")
        painted = [(card, step, at_ms / 1000) for card, step, at_ms in noted.pop("painted")]
        return Painting(painted, noted, main_s - before[0], browser_s - before[1])

    async def _cpu_s(self) -> tuple[float, float]:
        metrics = (await self._session.send("Performance.getMetrics"))["metrics"]
        processes = (await self._browser.send("SystemInfo.getProcessInfo"))["processInfo"]
        main_s = next(one["value"] for one in metrics if one["name"] == "TaskDuration")
        return float(main_s), sum(float(one["cpuTime"]) for one in processes)


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
        # By the thread's own clock: what waits for other work of the machine costs nothing.
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        yield Page(page, session, await browser.new_browser_cdp_session())
        await browser.close()


async def _enter(http: AsyncHTTPClient, url: str, path: str, form: dict[str, str]) -> tuple[str, str]:
    """Begin a session; gives its cookies and the token for forms."""
    jar: SimpleCookie = SimpleCookie()

    def keep(answer: HTTPResponse) -> str:
        for cookie in answer.headers.get_list("Set-Cookie"):
            jar.load(cookie)
        return "; ".join(f"{name}={one.value}" for name, one in jar.items())

    cookies = keep(await _fetch(http, f"{url}{path}"))
    cookies = keep(await _fetch(http, f"{url}{path}", cookies, form | {"_xsrf": jar["_xsrf"].value}))
    return cookies, jar["_xsrf"].value


async def _fetch(
    http: AsyncHTTPClient, address: str, cookies: str = "", form: dict[str, str] | None = None
) -> HTTPResponse:
    body = None if form is None else urlencode(form)
    method = "GET" if form is None else "POST"
    headers = {"Cookie": cookies}
    asked = HTTPRequest(
        address, method=method, body=body, headers=headers, follow_redirects=False, request_timeout=OPEN_S
    )
    return await http.fetch(asked, raise_error=False)


def _message(kind: str, content: dict[str, Any], **metadata: str) -> str:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "bench", "version": "5.3"}
    parts = {"header": header, "parent_header": {}, "metadata": metadata, "content": content, "buffers": []}
    return json.dumps({"channel": "shell"} | parts)


def _cpu_s(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, stat[11:13])) / os.sysconf("SC_CLK_TCK")
