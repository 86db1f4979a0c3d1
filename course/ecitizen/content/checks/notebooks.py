"""A lesson's notebook is committed clean, cut into steps, and easy to read."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding
from ecitizen.content.notebook import Notebook

PARTS = ("why", "show", "together", "solo", "quiz", "home")
"""The bones of every lesson, in their order."""


def look(found: Collection) -> Iterator[Finding]:
    """Look over each notebook that could be loaded."""
    for stem, notebook in found.notebooks.items():
        place = f"lessons/{stem}.ipynb"
        if notebook.metadata.ecitizen.id != stem:
            problem = f"id {notebook.metadata.ecitizen.id!r} не совпадает с именем файла {stem!r}"
            yield Finding("error", place, "metadata.ecitizen.id", problem, "Назовите их одинаково")
        yield from _clean(place, notebook)
        yield from _steps(place, notebook)
        if stem not in found.tests():
            yield from _bones(place, notebook)


def _clean(place: str, notebook: Notebook) -> Iterator[Finding]:
    for number, cell in enumerate(notebook.cells, 1):
        if cell.outputs or cell.execution_count is not None:
            problem = "в тетради остались результаты запуска"
            remedy = "Очистите их: Edit, Clear Outputs of All Cells, и сохраните"
            yield Finding("error", place, _key(cell.id, number), problem, remedy)


def _steps(place: str, notebook: Notebook) -> Iterator[Finding]:
    shown = False
    for number, cell in enumerate(notebook.cells, 1):
        key, kind = f"{_key(cell.id, number)}.slideshow", cell.metadata.slideshow.slide_type
        if not kind:
            yield Finding("error", place, key, "не сказано, какому шагу принадлежит ячейка", "Укажите Slide Type")
        elif kind not in ("skip", "notes"):
            if not shown and kind != "slide":
                yield Finding("error", place, key, f"первый шаг начинается с {kind!r}", "Укажите Slide Type: Slide")
            shown = True


def _bones(place: str, notebook: Notebook) -> Iterator[Finding]:
    parts = [cell.metadata.ecitizen.part for cell in notebook.cells if cell.metadata.ecitizen.part]
    for number, part in enumerate(parts):
        if part not in PARTS:
            problem = f"части {part!r} не бывает"
            yield Finding("error", place, "metadata.ecitizen.part", problem, f"Возьмите одну из: {', '.join(PARTS)}")
        elif number and parts[number - 1] in PARTS and PARTS.index(part) < PARTS.index(parts[number - 1]):
            problem = f"часть {part!r} стоит после {parts[number - 1]!r}"
            yield Finding("error", place, "metadata.ecitizen.part", problem, f"Порядок такой: {', '.join(PARTS)}")
    for part in PARTS:
        if part not in parts:
            problem = f"нет части {part!r}"
            yield Finding("error", place, "metadata.ecitizen.part", problem, "Добавьте её или отметьте ячейку")


def _key(cell_id: str, number: int) -> str:
    return f"cells.{cell_id}" if cell_id else f"cells[{number}]"
