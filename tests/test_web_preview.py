"""A key put right while the class has scores: the desk tells whose points change, asks, and then writes."""

from __future__ import annotations

import re
import shutil
import time
import uuid
from pathlib import Path

import pytest
from web_class import ROOT, Browser, course_folder

from ecitizen import content, gradebook
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.web import running

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

LESSON = "01-gosuslugi"
CHOSEN = {101: "o1", 102: "o2", 103: "o2"}


def graded_class(path: Path) -> CourseFolder:
    """Let three learners answer the first question, and grade them."""
    folder = course_folder(path)
    engine = open_engine(folder.database_url)
    for learner, option in CHOSEN.items():
        body = {"do": "answer", "item": "q01", "answer": option}
        event = Event(id=str(uuid.uuid4()), lesson=LESSON, activity="quiz", run=1, body=body)
        Store(engine).for_learner(learner).append(event)
    engine.dispose()
    gradebook.grade(folder, LESSON)
    return folder


def other_content(root: Path) -> Path:
    """Copy the content and make the first option of the first question the right one, for twice the points."""
    for kind in ("quizzes", "graders", "widgets", "lessons"):
        shutil.copytree(ROOT / kind, root / kind)
    path = root / "quizzes" / f"{LESSON}.yaml"
    head, tail = path.read_text("utf-8").split("  - id: q02", 1)
    head = head.replace(", right: true", ", why: Нет").replace("points: 1", "points: 2")
    head = re.sub(r"(\{text: Закрыть окно крестиком), why: .*\}", r"\1, right: true}", head)
    path.write_text(f"{head}  - id: q02{tail}", encoding="utf-8")
    assert content.quiz(LESSON, root).items[0].points == 2
    return root


def points(folder: CourseFolder) -> dict[str, float]:
    return {learner: found["q01"] for learner, found in gradebook.scores(folder)[LESSON].items()}


def test_changed_key_is_shown_before_it_counts(tmp_path: Path) -> None:
    folder = graded_class(tmp_path / "data")
    assert points(folder) == {"101": 0, "102": 1, "103": 1}
    with running(folder, content=str(other_content(tmp_path / "content"))) as server:
        desk = Browser(server.url).as_instructor()
        assert "Вопросы изменились" in desk.get("instructor/grading").text
        assert desk.post("instructor/grading/collect").place == "/instructor/grading/preview"
        assert points(folder) == {"101": 0, "102": 1, "103": 1}
        page = desk.get("instructor/grading/preview").text
        assert "карточка 101: 0 → 2" in page
        assert "карточка 102: 1 → 0" in page
        assert "За q01 теперь дают до 2, раньше до 1" in page
        assert desk.post("instructor/grading/collect", seen="0" * 32).place == "/instructor/grading/preview"
        seen = re.search(r'name="seen" value="([0-9a-f]{32})"', page)
        assert seen is not None
        assert desk.post("instructor/grading/collect", seen=seen[1]).place == "/instructor/grading"
        ends = time.monotonic() + 120
        while "Идёт сбор и проверка" in (page := desk.get("instructor/grading").text):
            assert time.monotonic() < ends, page
            time.sleep(0.3)
        assert "Вопросы изменились" not in page
        assert "ни у кого не изменятся" in desk.get("instructor/grading/preview").text
    assert points(folder) == {"101": 2, "102": 0, "103": 0}
    gradebook.grade(folder, LESSON)
    assert points(folder) == {"101": 0, "102": 1, "103": 1}
