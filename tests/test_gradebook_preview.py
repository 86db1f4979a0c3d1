"""What a corrected key, another weight or another question would change: told before, then done, then undone."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from click.testing import CliRunner
from test_gradebook import PARTLY, RIGHT, Journal
from test_gradebook_assignment import LESSON, QUIZ
from test_gradebook_manual import ADDED, ALL, HALF, TEXT, lesson

from ecitizen import content, gradebook
from ecitizen.cli import cli
from ecitizen.content import Lesson
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.engine import session
from ecitizen.gradebook.fast import FastEngine
from ecitizen.gradebook.manual import responses
from ecitizen.gradebook.preview import LessonPreview, changed_lessons, preview
from ecitizen.practice.quiz import Quiz

pytestmark = pytest.mark.slow

Items = dict[str, dict[str, Any]]
"""The questions of the quiz as the file has them, by id, in its order."""


def edited(edit: Callable[[Items], Any], rubric: tuple[str, str] = ("", "")) -> Lesson:
    """Give the lesson with its questions edited in place."""
    data = yaml.safe_load(QUIZ.replace("items:", f"items:{ADDED}"))
    items = {item["id"]: item for item in data["items"]}
    edit(items)
    quiz = Quiz.model_validate({**data, "items": list(items.values())})
    return replace(lesson(rubric=rubric), quiz=quiz)


def other_key(items: Items) -> None:
    right, wrong = items["q01"]["options"]
    right.pop("right")
    wrong["right"] = True


def other_weight(items: Items) -> None:
    items["q02"]["points"] = 6
    items["q03"]["points"] = 4


def heavier_letter(items: Items) -> None:
    items["call"]["points"] = 5
    items["call"]["scheme"][0]["points"] = 4


def other_letter(items: Items) -> None:
    items["call"]["text"] = "Что вы ответите звонящему?"


def last_first(items: Items) -> None:
    turned = dict(reversed(items.items()))
    items.clear()
    items.update(turned)


def one_more(items: Items) -> None:
    items["q09"] = {**items["q01"], "id": "q09", "text": "Какой адрес чужой?"}


def another_id(items: Items) -> None:
    items["call"]["id"] = "letter"


def another_kind(items: Items) -> None:
    question = items.pop("call")
    options = [{"text": "Ничего", "right": True, "why": "Верно"}, {"text": "Код", "why": "Код не называют"}]
    items["call"] = {**items["q01"], "id": "call", "text": question["text"], "points": 3, "options": options}


EDITS: dict[str, Callable[[Items], Any]] = {
    "nothing": lambda items: None,
    "key": other_key,
    "weights": other_weight,
    "weight of a letter": heavier_letter,
    "wording of a letter": other_letter,
    "order": last_first,
    "one more": one_more,
    "one less": lambda items: items.pop("q01"),
    "no letter": lambda items: items.pop("call"),
    "other id": another_id,
    "other kind": another_kind,
}

CHANGED: dict[str, set[tuple[str, str, float | None, float | None]]] = {
    "nothing": set(),
    # 101 had chosen what is right now; the others had not.
    "key": {("101", "q01", 0, 1), ("102", "q01", 1, 0), ("103", "q01", 1, 0)},
    # What somebody gave in formgrader, half of q03, stays a half.
    "weights": {
        *{("101", "q02", 2, 4), ("102", "q02", 3, 6), ("103", "q02", 3, 6)},
        *{("101", "q03", 1, 2), ("102", "q03", 1, 2), ("103", "q03", 2, 4)},
    },
    "weight of a letter": {("103", "call", HALF, 4.5)},
    "wording of a letter": {("103", "call", HALF, None)},
    "order": set(),
    "one more": {("101", "q09", None, 0), ("102", "q09", None, 0), ("103", "q09", None, 0)},
    "one less": {("101", "q01", 0, None), ("102", "q01", 1, None), ("103", "q01", 1, None)},
    "no letter": {("102", "call", 0, None), ("103", "call", HALF, None)},
    "other id": {
        *{("102", "call", 0, None), ("103", "call", HALF, None)},
        *{("101", "letter", None, 0), ("102", "letter", None, 0), ("103", "letter", None, 0)},
    },
    "other kind": {("101", "call", None, 0), ("103", "call", HALF, 0)},
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Grade three learners; a letter was marked, and somebody gave points to a question in formgrader."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("course") / "data")
    journal = Journal(folder)
    journal.quiz(101, 1, PARTLY | {"exit": "o2", "call": TEXT})
    journal.quiz(102, 1, RIGHT | {"exit": "o1", "call": "  "})
    journal.quiz(103, 1, RIGHT | {"exit": "o2", "call": "Не скажу ничего."})
    journal.presses(103, "order", 1, "file", "leave")
    journal.close()
    gradebook.grade_lessons(folder, [lesson()])
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    with session(folder.gradebook) as engine, engine.opened() as book:
        book.find_grade("q03", LESSON, LESSON, "102").manual_score = 1.0
        book.db.commit()
    return folder


@pytest.fixture
def copied(graded: CourseFolder, tmp_path: Path) -> CourseFolder:
    """Give a copy of the graded class to change."""
    shutil.copytree(graded.path, tmp_path / "copy", copy_function=shutil.copy2)
    return CourseFolder.open(tmp_path / "copy")


def files(folder: CourseFolder) -> dict[str, str]:
    """Give what every file of the course folder says."""
    paths = [path for path in folder.path.rglob("*") if path.is_file() and "-wal" not in path.name]
    paths = [path for path in paths if "-shm" not in path.name and path.name != "grade.log"]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def marks(folder: CourseFolder, of: Lesson) -> dict[int, tuple[float, str] | None]:
    given = {one.learner: one.given for one in responses(folder, [of])}
    return {learner: (one.total, one.comment) if one else None for learner, one in given.items()}


def seen(folder: CourseFolder, of: Lesson) -> LessonPreview:
    (one,) = preview(folder, [of]).lessons
    return one


OFTEN = {"key", "no letter"}
"""Cases that ``make test`` has time for."""

NAMES = [name if name in OFTEN else pytest.param(name, marks=pytest.mark.thorough) for name in EDITS]


@pytest.mark.parametrize("name", NAMES)
def test_told_is_done_and_can_be_undone(copied: CourseFolder, name: str) -> None:
    new, before = edited(EDITS[name]), files(copied)
    scores, given = gradebook.scores(copied), marks(copied, lesson())
    told = seen(copied, new)
    assert {(one.learner, one.item, one.before, one.after) for one in told.changes} == CHANGED[name]
    assert {one.cause for one in told.changes} <= {"content"}
    assert told.asks is (bool(CHANGED[name]))
    assert files(copied) == before
    assert [one.id for one in changed_lessons(copied, [new])] == ([] if name == "nothing" else [LESSON])

    report = gradebook.grade_lessons(copied, [new])
    assert report.scores[LESSON] == told.scores
    assert seen(copied, new).changes == ()
    assert changed_lessons(copied, [new]) == []

    back = gradebook.grade_lessons(copied, [lesson()])
    assert back.scores == scores
    assert marks(copied, lesson()) == given
    assert not (copied.gradebook / "aside").exists() or not list((copied.gradebook / "aside").iterdir())


@pytest.mark.thorough
def test_marks_lie_aside_until_their_question_is_back(copied: CourseFolder) -> None:
    gradebook.grade_lessons(copied, [edited(other_letter)])
    assert "103" in (copied.gradebook / "aside" / f"{LESSON}.json").read_text(encoding="utf-8")
    gradebook.mark(copied, edited(other_letter), 103, "call", {"code": 0, "bank": 1}, comment="Теперь так")
    gradebook.grade_lessons(copied, [lesson()])
    assert marks(copied, lesson())[103] == (HALF, "Хорошо!")
    gradebook.grade_lessons(copied, [edited(other_letter)])
    assert marks(copied, edited(other_letter))[103] == (1, "Теперь так")


@pytest.mark.thorough
def test_grader_killed_between_loses_no_mark(copied: CourseFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assignment is dropped and graded anew; whatever dies, the marks come back with the next run."""
    new = edited(lambda items: items.pop("q01"))
    for step in ("generate", "autograde", "grades"):
        with monkeypatch.context() as broken:
            broken.setattr(FastEngine, step, _dies)
            with pytest.raises(KeyboardInterrupt):
                gradebook.grade_lessons(copied, [new])
    gradebook.grade_lessons(copied, [new])
    assert marks(copied, new)[103] == (HALF, "Хорошо!")


