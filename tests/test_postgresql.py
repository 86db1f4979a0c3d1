"""Journal and register on PostgreSQL: the same course, with the database on a server."""

from __future__ import annotations

import csv
import gc
import json
import re
import uuid
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import websocket
from click.testing import CliRunner
from postgres import fresh_database
from sqlalchemy import Engine, create_engine, func, select, text
from web_class import LESSON, Browser, message

from ecitizen.cli import cli
from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError, JournalError
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.journal.store import TURNS, Store
from ecitizen.opening import connect
from ecitizen.register.exporting import export_table
from ecitizen.register.importing import import_table
from ecitizen.web import running

pytestmark = pytest.mark.thorough
WAIT_S = 60


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    yield fresh_database(request.config)
    # A command ends with its process and leaves its connections to that.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def press(number: int) -> Event:
    body = {"do": "press", "control": f"c{number}"}
    return Event(id=f"event-{number}", lesson=LESSON, activity="practice:order:solo", run=1, body=body)


def test_the_journal_keeps_each_event_once(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine, "journal")
    upgrade(engine, "journal")
    store = Store(engine)
    with ThreadPoolExecutor(8) as pool:
        new = list(pool.map(lambda number: store.append(press(number % 50), 104), range(200)))
    assert sum(new) == 50
    assert {event.id for event in store.read(104, LESSON)} == {f"event-{number}" for number in range(50)}
    with pytest.raises(JournalError, match="event-1"):
        store.append(press(1), 105)
    for change in ("UPDATE journal_event SET learner = 1", "DELETE FROM journal_event"):
        with pytest.raises(Exception, match="journal"), engine.begin() as connection:
            connection.execute(text(change))
    assert len(store.read()) == 50
    engine.dispose()


def test_learners_do_not_wait_for_each_other(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine, "journal")
    store = Store(engine)
    with engine.connect() as slow, slow.begin(), ThreadPoolExecutor(2) as pool:
        slow.execute(select(func.pg_advisory_xact_lock(TURNS, 104)))
        held = pool.submit(store.append, press(1), 104)
        assert pool.submit(store.append, press(2), 105).result(WAIT_S)
        assert not held.done()
        slow.rollback()
        assert held.result(WAIT_S)
    engine.dispose()


def test_the_register_takes_the_lists_of_the_demo(tmp_path: Path, url: str) -> None:
    """Every list of a demonstration class goes to PostgreSQL and comes back as it was."""
    runner = CliRunner()
    here, there = tmp_path / "here", tmp_path / "there"
    assert runner.invoke(cli, ["demo", "--data", str(here), "--learners", "5"]).exit_code == 0
    made = runner.invoke(cli, ["init", "--data", str(there), "--database-url", url])
    assert made.exit_code == 0, made.output
    assert url not in made.output
    source, engine = connect(CourseFolder.open(here)), connect(CourseFolder.open(there))
    for table in ("sites", "groups", "learners"):
        ours, theirs = tmp_path / f"{table}.csv", tmp_path / f"{table}-back.csv"
        export_table(source, table, ours, names=True)
        import_table(engine, table, ours, dry_run=False, who="test")
        export_table(engine, table, theirs, names=True)
        assert rows(ours) <= rows(theirs)
    assert len(rows(theirs)) > 5
    for opened in (source, engine):
        opened.dispose()


def rows(path: Path) -> set[tuple[str, ...]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {tuple(row) for row in csv.reader(file, delimiter=";")}


def test_a_lesson_is_played_through_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    from ecitizen import demo

    monkeypatch.setenv("ECITIZEN_DATABASE_URL", url)
    folder = CourseFolder.create(tmp_path / "course")
    demo.make(folder, learners=2, seed=7)
    cards = demo.cards(folder)
    assert cards is not None
    engine = connect(folder)
    before = len(Store(engine).read())
    with running(folder) as server:
        browser = Browser(server.url)
        assert browser.post("", card=str(cards.number), pin=cards.pin).place == "/lessons"
        page = browser.get(f"lesson/{LESSON}").text
        kernel = re.search(r'"id": "(\w+-\w+-\w+-\w+-\w+)"', page)
        assert kernel
        answer_first_question(browser, kernel[1])
        assert Browser(server.url).post("instructor/login", pin=cards.instructor_pin).place == "/instructor"
        with gone(engine):
            assert (browser.get("health").status, browser.get("health").text) == (503, '{"ok": false}')
            told = Browser(server.url).post("instructor/login", pin=cards.instructor_pin)
            assert (told.status, "Сейчас не сохраняется" in told.text) == (503, True)
        assert browser.get("health").status == 200
    stored = Store(engine).read(cards.number)
    assert [event.body["do"] for event in stored][-1] == "rate"
    assert len(Store(engine).read()) > before
    engine.dispose()
    assert not list((tmp_path / "course").glob("course.db*"))


@contextmanager
def gone(engine: Engine) -> Iterator[None]:
    """Let the database take nobody in, and throw out who is in it."""
    name = engine.url.database
    elsewhere = create_engine(engine.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    engine.dispose()
    with elsewhere.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"))
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    elsewhere.dispose()


def answer_first_question(browser: Browser, kernel: str) -> None:
    address = f"{browser.url.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
    line = websocket.create_connection(address, timeout=WAIT_S, cookie=browser.cookies())

    def heard(wanted: str) -> dict[str, object]:
        while True:
            word = json.loads(line.recv())
            data = word["content"].get("data", {}) if word["msg_type"] == "comm_msg" else {}
            if wanted in data or wanted in data.get("content", {}):
                return dict(data)

    comm, key = uuid.uuid4().hex, str(uuid.uuid4())
    control = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
    opening = json.loads(message("comm_open", control))
    line.send(json.dumps(opening | {"metadata": {"version": "1.0.0"}}))
    line.send(message("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}}))
    states: dict[str, dict[str, dict[str, object]]] = heard("states")["states"]  # type: ignore[assignment]
    scale = next(model for model, one in states.items() if one["state"].get("kind") == "scale")
    sent = {"method": "custom", "content": {"key": key, "do": "rate", "level": 2}}
    line.send(message("comm_msg", {"comm_id": scale, "data": sent}))
    heard("ack")
    line.close()


def test_a_copy_is_left_to_pg_dump(tmp_path: Path, url: str) -> None:
    runner = CliRunner()
    runner.invoke(cli, ["init", "--data", str(tmp_path / "course"), "--database-url", url])
    copied = runner.invoke(cli, ["backup", str(tmp_path / "copy.zip"), "--data", str(tmp_path / "course")])
    assert copied.exit_code == 1
    assert "pg_dump" in copied.output
    assert not (tmp_path / "copy.zip").exists()


def test_a_silent_server_is_said_kindly() -> None:
    password = "s3cret-word"
    engine = open_engine(f"postgresql+psycopg://course:{password}@127.0.0.1:9/course")
    with pytest.raises(CourseError, match="не отвечает") as raised:
        upgrade(engine, "journal")
    assert password not in str(raised.value)
