"""``/successes``: a learner's own results in plain words, and the same for the librarian to print.

What is said comes from ``gradebook.feedback``, and holds no key. The sheet in large print is set by ``notebooks``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from ecitizen.folder import CourseFolder
from ecitizen.register.records import record
from ecitizen.web.access import StaffHandler
from ecitizen.web.classroom import Classroom
from ecitizen.web.pages import PageHandler

if TYPE_CHECKING:
    from ecitizen.gradebook.feedback import Feedback

PDF = "application/pdf"


def has_results(folder: CourseFolder, learner: int) -> bool:
    """Tell whether anything of a learner has been graded; quick, without nbgrader."""
    place = folder.gradebook / "autograded" / str(learner)
    return place.is_dir() and any(place.iterdir())


def told(folder: CourseFolder, learner: int) -> Feedback | None:
    """Give what a learner is told; None if nothing of theirs has been graded. Slow, so keep it off the event loop."""
    if not has_results(folder, learner):
        return None
    # nbgrader takes seconds to import.
    from ecitizen.gradebook.exporting import results
    from ecitizen.gradebook.feedback import feedback, remarks

    found = results(folder, learners=[str(learner)])
    return next(iter(feedback(found, remarks(folder, found, str(learner)))), None)


def sheet(folder: CourseFolder, learner: int) -> bytes | None:
    """Set the sheet of a learner in large print; None if there is nothing to tell."""
    found = told(folder, learner)
    if found is None:
        return None
    from ecitizen.notebooks.feedback import feedback_pdf

    return feedback_pdf(asdict(found), date.today())


def steps(classroom: Classroom, found: Feedback) -> Mapping[tuple[str, str], int]:
    """Give the step of the lesson at which each part of the feedback is repeated, from 1."""
    places: dict[tuple[str, str], int] = {}
    for one in found.again:
        for number, shown in enumerate(classroom.course.exhibits(one.lesson_id), 1):
            here = shown.kind == "quiz" if one.part == "quiz" else (shown.task, shown.mode) == (one.part, "solo")
            if here:
                places.setdefault((one.lesson_id, one.part), number)
    return places


class SuccessesHandler(PageHandler):
    """What went well and what to repeat, for the learner whose session it is."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show it; a guest has no results and goes back to the lessons."""
        visitor = self.visitor
        if visitor is None or not visitor.studies or visitor.learner is None:
            self.redirect(f"{self.base_url}lessons")
            return
        found = await self.classroom.aside(told, self.classroom.folder, visitor.learner)
        self.finish(self.page("successes.html", found=found, steps=steps(self.classroom, found) if found else {}))


class PersonSuccessesHandler(StaffHandler):
    """``/instructor/people/104/successes``: the same before the librarian prints it."""

    sees = "people.scores"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Show it."""
        number = int(text)
        person = await self.classroom.aside(record, self.classroom.engine, number)
        await self.note_look(f"person:{number}")
        found = await self.classroom.aside(told, self.classroom.folder, number)
        self.finish(self.page("person_successes.html", person=person, found=found, steps={}))


class SheetHandler(StaffHandler):
    """``/instructor/people/104/successes.pdf``: the sheet in large print, by the number of the card, without a name."""

    sees = "people.scores"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Give it; 404 if there is nothing to tell."""
        number = int(text)
        await self.note_look(f"person:{number}")
        made = await self.classroom.aside(sheet, self.classroom.folder, number)
        if made is None:
            raise HTTPError(404)
        self.set_header("Content-Type", PDF)
        self.set_header("Content-Disposition", f'inline; filename="uspehi-{number}.pdf"')
        self.finish(made)


ADDRESSES: list[tuple[str, Any]] = [
    (r"/successes", SuccessesHandler),
    (r"/instructor/people/([1-9][0-9]{0,5})/successes", PersonSuccessesHandler),
    (r"/instructor/people/([1-9][0-9]{0,5})/successes\.pdf", SheetHandler),
]
