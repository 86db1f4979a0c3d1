"""One line of self-rated confidence, asked before and after the lesson."""

from __future__ import annotations

from typing import Any, Literal

import traitlets

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.practice.refusal import Refused
from ecitizen.widgets.journalled import JournalledWidget, whole

Moment = Literal["before", "after"]


class Scale(JournalledWidget):
    """Five wordy choices; ``view`` is ``{"question", "levels", "given", "turn"}``, ``given`` counts from 1."""

    _esm = content.script("scale")
    _css = content.style("scale")

    kind = traitlets.Unicode("scale").tag(sync=True)

    def __init__(self, lesson: content.Lesson, moment: Moment, journal: Journal) -> None:
        """Ask at this moment of the lesson; the last answer counts."""
        self._words = content.texts()["scale"]
        self._moment = moment
        super().__init__(lesson.id, f"scale:{moment}", journal, content.texts())

    def _resume(self, bodies: list[dict[str, Any]]) -> None:
        self._given: int | None = None
        self._turn = 0
        for body in bodies:
            self._apply(body)

    def _judge(self, message: dict[str, Any]) -> dict[str, Any]:
        level = whole(message.get("level"), len(self._words["levels"]))
        if message.get("do") != "rate" or level is None:
            raise Refused("scale", "такого ответа здесь нет", "Выберите одну из строк")
        return {"do": "rate", "level": level}

    def _apply(self, body: dict[str, Any]) -> None:
        self._turn += 1
        if body.get("do") == "rate":
            self._given = body["level"]

    def _draw(self) -> dict[str, Any]:
        return {
            "question": self._words[self._moment],
            "levels": list(self._words["levels"]),
            "given": self._given,
            "turn": self._turn,
        }
