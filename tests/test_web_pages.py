"""The pages in Chromium at four window sizes: axe, nothing cut off, controls large enough, nothing from elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from web_class import INSTRUCTOR_PIN, PINS, course_folder

from ecitizen.web import running

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
SIZES = [(1366, 768), (1024, 600), (800, 1280), (360, 740)]
LEARNERS_PX, DESK_PX = 56, 48
STRICT = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21aa", "wcag22aa", "best-practice"]},
    "rules": {"target-size": {"enabled": True}, "color-contrast-enhanced": {"enabled": True}},
}
MEASURE = """() => ({
  wide: document.documentElement.scrollWidth - innerWidth,
  small: [...document.querySelectorAll(`button, a.button, a.lesson, label.row,
      input:not([type=hidden]):not([type=radio])`)]
    .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.height < PX).map(([text, box]) => `${text} ${box.height}`),
  covered: [...document.querySelectorAll("main button, main input:not([type=hidden])")].filter((one) => {
    const box = one.getBoundingClientRect();
    if (!box.width || box.bottom > innerHeight || box.top < 0) return false;
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return top !== one && !one.contains(top);
  }).length,
})"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(course_folder(tmp_path_factory.mktemp("class") / "data")) as server:
        yield server.url


@pytest.fixture(scope="module")
def page(url: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context().new_page()
        foreign: list[str] = []
        page.on("request", lambda request: request.url.startswith(url) or foreign.append(request.url))
        page.set_default_timeout(15_000)
        yield page
        browser.close()
        assert not foreign


def log_in(page: Page, url: str, pin: str = PINS[101]) -> None:
    page.goto(url + "?card=101")
    page.fill("#pin", pin)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def log_out(page: Page, url: str) -> None:
    page.context.clear_cookies()


def at_entry(page: Page, url: str) -> None:
    page.goto(url + "?card=1")


def after_wrong_pin(page: Page, url: str) -> None:
    log_in(page, url, "0000")
    page.wait_for_selector("[role=alert]")


def at_catalogue(page: Page, url: str) -> None:
    log_in(page, url)
    page.click("text=Позвать помощника")
    page.wait_for_selector(".note.red")


def at_desk(page: Page, url: str) -> None:
    page.goto(url + "instructor")
    page.fill("#pin", INSTRUCTOR_PIN)
    page.keyboard.press("Enter")
    page.wait_for_selector("#board .pupil")


def at_missing_page(page: Page, url: str) -> None:
    page.goto(url + "nowhere")


def at_survey(page: Page, url: str) -> None:
    log_in(page, url)
    page.goto(url + "survey")
    page.click(".sheet .row >> nth=3")
    page.click("button.main")
    page.wait_for_selector("#trouble")


PLACES = [at_entry, after_wrong_pin, at_catalogue, at_survey, at_desk, at_missing_page]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_pages_are_usable_at_every_size(page: Page, url: str, place) -> None:  # type: ignore[no-untyped-def]
    log_out(page, url)
    place(page, url)
    px = DESK_PX if place is at_desk else LEARNERS_PX
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for size, contrast in (("100", "off"), ("200", "off"), ("140", "on")):
            page.evaluate(
                f"Object.assign(document.documentElement.dataset, {{size: '{size}', contrast: '{contrast}'}})"
            )
            found = Axe().run(page, options=STRICT).response["violations"]
            seen = (width, size, contrast)
            assert not [(one["id"], [node["target"] for node in one["nodes"]]) for one in found], seen
            assert page.evaluate(MEASURE.replace("PX", str(px))) == {"wide": 0, "small": [], "covered": 0}, seen


@pytest.mark.parametrize(("width", "height"), SIZES[:3])
def test_the_whole_entry_form_stands_above_the_fold(page: Page, url: str, width: int, height: int) -> None:
    log_out(page, url)
    page.set_viewport_size({"width": width, "height": height})
    after_wrong_pin(page, url)
    box = page.locator("button.main").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= height


def test_size_and_contrast_are_kept(page: Page, url: str) -> None:
    log_out(page, url)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(url + "?card=1")
    page.click("#size")
    page.click("#contrast")
    log_in(page, url)
    assert page.evaluate("({...document.documentElement.dataset})") == {"size": "140", "contrast": "on"}
    page.evaluate("localStorage.clear()")


def test_the_desk_hears_of_a_call_by_itself(page: Page, url: str) -> None:
    log_out(page, url)
    at_desk(page, url)
    other = page.context.browser.new_context().new_page()  # type: ignore[union-attr]
    log_in(other, url)
    if other.query_selector("text=Помощь не нужна"):
        other.click("text=Помощь не нужна")
        other.wait_for_selector("text=Позвать помощника")
    page.wait_for_selector(".calls .quiet-word")
    other.click("text=Позвать помощника")
    page.wait_for_selector(".call.waiting")
    page.click("text=Иду")
    other.wait_for_selector("text=Помощник идёт к вам")
    other.context.close()
