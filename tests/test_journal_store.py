"""The journal on disk: what it acknowledged is there, once, in order; what it refuses leaves no trace."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import JournalError
from ecitizen.journal.door import open_journal
from ecitizen.journal.event import MAX_BODY_BYTES, Event, seed_of
from ecitizen.journal.guest import GuestJournal
from ecitizen.journal.local import LocalJournal
from ecitizen.journal.runs import by_run, latest_runs, runs
from ecitizen.journal.store import Store

LESSON = "01-gosuslugi"


def press(number: int = 1, **changes: Any) -> Event:
    """Make an event that differs by its number."""
    body = {"do": "press", "control": f"c{number}"}
    event = Event(id=f"event-{number}", lesson=LESSON, activity="practice:order:solo", run=1, body=body)
    return replace(event, **changes)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "journal")
    yield engine
    engine.dispose()


@pytest.fixture
def store(engine: Engine) -> Store:
    return Store(engine)


def test_stored_events_come_back_in_order(store: Store) -> None:
    for number in (3, 1, 2):
        assert store.append(press(number), 104)
    events = store.read(104, LESSON)
    assert [event.id for event in events] == ["event-3", "event-1", "event-2"]
    assert events[0] == replace(press(3), learner=104, at=events[0].at)
    assert events[0].at is not None
    assert abs((datetime.now(UTC) - events[0].at).total_seconds()) < 60


def test_same_event_twice_is_stored_once(store: Store) -> None:
    assert store.append(press(), 104) is True
    assert store.append(press(), 104) is False
    assert len(store.read()) == 1


@pytest.mark.parametrize(
    ("event", "learner"),
    [
        (press(body={"do": "hint"}), 104),
        (press(), 105),
        (press(run=2), 104),
        (press(activity="quiz"), 104),
        (press(lesson="02-doctor"), 104),
    ],
    ids=["body", "learner", "run", "activity", "lesson"],
)
def test_another_event_under_known_id_is_refused(store: Store, event: Event, learner: int) -> None:
    store.append(press(), 104)
    with pytest.raises(JournalError, match="event-1"):
        store.append(event, learner)
    assert store.read() == [replace(press(), learner=104, at=store.read()[0].at)]


def test_refused_batch_leaves_nothing_behind(store: Store) -> None:
    store.append(press(2), 104)
    with pytest.raises(JournalError):
        store.append_all([press(1), press(2, run=7)], 104)
    assert [event.id for event in store.read()] == ["event-2"]


def nested(levels: int) -> dict[str, Any]:
    """Make a body that is deep but short."""
    body: dict[str, Any] = {}
    for _ in range(levels):
        body = {"a": body}
    return body


@pytest.mark.parametrize(
    "changes",
    [
        {"body": {"x": float("nan")}},
        {"body": {"x": float("inf")}},
        {"body": {"x": "я" * (MAX_BODY_BYTES // 2)}},
        {"body": {"x": object()}},
        {"body": {"x": "\ud800"}},
        {"body": {"x": 10**5000}},
        {"body": {1: 1, "a": 2}},
        {"body": nested(5000)},
        {"body": ["list"]},
        {"id": ""},
        {"id": "a b"},
        {"id": "x" * 65},
        {"lesson": "../../etc"},
        {"lesson": None},
        {"activity": "quiz\n"},
        {"run": 0},
        {"run": True},
        {"run": 10**9},
        {"at": datetime(2025, 12, 8)},
    ],
    ids=[
        "nan",
        "infinity",
        "too long",
        "no json",
        "half a surrogate",
        "endless number",
        "mixed keys",
        "deep",
        "list",
        "no id",
        "id with space",
        "long id",
        "path",
        "no lesson",
        "newline",
        "run 0",
        "run true",
        "huge run",
        "no zone",
    ],
)
def test_malformed_event_is_never_stored(store: Store, changes: dict[str, Any]) -> None:
    with pytest.raises(JournalError):
        store.append(press(**changes), 104)
    assert store.read() == []


@pytest.mark.parametrize("verb", ["UPDATE journal_event SET run = 9", "DELETE FROM journal_event"])
def test_journal_refuses_change_and_removal(store: Store, engine: Engine, verb: str) -> None:
    store.append(press(), 104)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"), connection.begin():
        connection.execute(text(verb))
    assert len(store.read()) == 1


def test_commit_waits_for_the_disk(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def test_many_threads_lose_no_event(store: Store) -> None:
    def work(learner: int) -> None:
        for number in range(12):
            store.append(press(number, id=f"e-{learner}-{number}"), learner)
            store.append(press(number, id=f"e-{learner}-{number}"), learner)

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(1, 13)))
    for learner in range(1, 13):
        assert [event.id for event in store.read(learner)] == [f"e-{learner}-{number}" for number in range(12)]


def test_two_engines_write_side_by_side(tmp_path: Path, store: Store) -> None:
    other = open_engine(tmp_path / "course.db")

    def work(turn: int) -> bool:
        return (store if turn % 2 else Store(other)).append(press(turn // 2), 104)

    with ThreadPoolExecutor(8) as pool:
        fresh = list(pool.map(work, range(40)))
    other.dispose()
    assert sum(fresh) == 20
    assert len(store.read()) == 20


bodies = st.dictionaries(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=bodies)
def test_any_json_body_comes_back_equal(store: Store, body: dict[str, Any]) -> None:
    number = len(store.read())
    store.append(press(number, body=body), 7)
    assert store.read()[-1].body == body


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["quiz", "lesson"]), st.integers(1, 3)), max_size=30))
def test_runs_hold_each_event_once_in_order(keys: list[tuple[int, str, int]]) -> None:
    at = datetime(2025, 12, 8, tzinfo=UTC)
    events = [
        press(number, learner=learner, activity=activity, run=run, at=at)
        for number, (learner, activity, run) in enumerate(keys)
    ]
    traces = by_run(events)
    assert sorted(event.id for trace in traces for event in trace.events) == sorted(event.id for event in events)
    for trace in traces:
        numbers = [int(event.id.removeprefix("event-")) for event in trace.events]
        assert numbers == sorted(numbers)
        assert {(trace.learner, trace.activity, trace.run)} == {(e.learner, e.activity, e.run) for e in trace.events}


def test_graders_read_the_latest_try(store: Store) -> None:
    store.append_all([press(1), press(2, run=2), press(3, run=2), press(4, activity="quiz")], 104)
    store.append(press(5), 105)
    store.append(press(6, lesson="02-doctor"), 104)
    latest = latest_runs(runs(store, LESSON))
    assert [(trace.learner, trace.activity, trace.run, len(trace.events)) for trace in latest] == [
        (104, "practice:order:solo", 2, 2),
        (104, "quiz", 1, 1),
        (105, "practice:order:solo", 1, 1),
    ]
    assert latest[0].begun_at <= latest[0].ended_at
    assert latest[0].bodies[0] == press(2).body


def test_learner_sees_only_own_events(store: Store) -> None:
    mine, other = store.for_learner(104), store.for_learner(105)
    mine.append(press(1, learner=105))
    assert [event.learner for event in mine.read(LESSON)] == [104]
    assert other.read(LESSON) == []
    assert mine.seed == seed_of(104) != other.seed


def test_guest_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    journal = GuestJournal()
    journal.append(press(1))
    journal.append(press(1))
    with pytest.raises(JournalError):
        journal.append(press(1, body={}))
    assert [event.id for event in journal.read(LESSON, "practice:order:solo")] == ["event-1"]
    assert journal.read(LESSON, "quiz") == []
    assert list(tmp_path.iterdir()) == []


def test_local_journal_outlives_the_kernel(tmp_path: Path) -> None:
    first = LocalJournal(tmp_path / "new" / "journal.db")
    first.append(press(1))
    first.close()
    second = LocalJournal(tmp_path / "new" / "journal.db")
    assert [event.id for event in second.read(LESSON)] == ["event-1"]
    second.close()


def test_door_opens_a_local_file_without_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ECITIZEN_JOURNAL_URL", "ECITIZEN_JOURNAL_TOKEN", "ECITIZEN_JOURNAL_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    journal = open_journal()
    journal.append(press(1))
    assert (tmp_path / "ecitizen" / "journal.db").exists()
    assert isinstance(journal, LocalJournal)
    journal.close()


def test_half_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECITIZEN_JOURNAL_URL", "http://127.0.0.1:1/journal")
    monkeypatch.delenv("ECITIZEN_JOURNAL_TOKEN", raising=False)
    with pytest.raises(JournalError, match="ECITIZEN_JOURNAL_TOKEN"):
        open_journal()


def test_readonly_database_is_named(engine: Engine, store: Store) -> None:
    store.append(press(1), 104)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA query_only=ON"))
    with pytest.raises(JournalError, match="только для чтения"):
        store.append(press(2), 104)


def test_full_disk_is_named(engine: Engine, store: Store) -> None:
    with engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(JournalError, match="нет места"):
        store.append_all([press(number, body={"x": "a" * 30_000}) for number in range(9)], 104)
    assert store.read() == []


def test_missing_tables_name_the_remedy(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "empty.db")
    with pytest.raises(JournalError, match="ecitizen init"):
        Store(engine).read()
    engine.dispose()


def test_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"this is not a database" * 100)
    with pytest.raises(JournalError, match=r"journal\.db"):
        LocalJournal(tmp_path / "journal.db")


def test_kernel_side_imports_no_sqlalchemy() -> None:
    code = (
        "import sys; import ecitizen.journal.door, ecitizen.journal.remote, ecitizen.journal.guest; "
        "sys.exit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
