"""What a class tells about the questions, and what the course gave to the class: pure over shares of points.

Classical test theory: facility is the mean share of an item's points; discrimination the correlation of an item with
the rest of the test (Lord & Novick 1968; the item itself is left out of the total, or it would correlate with itself).
What is too easy, too hard or tells nobody apart goes by the borders of Ebel & Frisbie (1991, Essentials of Educational
Measurement, ch. 13): a discrimination below 0.20 is poor, a negative one points at the key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, fmean, pvariance
from typing import Literal

from ecitizen.gradebook.distractors import Distractor
from ecitizen.gradebook.intervals import effect_size, mean_interval
from ecitizen.practice.forms import form_of
from ecitizen.practice.quiz import ROUNDING, Quiz

FEWEST = 3
"""Learners below which a correlation says nothing."""

FEWEST_TO_JUDGE = 5
"""Learners below which an item is not judged at all."""

FEWEST_TO_CORRELATE = 8
"""Learners below which no key is suspected: chance alone makes a correlation negative too often."""

FEWEST_FOR_DULL = 20
"""Learners below which nothing is called dull: the error of a correlation is about 1 / sqrt(n)."""

TOO_EASY, EASY, HARD, TOO_HARD = 0.95, 0.80, 0.50, 0.30
"""Facilities: from the first on an item is too easy, below the last too hard."""

DULL, WRONG_WAY = 0.20, -0.20
"""Discriminations: below the first an item tells nobody apart, from the second down its key is suspect."""

CONFUSED = 0.25
"""Share of the learners who choose one and the same wrong answer, from which on two things are being confused."""

MASTERED = 0.80
"""Share of a skill's points from which on somebody has mastered it (Bloom 1968, Learning for Mastery)."""

Flag = Literal["few", "key", "confused", "too-hard", "too-easy", "dull"]
"""What is to be said of an item, the gravest first."""

Difficulty = Literal["very-easy", "easy", "medium", "hard", "very-hard"]


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

    @property
    def difficulty(self) -> Difficulty:
        """Put the facility into a word."""
        borders: list[tuple[float, Difficulty]] = [(TOO_EASY, "very-easy"), (EASY, "easy"), (HARD, "medium")]
        borders.append((TOO_HARD, "hard"))
        return next((word for border, word in borders if self.facility >= border), "very-hard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What those who took both tests could do before and after."""

    name: str
    """A skill, or a lesson."""

    learners: int
    entry: float
    """Mean share at entry, 0 to 1."""

    exit: float
    low: float | None = None
    """Lower end of the 95 % interval of the gain, in shares; None for fewer than two learners."""

    high: float | None = None
    effect: float | None = None
    """Cohen's d of the paired differences; None where it is not defined."""

    @property
    def gain(self) -> float:
        """Give the difference, in shares."""
        return self.exit - self.entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How far a test would give the same marks again."""

    alpha: float
    """Cronbach's alpha, at most 1."""

    error: float
    """Standard error of measurement of a learner's mean share, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mastery:
    """A skill over a class."""

    skill: str
    learners: int
    """Who met the skill."""

    mastered: int
    """Of them those with ``MASTERED`` of its points or more."""

    mean: float
    """Mean share of its points, 0 to 1."""

    @property
    def share(self) -> float:
        """Give the share of those who have mastered it."""
        return self.mastered / self.learners


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
            differences = [after - before for before, after in pairs]
            low, high = mean_interval(differences) or (None, None)
            effect = effect_size(differences)
            found.append(
                Gain(name=name, learners=len(pairs), entry=before, exit=after, low=low, high=high, effect=effect)
            )
    return found


def flags(item: ItemStatistics, wrong: Sequence[Distractor]) -> list[Flag]:
    """Say what is to be looked at in an item; empty if nothing is. ``wrong`` is the most frequent first."""
    if item.learners < FEWEST_TO_JUDGE:
        return ["few"]
    known = item.discrimination if item.learners >= FEWEST_TO_CORRELATE else None
    worst = max((one.learners for one in wrong if one.confusable), default=0) / item.learners
    middling = TOO_HARD <= item.facility < TOO_EASY
    found: dict[Flag, bool] = {
        "key": known is not None and (known <= WRONG_WAY or (known < 0 and worst >= item.facility)),
        "confused": worst >= CONFUSED,
        "too-hard": item.facility < TOO_HARD,
        "too-easy": item.facility >= TOO_EASY,
        "dull": known is not None and item.learners >= FEWEST_FOR_DULL and middling and known < DULL,
    }
    if found["key"]:
        found["dull"] = False
    return [flag for flag, is_so in found.items() if is_so]


def reliability(shares: Mapping[int, Mapping[str, float]]) -> Reliability | None:
    """Measure a test over the learners who answered all that most of them did; None where it is not defined.

    Alpha is k / (k - 1) (1 - sum of the items' variances / variance of the sums) (Cronbach 1951, Psychometrika 16,
    297-334); the error is the standard deviation of the mean shares times sqrt(1 - alpha) (Lord & Novick 1968).
    """
    most = max((len(answers) for answers in shares.values()), default=0)
    whole = [answers for answers in shares.values() if len(answers) == most]
    items = list(whole[0]) if whole else []
    rows = [[answers[item] for item in items] for answers in whole if answers.keys() == set(items)]
    if most < 2 or len(rows) < FEWEST:
        return None
    of_sums = pvariance([sum(row) for row in rows])
    if of_sums == 0:
        return None
    of_items = sum(pvariance(column) for column in zip(*rows, strict=True))
    alpha = most / (most - 1) * (1 - of_items / of_sums)
    return Reliability(alpha=alpha, error=(of_sums * (1 - alpha)) ** 0.5 / most)


def mastery(points: Mapping[int, Mapping[str, tuple[float, float]]]) -> list[Mastery]:
    """Sum up skills over a class, in the order met; ``points`` is learner -> skill -> points and what could be had."""
    found = []
    for skill in dict.fromkeys(skill for skills in points.values() for skill in skills):
        shares = [given / most for skills in points.values() for given, most in [skills.get(skill, (0.0, 0.0))] if most]
        if shares:
            mastered = sum(share >= MASTERED - ROUNDING for share in shares)
            found.append(Mastery(skill=skill, learners=len(shares), mastered=mastered, mean=fmean(shares)))
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
