"""A course to look at in a browser: started, killed, photographed, and watched for requests to other hosts."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from ecitizen.folder import CourseFolder
from ecitizen.opening import connect
from ecitizen.register.importing import import_table

SIZES = {"1366x768": (1366, 768), "1024x600": (1024, 600), "800x1280": (800, 1280), "360x740": (360, 740)}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = Path(__file__).parents[2] / "test-results"
START_S = 90


@dataclass
class Course:
    """A running course with a demonstration class."""

    data: Path
    url: str
    card: str
    pin: str
    instructor_pin: str
    process: subprocess.Popen[str]
    port: int

    def learner(self, place: int) -> Course:
        """Give the same course with the card of another learner, who has done nothing yet."""
        if place == 0:
            return self
        path = self.data.parent / f"learner-{place}.csv"
        number, pin = 500 + place, "7391"
        head = "Номер карточки;Фамилия;Имя;Отчество;Год рождения;Группа;Место;ПИН"
        path.write_text(f"{head}\n{number};Ландышина;Фаина;Андреевна;1950;Г-1;main;{pin}\n", encoding="utf-8")
        import_table(connect(CourseFolder.open(self.data)), "learners", path)
        return replace(self, card=str(number), pin=pin)

    def kill(self) -> None:
        """Pull the plug: SIGKILL, no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kill_kernels(self) -> None:
        """Kill every kernel of the server without warning; the zygote stays."""
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.ppid() != self.process.pid or "ipykernel" in " ".join(process.cmdline()):
                    process.send_signal(signal.SIGKILL)


def serve(data: Path, port: int = 0) -> Course:
    """Start ``ecitizen serve --demo`` and wait until it prints its address and card."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("ECITIZEN")}
    command = [sys.executable, "-m", "ecitizen", "serve", "--demo", "--data", str(data), "--port", str(port)]
    log = data.parent / f"{data.name}.log"
    with log.open("a", encoding="utf-8") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
    words: dict[str, str] = {}
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            name, _, value = line.partition(":")
            words[name] = value.strip()
            if name == "Остановить":
                break
    assert "Остановить" in words, log.read_text(encoding="utf-8")[-2000:]
    url = words["Курс открыт"]
    card, _, pin = words["Карточка"].partition(", ПИН ")
    found = int(url.rstrip("/").rsplit(":", 1)[1])
    return Course(data, url, card, pin, words["ПИН ведущего"], process, found)


@dataclass
class Visit:
    """One browser window and what it asked the network for."""

    context: BrowserContext
    page: Page
    asked: list[str]

    def foreign(self, url: str) -> list[str]:
        """Name the requests that went to another host."""
        return [
            asked for asked in self.asked if not asked.startswith((url, url.replace("http", "ws"), "data:", "blob:"))
        ]


def violations(page: Page) -> list[str]:
    """Name what axe finds wrong on the page."""
    return [f"{found['id']}: {found['nodes'][0]['html'][:120]}" for found in Axe().run(page).response["violations"]]


def picture(page: Page, name: str) -> Path:
    """Keep a screenshot for the eyes of whoever runs the tests."""
    PICTURES.mkdir(exist_ok=True)
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    return path
