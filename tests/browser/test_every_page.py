"""Every page of the desk, of learners and of the screens: empty, with a class, in error; at four sizes and on paper.

``pages_table`` names the pages and a test fails on one that it doesn't name. axe finds nothing; nothing is wider than
the window, no button smaller than 44 px, no letter smaller than 16 px, no table is cut off on paper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pages_table import ANYBODY, CLASS, DESK, EXPERT, LEARNER, PEOPLE
from playwright.sync_api import Browser, Page

from ecitizen.folder import CourseFolder
from ecitizen.opening import begin, connect
from ecitizen.register import people
from ecitizen.web import running
from tests.browser.rig import PICTURES, SIZES, Course, violations

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

AXE_AT = ("1024x600", "360x740")
PAPER = {False: (703, 1000), True: (1032, 700)}
"""A4 within its margins, in CSS pixels; lying for what is printed across."""

CUT = """() => [...document.querySelectorAll("main, main table")]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.scrollWidth > one.clientWidth + 2)
  .map((one) => one.outerHTML.slice(0, 80))"""
EXPERT_PIN = "271828"
MEASURE = Path(__file__).with_name("page_measure.js").read_text(encoding="utf-8")
SOUND = {"wide": 0, "unscrolled": 0, "small": [], "tiny": [], "headings": "h1 once, none skipped"}


@dataclass
class Place:
    """A running course and who looks at it."""

    url: str
    name: str
    desk: Page
    anybody: Page
    expert: Page | None = None
    learner: Page | None = None
    known: dict[str, str] = field(default_factory=dict)
    """What stands for the names in braces."""

    def path(self, path: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda name: self.known[name[1]], path)


def enter(page: Page, url: str, pin: str) -> Page:
    page.goto(f"{url}instructor/login")
    page.fill("#pin", pin)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page


@pytest.fixture(scope="module")
def window(chromium: Browser) -> Iterator[Callable[[], Page]]:
    contexts = []

    def open_one() -> Page:
        contexts.append(chromium.new_context(locale="ru-RU", viewport={"width": 1366, "height": 768}))
        return contexts[-1].new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def empty(window: Callable[[], Page], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Serve a course on its first morning."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("empty") / "data", "Библиотека")
    pin = begin(folder)
    with running(folder) as server:
        yield Place(server.url, "empty", enter(window(), server.url, pin), window())


@pytest.fixture(scope="module")
def class_(window: Callable[[], Page], shared: Course, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Make a page of every kind in the class that is shared: a game, a number of the queue, a list with faults."""
    people.add_instructor(connect(CourseFolder.open(shared.data)), "Айгуль", EXPERT_PIN, "expert")
    place = Place(shared.url, "class", enter(window(), shared.url, shared.instructor_pin), window())
    place.expert = enter(window(), shared.url, EXPERT_PIN)
    place.learner = window()
    place.learner.goto(shared.url)
    place.learner.fill("#card", shared.card)
    place.learner.fill("#pin", shared.pin)
    with place.learner.expect_navigation():
        place.learner.keyboard.press("Enter")
    desk = place.desk
    desk.goto(f"{shared.url}instructor/queue")
    kiosk = str(desk.locator(".screens a", has_text="киоск").first.get_attribute("href"))
    _, place.known["site"], place.known["key"] = kiosk.strip("/").split("/")
    anybody = place.anybody
    anybody.goto(shared.url.rstrip("/") + kiosk)
    anybody.locator(".huge a").first.click()
    anybody.get_by_role("button", name="Я здесь впервые").click()
    place.known["number"] = anybody.url.rsplit("/", 1)[1]
    desk.goto(f"{shared.url}instructor/forum")
    desk.get_by_role("button", name="Открыть игру").click()
    place.known["game"] = desk.url.rsplit("/", 1)[1]
    screen = desk.get_by_role("link", name="Страница для экрана зала").get_attribute("href")
    place.known["screen"] = str(screen).rsplit("/", 1)[1]
    path = tmp_path_factory.mktemp("lists") / "список.csv"
    path.write_text("Фамилия;Имя;Отчество;Год рождения;Группа\nЛипoва;Зоя;;1951;Г-1\nОсинин;Пётр;;1950;Г-1\n", "utf-8")
    desk.goto(f"{shared.url}{PEOPLE}/roster")
    desk.set_input_files("#file", path)
    with desk.expect_navigation():
        desk.get_by_role("button", name="Проверить список").click()
    place.known["review"] = desk.url.rsplit("/", 1)[1]
    desk.goto(f"{shared.url}{PEOPLE}/102/pin")
    with desk.expect_navigation():
        desk.get_by_role("button", name="Выдать новый ПИН").click()
    place.known["issued"] = desk.url.rsplit("/", 1)[1]
    return place


