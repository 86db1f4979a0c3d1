"""What a class tells about the questions, and what the course gave to the class: pure over shares of points.

Classical test theory: facility is the mean share of an item's points; discrimination the correlation of an item with
the rest of the test (Lord & Novick 1968; the item itself is left out of the total, or it would correlate with itself).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, fmean

from ecitizen.practice.forms import form_of
from ecitizen.practice.quiz import Quiz

FEWEST = 3
"""Learners below which a correlation says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemStatistics:
    """One item over a class."""

    item: str
    learners: int
    """Who met the item."""

    facility: float
    """Mean share of the points, 0 to 1; greater is easier."""

    discrimination: float | None
    """Correlation with the rest of the test, -1 to 1; None where too few met it or all did alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What those who took both tests could do before and after."""

    name: str
    """A skill, or a lesson."""

    learners: int
    entry: float
    """Mean share at entry, 0 to 1."""

    exit: float

    @property
    def gain(self) -> float:
        """Give the difference, in shares."""
        return self.exit - self.entry


def item_statistics(shares: Mapping[int, Mapping[str, float]]) -> list[ItemStatistics]:
    """Measure each item over the learners who met it; ``shares`` is learner -> item -> share of the points.

    The rest of the test is the mean of a learner's other items, since forms drawn by seed hold different ones.
    """
    items = list(dict.fromkeys(item for answers in shares.values() for item in answers))
    return [_statistics(item, [answers for answers in shares.values() if item in answers]) for item in items]


def gains(
    entry: Mapping[int, Mapping[str, float]], leaving: Mapping[int, Mapping[str, float]], names: Mapping[str, str]
) -> list[Gain]:
    """Compare both tests over those who took both; ``names`` puts each item under a skill or a lesson."""
    both = [learner for learner in entry if learner in leaving]
    found: list[Gain] = []
    for name in dict.fromkeys(names.values()):
        pairs = [
            (before, after)
            for learner in both
            if (before := _mean(entry[learner], names, name)) is not None
            and (after := _mean(leaving[learner], names, name)) is not None
        ]
        if pairs:
            before, after = (fmean(side) for side in zip(*pairs, strict=True))
            found.append(Gain(name=name, learners=len(pairs), entry=before, exit=after))
    return found


def mean_difficulty(pool: Quiz, form: str, seeds: Sequence[int]) -> float:
    """Give the mean of the authors' difficulty, 1 to 3, of the forms that these seeds draw."""
    drawn = [item.difficulty for seed in seeds for item in form_of(pool, "exit" if form == "exit" else "entry", seed)]
    return fmean(drawn)


def _statistics(item: str, answers: Sequence[Mapping[str, float]]) -> ItemStatistics:
    own = [one[item] for one in answers]
    rests = [[share for other, share in one.items() if other != item] for one in answers]
    pairs = [(mine, fmean(rest)) for mine, rest in zip(own, rests, strict=True) if rest]
    return ItemStatistics(item=item, learners=len(own), facility=fmean(own), discrimination=_correlation(pairs))


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    if len(pairs) < FEWEST:
        return None
    try:
        return correlation(*zip(*pairs, strict=True))
    except StatisticsError:
        # One of the sides is the same for all.
        return None


def _mean(answers: Mapping[str, float], names: Mapping[str, str], name: str) -> float | None:
    shares = [share for item, share in answers.items() if names.get(item) == name]
    return fmean(shares) if shares else None
