"""Traps of nbgrader that no other file shows: what it would do, and why it never comes to that here.

The whole list stands in docs/grading.md, each with the test that holds it.
"""

from __future__ import annotations

import contextlib
import io
import math
import re
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import determine_grade
from test_gradebook_assignment import probe
from traitlets.config import Config, PyFileConfigLoader

from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import assignment, submission
from ecitizen.gradebook.engine import EngineError, session
from ecitizen.gradebook.settings import CONFIG_FILE, DATABASE_FILE, write_settings
from ecitizen.gradebook.submission import answers_source, inert, written_source
from ecitizen.practice import items
from ecitizen.practice.items import check
from ecitizen.practice.quiz import LONGEST_WRITTEN

DOC = Path(__file__).parents[1] / "docs" / "grading.md"
BUILT = assignment(probe())
CELL = next(cell for cell in BUILT.source.cells if cell.id == "q02")
MOST = CELL.metadata.nbgrader.points


def shown(answers: dict[str, Any]) -> object:
    """Run the hidden test of a question, and give what its last line shows."""
    space: dict[str, Any] = {}
    exec(answers_source(answers), space)
    *body, last = CELL.source.splitlines()
    exec("\n".join(body), space)
    return eval(last, space)


def graded(*outputs: dict[str, Any], most: float = 2) -> float | None:
    """Let nbgrader score a test cell with these outputs."""
    role = {"grade": True, "solution": False, "points": most, "locked": True, "task": False, "grade_id": "x"}
    cell = nbformat.v4.new_code_cell("", metadata={"nbgrader": role | {"schema_version": 3}})
    cell.outputs = [nbformat.from_dict(output) for output in outputs]
    score: float | None = determine_grade(cell, SimpleNamespace(warning=print))[0]
    return score


def result(text: str) -> dict[str, Any]:
    return {"output_type": "execute_result", "data": {"text/plain": text}, "execution_count": 1, "metadata": {}}


ACCIDENTS = {
    "nothing": [], "nan": [result("nan")], "negative": [result("-1")], "false": [result("False")],
    "text": [result("'0'")], "numpy": [result("np.float64(0.5)")],
    "printed": [{"output_type": "stream", "name": "stdout", "text": "0"}],
}  # fmt: skip


@pytest.mark.parametrize("outputs", ACCIDENTS.values(), ids=ACCIDENTS)
def test_nbgrader_gives_full_points_by_accident(outputs: list[dict[str, Any]]) -> None:
    assert graded(*outputs) == 2


def test_nbgrader_gives_zero_for_a_warning() -> None:
    assert graded({"output_type": "stream", "name": "stderr", "text": "DeprecationWarning"}) == 0


@pytest.mark.parametrize("share", [0, 0.5, 1, True, -1, 7, math.nan, math.inf, -math.inf], ids=repr)
def test_cell_ends_in_a_plain_number_whatever_the_marking_gives(monkeypatch: pytest.MonkeyPatch, share: float) -> None:
    monkeypatch.setattr(items, "mark_key", lambda *_: share)
    points = shown({"quiz": {}, "practice": {}})
    assert type(points) is float
    assert 0 <= points <= MOST
    assert graded(result(repr(points)), most=MOST) == points


def test_no_word_on_stderr_decides_a_score(monkeypatch: pytest.MonkeyPatch) -> None:
    def noisy(*_: Any) -> float:
        sys.stderr.write("Traceback")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        return 1.0

    monkeypatch.setattr(items, "mark_key", noisy)
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        assert shown({"quiz": {}, "practice": {}}) == MOST
    assert said.getvalue() == ""


MONSTERS: dict[str, Any] = {
    "10 MB": "x" * 10_000_000,
    "a million keys": dict.fromkeys(map(str, range(1_000_000)), 1),
    "half a character": "\ud800",
    "control characters": "\x00\x1b\u202e",
    "a list of lists": [[[[[[]]]]]],
}


@pytest.mark.parametrize("answer", MONSTERS.values(), ids=MONSTERS)
def test_monster_costs_its_own_item_and_no_other(answer: Any) -> None:
    quiz = {item.id: inert(answer) for item in probe().quiz.items} | {"q06": 6}
    answers = {"quiz": quiz, "practice": {}}
    points = {name: marking.points(answers) for name, marking in BUILT.markings.items()}
    assert points.pop("q06") == 1
    assert set(points.values()) == {0.0}
    assert "\0" not in submission(nbformat.writes(BUILT.visible), answers)


def test_databases_with_short_texts_get_no_long_id_and_no_nul() -> None:
    longest = max(len(cell.id) for cell in BUILT.source.cells)
    assert longest <= len("ask-") + 60 < 128
    assert "\0" not in written_source("a\0b" * LONGEST_WRITTEN)
    assert check(probe().quiz.items[0], "\0").share == 0


def test_each_course_has_a_gradebook_of_its_own(tmp_path: Path) -> None:
    urls = set()
    for name in ("one", "two"):
        root = CourseFolder.create(tmp_path / name).gradebook
        write_settings(root)
        config = Config(PyFileConfigLoader(CONFIG_FILE, path=str(root)).load_config())
        urls.add(CourseDirectory(config=config).db_url)
    assert urls == {f"sqlite:///{tmp_path / name / 'nbgrader' / DATABASE_FILE}" for name in ("one", "two")}


@pytest.mark.slow
def test_failure_leaves_the_working_directory_alone(tmp_path: Path) -> None:
    root = CourseFolder.create(tmp_path / "course").gradebook
    write_settings(root)
    where = Path.cwd()
    with session(root) as engine, pytest.raises(EngineError) as failed:
        engine.autograde(BUILT, "101")
    assert isinstance(failed.value, CourseError)
    assert Path.cwd() == where


def test_every_trap_of_the_page_has_a_test_that_is_there() -> None:
    text = DOC.read_text(encoding="utf-8")
    tests = Path(__file__).parent
    named = re.findall(r"`(test_[a-z_]+)\.py`?::`?(test_[a-z_0-9]+)", text)
    assert len(named) > 30
    for module, name in named:
        (path,) = [*tests.glob(f"{module}.py"), *tests.glob(f"browser/{module}.py")]
        assert f"def {name}(" in path.read_text(encoding="utf-8"), f"{module}.py::{name}"
