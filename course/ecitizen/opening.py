"""Open the databases of a course folder, and begin a new course."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Engine, event

from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.register.people import INSTRUCTOR_PIN_LENGTH, add_instructor, add_site
from ecitizen.register.pins import new_pin

OWN_SITE = "main"
"""Id of the library that keeps the folder."""


def connect(folder: CourseFolder) -> Engine:
    """Open ``course.db`` with the tables of journal and register brought up to date; those of a copy are only read."""
    engine = open_engine(folder.database_url)
    for room in ("journal", "register"):
        upgrade(engine, room)
    if folder.is_copy and not folder.database:
        engine.dispose()
        event.listen(engine, "connect", _refuse_writing)
    return engine


def _refuse_writing(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")


def begin(folder: CourseFolder, pin: str | None = None, opened: date | None = None) -> str:
    """Make the databases of a new folder with its own library and one instructor; gives the instructor's PIN."""
    engine = connect(folder)
    add_site(engine, OWN_SITE, folder.site, opened or date.today())
    pin = pin or new_pin(length=INSTRUCTOR_PIN_LENGTH)
    add_instructor(engine, "Ведущий", pin)
    engine.dispose()
    return pin
