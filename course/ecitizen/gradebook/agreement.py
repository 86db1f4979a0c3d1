"""How far two people who marked the same answers agree: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Strength = Literal["none", "slight", "fair", "moderate", "substantial", "almost-perfect"]

_UPPER: tuple[tuple[float, Strength], ...] = (
    (0.0, "none"),
    (0.20, "slight"),
    (0.40, "fair"),
    (0.60, "moderate"),
    (0.80, "substantial"),
)
"""Landis & Koch 1977, Biometrics 33, p. 165."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Two markers over the criteria of all answers that both have marked."""

    judged: int
    """Pairs of judgements: answers times criteria."""

    same: int
    """Pairs in which both gave the same points."""

    kappa: float | None
    """Cohen's kappa, -1 to 1; None if nothing was judged, or if both gave one and the same mark to everything."""

    @property
    def same_share(self) -> float:
        """Give the share of equal judgements, 0 to 1; 0 if nothing was judged."""
        return self.same / self.judged if self.judged else 0.0

    @property
    def strength(self) -> Strength | None:
        """Put kappa into the words of Landis & Koch (1977)."""
        if self.kappa is None:
            return None
        # Zero itself is agreement by chance alone.
        return next((name for upper, name in _UPPER if self.kappa <= upper), "almost-perfect")


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Measure the agreement of two markers beyond chance: (po - pe) / (1 - pe).

    ``po`` is the share of equal judgements, ``pe`` the share to be expected if each marker kept to their own shares of
    the categories, but without looking (Cohen 1960, Educational and Psychological Measurement 20, 37-46). Both
    sequences hold the categories of the same things in the same order; raises ``ValueError`` if they differ in length.
    None where it is not defined: nothing was judged, or both used one and the same category only.
    """
    pairs = list(zip(first, second, strict=True))
    if not pairs:
        return None
    size = len(pairs)
    observed = sum(one == other for one, other in pairs) / size
    ours, theirs = Counter(first), Counter(second)
    expected = sum(count * theirs[category] for category, count in ours.items()) / size**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def agreement(
    most: Mapping[str, float], first: Sequence[Mapping[str, float]], second: Sequence[Mapping[str, float]]
) -> Agreement:
    """Compare two markers, answer by answer and criterion by criterion.

    ``most`` gives the points of each criterion; a category is the share of them that was given, so that criteria of
    different weight can be counted together.
    """
    pairs = [
        (one[name] / limit, other[name] / limit)
        for one, other in zip(first, second, strict=True)
        for name, limit in most.items()
    ]
    # Points come from forms and from JSON: equal marks may differ in the last binary place.
    ours, theirs = [round(one, 6) for one, _ in pairs], [round(other, 6) for _, other in pairs]
    same = sum(one == other for one, other in zip(ours, theirs, strict=True))
    return Agreement(judged=len(pairs), same=same, kappa=cohen_kappa(ours, theirs))
