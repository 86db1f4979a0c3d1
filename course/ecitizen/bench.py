"""Ours beside the stock tool, alternating in one run: figures are ratios, and the machine's load stands beside them.

What is measured by a browser needs Chromium and the package ``playwright`` (both come with the development setup).
"""

from __future__ import annotations

import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.request import urlopen

from sqlalchemy import create_engine

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.demo.learning import learn
from ecitizen.demo.people import FIRST_NUMBER
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.journal.store import Store

LESSON = "01-gosuslugi"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
START_S = 60
CLICK_MS = 60_000

STEPS_TO_WITHDRAW = 5
"""How often «Дальше» is pressed until the second task of lesson 01 is on the screen."""

PAINTED = """control => new Promise((resolve, reject) => {
  const step = document.querySelector(".step:not([hidden])");
  const title = () => step.querySelector(".page .title").textContent;
  const before = title();
  const begun = performance.now();
  const observer = new MutationObserver(() => {
    if (title() === before) return;
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - begun)));
  });
  observer.observe(step, { childList: true, subtree: true });
  setTimeout(() => reject(new Error(`no answer to ${control}`)), 10000);
  step.querySelector(`[data-id="${control}"]`).click();
})"""

Grader = Callable[..., Any]
"""``ecitizen.gradebook.grade_lessons``: this room measures what it is given and knows no nbgrader."""

Measured = dict[str, float]
"""``opened_s``: navigation to the first control; ``answered_s``: to the first answered press; ``requests``;
``kb``: files with a stated length, so without the streamed page and without what comes over the websocket."""


def serve(rounds: int = 3) -> dict[str, Any]:
    """Open the lesson in a cold browser, ours and stock Voila in turn, and answer its first question.

    Gives ``{"what", "machine", "rounds", "figures": [{"name", "unit", "ours", "stock", "ratio", "load"}]}``; medians
    over the rounds, ``ratio`` above 1 means that ours is better.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as folder,
        _browser() as browser,
        _ours(Path(folder)) as ours,
        stock_voila(Path(folder)) as (theirs, _),
    ):
        rows = [(_visit(browser, ours, _as_guest), _visit(browser, theirs, _as_anybody)) for _ in range(rounds)]
    names = {
        "opened_s": ("first control on the screen", "s"),
        "answered_s": ("first answered press", "s"),
        "requests": ("requests", "1"),
        "kb": ("files fetched", "KB"),
    }
    figures = []
    for key, (name, unit) in names.items():
        sides = [[row[side][key] for row in rows] for side in (0, 1)]
        figures.append(figure(name, unit, *sides))
    return {"what": "serve", "machine": machine(), "rounds": rounds, "figures": figures}


def click(rounds: int = 40) -> dict[str, Any]:
    """Press from screen to screen of lesson 01's portal and back, and measure until the new screen is painted.

    Gives the document of ``serve``; there is no stock tool that does the same, so ``stock`` and ``ratio`` are None.
    The press goes to the kernel, the event to the disk and the view back; painted means two animation frames later.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as folder,
        _browser() as browser,
        _ours(Path(folder)) as url,
    ):
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(_as_guest(page, url))
        page.locator("body[data-state=ready]").wait_for(state="attached", timeout=CLICK_MS)
        for _ in range(STEPS_TO_WITHDRAW):
            page.locator("#next").click()
        taken = [page.evaluate(PAINTED, control) for _ in range(rounds) for control in ("login", "to-home")]
    load = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    figures = [
        {"name": name, "unit": "ms", "ours": round(value, 1), "stock": None, "ratio": None, "load": load}
        for name, value in (
            ("press to painted screen, median", statistics.median(taken)),
            ("press to painted screen, 95th percentile", statistics.quantiles(taken, n=20)[-1]),
        )
    ]
    return {"what": "click", "machine": machine(), "rounds": len(taken), "figures": figures}


