"""Writers are killed at random moments; nothing they were told is stored may be missing, doubled or out of order."""

from __future__ import annotations

import os
import random
import select
import signal
import time
from pathlib import Path

import pytest

from ecitizen.database import open_engine, upgrade
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store

ROUNDS = 32
WRITERS = 2
KILL_POINTS = ROUNDS * WRITERS


def _write_until_killed(database: Path, learner: int, acknowledged: int) -> None:
    """Append numbered events and report each one when ``append`` has returned; never comes back."""
    engine = open_engine(database)
    store = Store(engine)
    for number in range(10_000):
        event = Event(id=f"{learner}-{number}", lesson="01-gosuslugi", activity="quiz", run=1, body={"n": number})
        store.append(event, learner)
        os.write(acknowledged, f"{number}\n".encode())
    os._exit(1)


def _start(database: Path, learner: int) -> tuple[int, int]:
    """Fork a writer; gives its process id and the pipe of its reports."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.close(reading)
            _write_until_killed(database, learner, writing)
        finally:
            os._exit(2)
    os.close(writing)
    return process, reading


def _reports(pipe: int) -> list[int]:
    """Read what a dead writer has reported; a torn last line was never a report."""
    data = b""
    while part := os.read(pipe, 65536):
        data += part
    os.close(pipe)
    return [int(line) for line in data.split(b"\n")[:-1]]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_writers_lose_no_acknowledged_event(tmp_path: Path) -> None:
    chance = random.Random(2025)
    database = tmp_path / "course.db"
    engine = open_engine(database)
    upgrade(engine, "journal")
    engine.dispose()
    told: dict[int, list[int]] = {}
    for round_number in range(ROUNDS):
        writers = {learner: _start(database, learner) for learner in (2 * round_number + 1, 2 * round_number + 2)}
        for process, pipe in writers.values():
            # Half of the kills fall into opening the database, half into the middle of writing.
            if chance.random() < 0.75:
                select.select([pipe], [], [], 10)
            time.sleep(chance.uniform(0, 0.03))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
        told |= {learner: _reports(pipe) for learner, (_, pipe) in writers.items()}
    engine = open_engine(database)
    store = Store(engine)
    for learner, numbers in told.items():
        kept = [event.body["n"] for event in store.read(learner)]
        assert kept[: len(numbers)] == numbers == list(range(len(numbers)))
        assert len(kept) <= len(numbers) + 1, "at most the one event whose report was cut off"
        assert kept == list(range(len(kept)))
    assert len(told) == KILL_POINTS >= 50
    assert sum(map(len, told.values())) > KILL_POINTS
    engine.dispose()
