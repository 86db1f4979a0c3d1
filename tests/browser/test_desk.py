"""The librarian's ten seconds: attendance by touch on a tablet, a consultation by keyboard during a call."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, select

from ecitizen.folder import CourseFolder
from ecitizen.opening import connect
from ecitizen.register.tables import Attendance, Consultation
from tests.browser.rig import SIZES, Course, Visit, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.thorough]


def at_the_desk(page: Page, course: Course, path: str = "instructor") -> None:
    page.goto(f"{course.url}instructor/login")
    page.locator("#pin").fill(course.instructor_pin)
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_attached()
    page.goto(course.url + path)


def rows(engine: Engine, table: type[Attendance] | type[Consultation]) -> int:
    with engine.connect() as connection:
        return len(connection.execute(select(table)).all())


def access_key(page: Page, digit: str) -> None:
    """Press Alt and a digit as a real keyboard does: Playwright's own press leaves the digit out."""
    alt = {"modifiers": 1, "key": digit, "code": f"Digit{digit}", "unmodifiedText": digit}
    session = page.context.new_cdp_session(page)
    session.send("Input.dispatchKeyEvent", {"type": "keyDown", **alt})
    session.send("Input.dispatchKeyEvent", {"type": "keyUp", **alt})


def test_attendance_in_one_touch_on_a_tablet(classroom: Course, visit: Visit) -> None:
    page, engine = visit.page, connect(CourseFolder.open(classroom.data))
    page.set_viewport_size({"width": 800, "height": 1280})
    at_the_desk(page, classroom)
    cards = page.locator(".pupils .mark:not(.on)")
    left, marked = cards.count(), rows(engine, Attendance)
    for number in (1, 2, 3):
        before = page.locator(".pupils .mark").nth(6).bounding_box()
        cards.first.click()
        expect(cards).to_have_count(left - number)
        # The next touch finds its button where the eye saw it.
        assert number == 1 or page.locator(".pupils .mark").nth(6).bounding_box() == before
    assert rows(engine, Attendance) == marked + 3
    page.locator("#said").get_by_role("button", name="Отменить").click()
    expect(cards).to_have_count(left - 2)
    expect(page.locator("#news")).to_contain_text("Отметка снята")
    assert rows(engine, Attendance) == marked + 2
    assert violations(page) == []
    picture(page, "today-800x1280")
    page.get_by_role("link", name="Закончить занятие").click()
    expect(page.locator("h1")).to_have_text("Итог занятия")
    assert violations(page) == []
    engine.dispose()


def test_two_desks_see_each_others_marks(classroom: Course, visit: Visit) -> None:
    at_the_desk(visit.page, classroom)
    other = visit.context.new_page()
    other.goto(f"{classroom.url}instructor")
    card, seen = other.locator(".pupils .mark").last, visit.page.locator(".pupils .mark").last
    was_here = "Здесь" in (card.text_content() or "")
    card.press("Enter")
    expect(card).to_be_focused()
    word = "Отметить" if was_here else "Здесь"
    expect(card).to_contain_text(word)
    expect(seen).to_contain_text(word)


def test_a_call_is_written_down_by_keyboard(classroom: Course, visit: Visit) -> None:
    page, engine = visit.page, connect(CourseFolder.open(classroom.data))
    kept = rows(engine, Consultation)
    at_the_desk(page, classroom, "instructor/consultations")
    keys = page.keyboard
    expect(page.locator("#topic")).to_be_focused()
    keys.type("Показания счётчиков")
    keys.press("Tab")
    keys.press("ArrowRight")
    access_key(page, "5")
    keys.press("Tab")
    keys.press("Tab")
    keys.type("4")
    keys.press("Enter")
    expect(page.locator(".said")).to_contain_text("Показания счётчиков")
    expect(page.locator("#topic")).to_be_focused()
    assert rows(engine, Consultation) == kept + 1
    with engine.connect() as connection:
        row = connection.execute(select(Consultation).order_by(Consultation.id.desc())).first()
    assert row is not None
    assert (row.channel, row.category, row.persons, row.minutes) == ("remote", "disability", 1, 4)
    engine.dispose()


def test_consultations_work_without_javascript(classroom: Course, visit: Visit) -> None:
    context = visit.context.browser
    assert context is not None
    page = context.new_context(java_script_enabled=False, locale="ru-RU").new_page()
    at_the_desk(page, classroom, "instructor/consultations")
    page.locator("#topic").fill("Звонить 8 912 345-67-89")
    page.keyboard.press("Enter")
    expect(page.locator("#topic")).to_have_value("Звонить 8 912 345-67-89")
    page.locator("#topic").fill("Вход на портал")
    page.get_by_role("button", name="Записать").click()
    expect(page.locator(".said")).to_contain_text("Вход на портал")
    first = page.locator(".noted").first
    first.get_by_role("button", name="Удалить").click()
    page.get_by_role("button", name="Вернуть запись").click()
    expect(page.locator(".said")).to_contain_text("Вход на портал")
    page.goto(f"{classroom.url}instructor")
    left = page.locator(".pupils .mark:not(.on)").count()
    page.locator(".pupils .mark:not(.on)").first.click()
    expect(page.locator(".pupils .mark:not(.on)")).to_have_count(left - 1)
    page.context.close()


@pytest.mark.parametrize("size", SIZES)
def test_the_form_of_a_call_fits_every_window(shared: Course, visit: Visit, size: str) -> None:
    page = visit.page
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    at_the_desk(page, shared, "instructor/consultations")
    button = page.get_by_role("button", name="Записать").bounding_box()
    assert button is not None
    if width > 360:
        assert button["y"] + button["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    assert visit.foreign(shared.url) == []
    picture(page, f"consultations-{size}")
