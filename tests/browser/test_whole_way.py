"""The whole way: a card, a lesson by keyboard, plugs pulled in the middle, a grade, an indicator, a paper."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import docx
import pytest
from playwright.sync_api import expect

from ecitizen import content
from tests.browser.hand import LESSON, Hand
from tests.browser.rig import Course, Visit, serve, violations

pytestmark = pytest.mark.browser


def ecitizen(*arguments: str) -> str:
    """Run the command as a librarian would; gives what it printed."""
    command = [sys.executable, "-m", "ecitizen", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_learner_reaches_the_report(course: Course, visit: Visit, tmp_path: Path) -> None:
    hand = Hand(visit.page, course)
    hand.enter(course)
    hand.press(f'a[href*="/lesson/{LESSON}"]')
    hand.opened()
    assert violations(visit.page) == []

    hand.go_to(5)
    for _ in range(3):
        hand.next_press("order")
    hand.expect_break()
    course.kill_kernels()
    hand.came_back()
    hand.shows("order")

    hand.next_press("order")
    hand.expect_break()
    course.kill()
    course.process = serve(course.data, course.port).process
    hand.came_back()
    hand.shows("order")
    hand.finish("order")
    expect(visit.page.locator(".step:not([hidden]) .portal .title")).to_have_text(content.texts()["portal"]["finished"])
    assert violations(visit.page) == []

    hand.go_to(6)
    hand.finish("withdraw")
    hand.go_to(7)
    hand.answer_all()
    assert violations(visit.page) == []
    assert visit.foreign(course.url) == []
    _paper_tells_of_it(course, tmp_path)


def _paper_tells_of_it(course: Course, tmp_path: Path) -> None:
    data = ["--data", str(course.data)]
    _attend(course, tmp_path)
    scores: dict[str, Any] = json.loads(ecitizen("grade", "--json", *data))["scores"][LESSON]
    rubric, quiz = content.rubric(LESSON), content.quiz(LESSON)
    assert sum(scores[course.card].values()) == sum(part.points for part in (*rubric.criteria, *quiz.items))

    year = str(date.today().year)
    period = ["--from", f"01.01.{year}", "--to", f"31.12.{year}"]
    rows = json.loads(ecitizen("indicators", "omsk", "--json", *period, *data))["rows"]
    reasons = json.loads(ecitizen("indicators", "omsk", "--json", "--explain", "trained", *period, *data))["facts"]
    assert any(course.card in reason["text"] for reason in reasons)

    out = tmp_path / "otchet.docx"
    ecitizen("report", "omsk", "--year", year, "--appendix", "full", "--out", str(out), *data)
    tables = docx.Document(str(out)).tables
    text = "\n".join(cell.text for table in tables for row in table.rows for cell in row.cells)
    for row in rows:
        assert row["name"] in text
    assert f"Карточка {course.card}" in text


def _attend(course: Course, tmp_path: Path) -> None:
    """Note in the register that the learner was in class today."""
    path = tmp_path / "attendance.csv"
    path.write_text(
        f"Дата;Группа;Урок;Номер карточки\n{date.today():%d.%m.%Y};Г-1;{LESSON};{course.card}\n", encoding="utf-8"
    )
    ecitizen("register", "import", "attendance", str(path), "--data", str(course.data))
