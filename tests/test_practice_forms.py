"""Two forms of a test are parallel, and a learner meets no item twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.practice.forms import FORMS, form_of, groups, recommended
from ecitizen.practice.items import right_answer
from ecitizen.practice.quiz import Quiz


def pool(lessons: int = 15, each: int = 4) -> Quiz:
    options = [{"text": "да", "right": True}, {"text": "нет", "why": "Не так."}]
    item = {"kind": "single", "skill": "log-out", "points": 1, "text": "Так?", "why": "Так.", "options": options}
    items = [
        item | {"id": f"l{lesson}-{place}", "from_lesson": f"{lesson:02}-x", "difficulty": 1 + lesson % 3}
        for lesson in range(lessons)
        for place in range(each)
    ]
    return Quiz.model_validate({"id": "course-test", "title": "Тест", "items": items})


@given(st.integers(0, 2**32))
def test_forms_share_no_item(seed: int) -> None:
    entry, leaving = (form_of(pool(), form, seed) for form in FORMS)
    assert not {item.id for item in entry} & {item.id for item in leaving}
    assert [item.from_lesson for item in entry] == [item.from_lesson for item in leaving] == list(groups(pool()))
    assert [item.difficulty for item in entry] == [item.difficulty for item in leaving]


def test_each_item_is_drawn_about_as_often() -> None:
    drawn = [item.id for seed in range(400) for item in form_of(pool(1), "entry", seed)]
    assert all(70 <= drawn.count(f"l0-{place}") <= 130 for place in range(4))


def test_same_seed_gives_the_same_form() -> None:
    assert form_of(pool(), "entry", 7) == form_of(pool(), "entry", 7)
    assert form_of(pool(), "entry", 7) != form_of(pool(), "entry", 8)


@pytest.mark.parametrize(
    ("known", "advice"),
    [
        ((), ["00-x", "01-x", "02-x"]),
        ((0, 2), ["01-x", "03-x", "04-x"]),
        (range(14), ["14-x"]),
        (range(15), []),
    ],
    ids=["nothing", "some", "all-but-one", "all"],
)
def test_advice_names_the_first_weak_lessons(known: range, advice: list[str]) -> None:
    items = form_of(pool(), "entry", 3)
    assert recommended(items, {items[place].id: right_answer(items[place]) for place in known}) == advice
