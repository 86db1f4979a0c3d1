"""Questions looked up on a screen or written in one's own words, answered in a browser against the real widget."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from ecitizen import content
from ecitizen.content.loading import load_yaml
from ecitizen.journal.guest import GuestJournal
from ecitizen.practice import quiz
from ecitizen.widgets.quiz import Quiz
from tests.browser.harness import GOLDEN, Keys, Touch, served, texts
from tests.browser.rig import picture

pytestmark = pytest.mark.browser

WINDOWS = [(1366, 768), (360, 740)]
CARD = {"card": 104, "guest": False, "seat": 7, "help": True}
WORDS = texts()["quiz"]
FIND, CALL = 9, 10
"""Places of the two questions in the sample quiz."""

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag2aaa", "wcag21aa", "wcag22aa", "best-practice"]},
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}
SMALL = """() => Array.from(document.querySelectorAll(".quiz button, .quiz textarea"))
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 47.5).map((e) => e.textContent)"""
NEAR = """() => {
  const buttons = Array.from(document.querySelectorAll(".quiz .card button")).filter((e) => e.checkVisibility());
  const boxes = buttons.map((e) => e.getBoundingClientRect());
  const meet = (from, to, start, end) => from - 7.5 < end && start - 7.5 < to;
  const near = (a, b) => meet(a.left, a.right, b.left, b.right) && meet(a.top, a.bottom, b.top, b.bottom);
  const close = (_, at) => boxes.some((box, other) => other > at && near(boxes[at], box));
  return buttons.filter(close).map((e) => e.textContent);
}"""
OVERFLOWS = """() => [document.documentElement, ...document.querySelectorAll(".quiz, .card, .screen, textarea")]
  .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1).map((e) => e.className || e.tagName)"""


class Live:
    """A quiz that the real widget plays while the browser draws it."""

    def __init__(self) -> None:
        lesson = content.lesson("01-gosuslugi")
        self.journal = GuestJournal()
        sample = quiz.Quiz.model_validate(load_yaml(GOLDEN / "quiz-mini.yaml"))
        self.quiz = Quiz(replace(lesson, quiz=sample), self.journal)
        self.replies: list[dict[str, Any]] = []
        self.quiz.send = lambda message, buffers=None: self.replies.append(message)

    def widget(self, name: str) -> dict[str, Any]:
        """Give the traits that the page opens with."""
        return {"kind": "quiz", "view": self.quiz.view, "live": name}

    def take(self, message: Any) -> dict[str, Any]:
        """Answer a message of the page as the kernel would."""
        self.quiz._receive(self.quiz, {"key": str(uuid4()), **message}, [])
        last = self.replies[-1]
        return {"view": self.quiz.view} if "ack" in last else {"text": last["text"]}

    def answers(self) -> dict[str, Any]:
        """Give what the journal holds: the last answer to each question."""
        bodies = [event.body for event in self.journal.read("01-gosuslugi", "quiz")]
        return {body["item"]: body["answer"] for body in bodies if body["do"] == "answer"}


@pytest.fixture
def live() -> Live:
    return Live()


@pytest.fixture(params=WINDOWS, ids=["pc", "telephone"])
def page(request: pytest.FixtureRequest, chromium: Browser, live: Live) -> Iterator[Page]:
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch=True, locale="ru-RU")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    with served(["live", "scale"], CARD, {"live": live}) as address:
        page.goto(f"{address}health")
        page.evaluate("localStorage.setItem('ecz-step:104:01-gosuslugi', 2)")
        page.goto(address)
        page.wait_for_selector("body[data-state=ready]")
        yield page
        context.close()
    assert faults == []


def go_to(page: Page, place: int) -> None:
    """Turn to a question by its number."""
    page.locator(f".quiz .marks li:nth-child({place}) button").click()
    expect(page.locator(".quiz .marks [aria-current=true]")).to_have_text(re.compile(rf"^{place}\b"))


def sound(page: Page) -> None:
    """Hold the screen to axe, to the size of its buttons and to its width, down to 320 px and twice the letters."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate(SMALL) == []
    assert page.evaluate(NEAR) == []
    size = page.viewport_size
    assert size is not None
    for letters in ("100", "200"):
        page.evaluate("(letters) => { document.documentElement.dataset.size = letters }", letters)
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate(OVERFLOWS) == []
    page.evaluate("document.documentElement.dataset.size = '100'")
    page.set_viewport_size(size)


