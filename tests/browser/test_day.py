"""The whole day of a librarian in Chromium: by keyboard at a PC, by finger on a tablet."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.day import Day, walk
from tests.browser.rig import SIZES, Course, picture, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("size", "touch"),
    [("1366x768", False), pytest.param("800x1280", True, marks=pytest.mark.thorough)],
    ids=["keyboard", "tablet"],
)
def test_from_the_list_to_the_report(chromium: Browser, course: Course, tmp_path: Path, size: str, touch: bool) -> None:
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=touch, locale="ru-RU")

    def look(page: Page, name: str) -> None:
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        picture(page, f"day-{name}-{size}")

    day = Day(chromium, course, context.new_page(), tmp_path, look, touch, (width, height))
    try:
        walk(day)
    finally:
        day.close()
        context.close()
