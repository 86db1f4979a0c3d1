"""How sure a mean is: Student's interval and the size of an effect, for pairs of measurements; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

CONFIDENCE = 0.95
"""Share of such intervals that hold the true mean."""

_STEPS = 200
"""Halvings; a float has no more places."""


def mean_interval(differences: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Give the interval of the mean of paired differences; None for fewer than two.

    Mean plus or minus t s / sqrt(n) with n - 1 degrees of freedom (Student 1908, Biometrika 6, 1-25).
    """
    if len(differences) < 2:
        return None
    mean = fmean(differences)
    reach = student_quantile(len(differences) - 1, confidence) * stdev(differences) / math.sqrt(len(differences))
    return mean - reach, mean + reach


def effect_size(differences: Sequence[float]) -> float | None:
    """Give Cohen's d of paired differences: their mean over their standard deviation.

    Cohen 1988, Statistical Power Analysis for the Behavioral Sciences, p. 48 (dz). None where all differ alike.
    """
    if len(differences) < 2 or (spread := stdev(differences)) == 0:
        return None
    return fmean(differences) / spread


def student_quantile(degrees: int, confidence: float = CONFIDENCE) -> float:
    """Give the t between -t and t of which Student's distribution has this share; ``degrees`` are 1 or more."""
    if degrees < 1 or not 0 < confidence < 1:
        raise ValueError(f"expected degrees from 1 and a share between 0 and 1, got {degrees} and {confidence}")
    low, high = 0.0, 1.0
    while _central_share(high, degrees) < confidence:
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _central_share(middle, degrees) < confidence else (low, middle)
    return high


def _central_share(t: float, degrees: int) -> float:
    """Give the share of Student's distribution between -t and t: the finite series 26.7.3 and 26.7.4.

    Abramowitz & Stegun 1964, Handbook of Mathematical Functions, p. 948.
    """
    angle = math.atan2(t, math.sqrt(degrees))
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for step in range(2 + odd, degrees + 1, 2):
        total += term
        term *= math.cos(angle) ** 2 * (step - 1) / step
    return 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
