"""A guard in nbgrader's own autograder: nothing is run in a kernel but what this package wrote.

``nbgrader autograde`` and formgrader's button run whatever lies in ``submitted/``. The guard stands last among the
sanitizers of ``nbgrader_config.py``, after nbgrader has put its locked cells back and before its kernel starts.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from nbgrader.preprocessors import NbGraderPreprocessor

from ecitizen import content
from ecitizen.errors import CourseError
from ecitizen.gradebook.assignment import assignment
from ecitizen.gradebook.collecting import TIME_FILE
from ecitizen.gradebook.fast import MarkCells


class ForeignWorkError(CourseError):
    """A submission that this package did not write."""


class OnlyOurCells(NbGraderPreprocessor):
    """Refuse a submission of a lesson unless the engine ``fast`` would take it; other assignments are let through."""

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Leave the notebook as it is; raises ``ForeignWorkError``, upon which nbgrader skips the submission.

        A lesson whose key has changed since it was built is refused too: nbgrader would go by the old one.
        """
        lesson = resources["nbgrader"]["assignment"]
        if lesson in content.lesson_ids():
            place = Path(resources["metadata"]["path"])
            _require_nothing_beside(place, lesson)
            try:
                MarkCells(assignment(content.lesson(lesson))).preprocess(deepcopy(nb), resources)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                problem = f"ячейки не такие, какие пишет программа курса ({str(error)[:200]}); работа не запущена"
                remedy = "Соберите её заново: nbgrader collect --update; если менялся урок, ecitizen grade"
                raise ForeignWorkError(str(place), problem, remedy) from error
        return nb, resources


def _require_nothing_beside(place: Path, lesson: str) -> None:
    names = sorted({path.name for path in place.iterdir()} - {f"{lesson}.ipynb", TIME_FILE})
    if names:
        # A ``json.py`` would be imported in the place of Python's own.
        problem = f"рядом с работой лежит чужое ({', '.join(names)}); работа не запущена"
        raise ForeignWorkError(str(place), problem, "Соберите её заново: nbgrader collect --update")
