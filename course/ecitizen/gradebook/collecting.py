"""Handing in: the journal's best attempts become submissions in nbgrader's folder ``submitted/``.

``ecitizen grade`` and the exchange (``inbox``) hand in by this one way. A submission is what the journal says, byte by
byte, or it is written again; nothing else may lie beside it.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbformat import ValidationError
from nbformat.reader import NotJSONError

from ecitizen.content import Lesson
from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import ANSWERS, Assignment, submission
from ecitizen.gradebook.attempts import Attempt, best_attempts
from ecitizen.gradebook.settings import replace_file
from ecitizen.gradebook.submission import read_answers
from ecitizen.gradebook.work import Submission
from ecitizen.gradebook.writing import notebook_text
from ecitizen.journal.runs import RunTrace, by_run
from ecitizen.journal.store import Store

TIME_FILE = "timestamp.txt"
"""nbgrader's file beside a submitted notebook."""

_TIME = "%Y-%m-%d %H:%M:%S.%f UTC"


def traces_of(folder: CourseFolder, lesson: Lesson) -> list[RunTrace]:
    """Give all tries of a lesson that the journal holds."""
    with _journal(folder) as store:
        return by_run(store.read(lesson=lesson.id))


def attempts_of(folder: CourseFolder, lesson: Lesson, due: datetime | None = None) -> list[Attempt]:
    """Give the attempt that counts of each learner, by number.

    With ``due`` it is the best of what was done by then; who had done nothing by then hands in the best of all.
    Learner by learner, so that a region takes no more memory than a class.
    """
    found: list[Attempt] = []
    with _journal(folder) as store:
        for learner in store.learners(lesson.id):
            events = store.read(learner, lesson.id)
            in_time = [] if due is None else [event for event in events if event.at is not None and event.at <= due]
            found += best_attempts(lesson, by_run(in_time)) or best_attempts(lesson, by_run(events))
    return found


@contextmanager
def _journal(folder: CourseFolder) -> Iterator[Store]:
    database = open_engine(folder.database_url)
    try:
        upgrade(database, "journal")
        yield Store(database)
    finally:
        database.dispose()


def hand_in(root: Path, built: Assignment, attempt: Attempt, *, as_of_then: bool = False) -> Submission:
    """Write one submission from the release, unless the very same lies there; nothing else may lie beside it.

    ``as_of_then`` dates it by the attempt even if what it replaces is younger; nbgrader then grades it only if forced.
    """
    place = place_of(root, built.lesson, attempt.learner)
    text = _text(root, built.lesson, attempt)
    _keep_only(place, {_name(built.lesson), TIME_FILE})
    if reads(place / _name(built.lesson)) != text or _submitted_at(place) is None:
        graded = None if as_of_then else _submitted_at(root / "autograded" / str(attempt.learner) / built.lesson)
        at = _later(attempt.at, graded)
        # The time first: if the second write does not happen, both are written again.
        replace_file(place / TIME_FILE, at.strftime(_TIME))
        replace_file(place / _name(built.lesson), text)
    return Submission(
        built=built,
        learner=str(attempt.learner),
        stamp=digest(notebook_text(built.source) + text),
    )


def is_handed_in(root: Path, lesson: str, attempt: Attempt) -> bool:
    """Tell whether this very attempt lies in ``submitted/`` and nothing beside it."""
    place = place_of(root, lesson, attempt.learner)
    return _names_in(place) == {_name(lesson), TIME_FILE} and reads(place / _name(lesson)) == _text(
        root, lesson, attempt
    )


def is_ours(root: Path, lesson: str, learner: int) -> bool:
    """Tell whether a submission is the release with some answers in it and nothing else, whoever laid it there."""
    place = place_of(root, lesson, learner)
    text = reads(place / _name(lesson))
    if _names_in(place) != {_name(lesson), TIME_FILE} or text is None:
        return False
    try:
        cells = nbformat.reads(text, as_version=4).cells
        (source,) = [cell.source for cell in cells if cell.get("id") == ANSWERS]
        return submission(_release(root, lesson), read_answers(source)) == text
    except (ValueError, ValidationError, NotJSONError, AttributeError, KeyError):
        return False


def place_of(root: Path, lesson: str, learner: int) -> Path:
    """Give the folder of a submission."""
    return root / "submitted" / str(learner) / lesson


def reads(path: Path) -> str | None:
    """Give the text of a file; None if there is none or it is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def digest(text: str) -> str:
    """Give the SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _name(lesson: str) -> str:
    return f"{lesson}.ipynb"


def _names_in(place: Path) -> set[str]:
    return {path.name for path in place.iterdir()} if place.is_dir() else set()


def _text(root: Path, lesson: str, attempt: Attempt) -> str:
    return submission(_release(root, lesson), attempt.answers)


def _release(root: Path, lesson: str) -> str:
    return (root / "release" / lesson / _name(lesson)).read_text(encoding="utf-8")


def _keep_only(place: Path, names: set[str]) -> None:
    """Remove what someone laid into a submission by hand: a ``json.py`` there would be run by the kernel."""
    for found in place.iterdir() if place.is_dir() else ():
        if found.name not in names:
            if found.is_dir() and not found.is_symlink():
                shutil.rmtree(found)
            else:
                found.unlink()


def _submitted_at(place: Path) -> datetime | None:
    text = reads(place / TIME_FILE)
    try:
        return None if text is None else datetime.strptime(text.strip(), _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _later(at: datetime, before: datetime | None) -> datetime:
    """Give the time of the attempt, but always after the graded one: nbgrader skips an equal time in silence.

    What only was submitted does not matter, or a crash between time and notebook would count as another attempt.
    """
    own = at.astimezone(UTC)
    return own if before is None else max(own, before + timedelta(seconds=1))
