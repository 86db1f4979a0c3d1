"""nbgrader's autograder without a kernel and with one gradebook: the engine ``fast``.

The converter, the sanitizers and ``SaveAutoGrades`` are nbgrader's; its list of preprocessors is one of its settings,
and in ours ``Execute`` gives way to :class:`MarkCells`. That runs nothing at all: it reads the answers as data, demands
that each graded cell is the very one that this package wrote, and calls the function that such a cell stands for.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
from ipykernel.ipkernel import IPythonKernel
from nbconvert.exporters import NotebookExporter
from nbformat import from_dict
from nbgrader import utils
from nbgrader.api import Grade, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.nbgraderformat.common import BaseMetadataValidator, jsonschema
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    Execute,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from ecitizen.gradebook.assignment import ANSWERS, Assignment
from ecitizen.gradebook.borrowing import renamed
from ecitizen.gradebook.engine import Engine, by_id, cells_by_id, quiet, written_cells
from ecitizen.gradebook.pooled import PooledGradebook, lent
from ecitizen.gradebook.settings import replace_file
from ecitizen.gradebook.submission import read_answers
from ecitizen.gradebook.writing import notebook_text

LENT = (OverwriteKernelspec, OverwriteCells, SaveAutoGrades, AssignLatePenalties)
"""The preprocessors that open the gradebook."""


class ForeignCellError(ValueError):
    """A cell is not the one that this package wrote for it."""


class MarkCells(NbGraderPreprocessor):
    """Give every code cell the output that a kernel would give it; stands where nbgrader has ``Execute``."""

    def __init__(self, built: Assignment) -> None:
        """Know the cells of an assignment."""
        super().__init__()
        self._markings = built.markings
        self._sources = {cell.id: cell.source for cell in built.source.cells if cell.cell_type == "code"}
        self._names = list(self._sources)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Fill in the outputs; raises ``ForeignCellError`` or ``ValueError`` at a cell that is not ours."""
        nb.metadata["language_info"] = dict(IPythonKernel.language_info)
        cells = [cell for cell in nb.cells if cell.cell_type == "code"]
        names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in cells]
        if names != self._names:
            raise ForeignCellError(f"expected the code cells {self._names}, got {names}")
        answers = read_answers(cells[names.index(ANSWERS)].source)
        for count, (name, cell) in enumerate(zip(names, cells, strict=True), 1):
            cell.execution_count = count
            if name != ANSWERS:
                cell.outputs = [self._output(name, cell, count, answers)]
        return nb, resources

    def _output(self, name: str, cell: Any, count: int, answers: Any) -> Any:
        if cell.source != self._sources[name]:
            raise ForeignCellError(f"cell {name!r} is not what ecitizen wrote: {cell.source[:200]!r}")
        said = {"text/plain": repr(self._markings[name].points(answers))}
        # ``new_output`` would check each one by itself, and the exporter checks them all.
        return from_dict({"output_type": "execute_result", "data": said, "execution_count": count, "metadata": {}})


@lru_cache(maxsize=1)
def _compiled(schema: str) -> Any:
    """Give jsonschema's validator of a schema, which is itself checked once and not for every cell."""
    read = json.loads(schema)
    kind = jsonschema.validators.validator_for(read)
    kind.check_schema(read)
    return kind(read)


def _validate(instance: Any, schema: dict[str, Any]) -> None:
    """Do what ``jsonschema.validate`` does: raise the error that tells most."""
    error = jsonschema.exceptions.best_match(_compiled(json.dumps(schema)).iter_errors(instance))
    if error is not None:
        raise error


class _Compiled(BaseMetadataValidator):
    """nbgrader's check of a cell against its schema, compiled."""

    validate_cell: Any = renamed(BaseMetadataValidator.validate_cell, jsonschema=SimpleNamespace(validate=_validate))


class CheckedOnce(MetadataValidator, _Compiled):
    """nbgrader's check of a cell's metadata, which need not be made again where all is as in another cell."""

    def __init__(self) -> None:
        """Read nbgrader's schema."""
        super().__init__()
        self._good: set[tuple[str, str]] = set()

    def validate_cell(self, cell: Any) -> None:
        """Raise nbgrader's errors for a cell."""
        # The whole of what nbgrader looks at; its messages also quote the source.
        seen = (cell.cell_type, json.dumps(cell.metadata.get("nbgrader"), sort_keys=True))
        if seen not in self._good:
            super().validate_cell(cell)
            self._good.add(seen)


class CheckMetadata(CheckCellMetadata):
    """nbgrader's check of the metadata of all cells, with a validator that others use too."""

    def __init__(self, validator: CheckedOnce, **kwargs: Any) -> None:
        """Know the validator."""
        super().__init__(**kwargs)
        self._validator = validator

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Raise ``ValidationError`` if nbgrader would."""
        self._validator.validate_nb(nb)
        return nb, resources


class OwnExporter(NotebookExporter):
    """nbconvert's exporter on a notebook that nobody else holds: it need not be copied before each step."""

    def from_notebook_node(self, nb: Any, resources: Any = None, **_: Any) -> tuple[str, Any]:
        """Pass the notebook through all preprocessors and write it; raises ``ValidationError`` at a bad one."""
        known = self._init_resources(resources)
        for preprocessor in self._preprocessors:
            nb, known = preprocessor(nb, known)
        return notebook_text(nb), known


