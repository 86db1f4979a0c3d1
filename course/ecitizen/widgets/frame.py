"""The frame of a page: it keeps the step that the learner is on."""

from __future__ import annotations

from typing import Any

import traitlets

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.practice.refusal import Refused
from ecitizen.widgets.awaited import page_journal
from ecitizen.widgets.journalled import JournalledWidget, whole

MOST_STEPS = 99
"""No page has more; a message with a higher number is hostile."""


class Frame(JournalledWidget):
    """``view`` is ``{"step", "lesson", "title", "turn"}``, ``step`` counts from 1."""

    _esm = content.script("lesson")

    kind = traitlets.Unicode("lesson").tag(sync=True)

    def __init__(self, page: str, title: str, journal: Journal | None = None) -> None:
        """Open a page by its stem, such as ``01-gosuslugi``; without a journal, with that of the kernel."""
        self._title = title
        self._shared_journal = journal if journal is not None else page_journal(page)
        super().__init__(page, "lesson", self._shared_journal, content.texts())

    def _resume(self, bodies: list[dict[str, Any]]) -> None:
        self._step, self._turn = 1, 0
        for body in bodies:
            self._apply(body)

    def _judge(self, message: dict[str, Any]) -> dict[str, Any]:
        step = whole(message.get("step"), MOST_STEPS)
        if message.get("do") != "step" or step is None:
            raise Refused("lesson", "такого шага нет", "Нажмите «Дальше» или «Назад»")
        return {"do": "step", "step": step}

    def _apply(self, body: dict[str, Any]) -> None:
        self._turn += 1
        if body.get("do") == "step":
            self._step = body["step"]

    def _draw(self) -> dict[str, Any]:
        return {"step": self._step, "lesson": self._lesson, "title": self._title, "turn": self._turn}
