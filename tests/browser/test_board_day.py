"""A board that stands open for a day: as many presses, beats and new lines as in 24 hours, on one page and one server.

Three classes of 90 minutes a day with 30 learners who press every 3 s; the server beats every 15 s and asks a page to
come again every quarter of an hour. Time runs fast: what is told is as much, only sooner. At noon the server is started
anew, twice the network is cut, and in the evening the session ends.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect
from sqlalchemy import insert

from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.register import people
from ecitizen.register.pins import hash_pin
from ecitizen.register.tables import ClassGroup, Learner, Person

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

PIN, CARDS = "314159", list(range(101, 131))
CLASSES, CLASS_S, PRESS_S = 3, 90 * 60, 3
PRESSES = CLASSES * CLASS_S // PRESS_S * len(CARDS)
BEATS, LINES = 24 * 3600 // 15, 24 * 4
FAST = {"beat_s": 0.4, "lasts_s": 5.0, "again_ms": 50, "presses": PRESSES // 2, "beats": BEATS // 2, "cards": CARDS}
TOLD = 0.5
"""Of the presses that stand on the board by a piece of their own; the rest came while the whole was drawn."""

WARM = 1 / 3
"""Of half a day: by then everything has been used, and what grows later is a leak."""

ROOM = {"nodes": 50, "listeners": 10, "heap MB": 1, "files": 10, "server MB": 10, "tasks": 5, "ears": 1}
"""What may come and go between two looks."""

PATIENCE_S = 300

COUNTED = """() => {
  window.counted = { boards: 0, cards: 0, lines: 0 };
  const Real = window.EventSource;
  window.EventSource = class extends Real {
    constructor(address) {
      super(address);
      this.addEventListener("open", () => (window.counted.lines += 1));
      this.addEventListener("board", () => (window.counted.boards += 1));
      this.addEventListener("cards", (event) => (window.counted.cards += Object.keys(JSON.parse(event.data)).length));
    }
  };
}"""


@dataclass
class Server:
    """The server of half a day."""

    process: subprocess.Popen[str]
    lines: queue.Queue[dict[str, Any]]
    url: str

    def until(self, presses: int, *, done: bool = False) -> dict[str, Any]:
        """Wait until the class has pressed so often, or half the day is over; gives what the server says of itself."""
        while (told := self.lines.get(timeout=PATIENCE_S))["presses"] < presses or told["done"] < done:
            pass
        return told

    def kept(self) -> dict[str, float]:
        """Give memory in MB and open files of the process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        rss_kb = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return {"server MB": rss_kb / 1024, "files": len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))}


@contextmanager
def serving(data: Path, port: int) -> Iterator[Server]:
    """Start the server of ``fast_day``, and its class with it."""
    wanted = json.dumps({"data": str(data), "port": port, **FAST})
    command = [sys.executable, "-m", "tests.browser.fast_day", wanted]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    lines: queue.Queue[dict[str, Any]] = queue.Queue()

    def read() -> None:
        assert process.stdout is not None
        with process.stdout as said:
            for line in said:
                lines.put(json.loads(line))

    reading = threading.Thread(target=read)
    reading.start()
    try:
        yield Server(process, lines, lines.get(timeout=60)["url"])
    finally:
        process.terminate()
        process.wait(timeout=30)
        reading.join()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = CourseFolder.create(tmp_path / "course")
    engine = open_engine(folder.database_url)
    for room in ("journal", "register"):
        upgrade(engine, room)
    people.add_site(engine, "main", "Центральная", date(2020, 1, 1))
    pin = hash_pin("4821")
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code="w10", name="Среда", site="main"))
        for number in CARDS:
            name = {"surname": f"Ученик-{number}", "given": "Анна", "patronymic": ""}
            connection.execute(insert(Person).values(number=number, **name))
            shared = {"site": "main", "group_code": "w10", "pin_hash": pin}
            connection.execute(insert(Learner).values(number=number, seat=str(number - 100), **shared))
    people.add_instructor(engine, "Ведущая", PIN)
    engine.dispose()
    return folder.path


def kept_by(page: Page, session: CDPSession) -> dict[str, float]:
    """Give what the page holds once the garbage is gone."""
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    heap_mb = found["JSHeapUsedSize"] / 1e6
    return {"heap MB": heap_mb, "nodes": found["Nodes"], "listeners": found["JSEventListeners"]}


def test_a_day_leaves_nothing(chromium: Browser, data: Path) -> None:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page, port, noted = context.new_page(), 0, list[dict[str, float]]()
    page.add_init_script(f"({COUNTED})()")
    for half in ("morning", "afternoon"):
        with serving(data, port) as server:
            if half == "morning":
                port = int(server.url.rstrip("/").rpartition(":")[2])
                session = _to_the_board(page, server.url)
            expect(page.locator("#offline")).to_be_hidden(timeout=30_000)
            for done in (False, True):
                told = server.until(int(FAST["presses"] * WARM), done=done)
                expect(page.locator(".pupil").first).to_contain_text("подсказок", timeout=30_000)
                counted = page.evaluate("window.counted")
                noted.append({**kept_by(page, session), **server.kept(), **told, **counted})
                print(half, noted[-1])  # noqa: T201 - the figures of the day
                context.set_offline(not done)
                page.wait_for_timeout(1000)
                context.set_offline(False)
            if half == "afternoon":
                _leave(page, context.new_page(), server.url)
        if half == "morning":
            expect(page.locator("#offline")).to_be_visible(timeout=30_000)
            assert page.evaluate("window.same"), "the page was never opened anew"
    context.close()
    early, noon, _, night = noted
    assert noon["drawn"] + night["drawn"] >= BEATS
    assert night["lines"] >= LINES
    assert night["cards"] >= PRESSES * TOLD, night
    for name, room in ROOM.items():
        for before, after in ((early, noon), (early, night)):
            assert after[name] <= before[name] * 1.05 + room, (name, before, after)


def _to_the_board(page: Page, url: str) -> CDPSession:
    page.goto(f"{url}instructor/login")
    page.locator("#pin").fill(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#board .pupil")).to_have_count(len(CARDS))
    page.evaluate("window.same = true")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return session


def _leave(page: Page, other: Page, url: str) -> None:
    """End the session in another window: the board goes, with the names that stood on it."""
    other.goto(f"{url}instructor/people")
    other.get_by_role("button", name="Выйти").click()
    expect(page.locator("#pin")).to_be_visible(timeout=30_000)
    expect(page.locator(".pupil")).to_have_count(0)
