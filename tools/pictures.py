"""Take the pictures of the documents anew: the README's, the authors' (each part of a portal), the librarian's day.

Usage: python tools/pictures.py docs/pictures. Needs Chromium, and LibreOffice with poppler for the report.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.day import Day, walk
from tests.browser.hand import LESSON, Hand
from tests.browser.harness import served, states
from tests.browser.rig import ARGUMENTS, Course, serve

WIDTH, HEIGHT = 1366, 768
FROM_THE_TOP = {"today", "calls"}
"""Stations of the day at which something further down has been pressed, while the head of the page is to be seen."""

PRESSES = 4
"""How far into the practice the picture is taken: at the code of the second factor."""


def main(out: Path) -> None:
    """Make a class in a temporary folder and look at it; then draw the sample portal part by part."""
    out.mkdir(parents=True, exist_ok=True)
    take_parts(out / "parts")
    with tempfile.TemporaryDirectory() as folder:
        course = serve(Path(folder) / "course")
        try:
            take_pages(course, out)
        finally:
            course.process.terminate()
            course.process.wait()
        take_report(course, Path(folder), out / "report.png")
    take_day(out.parent / "rukovodstvo" / "pictures")


def take_pages(course: Course, out: Path) -> None:
    """Photograph what a learner sees."""
    with chromium() as page:
        hand = Hand(page, course)
        hand.enter(course)
        page.screenshot(path=out / "catalogue.png")
        page.goto(f"{course.url}lesson/{LESSON}")
        hand.opened()
        hand.turn_to(5)
        for _ in range(PRESSES):
            hand.next_press("order")
        hand.shows("order")
        page.screenshot(path=out / "practice.png")


def take_day(out: Path) -> None:
    """Live a librarian's day and photograph every station for the handbook."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        course = serve(Path(folder) / "course")
        try:
            with chromium() as page:
                browser = page.context.browser
                assert browser is not None

                def look(shown: Page, name: str) -> None:
                    if name in FROM_THE_TOP:
                        shown.evaluate("scrollTo(0, 0)")
                    shown.screenshot(path=out / f"{name}.png")

                day = Day(browser, course, page, Path(folder), look)
                walk(day)
                day.close()
        finally:
            course.process.terminate()
            course.process.wait()


def take_parts(out: Path) -> None:
    """Photograph the simulated page of the sample scenario for each kind of part, where it is first met."""
    out.mkdir(exist_ok=True)
    first: dict[str, str] = {}
    for name, widget in states().items():
        if name.startswith("town-") and not widget.get("frames"):
            for part in widget["view"]["screen"]["parts"]:
                first.setdefault(part["kind"], name)
    with (
        served(sorted(set(first.values())), {"card": 104, "guest": False, "help": True}) as address,
        chromium() as page,
    ):
        for kind, name in first.items():
            page.goto(f"{address}health")
            page.evaluate("localStorage.setItem('ecz-step:104:01-gosuslugi', '2')")
            page.goto(f"{address}?show={name}&show={name}")
            page.wait_for_selector("body[data-state=ready]")
            page.locator(".step:not([hidden]) .browser").screenshot(path=out / f"{kind}.png")


@contextmanager
def chromium() -> Iterator[Page]:
    """Open a window of the size of a library's PC."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        browser.close()


def take_report(course: Course, folder: Path, picture: Path) -> None:
    """Grade, write the report and photograph its first page."""
    paper, data = folder / "report.docx", ["--data", str(course.data)]
    for words in (["grade"], ["report", "omsk", "--year", str(date.today().year), "--out", str(paper)]):
        subprocess.run([sys.executable, "-m", "ecitizen", *words, *data], check=True)
    convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(folder), str(paper)]
    subprocess.run(convert, check=True, capture_output=True)
    pdf, stem = str(paper.with_suffix(".pdf")), str(picture.with_suffix(""))
    subprocess.run(["pdftoppm", "-png", "-r", "70", "-singlefile", pdf, stem], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
