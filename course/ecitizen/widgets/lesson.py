"""The lesson as a whole: it knows the step the learner is on and makes the widgets of its parts."""

from __future__ import annotations

from typing import Any

import traitlets

from ecitizen import content
from ecitizen.journal.door import open_journal
from ecitizen.journal.event import Journal
from ecitizen.practice.refusal import Refused
from ecitizen.widgets.journalled import JournalledWidget, source, whole
from ecitizen.widgets.practice import Practice
from ecitizen.widgets.quiz import Quiz
from ecitizen.widgets.scale import Moment, Scale

MOST_STEPS = 99
"""No lesson has more; a message with a higher number is hostile."""


class Lesson(JournalledWidget):
    """The frame of a lesson page; ``view`` is ``{"step", "lesson", "title", "turn"}``, ``step`` counts from 1."""

    _esm = source("send.js", "frame.js")

    kind = traitlets.Unicode("lesson").tag(sync=True)

    def __init__(self, lesson_id: str, journal: Journal | None = None) -> None:
        """Open a lesson by its stem, such as ``01-gosuslugi``; without a journal, by what the environment names."""
        self._content = content.lesson(lesson_id)
        self._shared_journal = journal if journal is not None else open_journal()
        super().__init__(lesson_id, "lesson", self._shared_journal, content.texts())

    def show(self, task: str) -> Practice:
        """«Покажите мне»: the trainer plays the golden path of a task."""
        return Practice(self._content, task, "show", self._shared_journal)

    def together(self, task: str) -> Practice:
        """«Вместе»: the next control is marked."""
        return Practice(self._content, task, "together", self._shared_journal)

    def solo(self, task: str) -> Practice:
        """«Я сам(а)»: the task alone, hints on demand; this is what is graded."""
        return Practice(self._content, task, "solo", self._shared_journal)

    def quiz(self) -> Quiz:
        """«Проверим себя»."""
        return Quiz(self._content, self._shared_journal)

    def confidence(self, moment: Moment) -> Scale:
        """Ask how sure the learner feels, ``before`` or ``after`` the lesson."""
        return Scale(self._content, moment, self._shared_journal)

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
        return {"step": self._step, "lesson": self._lesson, "title": self._content.title, "turn": self._turn}
