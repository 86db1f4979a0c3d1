"""When a lesson was first passed: what is remembered is what the whole journal says, and the journal is read once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from postgres import fresh_database
from sqlalchemy import Engine, event, select, text
from test_gradebook_assignment import LESSON, probe

from ecitizen.content import Lesson
from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.attempts import first_passes
from ecitizen.gradebook.passing import FirstPass, Total, moments, remember
from ecitizen.journal.event import Event
from ecitizen.journal.runs import runs
from ecitizen.journal.store import Store
from ecitizen.practice.items import right_answer

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
PROBE = probe()
ITEMS = [item.id for item in PROBE.quiz.items]
HALF = 100 * 7 / 23
"""Share of the lesson's points that is half of its quiz."""

Try = tuple[int, list[str]]
"""A learner, and the questions of which the right answer was given in one go."""


class Class:
    """A course folder, its journal, and what its gradebook would say."""

    def __init__(self, folder: CourseFolder) -> None:
        self.folder = folder
        self.engine = open_engine(folder.database_url)
        upgrade(self.engine, "journal")
        self.store = Store(self.engine)
        self.tries = 0

    def practise(self, *tries: Try, run: int | None = None) -> None:
        """Let a day pass with each try, which is a run of its own unless it goes on with one."""
        for learner, items in tries:
            self.tries += 1
            answers = [{"do": "answer", "item": one, "answer": right_answer(PROBE.quiz.item(one))} for one in items]
            events = [
                Event(
                    id=f"e{self.tries}-{place}",
                    lesson=LESSON,
                    activity="quiz",
                    run=run or self.tries,
                    body=body,
                    at=START + timedelta(days=self.tries, minutes=place),
                )
                for place, body in enumerate(answers)
            ]
            self.store.append_all(events, learner)

    def by_whole_journal(self, lesson: Lesson, share_pct: float) -> dict[int, datetime]:
        return first_passes(lesson, runs(self.store, LESSON), share_pct)

    def rows(self) -> list[Any]:
        upgrade(self.engine, "gradebook")
        with self.engine.connect() as connection:
            return list(connection.execute(select(FirstPass.__table__)))


def handed(*learners: int, at: datetime = START) -> list[Total]:
    """Give submissions that pass, whatever the journal shows."""
    return [Total(LESSON, str(learner), 23, 23, at) for learner in learners]


def found(
    made: Class, *learners: int, lesson: Lesson | None = None, share_pct: float = HALF, at: datetime = START
) -> dict[int, datetime]:
    return dict(moments(made.folder, [lesson or PROBE], handed(*learners, at=at), share_pct)[LESSON])


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Class]:
    one = Class(CourseFolder.create(tmp_path / "course"))
    yield one
    one.engine.dispose()


Reads = Callable[[], int]


