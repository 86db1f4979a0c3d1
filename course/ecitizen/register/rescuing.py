"""Read a course whose disk takes nothing: SQLite must write beside what it reads, so a copy is read instead."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecitizen.register.backup import copy_database, files_of, is_database

_UNREAD = ("autograded", "submitted", "feedback")
"""Folders of nbgrader that hold a file a submission, which only grading looks at."""


@contextmanager
def readable_copy(folder: Path) -> Iterator[Path]:
    """Give a copy of a course folder in the temporary folder, open to nobody else, for the length of a ``with``.

    Work that learners handed in is left out. Raises ``OSError`` where there is no room for the copy.
    """
    with tempfile.TemporaryDirectory(prefix="ecitizen-reading-", ignore_cleanup_errors=True) as room:
        copy = Path(room) / folder.resolve().name
        copy.mkdir()
        for path in files_of(folder):
            place = path.relative_to(folder)
            if place.parts[:1] == ("nbgrader",) and place.parts[1] in _UNREAD:
                continue
            target = copy / place
            target.parent.mkdir(parents=True, exist_ok=True)
            if is_database(path):
                copy_database(path, target)
            else:
                shutil.copyfile(path, target)
        yield copy
