"""A passport with a fault is refused by file, key, problem and remedy."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecitizen.content import folder
from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.indicators import Passport


@pytest.fixture
def shipped() -> dict[str, Any]:
    return copy.deepcopy(yaml.safe_load((folder("passports") / "omsk.yaml").read_text("utf-8")))


def refuse(tmp_path: Path, faulty: dict[str, Any]) -> str:
    path = tmp_path / "omsk.yaml"
    path.write_text(yaml.safe_dump(faulty, allow_unicode=True), "utf-8")
    with pytest.raises(CourseError) as told:
        load_model(path, Passport)
    return str(told.value)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("count", "averages", "count"),
        ("fact", "", "fact"),
        ("targets", {2020: {"value": -1}}, "targets"),
        ("targets", {2020: {"value": 4, "atleast": True}}, "atleast"),
        ("where", {"channel": 5}, "where"),
        ("story", {"zero": "нет", "one": "дело", "few": "{n} дела", "many": "{n} дел"}, "one"),
        ("rule", "trained", "rule"),
        ("id", "Русское имя", "id"),
    ],
    ids=["count", "empty", "negative", "misspelt", "number as tag", "no place", "strange key", "id"],
)
def test_fault_of_a_row_is_named(tmp_path: Path, shipped: dict[str, Any], key: str, value: object, named: str) -> None:
    shipped["rows"][2][key] = value
    said = refuse(tmp_path, shipped)
    assert "omsk.yaml" in said
    assert named in said


def test_twin_rows_are_refused(tmp_path: Path, shipped: dict[str, Any]) -> None:
    shipped["rows"][1]["id"] = "libraries"
    assert "'libraries' описан дважды" in refuse(tmp_path, shipped)


def test_project_ends_after_it_begins(tmp_path: Path, shipped: dict[str, Any]) -> None:
    shipped["term"]["until"] = shipped["term"]["since"].replace(year=2019)
    assert "раньше" in refuse(tmp_path, shipped)
