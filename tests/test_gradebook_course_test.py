"""The class's entry and exit tests are marked as the rules say, and the gain is what was planted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from ecitizen import content, demo
from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.analysis import mean_difficulty
from ecitizen.gradebook.course_test import gain_by_lesson, shares_of
from ecitizen.journal.event import Event, seed_of
from ecitizen.journal.runs import by_run
from ecitizen.journal.store import Store
from ecitizen.opening import begin, connect
from ecitizen.practice.forms import Form, form_of
from ecitizen.practice.items import right_answer

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


def sat(learner: int, form: Form, right: int, run: int = 1, *, ended: bool = True) -> list[Event]:
    """Let a learner answer the first questions of a form rightly and leave the others."""
    items = form_of(content.pool(), form, seed_of(learner))
    bodies = [{"do": "answer", "item": item.id, "answer": right_answer(item)} for item in items[:right]]
    if ended:
        bodies.append({"do": "finish"})
    return [
        Event(
            id=f"{learner}-{form}-{run}-{place}", learner=learner, lesson=f"{form}-test", activity="quiz", run=run,
            body=body, at=NOON + timedelta(days=run, minutes=place),
        )
        for place, body in enumerate(bodies)
    ]  # fmt: skip


def marked(form: Form, *events: Event) -> dict[int, float]:
    shares = shares_of(
        form, content.pool(), by_run(events), {event.learner or 0: seed_of(event.learner) for event in events}
    )
    return {learner: sum(items.values()) for learner, items in shares.items()}


def test_first_done_entry_counts() -> None:
    tries = [*sat(7, "entry", 1, ended=False), *sat(7, "entry", 2, run=2), *sat(7, "entry", 5, run=3)]
    assert marked("entry", *tries) == {7: 2}


def test_best_done_exit_counts() -> None:
    assert marked("exit", *sat(7, "exit", 4), *sat(7, "exit", 2, run=2), *sat(7, "exit", 5, run=3, ended=False)) == {
        7: 5 if len(form_of(content.pool(), "exit", 1)) == 5 else 4
    }


def test_unfinished_test_counts_nowhere() -> None:
    assert marked("entry", *sat(7, "entry", 1, ended=False)) == {}


def test_gain_is_counted_by_lesson() -> None:
    pool = content.pool()
    lessons = [item.from_lesson for item in form_of(pool, "entry", 1)]
    events = {form: [*sat(7, form, many), *sat(8, form, many)] for form, many in (("entry", 1), ("exit", len(lessons)))}
    seeds = {learner: seed_of(learner) for learner in (7, 8)}
    before, after = (shares_of(form, pool, by_run(events[form]), seeds) for form in ("entry", "exit"))
    found = gain_by_lesson(pool, before, after)
    assert [one.name for one in found] == lessons
    assert [one.gain for one in found] == [0.0] + [1.0] * (len(lessons) - 1)


def test_forms_are_as_hard_as_each_other() -> None:
    seeds = range(200)
    hard = [mean_difficulty(content.pool(), form, seeds) for form in ("entry", "exit")]
    assert abs(hard[0] - hard[1]) < 0.1


def test_command_tells_the_gain(tmp_path: pytest.TempPathFactory) -> None:
    folder = CourseFolder.create(tmp_path / "course", demo.SITE_NAME)
    begin(folder)
    store = Store(connect(folder))
    for event in (*sat(7, "entry", 1), *sat(7, "exit", 4), *sat(8, "entry", 2)):
        store.append(event, event.learner)
    told = CliRunner().invoke(cli, ["gain", "--data", str(folder.path)])
    assert told.exit_code == 0
    assert told.output.startswith("Входной тест: 2, итоговый: 1, оба: 1 чел.\nПо урокам")
    assert f"  {content.toc().lessons[0].title}" in told.output
