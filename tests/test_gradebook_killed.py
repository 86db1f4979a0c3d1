"""A grader that dies at any moment: whoever grades again comes to what an undisturbed run comes to."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from test_gradebook_engines import CHEAPER, copy, everything, fresh, graded_by, marked, notebooks

from ecitizen.folder import CourseFolder
from ecitizen.gradebook.work import EngineName

__all__ = ["fresh", "marked"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that is cheap to kill"),
]


def forked(work: Callable[[], object]) -> int:
    """Begin work in a child process that ends with it; gives its number."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


def was_killed(child: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def steps_of(work: Callable[[], object], place: Path) -> int:
    """Count what the interpreter reports of work: files opened and renamed, databases, imports, processes."""

    def counted() -> None:
        count = 0

        def hook(*_: object) -> None:
            nonlocal count
            count += 1

        sys.addaudithook(hook)
        work()
        place.write_text(str(count))

    os.waitpid(forked(counted), 0)
    return int(place.read_text())


def die_at(step: int) -> None:
    """Kill this very process at its so-manieth step."""
    left = step

    def hook(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


@pytest.fixture(scope="module")
def undisturbed(marked: CourseFolder, tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Give the class graded anew, after a weight has changed."""
    folder = copy(marked, tmp_path_factory.mktemp("undisturbed"))
    graded_by(folder, "fast", CHEAPER)
    return folder


MANUAL = 7
ASKED = -1
"""Places in a row of grades: what a person gave, and whether nbgrader asks a person to look again."""


def kept(folder: CourseFolder, engine: EngineName) -> list[list[Any]]:
    """Give the gradebook; the engine ``stock`` may ask again for a mark that it was killed over, but keeps it."""
    grades, *others = everything(folder)
    if engine == "stock":
        grades = [row if row[MANUAL] is None else row[:ASKED] for row in grades]
    return [grades, *others]


def mended_is(folder: CourseFolder, undisturbed: CourseFolder, engine: EngineName, at: object) -> None:
    graded_by(folder, engine, CHEAPER)
    assert kept(folder, engine) == kept(undisturbed, engine), at
    assert notebooks(folder) == notebooks(undisturbed), at


def test_killed_at_any_step_and_graded_again(marked: CourseFolder, undisturbed: CourseFolder, tmp_path: Path) -> None:
    counted = copy(marked, tmp_path / "counted")
    steps = steps_of(lambda: graded_by(counted, "fast", CHEAPER), tmp_path / "steps")
    random = Random(6)
    for step in [1, steps - 1, *(random.randrange(2, steps) for _ in range(4))]:
        folder = copy(marked, tmp_path / str(step))

        def doomed(folder: CourseFolder = folder, step: int = step) -> None:
            die_at(step)
            graded_by(folder, "fast", CHEAPER)

        assert was_killed(forked(doomed)), step
        mended_is(folder, undisturbed, "fast", step)


@pytest.mark.thorough
@pytest.mark.parametrize("engine", ["fast", "stock"])
@pytest.mark.parametrize("seed", range(5))
def test_killed_at_fifty_random_moments(
    marked: CourseFolder, undisturbed: CourseFolder, tmp_path: Path, engine: EngineName, seed: int
) -> None:
    random, caught, tries = Random(seed), 0, 0
    began = time.monotonic()
    os.waitpid(forked(lambda: graded_by(copy(marked, tmp_path / "timed"), engine, CHEAPER)), 0)
    lasts = time.monotonic() - began
    while caught < 10:
        tries += 1
        assert tries < 200, "the grader always ends before it is killed"
        folder = copy(marked, tmp_path / str(tries))
        child = forked(lambda folder=folder: graded_by(folder, engine, CHEAPER))  # type: ignore[misc]
        time.sleep(random.uniform(0, lasts))
        os.kill(child, signal.SIGKILL)
        caught += was_killed(child)
        mended_is(folder, undisturbed, engine, tries)


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(5))
def test_two_graders_at_once(marked: CourseFolder, undisturbed: CourseFolder, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    for number in range(4):
        folder = copy(marked, tmp_path / str(number))
        children = []
        for jobs in (1, 2):
            children.append(forked(lambda folder=folder, jobs=jobs: graded_by(folder, "fast", CHEAPER, jobs=jobs)))  # type: ignore[misc]
            time.sleep(random.uniform(0, 0.5))
        for child in children:
            os.waitpid(child, 0)
        mended_is(folder, undisturbed, "fast", (seed, number))
