"""The rule of who is trained may name the exit test, which is no assignment of nbgrader's."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from web_class import course_folder

from ecitizen import content
from ecitizen.figures import LEARNING, explained, learning, measured
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event, seed_of
from ecitizen.journal.store import Store
from ecitizen.opening import connect
from ecitizen.practice.forms import form_of
from ecitizen.practice.items import right_answer
from ecitizen.practice.quiz import Item

DAY = dt.datetime(2026, 5, 15, 9, tzinfo=dt.UTC)
YEAR = dt.date(2026, 1, 1), dt.date(2026, 12, 31)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CourseFolder:
    toc = content.toc()
    rule = toc.trained.model_copy(update={"lessons": ("exit-test",), "pass_share_pct": 60.0, "min_sessions": 0})
    monkeypatch.setattr("ecitizen.content.toc", lambda: toc.model_copy(update={"trained": rule}))
    return course_folder(tmp_path / "data")


def take(folder: CourseFolder, learner: int, day: int, answered: Callable[[int, Item], bool]) -> None:
    store = Store(connect(folder))
    items = form_of(content.pool(), "exit", seed_of(learner))
    given = [(item.id, right_answer(item)) for number, item in enumerate(items) if answered(number, item)]
    at = DAY + dt.timedelta(days=day)
    bodies = [{"do": "answer", "item": item, "answer": answer} for item, answer in given]
    store.append_all(
        [
            Event(id=str(uuid.uuid4()), lesson="exit-test", activity="quiz", run=day, body=body, at=at)
            for body in [*bodies, {"do": "finish"}]
        ],
        learner,
    )


def test_a_passed_exit_test_makes_a_graduate(folder: CourseFolder) -> None:
    take(folder, 101, 1, lambda number, _: number < 3)
    take(folder, 101, 2, lambda number, _: number < 12)
    take(folder, 101, 3, lambda _number, _: True)
    take(folder, 102, 1, lambda number, _: number < 3)
    found = learning(folder, connect(folder), LEARNING, YEAR[1])
    assert [(one.kind, one.person, one.date) for one in found] == [
        ("test-passed", 101, dt.date(2026, 5, 17)),
        ("trained", 101, dt.date(2026, 5, 17)),
    ]
    row = next(row.id for row in measured(folder, "omsk", *YEAR).rows if row.id == "trained")
    assert next(one.actual for one in measured(folder, "omsk", *YEAR).rows if one.id == row) == 1
    (told,) = explained(folder, "omsk", row, *YEAR, most=5).facts
    assert told["text"] == "Ученик 101 прошёл «Итоговый тест»: 12 из 15 баллов"
