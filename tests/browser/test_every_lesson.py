"""Every lesson can be finished by keyboard alone and by finger, on a library's PC and on a telephone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from ecitizen import content
from tests.browser.hand import Finger, Hand
from tests.browser.rig import SIZES, Course, picture, violations

pytestmark = pytest.mark.browser

LESSONS = content.lesson_ids()
WAYS = {
    "keyboard": ("1366x768", Hand),
    "finger": ("360x740", Finger),
    "keyboard-telephone": ("360x740", Hand),
    "finger-pc": ("1366x768", Finger),
}
LOOKED_AT = ("keyboard", "finger")
"""Ways in which each distinct screen is looked at; the other two show the same screens at the same sizes."""

ALL_WAYS = ("00-start", "01-gosuslugi", "02-doctor", "08-payments", "10-safe-internet")
"""The lessons that people ask for first; the others go one of the ways that are looked at, by turns."""

BRIEFLY = ("00-start", "01-gosuslugi", "08-payments", "13-digital-village")
"""What `make test` goes through, for time: between them most kinds of windows, parts and fields."""

BETWEEN = ("1024x600", "800x1280")
"""Sizes between those of the ways: only boxes differ there, so axe need not look again."""

SHOWN = (2, 3, 5, 7, 8)
"""Steps that differ in kind: text, show, practice, questions, what goes home."""

STEPS = {"quiz": 7}


def turn(lesson: str) -> str:
    """Give the first way through a lesson: keyboard and finger by turns."""
    return LOOKED_AT[LESSONS.index(lesson) % 2]


CASES = [
    pytest.param(
        lesson,
        way,
        marks=[pytest.mark.thorough] * (way != turn(lesson) or lesson not in BRIEFLY),
        id=f"{lesson}-{way}",
    )
    for lesson in LESSONS
    for way in WAYS
    if lesson in ALL_WAYS or way == turn(lesson)
]


@pytest.mark.parametrize(("lesson", "way"), CASES)
def test_lesson_can_be_finished(chromium: Browser, classroom: Course, lesson: str, way: str) -> None:
    size, hand_class = WAYS[way]
    width, height = SIZES[size]
    context = chromium.new_context(viewport={"width": width, "height": height}, has_touch="finger" in way)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    # Each way has a learner of its own: what one did must not be done already for the other.
    learner = classroom.learner(list(WAYS).index(way))
    hand = hand_class(page, learner, lesson)
    hand.enter(learner)
    page.goto(f"{classroom.url}lesson/{lesson}")
    hand.opened()
    for step, task in zip((5, 6), hand.lesson.scenario.tasks, strict=True):
        hand.turn_to(step)
        seen: set[str] = set()
        while True:
            _run, state = hand.where(task.id)
            if way in LOOKED_AT and state.screen not in seen and not state.finished:
                seen.add(state.screen)
                hand.shows(task.id)
                picture(page, f"{lesson}-{way}-{task.id}-{len(seen):02}-{state.screen}")
                assert violations(page) == [], state.screen
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state.screen
            if not hand.next_press(task.id):
                break
        assert state.finished
    # Questions of every kind are answered both ways at both sizes in test_question_kinds.py.
    if way in LOOKED_AT:
        hand.turn_to(STEPS["quiz"])
        hand.answer_all()
        assert violations(page) == []
    assert [url for url in asked if not url.startswith((classroom.url, "blob:", "data:"))] == []
    context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("lesson", LESSONS)
def test_every_step_fits_the_sizes_between(chromium: Browser, classroom: Course, lesson: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    learner = classroom.learner(len(WAYS))
    hand = Hand(page, learner, lesson)
    hand.enter(learner)
    page.goto(f"{classroom.url}lesson/{lesson}")
    hand.opened()
    for step in SHOWN:
        hand.turn_to(step)
        for size in BETWEEN:
            width, height = SIZES[size]
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (step, size)
            picture(page, f"{lesson}-step-{step}-{size}")
    context.close()
