"""A class at work: thirty learners press every three seconds, and one real browser among them measures what is painted.

Learners are connections and no browsers, as in ``chaos``; they go through the practice of lesson 01 on the golden path
and by hints. At the end the journal is compared, press by press, with what was acknowledged. Linux only.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient

from ecitizen import bench, content
from ecitizen.bench_class import descendants, pss_mb
from ecitizen.chaos.learner import LESSON, Learner, Tab
from ecitizen.chaos.lesson import course
from ecitizen.chaos.page import Browser
from ecitizen.folder import CourseFolder
from ecitizen.journal.store import Store
from ecitizen.opening import connect

PRESS_EVERY_S = 3.0
SEED = 7
CONTROLS = ("login", "to-home")
"""Pressed by the browser in turn: there and back."""


class Timed(Learner):
    """A learner who looks at the clock."""

    def __init__(self, *args: Any) -> None:
        """Begin."""
        super().__init__(*args)
        self.answered_s: list[float] = []

    async def _press(self, tab: Tab) -> None:
        if tab.page is None:
            await self._open(tab)
        begun = time.perf_counter()
        await super()._press(tab)
        self.answered_s.append(time.perf_counter() - begun)


def clicks(learners: int = 30, minutes: float = 1.0) -> dict[str, Any]:
    """Let a class work for so long; gives the document of ``bench_serve`` without a stock tool, and counts beside it.

    ``pressed`` were sent, ``acknowledged`` came back, ``lost`` of those are not in the journal or differ there,
    ``unasked`` stand in the journal without having been acknowledged, ``errors`` is whatever else went wrong.
    """
    from ecitizen.web.server import running

    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        folder, pins = course(Path(place), learners - 1, SEED)
        with running(folder, max_kernels=learners + 8, lesson=LESSON, learners=learners) as server:
            painted: list[float] = []
            errors: list[str] = []
            stop = threading.Event()
            viewer = threading.Thread(target=_watch, args=(server.url, painted, errors, stop), name="browser")
            viewer.start()
            pupils, memory = asyncio.run(_work(server.url, server.process.pid, pins, minutes * 60, stop))
            viewer.join()
        told = _compared(folder, pupils)
    counts = [pupil.counts for pupil in pupils]
    errors += [text for one in counts for text in one.surprises]
    errors += [f"reloads: {one.reloads}" for one in counts if one.reloads]
    answered = [1000 * took for pupil in pupils for took in pupil.answered_s]
    load = round(os.getloadavg()[0], 1)
    measured: list[tuple[str, str, float]] = [
        ("press to painted screen, median", "ms", statistics.median(painted)),
        ("press to painted screen, 95th percentile", "ms", _p95(painted)),
        ("press to answer, median", "ms", statistics.median(answered)),
        ("press to answer, 95th percentile", "ms", _p95(answered)),
        ("a kernel at the end, median", "MB", memory[0]),
        ("kernels and what they are forked from, a learner", "MB", memory[1]),
        ("server and kernels at the end", "MB", memory[2]),
    ]
    return {
        "what": "clicks",
        "machine": bench.machine(),
        "rounds": 1,
        "learners": learners,
        "minutes": minutes,
        "painted": len(painted),
        "pressed": sum(one.sent for one in counts),
        "refused": sum(one.refused for one in counts),
        **told,
        "errors": errors,
        "figures": [
            {"name": name, "unit": unit, "ours": round(value, 1), "stock": None, "ratio": None, "load": load}
            for name, unit, value in measured
        ],
    }


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


async def _work(
    url: str, server: int, pins: dict[int, str], seconds: float, stop: threading.Event
) -> tuple[list[Timed], tuple[float, float, float]]:
    lesson = content.lesson(LESSON)
    pupils = [
        Timed(number, pin, lesson, Browser(url, AsyncHTTPClient(force_instance=True)), f"{SEED}:{number}", _nothing)
        for number, pin in pins.items()
    ]
    try:
        presses = max(1, round(seconds / PRESS_EVERY_S))
        await asyncio.gather(*(pupil.study(presses, PRESS_EVERY_S) for pupil in pupils))
        # While all pages are open; the browser's own page is among them.
        found = [pss_mb(pid) for pid in descendants(server)]
        return pupils, (statistics.median(found), sum(found) / (len(pupils) + 1), sum(found) + pss_mb(server))
    finally:
        stop.set()
        for pupil in pupils:
            pupil.close()


def _nothing(_press: int) -> None: ...


def _watch(url: str, painted: list[float], errors: list[str], stop: threading.Event) -> None:
    """Press in a real browser, in step with the others, until they are through."""
    with bench.chromium() as browser:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.on("pageerror", lambda error: errors.append(str(error)))
        address = bench.as_guest(page, url)
        while not stop.is_set():
            try:
                _press(page, address, painted, stop)
            except Exception as error:
                # Whatever Playwright raises is told with the figures, and the page is opened again.
                errors.append(f"browser: {error}")


def _press(page: Any, address: str, painted: list[float], stop: threading.Event) -> None:
    page.goto(address)
    page.locator("body[data-state=ready]").wait_for(state="attached", timeout=bench.CLICK_MS)
    page.locator("#next").wait_for(timeout=bench.CLICK_MS)
    while page.locator(f".step:not([hidden]) [data-id={CONTROLS[0]}]").count() == 0:
        page.locator("#next").click()
    while not stop.is_set():
        for control in CONTROLS:
            painted.append(page.evaluate(bench.PAINTED, control))
            stop.wait(PRESS_EVERY_S)


def _compared(folder: CourseFolder, pupils: list[Timed]) -> dict[str, int]:
    """Compare the journal with what the pages were told, press by press."""
    engine = connect(folder)
    store = Store(engine)
    counts = {"acknowledged": 0, "lost": 0, "unasked": 0}
    for pupil in pupils:
        kept = {event.id: event for event in store.read(pupil.number)}
        for told in pupil.told:
            event = kept.pop(told.key, None)
            same = event is not None and (event.activity, event.run, event.body) == (told.activity, told.run, told.body)
            counts["acknowledged"] += 1
            counts["lost"] += not same
        counts["unasked"] += len(kept)
    engine.dispose()
    return counts
