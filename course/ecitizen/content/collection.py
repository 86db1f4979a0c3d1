"""Everything under one content root, loaded as far as it goes, with the faults met on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

from ecitizen.content import models, shelf
from ecitizen.content.finding import Finding, from_error
from ecitizen.content.folders import folder
from ecitizen.content.notebook import Notebook, load_notebook
from ecitizen.errors import CourseError
from ecitizen.practice.persona import Personas
from ecitizen.practice.quiz import Quiz
from ecitizen.practice.rubric import Rubric
from ecitizen.practice.scenario import Scenario

Loaded = TypeVar("Loaded")

TOC = "lessons/toc.yaml"
NOT_LESSONS = frozenset({"course-test", "scams"})
"""Quizzes that belong to the course as a whole."""

SURVEY = "survey"
"""Lies among the quizzes, and is none."""


@dataclass(slots=True)
class Collection:
    """All content of one root; what could not be loaded is absent here and stands in ``findings``."""

    root: Path
    today: date
    """The day on which facts are looked at."""

    jobs: int = 1
    """Processes that play the scenarios."""

    toc: models.Toc | None = None
    skills: dict[str, str] | None = None
    facts: dict[str, models.RegisteredFact] | None = None
    words: models.Words | None = None
    personas: Personas | None = None
    texts: dict[str, object] | None = None
    quizzes: dict[str, Quiz] = field(default_factory=dict)
    rubrics: dict[str, Rubric] = field(default_factory=dict)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    notebooks: dict[str, Notebook] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def lessons(self) -> list[str]:
        """Give the ids that the table of contents names."""
        return [entry.id for entry in self.toc.lessons] if self.toc else []

    def tests(self) -> list[str]:
        """Give the ids of the entry and the exit test."""
        return [entry.id for entry in self.toc.tests] if self.toc else []


def collect(root: Path | None, today: date, jobs: int = 1) -> Collection:
    """Load all files under a root (default: this installation's); never raises for a fault of the content."""
    base = root or folder("lessons").parent
    found = Collection(base, today, jobs)
    found.toc = _tried(found, lambda: shelf.toc(base))
    found.skills = _tried(found, lambda: shelf.skills(base))
    found.facts = _tried(found, lambda: shelf.facts(base))
    found.words = _tried(found, lambda: shelf.words(base))
    found.personas = _tried(found, lambda: shelf.personas(base))
    found.texts = _tried(found, lambda: shelf.texts(base))
    found.quizzes = _all(found, "quizzes/*.yaml", lambda path: shelf.quiz(path.stem, base), but=SURVEY)
    if (base / "quizzes" / f"{SURVEY}.yaml").is_file():
        _tried(found, lambda: shelf.survey(base))
    found.rubrics = _all(found, "graders/*.yaml", lambda path: shelf.rubric(path.stem, base))
    found.scenarios = _all(found, "widgets/scenarios/*.yaml", lambda path: shelf.scenario(path.stem, base))
    found.notebooks = _all(found, "lessons/*.ipynb", load_notebook)
    return found


def _tried(found: Collection, load: Callable[[], Loaded]) -> Loaded | None:
    try:
        return load()
    except CourseError as error:
        found.findings += from_error(error, found.root)
        return None


def _all(found: Collection, pattern: str, load: Callable[[Path], Loaded], but: str = "") -> dict[str, Loaded]:
    loaded: dict[str, Loaded] = {}
    for path in sorted(path for path in found.root.glob(pattern) if path.stem != but):
        one = _tried(found, partial(load, path))
        if one is not None:
            loaded[path.stem] = one
    return loaded