@pytest.mark.thorough
def test_marks_of_an_older_release_of_the_program_stay(copied: CourseFolder) -> None:
    """Notebooks of before 2026-11 do not name the wording; their question is known by its text."""
    path = copied.gradebook / "autograded" / "103" / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        cell.metadata.get("ecitizen", {}).pop("wording", None)
    path.chmod(0o644)
    nbformat.write(notebook, path)
    (copied.gradebook / "built" / f"{LESSON}.sha256").write_text("older", encoding="utf-8")
    assert seen(copied, lesson()).changes == ()
    gradebook.grade_lessons(copied, [edited(other_key)])
    assert marks(copied, lesson())[103] == (HALF, "Хорошо!")


def _dies(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.thorough
def test_release_is_the_same_bytes_in_every_folder(copied: CourseFolder, tmp_path: Path) -> None:
    other = CourseFolder.create(tmp_path / "other")
    gradebook.grade_lessons(other, [lesson()])
    for step in ("source", "release"):
        one, two = (folder.gradebook / step / LESSON / f"{LESSON}.ipynb" for folder in (copied, other))
        assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "writes"),
    [
        ([], 1, False),
        pytest.param(["--preview"], 0, False, marks=pytest.mark.thorough),
        pytest.param(["--preview", "--json"], 0, False, marks=pytest.mark.thorough),
        pytest.param(["--yes"], 0, True, marks=pytest.mark.thorough),
    ],
    ids=["asks", "preview", "as JSON", "yes"],
)
def test_command_writes_nothing_unseen(
    copied: CourseFolder, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, writes: bool
) -> None:
    monkeypatch.setattr(content, "lesson", lambda *_: edited(other_key))
    monkeypatch.setattr(content, "lesson_ids", lambda *_: [LESSON])
    before = files(copied)
    result = CliRunner().invoke(cli, ["grade", "--data", str(copied.path), *arguments])
    assert result.exit_code == code, result.output
    assert (files(copied) != before) is writes
    assert gradebook.scores(copied)[LESSON]["102"]["q01"] == (0 if writes else 1)
    if "--json" in arguments:
        (one,) = json.loads(result.stdout)["lessons"]
        assert one["totals"] == {"101": 1, "102": -1, "103": -1}
    elif not writes:
        assert "q01: больше у 1, меньше у 2, в среднем −0,33" in result.output
        assert "ученик 102: 1 → 0" in result.output
    if not arguments:
        assert "ecitizen grade --preview" in result.stderr
