"""The board when there is little to show or something is wrong: each state in every window, without a fault of axe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, insert

from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.register import people
from ecitizen.register.pins import hash_pin
from ecitizen.register.tables import ClassGroup, Learner, Person
from ecitizen.web.board_channel import MOST_OF_A_SESSION
from ecitizen.web.server import running
from tests.browser.hand import LESSON
from tests.browser.rig import SIZES, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

PIN, CARD, CARD_PIN = "314159", 101, "4821"
SOON_MS = 30_000


@pytest.fixture
def folder(tmp_path: Path) -> CourseFolder:
    made = CourseFolder.create(tmp_path / "course")
    engine = open_engine(made.database_url)
    for room in ("journal", "register"):
        upgrade(engine, room)
    people.add_site(engine, "main", "Центральная", date(2020, 1, 1))
    people.add_instructor(engine, "Ведущая", PIN)
    engine.dispose()
    return made


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    found = chromium.new_context(locale="ru-RU")
    yield found
    found.close()


def look(page: Page, name: str) -> None:
    """See the state in every window."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, size)
        assert violations(page) == [], (name, size)
        picture(page, f"board-{name}-{size}")


def enter(page: Page, url: str) -> None:
    page.goto(f"{url}instructor/login")
    page.locator("#pin").fill(PIN)
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_attached()


def group(engine: Engine, code: str, *cards: int) -> None:
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code=code, name=f"Группа {code}", site="main"))
        for card in cards:
            connection.execute(
                insert(Person).values(number=card, surname="Липова", given="Нина", patronymic="Ильинична")
            )
            hashed = hash_pin(CARD_PIN)
            connection.execute(insert(Learner).values(number=card, site="main", group_code=code, pin_hash=hashed))


def test_a_board_says_what_to_do_when_it_is_empty(folder: CourseFolder, context: BrowserContext) -> None:
    engine, page = open_engine(folder.database_url), context.new_page()
    with running(folder) as server:
        enter(page, server.url)
        expect(page.locator("#scene")).to_contain_text("Групп пока нет")
        look(page, "no-groups")
        group(engine, "A")
        page.reload()
        expect(page.locator("#board")).to_contain_text("В этой группе пока никого нет")
        look(page, "nobody-in-it")
        group(engine, "B", CARD)
        page.goto(f"{server.url}instructor")
        expect(page.locator("#scene")).to_contain_text("С какой группой вы сейчас?")
        look(page, "which-group")
        page.get_by_role("link", name="Группа B").click()
        expect(page.locator("#board")).to_contain_text("Кто пришёл?")
        expect(page.locator(".pupil")).to_contain_text("Сегодня ещё не в уроке")
        look(page, "nobody-came")
        page.locator(".pupil .mark").click()
        expect(page.locator("#said")).to_contain_text("Отмечено")
        look(page, "marked")
        page.get_by_role("button", name="Отменить").click()
        expect(page.locator("#board")).to_contain_text("Кто пришёл?")
        look(page, "undone")
    engine.dispose()


def test_a_learner_leaves_and_comes_back(folder: CourseFolder, context: BrowserContext, chromium: Browser) -> None:
    engine, page = open_engine(folder.database_url), context.new_page()
    group(engine, "A", CARD)
    engine.dispose()
    with running(folder, reload_grace_s=1.0) as server:
        enter(page, server.url)
        card = page.locator(".pupil")
        card.evaluate("card => (card.kept = true)")
        learner = chromium.new_context(locale="ru-RU")
        for _ in range(2):
            # The cookie of the card stays: who comes back is the same.
            lesson = learner.new_page()
            if not learner.cookies():
                lesson.goto(server.url)
                lesson.locator("#card").fill(str(CARD))
                lesson.locator("#pin").fill(CARD_PIN)
                lesson.keyboard.press("Enter")
                lesson.wait_for_url("**/lessons")
            lesson.goto(f"{server.url}lesson/{LESSON}")
            expect(lesson.locator("body[data-state=ready]")).to_be_attached(timeout=SOON_MS)
            expect(card.locator(".state")).to_have_text("в уроке", timeout=SOON_MS)
            lesson.close(run_before_unload=True)
            expect(card).to_contain_text("урок закрыт", timeout=SOON_MS)
        look(page, "left")
        assert card.evaluate("card => card.kept")
        learner.close()


def test_a_board_without_its_server_says_so(folder: CourseFolder, context: BrowserContext) -> None:
    engine, page = open_engine(folder.database_url), context.new_page()
    group(engine, "A", CARD)
    engine.dispose()
    offline = page.locator("#offline")
    with running(folder) as server:
        enter(page, server.url)
        port = int(server.url.rstrip("/").rpartition(":")[2])
        expect(offline).to_be_hidden()
    expect(offline).to_be_visible(timeout=SOON_MS)
    page.locator(".pupil .mark").click()
    expect(offline).to_be_visible()
    look(page, "offline")
    with running(folder, port=port) as server:
        expect(offline).to_be_hidden(timeout=SOON_MS)
        page.locator(".pupil .mark").click()
        expect(page.locator("#said")).to_contain_text("Отмечено")


def test_a_session_that_ends_takes_the_names_off(folder: CourseFolder, context: BrowserContext) -> None:
    engine, page, other = open_engine(folder.database_url), context.new_page(), context.new_page()
    group(engine, "A", CARD)
    engine.dispose()
    with running(folder) as server:
        enter(page, server.url)
        other.goto(f"{server.url}instructor")
        other.locator(".pupil .mark").click()
        expect(page.locator(".pupil .mark.on")).to_be_visible()
        windows = [context.new_page() for _ in range(MOST_OF_A_SESSION)]
        for window in windows:
            window.goto(f"{server.url}instructor")
            expect(window.locator(".pupil")).to_be_visible()
        expect(page.locator("#enough")).to_be_visible(timeout=SOON_MS)
        look(page, "enough")
        page.get_by_role("link", name="Обновить").click()
        expect(page.locator("#enough")).to_be_hidden()
        windows[-1].get_by_role("button", name="Выйти").click()
        expect(page.locator("#pin")).to_be_visible(timeout=SOON_MS)
        expect(page.locator(".pupil")).to_have_count(0)
        look(page, "ended")
        page.locator("#pin").fill(PIN)
        page.keyboard.press("Enter")
        expect(page.locator(".pupil .mark.on")).to_be_visible()
