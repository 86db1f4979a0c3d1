"""Ours beside the stock tool, alternating in one run: figures are ratios, and the machine's load stands beside them.

What is measured by a browser needs Chromium and the package ``playwright`` (both come with the development setup).
"""

from __future__ import annotations

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
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

LESSON = "01-gosuslugi"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
START_S = 60
CLICK_MS = 60_000

STEPS_TO_WITHDRAW = 5
"""How often «Дальше» is pressed until the second task of lesson 01 is on the screen."""

PAINTED = """control => new Promise(resolve => {
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
  step.querySelector(`[data-id="${control}"]`).click();
})"""

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
        _stock(Path(folder)) as stock,
    ):
        rows = [(_visit(browser, ours, _as_guest), _visit(browser, stock, _as_anybody)) for _ in range(rounds)]
    names = {
        "opened_s": ("first control on the screen", "s"),
        "answered_s": ("first answered press", "s"),
        "requests": ("requests", "1"),
        "kb": ("files fetched", "KB"),
    }
    figures = []
    for key, (name, unit) in names.items():
        ours_, stock_ = (statistics.median(row[side][key] for row in rows) for side in (0, 1))
        figures.append(
            {
                "name": name,
                "unit": unit,
                "ours": round(ours_, 2),
                "stock": round(stock_, 2),
                "ratio": round(stock_ / ours_, 1),
                "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
            }
        )
    return {"what": "serve", "machine": _machine(), "rounds": rounds, "figures": figures}


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
    return {"what": "click", "machine": _machine(), "rounds": len(taken), "figures": figures}


def _machine() -> str:
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
def _stock(folder: Path) -> Iterator[str]:
    """Run Voila as it comes: its own server and its own front end, on the same notebook."""
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
        yield url
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
