"""Where people get stuck: five learners of one task, each with a trouble of their own, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_gradebook_assignment import LESSON, probe

from ecitizen.gradebook.funnel import TaskFunnel, funnels
from ecitizen.gradebook.timing import BREAK_S, item_times, times
from ecitizen.journal.event import Event

BEGAN = datetime(2026, 3, 1, 9, tzinfo=UTC)

Done = tuple[float, dict[str, Any]]
"""Seconds since the event before, and the event."""


def press(control: str, after_s: float = 10.0) -> Done:
    return after_s, {"do": "press", "control": control}


HINT: Done = (5.0, {"do": "hint"})


def events(learner: int | None, activity: str, *done: Done, run: int = 1) -> list[Event]:
    """Give the events of one try, the first a minute after the lesson was opened."""
    at = BEGAN
    found = [
        Event(
            id=f"{learner}-{activity}-open",
            lesson=LESSON,
            activity="lesson",
            run=1,
            body={"do": "step", "step": 1},
            learner=learner,
            at=at,
        )
    ]
    for number, (after_s, body) in enumerate(done):
        at += timedelta(seconds=after_s)
        name = f"{learner}-{activity.replace(':', '-')}-{run}-{number}"
        found.append(Event(id=name, lesson=LESSON, activity=activity, run=run, body=body, learner=learner, at=at))
    return found


SOLO = "practice:order:solo"


@pytest.fixture(scope="module")
def order() -> TaskFunnel:
    """Measure a class: one quick, one who asks twice, one who errs, one who stops at the way out, one who came back."""
    told = [
        *events(1, SOLO, press("file"), press("leave", 20)),
        *events(2, SOLO, HINT, HINT, press("file", 90), press("leave")),
        *events(3, SOLO, press("news"), press("news"), press("file"), press("leave", 2 * BREAK_S)),
        *events(4, SOLO, press("file"), press("tell")),
        *events(5, SOLO, press("tell")),
        *events(5, SOLO, press("file"), press("leave"), run=2),
        *events(5, SOLO, press("news"), run=3),
        *events(None, SOLO, press("file")),
        *events(6, "practice:order:together", press("file")),
    ]
    (found,) = funnels(probe(), told)
    return found


def test_steps_stand_in_the_order_of_the_guide(order: TaskFunnel) -> None:
    assert [step.caption for step in order.steps] == ["Отправляем", "Выходим"]
    assert (order.task, order.title, order.learners, order.finished) == ("order", "Закажите справку", 5, 4)


def test_people_are_counted_once_a_step(order: TaskFunnel) -> None:
    first, last = order.steps
    assert (first.reached, first.stopped, first.hints, first.wrongs, first.backs) == (5, 0, 1, 2, 0)
    assert (last.reached, last.stopped, last.hints, last.wrongs, last.backs) == (5, 1, 0, 1, 0)
    assert order.hints == 2 / 5


def test_a_break_is_no_time(order: TaskFunnel) -> None:
    first, last = (step.times for step in order.steps)
    assert first is not None
    assert last is not None
    # 10, 5 + 5 + 90, 10 + 10 + 10, 10, and 10 + 10 in two tries.
    assert (first.learners, first.median_s) == (5, 20)
    # 20, 10, a break, 10, 10.
    assert (last.learners, last.median_s, last.breaks) == (4, 10, 1)


def test_troubles_name_the_gravest_first(order: TaskFunnel) -> None:
    assert [step.troubles for step in order.steps] == [("wrong",), ("stop",)]
    assert order.worst is order.steps[1]


def test_few_learners_are_not_judged() -> None:
    (found,) = funnels(probe(), events(1, SOLO, press("tell"), HINT))
    assert [step.troubles for step in found.steps] == [()]
    assert (found.finished, found.steps[0].stopped) == (0, 1)
    assert found.worst is None


@pytest.mark.parametrize(
    "body",
    [
        {"do": ["press"]},
        {"do": "press", "control": {"a": 1}},
        {"do": "press", "control": "no-such"},
        {"x": 1},
        {"do": "begin"},
    ],
    ids=["no word", "no name", "unknown control", "no deed", "begin"],
)
def test_strange_events_raise_nothing(body: dict[str, Any]) -> None:
    assert len(funnels(probe(), events(1, SOLO, (1, body)))) == 1


def test_time_of_an_answer_runs_from_what_was_done_before() -> None:
    def answer(item: str, after_s: float) -> Done:
        return after_s, {"do": "answer", "item": item, "answer": "o1"}

    told = [
        *events(1, "quiz", answer("q01", 60), answer("q02", 30), answer("q01", 5)),
        *events(2, "quiz", answer("q01", 20), answer("q02", BREAK_S + 1)),
        *events(None, "quiz", answer("q01", 1)),
    ]
    found = item_times(told)
    assert (found["q01"].learners, found["q01"].median_s, found["q01"].breaks) == (2, 40, 0)
    assert (found["q02"].learners, found["q02"].median_s, found["q02"].breaks) == (1, 30, 1)


def test_quartiles_are_those_of_r() -> None:
    """``quantile(1:10)`` of R 4 gives 3.25, 5.50 and 7.75."""
    found = times([float(one) for one in range(1, 11)])
    assert found is not None
    assert (found.low_s, found.median_s, found.high_s) == (3.25, 5.5, 7.75)


def test_no_time_is_none() -> None:
    assert times([None, None]) is None
