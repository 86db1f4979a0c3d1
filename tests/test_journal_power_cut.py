"""The lights go out at any moment of writing: what was said to be on the disk is there, and the database is whole."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path
from random import Random

import pytest
from power_cut import Disk, Recorder, can_record, recording
from sqlalchemy import Engine, event, text

from ecitizen.database import open_engine, upgrade
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store

SEED = 20261122
CUTS = 150
MORE_CUTS = 3000
WRITERS = 2
EVENTS = 25
"""Of each writer, before and again after the database was closed in between."""

pytestmark = pytest.mark.skipif(not can_record(), reason="this Python has SQLite inside, where no VFS can be added")


def opened(path: Path, synchronous: str) -> Engine:
    engine = open_engine(path)

    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        # A thousand pages would come together once in a lesson; here the log is to go round many times.
        connection.execute("PRAGMA wal_autocheckpoint=24")
        connection.execute(f"PRAGMA synchronous={synchronous}")

    event.listen(engine, "connect", set_up)
    return engine


def write(store: Store, learner: int, since: int, events: int, recorder: Recorder) -> None:
    chance = Random(learner)
    for number in range(since, since + events):
        name, body = f"{learner}-{number}", {"n": number, "text": "я" * chance.choice((3, 30, 300, 3000))}
        store.append(Event(id=name, lesson="01-gosuslugi", activity="quiz", run=1, body=body), learner)
        recorder.say(name)


def recorded(folder: Path, synchronous: str = "FULL", events: int = EVENTS) -> tuple[Disk, Recorder]:
    """Let writers write, twice; gives the disk before and the record."""
    path = folder / "course.db"
    engine = open_engine(path)
    upgrade(engine, "journal")
    engine.dispose()
    disk = Disk(folder)
    with recording() as recorder:
        for since in (0, events):
            engine = opened(path, synchronous)
            store = Store(engine)
            writers = [
                threading.Thread(target=write, args=(store, learner, since, events, recorder))
                for learner in range(WRITERS)
            ]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            engine.dispose()
    return disk, recorder


def found_after(folder: Path) -> tuple[str, list[str], bool]:
    """Open what is left: the verdict of SQLite, the events in it, and whether it takes another one."""
    engine = open_engine(folder / "course.db")
    with engine.connect() as connection:
        verdict = str(connection.execute(text("PRAGMA integrity_check")).scalar())
    store = Store(engine)
    names = [one.id for one in store.read()]
    goes_on = store.append(Event(id="after", lesson="01-gosuslugi", activity="quiz", run=1, body={}), 7)
    engine.dispose()
    return verdict, names, goes_on


def cuts(disk: Disk, recorder: Recorder, place: Path, count: int) -> list[tuple[str, list[str], list[str], bool]]:
    """Cut the power at so many moments: verdict, what was said to be stored, what is found, whether it goes on."""
    chance = Random(SEED)
    moments = set(chance.sample(range(1, len(recorder.steps)), count))
    outcomes = []
    for moment, step in enumerate(recorder.steps):
        disk.take(step)
        if moment in moments:
            place.mkdir()
            disk.cut(chance, place)
            verdict, names, goes_on = found_after(place)
            outcomes.append((verdict, list(disk.said), names, goes_on))
            shutil.rmtree(place)
    return outcomes


@pytest.mark.parametrize(
    "count", [CUTS, pytest.param(MORE_CUTS, marks=pytest.mark.thorough)], ids=["hundreds", "thousands"]
)
def test_a_cut_of_power_loses_no_acknowledged_event(tmp_path: Path, count: int) -> None:
    (tmp_path / "class").mkdir()
    disk, recorder = recorded(tmp_path / "class", events=max(EVENTS, count // 8))
    assert sum(step.do == "sync" for step in recorder.steps) >= 2 * WRITERS * EVENTS
    outcomes = cuts(disk, recorder, tmp_path / "dark", count)
    assert len(outcomes) == count
    for verdict, said, names, goes_on in outcomes:
        assert verdict == "ok"
        assert set(said) <= set(names)
        assert len(names) <= len(said) + WRITERS, "at most what each writer was just about to be told"
        assert len(set(names)) == len(names)
        for learner in range(WRITERS):
            own = [name for name in names if name.startswith(f"{learner}-")]
            assert own == [f"{learner}-{number}" for number in range(len(own))]
        assert goes_on


def test_the_simulated_disk_does_lose_what_was_not_synced(tmp_path: Path) -> None:
    (tmp_path / "class").mkdir()
    disk, recorder = recorded(tmp_path / "class", synchronous="NORMAL")
    outcomes = cuts(disk, recorder, tmp_path / "dark", 40)
    assert any(set(said) - set(names) for _, said, names, _ in outcomes)
