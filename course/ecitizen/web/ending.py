"""The end of a class: who was there, and what each did in the lesson of the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ecitizen.register import attending, people
from ecitizen.register.people import RosterEntry
from ecitizen.web.classroom import Classroom
from ecitizen.web.desk import seat_order
from ecitizen.web.progress import LessonProgress, by_lesson
from ecitizen.web.watching import Work, midnight, worked


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """One line of the page."""

    number: int
    name: str
    seat: str | None
    here: bool
    guest: bool
    """Of another group."""

    progress: LessonProgress | None
    """In the lesson of the day, over all days; None if the course has no such lesson any more."""

    work: Work
    """In it on that day."""

    @property
    def tasks_done(self) -> int:
        """Count the tasks that were finished alone."""
        return len(self.progress.outline.tasks) - self.progress.tasks_left if self.progress else 0

    @property
    def questions_done(self) -> int:
        """Count the questions that were answered."""
        return len(self.progress.outline.questions) - self.progress.questions_left if self.progress else 0

    @property
    def came(self) -> bool:
        """Say whether something was done in the lesson on that day."""
        return self.work.begun_at is not None


def end_of_class(classroom: Classroom, number: int) -> dict[str, Any] | None:
    """Give what the page of a session says; None if there is no such session. Reads the journal of everybody."""
    meeting = attending.meeting(classroom.engine, number)
    if meeting is None:
        return None
    day_begins = midnight(meeting.date)
    lines = [
        _doing(classroom, entry, meeting, day_begins)
        for entry in sorted(people.roster(classroom.engine), key=seat_order)
        if entry.number in meeting.present or (entry.group == meeting.group and _learned(entry, meeting))
    ]
    return {
        "meeting": meeting,
        "group": people.groups(classroom.engine).get(meeting.group, meeting.group),
        "title": classroom.course.titles().get(meeting.lesson, meeting.lesson),
        "lines": lines,
        "unmarked": [line for line in lines if line.came and not line.here],
        "done": _done(lines),
        "lessons": classroom.course.lesson_ids(),
        "titles": classroom.course.titles(),
        "today": datetime.now().date(),
    }


def _doing(classroom: Classroom, entry: RosterEntry, meeting: attending.Meeting, since: datetime) -> Doing:
    journal = classroom.store.for_learner(entry.number)
    until = since + timedelta(days=1)
    events = [event for event in journal.read(meeting.lesson) if event.at is not None and event.at < until]
    return Doing(
        number=entry.number,
        name=entry.full_name,
        seat=entry.seat,
        here=entry.number in meeting.present,
        guest=entry.group != meeting.group,
        progress=by_lesson(classroom.course.progress_of(journal)).get(meeting.lesson),
        work=worked(events, since),
    )


def _learned(entry: RosterEntry, meeting: attending.Meeting) -> bool:
    joined = entry.joined_on is None or entry.joined_on <= meeting.date
    return joined and (entry.left_on is None or entry.left_on >= meeting.date)


def _done(lines: Sequence[Doing]) -> int:
    """Count those who were there and have finished the lesson."""
    return sum(line.here and line.progress is not None and line.progress.stage == "done" for line in lines)
