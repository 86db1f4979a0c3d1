"""A lesson's quiz and practice as one nbgrader notebook: pure, and the same bytes every time.

What a learner may see is built first and without a key; the source notebook is that plus the hidden tests. So a release
can be checked by comparing it with what may be seen. Each item and each criterion has a locked text cell
``ask-<id>`` and a graded cell ``<id>``; one solution cell, ``answers``, holds the answers of all. The cell of a written
answer holds its text and waits for a person, who finds the marking scheme and the sample in the cell above it: nbgrader
puts them there for markers and takes them out of the release.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from ecitizen.content import Lesson
from ecitizen.errors import ContentError
from ecitizen.gradebook.marking import Marking, of_criterion, of_item
from ecitizen.gradebook.settings import NO_ANSWERS
from ecitizen.gradebook.submission import NO_TEXT, answers_source, written_source
from ecitizen.gradebook.writing import notebook_text
from ecitizen.practice.quiz import Written

ANSWERS = "answers"
"""Id of the one cell that is the learner's."""

SHORTEST_SECRET = 4
"""Characters below which a text of the key, such as «да», stands everywhere by chance."""

_NOT_SECRET = dict.fromkeys(("id", "kind", "skill", "from_lesson", "facts", "context"), True)
"""Fields of an item that say nothing of its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One lesson as nbgrader sees it."""

    lesson: str
    visible: NotebookNode
    """Every cell as it may stand in a release: no key."""

    source: NotebookNode
    """The same with the hidden tests."""

    secrets: frozenset[str]
    """Texts of the keys and explanations that stand in no visible cell."""

    markings: Mapping[str, Marking]
    """How each cell is marked that needs no person."""

    @property
    def cells(self) -> set[tuple[str, str]]:
        """Give id and type of all cells."""
        return {(cell.id, cell.cell_type) for cell in self.source.cells}


@dataclass(frozen=True, slots=True)
class _Question:
    id: str
    text: str
    skill: str
    most: float
    marking: Marking | None = None
    """None if a person marks it."""

    scheme: str = ""
    """What such a person goes by."""

    asked: dict[str, Any] = field(default_factory=dict)
    """What tells, of a question that a person marks, whether it is still the same: see :func:`_asked`."""


def assignment(lesson: Lesson) -> Assignment:
    """Build the assignment of a lesson; raises ``ContentError`` if two of its items share an id."""
    questions = [*_quiz_questions(lesson), *_practice_questions(lesson)]
    visible = [_locked("ask-lesson", render("intro.md.j2", title=lesson.title, lesson=lesson.id))]
    visible.append(_code(ANSWERS, answers_source(NO_ANSWERS), solution=True))
    for question in questions:
        visible += [_locked(ask_id(question.id), question.text), _graded(question)]
    _require_different(lesson, [cell.id for cell in visible])
    source = deepcopy(visible)
    hidden = {question.id: _graded(question, hidden=True).source for question in questions}
    hidden |= {ask_id(question.id): question.text + question.scheme for question in questions}
    for cell in source:
        cell.source = hidden.get(cell.id, cell.source)
    seen = "\n".join(cell.source for cell in visible)
    return Assignment(
        lesson=lesson.id,
        visible=_notebook(visible),
        source=_notebook(source),
        secrets=frozenset(secret for secret in _secrets(lesson, source) if secret not in seen),
        markings={question.id: question.marking for question in questions if question.marking},
    )


def leaks(built: Assignment, release: str) -> list[str]:
    """Give what a release notebook (its whole text) shows that it must not; empty if it is clean."""
    notebook = nbformat.reads(release, as_version=4)
    found = [
        f"{shown.id}: {shown.source[:80]!r}"
        for shown, allowed in zip(notebook.cells, built.visible.cells, strict=False)
        if (shown.id, shown.source) != (allowed.id, allowed.source)
    ]
    if len(notebook.cells) != len(built.visible.cells):
        found.append(f"{len(notebook.cells)} cells")
    everything = "\n".join(_texts(notebook))
    return found + sorted(secret for secret in built.secrets if secret in everything)


def submission(release: str, answers: Mapping[str, Any]) -> str:
    """Put answers into the release notebook; all else in it stays as nbgrader made it."""
    notebook = nbformat.reads(release, as_version=4)
    for cell in notebook.cells:
        role = cell.metadata.get("nbgrader", {})
        if role.get("grade_id") == ANSWERS:
            cell.source = answers_source(answers)
        elif role.get("grade") and role.get("solution"):
            cell.source = written_source(answers.get("quiz", {}).get(role["grade_id"]))
    return notebook_text(notebook)


