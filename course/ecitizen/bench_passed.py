"""A gradebook as large as the lessons passed of a made-up register, written straight into nbgrader's tables.

nbgrader grades twenty submissions a second, which would take more than an hour here. Nothing else is made: each cell of
a lesson has its points, and nobody's notebook lies on the disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from datetime import time as clock
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, create_engine, insert, make_url
from sqlalchemy.schema import CreateSchema

from ecitizen import content
from ecitizen.database import open_engine, upgrade
from ecitizen.demo.learning import learn
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.database import write_for_owner
from ecitizen.gradebook.passing import FirstPass, rules_of
from ecitizen.gradebook.settings import COURSE_ID, DATABASE_FILE, URL_FILE, write_settings
from ecitizen.journal.store import Store
from ecitizen.practice.quiz import Written

BATCH = 50_000
SCHEMA = "passed"
"""Of an empty PostgreSQL database, beside what else is measured there."""

SAMPLE_LEARNERS, SAMPLE_LESSONS = 10, 4

Passed = tuple[int, str, datetime]
"""Learner, lesson and when, UTC."""


def remembered(passed: Sequence[Fact], place: Path, url: str | None = None) -> CourseFolder:
    """Make a course folder whose gradebook holds these lessons passed, each of them found in the journal before.

    ``url`` is that of an empty PostgreSQL database for gradebook and journal.
    """
    folder = CourseFolder.create(place)
    if url is not None:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(CreateSchema(SCHEMA))
        engine.dispose()
        own = make_url(url).update_query_dict({"options": f"-csearch_path={SCHEMA}"})
        folder = CourseFolder(place, folder.site, own.render_as_string(hide_password=False))
    rows = [(fact.person or 0, fact.tags["lesson"], _noon(fact.date)) for fact in passed]
    write(folder, rows)
    share_pct = content.toc().trained.pass_share_pct
    rules = {name: rules_of(content.lesson(name), share_pct) for name in {lesson for _, lesson, _ in rows}}
    engine = open_engine(folder.database_url)
    upgrade(engine, "gradebook")
    found = ({"rules": rules[lesson], "learner": n, "lesson": lesson, "at": at} for n, lesson, at in rows)
    with engine.begin() as connection:
        while batch := list(islice(found, BATCH)):
            connection.execute(insert(FirstPass), batch)
    engine.dispose()
    return folder


def unknown(place: Path) -> tuple[CourseFolder, int]:
    """Make a small course folder with a journal of which nothing is remembered; gives the lessons passed by it too."""
    folder = CourseFolder.create(place)
    engine = open_engine(folder.database_url)
    upgrade(engine, "journal")
    store, begun = Store(engine), datetime(2024, 3, 1, 9, tzinfo=UTC)
    lessons = [content.lesson(name) for name in content.lesson_ids()[:SAMPLE_LESSONS]]
    for learner in range(1, SAMPLE_LEARNERS + 1):
        random = Random(learner)
        store.append_all([event for one in lessons for event in learn(one, learner, begun, 0.9, random)[0]], learner)
    engine.dispose()
    rows = [(learner, lesson.id, begun) for learner in range(1, SAMPLE_LEARNERS + 1) for lesson in lessons]
    write(folder, rows)
    return folder, len(rows)


def changed(folder: CourseFolder, *, ago_s: float) -> None:
    """Let the gradebook look as if somebody had written to it so long ago; one on a server tells nothing of it."""
    at = time.time() - ago_s
    for path in folder.gradebook.glob(f"{DATABASE_FILE}*"):
        os.utime(path, (at, at))


def write(folder: CourseFolder, passed: Iterable[Passed]) -> None:
    """Write a gradebook with full points for these lessons; it lies where the folder's database does."""
    from nbgrader.api import Base, Gradebook

    write_settings(folder.gradebook)
    url = folder.database or f"sqlite:///{folder.gradebook / DATABASE_FILE}"
    if folder.database:
        write_for_owner(folder.gradebook / URL_FILE, url)
    engine = create_engine(url)
    # nbgrader would start another program to tell its version, for seconds.
    Base.metadata.create_all(engine)
    Gradebook(url, COURSE_ID).close()
    maker = _Maker(engine)
    maker.lessons()
    maker.submissions(passed)
    engine.dispose()


class _Maker:
    """Writes one gradebook."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._random = engine, Random(7)
        self._known: dict[str, tuple[str, str, list[tuple[str, float | None]]]] = {}

    def lessons(self) -> None:
        """Write the lessons with the cells that they have."""
        rows: dict[str, list[tuple[Any, ...]]] = {"assignment": [], "notebook": [], "base_cell": [], "grade_cells": []}
        for name in content.lesson_ids():
            lesson = content.lesson(name)
            assignment, notebook = self._key(), self._key()
            rows["assignment"].append((assignment, name, COURSE_ID))
            rows["notebook"].append((notebook, name, assignment))
            cells: list[tuple[str, float | None]] = []
            for part in (*lesson.quiz.items, *lesson.rubric.criteria):
                by_hand = isinstance(part, Written)
                cells.append((self._key(), None if by_hand else part.points))
                rows["base_cell"].append((cells[-1][0], part.id, notebook, "GradeCell"))
                rows["grade_cells"].append((cells[-1][0], part.points, "markdown" if by_hand else "code"))
            self._known[name] = (assignment, notebook, cells)
        for table, columns in (
            ("assignment", ("id", "name", "course_id")),
            ("notebook", ("id", "name", "assignment_id")),
            ("base_cell", ("id", "name", "notebook_id", "type")),
            ("grade_cells", ("id", "max_score", "cell_type")),
        ):
            self._store(table, columns, rows[table])

    def submissions(self, passed: Iterable[Passed]) -> None:
        """Write a submission with full points for each lesson passed, one after the other as they are graded."""
        rows = list(passed)
        self._store("student", ("id",), ((str(number),) for number in dict.fromkeys(number for number, _, _ in rows)))
        handed = [(self._key(), self._key(), *row) for row in rows]
        self._store(
            "submitted_assignment",
            ("id", "assignment_id", "student_id", "timestamp"),
            (
                (one, self._known[lesson][0], str(number), f"{at:%Y-%m-%d %H:%M:%S.%f}")
                for one, _, number, lesson, at in handed
            ),
        )
        self._store(
            "submitted_notebook",
            ("id", "assignment_id", "notebook_id", "flagged"),
            ((notebook, one, self._known[lesson][1], False) for one, notebook, _, lesson, _ in handed),
        )
        self._store(
            "grade",
            ("id", "notebook_id", "cell_id", "auto_score", "needs_manual_grade"),
            (
                (self._key(), notebook, cell, points, points is None)
                for _, notebook, _, lesson, _ in handed
                for cell, points in self._known[lesson][2]
            ),
        )

    def _key(self) -> str:
        """Give a key that lies anywhere among the others, as nbgrader's do."""
        return f"{self._random.getrandbits(128):032x}"

    def _store(self, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Write rows below SQLAlchemy, which takes four times as long for a million of them."""
        names, raw = ", ".join(columns), self._engine.raw_connection()
        try:
            cursor: Any = raw.cursor()
            if self._engine.dialect.name == "postgresql":
                with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            else:
                marks = ", ".join("?" * len(columns))
                cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)  # noqa: S608
            raw.commit()
        finally:
            raw.close()


def _noon(day: date) -> datetime:
    return datetime.combine(day, clock(12)).astimezone(UTC)
