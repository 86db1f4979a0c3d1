"""Notebooks as text, byte for byte as nbformat writes them: a cell like one written before is not written again.

Most cells of a class are alike: questions, keys and the points that were given. nbformat checks, copies and formats
each of them anew, which takes longer than all that nbgrader has to do with them.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import nbformat
from nbformat import NotebookNode, from_dict

MOST_CELLS = 2048
"""Cells that are kept; a course of sixteen lessons has some 750 questions and keys, each a few thousand characters."""

_CELLS = '"cells": ['
_key = json.JSONEncoder(ensure_ascii=False, sort_keys=True, check_circular=False).encode


def notebook_text(notebook: NotebookNode) -> str:
    """Give a checked notebook as it stands in a file; the same notebook is always the same text.

    Raises ``nbformat.ValidationError`` where nbformat does.
    """
    cells = notebook.cells
    names = {cell.get("id") for cell in cells}
    if not cells or len(names) < len(cells):
        # Only the whole notebook shows that two cells share an id.
        nbformat.validate(notebook, relax_add_props=True)
        return f"{nbformat.writes(notebook)}\n"
    around = _key({name: part for name, part in notebook.items() if name != "cells"})
    begin, end = _frame(around)
    return begin + ",".join([_cell_text(around, _key(cell)) for cell in cells]) + end


@lru_cache(maxsize=MOST_CELLS)
def _cell_text(around: str, cell: str) -> str:
    """Give a cell, which is given as JSON, as it stands in the file of a notebook with such metadata."""
    text = _checked(around, [json.loads(cell)])
    begin, end = _frame(around)
    return text[len(begin) : -len(end)]


@lru_cache(maxsize=16)
def _frame(around: str) -> tuple[str, str]:
    """Give what stands in a notebook's file before its first and after its last cell."""
    begin, _, end = _checked(around, []).partition(f"{_CELLS}]")
    return f"{begin}{_CELLS}", f"\n ]{end}"


def _checked(around: str, cells: list[Any]) -> str:
    notebook = from_dict({**json.loads(around), "cells": cells})
    nbformat.validate(notebook, relax_add_props=True)
    return f"{nbformat.writes(notebook)}\n"
