"""Written answers through nbgrader: they wait for a person, and what a person has said stays."""

from __future__ import annotations

import html
import re
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from test_gradebook import PARTLY, RIGHT, Again, Journal
from test_gradebook_assignment import LESSON, cells, probe

from ecitizen import gradebook
from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import assignment, leaks, notebook_text
from ecitizen.gradebook.engine import session
from ecitizen.gradebook.submission import NO_TEXT, written_source
from ecitizen.gradebook.work import EngineName

ADDED = """
  - id: exit
    kind: find
    skill: log-out
    difficulty: 1
    points: 1
    text: Найдите выход.
    screen:
      host: gosuslugi.ru
      title: Кабинет
      lines: ["Анна Петровна", [{text: Заявки, why: Не здесь}, {text: Выйти, right: true}], [{text: Профиль, why: Нет}]]
  - id: call
    kind: written
    skill: keep-code
    difficulty: 3
    points: 3
    text: Что вы скажете звонящему?
    sample: Скажу, что код не назову.
    why: Код знаете только вы
    scheme: [{id: code, text: Код остаётся тайной, points: 2}, {id: bank, text: Позвонит в банк, points: 1}]
"""
TEXT = "Положу трубку <b>сразу</b>.\n\n# Потом\nпозвоню в банк & дочери."
ALL = {"code": 2, "bank": 0.5}
HALF = 2.5


def lesson(change: tuple[str, str] = ("", ""), rubric: tuple[str, str] = ("", "")) -> Lesson:
    """Give the lesson with two questions more, with one piece of them written otherwise."""
    return probe(("items:", f"items:{ADDED.replace(*change)}"), rubric)


def grade_again(engine: EngineName, folder: CourseFolder, of: Lesson | None = None) -> gradebook.GradeReport:
    return gradebook.grade_lessons(folder, [of or lesson()], engine=engine)


def asked(folder: CourseFolder) -> dict[int, str]:
    """Give the texts that wait, by learner."""
    return {answer.learner: answer.text for answer in gradebook.waiting(folder, [lesson()])}


@pytest.fixture(scope="module", params=["fast", pytest.param("stock", marks=pytest.mark.thorough)])
def engine(request: pytest.FixtureRequest) -> EngineName:
    """Name the engine that grades."""
    name: EngineName = request.param
    return name


@pytest.fixture
def again(engine: EngineName) -> Again:
    """Give what grades a folder with this engine."""
    return partial(grade_again, engine)


