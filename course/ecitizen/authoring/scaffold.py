"""The four files of a new lesson: small, whole and playable, so that no author begins from nothing."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ecitizen import content
from ecitizen.authoring.schemas import editor_line
from ecitizen.content.check import check
from ecitizen.content.finding import Finding
from ecitizen.errors import CourseError

NAME = re.compile(r"[0-9]{2}-[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME, LONGEST_TITLE = 60, 120


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One of the four files."""

    template: str
    folder: str
    suffix: str
    kind: str
    """Kind of its schema; nothing for a notebook."""


_SHEETS = (
    _Sheet("notebook.ipynb.j2", "lessons", ".ipynb", ""),
    _Sheet("scenario.yaml.j2", "widgets/scenarios", ".yaml", "scenario"),
    _Sheet("quiz.yaml.j2", "quizzes", ".yaml", "quiz"),
    _Sheet("rubric.yaml.j2", "graders", ".yaml", "rubric"),
)


def scaffold(root: Path, lesson_id: str, title: str) -> list[Path]:
    """Make notebook, scenario, quiz and rubric of a lesson such as ``16-neighbours`` under a content root.

    Gives the files. Raises ``CourseError`` for a name or a title that won't do, and if one of the files is there
    already; nothing is written then.
    """
    _refuse(lesson_id, title)
    places = {sheet: root / sheet.folder / f"{lesson_id}{sheet.suffix}" for sheet in _SHEETS}
    if taken := [path.relative_to(root).as_posix() for path in places.values() if path.exists()]:
        remedy = "Возьмите другое имя или перенесите эти файлы"
        raise CourseError(lesson_id, f"такие файлы уже есть: {', '.join(taken)}", remedy)
    words = {
        "lesson_id": lesson_id,
        "title": " ".join(title.split()),
        "skill": next(iter(content.skills(root))),
        "persona": content.personas(root).personas[0].id,
    }
    for sheet, path in places.items():
        line = editor_line(sheet.kind, path, root)
        text = _environment().get_template(sheet.template).render(**words, editor_line=line)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(places.values())


def remaining(root: Path, lesson_id: str) -> list[Finding]:
    """Give what the content check still asks for in the files of one lesson."""
    ours = {f"{sheet.folder}/{lesson_id}{sheet.suffix}" for sheet in _SHEETS}
    return [finding for finding in check(root) if finding.path in ours]


def toc_entry(lesson_id: str, title: str) -> str:
    """Give the lines that take a lesson into the course: to be added to ``lessons`` of ``lessons/toc.yaml``."""
    return _environment().get_template("toc.yaml.j2").render(lesson_id=lesson_id, title=" ".join(title.split()))


def _refuse(lesson_id: str, title: str) -> None:
    if not NAME.fullmatch(lesson_id) or len(lesson_id) > LONGEST_NAME:
        remedy = "Две цифры, дефис и слова малыми латинскими буквами, например 16-neighbours"
        raise CourseError("имя урока", f"{lesson_id!r} не подходит", remedy)
    if not title.strip() or len(title) > LONGEST_TITLE or "{" in title:
        problem = f"название пусто, длиннее {LONGEST_TITLE} знаков или с фигурными скобками"
        raise CourseError("название урока", problem, "Назовите урок двумя-тремя словами")


@cache
def _environment() -> Environment:
    """Make templates whose words are quoted as YAML and JSON both read them."""
    loader = PackageLoader("ecitizen.authoring")
    made = Environment(loader=loader, autoescape=False, undefined=StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    made.filters["quoted"] = lambda text: json.dumps(text, ensure_ascii=False)
    return made
