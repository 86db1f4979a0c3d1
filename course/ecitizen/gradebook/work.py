"""One submission to grade, and what shows that it was graded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ecitizen.errors import CourseError
from ecitizen.gradebook.assignment import Assignment
from ecitizen.gradebook.settings import replace_file

if TYPE_CHECKING:
    from ecitizen.gradebook.engine import Engine

EngineName = Literal["fast", "stock"]
"""``stock`` runs each submission in a Jupyter kernel, as nbgrader does; ``fast`` comes to the same without one."""

STAMP = "graded.sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What one learner hands in for one lesson."""

    built: Assignment
    learner: str
    stamp: str
    """What this very content under this very key is graded as."""


def stamp_file(root: Path, handed: Submission) -> Path:
    """Give where the stamp of a graded submission lies: in the folder that grading begins by emptying."""
    return root / "autograded" / handed.learner / handed.built.lesson / STAMP


def grade_one(engine: Engine, root: Path, handed: Submission) -> CourseError | None:
    """Grade a submission and stamp it; gives what went wrong, if anything did."""
    try:
        engine.autograde(handed.built, handed.learner)
    except CourseError as error:
        return error
    replace_file(stamp_file(root, handed), handed.stamp)
    return None


def engine_class(name: EngineName) -> type[Engine]:
    """Give the engine of a name; importing it costs seconds."""
    from ecitizen.gradebook.engine import Engine

    if name == "stock":
        return Engine
    from ecitizen.gradebook.fast import FastEngine

    return FastEngine
