"""Lessons passed come out the same as when every cell and the whole journal were read for each page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from postgres import fresh_database
from sqlalchemy import Engine, create_engine, event, text

from ecitizen import bench_passed, content, demo, gradebook
from ecitizen.bench_passed import changed, write
from ecitizen.database import open_engine, upgrade
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.assignment import render
from ecitizen.gradebook.attempts import first_passes
from ecitizen.gradebook.reading import totals_of
from ecitizen.journal.event import Event
from ecitizen.journal.runs import runs
from ecitizen.journal.store import Store
from ecitizen.practice.items import right_answer
from ecitizen.practice.quiz import ROUNDING, Written
from ecitizen.register.erasing import erase
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
LESSONS = content.lesson_ids()[:2]
LEARNERS = range(101, 109)
SITES = {101: "north", 102: "north", 103: "south"}
SHARES = (0.1, 20, 60, 100)


def write_class(folder: CourseFolder) -> None:
    """Write a class that tried the quizzes several times, and a gradebook in which anything may stand."""
    random, engine = Random(7), open_engine(folder.database_url)
    upgrade(engine, "journal")
    store = Store(engine)
    for lesson in LESSONS:
        checked = [item for item in content.lesson(lesson).quiz.items if not isinstance(item, Written)]
        # The last of them has no journal.
        for learner in LEARNERS[:-1]:
            events = []
            for run in range(1, random.randint(2, 4)):
                at = START + timedelta(days=random.randint(0, 400))
                for item in random.sample(checked, random.randint(1, len(checked))):
                    name, body = f"{lesson}-{learner}-{len(events)}", {"do": "answer", "item": item.id}
                    body["answer"] = right_answer(item)
                    events.append(Event(id=name, lesson=lesson, activity="quiz", run=run, body=body, at=at))
            store.append_all(events, learner)
    engine.dispose()
    write(folder, [(who, lesson, START + timedelta(days=500)) for lesson in LESSONS for who in LEARNERS])
    change_grades(folder, random)


def change_grades(folder: CourseFolder, random: Random) -> None:
    """Let cells be missed, marked over by a person, given extra credit, or not graded yet."""
    values = (
        (0.0, None, None),
        (None, None, None),
        (1.0, 0.5, None),
        (0.0, 2.0, 0.25),
        (1.0, None, 0.5),
        (None, 1.0, None),
    )
    engine = create_engine(gradebook_url(folder))
    with engine.begin() as connection:
        keys = list(connection.execute(text("SELECT id FROM grade ORDER BY id")).scalars())
        for key in random.sample(keys, len(keys) // 2):
            auto, manual, extra = random.choice(values)
            changed_to = {"auto": auto, "manual": manual, "extra": extra, "key": key}
            asked = "UPDATE grade SET auto_score = :auto, manual_score = :manual, extra_credit = :extra WHERE id = :key"
            connection.execute(text(asked), changed_to)
    engine.dispose()


def gradebook_url(folder: CourseFolder) -> str:
    return folder.database or f"sqlite:///{folder.gradebook / 'gradebook.db'}"


def one_by_one(folder: CourseFolder, share_pct: float, sites: dict[int, str]) -> list[Fact]:
    """Read every cell and replay the whole journal."""
    from ecitizen.gradebook.engine import session

    found, engine = [], open_engine(folder.database_url)
    with session(folder.gradebook) as nbgrader:
        for lesson in nbgrader.lessons():
            first = first_passes(content.lesson(lesson), runs(Store(engine), lesson), share_pct)
            cells = nbgrader.grades(lesson)
            for learner in sorted({cell.learner for cell in cells}):
                checked = [cell for cell in cells if cell.learner == learner and not cell.by_hand]
                points, most = sum(cell.points for cell in checked), sum(cell.most for cell in checked)
                if points + ROUNDING < most * share_pct / 100:
                    continue
                title, who = content.lesson(lesson).title, int(learner)
                submitted = next(cell.submitted_at for cell in cells if cell.learner == learner)
                told = {"title": title, "points": f"{points:g}".replace(".", ","), "most": f"{most:g}"}
                fact = Fact(
                    kind="lesson-passed",
                    date=first.get(who, submitted).astimezone().date(),
                    key=f"lesson-passed:{lesson}:{who}",
                    site=sites.get(who, ""),
                    person=who,
                    tags={"lesson": lesson},
                    text=render("passed.txt.j2", learner=learner, **told),
                )
                found.append(fact)
    engine.dispose()
    return found


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    folder = CourseFolder.create(tmp_path_factory.mktemp("graded") / "course")
    write_class(folder)
    return folder


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Two learners who have passed a lesson."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("few") / "course")
    write(folder, [(101, LESSONS[0], START), (102, LESSONS[0], START)])
    return folder


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Give what databases have been asked."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "after_cursor_execute", note)
    yield seen
    event.remove(Engine, "after_cursor_execute", note)


@pytest.mark.parametrize("share_pct", SHARES)
def test_facts_are_those_of_every_cell_and_event(graded: CourseFolder, share_pct: float) -> None:
    expected = one_by_one(graded, share_pct, SITES)
    assert share_pct > 20 or len({fact.date for fact in expected}) > 1
    for _ in range(2):
        assert gradebook.completions(graded, share_pct, SITES) == expected


def same_totals(folder: CourseFolder) -> None:
    from ecitizen.gradebook.engine import session
    from ecitizen.gradebook.summing import totals

    with session(folder.gradebook) as engine, engine.opened() as book:
        summed = totals(book)
        by_cell = [total for lesson in engine.lessons() for total in totals_of(lesson, engine.grades(lesson))]
    assert len(summed) == len(LESSONS) * len(LEARNERS)
    assert [(one.lesson, one.learner, one.submitted_at) for one in summed] == [
        (one.lesson, one.learner, one.submitted_at) for one in by_cell
    ]
    for of in (lambda one: one.points, lambda one: one.most):
        assert [of(one) for one in summed] == pytest.approx([of(one) for one in by_cell])


def test_database_sums_up_as_cells_do(graded: CourseFolder) -> None:
    same_totals(graded)


@pytest.mark.thorough
def test_grading_remembers_who_passed(tmp_path: Path, statements: list[str]) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    demo.make(folder, learners=4, seed=7)
    gradebook.grade(folder, "01-gosuslugi")
    statements.clear()
    assert gradebook.completions(folder, content.toc().trained.pass_share_pct)
    assert [one for one in statements if "gradebook_first_pass" in one]
    assert not [one for one in statements if "FROM journal_event" in one]


@pytest.mark.thorough
def test_facts_are_the_same_on_postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course", database=fresh_database(request.config))
    write_class(folder)
    same_totals(folder)
    for share_pct in SHARES:
        for _ in range(2):
            assert gradebook.completions(folder, share_pct, SITES) == one_by_one(folder, share_pct, SITES)


def test_settled_gradebook_is_read_once(graded: CourseFolder, statements: list[str]) -> None:
    changed(graded, ago_s=60)
    first = gradebook.completions(graded, 20, SITES)
    statements.clear()
    assert gradebook.completions(graded, 20, SITES) == first
    assert statements == []
    elsewhere = {**SITES, 101: "south"}
    assert gradebook.completions(graded, 20, elsewhere) == one_by_one(graded, 20, elsewhere)


@pytest.mark.parametrize("journal_mode", ["DELETE", "WAL"])
@pytest.mark.parametrize("ago_s", [60, 0], ids=["long ago", "just now"])
def test_change_of_the_gradebook_is_seen(
    few: CourseFolder, statements: list[str], journal_mode: str, ago_s: float
) -> None:
    engine = create_engine(gradebook_url(few))
    with engine.connect() as connection:
        connection.execute(text(f"PRAGMA journal_mode={journal_mode}"))
        for points in (0, None, 0, None):
            connection.execute(text("UPDATE grade SET manual_score = :points"), {"points": points})
            connection.commit()
            expected = [101, 102] if points is None else []
            assert [fact.person for fact in gradebook.completions(few, 60)] == expected
            changed(few, ago_s=ago_s)
            assert [fact.person for fact in gradebook.completions(few, 60)] == expected
            statements.clear()
            assert [fact.person for fact in gradebook.completions(few, 60)] == expected
            assert bool(statements) == (ago_s == 0)
    engine.dispose()


def test_erased_learner_keeps_the_day(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    write_class(folder)
    engine = open_engine(folder.database_url)
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    path = tmp_path / "learners.csv"
    path.write_text(
        "Номер карточки;Фамилия;Имя;Год рождения;Группа;Место\n101;Ёлкина-Заречная;Анна;1953;Утро;ЦГБ\n",
        encoding="utf-8",
    )
    import_table(engine, "learners", path, who="Ольга", today=dt.date(2026, 5, 1))
    before = gradebook.completions(folder, 20)
    assert 101 in {fact.person for fact in before}
    erase(engine, 101, "Ольга", folder.path)
    engine.dispose()
    assert gradebook.completions(folder, 20) == before == one_by_one(folder, 20, {})


def test_measured_gradebook_holds_what_it_should(tmp_path: Path) -> None:
    passed = [
        Fact(kind="lesson-passed", date=START.date(), key=f"{who}", site="", text="", person=who, tags={"lesson": name})
        for who in LEARNERS
        for name in LESSONS
    ]
    folder = bench_passed.remembered(passed, tmp_path / "course")
    facts = gradebook.completions(folder, content.toc().trained.pass_share_pct)
    assert {(fact.person, fact.tags["lesson"], fact.date) for fact in facts} == {
        (fact.person, fact.tags["lesson"], fact.date) for fact in passed
    }


def test_all_marked_by_hand_is_no_hindrance(few: CourseFolder) -> None:
    engine = create_engine(gradebook_url(few))
    with engine.begin() as connection:
        connection.execute(text("UPDATE grade_cells SET cell_type = 'markdown'"))
    engine.dispose()
    assert len(gradebook.completions(few, 60)) == 2
    assert gradebook.completions(few, 60) == one_by_one(few, 60, {})
