"""The plug is pulled at random moments: what the learner pressed is there, once, and the page comes back by itself."""

from __future__ import annotations

from random import Random

import pytest
from playwright.sync_api import expect

from tests.browser.hand import LESSON, Hand
from tests.browser.rig import Course, Visit, serve

pytestmark = pytest.mark.browser

SEED = 20261121
LATEST_S = 0.35
"""Long enough for a press to be anywhere between the key and the disk."""


def test_pressed_buttons_survive_every_kill(course: Course, visit: Visit) -> None:
    random = Random(SEED)
    hand = Hand(visit.page, course)
    hand.enter(course)
    visit.page.goto(f"{course.url}lesson/{LESSON}")
    hand.opened()
    hand.turn_to(6)
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
        hand.opened()
        assert len(hand.events("practice:withdraw:solo")) == pressed
    hand.finish("withdraw")
    expect(visit.page.locator(".step:not([hidden]) .page .title")).to_have_text("Задание выполнено")
    ids = [event.id for event in hand.events("practice:withdraw:solo")]
    assert len(ids) == len(set(ids))
