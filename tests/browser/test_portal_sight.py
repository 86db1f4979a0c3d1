"""What has come stays in sight and whole: the address under a telephone, the newest message, words on a narrow page."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.harness import served, states, texts
from tests.browser.test_portal_states import COVERED, OVERFLOWS, RULES, change, look, page

__all__ = ["page"]

pytestmark = pytest.mark.browser

NAMES = ["code", "scam", "town-code", "town-code-push", "town-home", "town-hall", "town-ticket", "town-about"]
NAMES += ["town-meters", "town-chat", "scale"]
WINDOWS = [(1366, 768), (360, 740), (320, 700)]
SIZES = pytest.mark.parametrize(("width", "height"), WINDOWS, ids=["pc", "telephone", "narrowest"])
HIDDEN = """(selector) => {
  const box = document.querySelector(".step:not([hidden]) " + selector).getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return !(top && top.closest(selector));
}"""
BROKEN = r"""() => {
  const walker = document.createTreeWalker(document.querySelector(".step:not([hidden]) .page"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const broken = [];
  while (walker.nextNode()) {
    if (walker.currentNode.parentElement.closest(".unseen, thead")) continue;
    for (const word of walker.currentNode.data.matchAll(/[\p{L}\d]{3,}/gu)) {
      range.setStart(walker.currentNode, word.index);
      range.setEnd(walker.currentNode, word.index + word[0].length);
      if (new Set(Array.from(range.getClientRects(), (line) => Math.round(line.top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(NAMES, {"card": 104, "guest": False, "seat": 7, "help": True}) as url:
        yield url


def view_of(name: str) -> dict[str, Any]:
    """Give a view that a test may change."""
    return deepcopy(dict(states()[name]["view"]))


def talk(count: int) -> dict[str, Any]:
    """Give the screen of the sample chat with so many messages."""
    screen: dict[str, Any] = view_of("town-chat")["screen"]
    chat = next(part for part in screen["parts"] if part["kind"] == "chat")
    chat["messages"] = [
        {"who": "them", "name": "Ирина", "text": f"Сообщение {n}", "time": "10:20"} for n in range(count)
    ]
    return screen


@pytest.mark.parametrize("name", ["code", "scam", "town-code-push"], ids=["message", "call", "question"])
@pytest.mark.parametrize(("width", "height"), WINDOWS[:2], ids=["pc", "telephone"])
def test_open_telephone_leaves_the_address(page: Page, address: str, name: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    look(page, address, name)
    assert page.evaluate("document.querySelector('.step:not([hidden]) .phone').dataset.open") == "yes"
    assert not page.evaluate(HIDDEN, ".address")
    page.locator(".page:visible > *").last.scroll_into_view_if_needed()
    assert not page.evaluate(HIDDEN, ".address")


def test_every_answer_to_a_caller_can_be_reached(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for name in ("scam", "town-code-push"):
        look(page, address, name)
        for reply in page.locator(".replies:visible button").all():
            assert not page.evaluate(COVERED, f"[data-id='{reply.get_attribute('data-id')}']")


@SIZES
def test_newest_message_is_in_sight(page: Page, address: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    look(page, address, "town-code")
    for count, hand in ((12, "[data-id='ui:task-toggle']:visible"), (14, "[data-id=say-later]")):
        if page.locator(hand).count():  # a wide window has no task to unfold
            page.focus(hand)
        change(page, "town-code", screen=talk(count), phone=view_of("town-chat")["phone"], turn=30 + count)
        assert page.locator(".talk:visible li").last.inner_text().endswith(f"Сообщение {count - 1}")
        assert not page.evaluate(HIDDEN, ".talk > li:last-child")
    assert page.evaluate("document.activeElement.dataset.id") == "say-later"


def test_answer_to_a_chat_is_said_beside_the_newest(page: Page, address: str) -> None:
    look(page, address, "town-chat")
    page.click("[data-id=say-later]")
    screen = talk(9)
    next(part for part in screen["parts"] if part["kind"] == "chat")["replies"] = []
    change(page, "town-chat", screen=screen, say={"tone": "good", "text": "Ответили."}, turn=40)
    assert page.locator(".chat .talk + .say").inner_text() == "Верно. Ответили."
    assert not page.evaluate(HIDDEN, ".say")


@pytest.mark.parametrize(("before", "led"), [(0, True), (1, False)], ids=["board alone", "map before it"])
def test_own_line_of_a_board_is_in_sight(page: Page, address: str, before: int, led: bool) -> None:
    page.set_viewport_size({"width": 1024, "height": 600})
    look(page, address, "town-home")
    screen = view_of("town-hall")["screen"]
    board = next(part for part in screen["parts"] if part["kind"] == "board")
    others = [{"ticket": f"Я-{n}", "place": "Кабинет 1", "state": "Ждите"} for n in range(9)]
    board["rows"] = [*others, *board["rows"]]
    screen["parts"] = [*screen["parts"][:before], board]
    change(page, "town-home", screen=screen, turn=30)
    assert page.evaluate(HIDDEN, ".own") is not led


@SIZES
def test_screen_without_a_bar_keeps_the_way_back(page: Page, address: str, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    look(page, address, "town-hall")
    assert page.locator(".address:visible").count() == 0
    assert page.evaluate(OVERFLOWS) == []
    assert page.get_attribute(".browser:visible", "aria-label") == texts()["portal"]["place"]
    page.click("[data-id='ui:back']:visible")
    assert page.evaluate("window.sent.pop().do") == "back"
    if width == WINDOWS[0][0]:
        assert Axe().run(page, options=RULES).violations_count == 0


@pytest.mark.parametrize("name", ["town-ticket", "town-meters", "town-about", "town-hall"])
@pytest.mark.parametrize("width", [360, 320])
def test_no_word_is_broken_on_a_narrow_page(page: Page, address: str, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 740})
    look(page, address, name)
    assert page.evaluate(BROKEN) == []


def test_label_stands_above_its_value_when_narrow(page: Page, address: str) -> None:
    placed = []
    for width, height in WINDOWS[:2]:
        page.set_viewport_size({"width": width, "height": height})
        look(page, address, "town-ticket")
        label, value = (page.locator(f".sheet {tag}:visible").first.bounding_box() for tag in ("th", "td"))
        assert label is not None
        assert value is not None
        placed.append(label["y"] + label["height"] <= value["y"] + 1)
    assert placed == [False, True]


def test_notes_of_files_are_read_easily(page: Page, address: str) -> None:
    for width in (1366, 360):
        page.set_viewport_size({"width": width, "height": 740})
        look(page, address, "town-about")
        sizes = page.eval_on_selector_all(
            ".files:visible .small", "notes => notes.map((note) => parseFloat(getComputedStyle(note).fontSize))"
        )
        assert min(sizes) >= 20


def test_sheet_field_and_search_speak_their_own_words(page: Page, address: str) -> None:
    look(page, address, "town-ticket")
    assert page.inner_text(".paper:visible > .small") == "Такой талон выдаёт аппарат в поликлинике."
    screen = view_of("town-ticket")["screen"]
    change(page, "town-ticket", screen={**screen, "parts": [{**screen["parts"][0], "note": ""}]}, turn=30)
    assert page.locator(".paper:visible > .small").count() == 0
    look(page, address, "town-meters")
    assert page.locator(".unit:visible").all_inner_texts() == ["м³"]
    look(page, address, "town-home")
    screen = view_of("town-home")["screen"]
    part = next(part for part in screen["parts"] if part["kind"] == "search")
    part["results"] = [{"id": "a", "label": "Почта", "note": "", "main": False}]
    change(page, "town-home", screen=screen, turn=30)
    assert page.inner_text(".search:visible p b") == "Нашлось дел: 1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Вы вошли.", "Верно. Вы вошли."),
        ("Верно, код не говорят.", "Верно, код не говорят."),
        ("Верность.", "Верно. Верность."),
    ],
)
def test_tone_is_not_said_twice(page: Page, address: str, text: str, said: str) -> None:
    look(page, address, "code")
    change(page, "code", say={"tone": "good", "text": text}, turn=30)
    assert page.inner_text(".say:visible") == said


def test_field_of_a_telephone_stays_in_its_form(chromium: Browser, address: str) -> None:
    page = chromium.new_page(viewport={"width": 360, "height": 740})
    look(page, address, "code")
    screen = view_of("code")["screen"]
    screen["parts"][1]["fields"][0] |= {"id": "phone", "type": "phone"}
    change(page, "code", screen=screen, turn=30)
    assert page.evaluate("getComputedStyle(document.querySelector('[data-id=phone]')).position") == "static"
    page.close()
