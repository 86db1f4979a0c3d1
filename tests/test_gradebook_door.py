"""Hostile answers at both doors, the journal's and the widget's: refused in words, and nothing lost for the others."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from test_gradebook_assignment import LESSON, probe

from ecitizen.errors import JournalError
from ecitizen.gradebook.assignment import assignment
from ecitizen.gradebook.attempts import best_attempts
from ecitizen.journal.event import Event
from ecitizen.journal.guest import GuestJournal
from ecitizen.journal.runs import by_run
from ecitizen.journal.wire import read_document, store_posted
from ecitizen.practice.items import right_answer, to_tokens
from ecitizen.practice.seeds import seed_of as run_seed
from ecitizen.widgets.quiz import Quiz


def hostile(answer: str) -> bytes:
    """Give a posted answer, spelled as JSON by hand."""
    known = '"id": "hostile", "lesson": "01-gosuslugi", "activity": "quiz", "run": 1'
    return f'{{"events": [{{{known}, "body": {{"do": "answer", "item": "q01", "answer": {answer}}}}}]}}'.encode()


HOSTILE = {
    "not a number": hostile("NaN"),
    "endless": hostile("-Infinity"),
    "beyond a float": hostile("1e999"),
    "a huge number": hostile("9" * 400),
    "a monstrous number": hostile("9" * 5000),
    "half a character": hostile(r'"\ud800"'),
    "a key twice": hostile('{"value": true, "value": false}'),
    "nested": hostile("[" * 40 + "]" * 40),
    "nested without end": hostile("[" * 20_000 + "]" * 20_000),
    "no UTF-8": hostile('"x"').replace(b"x", b"\xff"),
    "a raw control character": hostile('"\x00"'),
    "many keys": hostile("{" + ",".join(f'"{number}": 1' for number in range(6000)) + "}"),
    "a million keys": hostile("{" + ",".join(f'"{number}": 1' for number in range(1_000_000)) + "}"),
    "ten megabytes": hostile('"' + "x" * 10_000_000 + '"'),
}


SMALL = {name: raw for name, raw in HOSTILE.items() if len(raw) < 1_000_000}
"""The server reads no more; tests/test_web_lessons.py sends them all."""


@pytest.mark.parametrize("raw", SMALL.values(), ids=SMALL)
def test_hostile_event_is_refused_in_words(raw: bytes) -> None:
    journal = GuestJournal()
    with pytest.raises(JournalError, match=r"Обновите страницу|Это ошибка программы"):
        store_posted(journal, read_document(raw))
    assert journal.read(None) == []


def test_honest_event_passes_the_same_door() -> None:
    journal = GuestJournal()
    assert store_posted(journal, read_document(hostile('{"value": true, "reason": "o1"}'))) == {"stored": 1}


def deep(levels: int) -> Any:
    value: Any = "o1"
    for _ in range(levels):
        value = [value]
    return value


MESSAGES: dict[str, Any] = {
    "ten megabytes": "x" * 10_000_000,
    "a million keys": dict.fromkeys(map(str, range(1_000_000)), 1),
    "a million parts": ["t1"] * 1_000_000,
    "deep": deep(900),
    "not a number": float("nan"),
    "endless": float("inf"),
    "huge": 10**4000,
    "half a character": "\ud800",
    "control characters": "\x00\x1b[2J\u202e",
    "bytes": b"o1",
    "nothing": None,
    "truth": True,
    "an object": object(),
}


def told(quiz: Quiz, **message: Any) -> dict[str, Any]:
    """Send a message as a page could; gives the answer of the widget."""
    sent: list[dict[str, Any]] = []
    quiz.send = lambda content, buffers=None: sent.append(content)
    quiz._receive(quiz, {"key": str(uuid4()), **message}, [])
    return sent[0]


LONG = {"a million keys", "a million parts"}
"""What costs seconds, nearly all of them to make it."""

CASES = [pytest.param(raw, marks=pytest.mark.thorough if name in LONG else ()) for name, raw in MESSAGES.items()]


@pytest.mark.parametrize("raw", CASES, ids=MESSAGES)
def test_hostile_message_costs_its_own_item_alone(raw: Any) -> None:
    """Every kind of question gets it; each says so in words or counts it as nothing, and the last one still counts."""
    lesson, journal = probe(), GuestJournal()
    quiz = Quiz(lesson, journal)
    *others, last = lesson.quiz.items
    for item in others:
        said = told(quiz, do="answer", item=item.id, raw=raw)
        assert said.keys() == {"ack"} or said["text"], item.kind
    right = to_tokens(last, run_seed(journal.seed, 1), right_answer(last))
    assert told(quiz, do="answer", item=last.id, raw=right).keys() == {"ack"}
    kept = [
        Event(id=one.id, lesson=LESSON, activity=one.activity, run=one.run, body=one.body, learner=101, at=one.at)
        for one in journal.read(LESSON)
    ]
    assert len(json.dumps([one.body for one in kept])) < 10_000
    (attempt,) = best_attempts(lesson, by_run(kept))
    points = {name: marking.points(attempt.answers) for name, marking in assignment(lesson).markings.items()}
    assert points.pop(last.id) == last.points
    assert {points[item.id] for item in others} == {0.0}
