"""What a learner is told on paper and on a page, and what nbgrader's own feedback shows: no key in any of them."""

from __future__ import annotations

import html
import io
import json
import re
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from pypdf import PdfReader
from test_gradebook_inbox import FIRST, LESSON, SECOND, note
from traitlets.config import Config, PyFileConfigLoader

from ecitizen import content, gradebook
from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import Assignment, assignment
from ecitizen.gradebook.engine import quiet
from ecitizen.gradebook.exporting import results
from ecitizen.gradebook.feedback import MOST_TO_REPEAT, Feedback, Remark, feedback, remarks
from ecitizen.gradebook.outcomes import Outcome
from ecitizen.gradebook.settings import CONFIG_FILE, write_settings
from ecitizen.gradebook.writing import notebook_text
from ecitizen.notebooks.feedback import feedback_page, feedback_pdf
from ecitizen.practice.quiz import Written

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DAY = date(2026, 3, 2)


def told(points: dict[str, float | None], lesson: str = LESSON, remark: str = "") -> Feedback:
    """Give the feedback of one learner who has so many points, nothing for the rest."""
    known = content.lesson(lesson)
    found = [
        Outcome(
            learner="7", lesson=lesson, item=part.id, skill=part.skill, most=float(part.points), at=AT,
            points=points.get(part.id, 0.0), waits=part.id in points and points[part.id] is None,
        )
        for part in (*known.quiz.items, *known.rubric.criteria)
    ]  # fmt: skip
    (one,) = feedback(found, {"7": [Remark(lesson=known.title, text=remark)]} if remark else None)
    return one


def most(lesson: str = LESSON) -> dict[str, float | None]:
    known = content.lesson(lesson)
    return {part.id: float(part.points) for part in (*known.quiz.items, *known.rubric.criteria)}


def keys_of(built: Assignment) -> set[str]:
    """Give what nobody may read off: keys, hidden tests, explanations; but for what stands in open texts."""
    rubric = content.lesson(built.lesson).rubric
    said = {text for criterion in rubric.criteria for text in (criterion.yes, criterion.no)}
    # A word of a key may also be a word of a skill's name.
    said |= {*content.skills().values()}
    return {secret for secret in built.secrets if not any(secret in text for text in said)}


def page_of(one: Feedback) -> str:
    """Give the page with plain spaces."""
    return feedback_page(asdict(one), DAY).decode().replace(chr(0xA0), " ")


