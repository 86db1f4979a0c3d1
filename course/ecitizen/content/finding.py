"""One line of the content check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ecitizen.errors import ContentError, CourseError, CourseErrors

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the content that breaks a rule (error) or should be looked at (warning)."""

    severity: Severity
    path: str
    """The file from the content root, with slashes."""

    key: str
    """Where in the file."""

    problem: str
    remedy: str

    def __str__(self) -> str:
        """Give the one line that a librarian reads."""
        return f"{self.path}: {self.key}: {self.problem}. {self.remedy}."

    def to_json(self) -> dict[str, str]:
        """Give the same for a program: severity, path, key, problem, remedy."""
        return asdict(self)


def from_error(error: CourseError, root: Path) -> Iterator[Finding]:
    """Give one finding for each fault that a loader raised."""
    for fault in error.errors if isinstance(error, CourseErrors) else [error]:
        if isinstance(fault, ContentError):
            path = fault.path.relative_to(root) if fault.path.is_relative_to(root) else fault.path
            yield Finding("error", path.as_posix(), fault.key, fault.problem, fault.remedy)
        else:
            yield Finding("error", fault.where, "-", fault.problem, fault.remedy)