def grade(
    grader: Grader, *, learners: int = 30, lessons: int = 11, stock: int = 1, jobs: int = 2, rounds: int = 1
) -> dict[str, Any]:
    """Grade a synthetic class with our engine, then its first ``stock`` learners with nbgrader's, as it comes.

    ``grader`` is ``ecitizen.gradebook.grade_lessons``. Time runs from the first graded submission to the last, so
    without start and release. Gives the document of ``serve``, and in ``cells`` how many scores and notebooks were
    compared and how many of them differ; the true scores are those that the class chose, not what an engine says.
    """
    chosen = [content.lesson(lesson_id) for lesson_id in content.lesson_ids()[:lessons]]
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        classes = [_class(Path(place) / str(size), grader, chosen, size) for size in (learners, stock)]
        (whole, truth), (part, part_truth) = classes
        runs = [
            (
                _graded(whole, grader, chosen, engine="fast"),
                _graded(part, grader, chosen, engine="stock"),
                _graded(whole, grader, chosen, engine="fast", jobs=jobs),
                _graded(part, grader, chosen, engine="fast"),
            )
            for _ in range(rounds)
        ]
    fast, theirs, many, beside = ([run[side] for run in runs] for side in range(4))
    several = f"submissions a second, {jobs} processes beside one of nbgrader"
    figures = [
        figure("submissions a second, one process", "1/s", _rates(fast), _rates(theirs), more=True),
        figure(several, "1/s", _rates(many), _rates(theirs), more=True),
        figure("processor time of a submission", "ms", [one.cpu_ms for one in fast], [one.cpu_ms for one in theirs]),
        figure("memory at most, kernel included", "MB", [fast[0].peak_mb], [theirs[0].peak_mb]),
    ]
    cells = {
        "fast_and_truth": _compared([(one.points, truth) for one in (*fast, *many)]),
        "stock_and_truth": _compared([(one.points, part_truth) for one in theirs]),
        "fast_and_stock": _compared([(a.points, b.points) for a, b in zip(beside, theirs, strict=True)]),
        "notebooks": _compared([(a.notebooks, b.notebooks) for a, b in zip(beside, theirs, strict=True)]),
    }
    sizes = {"submissions": learners * lessons, "stock_submissions": stock * lessons, "jobs": jobs}
    return {"what": "grade", "machine": machine(), "rounds": rounds, **sizes, "figures": figures, "cells": cells}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Graded:
    """What one run of grading took and gave."""

    rate: float
    """Submissions a second."""

    cpu_ms: float
    """Of this process and those it has waited for, a submission."""

    peak_mb: float
    points: dict[str, object]
    notebooks: dict[str, object]


def _class(place: Path, grader: Grader, lessons: list[Lesson], learners: int) -> tuple[CourseFolder, dict[str, object]]:
    """Make a course folder with releases and a journal, and nothing graded; gives the true points too."""
    folder = CourseFolder.create(place)
    grader(folder, lessons)
    engine = create_engine(folder.database_url)
    store = Store(engine)
    truth: dict[str, object] = {}
    begun = datetime(2026, 5, 15, 9, tzinfo=UTC)
    for number in range(FIRST_NUMBER, FIRST_NUMBER + learners):
        random = Random(number)
        for lesson in lessons:
            events, earned = learn(lesson, number, begun, random.uniform(0.45, 0.98), random)
            store.append_all(events, number)
            truth |= {f"{lesson.id} {number} {item}": one for item, one in earned.items() if one is not None}
    engine.dispose()
    return folder, truth


def _graded(folder: CourseFolder, grader: Grader, lessons: list[Lesson], **options: Any) -> _Graded:
    """Grade a copy of a folder."""
    seen: list[tuple[int, float, float]] = []

    def progress(done: int, _total: int) -> None:
        seen.append((done, time.perf_counter(), sum(os.times()[:4])))

    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        copy = CourseFolder.open(Path(shutil.copytree(folder.path, Path(place) / "course")))
        report = grader(copy, lessons, progress, **options)
        graded = copy.gradebook / "autograded"
        notebooks = {str(path.relative_to(graded)): _untimed(path) for path in graded.rglob("*.ipynb")}
    # The first one also pays for what all use.
    (first, began, began_cpu), (last, ended, ended_cpu) = seen[1], seen[-1]
    count = max(last - first, 1)
    scores = {
        f"{lesson} {learner} {item}": points
        for lesson, learners in report.scores.items()
        for learner, items in learners.items()
        for item, points in items.items()
    }
    return _Graded(
        rate=count / (ended - began),
        cpu_ms=1000 * (ended_cpu - began_cpu) / count,
        peak_mb=_peak_mb(kernel=options["engine"] == "stock"),
        points=scores,
        notebooks=notebooks,
    )


