"""Planted difficulties, discriminations and gains come back from a synthetic class as planted."""

from __future__ import annotations

import math
import random
from statistics import correlation

import pytest

from ecitizen.gradebook.analysis import gains, item_statistics

LEARNERS, ITEMS = 200, 15
PLANTED = {f"q{place:02}": -2.1 + 0.3 * place for place in range(ITEMS)}
"""Difficulty of each item in logits, from easy to hard."""

DULL = ("q03", "q07", "q11")
"""Items that tell nobody apart: chance alone decides."""


def _class(seed: int, shift: float = 0.0) -> dict[int, dict[str, float]]:
    """Play a class by the two-parameter logistic model; ``shift`` is what the course gave everybody, in logits."""
    chance = random.Random(seed)
    ability = {learner: chance.gauss(0, 1) for learner in range(LEARNERS)}
    slope = {item: 0.0 if item in DULL else 1.7 for item in PLANTED}
    return {
        learner: {
            item: float(
                chance.random() < 1 / (1 + math.exp(-slope[item] * (able + shift - hard) + (not slope[item]) * hard))
            )
            for item, hard in PLANTED.items()
        }
        for learner, able in ability.items()
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_difficulty_comes_back_in_order(seed: int) -> None:
    found = {one.item: one for one in item_statistics(_class(seed))}
    sharp = [item for item in PLANTED if item not in DULL]
    places = [sorted(sharp, key=lambda item: -found[item].facility).index(item) for item in sharp]
    # Both are ranks already, so this is Spearman's.
    assert correlation(places, range(len(sharp))) > 0.97
    assert all(one.learners == LEARNERS for one in found.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_dull_items_are_told_from_sharp_ones(seed: int) -> None:
    found = {one.item: one for one in item_statistics(_class(seed))}
    # What nearly all or nearly nobody can do tells little about anybody, however sharp.
    middling = {item: one.discrimination for item, one in found.items() if 0.2 < one.facility < 0.8}
    sharp = [share for item, share in middling.items() if item not in DULL and share is not None]
    dull = [share for item in DULL if (share := found[item].discrimination) is not None]
    assert max(dull) < 0.2 < 0.25 < min(sharp)


def test_mean_of_shares_is_counted_by_hand() -> None:
    shares = {1: {"a": 1.0, "b": 0.5}, 2: {"a": 0.0, "b": 0.0}, 3: {"a": 1.0, "b": 1.0}}
    one, two = item_statistics(shares)
    assert (one.item, one.facility, two.facility) == ("a", pytest.approx(2 / 3), 0.5)
    assert one.discrimination == two.discrimination == pytest.approx(correlation([1, 0, 1], [0.5, 0, 1]))


@pytest.mark.parametrize(
    "shares",
    [{1: {"a": 1.0}}, {n: {"a": 1.0, "b": n / 9} for n in range(9)}, {n: {"a": n / 9} for n in range(9)}],
    ids=["one-learner", "all-alike", "no-rest"],
)
def test_item_that_tells_nothing_has_no_correlation(shares: dict[int, dict[str, float]]) -> None:
    assert item_statistics(shares)[0].discrimination is None


def test_gain_counts_those_who_took_both() -> None:
    entry = {1: {"a1": 0.0, "b1": 1.0}, 2: {"a2": 0.5, "b1": 0.0}, 3: {"a1": 0.0}}
    leaving = {1: {"a2": 1.0, "b2": 1.0}, 2: {"a1": 1.0, "b2": 0.0}, 4: {"a1": 1.0}}
    found = gains(entry, leaving, {"a1": "send", "a2": "send", "b1": "read", "b2": "read"})
    assert [(one.name, one.learners, one.entry, one.exit, one.gain) for one in found] == [
        ("send", 2, 0.25, 1.0, 0.75),
        ("read", 2, 0.5, 0.5, 0.0),
    ]
    assert gains(entry, {}, {"a1": "send"}) == []


def test_planted_gain_comes_back() -> None:
    before, after = item_statistics(_class(5)), item_statistics(_class(5, shift=1.0))
    sharp = [(old, new) for old, new in zip(before, after, strict=True) if old.item not in DULL]
    assert all(new.facility > old.facility for old, new in sharp)
