"""What of earlier lessons comes back at the end of a later one: spaced, and from the learner's own mistakes.

Two weeks after a lesson its hardest items return, those first that this learner once got wrong; beside them stands one
fresh scam that nobody met in a lesson. Spacing beats rereading at every age (Cepeda et al. 2006, Psychological Bulletin
132(3)); two weeks is the rhythm of a class that meets weekly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from ecitizen.practice.items import check
from ecitizen.practice.quiz import Item, Quiz

REST = timedelta(days=14)
"""How long a lesson rests before its items come back."""

MOST_ITEMS = 2
"""Items of earlier lessons in one repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answer of the past."""

    lesson: str
    item: str
    answer: object
    at: datetime


def due(past: Sequence[Answered], quizzes: Mapping[str, Quiz], now: datetime) -> list[tuple[str, Item]]:
    """Give the items that come back now, each with its lesson: own mistakes first, then the harder ones.

    Of a lesson whose last answer is younger than ``REST`` nothing comes back. What was answered again and rightly
    after the rest is known, and comes back no more. Items that a person reads are never repeated.
    """
    found: list[tuple[bool, int, str, Item]] = []
    for lesson, quiz in quizzes.items():
        of_lesson = [one for one in past if one.lesson == lesson]
        if not of_lesson or max(one.at for one in of_lesson) > now - REST:
            continue
        for item in quiz.items:
            shares = [(one.at, check(item, one.answer).share) for one in of_lesson if one.item == item.id]
            if not shares or any(share is None for _, share in shares):
                continue
            begun = shares[0][0]
            if not any(share == 1 and at >= begun + REST for at, share in shares):
                found.append((shares[0][1] == 1, -item.difficulty, lesson, item))
    found.sort(key=lambda entry: entry[:2])
    return [(lesson, item) for _, _, lesson, item in found[:MOST_ITEMS]]


def fresh(scams: Quiz, met: Sequence[str], seed: int) -> Item | None:
    """Draw a scam that this learner has not met; None if all were met."""
    left = [item for item in scams.items if item.id not in met]
    return min(left, key=lambda item: sha256(f"{seed}/{item.id}".encode()).digest(), default=None)
