"""Which try counts, and what is handed in of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_gradebook_assignment import LESSON, probe

from ecitizen.gradebook.attempts import Attempt, best_attempts, first_passes
from ecitizen.journal.event import Event
from ecitizen.journal.runs import by_run
from ecitizen.practice.items import right_answer

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
PRACTICE = "practice:order:solo"


def answer(item: str, value: Any) -> dict[str, Any]:
    return {"do": "answer", "item": item, "answer": value}


def press(control: str) -> dict[str, Any]:
    return {"do": "press", "control": control}


def attempts(*happened: tuple[int | None, str, int, dict[str, Any]]) -> list[Attempt]:
    """Give the best attempts after these (learner, activity, run, body), a minute apart."""
    events = [
        Event(
            id=f"e{n}", learner=who, lesson=LESSON, activity=what, run=run, body=body, at=START + timedelta(minutes=n)
        )
        for n, (who, what, run, body) in enumerate(happened)
    ]
    return best_attempts(probe(), by_run(events))


def only(*happened: tuple[int | None, str, int, dict[str, Any]]) -> Attempt:
    (attempt,) = attempts(*happened)
    return attempt


def test_last_answer_in_a_run_counts() -> None:
    attempt = only((101, "quiz", 1, answer("q01", "o1")), (101, "quiz", 1, answer("q01", "o2")))
    assert attempt.answers["quiz"] == {"q01": "o2"}


def test_quiz_run_with_most_points_counts() -> None:
    attempt = only(
        (101, "quiz", 1, answer("q01", "o1")),
        (101, "quiz", 1, answer("q06", 6)),
        (101, "quiz", 2, answer("q01", "o1")),
    )
    assert attempt.answers["quiz"] == {"q01": "o1", "q06": 6}


def test_first_of_equal_runs_counts() -> None:
    attempt = only((101, "quiz", 1, answer("q01", "o1")), (101, "quiz", 2, answer("q01", "o1")))
    assert attempt.at == START


WRITTEN = """
  - {id: call, kind: written, skill: s, difficulty: 1, points: 3, text: Что скажете, sample: Нет,
     scheme: [{id: refusal, text: Отказ, points: 3}]}"""


def with_text(*happened: tuple[int, str, Any]) -> Attempt:
    """Give the best attempt at the lesson with a written question more, after these (run, item, answer)."""
    lesson = probe(("items:", f"items:{WRITTEN}"))
    events = [
        Event(id=f"e{n}", learner=101, lesson=LESSON, activity="quiz", run=run, body=answer(item, value), at=START)
        for n, (run, item, value) in enumerate(happened)
    ]
    (attempt,) = best_attempts(lesson, by_run(events))
    return attempt


TRIES = {
    "text decides between equals": (
        [(1, "q01", "o1"), (2, "q01", "o1"), (2, "call", "Нет")],
        {"q01": "o1", "call": "Нет"},
    ),
    "points come first": ([(1, "q01", "o1"), (2, "q01", "o2"), (2, "call", "Нет")], {"q01": "o1"}),
    "first of equal texts": ([(1, "call", "Нет"), (2, "call", "Да")], {"call": "Нет"}),
    "last text of a run": ([(1, "call", "Нет"), (1, "call", "Да")], {"call": "Да"}),
    "spaces are no text": ([(1, "call", " "), (2, "call", "Нет")], {"call": "Нет"}),
}


@pytest.mark.parametrize(("tries", "handed"), TRIES.values(), ids=TRIES)
def test_written_answers_choose_between_equals(tries: list[tuple[int, str, Any]], handed: dict[str, Any]) -> None:
    assert with_text(*tries).answers["quiz"] == handed


def test_nobody_waits_for_a_person_to_pass() -> None:
    lesson = probe(("items:", f"items:{WRITTEN}"))
    share_pct = 100 / sum(part.points for part in (*probe().quiz.items, *probe().rubric.criteria))
    event = Event(id="e", learner=101, lesson=LESSON, activity="quiz", run=1, body=answer("q01", "o1"), at=START)
    assert first_passes(lesson, by_run([event]), share_pct) == {101: START}


def test_each_task_has_its_own_best_run() -> None:
    attempt = only(
        (101, PRACTICE, 1, press("file")),
        (101, PRACTICE, 2, press("news")),
        (101, "practice:look:solo", 1, press("news")),
        (101, "practice:look:solo", 2, press("status")),
    )
    practice = attempt.answers["practice"]
    assert practice["order"]["goals"] == ["filed"]
    assert practice["look"]["finished"]
    assert attempt.at == START + timedelta(minutes=3)


@pytest.mark.parametrize(
    ("activity", "body"),
    [
        ("lesson", {"do": "step", "step": 3}),
        ("practice:order:together", press("file")),
        ("practice:order:show", press("file")),
        ("practice:unknown:solo", press("file")),
        (PRACTICE, {"do": "begin"}),
        ("quiz", {"do": "finish"}),
        ("quiz", answer("q99", "o1")),
        ("scale:before", {"do": "rate", "level": 3}),
    ],
    ids=["steps", "together", "show", "lost task", "only begun", "only finished", "lost item", "scale"],
)
def test_these_hand_in_nothing(activity: str, body: dict[str, Any]) -> None:
    assert attempts((101, activity, 1, body)) == []


def test_guests_hand_in_nothing() -> None:
    assert attempts((None, "quiz", 1, answer("q01", "o1"))) == []


def test_task_not_begun_has_no_facts() -> None:
    assert only((101, "quiz", 1, answer("q01", "o1"))).answers["practice"] == {}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"do": ["press"]},
        press({"a": "b"}),  # type: ignore[arg-type]
        {"do": "press", "control": "file", "verdicts": ["x"]},
        {"do": "press", "control": "file", "found": {"x": 1}},
        {"do": "press", "control": "file", "choices": {"x": [1]}},
        {"do": "reply", "reply": 7},
        {"do": "real", "field": None, "kind": "snils"},
        {"do": "dance"},
        press("no-such-control"),
    ],
    ids=repr,
)
def test_strange_events_change_no_fact(body: dict[str, Any]) -> None:
    plain = only((101, PRACTICE, 1, press("file")), (101, PRACTICE, 1, press("leave")))
    mixed = only((101, PRACTICE, 1, press("file")), (101, PRACTICE, 1, body), (101, PRACTICE, 1, press("leave")))
    assert mixed.answers == plain.answers


@pytest.mark.parametrize("strange", [None, 10**2000, [[]], {"a": {}}, True, "\0", [1, "o1"]], ids=lambda v: repr(v)[:9])
@pytest.mark.parametrize("item", ["q01", "q02", "q03", "q04", "q05", "q06", "q07", "q08"])
def test_strange_answers_lose_no_other(item: str, strange: Any) -> None:
    attempt = only((101, "quiz", 1, answer("q06", "6 цифр")), (101, "quiz", 1, answer(item, strange)))
    assert item == "q06" or attempt.answers["quiz"]["q06"] == "6 цифр"


def test_better_attempt_keeps_the_first_day() -> None:
    lesson = probe()
    most = sum(part.points for part in (*lesson.quiz.items, *lesson.rubric.criteria))
    share_pct = 100 * lesson.quiz.item("q01").points / most
    answers = [(1, "q01", right_answer(lesson.quiz.item("q01"))), (2, "q01", "o9"), (3, "q06", 6)]
    answers += [(3, "q01", right_answer(lesson.quiz.item("q01")))]
    events = [
        Event(
            id=f"e{n}",
            learner=101,
            lesson=LESSON,
            activity="quiz",
            run=run,
            body=answer(item, value),
            at=START + timedelta(days=365 * run),
        )
        for n, (run, item, value) in enumerate(answers)
    ]
    assert first_passes(lesson, by_run(events), share_pct) == {101: START + timedelta(days=365)}
    assert first_passes(lesson, by_run(events[1:3]), 100) == {}
