"""What the course says in its own voice, and how hard that is to read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel

from ecitizen.content.collection import Collection
from ecitizen.content.notebook import Notebook
from ecitizen.content.readability import Reading, reading_of
from ecitizen.practice.scenario import Scenario, inside

_OURS = frozenset(
    {"caption", "empty", "finish", "hint", "label", "no", "note", "otherwise", "press", "say", "title", "yes"}
    | {"too_big", "too_small", "where", "why", "wrong", "wrong_why"}
)
"""Keys of texts that the course says itself; what callers, letters and strange pages say may be as odd as it likes."""

_INDEX = re.compile(r"\[\d+\]$")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonReading:
    """How hard a lesson is to read; None where it says nothing."""

    lesson: str
    notebook: Reading | None
    rest: Reading | None
    """Portal, questions and feedback: whole sentences alone, since names of buttons are no text."""


def said(found: Collection) -> Iterator[tuple[str, str, str]]:
    """Give each text that the course says itself: file, key, text."""
    for stem, notebook in found.notebooks.items():
        yield from ((f"lessons/{stem}.ipynb", key, text) for key, text in _in_notebook(notebook))
    for folder, files in _files(found).items():
        for stem, model in files.items():
            yield from ((f"{folder}/{stem}.yaml", key, text) for key, text in _in_file(model))


def readings(found: Collection) -> list[LessonReading]:
    """Measure every lesson of the course, in its order."""
    return [_reading(found, lesson) for lesson in found.lessons()]


def _reading(found: Collection, lesson: str) -> LessonReading:
    notebook = found.notebooks.get(lesson)
    texts = [text for files in _files(found).values() if lesson in files for _, text in _in_file(files[lesson])]
    # A word that the run puts in counts as one.
    sentences = [_PLACEHOLDER.sub("слово", text) for text in texts if text.rstrip().endswith((".", "!", "?"))]
    return LessonReading(
        lesson=lesson,
        notebook=reading_of("\n\n".join(text for _, text in _in_notebook(notebook))) if notebook else None,
        rest=reading_of("\n\n".join(sentences)),
    )


def _files(found: Collection) -> dict[str, dict[str, BaseModel]]:
    return {
        "widgets/scenarios": {**found.scenarios},
        "quizzes": {**found.quizzes},
        "graders": {**found.rubrics},
    }


def _in_notebook(notebook: Notebook) -> Iterator[tuple[str, str]]:
    yield from ((f"cells.{cell.id}", cell.source) for cell in notebook.cells if cell.cell_type == "markdown")


def _in_file(model: BaseModel) -> Iterator[tuple[str, str]]:
    for key, node in model.nodes if isinstance(model, Scenario) else inside(model):
        if isinstance(node, str) and _INDEX.sub("", key).rpartition(".")[2] in _OURS:
            yield key, node