@pytest.fixture
def reads() -> Iterator[Reads]:
    """Count the readings of the journal since the last count."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM journal_event" in statement:
            seen.append(statement)

    def count() -> int:
        number = len(seen)
        seen.clear()
        return number

    event.listen(Engine, "after_cursor_execute", note)
    yield count
    event.remove(Engine, "after_cursor_execute", note)


def test_journal_is_read_once_a_learner(made: Class, reads: Reads) -> None:
    made.practise((101, ITEMS), (102, ITEMS), (103, ITEMS))
    reads()
    first = found(made, 101, 102)
    assert reads() == 2
    assert found(made, 101, 102) == first == {101: START + timedelta(days=1, minutes=7), 102: first[102]}
    assert reads() == 0
    assert found(made, 101, 102, 103).keys() == {101, 102, 103}
    assert reads() == 1


def test_better_try_later_changes_nothing(made: Class) -> None:
    made.practise((101, ITEMS[:4]))
    first = found(made, 101)
    made.practise((101, ITEMS))
    assert found(made, 101, at=START + timedelta(days=2)) == first == made.by_whole_journal(PROBE, HALF)


def test_going_on_in_a_run_moves_no_day(made: Class) -> None:
    made.practise((101, ITEMS[:4]))
    first = found(made, 101)
    made.practise((101, ITEMS[4:]), run=1)
    assert found(made, 101, at=START + timedelta(days=2)) == first
    assert made.by_whole_journal(PROBE, HALF)[101] - first[101] > timedelta(hours=23)


@pytest.mark.parametrize(
    ("lesson", "share_pct"),
    [
        (probe(("points: 3", "points: 9")), HALF),
        (probe(change_rubric=("points: 3", "points: 4")), HALF),
        (PROBE, HALF + 10),
        (PROBE, 0.1),
    ],
    ids=["another quiz", "another rubric", "larger share", "smaller share"],
)
def test_other_rules_are_looked_up_again(made: Class, lesson: Lesson, share_pct: float) -> None:
    made.practise((101, ITEMS[:1]), (101, ITEMS[:4]), (101, ITEMS))
    before = found(made, 101)
    assert found(made, 101, lesson=lesson, share_pct=share_pct) == made.by_whole_journal(lesson, share_pct)
    assert found(made, 101) == before == made.by_whole_journal(PROBE, HALF)


def test_fruitless_reading_waits_for_another_submission(made: Class, reads: Reads) -> None:
    made.practise((101, ITEMS[:1]))
    assert found(made, 101, 102) == {}
    reads()
    assert found(made, 101, 102) == {}
    assert reads() == 0
    made.practise((101, ITEMS))
    assert found(made, 101, 102) == {}
    later = START + timedelta(days=2)
    assert found(made, 101, 102, at=later) == {101: START + timedelta(days=2, minutes=7)}
    reads()
    assert found(made, 101, 102, at=later).keys() == {101}
    assert reads() == 0


def test_grading_forgets_what_is_past(made: Class, reads: Reads) -> None:
    made.practise((101, ITEMS), (102, ITEMS[:1]))
    other = probe(("points: 3", "points: 9"))
    found(made, 101, lesson=other)
    found(made, 101, share_pct=99)
    totals = [*handed(101), Total(LESSON, "102", 1, 23, START)]
    remember(made.folder, [PROBE], totals, HALF)
    assert [(row.learner, row.lesson) for row in made.rows()] == [(101, LESSON)]
    reads()
    assert found(made, 101).keys() == {101}
    assert reads() == 0


def test_memory_holds_numbers_alone(made: Class) -> None:
    made.practise((101, ITEMS))
    found(made, 101)
    (row,) = made.rows()
    assert (row.learner, row.lesson, len(row.rules)) == (101, LESSON, 32)
    assert row._fields == ("rules", "learner", "lesson", "at", "submitted")


def test_database_that_keeps_nothing_costs_no_figure(made: Class) -> None:
    made.practise((101, ITEMS))
    made.rows()
    with made.engine.begin() as connection:
        full = (
            "CREATE TRIGGER full BEFORE INSERT ON gradebook_first_pass BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
        connection.execute(text(full))
    assert found(made, 101) == found(made, 101) == made.by_whole_journal(PROBE, HALF)
    assert made.rows() == []


def together(made: Class, times: int) -> None:
    """Look up the same learners from several sides at once, each with a database connection of its own."""
    made.practise(*((learner, ITEMS) for learner in range(101, 113)))
    expected = made.by_whole_journal(PROBE, HALF)
    learners = sorted(expected)

    def look(side: int) -> dict[int, datetime]:
        chosen = learners if side % 2 else learners[::-1][:8]
        return found(made, *chosen)

    with ThreadPoolExecutor(times) as pool:
        answers = list(pool.map(look, range(times)))
    assert all(one == {learner: expected[learner] for learner in one} for one in answers)
    assert [row.learner for row in sorted(made.rows(), key=lambda row: row.learner)] == learners


def test_several_may_look_at_once(made: Class) -> None:
    together(made, 4)


@pytest.mark.thorough
def test_several_may_look_at_once_on_postgresql(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course", database=fresh_database(request.config))
    made = Class(folder)
    together(made, 8)
    made.engine.dispose()


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    one = Class(CourseFolder.create(tmp_path_factory.mktemp("class") / "course"))
    yield one
    one.engine.dispose()


@pytest.mark.parametrize("day", range(4))
def test_remembering_is_reading_the_whole_journal(growing: Class, day: int) -> None:
    random = Random(day)
    learners = range(101, 109)
    growing.practise(*((who, random.sample(ITEMS, random.randint(0, 8))) for who in random.choices(learners, k=12)))
    for share_pct in (0.1, 20, HALF, 60):
        whole = growing.by_whole_journal(PROBE, share_pct)
        for _ in range(2):
            # Whose try was better hands in anew.
            assert found(growing, *learners, share_pct=share_pct, at=START + timedelta(days=day)) == whole
