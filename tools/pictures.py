"""Take the README's pictures anew: the catalogue, a practice in the middle, the report.

Usage: python tools/pictures.py docs/pictures. Needs Chromium, and LibreOffice with poppler for the report.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.browser.hand import LESSON, Hand
from tests.browser.rig import ARGUMENTS, Course, serve

WIDTH, HEIGHT = 1366, 768
PRESSES = 4
"""How far into the practice the picture is taken: at the code of the second factor."""


def main(out: Path) -> None:
    """Make a class in a temporary folder and look at it."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        course = serve(Path(folder) / "course")
        try:
            take_pages(course, out)
        finally:
            course.process.terminate()
            course.process.wait()
        take_report(course, Path(folder), out / "report.png")


def take_pages(course: Course, out: Path) -> None:
    """Photograph what a learner sees."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page: Page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
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
