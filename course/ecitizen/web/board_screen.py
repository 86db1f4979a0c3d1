"""What a learner has before the eyes: the step of the lesson, and the practice screen drawn again from the journal.

Nothing is asked of the learner's browser or kernel: the same events through the same machine give the same view. What
was typed and not sent yet is therefore not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from ecitizen import content
from ecitizen.journal.event import Journal
from ecitizen.practice.machine import Run
from ecitizen.practice.rubric import feedback
from ecitizen.practice.scenario import Mode
from ecitizen.practice.seeds import seed_of
from ecitizen.web.presence import Place

Kind = Literal["text", "practice", "quiz"]

_WIDGET = re.compile(r"^lesson\.(show|together|solo|quiz)\((?:[\"']([a-z0-9-]+)[\"'])?\)", re.MULTILINE)
_ACTIVITY = re.compile(r"practice:([a-z0-9-]+):([a-z]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """What stands on one step of a lesson."""

    kind: Kind = "text"
    task: str = ""
    """Of a practice."""

    mode: Mode = "solo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What a helper may see."""

    lesson: str
    step: int | None
    exhibit: Exhibit
    view: dict[str, Any] | None = None
    """Of a practice that the learner does, as ``practice.view`` draws it; None for anything else."""


def exhibits(notebook: Path) -> Sequence[Exhibit]:
    """Read what stands on each step of a notebook; the first widget of a step counts."""
    stat = notebook.stat()
    return _exhibits(notebook, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _exhibits(notebook: Path, _changed_ns: int, _size: int) -> Sequence[Exhibit]:
    steps: list[Exhibit] = []
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["metadata"].get("slideshow", {}).get("slide_type") == "slide":
            steps.append(Exhibit())
        found = _WIDGET.search("".join(cell["source"])) if cell["cell_type"] == "code" else None
        if found and steps and steps[-1].kind == "text":
            steps[-1] = Exhibit(kind="quiz") if found[1] == "quiz" else _practice(found[2], found[1])
    return tuple(steps)


def screen_of(place: Place, journal: Journal, steps: Sequence[Exhibit], root: Path | None = None) -> Screen:
    """Draw what stands on the step where somebody is; reads the journal, so keep it off the event loop."""
    exhibit = _shown(place, steps)
    screen = Screen(lesson=place.lesson, step=place.step, exhibit=exhibit)
    if exhibit.kind != "practice" or exhibit.mode == "show":
        return screen
    lesson = content.lesson(place.lesson, root)
    view = practice_view(lesson, exhibit, journal)
    return Screen(lesson=place.lesson, step=place.step, exhibit=exhibit, view=view)


def practice_view(lesson: content.Lesson, exhibit: Exhibit, journal: Journal) -> dict[str, Any]:
    """Replay the newest run of a practice; what the learner's own page shows."""
    past = journal.read(lesson.id, f"practice:{exhibit.task}:{exhibit.mode}")
    number = max((event.run for event in past), default=1)
    run = Run(lesson.scenario, lesson.persona, exhibit.task, exhibit.mode, seed_of(journal.seed, number))
    state = run.replay(event.body for event in past if event.run == number and event.body.get("do") != "begin")
    view = run.view(state)
    if view["finished"] and exhibit.mode == "solo":
        view["summary"] = feedback(lesson.rubric, exhibit.task, run.facts(state))
    return view


def golden_path(lesson: content.Lesson, task: str, seed: int = 1) -> list[dict[str, Any]]:
    """Give the frames of a showing, as the learner's own «Покажите мне» has them; ``ContentError`` if it gets lost."""
    run = Run(lesson.scenario, lesson.persona, task, "show", seed_of(seed, 1))
    return [
        {"view": frame.view, "caption": frame.caption, "control": frame.control, "fill": dict(frame.fill)}
        for frame in run.walk()
    ]


def _shown(place: Place, steps: Sequence[Exhibit]) -> Exhibit:
    if place.step is not None and place.step <= len(steps):
        return steps[place.step - 1]
    # A page that was opened anew tells its step only when it is turned; what was done last says it as well.
    found = _ACTIVITY.fullmatch(place.activity)
    return _practice(found[1], found[2]) if found else Exhibit(kind="quiz" if place.activity == "quiz" else "text")


def _practice(task: str, mode: str) -> Exhibit:
    known: Mode = next(one for one in get_args(Mode) if one == mode)
    return Exhibit(kind="practice", task=task, mode=known)
