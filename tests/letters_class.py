"""A class whose letters wait for a person: graded once, copied by whoever changes something."""

from __future__ import annotations

import uuid
from pathlib import Path

from web_class import course_folder

from ecitizen import content, gradebook
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.register import people

LESSON, ITEM = "11-email", "q10"
ALL = {"subject": 1.0, "greeting": 1.0, "request": 2.0, "signature": 1.0}
LESS = ALL | {"request": 0.5}
HOSTILE = "Тема:\n</div><script>alert(1)</script> & «двор»\nконец"
COLLEAGUE_PIN = "271828"
LEARNERS = range(101, 109)


def write(folder: CourseFolder, learner: int, text: str, run: int = 1) -> None:
    """Let a learner send a letter."""
    engine = open_engine(folder.database_url)
    body = {"do": "answer", "item": ITEM, "answer": text}
    event = Event(id=str(uuid.uuid4()), lesson=LESSON, activity="quiz", run=run, body=body)
    Store(engine).for_learner(learner).append(event)
    engine.dispose()


def graded(place: Path) -> CourseFolder:
    """Make a class of eight letters and grade it; another instructor's PIN is ``COLLEAGUE_PIN``."""
    folder = course_folder(place)
    people.add_instructor(open_engine(folder.database_url), "Павел", COLLEAGUE_PIN)
    for learner in LEARNERS:
        write(folder, learner, HOSTILE if learner == 101 else f"Тема: заявка.\n\nПисьмо номер {learner}")
    gradebook.grade_lessons(folder, [content.lesson(LESSON)])
    return folder
