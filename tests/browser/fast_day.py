"""A course server on which a day passes in minutes: clocks of the streams run fast, and a class presses by itself.

Run as ``python -m tests.browser.fast_day JSON`` by ``test_board_day``; what it is told and says stands there.
"""

from __future__ import annotations

import asyncio
import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.web import board_live, board_stream, today
from ecitizen.web.app import EcitizenApp
from ecitizen.web.classroom import Classroom
from ecitizen.web.server import serve
from ecitizen.web.visitor import Visitor

LESSON, STEPS = "01-gosuslugi", 6
EVERY_S = 0.1
"""All of a class press once in so long; the stream tells what comes within 0.05 s together."""

IDLE_BEAT_S = 0.02
FASTER = pytest.MonkeyPatch()
DRAWN: list[int] = []
"""One for each time that the whole board was drawn."""

TOLD_AFTER = 50
"""Rounds between two lines of figures on standard output."""


def main(wanted: dict[str, Any]) -> None:
    """Serve the folder ``data`` at ``port``; ``cards`` make ``presses``, then the board beats on to ``beats``."""
    rooms, working = list[Classroom](), list[asyncio.Task[None]]()
    made, drawn = EcitizenApp.initialize_settings, today.scene

    def kept(app: EcitizenApp) -> None:
        made(app)
        rooms.append(app.classroom)

    def counted(*given: Any) -> dict[str, Any]:
        DRAWN.append(1)
        return drawn(*given)

    FASTER.setattr(EcitizenApp, "initialize_settings", kept)
    FASTER.setattr(board_live, "scene", counted)
    FASTER.setattr(board_stream, "PACE_S", 0.0)
    for name, fast in (("BEAT_S", "beat_s"), ("LASTS_S", "lasts_s"), ("AGAIN_MS", "again_ms")):
        FASTER.setattr(board_stream, name, wanted[fast])

    def ready(url: str) -> None:
        working.append(asyncio.create_task(_work(rooms[0], wanted)))
        _write(url=url)

    serve(CourseFolder.open(Path(wanted["data"])), "127.0.0.1", wanted["port"], ready)


async def _work(classroom: Classroom, wanted: dict[str, Any]) -> None:
    learners = [Visitor(username=f"card-{card}", role="learner", learner=card) for card in wanted["cards"]]
    for learner in learners:
        classroom.page_opened(learner)
        classroom.launches.open(learner, LESSON)
    for turn in range(wanted["presses"] // len(learners)):
        for learner in learners:
            classroom.note(learner, _press(turn))
        if turn % TOLD_AFTER == 0:
            _say(classroom, (turn + 1) * len(learners))
        await asyncio.sleep(EVERY_S)
    # Nobody is there any more, and the clock goes on.
    FASTER.setattr(board_stream, "BEAT_S", IDLE_BEAT_S)
    while len(DRAWN) < wanted["beats"]:
        await asyncio.sleep(EVERY_S)
    _say(classroom, wanted["presses"], done=True)


def _press(turn: int) -> Event:
    hint = turn % 2 == 1
    activity = "practice:order:solo" if hint else "lesson"
    body = {"do": "hint"} if hint else {"do": "step", "step": turn // 2 % STEPS + 1}
    return Event(id=str(uuid.uuid4()), lesson=LESSON, activity=activity, run=1, body=body, at=datetime.now(UTC))


def _say(classroom: Classroom, presses: int, *, done: bool = False) -> None:
    kept = {"ears": len(classroom.streams), "work": len(classroom.watch), "tasks": len(asyncio.all_tasks())}
    _write(presses=presses, done=done, drawn=len(DRAWN), **kept)


def _write(**words: Any) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
