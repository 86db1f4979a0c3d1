"""Answers that a synthetic learner chooses, each with the share of the points it is worth.

The share follows from what was chosen (two of three right options and one wrong one are worth a third), by the rule
written here and never by the code that grades: the two can disagree, and a test says whether they do.
"""

from __future__ import annotations

from random import Random
from typing import Any

from ecitizen.practice.quiz import (
    Find,
    Item,
    Mark,
    Match,
    Number,
    Option,
    Order,
    Several,
    ShortText,
    Single,
    TrueFalse,
    Written,
)

Chosen = tuple[Any, float | None]
"""An answer as the journal keeps it, and its share of the points; None: a person has yet to say."""

WRITTEN = (
    "Сначала посмотрю на адрес сайта, потом решу.",
    "Положу трубку и сама позвоню по номеру с карты.",
    "Спрошу у библиотекаря, если не пойму.",
)
"""Ordinary sentences, whatever the question is."""


def choose(item: Item, able: float, random: Random) -> Chosen:
    """Answer an item; ``able`` is the chance, 0 to 1, to answer it rightly."""
    right = random.random() < able
    match item:
        case Single() | Find():
            return _single(item.options, right, random)
        case Several():
            return _several([bool(option.right) for option in item.options], "o", right, random)
        case Mark():
            return _several([bool(span.suspicious) for span in item.spans], "p", right, random)
        case TrueFalse():
            return _truefalse(item, right, random)
        case Order():
            return _order(len(item.steps), right, random)
        case Match():
            return _match(len(item.pairs), right, random)
        case Number():
            return (_plain(item.right), 1.0) if right else (_plain(item.right + item.tolerance + 1), 0.0)
        case ShortText():
            return (random.choice(item.accept), 1.0) if right else ("не знаю", 0.0)
        case Written():
            return random.choice(WRITTEN), None


def _plain(value: float) -> str:
    """Write a number with all its digits: 305668, 6.5."""
    return repr(value).removesuffix(".0")


def _single(options: tuple[Option, ...], right: bool, random: Random) -> Chosen:
    places = [place for place, option in enumerate(options, 1) if bool(option.right) == right]
    return f"o{random.choice(places)}", float(right)


def _several(right_ones: list[bool], letter: str, right: bool, random: Random) -> Chosen:
    hits = [f"{letter}{place}" for place, is_right in enumerate(right_ones, 1) if is_right]
    others = [f"{letter}{place}" for place, is_right in enumerate(right_ones, 1) if not is_right]
    if right:
        return random.sample(hits, len(hits)), 1.0
    found = random.randint(0, len(hits) - 1)
    slips = random.randint(0, min(1, len(others)))
    picked = random.sample(hits, found) + random.sample(others, slips)
    return picked, max(0.0, (found - slips) / len(hits))


def _truefalse(item: TrueFalse, right: bool, random: Random) -> Chosen:
    reason, knows_why = _single(item.reasons, right or random.random() < 0.5, random)
    if right:
        return {"value": item.right, "reason": reason}, 1.0
    if knows_why:
        return {"value": not item.right, "reason": reason}, 0.0
    return {"value": item.right, "reason": reason}, 0.5


def _order(steps: int, right: bool, random: Random) -> Chosen:
    order = [f"s{place}" for place in range(1, steps + 1)]
    if right:
        return order, 1.0
    slip = random.randrange(steps - 1)
    order[slip], order[slip + 1] = order[slip + 1], order[slip]
    # One pair of neighbours out of all is the wrong way round.
    return order, (steps - 2) / (steps - 1)


def _match(pairs: int, right: bool, random: Random) -> Chosen:
    mates = list(range(1, pairs + 1))
    swapped = 0
    if not right:
        first, second = random.sample(range(pairs), 2)
        mates[first], mates[second] = mates[second], mates[first]
        swapped = 2
    return {f"l{place}": f"r{mate}" for place, mate in enumerate(mates, 1)}, (pairs - swapped) / pairs
