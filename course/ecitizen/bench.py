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
from collections.abc import Iterator
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


def click(rounds: int = 40) -> dict[str, Any]:
    """Press from screen to screen of lesson 01's portal and back, and measure until the new screen is painted.

    Gives the document of ``bench_serve``; no stock tool does the same, so ``stock`` and ``ratio`` are None. The press
    goes to the kernel, the event to the disk and the view back; painted means two animation frames later.
    """
    with (
        tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as folder,
        chromium() as browser,
        class_server(Path(folder)) as url,
    ):
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(as_guest(page, url))
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


def as_guest(page: Any, url: str) -> str:
    """Begin a guest's session; gives the address of the lesson."""
    page.goto(url)
    page.locator("form[action$=guest] button").click()
    page.wait_for_url("**/lessons")
    return f"{url}lesson/{LESSON}"


@contextmanager
def chromium() -> Iterator[Any]:
    """Run Chromium under Playwright."""
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
def class_server(folder: Path) -> Iterator[str]:
    """Serve an empty course; gives its address."""
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
