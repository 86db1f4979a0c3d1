"""A full class: the page that waits is kind, goes by keyboard, and opens the lesson by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from ecitizen.web import running
from tests.browser.rig import SIZES, Visit, picture, violations
from tests.web_class import LESSON, course_folder

pytestmark = pytest.mark.browser


@pytest.fixture
def full(tmp_path: Path) -> Iterator[str]:
    """Serve a class with room for one lesson page."""
    with running(course_folder(tmp_path / "data"), max_kernels=1, reload_grace_s=1) as server:
        yield server.url


def guest(context: BrowserContext, url: str) -> None:
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(url)
    page.get_by_role("button", name="Попробовать без карточки").click()


def test_who_waits_comes_in_when_somebody_leaves(full: str, chromium: Browser, visit: Visit) -> None:
    sitting = chromium.new_context(locale="ru-RU")
    guest(sitting, full)
    sitting.pages[0].goto(f"{full}lesson/{LESSON}")
    sitting.pages[0].locator("body[data-state=ready]").wait_for(state="attached")
    page = visit.page
    guest(visit.context, full)
    page.goto(f"{full}lesson/{LESSON}")
    expect(page.get_by_role("heading", name="Урок скоро откроется")).to_be_visible()
    expect(page.locator("#ahead")).to_have_text("Перед вами никого. Ваша очередь следующая.")
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        picture(page, f"waiting-{name}")
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    back = page.get_by_role("link", name="Вернуться к урокам")
    for _ in range(5):
        page.keyboard.press("Tab")
        if back.evaluate("link => link === document.activeElement"):
            break
    expect(back).to_be_focused()
    sitting.close()
    page.locator("body[data-state=ready]").wait_for(state="attached")
    expect(page.locator(".step:not([hidden])")).to_be_visible()
    assert visit.foreign(full) == []
