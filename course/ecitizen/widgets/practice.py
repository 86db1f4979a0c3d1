"""A simulated portal on the page: ``practice.Run`` behind an anywidget."""

from __future__ import annotations

from typing import Any

import traitlets

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.practice.machine import Run
from ecitizen.practice.rubric import feedback
from ecitizen.practice.scenario import Mode
from ecitizen.practice.seeds import seed_of
from ecitizen.widgets.journalled import JournalledWidget


class Practice(JournalledWidget):
    """One task of the lesson's scenario in one mode; ``view`` is drawn by ``widgets/portal.js``."""

    _esm = content.script("practice")
    _css = content.style("practice")

    kind = traitlets.Unicode("practice").tag(sync=True)

    frames = traitlets.List().tag(sync=True)
    """Mode ``show`` only: the golden path, a frame a press: ``view``, ``caption``, ``control``, ``fill``."""

    def __init__(self, lesson: content.Lesson, task: str, mode: Mode, journal: Journal) -> None:
        """Open a task where the learner left it."""
        self._content, self._task, self._mode = lesson, task, mode
        super().__init__(lesson.id, f"practice:{task}:{mode}", journal, content.texts())
        self._draw_frames()

    def _draw_anew(self) -> None:
        super()._draw_anew()
        self._draw_frames()

    def _draw_frames(self) -> None:
        if self._mode == "show":
            self.frames = [
                {"view": frame.view, "caption": frame.caption, "control": frame.control, "fill": dict(frame.fill)}
                for frame in self._run.walk()
            ]

    def _resume(self, bodies: list[dict[str, Any]]) -> None:
        seed = seed_of(self._journal.seed, self._run_number)
        self._run = Run(self._content.scenario, self._content.persona, self._task, self._mode, seed)
        self._state = self._run.replay(body for body in bodies if body.get("do") != "begin")

    def _judge(self, message: dict[str, Any]) -> dict[str, Any]:
        return self._run.judge(self._state, message)

    def _apply(self, body: dict[str, Any]) -> None:
        self._state = self._run.apply(self._state, body)

    def _draw(self) -> dict[str, Any]:
        view = self._run.view(self._state)
        if view["finished"] and self._mode == "solo":
            view["summary"] = feedback(self._content.rubric, self._task, self._run.facts(self._state))
        return view
