"""What the catalogue says, from events alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ecitizen.journal.event import Event
from ecitizen.journal.runs import RunTrace
from ecitizen.web.pages import page_templates
from ecitizen.web.progress import Outline, next_lesson, progress
from ecitizen.web.words import plural

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
FIRST = Outline(id="01-one", title="Один", summary=".", minutes=60, tasks=("a", "b"), questions=("q1", "q2", "q3"))
SECOND = Outline(id="02-two", title="Два", summary=".", minutes=40, tasks=("a",), questions=("q1",))


def finished(_lesson: str, _task: str, trace: RunTrace) -> bool:
    return any(event.body.get("do") == "last" for event in trace.events)


class Pen:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def write(self, activity: str, *bodies: dict[str, Any], lesson: str = "01-one", run: int = 1) -> Pen:
        for body in bodies:
            at = NOON + timedelta(minutes=len(self.events))
            name = str(len(self.events))
            self.events.append(Event(id=name, lesson=lesson, activity=activity, run=run, body=body, at=at, learner=104))
        return self


def answer(item: str) -> dict[str, Any]:
    return {"do": "answer", "item": item, "answer": "o1"}


LAST, FINISH = {"do": "last"}, {"do": "finish"}

CASES = {
    "nothing done": (Pen(), "new", 2, 3),
    "only called for help": (Pen().write("help", {"do": "call"}), "new", 2, 3),
    "only looked": (Pen().write("lesson", {"do": "step", "step": 2}), "begun", 2, 3),
    "one task alone": (Pen().write("practice:a:solo", LAST), "begun", 1, 3),
    "together does not count": (Pen().write("practice:a:together", LAST), "begun", 2, 3),
    "some questions": (Pen().write("quiz", answer("q1"), answer("q1"), answer("q2")), "begun", 2, 1),
    "quiz left early": (Pen().write("quiz", answer("q1"), FINISH), "begun", 2, 0),
    "all of it": (
        Pen().write("practice:a:solo", LAST).write("practice:b:solo", LAST).write("quiz", FINISH),
        "done",
        0,
        0,
    ),
    "done, then begun again": (
        Pen()
        .write("practice:a:solo", LAST)
        .write("practice:b:solo", LAST)
        .write("quiz", FINISH)
        .write("practice:a:solo", {"do": "begin"}, run=2)
        .write("quiz", answer("q1"), run=2),
        "done",
        0,
        0,
    ),
}


@pytest.mark.parametrize(("pen", "stage", "tasks", "questions"), CASES.values(), ids=CASES.keys())
def test_events_make_the_stage(pen: Pen, stage: str, tasks: int, questions: int) -> None:
    (first,) = progress([FIRST], pen.events, finished)
    assert (first.stage, first.tasks_left, first.questions_left) == (stage, tasks, questions)


def test_the_last_begun_lesson_goes_on() -> None:
    pen = Pen().write("quiz", answer("q1"), lesson="02-two").write("quiz", answer("q1"))
    chosen = next_lesson(progress([FIRST, SECOND], pen.events, finished))
    assert chosen is not None
    assert chosen.outline.id == "01-one"


def test_a_new_learner_begins_at_first() -> None:
    chosen = next_lesson(progress([FIRST, SECOND], [], finished))
    assert chosen is not None
    assert (chosen.outline.id, chosen.stage) == ("01-one", "new")


def test_nothing_is_left_after_all() -> None:
    pen = Pen().write("practice:a:solo", LAST, lesson="02-two").write("quiz", FINISH, lesson="02-two")
    assert next_lesson(progress([SECOND], pen.events, finished)) is None


def test_minutes_left_are_rounded_kindly() -> None:
    pen = Pen().write("practice:a:solo", LAST).write("quiz", answer("q1"), answer("q2"))
    (first,) = progress([FIRST], pen.events, finished)
    assert first.minutes_left == 25


@pytest.mark.parametrize(
    ("tasks", "questions", "words"),
    [
        (1, 0, "Осталось 1 задание"),
        (2, 5, "Осталось 2 задания и 5 вопросов"),
        (0, 1, "Остался 1 вопрос"),
        (0, 22, "Осталось 22 вопроса"),
        (11, 21, "Осталось 11 заданий и 21 вопрос"),
    ],
)
def test_what_is_left_is_right_russian(tasks: int, questions: int, words: str) -> None:
    said = page_templates().get_template("words.html").module.left({"tasks_left": tasks, "questions_left": questions})
    assert said == words


@pytest.mark.parametrize(
    ("number", "word"),
    [(0, "шагов"), (1, "шаг"), (4, "шага"), (5, "шагов"), (11, "шагов"), (14, "шагов"), (21, "шаг"), (112, "шагов")],
)
def test_plurals_follow_the_number(number: int, word: str) -> None:
    assert plural(number, "шаг", "шага", "шагов") == word
