"""Somebody before a lesson page: presses, keeps an unanswered press, sends it again, opens the page anew.

Presses are what the guide says, and hints; now and then two tabs are worked in. What the learner must see follows from
what was acknowledged alone, by the machine's own replay.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal

from ecitizen.chaos.page import UNREACHED, Answer, Browser, Page
from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.journal.event import seed_of
from ecitizen.practice.machine import Run
from ecitizen.practice.refusal import Refused
from ecitizen.practice.seeds import seed_of as run_seed
from ecitizen.practice.state import State

SILENCE_S, POLL_S = 6.0, 3.0
"""As in ``widgets/send.js``."""

HINTS = 0.15
"""Share of presses that ask for a hint."""

LONGEST_PRESS_S = 600.0
IN_SECOND_TAB = 2
"""Presses in a second tab before the first one is gone on with."""

Mode = Literal["together", "solo"]
TASKS: tuple[tuple[str, Mode], ...] = (("order", "together"), ("order", "solo"), ("withdraw", "solo"))
"""What is practised in lesson 01, in this order; then again from the second on, as a new try."""

LESSON = "01-gosuslugi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A press that was acknowledged: what the journal must hold."""

    key: str
    activity: str
    run: int
    body: dict[str, Any]


@dataclass(slots=True)
class Tab:
    """A page with what it shows: the number of the try and its state, by place in ``TASKS``."""

    browser: Browser
    page: Page | None = None
    shown: list[tuple[int, State]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Counts:
    """What it took."""

    sent: int = 0
    refused: int = 0
    transmissions: int = 0
    reloads: int = 0
    reattached: int = 0
    logins: int = 0
    surprises: list[str] = field(default_factory=list)
    """Answers that the machine would not have given."""


class Learner:
    """One card, one browser."""

    def __init__(
        self, number: int, pin: str, lesson: Lesson, browser: Browser, seed: str, strike: Callable[[int], None]
    ) -> None:
        """Take what is to be called with the number of each press as it is sent."""
        self.number, self._pin, self._lesson = number, pin, lesson
        self._chance, self._strike = Random(seed), strike
        self._tab = Tab(browser)
        self._other: Tab | None = None
        self._left_in_other = 0
        self._at = 0
        self.told: list[Told] = []
        self.counts = Counts()

    @property
    def kernel_id(self) -> str | None:
        """Name the kernel of the page that is worked in."""
        tab = self._other or self._tab
        return tab.page.kernel_id if tab.page else None

    def open_second_tab(self, *, other_device: bool) -> None:
        """Work in a second tab from the next press on, for a while; on another device it has a kernel of its own."""
        if self._other is None:
            browser = self._tab.browser.another() if other_device else self._tab.browser
            self._other, self._left_in_other = Tab(browser), IN_SECOND_TAB

    async def study(self, presses: int, pause_s: float) -> None:
        """Press so many times; pauses are ``pause_s`` long on average. Who gets no answer at all gives up."""
        for _ in range(presses):
            await asyncio.sleep(self._chance.uniform(0.5, 1.5) * pause_s)
            try:
                async with asyncio.timeout(LONGEST_PRESS_S):
                    await self._press(await self._tab_to_work_in())
            except TimeoutError:
                self.counts.surprises.append(f"card {self.number}: no answer in {LONGEST_PRESS_S:.0f} s")
                return

    async def look(self) -> list[str]:
        """Open the page anew and name the practices that do not show what follows from the acknowledged presses."""
        async with asyncio.timeout(LONGEST_PRESS_S):
            await self._open(self._tab)
        wrong = []
        for (task, mode), (run, state) in zip(TASKS, self._tab.shown, strict=True):
            assert self._tab.page is not None, "the page has just been opened"
            shown, due = self._tab.page.view(task, mode), self._run(task, mode, run).view(state)
            if _bare(shown) != _bare(due):
                wrong.append(f"{task}:{mode}")
        return wrong

    def close(self) -> None:
        """Close the pages."""
        for tab in (self._tab, self._other):
            if tab is not None and tab.page is not None:
                tab.page.close()

    # ---- tabs --------------------------------------------------------------------------------------------------------

    async def _tab_to_work_in(self) -> Tab:
        """Give the tab of the next press: after some in the second one the first may show what is past."""
        if self._other is None:
            return self._tab
        if self._left_in_other:
            self._left_in_other -= 1
            return self._other
        if self._other.page is not None:
            self._other.page.close()
            await self._other.browser.fetch(f"voila/api/shutdown/{self._other.page.kernel_id}", {})
        self._other = None
        return self._tab

    async def _open(self, tab: Tab) -> None:
        """Open the page of a tab, however long it takes; it shows what follows from what was acknowledged."""
        if tab.page is not None:
            tab.page.close()
            self.counts.reloads += 1
        while True:
            opened = await Page.open(tab.browser, LESSON)
            if isinstance(opened, Page):
                break
            if opened == 302:
                await self._log_in(tab.browser)
            else:
                await asyncio.sleep(POLL_S)
        tab.page, tab.shown = opened, [self._due(task, mode) for task, mode in TASKS]

    async def _log_in(self, browser: Browser) -> None:
        self.counts.logins += 1
        await browser.fetch("?card=1")
        answer = await browser.fetch("", {"card": str(self.number), "pin": self._pin})
        if answer.code in (403, 429):
            raise CourseError(f"карточка {self.number}", f"вход отклонён ({answer.code})", "Это ошибка программы")
        if answer.code != 303:
            await asyncio.sleep(POLL_S)

    def _run(self, task: str, mode: Mode, number: int) -> Run:
        seed = run_seed(seed_of(self.number), number)
        return Run(self._lesson.scenario, self._lesson.persona, task, mode, seed)

    def _due(self, task: str, mode: Mode) -> tuple[int, State]:
        """Give the try and the state that follow from what was acknowledged."""
        own = [told for told in self.told if told.activity == f"practice:{task}:{mode}"]
        number = max((told.run for told in own), default=1)
        bodies = [told.body for told in own if told.run == number and told.body["do"] != "begin"]
        return number, self._run(task, mode, number).replay(bodies)

    # ---- presses -----------------------------------------------------------------------------------------------------

    async def _press(self, tab: Tab) -> None:
        """Choose a press by what the tab shows and see it through."""
        if tab.page is None:
            await self._open(tab)
        self._look_at(tab)
        message = self._choice(tab)
        key = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        self.counts.sent += 1
        self._strike(self.counts.sent)
        while (answer := await self._transmitted(tab, key, message)) not in ("ack", "refused"):
            await self._recover(tab, answer)
            if tab.page is not None and tab.page.answered(*TASKS[self._at]) == key:
                answer = "ack"
                break
        self._note(tab, key, message, answer)

    def _look_at(self, tab: Tab) -> None:
        """See what another tab of the same kernel has changed on this one."""
        task, mode = TASKS[self._at]
        assert tab.page is not None, "it has just been opened"
        number, state = self._due(task, mode)
        if _bare(tab.page.view(task, mode)) == _bare(self._run(task, mode, number).view(state)):
            tab.shown[self._at] = number, state

    def _choice(self, tab: Tab) -> dict[str, Any]:
        """Give the message of the next press, and turn to the next task where one is finished."""
        hint = self._chance.random() < HINTS
        number, state = tab.shown[self._at]
        guide = self._run(*TASKS[self._at], number).guide(state)
        if guide is None:
            self._at = self._at + 1 if self._at + 1 < len(TASKS) else 1
            number, state = tab.shown[self._at]
            guide = self._run(*TASKS[self._at], number).guide(state)
        if guide is None:
            return {"do": "restart"}
        return {"do": "hint"} if hint else guide.message()

    async def _transmitted(self, tab: Tab, key: str, message: dict[str, Any]) -> Answer:
        if tab.page is None:
            await self._open(tab)
        assert tab.page is not None, "the page has just been opened"
        self.counts.transmissions += 1
        return await tab.page.press(*TASKS[self._at], key, message, SILENCE_S)

    async def _recover(self, tab: Tab, answer: Answer) -> None:
        """Do what the page does when a press got no answer."""
        assert tab.page is not None, "a press was sent from it"
        if answer == "closed":
            alive = (await tab.browser.fetch(f"api/kernels/{tab.page.kernel_id}")).code
            page = await Page.attach(tab.browser, tab.page.kernel_id) if alive == 200 else None
            if page is not None:
                tab.page, self.counts.reattached = page, self.counts.reattached + 1
                return
        while (await tab.browser.fetch("health")).code in range(500, UNREACHED + 1):
            await asyncio.sleep(POLL_S)
        await self._open(tab)

    def _note(self, tab: Tab, key: str, message: dict[str, Any], answer: Answer) -> None:
        """Go on by an acknowledged press, as the machine does; note what the machine would not have answered."""
        task, mode = TASKS[self._at]
        number, state = tab.shown[self._at]
        body = self._judged(number, state, message)
        if (body is None) != (answer == "refused"):
            self.counts.surprises.append(f"card {self.number}, {task}:{mode}, {message['do']}: {answer}")
        if answer == "refused" or body is None:
            self.counts.refused += 1
            return
        begins = body["do"] == "begin"
        self.told.append(Told(key=key, activity=f"practice:{task}:{mode}", run=number + begins, body=body))
        run = self._run(task, mode, number + begins)
        tab.shown[self._at] = (number + begins, run.start() if begins else run.apply(state, body))

    def _judged(self, number: int, state: State, message: dict[str, Any]) -> dict[str, Any] | None:
        if message == {"do": "restart"}:
            return {"do": "begin"}
        try:
            return self._run(*TASKS[self._at], number).judge(state, message)
        except Refused:
            return None


def _bare(view: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is made by the rubric and not by the machine."""
    return {**view, "summary": None}
