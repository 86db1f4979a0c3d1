"""What ``ecitizen grade`` says while it works, and the document of ``ecitizen bench grade``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecitizen import bench_grade, demo
from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import assignment

LESSON = "01-gosuslugi"


@pytest.mark.slow
def test_progress_goes_to_stderr_with_time_left(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    demo.make(folder, learners=3, seed=7)
    options = ["--data", str(folder.path), "--lesson", LESSON, "--jobs", "2", "--json"]
    result = CliRunner().invoke(cli, ["grade", *options])
    assert result.exit_code == 0, result.output
    truth = json.loads((folder.path / "truth.json").read_text(encoding="utf-8"))["scores"]
    assert json.loads(result.stdout)["scores"][LESSON].keys() == truth[LESSON].keys()
    lines = [line.strip() for line in result.stderr.split("\r") if line.strip()]
    assert lines[0] == "Проверено: 0 из 3"
    assert lines[1].startswith("Проверено: 1 из 3, осталось 0:")
    assert lines[-1] == "Проверено: 3 из 3"
    assert result.stderr.endswith("\n")


def test_unknown_engine_is_wrong_usage(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    for option in (["--engine", "slow"], ["--jobs", "0"]):
        assert CliRunner().invoke(cli, ["grade", "--data", str(folder.path), *option]).exit_code == 2


def test_measured_lessons_have_twelve_graded_cells() -> None:
    for lesson in bench_grade.short_lessons(16):
        roles = [cell.metadata.nbgrader for cell in assignment(lesson).source.cells]
        assert sum(role["grade"] for role in roles) == bench_grade.ITEMS + bench_grade.CRITERIA == 12


@pytest.mark.thorough
def test_measured_engines_agree_with_each_other_and_the_truth() -> None:
    document = bench_grade.beside_stock(learners=3, lessons=1, stock=2, jobs=2)
    assert {"what", "machine", "figures"} <= document.keys()
    for figure in document["figures"]:
        assert figure.keys() == {"name", "unit", "ours", "stock", "ratio", "load"}
        assert figure["ours"] > 0 or figure["unit"] == "MB"
    cells = document["cells"]
    assert {name: found["different"] for name, found in cells.items()} == dict.fromkeys(cells, 0)
    compared = {name: found["compared"] for name, found in cells.items()}
    assert compared == {
        "fast_and_truth": 2 * 3 * 12,
        "stock_and_truth": 2 * 12,
        "fast_and_stock": 2 * 12,
        "notebooks": 2,
    }


@pytest.mark.thorough
def test_growing_class_is_measured() -> None:
    document = bench_grade.growing(submissions=24, small=6, lessons=2)
    assert (document["submissions"], document["small"]) == (24, 6)
    assert document["cells"]["fast_and_truth"] == {"compared": 30 * 12, "different": 0}