def ask_id(question: str) -> str:
    """Give the id of the cell that asks a question."""
    return f"ask-{question}"


def _quiz_questions(lesson: Lesson) -> Iterator[_Question]:
    for number, item in enumerate(lesson.quiz.items, 1):
        text = render("question.md.j2", number=number, item=item, points=f"{item.points:g}")
        most = float(item.points)
        if isinstance(item, Written):
            # One line end: what is left of the cell in the release is the question and no more.
            scheme = "\n" + render("scheme.md.j2", item=item)
            yield _Question(
                id=item.id, text=text, skill=item.skill, most=most, scheme=scheme, asked=_asked(item)
            )  # fmt: skip
        else:
            yield _Question(id=item.id, text=text, skill=item.skill, most=most, marking=of_item(item))


def _practice_questions(lesson: Lesson) -> Iterator[_Question]:
    for criterion in lesson.rubric.criteria:
        yield _Question(
            id=criterion.id,
            text=render(
                "criterion.md.j2",
                criterion=criterion,
                task=lesson.scenario.task(criterion.task).title,
                points=f"{criterion.points:g}",
            ),
            skill=criterion.skill,
            most=float(criterion.points),
            marking=of_criterion(criterion),
        )


def _graded(question: _Question, *, hidden: bool = False) -> NotebookNode:
    if question.marking:
        source = question.marking.source(hidden=hidden)
        cell = _code(question.id, source, grade=True, locked=True, points=question.most)
    else:
        role = _role(question.id, grade=True, solution=True, points=question.most)
        cell = new_markdown_cell(NO_TEXT, id=question.id, metadata={"nbgrader": role})
    cell.metadata["ecitizen"] = {"skill": question.skill, **question.asked}
    return cell


def _asked(item: Written) -> dict[str, Any]:
    """Name the wording of a question and give the weights: neither its place nor its id makes it another question."""
    wording = [item.text, item.sample, [line.text for line in item.scheme]]
    told = hashlib.sha256(json.dumps(wording, ensure_ascii=False).encode("utf-8")).hexdigest()
    return {"wording": told, "weights": [float(line.points) for line in item.scheme]}


def _locked(cell_id: str, text: str) -> NotebookNode:
    return new_markdown_cell(text, id=cell_id, metadata={"nbgrader": _role(cell_id, locked=True)})


def _code(cell_id: str, source: str, **role: Any) -> NotebookNode:
    return new_code_cell(source, id=cell_id, metadata={"nbgrader": _role(cell_id, **role)})


def _role(cell_id: str, **role: Any) -> dict[str, Any]:
    plain = {
        "grade": False,
        "grade_id": cell_id,
        "locked": False,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    return plain | role


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def _require_different(lesson: Lesson, cell_ids: list[str]) -> None:
    for cell_id in cell_ids:
        if cell_ids.count(cell_id) > 1:
            raise ContentError(
                f"graders/{lesson.id}.yaml",
                cell_id,
                "так уже называется другой вопрос или оценка этого урока",
                "Дайте другой id",
            )


def _secrets(lesson: Lesson, source: list[NotebookNode]) -> Iterator[str]:
    """Give the lines of the hidden tests that hold a key, and every text of the items that explains or is a key."""
    for cell in source:
        yield from (line.strip() for line in cell.source.splitlines() if "json" in line and "import" not in line)
    for item in lesson.quiz.items:
        if not isinstance(item, Written):
            yield of_item(item).key
        # The ids of a scheme may be any short word.
        texts = _texts(item.model_dump(mode="json", exclude=_NOT_SECRET | {"scheme": {"__all__": {"id"}}}))
        yield from (text for text in texts if len(text) >= SHORTEST_SECRET)
    for criterion in lesson.rubric.criteria:
        yield of_criterion(criterion).key
        yield criterion.no
    yield "HIDDEN TESTS"


def _texts(value: Any) -> Iterator[str]:
    """Give every string inside a JSON value, keys of objects aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _texts(part)


@cache
def _templates() -> Environment:
    # Markdown, not HTML: only what could open a tag is escaped; S701 is about pages.
    environment = Environment(  # noqa: S701
        loader=PackageLoader("ecitizen.gradebook"), undefined=StrictUndefined
    )
    environment.filters["plain"] = _plain
    environment.globals["bullets"] = lambda texts: "\n".join(f"- {_plain(text)}" for text in texts)
    return environment


def _plain(text: str) -> str:
    return text.strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def render(template: str, **values: Any) -> str:
    """Fill one of the Russian templates of this room."""
    return _templates().get_template(template).render(**values).strip()