@pytest.mark.parametrize("hand", [Keys, Touch], ids=["keyboard", "touch"])
def test_button_is_found_on_the_screen(page: Page, live: Live, hand: type[Keys | Touch]) -> None:
    go_to(page, FIND)
    press = hand(page).press
    sound(page)
    press('.quiz .control:text-is("Настройки")')
    press('.quiz .control:text-is("Заявления")')
    assert page.locator(".control[aria-pressed=true]").all_inner_texts() == ["Заявления"]
    press(".quiz [data-id='ui:answer']")
    expect(page.locator(".quiz .verdict.amber")).to_contain_text("Здесь ваши заявления.")
    picture(page, f"find-{page.viewport_size['width']}")  # type: ignore[index]
    press('.quiz .control:text-is("Выйти")')
    press(".quiz [data-id='ui:answer']")
    expect(page.locator(".quiz .verdict.good")).to_contain_text("Она закрывает кабинет.")
    sound(page)
    assert live.answers() == {"exit": "o2"}


@pytest.mark.parametrize("hand", [Keys, Touch], ids=["keyboard", "touch"])
def test_written_answer_is_kept_and_compared(page: Page, live: Live, hand: type[Keys | Touch]) -> None:
    go_to(page, CALL)
    learner = hand(page)
    sound(page)
    learner.press(".quiz [data-id='ui:answer']")
    expect(page.locator(".quiz .verdict")).to_contain_text(WORDS["write_first"])
    picture(page, f"written-{page.viewport_size['width']}")  # type: ignore[index]
    learner.fill(".quiz textarea", "Положу трубку.")
    learner.press(".quiz [data-id='ui:answer']")
    verdict = page.locator(".quiz .verdict.info")
    expect(verdict).to_contain_text("Положу трубку и позвоню в банк сама.")
    assert verdict.locator("li").all_inner_texts() == ["Код не называют", "В банк звонят сами"]
    picture(page, f"written-kept-{page.viewport_size['width']}")  # type: ignore[index]
    sound(page)
    learner.fill(".quiz textarea", "Положу трубку и позвоню сама.")
    learner.press(".quiz [data-id='ui:finish']")
    expect(page.locator(".quiz .title")).to_have_text(WORDS["result"])
    expect(page.locator(".quiz .card")).to_contain_text("Ждёт проверки ответов: 1")
    assert live.answers() == {"call": "Положу трубку и позвоню сама."}
    sound(page)
    picture(page, f"written-result-{page.viewport_size['width']}")  # type: ignore[index]


def test_real_number_never_leaves_the_page(page: Page, live: Live) -> None:
    go_to(page, CALL)
    page.fill(".quiz textarea", "Мой телефон 8 916 123-45-67, звоните.")
    page.click(".quiz [data-id='ui:previous']")
    expect(page.locator(".quiz .verdict")).to_contain_text("настоящий телефон")
    expect(page.locator(".quiz textarea")).to_have_value("")
    expect(page.locator(".quiz .marks [aria-current=true]")).to_have_text(re.compile("^10"))
    # Without the keys: random digits can hold any three.
    assert "916" not in page.evaluate("JSON.stringify(window.sent.map(({key, ...message}) => message))")
    assert live.answers() == {}


def test_text_not_yet_sent_is_not_lost(page: Page, live: Live) -> None:
    go_to(page, CALL)
    page.fill(".quiz textarea", "Спрошу у дочери.")
    page.click(".quiz [data-id='ui:previous']")
    expect(page.locator(".quiz .marks [aria-current=true]")).to_have_text(re.compile("^9"))
    assert live.answers() == {"call": "Спрошу у дочери."}
    go_to(page, CALL)
    expect(page.locator(".quiz textarea")).to_have_value("Спрошу у дочери.")
