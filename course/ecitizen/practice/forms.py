"""Parallel forms of a test: of each group of like items a learner meets one at entry and another one at exit.

A group is what one lesson gives to the pool (``from_lesson``): items of one kind, one skill and one difficulty that
differ in their story. So any two forms are as hard as each other by construction, and a second test is no memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Literal

from ecitizen.practice.items import check
from ecitizen.practice.quiz import Item, Quiz

Form = Literal["entry", "exit"]
FORMS: tuple[Form, ...] = ("entry", "exit")

MOST_RECOMMENDED = 3
"""Lessons to begin with; more would be no advice."""


def groups(pool: Quiz) -> dict[str, list[Item]]:
    """Give the items by the lesson they stand for, in the order of the file."""
    found: dict[str, list[Item]] = {}
    for item in pool.items:
        found.setdefault(item.from_lesson or "", []).append(item)
    return found


def form_of(pool: Quiz, form: Form, seed: int) -> list[Item]:
    """Draw one item of each group; the same for the same seed, and never the one of the other form.

    A group of one item gives that to both.
    """
    place = FORMS.index(form)
    return [drawn[place % len(drawn)] for group in groups(pool).values() for drawn in [_shuffled(group, seed)]]


def recommended(items: list[Item], answers: Mapping[str, object]) -> list[str]:
    """Name the lessons to begin with: the first few whose item was not fully right, in the order of the test."""
    weak = [item.from_lesson for item in items if item.from_lesson and check(item, answers.get(item.id)).share != 1]
    return weak[:MOST_RECOMMENDED]


def tried(bodies: Iterable[Mapping[str, object]], items: list[Item]) -> tuple[dict[str, object], bool]:
    """Give the last answer to each item in one try, and whether the try is done: ended, or nothing left unanswered."""
    known, answers, ended = {item.id for item in items}, dict[str, object](), False
    for body in bodies:
        if body.get("do") == "answer" and body.get("item") in known:
            answers[str(body["item"])] = body.get("answer")
        ended = ended or body.get("do") == "finish"
    return answers, ended or len(answers) == len(known)


def _shuffled(group: list[Item], seed: int) -> list[Item]:
    return sorted(group, key=lambda item: sha256(f"{seed}/{item.id}".encode()).digest())
