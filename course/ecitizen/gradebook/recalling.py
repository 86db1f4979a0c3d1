"""Lessons passed as they were read last in this process, given again while the gradebook cannot have changed.

Only a gradebook in a file tells that, by the file; of a PostgreSQL database nothing does, and it is read at every call.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.passing import rules_of
from ecitizen.gradebook.settings import DATABASE_FILE, url_of

SETTLED_S = 3.0
"""A file changed less long ago may change again without showing it: clocks of files tick, on FAT every two seconds."""

MOST = 2
"""Questions whose answers are kept: with the libraries of the learners, and without."""

State = tuple[tuple[int, int, int], ...]
"""Number, size and time of change of each file of the gradebook."""


@dataclass(frozen=True, slots=True)
class Asked:
    """All that an answer depends on, besides the gradebook and the graded content of its lessons."""

    folder: CourseFolder
    pass_share_pct: float
    sites: Mapping[int, str]
    titles: Mapping[str, str]
    zone: tuple[str, str]
    """Names of the time zone, which says on which day something was."""


@dataclass(frozen=True, slots=True)
class _Answer:
    asked: Asked
    state: State
    rules: Mapping[str, str]
    facts: Sequence[Fact]


_answers: list[_Answer] = []
"""The last first."""


def settled_state(root: Path) -> State | None:
    """Tell the gradebook of nbgrader's folder from itself at any other time; None where nothing tells that."""
    if url_of(root) is not None:
        return None
    found = []
    for name in (DATABASE_FILE, f"{DATABASE_FILE}-wal"):
        try:
            status = (root / name).stat()
        except FileNotFoundError:
            continue
        # An empty one comes and goes with whoever only reads.
        if status.st_size:
            found.append((status.st_ino, status.st_size, status.st_mtime_ns))
    is_settled = all(time.time() - changed / 1e9 > SETTLED_S for _, _, changed in found)
    return tuple(found) if found and is_settled else None


def recall(asked: Asked, state: State | None) -> Sequence[Fact] | None:
    """Give the answer to the same question, if the gradebook and the content of its lessons are still the same."""
    for known in tuple(_answers):
        if known.state == state and known.asked == asked:
            now = {name: rules_of(content.lesson(name), asked.pass_share_pct) for name in known.rules}
            return known.facts if now == known.rules else None
    return None


def keep(asked: Asked, state: State | None, lessons: Iterable[Lesson], facts: Sequence[Fact]) -> None:
    """Keep an answer; ``state`` is that from before the gradebook was read."""
    if state is not None:
        rules = {lesson.id: rules_of(lesson, asked.pass_share_pct) for lesson in lessons}
        others = [one for one in _answers if one.asked != asked]
        _answers[:] = [_Answer(asked, state, rules, facts), *others][:MOST]
