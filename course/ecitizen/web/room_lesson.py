"""A whole lesson on the projector: its texts piece by piece in large type, and the showing where it stands in them."""

from __future__ import annotations

from typing import Any

from ecitizen import content
from ecitizen.content.notebook import Cell, load_notebook
from ecitizen.web.board_screen import exhibits, golden_path

Frame = dict[str, Any]
"""``caption`` with ``blocks`` of a text (see ``notebooks.markdown``) and ``own``: here each learner does something; or
``caption`` with what ``golden_path`` gives."""

UNSEEN = ("skip", "notes")
"""Slide types of cells that no learner sees."""


def whole_lesson(lesson: content.Lesson) -> list[Frame]:
    """Give the frames of a lesson in its order: a heading with what belongs to it is one.

    Raises ``ContentError`` for a text with marks that paper doesn't know either, and for a showing that gets lost.
    """
    # Paper brings much along, and most desks never lead a class through a whole lesson.
    from ecitizen.notebooks.markdown import blocks
    from ecitizen.notebooks.material import sections

    frames: list[Frame] = []
    steps = _steps(load_notebook(lesson.notebook).cells)
    for cells, exhibit in zip(steps, exhibits(lesson.notebook), strict=True):
        for cell in cells:
            said = blocks(cell.source, lesson.notebook, f"cells.{cell.id}")
            frames += [_page(piece, lesson.title) for piece in sections(said)]
        if exhibit.kind == "practice" and exhibit.mode == "show":
            frames += golden_path(lesson, exhibit.task)
        elif exhibit.kind != "text" and frames:
            frames[-1]["own"] = True
    return frames


def _steps(cells: tuple[Cell, ...]) -> list[list[Cell]]:
    """Give the texts of each step, cut as the lesson page cuts them."""
    steps: list[list[Cell]] = []
    for cell in cells:
        kind = cell.metadata.slideshow.slide_type
        if kind == "slide":
            steps.append([])
        if steps and cell.cell_type == "markdown" and kind not in UNSEEN:
            steps[-1].append(cell)
    return steps


def _page(piece: list[dict[str, Any]], title: str) -> Frame:
    heads = ["".join(run["text"] for run in one["runs"]) for one in piece if one["kind"] == "heading"]
    rest = [one for one in piece if one["kind"] != "heading"]
    return {"caption": ". ".join(heads) or title, "blocks": rest, "own": False}
