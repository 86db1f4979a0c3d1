"""The pages about people by keyboard, at four sizes: a list with faults, one person, a card again, undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.rig import SIZES, Course, Visit, picture, violations

pytestmark = pytest.mark.browser

TARGET_PX = 48
ROW_PX = 64
"""A row of targets of 48 px with its edges."""

PATHS = ("/new", "/cards", "/roster", "/undo", "/101", "/101/edit", "/101/pin", "/101/scores", "/101/erase", "?find=я")
HEAD = "Фамилия;Имя;Отчество;Год рождения;Группа\n"
MEASURE = f"""() => ({{
  wide: document.documentElement.scrollWidth - innerWidth,
  small: [...document.querySelectorAll("main button, main a.button, main a.inline, main th a, main summary, " +
      "main select, main .row, main input:not([type=hidden]):not([type=radio]):not([type=checkbox])")]
    .map((one) => [one.textContent.trim(), one.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.height < {TARGET_PX}).map(([text, box]) => `${{text}} ${{box.height}}`),
  covered: [...document.querySelectorAll("main button, main a.button")].filter((one) => {{
    const box = one.getBoundingClientRect();
    if (!box.width || box.bottom > innerHeight || box.top < 0) return false;
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return top !== one && !one.contains(top);
  }}).length,
}})"""


def at_the_desk(visit: Visit, course: Course) -> Page:
    page = visit.page
    page.goto(f"{course.url}instructor/login")
    expect(page.locator("#pin")).to_be_focused()
    page.keyboard.type(course.instructor_pin)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page


def look(page: Page, name: str) -> None:
    """Measure the page at every size, and keep pictures for the eyes."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(MEASURE) == {"wide": 0, "small": [], "covered": 0}, (name, size)
        assert violations(page) == [], (name, size)
        picture(page, f"people-{name}-{size}")
    page.set_viewport_size({"width": 1366, "height": 768})


def press(page: Page, words: str) -> None:
    """Go to a button or a link by the keyboard's focus and press it."""
    page.get_by_text(words, exact=True).first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def review(page: Page, course: Course, folder: Path) -> None:
    path = folder / "список.csv"
    path.write_text(HEAD + "Липова;Нина;;1949;Г-1\nЛипoва;Зоя;;1951;Г-1\nОсинина;;;1950;Г-1\n", encoding="utf-8")
    page.goto(f"{course.url}instructor/people/roster")
    large = folder / "large.csv"
    large.write_bytes(b"x" * 2**20)
    page.set_input_files("#file", large)
    expect(page.locator("#too-large")).to_be_visible()
    assert page.locator("#file").input_value() == "", "the server would hang up on it"
    page.set_input_files("#file", path)
    expect(page.locator("#too-large")).to_be_hidden()
    press(page, "Проверить список")
    expect(page.locator(".review .faulty")).to_have_count(2)


def test_list_goes_from_faults_to_a_card(classroom: Course, visit: Visit, tmp_path: Path) -> None:
    page = at_the_desk(visit, classroom)
    press(page, "Люди")
    look(page, "list")
    review(page, classroom, tmp_path)
    expect(page.locator(".review .bad").first).to_have_text("Липoва")
    look(page, "review")
    press(page, "Записать, что верно: 1 строка")
    expect(page.get_by_text("Новых: 1.")).to_be_visible()
    press(page, "Готово, спрятать ПИН")
    page.locator("#find").focus()
    page.keyboard.type("нин лип")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    press(page, "Липова Нина")
    press(page, "Новый ПИН и карточка")
    press(page, "Выдать новый ПИН")
    assert len(page.locator(".pin-code").inner_text()) == 4
    page.goto(f"{classroom.url}instructor/people")
    press(page, "Отменить его")
    press(page, "Отменить изменение")
    expect(page.get_by_text("Липова Нина")).to_have_count(0)
    assert visit.foreign(classroom.url) == []


@pytest.fixture(scope="module")
def sections(chromium: Browser, classroom: Course) -> Iterator[Page]:
    """Open the desk where no script runs."""
    context = chromium.new_context(java_script_enabled=False, locale="ru-RU")
    page = at_the_desk(Visit(context, context.new_page(), []), classroom)
    page.goto(f"{classroom.url}instructor/people")
    yield page
    context.close()


@pytest.mark.parametrize(("width", "height", "rows"), [(1366, 768, 1), (1024, 600, 1), (800, 1280, 2), (360, 740, 2)])
def test_sections_take_few_rows(sections: Page, width: int, height: int, rows: int) -> None:
    page = sections
    page.set_viewport_size({"width": width, "height": height})
    head = page.locator(".top").bounding_box()
    assert head is not None
    assert head["height"] <= rows * ROW_PX
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_sections_fold_on_a_telephone(sections: Page) -> None:
    page = sections
    page.set_viewport_size({"width": 360, "height": 740})
    summary, main = page.locator("nav.sections summary"), page.locator("main")
    assert summary.inner_text() == "Разделы: Люди"
    before = main.bounding_box()
    summary.focus()
    page.keyboard.press("Enter")
    after, links = main.bounding_box(), page.locator("nav.sections .folded a")
    last = links.last.bounding_box()
    assert before
    assert after
    assert last
    assert after["y"] > before["y"]
    assert last["y"] + last["height"] <= after["y"]
    assert page.locator("nav.sections a[aria-current=page]:visible").all_inner_texts() == ["Люди"]
    page.keyboard.press("Tab")
    assert links.first.evaluate("one => one === document.activeElement")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert summary.inner_text() == "Разделы: Сегодня"
    page.emulate_media(media="print")
    assert not page.locator("nav.sections").is_visible()
    page.emulate_media(media="screen")


@pytest.mark.thorough
def test_every_page_about_people_is_usable(course: Course, visit: Visit, tmp_path: Path) -> None:
    page = at_the_desk(visit, course)
    for path in (
        "/new",
        "/cards",
        "/roster",
        "/undo",
        "/101",
        "/101/edit",
        "/101/pin",
        "/101/scores",
        "/101/erase",
        "?find=я",
    ):
        page.goto(f"{course.url}instructor/people{path}")
        look(page, path.strip("/?").replace("/", "-").replace("=", "-"))
    page.goto(f"{course.url}instructor/people/102/pin")
    press(page, "Выдать новый ПИН")
    look(page, "issued")
    page.goto(f"{course.url}instructor/people/new")
    page.fill("#surname", "Ивaнов")
    press(page, "Записать и показать ПИН")
    look(page, "faults")
    page.context.clear_cookies(name="ecitizen-session")
    press(page, "Записать и показать ПИН")
    look(page, "again")
    page.keyboard.type(course.instructor_pin)
    press(page, "Войти и продолжить")
    expect(page.locator("#surname")).to_have_value("Ивaнов")
    page.goto(f"{course.url}instructor/people/101/erase")
    page.fill("#card", "101")
    press(page, "Стереть имя навсегда")
    look(page, "erased")
