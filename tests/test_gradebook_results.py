"""Reliability, intervals and flags against published numbers; wrong answers, first answers and skills of a class."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from ecitizen import content
from ecitizen.gradebook.analysis import Flag, ItemStatistics, flags, gains, item_statistics, mastery, reliability
from ecitizen.gradebook.distractors import Distractor, distractors
from ecitizen.gradebook.intervals import effect_size, mean_interval, student_quantile
from ecitizen.gradebook.results import first_answers
from ecitizen.journal.event import Event
from ecitizen.journal.runs import by_run
from ecitizen.practice.quiz import Quiz, Written

LSAT = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4,
    "01000": 1, "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15, "10000": 10, "10001": 29,
    "10010": 14, "10011": 81, "10100": 3, "10101": 28, "10110": 15, "10111": 80, "11000": 16, "11001": 56,
    "11010": 21, "11011": 173, "11100": 11, "11101": 61, "11110": 28, "11111": 298,
}  # fmt: skip
"""A thousand people, five items of the Law School Admission Test (Bock & Lieberman 1970)."""

SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
"""Hours of sleep gained by ten people, Student 1908."""


def lsat() -> dict[int, dict[str, float]]:
    rows = [pattern for pattern, count in LSAT.items() for _ in range(count)]
    return {n: {f"i{place}": float(mark) for place, mark in enumerate(row)} for n, row in enumerate(rows)}


def test_items_of_a_published_test_are_measured_as_published() -> None:
    found = item_statistics(lsat())
    # ltm 1.2 of R, descript(LSAT): proportions right, and point biserials with the item left out.
    assert [round(one.facility, 3) for one in found] == [0.924, 0.709, 0.553, 0.763, 0.870]
    assert [round(one.discrimination or 0, 3) for one in found] == [0.113, 0.153, 0.173, 0.144, 0.122]


def test_alpha_is_that_of_another_package() -> None:
    found = reliability(lsat())
    assert found is not None
    # ltm 1.2 of R, cronbach.alpha(LSAT).
    assert found.alpha == pytest.approx(0.295, abs=5e-4)
    # The standard error of the sum is SD sqrt(1 - alpha) (Lord & Novick 1968, 3.8); descript(LSAT): SD 1.035 of five.
    assert found.error == pytest.approx(1.035 * math.sqrt(1 - 0.295) / 5, abs=5e-4)


@pytest.mark.parametrize(
    "shares",
    [{}, {1: {"a": 1.0, "b": 0.0}}, {n: {"a": 1.0, "b": 1.0} for n in range(9)}, {n: {"a": n / 9} for n in range(9)}],
    ids=["nobody", "one-learner", "all-alike", "one-item"],
)
def test_reliability_of_nothing_is_none(shares: dict[int, dict[str, float]]) -> None:
    assert reliability(shares) is None


def test_interval_of_student_s_own_example() -> None:
    # R: t.test(extra ~ group, sleep, paired): mean 1.58, 0.7001142 to 2.4598858.
    assert mean_interval(SLEEP) == pytest.approx((0.7001142, 2.4598858), abs=1e-6)
    assert effect_size(SLEEP) == pytest.approx(1.2846, abs=1e-4)


@pytest.mark.parametrize(
    ("degrees", "quantile"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (30, 2.0423), (120, 1.9799)],
)
def test_quantiles_are_those_of_the_tables(degrees: int, quantile: float) -> None:
    assert student_quantile(degrees) == pytest.approx(quantile, abs=5e-5)


def test_one_pair_has_no_interval() -> None:
    assert (mean_interval([0.5]), effect_size([0.5]), effect_size([0.5, 0.5])) == (None, None, None)
    with pytest.raises(ValueError, match="degrees"):
        student_quantile(0)


def test_gain_carries_its_interval() -> None:
    entry = {n: {"a": 0.0} for n in range(10)}
    (found,) = gains(entry, {n: {"b": hours / 10} for n, hours in enumerate(SLEEP)}, {"a": "sleep", "b": "sleep"})
    assert (found.low, found.high) == pytest.approx((0.07001142, 0.24598858), abs=1e-7)
    assert found.gain == pytest.approx(0.158)


def statistics(learners: int, facility: float, discrimination: float | None) -> ItemStatistics:
    return ItemStatistics(item="q", learners=learners, facility=facility, discrimination=discrimination)


JUDGED: dict[str, tuple[ItemStatistics, list[Distractor], list[Flag]]] = {
    "few": (statistics(4, 0.0, None), [Distractor("б", 4)], ["few"]),
    "fine": (statistics(30, 0.7, 0.4), [Distractor("б", 7)], []),
    "easy": (statistics(30, 1.0, None), [], ["too-easy"]),
    "hard": (statistics(30, 0.2, 0.3), [Distractor("б", 6)], ["too-hard"]),
    "dull": (statistics(30, 0.7, 0.1), [], ["dull"]),
    "too few for dull": (statistics(12, 0.7, 0.1), [], []),
    "confused": (statistics(12, 0.6, 0.4), [Distractor("б", 3)], ["confused"]),
    "not confusable": (statistics(12, 0.6, 0.4), [Distractor("рано", 5, confusable=False)], []),
    "key": (statistics(12, 0.4, -0.3), [], ["key"]),
    "key and wrong answer": (statistics(12, 0.3, -0.1), [Distractor("б", 8)], ["key", "confused"]),
    "too few for key": (statistics(7, 0.4, -0.9), [], []),
}


@pytest.mark.parametrize(("item", "wrong", "expected"), JUDGED.values(), ids=JUDGED)
def test_what_is_said_of_an_item(item: ItemStatistics, wrong: list[Distractor], expected: list[Flag]) -> None:
    assert flags(item, wrong) == expected


def test_skill_is_mastered_from_four_fifths_on() -> None:
    points = {1: {"read": (4.0, 5.0)}, 2: {"read": (3.9, 5.0), "send": (1.0, 1.0)}, 3: {"send": (0.0, 0.0)}}
    read, send = mastery(points)
    assert (read.skill, read.learners, read.mastered) == ("read", 2, 1)
    assert read.mean == pytest.approx(0.79)
    assert (send.learners, send.share) == (1, 1.0)


BASE = "{id: %s, skill: s, difficulty: 1, points: 1, text: Т, kind: %s, %s}"
QUIZ = {
    "single": "options: [{text: да, right: true}, {text: нет, why: п}]",
    "several": "options: [{text: а, right: true}, {text: б, right: true}, {text: в, why: п}]",
    "truefalse": "right: true, wrong_why: Наоборот, reasons: [{text: п, right: true}, {text: ж, why: п}]",
    "order": "steps: [раз, два, три]",
    "match": "pairs: [[а, один], [б, два]]",
    "number": "right: 6, otherwise: нет",
    "text": "accept: [портал], otherwise: нет",
}
WRONG: dict[str, tuple[list[object], list[tuple[str, int]]]] = {
    "single": (["o2", "o2", "o1", "o9", None, 5, ["o2"]], [("нет", 2)]),
    "several": ([["o1", "o3"], ["o1"], ["o1", "o2"], "o3", [["o3"]]], [("в", 1)]),
    "truefalse": ([{"value": False}, {"value": True, "reason": "o2"}, {"value": True, "reason": "o1"}, 1], [("Наоборот", 1), ("ж", 1)]),  # noqa: E501
    "order": ([["s2", "s1", "s3"], ["s1", "s3", "s2"], ["s1", "s2", "s3"], [[]], []], [("два", 1), ("три", 1)]),
    "match": ([{"l1": "r2", "l2": "r2"}, {"l1": "r1", "l2": "r2"}, {"l1": ["r2"]}, []], [("а — два", 1)]),
    "number": (["7", 7, "7,5", 6, "слово", 10**400], [("7", 2)]),
    "text": (["Сайт", "сайт!", "мой телефон 5", "портал", 5], [("сайт", 2)]),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_answers_are_counted(kind: str) -> None:
    import yaml

    quiz = Quiz.model_validate({"id": "q", "title": "Т", "items": [yaml.safe_load(BASE % ("i", kind, QUIZ[kind]))]})
    (item,) = quiz.items
    assert not isinstance(item, Written)
    answers, expected = WRONG[kind]
    assert [(one.text, one.learners) for one in distractors(item, answers)] == expected


def test_first_answers_count_whatever_comes_later() -> None:
    quiz = content.quiz("11-email")
    written = next(item.id for item in quiz.items if isinstance(item, Written))
    item = next(item.id for item in quiz.items if not isinstance(item, Written))

    def event(n: int, run: int, learner: int | None, name: str, answer: object) -> Event:
        body = {"do": "answer", "item": name, "answer": answer}
        at = datetime(2026, 3, 1, 9, n, tzinfo=UTC)
        return Event(id=f"e{n}", lesson="11-email", activity="quiz", run=run, body=body, learner=learner, at=at)

    events = [
        event(1, 1, 101, item, "o2"),
        event(2, 1, 101, item, "o1"),
        event(3, 2, 101, item, "o3"),
        event(4, 1, 101, written, "письмо"),
        event(5, 1, None, item, "o1"),
        event(6, 1, 102, "no-such", "o1"),
        event(7, 1, 103, item, [math.inf]),
    ]
    assert first_answers(quiz, by_run(events)) == {101: {item: "o2"}, 103: {item: None}}
