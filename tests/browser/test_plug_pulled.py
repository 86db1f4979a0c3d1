"""The plug is pulled at random moments: what the learner pressed is there, once, and the page comes back by itself.

By itself: the same page goes on, without a reload, with what was half typed and with the focus where it was.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from playwright.sync_api import Page, expect

from ecitizen import content
from ecitizen.bench_wire import Wire
from tests.browser.hand import LESSON, Hand
from tests.browser.rig import SIZES, Course, Visit, picture, serve, violations

pytestmark = pytest.mark.browser

SEED = 20261121
LATEST_S = 0.35
"""Long enough for a press to be anywhere between the key and the disk."""

BACK_MS = 60_000
KEPT = content.texts()["portal"]["offline"]
OFFLINE = content.texts()["lesson"]["offline"]
PHONE = '.step:not([hidden]) [data-id="phone"]'


class Cable(Wire):
    """A wire that can be pulled out."""

    pulled = False

    def pull(self) -> None:
        self.pulled = True
        self.cut()

    def plug(self) -> None:
        self.pulled = False

    def _carry(self, browser: socket.socket) -> None:
        if self.pulled:
            browser.close()
        else:
            super()._carry(browser)


def opened(visit: Visit, course: Course, url: str, step: int = 6) -> Hand:
    """Open the lesson at a step of the practice, and count how often its line comes up: a reload would forget it."""
    hand = Hand(visit.page, course)
    hand.enter(replace(course, url=url))
    visit.page.goto(f"{url}lesson/{LESSON}")
    hand.opened()
    hand.turn_to(step)
    counting = (
        "({ detail }) => { document.body.dataset.ups = Number(document.body.dataset.ups || 0) + Number(detail.up); }"
    )
    visit.page.evaluate(f"window.addEventListener('ecitizen:line', {counting})")
    return hand


def half_typed(hand: Hand) -> None:
    """Come to a form and write the half of an answer."""
    assert hand.next_press("withdraw")
    hand.shows("withdraw")
    hand.type(PHONE, "8 000")


def undisturbed(page: Page) -> None:
    """See that the page is the same one, with what was typed and the focus in its place."""
    expect(page.locator("body[data-ups='1']")).to_be_attached(timeout=BACK_MS)
    expect(page.locator("#notice")).to_be_hidden()
    expect(page.locator(PHONE)).to_have_value("8 000")
    expect(page.locator(PHONE)).to_be_focused()


@pytest.mark.thorough
def test_pressed_buttons_survive_every_kill(course: Course, visit: Visit) -> None:
    random = Random(SEED)
    hand = opened(visit, course, course.url)
    victims = ["kernel", "server", "kernel", "kernel", "server", "kernel"]
    pressed = 0

    def pull() -> None:
        visit.page.wait_for_timeout(1000 * random.uniform(0, LATEST_S))
        if victims.pop() == "kernel":
            course.kill_kernels()
        else:
            course.kill()
            course.process = serve(course.data, course.port).process

    while victims:
        assert hand.next_press("withdraw", pull), "the task ended before the kills"
        pressed += 1
        assert len(hand.events("practice:withdraw:solo")) == pressed
    hand.finish("withdraw")
    expect(visit.page.locator(".step:not([hidden]) .page .title")).to_have_text("Задание выполнено")
    assert int(visit.page.evaluate("document.body.dataset.ups")) > 0
    ids = [event.id for event in hand.events("practice:withdraw:solo")]
    assert len(ids) == len(set(ids))


def kernel_dies(course: Course, _cable: Cable, _page: Page) -> None:
    course.kill_kernels()


def server_dies(course: Course, _cable: Cable, page: Page) -> None:
    course.kill()
    expect(page.locator("#notice")).to_have_text(OFFLINE)
    course.process = serve(course.data, course.port).process


def cable_comes_out(_course: Course, cable: Cable, page: Page) -> None:
    cable.pull()
    expect(page.locator("#notice")).to_have_text(OFFLINE)
    cable.plug()


def half_way(visit: Visit, course: Course, trouble: Callable[[Course, Cable, Page], None]) -> None:
    """Write half of an answer, let the trouble come, and go on as if there had been none."""
    with Cable(course.port) as cable:
        hand = opened(visit, course, f"http://127.0.0.1:{cable.port}/")
        half_typed(hand)
        trouble(course, cable, visit.page)
        undisturbed(visit.page)
        assert hand.next_press("withdraw")
        hand.shows("withdraw")


def test_a_page_goes_on_when_the_cable_is_back(shared: Course, visit: Visit) -> None:
    half_way(visit, shared.learner(41), cable_comes_out)


@pytest.mark.thorough
@pytest.mark.parametrize("trouble", [kernel_dies, server_dies])
def test_a_page_goes_on_with_another_kernel(
    course: Course, visit: Visit, trouble: Callable[[Course, Cable, Page], None]
) -> None:
    half_way(visit, course, trouble)


@pytest.mark.thorough
def test_a_press_without_a_line_is_kept_and_sent(shared: Course, visit: Visit) -> None:
    course = shared.learner(42)
    with Cable(course.port) as cable:
        press_without_a_line(course, cable, visit)


def press_without_a_line(course: Course, cable: Cable, visit: Visit) -> None:
    hand = opened(visit, course, f"http://127.0.0.1:{cable.port}/")
    hand.shows("withdraw")
    cable.pull()
    expect(visit.page.locator("#notice")).to_have_text(OFFLINE)

    def look_and_plug() -> None:
        expect(visit.page.locator(".step:not([hidden]) .net")).to_have_text(KEPT)
        expect(visit.page.locator("#notice")).to_be_hidden()
        for name, (width, height) in SIZES.items():
            visit.page.set_viewport_size({"width": width, "height": height})
            picture(visit.page, f"kept-{name}")
            assert violations(visit.page) == [], name
        assert hand.events("practice:withdraw:solo") == []
        cable.plug()

    assert hand.next_press("withdraw", look_and_plug)
    hand.shows("withdraw")
    expect(visit.page.locator(".step:not([hidden]) .net")).to_be_hidden()
    assert len(hand.events("practice:withdraw:solo")) == 1
    expect(visit.page.locator("body[data-ups='1']")).to_be_attached()


@pytest.mark.thorough
def test_the_older_of_two_tabs_says_so(shared: Course, visit: Visit) -> None:
    course = shared.learner(43)
    opened(visit, course, course.url)
    other = visit.context.new_page()
    other.goto(f"{course.url}lesson/{LESSON}")
    told = content.texts()["lesson"]["elsewhere"]
    expect(visit.page.locator("#elsewhere")).to_have_text(told)
    expect(other.locator("#elsewhere")).to_be_hidden()
    visit.page.keyboard.press("Shift")
    expect(visit.page.locator("#elsewhere")).to_be_hidden()
    expect(other.locator("#elsewhere")).to_have_text(told)
    visit.page.close()
    expect(other.locator("#elsewhere")).to_be_hidden()