def look(page: Page, name: str) -> None:
    """Measure a page that is open at every size and on paper; keep pictures for the eyes."""
    PICTURES.mkdir(exist_ok=True)
    plain = re.sub(r"\W+", "-", name)[:60]
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(MEASURE) == SOUND, (name, size)
        if size in AXE_AT:
            assert violations(page) == [], (name, size)
        page.screenshot(path=PICTURES / f"page-{plain}-{size}.png")
    page.emulate_media(media="print")
    width, height = PAPER[page.locator(".across").count() > 0]
    page.set_viewport_size({"width": width, "height": height})
    cut, head = page.evaluate(CUT), page.locator("body.desk header.top").is_visible()
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1366, "height": 768})
    assert (cut, head) == ([], False), (name, "paper")


@pytest.mark.parametrize("path", DESK)
def test_page_of_a_new_course(empty: Place, path: str) -> None:
    assert empty.desk.goto(empty.url + path).status == 200  # type: ignore[union-attr]
    look(empty.desk, f"empty-{path}")


@pytest.mark.parametrize("path", [*DESK, *CLASS])
def test_page_of_a_class(class_: Place, path: str) -> None:
    assert class_.desk.goto(class_.url + class_.path(path)).status == 200  # type: ignore[union-attr]
    look(class_.desk, f"class-{path}")


@pytest.mark.parametrize("path", [*EXPERT, *LEARNER, *ANYBODY])
def test_page_of_others(class_: Place, path: str) -> None:
    page = class_.expert if path in EXPERT else class_.learner if path in LEARNER else class_.anybody
    assert page is not None
    assert page.goto(class_.url + class_.path(path)).status == 200  # type: ignore[union-attr]
    look(page, f"other-{path}")


MISSING = {
    "nothing": ("instructor/nope", 404),
    "person": (f"{PEOPLE}/99999", 409),
    "person to correct": (f"{PEOPLE}/99999/edit", 409),
    "old list": (f"{PEOPLE}/roster/{'0' * 32}", 410),
    "old cards": (f"{PEOPLE}/issued/{'0' * 32}", 410),
    "consultation": ("instructor/consultations/999999", 404),
    "session": ("instructor/class/999999", 404),
    "lesson": ("instructor/results/nope", 404),
    "letters": ("instructor/grading/nope", 404),
    "game": ("instructor/forum/999999", 404),
    "passport": ("instructor/indicators/nope", 404),
    "year": ("instructor/indicators/omsk?year=1", 409),
    "month of the survey": ("instructor/survey?year=2026&part=05", 409),
    "centre": ("instructor/queue?shown=нет", 409),
    "words": ("instructor/consultations?q=нетнет", 200),
    "name": (f"{PEOPLE}?find=ыыы", 200),
    "announcement without a title": ("instructor/announcements/preview?text=а", 200),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_not_there_is_told_with_a_way_back(class_: Place, what: str) -> None:
    path, status = MISSING[what]
    page = class_.desk
    assert page.goto(class_.url + path).status == status  # type: ignore[union-attr]
    assert page.locator("main a[href*=instructor], main form").count()
    look(page, f"missing-{what}")


def call_with_a_number(page: Page, url: str) -> None:
    page.goto(f"{url}instructor/consultations")
    page.fill("#topic", "Звонить 8 912 345-67-89")
    page.get_by_role("button", name="Записать").click()
    page.wait_for_selector("[aria-invalid=true]")


def two_corrections(page: Page, url: str) -> None:
    other = page.context.new_page()
    for one in (page, other):
        one.goto(f"{url}instructor/consultations/2")
    for one, topic in ((other, "Пенсия, запись"), (page, "Льготы, запись")):
        one.fill("#topic", topic)
        with one.expect_navigation():
            one.get_by_role("button", name="Сохранить").click()
    other.close()


def foreign_letters(page: Page, url: str) -> None:
    page.goto(f"{url}{PEOPLE}/new")
    page.fill("#surname", "Ивaнов")
    with page.expect_navigation():
        page.get_by_role("button", name="Записать и показать ПИН").click()
    page.wait_for_selector(".fault")


@pytest.mark.parametrize("spoil", [call_with_a_number, two_corrections, foreign_letters])
def test_form_that_cannot_be_kept(class_: Place, spoil: Callable[[Page, str], None]) -> None:
    spoil(class_.desk, class_.url)
    look(class_.desk, f"spoilt-{spoil.__name__}")


WRONG = {"": {"#card": "999", "#pin": "0000"}, "instructor/login": {"#pin": "000000"}, "survey/code": {"#code": "1"}}


@pytest.mark.parametrize("path", WRONG)
def test_wrong_card_pin_and_code(class_: Place, window: Callable[[], Page], path: str) -> None:
    page = window()
    page.goto(class_.url + path)
    for css, text in WRONG[path].items():
        page.fill(css, text)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    look(page, f"wrong-{path}")
