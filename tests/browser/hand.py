"""A learner at the keyboard: Tab, Enter, Space, arrows and typing; never the mouse, never a script on the page.

What to do next comes from the course's own guide, read for the state that the journal holds, so the learner also
checks that the page, the kernel and the disk agree.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from ecitizen import content
from ecitizen.database import open_engine
from ecitizen.journal.event import seed_of
from ecitizen.journal.store import Store
from ecitizen.practice.items import present, right_answer, to_tokens
from ecitizen.practice.machine import Run
from ecitizen.practice.seeds import seed_of as run_seed
from tests.browser.rig import Course, picture

LESSON = "01-gosuslugi"
WAIT_S = 40
MOST_TABS = 120


class Hand:
    """One learner on one page."""

    def __init__(self, page: Page, course: Course, lesson: str = LESSON) -> None:
        self.page, self.card = page, int(course.card)
        self.store = Store(open_engine(course.data / "course.db"))
        self.lesson = content.lesson(lesson)

    # ---- keys

    def tab_to(self, css: str) -> None:
        """Press Tab until the element has the focus."""
        wanted = self.page.locator(f"{css} >> visible=true").first
        expect(wanted).to_be_visible(timeout=WAIT_S * 1000)
        for _ in range(MOST_TABS):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{css} can't be reached by Tab")

    def press(self, css: str) -> None:
        """Go to a button and press Enter."""
        self.tab_to(css)
        self.page.keyboard.press("Enter")

    def type(self, css: str, text: str) -> None:
        """Go to a field and type over what stands there."""
        self.tab_to(css)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, css: str, value: str) -> None:
        """Choose a radio of a group by the arrow keys."""
        group = self.page.locator(f"{css} >> visible=true")
        expect(group.first).to_be_visible()
        focused = f"{css}:focus"
        for _ in range(MOST_TABS):
            if self.page.locator(focused).count():
                break
            self.page.keyboard.press("Tab")
        if not self.page.locator(f"{css}:checked").count():
            self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if self.page.locator(f'{css}:checked[value="{value}"]').count():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{css} has no value {value}")

    # ---- entry and steps

    def enter(self, course: Course) -> None:
        """Log in with the card."""
        self.page.goto(course.url)
        self.type("input[name=card]", course.card)
        self.type("input[name=pin]", course.pin)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/lessons")

    def opened(self) -> None:
        """Wait until the lesson page has its widgets."""
        expect(self.page.locator("body[data-state=ready]")).to_be_attached(timeout=WAIT_S * 1000)

    def expect_break(self) -> None:
        """Begin to count how often the page's line comes up again."""
        self.page.evaluate(
            """() => {
              const marks = document.body.dataset;
              const count = ({ detail }) => { marks.ups = Number(marks.ups) + Number(detail.up); };
              if (marks.ups === undefined) window.addEventListener("ecitizen:line", count);
              marks.ups = 0;
            }"""
        )

    def came_back(self) -> None:
        """Wait until the same page goes on, by itself."""
        ready = self.page.locator("body[data-state=ready]:not([data-ups='0'])")
        expect(ready).to_be_attached(timeout=2 * WAIT_S * 1000)

    def go_to(self, step: int) -> None:
        """Turn the page with «Дальше» and «Назад» until this step is on the screen."""
        self._turn(step, self.press)

    def turn_to(self, step: int) -> None:
        """Be on a step quickly, by the mouse."""
        self._turn(step, self.page.click)

    def _turn(self, step: int, press: Callable[[str], None]) -> None:
        for _ in range(20):
            shown = int(self.page.locator("#bar").evaluate("bar => bar.value"))
            if shown == step:
                return
            press("#next" if shown < step else "#back")
        raise AssertionError(f"step {step} can't be reached")

    # ---- practice

    def events(self, activity: str) -> list[Any]:
        """Give what the journal holds of an activity."""
        return self.store.read(self.card, self.lesson.id, activity)

    def kept(self, activity: str, count: int) -> None:
        """Wait until the journal holds so many events."""
        until = time.monotonic() + WAIT_S
        while len(self.events(activity)) < count:
            if time.monotonic() > until:
                picture(self.page, "not-kept")
                raise AssertionError(f"{activity}: {len(self.events(activity))} events, wanted {count}")
            self.page.wait_for_timeout(50)

    def where(self, task: str) -> tuple[Run, Any]:
        """Replay the journal: the machine and the state that the page must show."""
        run = Run(self.lesson.scenario, self.lesson.persona, task, "solo", run_seed(seed_of(self.card), 1))
        return run, run.replay(event.body for event in self.events(f"practice:{task}:solo"))

    def shows(self, task: str) -> None:
        """Wait until the page shows what the journal says."""
        run, state = self.where(task)
        if not state.finished:
            title = run.view(state)["screen"]["title"]
            expect(self.page.locator(".step:not([hidden]) .page .title")).to_have_text(title, timeout=WAIT_S * 1000)
        expect(self.page.locator(".step:not([hidden]) .portal[aria-busy=true]")).to_have_count(0, timeout=WAIT_S * 1000)

    def next_press(self, task: str, then: Callable[[], None] = lambda: None) -> bool:
        """Do what the guide says, and ``then`` before waiting for the journal; False when the task is finished."""
        run, state = self.where(task)
        guide = run.guide(state)
        if guide is None:
            return False
        message = guide.message()
        self.shows(task)
        for field, text in message.get("fields", {}).items():
            self.fill(field, text)
        count = len(self.events(f"practice:{task}:solo"))
        control = "ui:back" if message["do"] == "back" else guide.control
        self.reveal(control)
        self.press(f'.step:not([hidden]) [data-id="{control}"]')
        then()
        self.kept(f"practice:{task}:solo", count + 1)
        return True

    def fill(self, field: str, text: str) -> None:
        """Fill one field of the simulated page, whatever its kind."""
        step = ".step:not([hidden])"
        choices = self.page.locator(f'{step} [data-id^="{field}:"]')
        if not choices.count():
            box = self.page.locator(f'{step} [data-id="{field}"]')
            if box.get_attribute("type") == "checkbox":
                self.tick(f'{step} [data-id="{field}"]', bool(text))
            else:
                self.type(f'{step} [data-id="{field}"]', text)
        elif choices.first.get_attribute("type") == "checkbox":
            for place in range(choices.count()):
                choice = str(choices.nth(place).get_attribute("data-id"))
                self.tick(f'{step} [data-id="{choice}"]', choice.partition(":")[2] in text.split())
        else:
            self.choose(f'{step} input[name="{choices.first.get_attribute("name")}"]', text)

    def tick(self, css: str, on: bool) -> None:
        """Set a box by Space."""
        if self.page.locator(css).is_checked() != on:
            self.tab_to(css)
            self.page.keyboard.press("Space")

    def reveal(self, control: str) -> None:
        """Open the day of a calendar on which a slot stands, and the telephone where it is folded away."""
        wanted = self.page.locator(f'.step:not([hidden]) [data-id="{control}"]')
        days = self.page.locator('.step:not([hidden]) [data-id^="ui:day:"]')
        for place in range(days.count()):
            if wanted.is_visible():
                return
            self.press(f'.step:not([hidden]) [data-id="{days.nth(place).get_attribute("data-id")}"]')
        fold = ".step:not([hidden]) [data-id='ui:phone-toggle']"
        if not wanted.is_visible() and self.page.locator(fold).is_visible():
            self.press(fold)

    def finish(self, task: str) -> None:
        """Go on to the end of the task."""
        while self.next_press(task):
            pass

    # ---- quiz

    def answer(self, item_id: str) -> None:
        """Answer the question on the screen rightly and go to the next one."""
        item = self.lesson.quiz.item(item_id)
        shuffle = run_seed(seed_of(self.card), 1)
        raw, shown = to_tokens(item, shuffle, right_answer(item)), present(item, shuffle)
        quiz = ".step:not([hidden]) .quiz"
        expect(self.page.locator(f"{quiz} .title")).to_have_text(item.text)
        match item.kind:
            case "single":
                self.choose(f"{quiz} input[type=radio]", raw)
            case "truefalse":
                name = self.page.locator(f"{quiz} .two input").first.get_attribute("name")
                self.choose(f'{quiz} input[name="{name}"]', str(raw["value"]).lower())
                other = self.page.locator(f"{quiz} fieldset fieldset input, {quiz} fieldset ~ fieldset input").last
                self.choose(f'{quiz} input[name="{other.get_attribute("name")}"]', raw["reason"])
            case "several":
                for token in raw:
                    self.tick(f'{quiz} input[value="{token}"]', True)
            case "mark":
                texts = {span["token"]: span["text"] for span in shown["spans"]}
                places = [span["token"] for span in shown["spans"]]
                for token in raw:
                    assert texts[token]
                    self.press(f"{quiz} .span >> nth={places.index(token)}")
            case "find":
                tokens = [part["token"] for line in shown["screen"]["lines"] if isinstance(line, list) for part in line]
                self.press(f"{quiz} .control >> nth={tokens.index(raw)}")
            case "written":
                self.type(f"{quiz} textarea", raw)
            case "order":
                self._order(quiz, raw, {option["token"]: option["text"] for option in shown["options"]})
            case "match":
                rights = [right["token"] for right in shown["right"]]
                for place, left in enumerate(shown["left"]):
                    self.pick(f"{quiz} select >> nth={place}", rights.index(raw[left["token"]]) + 1)
            case _:
                self.type(f"{quiz} .field input", str(raw))
        count = len(self.events("quiz"))
        self.press(f'{quiz} [data-id="ui:answer"]')
        self.kept("quiz", count + 1)
        tone = "info" if item.kind == "written" else "good"
        expect(self.page.locator(f"{quiz} .verdict.{tone}")).to_be_visible()

    def pick(self, css: str, place: int) -> None:
        """Choose the option at a place of a list, by the arrow keys."""
        self.tab_to(css)
        for _ in range(place):
            self.page.keyboard.press("ArrowDown")

    def _order(self, quiz: str, wanted: list[str], texts: dict[str, str]) -> None:
        for place, token in enumerate(wanted):
            shown = [text.strip() for text in self.page.locator(f"{quiz} ol.order .what").all_inner_texts()]
            at = shown.index(texts[token])
            for step in range(at, place, -1):
                row = f"{quiz} ol.order > li >> nth={step}"
                self.press(f"{row} >> button >> nth=0")

    def answer_all(self) -> None:
        """Answer every question and ask for the result."""
        items = list(self.lesson.quiz.items)
        for place, item in enumerate(items):
            self.answer(item.id)
            last = place == len(items) - 1
            self.press(f'.step:not([hidden]) .quiz [data-id="{"ui:finish" if last else "ui:next"}"]')
        expect(self.page.locator(".step:not([hidden]) .quiz .title")).to_have_text(content.texts()["quiz"]["result"])


class Finger(Hand):
    """The same learner at a tablet or a telephone: taps, and the keyboard on the screen."""

    def press(self, css: str) -> None:
        """Tap a button."""
        self.page.locator(f"{css} >> visible=true").first.tap(timeout=WAIT_S * 1000)

    def type(self, css: str, text: str) -> None:
        """Tap a field and write."""
        field = self.page.locator(f"{css} >> visible=true").first
        field.tap(timeout=WAIT_S * 1000)
        field.fill(text)

    def choose(self, css: str, value: str) -> None:
        """Tap the line of a choice."""
        self.page.locator(f'{css}[value="{value}"] >> xpath=ancestor::label').first.tap(timeout=WAIT_S * 1000)

    def tick(self, css: str, on: bool) -> None:
        """Tap the line of a box."""
        if self.page.locator(css).is_checked() != on:
            self.page.locator(f"{css} >> xpath=ancestor::label").first.tap(timeout=WAIT_S * 1000)

    def pick(self, css: str, place: int) -> None:
        """Choose the option at a place of a list."""
        self.page.locator(css).select_option(index=place)
