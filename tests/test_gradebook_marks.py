"""Marks of a person in nbgrader's gradebook: read back, in conflict, taken back; second opinions beside them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from letters_class import ALL, ITEM, LESS, LESSON, graded, write

from ecitizen import content, gradebook
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.manual import MarkConflict, responses, unmark
from ecitizen.gradebook.second import FOLDER, compare, mark_second, opinions, second_given, unmark_second

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Grade a class of eight letters once."""
    return graded(tmp_path_factory.mktemp("graded") / "data")


@pytest.fixture
def copied(template: CourseFolder, tmp_path: Path) -> CourseFolder:
    """Give a copy of the class to change."""
    shutil.copytree(template.path, tmp_path / "copy")
    return CourseFolder.open(tmp_path / "copy")


@pytest.fixture
def lesson() -> content.Lesson:
    return content.lesson(LESSON)


def test_mark_is_read_back_line_by_line(copied: CourseFolder, lesson: content.Lesson) -> None:
    gradebook.mark(copied, lesson, 102, ITEM, LESS, comment="Хорошо:\n\nочень хорошо!")
    given = {one.learner: one.given for one in responses(copied, [lesson])}
    mark = given[102]
    assert given[103] is None
    assert mark is not None
    assert (mark.points, mark.total, mark.comment) == (LESS, 3.5, "Хорошо:\n\nочень хорошо!")


def test_mark_of_formgrader_has_no_lines(copied: CourseFolder, lesson: content.Lesson) -> None:
    from nbgrader.api import Gradebook

    gradebook.mark(copied, lesson, 102, ITEM, ALL)
    with Gradebook(f"sqlite:///{copied.gradebook / 'gradebook.db'}", "ecitizen") as book:
        book.find_grade(ITEM, LESSON, LESSON, "102").manual_score = 2
        book.db.commit()
    given = {one.learner: one.given for one in responses(copied, [lesson])}[102]
    assert given is not None
    assert (given.points, given.total) == (None, 2)


def test_two_marks_of_one_reading_conflict(copied: CourseFolder, lesson: content.Lesson) -> None:
    gradebook.mark(copied, lesson, 102, ITEM, ALL, before="")
    gradebook.mark(copied, lesson, 102, ITEM, ALL, before="")
    with pytest.raises(MarkConflict) as conflict:
        gradebook.mark(copied, lesson, 102, ITEM, LESS, before="")
    assert conflict.value.given is not None
    assert conflict.value.given.points == ALL
    assert gradebook.scores(copied)[LESSON]["102"][ITEM] == 5


def test_mark_taken_back_waits_again(copied: CourseFolder, lesson: content.Lesson) -> None:
    gradebook.mark(copied, lesson, 102, ITEM, ALL, comment="Да")
    stamp = next(one.stamp for one in responses(copied, [lesson]) if one.learner == 102)
    with pytest.raises(MarkConflict):
        unmark(copied, lesson, 102, ITEM, "another")
    for _ in range(2):
        unmark(copied, lesson, 102, ITEM, stamp)
    assert 102 in {one.learner for one in gradebook.waiting(copied, [lesson])}
    assert ITEM not in gradebook.scores(copied)[LESSON]["102"]


def test_second_opinion_counts_in_no_score(copied: CourseFolder, lesson: content.Lesson) -> None:
    gradebook.mark(copied, lesson, 102, ITEM, ALL)
    mark_second(copied, lesson, 102, ITEM, LESS, comment="Иначе")
    mark_second(copied, lesson, 103, ITEM, ALL)
    assert gradebook.scores(copied)[LESSON]["102"][ITEM] == 5
    (found,) = compare(responses(copied, [lesson]), opinions(copied, LESSON))
    assert (found.both, found.agreement.judged, found.agreement.same) == (1, 4, 3)
    assert [one.response.learner for one in found.different] == [102]


@pytest.mark.thorough
def test_second_opinion_is_about_one_text(copied: CourseFolder, lesson: content.Lesson) -> None:
    mark_second(copied, lesson, 102, ITEM, ALL)
    write(copied, 102, "Совсем другое письмо", run=1)
    gradebook.grade_lessons(copied, [lesson])
    answer = next(one for one in responses(copied, [lesson]) if one.learner == 102)
    assert second_given(answer, opinions(copied, LESSON)) is None


def test_second_opinion_conflicts_and_is_taken_back(copied: CourseFolder, lesson: content.Lesson) -> None:
    mark_second(copied, lesson, 102, ITEM, ALL, before="")
    mark_second(copied, lesson, 102, ITEM, ALL, before="")
    with pytest.raises(MarkConflict) as conflict:
        mark_second(copied, lesson, 102, ITEM, LESS, before="")
    assert conflict.value.given is not None
    unmark_second(copied, lesson, 102, ITEM, conflict.value.given.stamp)
    assert opinions(copied, LESSON) == {}


@pytest.mark.parametrize("text", ["{", '{"101": {"q10": {}}}', '{"a": {"q10": 5}}', "[1]", "\ufeff{}"])
def test_torn_file_of_opinions_is_told(copied: CourseFolder, text: str) -> None:
    path = copied.gradebook / FOLDER / f"{LESSON}.json"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match="второй проверки не читается"):
        opinions(copied, LESSON)
