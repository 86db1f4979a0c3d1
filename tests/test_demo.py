"""The synthetic class: made the same for the same seed, graded by nbgrader to the true points."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook

from ecitizen import content, demo
from ecitizen.demo import truth_of
from ecitizen.demo.answers import choose
from ecitizen.demo.learning import learn
from ecitizen.demo.people import people
from ecitizen.demo.playing import Plan, play, worth
from ecitizen.errors import FolderError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import grade, grade_lessons
from ecitizen.journal.store import Store
from ecitizen.opening import connect
from ecitizen.practice.items import check
from ecitizen.practice.machine import Run
from ecitizen.practice.quiz import Quiz
from ecitizen.practice.rubric import points
from ecitizen.register.people import find_instructor, find_login

LESSON = "01-gosuslugi"


@pytest.fixture(scope="module")
def class_of_twelve(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Make the class that the README shows."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("data") / "course")
    demo.make(folder, learners=12, seed=7)
    return folder


@pytest.mark.slow
def test_nbgrader_agrees_with_the_truth(class_of_twelve: CourseFolder) -> None:
    report = grade(class_of_twelve)
    truth = json.loads((class_of_twelve.path / "truth.json").read_text(encoding="utf-8"))["scores"]
    assert {lesson for lesson, learners in report.scores.items() if learners} == truth.keys()
    for learner, scores in truth[LESSON].items():
        assert report.scores[LESSON][learner] == pytest.approx(scores), learner
    with Gradebook(f"sqlite:///{class_of_twelve.gradebook / 'gradebook.db'}", "ecitizen") as gradebook:
        for learner, scores in truth[LESSON].items():
            submission = gradebook.find_submission(LESSON, learner)
            assert submission.score == pytest.approx(sum(scores.values()))


@pytest.mark.slow
def test_released_notebook_holds_no_key(class_of_twelve: CourseFolder) -> None:
    released = (class_of_twelve.gradebook / "release" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8")
    assert "HIDDEN TESTS" not in released
    for word in ("mark_key", '"right"', "rubric.points", "at_most"):
        assert word not in released
    for item in content.quiz(LESSON).items:
        assert not item.why or item.why not in released


def test_same_seed_makes_same_class(tmp_path: Path) -> None:
    truths = []
    for name in ("first", "second"):
        folder = CourseFolder.create(tmp_path / name)
        demo.make(folder, learners=3, seed=11, today=date(2026, 5, 15))
        truths.append((folder.path / "truth.json").read_text(encoding="utf-8"))
    assert truths[0] == truths[1]


def test_printed_cards_let_people_in(class_of_twelve: CourseFolder) -> None:
    cards = demo.cards(class_of_twelve)
    assert cards is not None
    engine = connect(class_of_twelve)
    assert find_login(engine, cards.number, cards.pin) is not None
    assert find_instructor(engine, cards.instructor_pin) is not None


def test_ordinary_folder_has_no_cards(tmp_path: Path) -> None:
    assert demo.cards(CourseFolder.create(tmp_path / "course")) is None


def test_existing_course_is_left_alone(class_of_twelve: CourseFolder) -> None:
    with pytest.raises(FolderError):
        CourseFolder.create(class_of_twelve.path)


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_chosen_answers_are_worth_their_share(seed: int) -> None:
    random = Random(seed)
    for item in content.quiz(LESSON).items:
        answer, share = choose(item, random.random(), random)
        assert check(item, answer).share == pytest.approx(share)


def mini() -> Quiz:
    """Give the quiz that has a question of every kind."""
    text = (Path(__file__).parent / "golden" / "quiz-mini.yaml").read_text(encoding="utf-8")
    return Quiz.model_validate(yaml.safe_load(text))


@given(st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_every_kind_is_answered_and_weighed(seed: int) -> None:
    random = Random(seed)
    for item in mini().items:
        answer, share = choose(item, random.random(), random)
        assert check(item, answer).share == (None if item.kind == "written" else pytest.approx(share))
        assert (share is None) == (item.kind == "written")


@pytest.mark.slow
def test_truth_leaves_written_answers_pending(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    lesson = replace(content.lesson(LESSON), quiz=mini())
    store = Store(connect(folder))
    earned = {}
    for number in range(101, 107):
        random = Random(number)
        began = datetime(2026, 5, 15, 9, tzinfo=UTC)
        events, earned[str(number)] = learn(lesson, number, began, random.uniform(0.45, 0.98), random)
        store.append_all(events, number)
    report = grade_lessons(folder, [lesson])
    truth = truth_of(LESSON, earned)
    assert truth["pending"][LESSON]
    assert report.pending == truth["pending"]
    for learner, scores in truth["scores"][LESSON].items():
        assert report.scores[LESSON][learner] == pytest.approx(scores), learner


@given(
    st.booleans(),
    st.booleans(),
    st.integers(0, 6),
    st.integers(0, 7),
    st.booleans(),
    st.sampled_from(["order", "withdraw"]),
)
@settings(max_examples=60, deadline=None)
def test_plans_are_worth_their_points(
    finishes: bool, tells: bool, hints: int, misses: int, types_real: bool, task: str
) -> None:
    plan = Plan(finishes=finishes, tells=tells, hints=hints, misses=misses, types_real=types_real)
    lesson = content.lesson(LESSON)
    run = Run(lesson.scenario, lesson.persona, task, "solo", 5)
    done = play(run, lesson.scenario, plan)
    facts = run.facts(run.replay(done.events))
    for criterion in lesson.rubric.criteria:
        if criterion.task == task:
            assert points(criterion, facts) == pytest.approx(worth(criterion, done)), criterion.id


def test_people_are_made_up_and_differ() -> None:
    class_of = people(40, 7)
    assert len({person.number for person in class_of}) == 40
    assert all(len(person.pin) == 4 for person in class_of)