def _untimed(path: Path) -> object:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["metadata"].pop("execution", None)
    return notebook


def _peak_mb(*, kernel: bool) -> float:
    """Give the most memory that this process, and with ``kernel`` the largest it has waited for, has ever held."""
    if sys.platform == "win32":
        return 0.0
    import resource

    sides = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)[: 1 + kernel]
    return sum(resource.getrusage(side).ru_maxrss for side in sides) / (1e6 if sys.platform == "darwin" else 1e3)


def _rates(runs: list[_Graded]) -> list[float]:
    return [run.rate for run in runs]


def _compared(pairs: list[tuple[dict[str, object], dict[str, object]]]) -> dict[str, int]:
    """Count what was compared and what differs or is on one side only; points within the rounding of a sum."""
    found = [(ours.get(name), theirs.get(name)) for ours, theirs in pairs for name in ours.keys() | theirs.keys()]
    return {"compared": len(found), "different": sum(not _same(one, other) for one, other in found)}


def _same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=1e-9)
    return one == other


def figure(name: str, unit: str, ours: list[float], stock: list[float], *, more: bool = False) -> dict[str, Any]:
    """Give a figure of medians; ``more``: the greater the better."""
    mine, theirs = statistics.median(ours), statistics.median(stock)
    return {
        "name": name,
        "unit": unit,
        "ours": round(mine, 2),
        "stock": round(theirs, 2),
        "ratio": round(mine / theirs if more else theirs / mine, 1),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
    }


def machine() -> str:
    """Name what the figures were measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _visit(browser: Any, url: str, enter: Callable[[Any, str], str]) -> Measured:
    # A new context has an empty cache: every visit is the first one of a learner.
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    address = enter(page, url)
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(int(response.headers.get("content-length", 0))))
    begun = time.perf_counter()
    page.goto(address)
    page.locator(".scale input").first.wait_for(timeout=CLICK_MS)
    opened = time.perf_counter() - begun
    page.locator(".scale input").first.check()
    page.locator(".scale button").first.click()
    given = str(content.texts()["scale"]["thanks"])
    page.get_by_text(given).first.wait_for(timeout=CLICK_MS)
    answered = time.perf_counter() - begun
    context.close()
    return {"opened_s": opened, "answered_s": answered, "requests": len(sizes), "kb": sum(sizes) / 1000}


def _as_guest(page: Any, url: str) -> str:
    page.goto(url)
    page.locator("form[action$=guest] button").click()
    page.wait_for_url("**/lessons")
    return f"{url}lesson/{LESSON}"


def _as_anybody(_page: Any, url: str) -> str:
    return url


@contextmanager
def _browser() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise CourseError("bench", "нет пакета playwright", "Установите: pip install 'ecitizen[dev]'") from error
    if path is None:
        raise CourseError("bench", "нет браузера Chromium", "Установите его из вашей системы")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def _ours(folder: Path) -> Iterator[str]:
    from ecitizen.web.server import running

    with running(CourseFolder.create(folder / "course")) as server:
        yield server.url


@contextmanager
def stock_voila(folder: Path) -> Iterator[tuple[str, int]]:
    """Run Voila as it comes: its own server and its own front end, on the same notebook; gives address and process."""
    notebook = folder / f"{LESSON}.ipynb"
    notebook.write_bytes(content.lesson(LESSON).notebook.read_bytes())
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ECITIZEN")}
    environment["ECITIZEN_JOURNAL_FILE"] = str(folder / "journal.db")
    port = _free_port()
    command = [sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--port={port}", "--template=lab"]
    log = (folder / "voila.log").open("wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)  # noqa: S603 - our own interpreter
    try:
        url = f"http://127.0.0.1:{port}/"
        _wait_for(f"{url}voila/static/voila.js", process)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()
        log.close()


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(url, timeout=5).close()  # noqa: S310 - an address of this machine
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise CourseError("bench", f"Voila не запустилась за {START_S} секунд", "Посмотрите, установлен ли пакет voila")
