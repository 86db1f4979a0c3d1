"""The entry test by keyboard: one question a screen, nothing told before the end, advice in the catalogue after it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from ecitizen import content
from ecitizen.practice.forms import form_of
from tests.browser.hand import Hand
from tests.browser.rig import SIZES, Course, picture, violations

pytestmark = pytest.mark.browser

QUIZ = ".step:not([hidden]) .quiz"


def test_entry_test_advises_where_to_begin(chromium: Browser, classroom: Course) -> None:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    learner = classroom.learner(8)
    hand = Hand(page, learner)
    hand.enter(learner)
    expect(page.locator("main")).to_contain_text("Не знаете, с чего начать?")
    page.goto(f"{classroom.url}lesson/entry-test")
    hand.opened()
    hand.go_to(2)
    items = form_of(content.pool(), "entry", hand.store.for_learner(hand.card).seed)
    for place, item in enumerate(items, 1):
        expect(page.locator(f"{QUIZ} .title")).to_have_text(item.text)
        if place % 5 == 1:
            picture(page, f"entry-test-{place:02}")
            assert violations(page) == []
        last = place == len(items)
        hand.press(f'{QUIZ} [data-id="{"ui:finish" if last else "ui:next"}"]')
    expect(page.locator(f"{QUIZ} .title")).to_have_text(content.texts()["quiz"]["result"])
    first = content.toc().lessons[0].title
    expect(page.locator(QUIZ)).to_contain_text(first)
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture(page, f"entry-test-end-{name}")
        assert violations(page) == []
    page.goto(f"{classroom.url}lessons")
    expect(page.locator("#advice")).to_have_text("Советуем начать с этих уроков")
    expect(page.locator(".advice li").first).to_have_text(first)
    for name, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        picture(page, f"catalogue-advice-{name}")
        assert violations(page) == []
    context.close()


def test_answered_question_moves_on(chromium: Browser, classroom: Course) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    learner = classroom.learner(9)
    hand = Hand(page, learner)
    hand.enter(learner)
    page.goto(f"{classroom.url}lesson/exit-test")
    hand.opened()
    hand.go_to(2)
    items = form_of(content.pool(), "exit", hand.store.for_learner(hand.card).seed)
    place = next(n for n, item in enumerate(items) if item.kind == "single")
    for _ in range(place):
        hand.press(f'{QUIZ} [data-id="ui:next"]')
    expect(page.locator(f"{QUIZ} .title")).to_have_text(items[place].text)
    hand.choose(f"{QUIZ} input[type=radio]", "t1")
    hand.press(f'{QUIZ} [data-id="ui:answer"]')
    expect(page.locator(f"{QUIZ} .title")).to_have_text(items[place + 1].text)
    expect(page.locator(f"{QUIZ} .verdict")).to_have_count(0)
    hand.press(f'{QUIZ} [data-id="ui:previous"]')
    expect(page.locator(f"{QUIZ} input[type=radio]:checked")).to_have_value("t1")
    expect(page.locator(f"{QUIZ} .verdict")).to_have_count(0)
    expect(page.locator(f'{QUIZ} [data-id="ui:answer"]')).to_have_text("Изменить ответ")
    assert violations(page) == []
    context.close()
