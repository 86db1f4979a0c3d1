"""The lesson as a whole: it makes the widgets of its parts."""

from __future__ import annotations

from functools import partial

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.widgets.frame import Frame
from ecitizen.widgets.practice import Practice
from ecitizen.widgets.quiz import Quiz
from ecitizen.widgets.repeating import coming_back
from ecitizen.widgets.scale import Moment, Scale


class Lesson(Frame):
    """The frame of a lesson page."""

    def __init__(self, lesson_id: str, journal: Journal | None = None) -> None:
        """Open a lesson by its stem, such as ``01-gosuslugi``; without a journal, with that of the kernel."""
        self._content = content.lesson(lesson_id)
        super().__init__(lesson_id, self._content.title, journal)

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
        """«Проверим себя», with what comes back of earlier lessons."""
        return Quiz(self._content, self._shared_journal, partial(coming_back, self._content, self._shared_journal))

    def confidence(self, moment: Moment) -> Scale:
        """Ask how sure the learner feels, ``before`` or ``after`` the lesson."""
        return Scale(self._content, moment, self._shared_journal)