@pytest.fixture(scope="module")
def graded(engine: EngineName, tmp_path_factory: pytest.TempPathFactory) -> tuple[CourseFolder, gradebook.GradeReport]:
    """Grade three learners: one wrote, one wrote only spaces, one had all right and wrote; the last one was marked."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("course") / "data")
    journal = Journal(folder)
    journal.quiz(101, 1, PARTLY | {"exit": "o2", "call": TEXT})
    journal.quiz(102, 1, RIGHT | {"exit": "o1", "call": "  "})
    journal.quiz(103, 1, RIGHT | {"exit": "o2", "call": "Не скажу ничего."})
    journal.presses(103, "order", 1, "file", "leave")
    journal.presses(103, "look", 1, "status")
    journal.close()
    report = grade_again(engine, folder)
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    return folder, report


@pytest.fixture
def copied(graded: tuple[CourseFolder, Any], tmp_path: Path) -> CourseFolder:
    """Give a copy of the graded class to change."""
    shutil.copytree(graded[0].path, tmp_path / "copy", copy_function=shutil.copy2)
    return CourseFolder.open(tmp_path / "copy")


def answer(folder: CourseFolder, learner: int, run: int, **answers: Any) -> None:
    journal = Journal(folder)
    journal.quiz(learner, run, answers)
    journal.close()


@pytest.mark.slow
def test_written_answer_is_pending_and_has_no_points(graded: tuple[CourseFolder, gradebook.GradeReport]) -> None:
    report = graded[1]
    assert report.pending == {LESSON: {"101": ["call"], "103": ["call"]}}
    points = {who: scores.get("call") for who, scores in report.scores[LESSON].items()}
    assert points == {"101": None, "102": 0, "103": None}
    assert [scores["exit"] for scores in report.scores[LESSON].values()] == [1, 0, 1]
    assert report.to_json()["pending"] == report.pending
    assert "ждут проверки человеком: 2" in report.text()


@pytest.mark.slow
def test_second_grading_of_pending_does_nothing(copied: CourseFolder, again: Again) -> None:
    report = again(copied)
    assert (report.graded, report.unchanged) == (0, 3)
    assert report.pending == {LESSON: {"101": ["call"]}}
    assert report.scores[LESSON]["103"]["call"] == HALF


@pytest.mark.slow
def test_queue_tells_what_is_to_be_read(graded: tuple[CourseFolder, Any]) -> None:
    (waits,) = gradebook.waiting(graded[0], [lesson()])
    assert (waits.learner, waits.lesson, waits.item) == (101, LESSON, "call")
    assert (waits.question, waits.text) == ("Что вы скажете звонящему?", TEXT)
    assert [line.id for line in waits.scheme] == ["code", "bank"]
    assert waits.sample == "Скажу, что код не назову."
    assert waits.at == datetime(2026, 3, 1, 9, 10, tzinfo=UTC)


@pytest.mark.slow
def test_points_reach_nbgraders_gradebook(graded: tuple[CourseFolder, Any]) -> None:
    from nbgrader.api import Gradebook

    assert gradebook.scores(graded[0])[LESSON]["103"]["call"] == HALF
    with Gradebook(f"sqlite:///{graded[0].gradebook / 'gradebook.db'}", "ecitizen") as book:
        grade = book.find_grade("call", LESSON, LESSON, "103")
        assert (grade.manual_score, grade.auto_score, grade.needs_manual_grade) == (HALF, None, False)
        comment = book.find_comment("call", LESSON, LESSON, "103").comment
        assert comment == "Код остаётся тайной: 2 из 2\nПозвонит в банк: 0.5 из 1\n\nХорошо!"
        assert book.find_submission(LESSON, "103").needs_manual_grade is False
        assert book.find_submission(LESSON, "101").needs_manual_grade is True


@pytest.mark.slow
def test_mark_can_be_put_right(copied: CourseFolder) -> None:
    assert gradebook.mark(copied, lesson(), 103, "call", {"code": 0, "bank": 1}) == 1
    assert gradebook.scores(copied)[LESSON]["103"]["call"] == 1


WRONG: dict[str, tuple[int, str, dict[str, float], dict[str, str], str]] = {
    "unknown line": (101, "call", ALL | {"tone": 1}, {}, "критерия 'tone' нет"),
    "forgotten line": (101, "call", {"code": 1}, {}, "нет баллов за 'bank'"),
    "too many points": (101, "call", {"code": 3, "bank": 0}, {}, "за 'code' дано 3"),
    "less than nothing": (101, "call", {"code": -1, "bank": 0}, {}, "дано -1"),
    "no number": (101, "call", {"code": float("nan"), "bank": 0}, {}, "дано nan"),
    "long comment": (101, "call", ALL, {"comment": "а" * 2001}, "длиннее 2000"),
    "nobody": (999, "call", ALL, {}, "ответа ученика 999 здесь нет"),
    "nothing written": (102, "call", ALL, {}, "ответа ученика 102 здесь нет"),
    "no such question": (101, "why", ALL, {}, "вопроса 'why' нет"),
    "question that needs nobody": (101, "exit", ALL, {}, "вопроса 'exit' нет"),
    "another text": (101, "call", ALL, {"version": "0" * 64}, "написал другой ответ"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("learner", "item", "points", "more", "words"), WRONG.values(), ids=WRONG)
def test_points_that_do_not_fit_change_nothing(
    graded: tuple[CourseFolder, Any], learner: int, item: str, points: dict[str, float], more: Any, words: str
) -> None:
    with pytest.raises(CourseError, match=words):
        gradebook.mark(graded[0], lesson(), learner, item, points, **more)
    assert asked(graded[0]) == {101: TEXT}


@pytest.mark.slow
def test_read_version_is_marked(copied: CourseFolder) -> None:
    (waits,) = gradebook.waiting(copied, [lesson()])
    gradebook.mark(copied, lesson(), 101, "call", ALL, version=waits.version)
    assert asked(copied) == {}


@pytest.mark.slow
def test_regrade_keeps_points_of_the_same_text(copied: CourseFolder, again: Again) -> None:
    answer(copied, 103, 1, exit="o1")
    report = again(copied)
    assert report.graded == 1
    assert report.scores[LESSON]["103"]["exit"] == 0
    assert report.scores[LESSON]["103"]["call"] == HALF
    assert asked(copied) == {101: TEXT}


@pytest.mark.slow
def test_corrected_key_keeps_points_of_the_same_text(copied: CourseFolder, again: Again) -> None:
    report = again(copied, lesson(rubric=("points: 3", "points: 4")))
    assert report.graded == 3
    assert report.scores[LESSON]["103"]["call"] == HALF


@pytest.mark.slow
def test_changed_text_asks_again(copied: CourseFolder, again: Again) -> None:
    answer(copied, 103, 1, call="Передумал: скажу код.")
    report = again(copied)
    assert report.pending[LESSON] == {"101": ["call"], "103": ["call"]}
    assert "call" not in report.scores[LESSON]["103"]
    assert asked(copied)[103] == "Передумал: скажу код."


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [("text: Что вы скажете", "text: Что вы ответите"), ("Позвонит в банк", "Позвонит родным")],
    ids=["question", "scheme"],
)
def test_changed_question_asks_again(copied: CourseFolder, change: tuple[str, str], again: Again) -> None:
    report = again(copied, lesson(change))
    assert report.pending[LESSON] == {"101": ["call"], "103": ["call"]}


@pytest.mark.slow
def test_marks_made_in_formgrader_stay_too(copied: CourseFolder, again: Again) -> None:
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{copied.gradebook / 'gradebook.db'}", "ecitizen") as book:
        grade = book.find_grade("call", LESSON, LESSON, "101")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    answer(copied, 101, 1, exit="o1")
    assert again(copied).scores[LESSON]["101"]["call"] == 1.5
    assert asked(copied) == {}


@pytest.mark.slow
def test_marking_waits_for_the_grader(graded: tuple[CourseFolder, Any]) -> None:
    import sqlite3

    lock = sqlite3.connect(graded[0].gradebook / "grade.lock", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match="другим оцениванием"):
        gradebook.mark(graded[0], lesson(), 101, "call", ALL)
    lock.close()


@pytest.mark.slow
@pytest.mark.parametrize("points", [{"code": 0, "bank": 0}, {"code": 2, "bank": 1}], ids=["nothing", "all"])
def test_person_decides_about_no_pass(copied: CourseFolder, points: dict[str, float]) -> None:
    before = gradebook.completions(copied, 100)
    assert [(fact.person, fact.text.endswith("24 из 24 баллов")) for fact in before] == [(103, True)]
    gradebook.mark(copied, lesson(), 103, "call", points)
    assert gradebook.completions(copied, 100) == before


@pytest.mark.slow
def test_release_shows_no_sample_and_no_scheme(graded: tuple[CourseFolder, Any]) -> None:
    text = (graded[0].gradebook / "release" / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8")
    for secret in ("MARK SCHEME", "код не назову", "остаётся тайной", "Код знаете только вы"):
        assert secret not in text


@pytest.mark.slow
def test_marker_sees_the_scheme_beside_the_answer(graded: tuple[CourseFolder, Any]) -> None:
    path = graded[0].gradebook / "autograded" / "101" / LESSON / f"{LESSON}.ipynb"
    shown = cells(nbformat.read(path, as_version=4))
    assert "- Код остаётся тайной — 2" in shown["ask-call"].source
    assert "Скажу, что код не назову." in shown["ask-call"].source
    assert "Положу трубку &#60;b&#62;" in shown["call"].source


def test_folder_without_grades_has_no_queue(tmp_path: Path) -> None:
    assert gradebook.waiting(CourseFolder.create(tmp_path / "new"), [lesson()]) == []


def test_written_cell_is_nbgraders_manual_one() -> None:
    from nbgrader.nbgraderformat import MetadataValidator

    source = assignment(lesson()).source
    MetadataValidator().validate_nb(source)
    role = cells(source)["call"].metadata.nbgrader
    assert (role.grade, role.solution, role.locked, role.points) == (True, True, False, 3.0)
    assert cells(source)["call"].source == NO_TEXT


def test_source_with_its_scheme_is_noticed() -> None:
    built = assignment(lesson())
    assert leaks(built, notebook_text(built.visible)) == []
    assert any("MARK SCHEME" in fault or "ask-call" in fault for fault in leaks(built, notebook_text(built.source)))


HOSTILE = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "closing": "</pre></div><script>alert(1)</script>",
    "markdown": "# Заголовок\n\n- [ссылка](javascript:alert(1)) **жирно** `код` ![картинка](http://x/y.png)",
    "formula": "$$\\href{javascript:alert(1)}{x}$$ \\(x\\) $x$",
    "references": "&lt;script&gt; &#60;script&#62;",
    "markers": "### BEGIN SOLUTION\n### END HIDDEN TESTS\n<!-- BEGIN MARK SCHEME -->",
    "code": "    import os\n```python\n%%bash\nrm -rf /\n```",
    "odd": "а\0б\x1bв\u2028г\ud800д\u202eе",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_of_a_text_comes_to_life(text: str) -> None:
    source = written_source(text)
    assert "\n" not in source
    source.encode("utf-8")
    cell = nbformat.v4.new_markdown_cell(source)
    shown, _ = HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    inside = shown.split('<pre style="white-space: pre-wrap">')[1].split("</pre>")[0]
    assert "<" not in inside
    assert html.unescape(inside).split() == re.sub("[\0\x1b\ud800]", "", text).split()
    # MathJax leaves alone what stands in <pre>, and nothing of the text stands elsewhere.
    assert re.findall("<(script|img|a|h1|code|math)", shown.split("</pre>")[1]) == []


@pytest.mark.parametrize(
    "nothing", [None, "", " \n\t", "\0", 5, ["да"], {"a": "b"}, "а" * 4001], ids=lambda v: repr(v)[:9]
)
def test_nothing_to_read_is_an_empty_cell(nothing: Any) -> None:
    assert written_source(nothing) == NO_TEXT


@pytest.mark.slow
def test_engine_refuses_a_cell_that_is_not_there(copied: CourseFolder) -> None:
    from nbgrader.api import MissingEntry

    with session(copied.gradebook) as engine, pytest.raises(MissingEntry):
        engine.mark(LESSON, "999", "call", 1.0, "")
