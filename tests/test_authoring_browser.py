"""The preview in Chromium: it can be pressed, reloads on save, tells faults and recovers."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from ecitizen.authoring.preview import Preview, make_server
from tests.browser.rig import ARGUMENTS, PICTURES

MINI = Path(__file__).parent / "golden" / "scenario-mini.yaml"

pytestmark = pytest.mark.browser


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a faultless scenario outside any content tree."""
    path = tmp_path / "90-mini.yaml"
    path.write_text(MINI.read_text(encoding="utf-8").replace("id: mini", "id: 90-mini", 1), encoding="utf-8")
    return path


@pytest.fixture
def page(file: Path) -> Iterator[Page]:
    """Open the preview of the file."""
    server = make_server(Preview(file), 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 1366, "height": 900}, locale="ru-RU")
        opened.goto(f"http://127.0.0.1:{server.server_address[1]}/?task=enter&mode=solo")
        yield opened
        browser.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_preview_keeps_its_place_on_save(page: Page, file: Path) -> None:
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.get_by_label("Телефон", exact=True)).to_be_visible()
    file.write_text(
        file.read_text(encoding="utf-8").replace("label: Телефон,", "label: Номер телефона,"), encoding="utf-8"
    )
    expect(page.get_by_label("Номер телефона")).to_be_visible(timeout=10_000)
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "preview.png")


def test_fault_comes_and_goes_with_saves(page: Page, file: Path) -> None:
    right = file.read_text(encoding="utf-8")
    file.write_text(right.replace("start: home", "begin: home", 1), encoding="utf-8")
    expect(page.get_by_role("heading", name="Что поправить")).to_be_visible(timeout=10_000)
    page.screenshot(path=PICTURES / "preview-fault.png")
    file.write_text(right, encoding="utf-8")
    expect(page.get_by_role("button", name="Войти", exact=True)).to_be_visible(timeout=10_000)


def test_modes_are_a_link_away(page: Page) -> None:
    page.get_by_role("link", name="Покажите мне").click()
    expect(page.get_by_role("button", name="Начать показ")).to_be_visible()
    page.get_by_role("link", name="Вместе").click()
    expect(page.get_by_role("link", name="Вместе")).to_have_attribute("aria-current", "page")


def test_restart_leads_back_to_the_start(page: Page) -> None:
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page.get_by_label("Телефон", exact=True)).to_be_visible()
    page.get_by_role("button", name="Начать заново").click()
    expect(page.get_by_role("button", name="Читать новости")).to_be_visible()


def test_head_is_one_line_on_a_telephone(page: Page) -> None:
    page.evaluate("sessionStorage.clear()")
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    portal = page.locator("main").bounding_box()
    assert portal is not None
    assert portal["y"] <= 60
    page.get_by_role("button", name="Войти", exact=True).click()
    assert page.evaluate("(page => page.scrollHeight - page.clientHeight)(document.querySelector('.page'))") <= 1
    page.locator("#choice summary").click()
    page.get_by_role("link", name="Вместе").click()
    expect(page.get_by_role("link", name="Вместе")).to_have_attribute("aria-current", "page")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
