"""The lesson page as eyes and hands meet it: nothing covered, nothing blank, nothing from elsewhere, no key inside."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page, expect

from ecitizen import content
from tests.browser.hand import LESSON, Hand
from tests.browser.rig import SIZES, Course, Visit, picture, violations

pytestmark = pytest.mark.browser

PORTAL_STEPS = (3, 4, 5, 6)
LEAST_TARGET_PX = 48


def inside(page: Page) -> list[str]:
    """Name what can be seen of the step but is covered, outside the window or blank."""
    return page.evaluate(
        """() => {
        const faults = [];
        const step = document.querySelector(".step:not([hidden])");
        const bar = document.querySelector("footer").getBoundingClientRect();
        const head = document.querySelector("header").getBoundingClientRect();
        const main = document.querySelector("main").getBoundingClientRect();
        if (!step || step.getBoundingClientRect().height < 60) faults.push("the step is blank");
        if (main.top < head.bottom - 1 || main.bottom > bar.top + 1) faults.push("the bars cover the lesson");
        if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
        for (const name of ["#back", "#next"]) {
          const box = document.querySelector(name).getBoundingClientRect();
          const at = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
          if (!at || !document.querySelector(name).contains(at)) faults.push(name + " is covered");
        }
        return faults;
      }"""
    )


def small_targets(page: Page) -> list[str]:
    """Name the buttons and fields that are too low for an unsure finger."""
    return page.evaluate(
        """least => Array.from(document.querySelectorAll("button, a.button, select, input[type=text]"))
        .filter(element => element.offsetParent && element.getBoundingClientRect().height < least)
        .map(element => element.outerHTML.slice(0, 100))""",
        LEAST_TARGET_PX,
    )


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_every_step_fits_the_window(shared: Course, visit: Visit, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    hand = Hand(visit.page, shared)
    hand.enter(shared)
    visit.page.goto(f"{shared.url}lesson/{LESSON}")
    hand.opened()
    for step in range(1, 9):
        hand.turn_to(step)
        picture(visit.page, f"{size[0]}x{size[1]}-step-{step}")
        assert inside(visit.page) == [], step
        assert violations(visit.page) == [], step
        assert small_targets(visit.page) == [], step
    assert visit.foreign(shared.url) == []


@pytest.mark.parametrize("size", [SIZES["1366x768"], SIZES["1024x600"]], ids=["1366x768", "1024x600"])
def test_portal_stands_above_the_fold(shared: Course, visit: Visit, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    hand = Hand(visit.page, shared)
    hand.enter(shared)
    visit.page.goto(f"{shared.url}lesson/{LESSON}")
    hand.opened()
    for step in PORTAL_STEPS:
        hand.turn_to(step)
        frame = visit.page.locator(".step:not([hidden]) .browser").bounding_box()
        title = visit.page.locator(".step:not([hidden]) .page .title").bounding_box()
        bar = visit.page.locator("footer").bounding_box()
        assert frame
        assert title
        assert bar
        assert frame["y"] + frame["height"] <= bar["y"]
        assert title["y"] + title["height"] < bar["y"]


@pytest.mark.parametrize(("size", "letters"), [("1366x768", 3), ("360x740", 3)], ids=["wide", "narrow"])
def test_large_letters_never_scroll_sideways(shared: Course, visit: Visit, size: str, letters: int) -> None:
    width, height = SIZES[size]
    visit.page.set_viewport_size({"width": width, "height": height})
    hand = Hand(visit.page, shared)
    hand.enter(shared)
    visit.page.goto(f"{shared.url}lesson/{LESSON}")
    hand.opened()
    visit.page.evaluate("localStorage.setItem('ecz-size', '200'); localStorage.setItem('ecz-contrast', 'on')")
    visit.page.reload()
    hand.opened()
    for step in (1, 5, 7):
        hand.turn_to(step)
        picture(visit.page, f"{size}-large-step-{step}")
        assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
        assert violations(visit.page) == [], step


def test_nothing_on_the_page_is_a_key(shared: Course, visit: Visit) -> None:
    frames: list[str] = []
    visit.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))))
    hand = Hand(visit.page, shared)
    hand.enter(shared)
    visit.page.goto(f"{shared.url}lesson/{LESSON}")
    hand.opened()
    hand.turn_to(7)
    seen = visit.page.content() + "".join(frames)
    readable = seen.encode("utf-8", "replace").decode("unicode_escape", "replace") + seen
    for item in content.quiz(LESSON).items:
        whys = [part.why for name in ("options", "reasons", "spans") for part in getattr(item, name, ()) if part.why]
        for secret in [item.why, *whys]:
            assert not secret or secret not in readable, item.id
    assert not re.search(r'"right"\s*:\s*true', seen)
    assert json.dumps(content.rubric(LESSON).criteria[0].yes, ensure_ascii=False) not in readable


def test_guest_leaves_no_trace(shared: Course, visit: Visit) -> None:
    visit.page.goto(shared.url)
    visit.page.get_by_role("button", name="Попробовать без карточки").click()
    visit.page.goto(f"{shared.url}lesson/{LESSON}")
    hand = Hand(visit.page, shared)
    hand.opened()
    before = len(hand.store.read())
    hand.turn_to(5)
    visit.page.locator('.step:not([hidden]) [data-id="open-true"]').click()
    expect(visit.page.locator(".step:not([hidden]) .page .title")).to_have_text("Портал госуслуг")
    assert len(hand.store.read()) == before


def test_called_helper_stands_on_the_desk(shared: Course, visit: Visit) -> None:
    hand = Hand(visit.page, shared)
    hand.enter(shared)
    visit.page.goto(f"{shared.url}lesson/{LESSON}")
    hand.opened()
    hand.press("#help")
    desk = visit.context.browser.new_page()
    desk.goto(f"{shared.url}instructor")
    desk.locator("input[name=pin]").fill(shared.instructor_pin)
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("button", name="Иду").first).to_be_visible()
    assert violations(desk) == []
    picture(desk, "desk")
    desk.close()
    hand.press("#help")


def test_wrong_pin_gets_a_kind_sentence(shared: Course, visit: Visit) -> None:
    sentences = []
    for card, pin in ((shared.card, "0001"), ("99999", "0001")):
        visit.page.goto(shared.url)
        visit.page.locator("input[name=card]").fill(card)
        visit.page.locator("input[name=pin]").fill(pin)
        visit.page.keyboard.press("Enter")
        sentences.append(visit.page.locator("[role=alert], .note.amber, .error").first.inner_text())
    assert sentences[0] == sentences[1]
    assert sentences[0]
