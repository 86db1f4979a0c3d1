"""A new lesson begins with four files that can be played at once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from ecitizen import content
from ecitizen.authoring import remaining, scaffold, toc_entry, write_schemas
from ecitizen.errors import CourseError
from ecitizen.practice.flow import MODES, Mode
from ecitizen.practice.machine import Run
from ecitizen.practice.rubric import points

ID, TITLE = "16-neighbours", 'Чат: «спросите» "библиотекаря"'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a content root of our own with the shipped course in it."""
    for kind in ("lessons", "quizzes", "graders", "widgets"):
        shutil.copytree(content.folder(kind), tmp_path / kind)  # type: ignore[arg-type]
    return tmp_path


def test_four_files_load_at_once(root: Path) -> None:
    files = scaffold(root, ID, TITLE)
    assert [path.relative_to(root).as_posix() for path in files] == [
        f"lessons/{ID}.ipynb", f"widgets/scenarios/{ID}.yaml", f"quizzes/{ID}.yaml", f"graders/{ID}.yaml",
    ]  # fmt: skip
    assert content.scenario(ID, root).title == content.quiz(ID, root).title == content.rubric(ID, root).title == TITLE
    assert len({item.kind for item in content.quiz(ID, root).items}) == 3


def test_toc_entry_makes_it_a_lesson(root: Path) -> None:
    scaffold(root, ID, TITLE)
    toc = root / "lessons" / "toc.yaml"
    text = toc.read_text(encoding="utf-8")
    toc.write_text(text.replace("lessons:\n", "lessons:\n" + toc_entry(ID, TITLE), 1), encoding="utf-8")
    assert content.lesson(ID, root).title == TITLE
    assert not [finding for finding in remaining(root, ID) if finding.key == "id"]


@pytest.mark.parametrize("mode", MODES)
def test_its_task_walks_in_every_mode(root: Path, mode: Mode) -> None:
    scaffold(root, ID, TITLE)
    scenario = content.scenario(ID, root)
    run = Run(scenario, content.personas(root).get(scenario.persona), "ask", mode, 1)
    facts = run.facts(run.replay(frame.event for frame in run.walk()))
    rubric = content.rubric(ID, root)
    assert sum(points(one, facts) for one in rubric.criteria) == sum(one.points for one in rubric.criteria)


def test_only_more_questions_are_asked_for(root: Path) -> None:
    scaffold(root, ID, TITLE)
    left = remaining(root, ID)
    assert {(finding.path, finding.key) for finding in left if finding.severity == "error"} == {
        (f"quizzes/{ID}.yaml", "items")
    }
    assert any("toc.yaml" in str(finding) for finding in left)


def test_notebook_has_eight_steps(root: Path) -> None:
    cells = json.loads(scaffold(root, ID, TITLE)[0].read_text(encoding="utf-8"))["cells"]
    assert sum(cell["metadata"]["slideshow"]["slide_type"] == "slide" for cell in cells) == 8


def test_editors_find_the_schema(root: Path) -> None:
    write_schemas(root / "docs" / "schemas")
    for path in scaffold(root, ID, TITLE)[1:]:
        line = path.read_text(encoding="utf-8").splitlines()[0]
        assert (path.parent / line.partition("$schema=")[2]).resolve().is_file()
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["id"] == ID


def test_nothing_is_overwritten(root: Path) -> None:
    scaffold(root, ID, TITLE)
    (root / "graders" / f"{ID}.yaml").write_text("моё", encoding="utf-8")
    (root / "quizzes" / f"{ID}.yaml").unlink()
    with pytest.raises(CourseError, match=f"graders/{ID}.yaml"):
        scaffold(root, ID, TITLE)
    assert (root / "graders" / f"{ID}.yaml").read_text(encoding="utf-8") == "моё"
    assert not (root / "quizzes" / f"{ID}.yaml").exists()


@pytest.mark.parametrize(
    "name",
    ["library", "1-chat", "12-Чат", "12-", "12-a_b", "../12-chat", "12-a/b", "12-a\n", "12-" + "a" * 60],
    ids=["no number", "one digit", "cyrillic", "nothing", "underscore", "up", "slash", "newline", "long"],
)
def test_bad_names_are_refused(root: Path, name: str) -> None:
    with pytest.raises(CourseError, match="имя урока"):
        scaffold(root, name, TITLE)


@pytest.mark.parametrize(
    "title", ["", "  ", "а" * 121, "Чат {persona.given}"], ids=["empty", "blank", "long", "braces"]
)
def test_bad_titles_are_refused(root: Path, title: str) -> None:
    with pytest.raises(CourseError, match="название"):
        scaffold(root, ID, title)


def test_title_of_two_lines_becomes_one(root: Path) -> None:
    scaffold(root, ID, "Чат\nс библиотекой")
    assert content.quiz(ID, root).title == "Чат с библиотекой"
