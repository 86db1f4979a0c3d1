"""A page whose kernel ran before its learner was known shows, once bound, what one made for the learner shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ecitizen import content
from ecitizen.journal.door import TOKEN, URL
from ecitizen.journal.event import Event, Journal, JournalOffline
from ecitizen.journal.guest import GuestJournal
from ecitizen.practice.items import right_answer, to_tokens
from ecitizen.widgets import CourseTest, Lesson
from ecitizen.widgets.awaited import AwaitedJournal
from ecitizen.widgets.journalled import JournalledWidget

LESSON, EARLIER = "02-doctor", "01-gosuslugi"
BINDING = {URL: "http://127.0.0.1:1/journal", TOKEN: "t"}


class Counting(GuestJournal):
    """Counts how often it is read, as each reading is a request to the server."""

    readings = 0

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        self.readings += 1
        return super().read(lesson, activity)


def tell(widget: JournalledWidget, **message: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._receive(widget, {"key": str(uuid4()), **message}, [])
    return sent


def parts(journal: Journal) -> list[JournalledWidget]:
    """Make every widget of a lesson and of both tests."""
    lesson = Lesson(LESSON, journal)
    tasks = [task.id for task in content.scenario(LESSON).tasks]
    practice = [make(task) for make in (lesson.show, lesson.together, lesson.solo) for task in tasks]
    tests = [CourseTest(test, journal).questions() for test in ("entry-test", "exit-test")]
    return [lesson, lesson.quiz(), lesson.confidence("before"), lesson.confidence("after"), *practice, *tests]


def busy_learner() -> Counting:
    """Give the journal of somebody who is in the middle of everything, with an earlier lesson to repeat."""
    journal = Counting(4711)
    month_ago = datetime.now(UTC) - timedelta(days=30)
    for item in content.quiz(EARLIER).items:
        body = {"do": "answer", "item": item.id, "answer": right_answer(item)}
        journal.append(Event(id=str(uuid4()), lesson=EARLIER, activity="quiz", run=1, body=body, at=month_ago))
    lesson = Lesson(LESSON, journal)
    tell(lesson, do="step", step=5)
    tell(lesson.confidence("before"), do="rate", level=2)
    quiz = lesson.quiz()
    item = quiz._items[quiz.view["item"]["id"]]
    tell(quiz, do="restart")
    tell(quiz, do="answer", item=item.id, raw=to_tokens(item, quiz._shuffle, right_answer(item)))
    for task in content.scenario(LESSON).tasks:
        for make in (lesson.solo, lesson.together):
            practice = make(task.id)
            control = next(frame.control for frame in lesson.show(task.id)._run.walk() if frame.control)
            tell(practice, do="press", control=control, fields={})
    return journal


def shown(widget: JournalledWidget) -> dict[str, Any]:
    return {name: getattr(widget, name) for name in ("view", "frames", "texts") if hasattr(widget, name)}


def test_a_bound_page_shows_the_learner_and_nobody_else() -> None:
    own = busy_learner()
    awaited = AwaitedJournal(LESSON, lambda _url, _token: own)
    kept = parts(awaited)
    before = [shown(widget) for widget in kept]
    awaited.open(BINDING)
    fresh = [shown(widget) for widget in parts(own)]
    assert [shown(widget) for widget in kept] == fresh
    assert before != fresh
    assert any(mark["id"].startswith(EARLIER) for mark in kept[1].view["items"])


def test_a_learner_known_from_the_start_is_read_at_once() -> None:
    own = busy_learner()
    awaited = AwaitedJournal(LESSON, lambda _url, _token: own)
    awaited.open(BINDING)
    assert [shown(widget) for widget in parts(awaited)] == [shown(widget) for widget in parts(own)]


def test_binding_reads_the_lesson_once() -> None:
    own = busy_learner()
    awaited = AwaitedJournal(LESSON, lambda _url, _token: own)
    lesson = Lesson(LESSON, awaited)
    made = [lesson.solo(task.id) for task in content.scenario(LESSON).tasks]
    own.readings = 0
    awaited.open(BINDING)
    assert own.readings == 1
    tell(made[0], do="restart")
    assert awaited.read(LESSON, f"practice:{made[0]._task}:solo") == own.read(LESSON, f"practice:{made[0]._task}:solo")


def test_nothing_is_taken_before_there_is_a_learner() -> None:
    awaited = AwaitedJournal(LESSON)
    solo = Lesson(LESSON, awaited).solo(content.scenario(LESSON).tasks[0].id)
    assert [message.get("reason") for message in tell(solo, do="restart")] == ["offline"]
    with pytest.raises(JournalOffline):
        awaited.append(Event(id=str(uuid4()), lesson=LESSON, activity="lesson", run=1, body={}))
