"""A lesson's notebook as the content check sees it: cells with their text and metadata, never run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ecitizen.content.loading import WHOLE
from ecitizen.errors import ContentError

SlideType = Literal["slide", "subslide", "fragment", "skip", "notes", "-"]


def _joined(source: object) -> object:
    # nbformat allows a text or a list of lines.
    return "".join(map(str, source)) if isinstance(source, list) else source


class _Loose(BaseModel):
    # nbformat and its tools add keys of their own.
    model_config = ConfigDict(extra="ignore", frozen=True)


class Slideshow(_Loose):
    """Where a cell stands among the steps: ``slide`` begins one, ``-`` goes on, ``skip`` is never shown."""

    slide_type: SlideType | Literal[""] = ""


class OurMarks(_Loose):
    """What this course writes into a cell's metadata."""

    part: str = ""
    """The part of the lesson that the cell belongs to: why, show, together, solo, quiz, home."""

    facts: tuple[str, ...] = ()
    """Ids of the fact register that the text relies on."""


class CellMarks(_Loose):
    """The metadata of a cell, as far as the course cares."""

    slideshow: Slideshow = Slideshow()
    ecitizen: OurMarks = OurMarks()


class Cell(_Loose):
    """One cell."""

    cell_type: Literal["markdown", "code", "raw"]
    id: str = ""
    source: Annotated[str, BeforeValidator(_joined)] = ""
    metadata: CellMarks = CellMarks()
    outputs: tuple[Any, ...] = ()
    execution_count: int | None = None


class BookMarks(_Loose):
    """What this course writes into the notebook's metadata."""

    id: str = ""


class BookMetadata(_Loose):
    """The metadata of the notebook, as far as the course cares."""

    title: str = ""
    ecitizen: BookMarks = BookMarks()


class Notebook(_Loose):
    """A lesson's notebook."""

    cells: Annotated[tuple[Cell, ...], Field(min_length=1)]
    metadata: BookMetadata = BookMetadata()


def load_notebook(path: Path) -> Notebook:
    """Read a notebook; raises ContentError if it is not one."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return Notebook.model_validate(raw)
    except OSError as error:
        raise ContentError(path, WHOLE, f"файл не читается ({error.strerror})", "Проверьте файл") from error
    except (ValueError, RecursionError) as error:
        # ValueError: not UTF-8, not JSON, not a notebook.
        problem = f"это не тетрадь Jupyter ({' '.join(str(error).split())[:120]})"
        raise ContentError(path, WHOLE, problem, "Сохраните тетрадь заново в JupyterLab") from error
