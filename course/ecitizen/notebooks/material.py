"""All that paper and slides show of one lesson, as plain data: the notebook's cells, the golden path, the questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.content.notebook import Cell, Notebook
from ecitizen.errors import ContentError
from ecitizen.notebooks.markdown import Block, blocks, plain
from ecitizen.notebooks.picturing import steps, task
from ecitizen.notebooks.questions import figure, key, questions
from ecitizen.notebooks.words import Words

JSON = dict[str, Any]

PRINTED = ("why", "show", "home", "quiz")
"""Parts of a notebook that the handout holds; «Вместе» and «Я сам(а)» only say how to use the screen."""


TITLE_LEVEL = 1
"""Level of the lesson's title; headings of the notebook stand below it."""


def handout(lesson: Lesson, notebook: Notebook, words: Words) -> JSON:
    """Gather a handout: ``title``, blocks of the parts by name, ``task``, ``steps`` and ``questions``."""
    parts: dict[str, list[list[Block]]] = {part: [] for part in PRINTED}
    for cell, found in cells(notebook, lesson.notebook):
        if cell.metadata.ecitizen.part in parts and cell.metadata.slideshow.slide_type != "notes":
            parts[cell.metadata.ecitizen.part] += sections(_boxed(found, words))
    return {
        "title": lesson.title,
        "parts": parts,
        "task": task(lesson),
        "steps": steps(lesson, words),
        "questions": questions(lesson.quiz, words),
    }


def key_sheet(lesson: Lesson, words: Words, texts: JSON) -> JSON:
    """Gather the key: ``title``, ``points`` in all, ``answers``."""
    total = sum(item.points for item in lesson.quiz.items)
    return {"title": lesson.title, "points": figure(total), "answers": key(lesson.quiz, words, texts["quiz"])}


def cells(notebook: Notebook, path: Path) -> Iterator[tuple[Cell, list[Block]]]:
    """Give the text cells with their blocks.

    Raises ContentError for a cell that belongs to no part of the lesson, and for a heading that skips a level: a screen
    reader leads by headings, and PDF/UA forbids it.
    """
    level = TITLE_LEVEL
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "markdown" or cell.metadata.slideshow.slide_type == "skip":
            continue
        place = f"cells.{cell.id}" if cell.id else f"cells[{number}]"
        if not cell.metadata.ecitizen.part:
            problem = "не сказано, к какой части урока относится текст"
            raise ContentError(path, place, problem, "Укажите в метаданных ячейки ecitizen.part")
        found = blocks(cell.source, path, place)
        for heading in (block for block in found if block["kind"] == "heading"):
            if not TITLE_LEVEL < heading["level"] <= level + 1:
                problem = f"у заголовка {plain(heading['runs'])!r} уровень {heading['level']}, а перед ним {level}"
                raise ContentError(path, place, problem, "Начните часть с ##, внутри неё берите ###")
            level = heading["level"]
        yield cell, found


def sections(found: list[Block]) -> list[list[Block]]:
    """Cut blocks into pieces that stay on one page: a heading, or several in a row, and what follows."""
    cut: list[list[Block]] = []
    for block in found:
        opens = block["kind"] == "heading" and not (cut and all(one["kind"] == "heading" for one in cut[-1]))
        if opens or not cut:
            cut.append([])
        cut[-1].append(block)
    return cut


def facts_of(cell: Cell, words: Words, root: Path | None) -> list[str]:
    """Tell the facts that a cell rests on, with source and date, for whoever presents it."""
    known = content.facts(root) if cell.metadata.ecitizen.facts else {}
    told = [known[name] for name in cell.metadata.ecitizen.facts if name in known]
    return [words.fact.format(says=fact.says, source=fact.source, checked=f"{fact.checked:%d.%m.%Y}") for fact in told]


def _boxed(found: list[Block], words: Words) -> list[Block]:
    """Give the lists under «Теперь я могу» boxes to tick."""
    ticking = False
    boxed: list[Block] = []
    for block in found:
        if block["kind"] == "heading":
            ticking = plain(block["runs"]).strip() == words.can
        boxed.append(block | {"boxes": True} if ticking and block["kind"] == "list" else block)
    return boxed
