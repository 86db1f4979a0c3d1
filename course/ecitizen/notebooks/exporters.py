"""Sockets of nbconvert: ``jupyter nbconvert --to ecitizen-handout lessons/02-doctor.ipynb``.

The notebook says by ``metadata.ecitizen.id`` which lesson it is. The other files of the lesson come from the content
root that the notebook lies in, or from this installation if it lies elsewhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from nbconvert.exporters import Exporter

from ecitizen import content
from ecitizen.content.notebook import Notebook
from ecitizen.notebooks import deck, papers

Resources = dict[str, Any]


class _LessonExporter(Exporter):
    """What all of them share: from a notebook to its lesson."""

    export_from_notebook = ""

    def from_notebook_node(
        self, nb: Any, resources: Resources | None = None, **options: Any
    ) -> tuple[bytes | str, Resources]:
        """Convert a notebook; raises CourseError if it is no lesson or breaks a rule of its format."""
        cleaned, found = super().from_notebook_node(nb, resources, **options)
        notebook = Notebook.model_validate(cleaned)
        root = _root(found)
        return self.made(content.lesson(notebook.metadata.ecitizen.id, root), notebook, root), found

    def made(self, lesson: content.Lesson, notebook: Notebook, root: Path | None) -> bytes | str:
        """Make the file of one lesson."""
        raise NotImplementedError


class HandoutExporter(_LessonExporter):
    """The large-print handout."""

    export_from_notebook = "Памятка (PDF)"
    file_extension = ".pdf"
    output_mimetype = "application/pdf"

    def made(self, lesson: content.Lesson, notebook: Notebook, root: Path | None) -> bytes:
        """Make the PDF."""
        return papers.handout(lesson, notebook, root)


class KeyExporter(_LessonExporter):
    """The key to the questions."""

    export_from_notebook = "Ключ к вопросам (PDF)"
    file_extension = ".key.pdf"
    output_mimetype = "application/pdf"

    def made(self, lesson: content.Lesson, _notebook: Notebook, root: Path | None) -> bytes:
        """Make the PDF."""
        return papers.key(lesson, root)


class SlidesExporter(_LessonExporter):
    """The deck for the projector."""

    export_from_notebook = "Слайды (HTML)"
    file_extension = ".slides.html"
    output_mimetype = "text/html"

    def made(self, lesson: content.Lesson, notebook: Notebook, root: Path | None) -> str:
        """Make the page."""
        return deck.slides(lesson, notebook, root)


_TOC: Final = Path("lessons", "toc.yaml")


def _root(resources: Resources) -> Path | None:
    """Give the content root around the notebook; None if there is none."""
    place = Path(resources.get("metadata", {}).get("path") or ".").resolve()
    return place.parent if (place.parent / _TOC).is_file() else None
