"""The page of a test asks one form, tells nothing before its end, and knows what was before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ecitizen import content
from ecitizen.journal.event import Event
from ecitizen.journal.guest import GuestJournal
from ecitizen.practice.forms import form_of
from ecitizen.practice.items import present, right_answer, to_tokens
from ecitizen.practice.seeds import seed_of
from ecitizen.widgets import CourseTest, Lesson

LONG_AGO = datetime.now(UTC) - timedelta(days=30)


def tell(widget: Any, **message: Any) -> None:
    """Send a message as the browser would; it must be taken."""
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    widget._receive(widget, {"key": str(uuid4()), **message}, [])
    assert list(sent[0]) == ["ack"], sent


def answer(widget: Any, *, right: bool = True) -> None:
    """Answer the question on the screen."""
    item = widget._items[widget.view["item"]["id"]]
    raw = to_tokens(item, widget._shuffle, right_answer(item))
    if not right:
        assert item.kind in ("single", "find"), item.kind
        raw = next(one["token"] for one in present(item, widget._shuffle)["options"] if one["token"] != raw)
    tell(widget, do="answer", item=item.id, raw=raw)


def test_form_is_asked_one_by_one() -> None:
    journal = GuestJournal(7)
    questions = CourseTest("entry-test", journal).questions()
    asked = form_of(content.pool(), "entry", 7)
    assert [mark["id"] for mark in questions.view["items"]] == [item.id for item in asked]
    answer(questions)
    view = questions.view
    assert (view["position"], view["test"], view["finished"]) == (2, "entry", False)
    assert view["items"][0] == {"id": asked[0].id, "answered": True, "right": None}


def test_nothing_is_told_before_the_end() -> None:
    questions = CourseTest("entry-test", GuestJournal(7)).questions()
    answer(questions)
    tell(questions, do="show", position=1)
    item = questions.view["item"]
    assert item["given"] is not None
    assert item["feedback"] is None
    assert "why" not in str(questions.view)


def test_entry_ends_with_lessons_to_begin_with() -> None:
    questions = CourseTest("entry-test", GuestJournal(7)).questions()
    tell(questions, do="finish")
    summary = questions.view["summary"]
    titles = [entry.title for entry in content.toc().lessons]
    assert summary["repeat"] == titles[:3]
    assert summary["well"] == []
    assert summary["headings"]["repeat"] == "Советуем начать с этих уроков"
    assert "points" not in summary


def test_exit_tells_before_and_after() -> None:
    journal = GuestJournal(7)
    entry = CourseTest("entry-test", journal).questions()
    answer(entry)
    tell(entry, do="finish")
    leaving = CourseTest("exit-test", journal).questions()
    total = leaving.view["total"]
    for _ in range(total):
        answer(leaving)
    tell(leaving, do="finish")
    summary = leaving.view["summary"]
    assert summary["told"] == [f"Верных ответов: {total} из {total}.", f"В начале курса было: 1 из {total}."]
    assert summary["repeat"] == []


def test_reload_goes_on_with_the_same_form() -> None:
    journal = GuestJournal(7)
    answer(CourseTest("entry-test", journal).questions())
    again = CourseTest("entry-test", journal).questions()
    assert again.view["position"] == 2
    assert again.view["items"][0]["answered"]


# ---- what comes back ----------------------------------------------------------------------------------------------


def past(journal: GuestJournal, lesson: str, item: str, given: Any, at: datetime = LONG_AGO) -> None:
    """Put an old answer into the journal."""
    body = {"do": "answer", "item": item, "answer": given}
    journal.append(Event(id=str(uuid4()), lesson=lesson, activity="quiz", run=1, body=body, at=at))


def test_mistake_of_last_month_comes_back() -> None:
    journal = GuestJournal(7)
    past(journal, "01-gosuslugi", "q01", "nonsense")
    quiz = Lesson("02-doctor", journal).quiz()
    own = len(content.quiz("02-doctor").items)
    back = [mark["id"] for mark in quiz.view["items"]][own:]
    assert back[0] == "01-gosuslugi:q01"
    assert [name.partition(":")[0] for name in back] == ["01-gosuslugi", "scams"]
    tell(quiz, do="show", position=own + 1)
    assert quiz.view["item"]["repeats"] == f"Вспомним урок «{content.lesson('01-gosuslugi').title}»."
    answer(quiz)
    assert quiz.view["item"]["feedback"]["share"] == 1


def test_what_came_back_earns_no_points() -> None:
    journal = GuestJournal(7)
    past(journal, "01-gosuslugi", "q01", "nonsense")
    quiz = Lesson("02-doctor", journal).quiz()
    tell(quiz, do="finish")
    lesson = content.quiz("02-doctor")
    assert quiz.view["summary"]["max"] == sum(item.points for item in lesson.items)


def test_repeated_items_stay_the_same_in_a_try() -> None:
    journal = GuestJournal(7)
    past(journal, "01-gosuslugi", "q01", "nonsense")
    quiz = Lesson("02-doctor", journal).quiz()
    ids = [mark["id"] for mark in quiz.view["items"]]
    tell(quiz, do="show", position=len(ids) - 1)
    answer(quiz)
    assert [mark["id"] for mark in Lesson("02-doctor", journal).quiz().view["items"]] == ids


@pytest.mark.parametrize("days", [0, 13])
def test_young_lesson_brings_nothing_back(days: int) -> None:
    journal = GuestJournal(7)
    past(journal, "01-gosuslugi", "q01", "nonsense", datetime.now(UTC) - timedelta(days=days))
    quiz = Lesson("02-doctor", journal).quiz()
    assert len(quiz.view["items"]) == len(content.quiz("02-doctor").items)


def test_lesson_itself_is_not_repeated_in_itself() -> None:
    journal = GuestJournal(7)
    past(journal, "02-doctor", "q01", "nonsense")
    tell(Lesson("02-doctor", journal).quiz(), do="restart")
    quiz = Lesson("02-doctor", journal).quiz()
    assert len(quiz.view["items"]) == len(content.quiz("02-doctor").items)


def test_seed_chooses_the_shuffle_of_a_test() -> None:
    assert CourseTest("entry-test", GuestJournal(7)).questions()._shuffle == seed_of(7, 1)
