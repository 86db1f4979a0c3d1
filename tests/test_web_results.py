"""What the page of results says in words: when it is too early to judge, and what to do about a gain."""

from __future__ import annotations

from typing import Any

import pytest

from ecitizen.gradebook.analysis import Gain, ItemStatistics, Mastery
from ecitizen.gradebook.results import CourseGain, ItemReport, LessonReport
from ecitizen.web.pages import page_templates
from ecitizen.web.results import Overview, Verdict, verdict

FRAME: dict[str, Any] = {
    **dict.fromkeys(("site", "here", "xsrf", "once"), ""),
    "base_url": "/",
    "sections": {},
    "may": lambda _action: True,
}


def shown(overview: Overview) -> str:
    words = {"found": overview, "titles": {}, "lessons": [], "skills": {}, "mastered_pct": 80, "fewest": 5}
    return page_templates().get_template("results.html").render(FRAME | words | {"verdict": verdict})


def mastery(skill: str, learners: int, mastered: int) -> Mastery:
    return Mastery(skill=skill, learners=learners, mastered=mastered, mean=mastered / learners)


def gain(entry: float, exit_: float, low: float | None, high: float | None, learners: int = 12) -> Gain:
    return Gain(name="", learners=learners, entry=entry, exit=exit_, low=low, high=high)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([(2, 0)], "Судить рано."),
        ([(6, 5), (2, 0)], "О других умениях судить рано"),
        ([(6, 5)], "Каждым умением владеет половина класса"),
        ([(6, 2), (2, 0)], "Что повторить."),
    ],
    ids=["two people", "some", "all", "weak"],
)
def test_a_class_of_two_is_not_praised(found: list[tuple[int, int]], said: str) -> None:
    skills = [mastery(f"s{place}", *one) for place, one in enumerate(found)]
    page = shown(Overview(mastery=skills, gain=None, graded={}, answered=set()))
    assert said in page
    assert ("Каждым умением" in page) == (said.startswith("Каждым"))


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (gain(0.2, 0.8, 0.4, 0.8), "grown"),
        (gain(0.2, 0.8, 0.4, 0.8, learners=4), "few"),
        (gain(0.2, 0.8, None, None, learners=1), "few"),
        (gain(0.8, 0.5, -0.5, -0.1), "worse"),
        (gain(0.1, 0.4, 0.2, 0.4), "hard"),
        (gain(0.6, 0.7, -0.1, 0.3), "chance"),
        (gain(0.9, 0.9, -0.1, 0.1), "known"),
        (gain(0.7, 1.0, -0.1, 0.6), "known"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_gain_calls_for_something(one: Gain, word: Verdict) -> None:
    assert verdict(one) == word


def test_every_row_of_the_gain_says_what_to_do() -> None:
    rows = tuple(
        gain(entry, 0.6, low, high) for entry, low, high in ((0.2, 0.1, 0.5), (0.5, -0.1, 0.3), (0.9, -0.5, -0.1))
    )
    whole = CourseGain(entry=12, exit=12, both=12, whole=rows[0], by_lesson=rows, by_skill=())
    page = shown(Overview(mastery=[], gain=whole, graded={}, answered=set()))
    assert page.count('<td class="do">') == len(rows)
    assert "Курс помогает" in page
    for advice in ("Ничего менять не нужно", "Повторите коротко", "Стало хуже"):
        assert advice in page


@pytest.mark.parametrize(("graded", "said"), [(True, "ещё никто не проходил сам"), (False, "когда работы собраны")])
def test_a_collected_lesson_is_not_to_be_collected(graded: bool, said: str) -> None:
    easy = ItemStatistics(item="q1", learners=6, facility=0.9, discrimination=None)
    one = ItemReport(
        id="q1", kind="single", text="?", skill="s", statistics=easy, wrong=(), flags=(), times=None, hints=None
    )
    report = LessonReport(questions=(one,), practice=(), learners=6, reliability=None, tasks=())
    words = {"lesson": "l", "title": "", "report": report, "graded": graded, "questions": [one], "skills": {}}
    page = page_templates().get_template("results_lesson.html").render(FRAME | words | {"fewest": 5})
    assert said in page
