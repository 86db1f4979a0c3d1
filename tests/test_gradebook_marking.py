"""The text of a graded cell and the function that stands for it give the same number."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_demo import mini
from test_gradebook import HOSTILE, PARTLY, RIGHT
from test_gradebook_assignment import probe

from ecitizen.gradebook.assignment import Assignment, assignment
from ecitizen.gradebook.submission import answers_source, inert
from ecitizen.practice.items import right_answer
from ecitizen.practice.machine import Run

BUILT = assignment(probe())

scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ids = st.sampled_from([f"{sign}{n}" for sign in "osplr" for n in range(1, 5)])
given_answers = st.recursive(
    scalars | ids,
    lambda parts: st.lists(parts | ids, max_size=5) | st.dictionaries(st.text() | ids, parts, max_size=4),
    max_leaves=8,
)
names = st.lists(st.sampled_from(["filed", "careful", "secret", "seen", "call", "code"]), max_size=3)
facts = st.fixed_dictionaries(
    dict.fromkeys(("goals", "refused", "recovered", "disclosed", "mistakes"), names)
    | {"finished": st.booleans()}
    | {name: st.integers(0, 4) for name in ("misses", "hints", "real_data")}
)


def run_as_text(built: Assignment, answers: dict[str, Any]) -> dict[str, object]:
    """Run the cells of the source notebook as a kernel would, and give what each one shows."""
    shown = {}
    space: dict[str, Any] = {}
    exec(answers_source(answers), space)
    for cell in built.source.cells:
        if cell.id in built.markings:
            *body, last = cell.source.splitlines()
            exec("\n".join(body), space)
            shown[cell.id] = eval(last, space)
    return shown


def run_as_functions(built: Assignment, answers: dict[str, Any]) -> dict[str, object]:
    return {name: marking.points(answers) for name, marking in built.markings.items()}


@given(
    st.dictionaries(st.sampled_from(list(RIGHT)), given_answers),
    st.dictionaries(st.sampled_from(["order", "look"]), facts),
)
@example(RIGHT, {})
@example(PARTLY, {})
@example(HOSTILE, {})
@settings(max_examples=150, deadline=None)
def test_text_and_function_give_equal_points(quiz: dict[str, Any], practice: dict[str, Any]) -> None:
    answers = {"quiz": {name: inert(answer) for name, answer in quiz.items()}, "practice": practice}
    text, function = run_as_text(BUILT, answers), run_as_functions(BUILT, answers)
    assert [repr(points) for points in text.values()] == [repr(points) for points in function.values()]
    assert text.keys() == function.keys() == BUILT.markings.keys()


def test_played_practice_gives_equal_points() -> None:
    lesson = probe()
    run = Run(lesson.scenario, lesson.persona, "order", "solo", 5)
    played = run.facts(run.replay([{"do": "press", "control": name} for name in ("file", "leave")]))
    answers = {"quiz": RIGHT, "practice": {"order": json.loads(json.dumps(played))}}
    assert run_as_text(BUILT, answers) == run_as_functions(BUILT, answers)
    assert run_as_functions(BUILT, answers)["order-filed"] == 3


def test_every_kind_of_question_is_marked_alike() -> None:
    built = assignment(replace(probe(), quiz=mini()))
    answers = {"quiz": {item.id: right_answer(item) for item in mini().items}, "practice": {}}
    text = run_as_text(built, answers)
    assert text == run_as_functions(built, answers)
    assert sum(points for points in text.values() if isinstance(points, float)) > 0


def test_cells_are_silent() -> None:
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        run_as_text(BUILT, {"quiz": HOSTILE | {"q01": None}, "practice": {}})
    assert said.getvalue() == ""
