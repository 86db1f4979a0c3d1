"""The pages that say «not you», «once more» and «already done», as people see them; a press outlives the session."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from ecitizen.folder import CourseFolder
from ecitizen.opening import connect
from ecitizen.register import people
from tests.browser.rig import SIZES, Course, Visit, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

CURATOR = "271828"


def enter(page: Page, course: Course, path: str, pin: str) -> None:
    """Ask for a page of the desk; the door leads to it."""
    page.goto(course.url + path)
    page.locator("#pin").fill(pin)
    page.keyboard.press("Enter")
    expect(page).to_have_url(course.url + path)


def looked_at(page: Page, name: str) -> None:
    """No fault of accessibility at any size, nothing wider than the window."""
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == [], (name, width)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        picture(page, f"access-{name}-{width}x{height}")


def test_a_refusal_leads_on(classroom: Course, visit: Visit) -> None:
    engine = connect(CourseFolder.open(classroom.data))
    people.add_instructor(engine, "Кира", CURATOR, "curator")
    engine.dispose()
    page = visit.page
    enter(page, classroom, "instructor/queue", CURATOR)
    page.goto(f"{classroom.url}instructor/grading")
    expect(page.locator("h1")).to_have_text("Эта страница не для вас")
    looked_at(page, "refused")
    page.get_by_role("link", name="К вашей первой странице").click()
    expect(page.locator("#board")).to_be_attached()


def test_words_outlive_the_session_and_the_token(classroom: Course, visit: Visit) -> None:
    page = visit.page
    enter(page, classroom, "instructor/consultations", classroom.instructor_pin)
    for place, lost in enumerate((r"^ecitizen-session$", r"^_xsrf$")):
        page.goto(f"{classroom.url}instructor/consultations")
        page.locator("#topic").fill(f"Талон к врачу {place}")
        page.context.clear_cookies(name=re.compile(lost))
        page.locator("form.consult button.main").click()
        expect(page.locator("h1")).to_have_text("Войдите ещё раз")
        looked_at(page, f"again-{place}")
        page.locator("#pin").fill("000000")
        page.keyboard.press("Enter")
        expect(page.locator("#trouble")).to_be_visible()
        page.locator("#pin").fill(classroom.instructor_pin)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Журнал")).to_be_visible()
        expect(page.locator("#main")).to_contain_text(f"Талон к врачу {place}")


def test_a_press_on_the_board_outlives_the_session(classroom: Course, visit: Visit) -> None:
    page = visit.page
    enter(page, classroom, "instructor", classroom.instructor_pin)
    mark = page.locator(".pupils .mark:not(.on)").first
    expect(mark).to_be_visible()
    page.context.clear_cookies(name="ecitizen-session")
    mark.click()
    expect(page.locator("h1")).to_have_text("Войдите ещё раз")
    page.locator("#pin").fill(classroom.instructor_pin)
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_contain_text("Отмечено")


def test_going_back_and_changing_asks_first(classroom: Course, visit: Visit) -> None:
    page = visit.page
    enter(page, classroom, "instructor/forum", classroom.instructor_pin)
    for name in ("Первый", "Второй"):
        page.locator("#name").fill(name)
        page.evaluate("document.querySelector('form.fields [name=once]').value = 'ab'.repeat(16)")
        page.locator("form.fields button").last.click()
        if name == "Первый":
            expect(page.locator("h1")).to_have_text("Первый")
            page.goto(f"{classroom.url}instructor/forum")
    expect(page.locator("h1")).to_have_text("Эта форма уже записана")
    looked_at(page, "sent-otherwise")
    page.get_by_role("button", name="Записать ещё раз, как теперь").click()
    expect(page.locator("h1")).to_have_text("Второй")


def test_a_learner_is_asked_once_more_kindly(classroom: Course, visit: Visit) -> None:
    page = visit.page
    page.goto(classroom.url)
    page.context.clear_cookies()
    page.get_by_role("button", name="Попробовать без карточки").click()
    expect(page.locator("h1")).to_have_text("Нажмите ещё раз")
    looked_at(page, "again-guest")
    page.get_by_role("button", name="Продолжить").click()
    expect(page.locator("h1")).to_be_visible()
    page.context.clear_cookies(name="ecitizen-session")
    page.evaluate("document.querySelector('form[action$=help]').submit()")
    expect(page.locator("h1")).to_have_text("Войдите ещё раз")
    looked_at(page, "card-again")
