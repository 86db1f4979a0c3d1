"""The content check: one line for each thing that an author should put right.

A person reads the lines, so they come by file; a program counts the errors. Nothing is run: notebooks are looked at,
not executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from ecitizen.content.checks import facts, notebooks, order, pool, practice, quizzes, reading, skills, words
from ecitizen.content.collection import Collection, collect
from ecitizen.content.finding import Finding

_RULES: tuple[Callable[[Collection], Iterator[Finding]], ...] = (
    order.look,
    skills.look,
    practice.look,
    quizzes.look,
    pool.look,
    facts.look,
    notebooks.look,
    words.look,
    reading.look,
)


def check(root: Path | None = None, today: date | None = None) -> list[Finding]:
    """Look over all content under a root (default: this installation's); sorted by file, errors first in each.

    ``today`` decides which facts are stale.
    """
    return findings_in(collect(root, today or date.today()))


def findings_in(found: Collection) -> list[Finding]:
    """Look over content that was collected before."""
    findings = [*found.findings, *(finding for rule in _RULES for finding in rule(found))]
    return sorted(dict.fromkeys(findings), key=lambda finding: (finding.path, finding.severity))
