"""What ``ecitizen grade`` says while it works, and the document of ``ecitizen bench grade``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ecitizen import bench, demo
from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import grade_lessons

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


@pytest.mark.slow
def test_measured_engines_agree_with_each_other_and_the_truth() -> None:
    document = bench.grade(grade_lessons, learners=3, lessons=1, stock=2, jobs=2)
    assert {"what", "machine", "figures"} <= document.keys()
    for figure in document["figures"]:
        assert figure.keys() == {"name", "unit", "ours", "stock", "ratio", "load"}
        assert figure["ours"] > 0
    cells = document["cells"]
    assert {name: found["different"] for name, found in cells.items()} == dict.fromkeys(cells, 0)
    assert cells["notebooks"]["compared"] == 2
    assert cells["fast_and_truth"]["compared"] == 3 * cells["fast_and_stock"]["compared"]
    assert document["figures"][0]["ratio"] > 3