def plain(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def test_all_done_well_leaves_nothing_to_repeat() -> None:
    one = told(most())
    assert one.again == ()
    assert (one.more, one.waiting) == (0, 0)
    assert {skill.share for skill in one.well} == {1.0}
    page = page_of(one)
    assert "Повторять нечего" in page


def test_nothing_done_names_few_skills_and_where_to_repeat_them() -> None:
    one = told({})
    assert one.well == ()
    assert len(one.again) == MOST_TO_REPEAT
    assert one.more > 0
    page = page_of(one)
    assert "Умение придёт с повторением" in page
    assert content.lesson(LESSON).title in page
    assert f"умений: {one.more}" in page


def test_sentences_are_of_the_rubric() -> None:
    rubric = content.lesson(LESSON).rubric
    first = rubric.criteria[0]
    done, undone = told(most()), told({})
    assert first.yes in {text for skill in done.well for text in skill.said}
    assert {text for skill in undone.again for text in skill.said} <= {criterion.no for criterion in rubric.criteria}


def test_page_says_first_what_went_well() -> None:
    points = most()
    points[content.lesson(LESSON).rubric.criteria[-1].id] = 0.0
    page = page_of(told(points))
    assert page.index("Что получилось") < page.index("Что повторить") < page.index("Ваши баллы")


def test_waiting_answer_is_counted_apart() -> None:
    points = most() | {FIRST[0]: None}
    one = told(points)
    assert one.waiting == 1
    (lesson,) = one.lessons
    assert lesson.points == lesson.most
    assert "прочитает ведущий: 1" in page_of(one)


@pytest.mark.parametrize("lesson", content.lesson_ids())
def test_no_lesson_lets_a_key_into_the_feedback(lesson: str) -> None:
    keys = keys_of(assignment(content.lesson(lesson)))
    for points in ({}, most(lesson)):
        page = page_of(told(points, lesson))
        assert not [key for key in keys if key in page or key in plain(page)]


def test_remark_of_the_marker_is_told_as_text() -> None:
    one = told({}, remark="Хорошо! <script>alert(1)</script> #strong[x]")
    page = page_of(one)
    assert "Что пишет ведущий" in page
    assert "Хорошо! &lt;script&gt;" in page
    assert "Что пишет ведущий" not in page_of(told({}))
    pages = PdfReader(io.BytesIO(feedback_pdf(asdict(one), DAY))).pages
    assert "#strong[x]" in " ".join(page.extract_text() for page in pages)


def test_page_fetches_nothing_and_escapes_texts() -> None:
    one = asdict(told({})) | {"learner": "<script>alert(1)</script>"}
    page = feedback_page(one, DAY).decode()
    assert "<script" not in page
    assert not re.findall(r"(?:src|href|url|@import)\s*[=(]", page)


def test_paper_says_the_same_as_the_page() -> None:
    one = told({content.lesson(LESSON).rubric.criteria[0].id: 2.0})
    reader = PdfReader(io.BytesIO(feedback_pdf(asdict(one), DAY)))
    text = " ".join(" ".join(page.extract_text().replace("\u00a0", " ") for page in reader.pages).split())
    for skill in (*one.well, *one.again):
        assert skill.skill in text
    assert "Карточка № 7" in text
    assert "02.03.2026" in text
    assert "Данные выдуманы" not in text
    sizes: set[float] = set()
    reader.pages[0].extract_text(
        visitor_text=lambda text, _, matrix, __, size: sizes.add(size) if text.strip() else None
    )
    assert min(sizes) >= 12


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    folder = CourseFolder.create(tmp_path_factory.mktemp("course") / "course")
    note(folder, 101, 1, 0, FIRST)
    note(folder, 102, 1, 1, FIRST, SECOND)
    gradebook.grade(folder, LESSON)
    return folder


def run(folder: CourseFolder, *arguments: str) -> Any:
    return CliRunner().invoke(cli, ["feedback", *arguments, "--data", str(folder.path)], catch_exceptions=False)


@pytest.mark.slow
def test_remarks_come_from_the_marks(graded: CourseFolder) -> None:
    lesson = next(
        lesson
        for lesson in map(content.lesson, content.lesson_ids())
        if any(item.kind == "written" for item in lesson.quiz.items)
    )
    item = next(item for item in lesson.quiz.items if isinstance(item, Written))
    note(graded, 103, 1, 3, (item.id, "Спрошу у библиотекаря."), lesson=lesson.id)
    gradebook.grade(graded, lesson.id)
    gradebook.mark(graded, lesson, 103, item.id, {line.id: line.points for line in item.scheme}, comment="Верно.")
    found = results(graded, [lesson.id])
    assert remarks(graded, found) == {"103": [Remark(lesson=lesson.title, text="Верно.")]}


@pytest.mark.slow
def test_command_writes_page_and_paper(graded: CourseFolder, tmp_path: Path) -> None:
    done = run(graded, "102", "--out", str(tmp_path / "out"), "--json")
    assert done.exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"102.html", "102.pdf"}
    assert json.loads(done.stdout)[0]["learner"] == "102"
    assert run(graded, "999", "--out", str(tmp_path / "none")).exit_code == 1
    assert run(graded, "--out", str(tmp_path)).exit_code == 2
    assert "такой нет" in run(graded, "--group", "Г-9", "--out", str(tmp_path)).output


def nbgraders_page(folder: CourseFolder, lesson: str, learner: str) -> str:
    """Make nbgrader's own feedback with the settings of the folder."""
    config = Config(PyFileConfigLoader(CONFIG_FILE, path=str(folder.gradebook)).load_config())
    course = CourseDirectory(config=config)
    course.assignment_id, course.student_id = lesson, learner
    app = GenerateFeedback(coursedir=course, config=config)
    app.force = True
    with quiet():
        app.start()
    return (folder.gradebook / "feedback" / learner / lesson / f"{lesson}.html").read_text("utf-8")


@pytest.mark.slow
def test_nbgraders_own_feedback_shows_no_key_and_fetches_nothing(graded: CourseFolder) -> None:
    page = nbgraders_page(graded, LESSON, "102")
    keys = keys_of(assignment(content.lesson(LESSON)))
    assert not [key for key in keys if key in page or key in plain(page)]
    assert "Score:" in page
    assert "<script" not in page
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//(?!getbootstrap|github)""", page)


@pytest.mark.parametrize("lesson", content.lesson_ids())
def test_no_key_of_any_item_passes_nbgraders_feedback(tmp_path: Path, lesson: str) -> None:
    write_settings(tmp_path)
    config = Config(PyFileConfigLoader(CONFIG_FILE, path=str(tmp_path)).load_config())
    kinds = config.GenerateFeedback.preprocessors
    assert [kind.__name__ for kind in kinds] == [
        "ClearHiddenTests", "ClearMarkScheme", "GetGrades", CSSHTMLHeaderPreprocessor.__name__,
    ]  # fmt: skip
    built = assignment(content.lesson(lesson))
    shown = nbformat.reads(notebook_text(built.source), as_version=4)
    for kind in kinds[:2]:
        shown, _ = kind(config=config).preprocess(shown, {})
    text = notebook_text(shown)
    assert not [secret for secret in built.secrets if secret in text or json.dumps(secret)[1:-1] in text]
