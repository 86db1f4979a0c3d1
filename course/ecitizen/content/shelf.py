"""Content by id: the lessons of the course and all that belongs to one.

Every function takes the content root to look in (a folder with ``lessons``, ``quizzes``, ``graders``, ``widgets``);
without one it is the content of this installation. All raise ContentError, or CourseErrors for several faults.
Files are read again only when they have changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecitizen.content import models
from ecitizen.content.folders import Kind, folder
from ecitizen.content.loading import WHOLE, load_model
from ecitizen.errors import ContentError
from ecitizen.practice.persona import Persona, Personas
from ecitizen.practice.quiz import Quiz
from ecitizen.practice.rubric import Rubric
from ecitizen.practice.scenario import Scenario

_ID = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """All that belongs to one lesson."""

    id: str
    title: str
    scenario: Scenario
    persona: Persona
    quiz: Quiz
    rubric: Rubric
    notebook: Path


def toc(root: Path | None = None) -> models.Toc:
    """Give the order of the lessons."""
    return load_model(folder("lessons", root) / "toc.yaml", models.Toc)


def lesson_ids(root: Path | None = None) -> list[str]:
    """Give the ids of the lessons in the order of the course."""
    return [entry.id for entry in toc(root).lessons]


def skills(root: Path | None = None) -> dict[str, str]:
    """Give the names of the skills by id."""
    return load_model(folder("lessons", root) / "skills.yaml", models.Skills).skills


def facts(root: Path | None = None) -> dict[str, models.RegisteredFact]:
    """Give the fact register by id."""
    register = load_model(folder("lessons", root) / "facts.yaml", models.FactRegister)
    return {fact.id: fact for fact in register.facts}


def words(root: Path | None = None) -> models.Words:
    """Give the words of the course."""
    return load_model(folder("lessons", root) / "words.yaml", models.Words)


def personas(root: Path | None = None) -> Personas:
    """Give the made-up people; ``personas().get(id)`` finds one."""
    return load_model(folder("widgets", root) / "personas.yaml", Personas)


def texts(root: Path | None = None) -> dict[str, Any]:
    """Give the texts of the browser side: section, then key."""
    sections: dict[str, Any] = load_model(folder("widgets", root) / "texts.yaml", models.Texts).model_dump(mode="json")
    return sections


def scenario(lesson_id: str, root: Path | None = None) -> Scenario:
    """Give the simulated portal of a lesson."""
    return load_model(_named("widgets", root, lesson_id, "scenarios"), Scenario)


def quiz(lesson_id: str, root: Path | None = None) -> Quiz:
    """Give the quiz of a lesson."""
    return load_model(_named("quizzes", root, lesson_id), Quiz)


def pool(root: Path | None = None) -> Quiz:
    """Give the items from which the entry and the exit test are drawn."""
    return quiz("course-test", root)


def survey(root: Path | None = None) -> models.Survey:
    """Give what graduates are asked."""
    return load_model(folder("quizzes", root) / "survey.yaml", models.Survey)


def scams(root: Path | None = None) -> Quiz:
    """Give the fresh scams that come back between lessons; none of them stands in a lesson."""
    return quiz("scams", root)


def rubric(lesson_id: str, root: Path | None = None) -> Rubric:
    """Give the rubric of a lesson's practice."""
    return load_model(_named("graders", root, lesson_id), Rubric)


def notebook(lesson_id: str, root: Path | None = None) -> Path:
    """Give the path of a lesson's notebook, which must exist."""
    path = _named("lessons", root, lesson_id).with_suffix(".ipynb")
    if not path.is_file():
        raise ContentError(path, WHOLE, "файла нет", "Создайте тетрадь урока или исправьте id в toc.yaml")
    return path


def lesson(lesson_id: str, root: Path | None = None) -> Lesson:
    """Give a lesson of the course with all its files loaded."""
    titles = {entry.id: entry.title for entry in toc(root).lessons}
    if lesson_id not in titles:
        path = folder("lessons", root) / "toc.yaml"
        raise ContentError(path, "lessons", f"урока {lesson_id!r} нет", f"Возьмите один из: {', '.join(titles)}")
    portal = scenario(lesson_id, root)
    return Lesson(
        id=lesson_id,
        title=titles[lesson_id],
        scenario=portal,
        persona=_persona(portal, root),
        quiz=quiz(lesson_id, root),
        rubric=rubric(lesson_id, root),
        notebook=notebook(lesson_id, root),
    )


def _persona(portal: Scenario, root: Path | None) -> Persona:
    people = personas(root)
    if portal.persona not in {persona.id for persona in people.personas}:
        path = _named("widgets", root, portal.id, "scenarios")
        known = ", ".join(persona.id for persona in people.personas)
        raise ContentError(path, "persona", f"человека {portal.persona!r} нет", f"Возьмите один из: {known}")
    return people.get(portal.persona)


def _named(kind: Kind, root: Path | None, stem: str, *inside: str) -> Path:
    # Ids come from addresses of pages, too: one with a slash would leave the folder.
    place = folder(kind, root).joinpath(*inside)
    if not _ID.fullmatch(stem):
        raise ContentError(place, "id", f"id {stem!r} не бывает", "Возьмите id из lessons/toc.yaml")
    return place / f"{stem}.yaml"