class HeldAutograde(Autograde):
    """nbgrader's converter in one pass, which leaves it to its caller when the graded notebook is written."""

    graded: str = ""
    """The graded notebook, once it is there."""

    def init_destination(self, assignment_id: str, student_id: str) -> bool:
        """Take away all but the notebook graded before, which tells what a person has marked."""
        place = Path(self._format_dest(assignment_id, student_id))
        for found in place.iterdir() if place.is_dir() else ():
            if found.is_dir() and not found.is_symlink():
                utils.rmtree(str(found))
            elif found.name != f"{assignment_id}.ipynb":
                utils.remove(str(found))
        return True

    def convert_single_notebook(self, notebook_filename: str) -> None:
        """Sanitize and grade at once; ``sanitize_preprocessors`` holds both lists."""
        self._init_preprocessors()
        BaseConverter.convert_single_notebook(self, notebook_filename)

    def write_single_notebook(self, output: str, resources: Any) -> None:  # noqa: ARG002 - theirs
        """Hold the notebook back until its grades are safe."""
        self.graded = output

    def set_permissions(self, assignment_id: str, student_id: str) -> None:
        """Wait for the notebook."""

    def finish(self, path: Path) -> None:
        """Write the notebook, whole or not at all."""
        if path.exists():
            path.chmod(0o644)  # Windows replaces no file that is read-only.
        replace_file(path, self.graded)
        super().set_permissions(self.coursedir.assignment_id, self.coursedir.student_id)


class FastEngine(Engine):
    """The engine that runs no cell; the scores, the gradebook and the notebooks are those of ``Engine``."""

    def __init__(self, *settings: Any) -> None:
        """Make ready; the gradebook is opened when it is needed."""
        super().__init__(*settings)
        self._config.Autograde.exporter_class = OwnExporter
        self._book: PooledGradebook | None = None
        self._kind: type[HeldAutograde] = HeldAutograde
        self._passes: dict[str, tuple[Assignment, list[Any]]] = {}
        self._validator = CheckedOnce()

    def autograde(self, built: Assignment, learner: str) -> None:
        """Grade one submission in one transaction; raises ``EngineError`` unless every test gave a number.

        A crash at any moment leaves the gradebook as it was before or as it is after, and in either case grading anew
        comes to the same, since the notebook graded before is replaced last.
        """
        lesson = built.lesson
        path = self._root / "autograded" / learner / lesson / f"{lesson}.ipynb"
        book = self._open()
        app = self._converter(book, built, learner)
        before = written_cells(cells_by_id(path))
        with self._faults("autograded", lesson, learner), book.submission(learner):
            marked = _settled(book, lesson, learner) if before else {}
            self._start(app)
            if marked:
                after = written_cells(by_id(nbformat.reads(app.graded, as_version=4)))
                for item, grade in marked.items():
                    grade.needs_manual_grade = before.get(item) != after.get(item)
        app.finish(path)

    def make_ready(self) -> None:
        """Open the gradebook."""
        self._open()

    def generate(self, lesson: str) -> None:
        """Make the release, and forget what was known of the cells before."""
        self.close()
        super().generate(lesson)

    def drop(self, lesson: str) -> None:
        """Take the assignment out of the gradebook, and forget it."""
        self.close()
        super().drop(lesson)

    def close(self) -> None:
        """Close the gradebook."""
        if self._book is not None:
            self._book.close()
        self._book = None
        self._passes.clear()

    def _open(self) -> PooledGradebook:
        if self._book is None:
            with quiet():
                self._book = PooledGradebook(self._course(".", "").db_url)
            self._kind = lent(HeldAutograde, "init_assignment", self._book)
        return self._book

    def _converter(self, book: PooledGradebook, built: Assignment, learner: str) -> HeldAutograde:
        app = self._kind(coursedir=self._course(built.lesson, learner), config=self._config, log=self._log)
        known, passes = self._passes.get(built.lesson, (None, []))
        if known is not built:
            # A name instead of a class is our guard of nbgrader's own engine; ``MarkCells`` demands the same.
            named = [*app.sanitize_preprocessors, *app.autograde_preprocessors]
            kinds = [kind for kind in named if not isinstance(kind, str)]
            passes = [self._preprocessor(kind, book, built) for kind in kinds]
            self._passes[built.lesson] = built, passes
        app.sanitize_preprocessors = passes
        return app

    def _preprocessor(self, kind: type, book: PooledGradebook, built: Assignment) -> Any:
        if kind is Execute:
            return MarkCells(built)
        if kind is CheckCellMetadata:
            return CheckMetadata(self._validator, config=self._config, log=self._log)
        if kind in LENT:
            kind = lent(kind, "preprocess", book)
        return kind(config=self._config, log=self._log)


def _settled(book: PooledGradebook, lesson: str, learner: str) -> dict[str, Grade]:
    """Give the grades of a submission that a person has given and need not look at again, by cell."""
    try:
        grades = book.grades_of(lesson, learner)
    except MissingEntry:
        return {}
    return {name: one for name, one in grades.items() if one.manual_score is not None and not one.needs_manual_grade}
