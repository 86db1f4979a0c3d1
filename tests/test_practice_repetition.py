"""Items come back after two weeks, own mistakes first, and not for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ecitizen.practice.quiz import Quiz
from ecitizen.practice.repetition import MOST_ITEMS, REST, Answered, due, fresh

BEGUN = datetime(2026, 9, 1, 10, tzinfo=UTC)
LATER = BEGUN + REST
RIGHT, WRONG = "o1", "o2"


def quiz(*difficulties: int) -> Quiz:
    options = [{"text": "да", "right": True}, {"text": "нет", "why": "Не так."}]
    item = {"kind": "single", "skill": "log-out", "points": 1, "text": "Так?", "why": "Так.", "options": options}
    items = [item | {"id": f"q{place}", "difficulty": hard} for place, hard in enumerate(difficulties, 1)]
    return Quiz.model_validate({"id": "01-one", "title": "Урок", "items": items})


def answered(item: str, answer: str = RIGHT, at: datetime = BEGUN, lesson: str = "01-one") -> Answered:
    return Answered(lesson=lesson, item=item, answer=answer, at=at)


def names(past: list[Answered], now: datetime = LATER, **quizzes: Quiz) -> list[str]:
    known = {"01-one": quiz(1, 2, 3), **{name.replace("_", "-"): one for name, one in quizzes.items()}}
    return [f"{lesson}:{item.id}" for lesson, item in due(past, known, now)]


def test_own_mistakes_come_before_harder_items() -> None:
    assert names([answered("q1", WRONG), answered("q2"), answered("q3")]) == ["01-one:q1", "01-one:q3"]


def test_first_answer_tells_what_was_hard() -> None:
    assert names([answered("q1", WRONG), answered("q1", RIGHT, BEGUN + timedelta(minutes=1)), answered("q2")]) == []
    later = LATER + timedelta(minutes=1)
    past = [answered("q1", WRONG), answered("q1", RIGHT, BEGUN + timedelta(minutes=1)), answered("q2")]
    assert names(past, later) == ["01-one:q1", "01-one:q2"]


@pytest.mark.parametrize("age", [timedelta(), REST - timedelta(seconds=1)], ids=["at-once", "a-second-too-soon"])
def test_young_lesson_does_not_come_back(age: timedelta) -> None:
    assert names([answered("q1", WRONG)], BEGUN + age) == []


def test_known_item_comes_back_no_more() -> None:
    again = answered("q1", RIGHT, LATER)
    assert names([answered("q1", WRONG), again], LATER + REST) == []


def test_repeated_mistake_comes_back_again() -> None:
    again = answered("q1", WRONG, LATER)
    assert names([answered("q1", WRONG), again], LATER + timedelta(days=1)) == []
    assert names([answered("q1", WRONG), again], LATER + REST) == ["01-one:q1"]


def test_items_never_seen_stay_away() -> None:
    assert names([]) == []
    assert names([answered("q2")]) == ["01-one:q2"]


def test_few_items_come_at_once() -> None:
    past = [answered(f"q{place}", WRONG, lesson=lesson) for lesson in ("01-one", "02-two") for place in (1, 2, 3)]
    assert len(names(past, _02_two=quiz(1, 1, 1))) == MOST_ITEMS == 2


def test_written_answers_are_not_repeated() -> None:
    scheme = [{"id": "a", "text": "Есть тема", "points": 1}]
    item = {"id": "q1", "kind": "written", "skill": "log-out", "difficulty": 3, "points": 1, "text": "Напишите."}
    written = Quiz.model_validate({
        "id": "01-one", "title": "Урок", "items": [item | {"sample": "Так.", "scheme": scheme, "why": "Да."}]
    })  # fmt: skip
    assert due([answered("q1", "текст")], {"01-one": written}, LATER) == []


def test_fresh_scam_is_one_never_met() -> None:
    scams = quiz(1, 1, 1)
    drawn = {seed: fresh(scams, [], seed) for seed in range(20)}
    assert {item.id for item in drawn.values() if item} == {"q1", "q2", "q3"}
    assert fresh(scams, ["q1", "q3"], 5) == scams.item("q2")
    assert fresh(scams, ["q1", "q2", "q3"], 5) is None
