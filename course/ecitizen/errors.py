"""The one tree of errors that a person can do something about.

Every text says where, what is wrong and what to do, so that a command can print it in one line and a page can show it.
Anything that is not a ``CourseError`` is a bug and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class CourseError(Exception):
    """Something is wrong that the reader of the message can put right."""

    def __init__(self, where: str, problem: str, remedy: str) -> None:
        """Name the place, the problem and the remedy; none of them ends with a full stop."""
        super().__init__(f"{where}: {problem}. {remedy}.")
        self.where = where
        self.problem = problem
        self.remedy = remedy


class ContentError(CourseError):
    """A content file breaks a rule of its format."""

    def __init__(self, path: Path | str, key: str, problem: str, remedy: str) -> None:
        """Name the file and the key, so that an editor can jump to it."""
        super().__init__(f"{path}: {key}", problem, remedy)
        self.path = Path(path)
        self.key = key


class ImportFault(CourseError):
    """A line of a file from outside can't be taken into the register."""


class JournalError(CourseError):
    """The journal could not keep or give back what a learner did; nothing was half-written."""


class FolderError(CourseError):
    """The course folder is absent, foreign or can't be used."""


class CourseErrors(CourseError):
    """Several faults found in one pass, so that they can be put right in one go."""

    def __init__(self, errors: Sequence[CourseError]) -> None:
        """Keep the faults in the order of the file; there must be at least one."""
        if not errors:
            raise ValueError("expected at least one error, got none")
        first = errors[0]
        super().__init__(first.where, first.problem, first.remedy)
        self.errors = list(errors)

    def __str__(self) -> str:
        """Give one line a fault."""
        return "\n".join(str(error) for error in self.errors)
