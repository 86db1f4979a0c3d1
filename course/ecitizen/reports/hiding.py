"""Small cells: what a table that leaves the library must not show, lest somebody be known by it.

A part with fewer than five records about people is hidden. Its figure could be had by taking the others from the total,
which stays; so more parts are hidden with it, the smallest first, until at least two are and together they hold five
records or more. Facts behind such a table would give it away and are withheld too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ecitizen.indicators import SPANS, IndicatorRow, Part

SMALL = 5
"""Cells below are hidden."""

_FAMILIES = (
    frozenset({"consultation", "service"}),
    frozenset({"ticket", "ticket-wait", "ticket-serve", "ticket-rating"}),
    frozenset({"attendance", "enrolled", "lesson-passed", "trained"}),
    frozenset({"survey"}),
    frozenset({"member"}),
    frozenset({"question", "answer-time"}),
)
"""Kinds of facts about people; those of one family come from the same people, and one tells of the other."""


def is_telling(row: IndicatorRow, by: str) -> bool:
    """Tell whether parts of a row by a tag say something about people: a category does, a month says only when."""
    return by not in SPANS and any(kind in family for kind in row.kinds for family in _FAMILIES)


def hidden(parts: Sequence[Part]) -> frozenset[int]:
    """Give the places of the parts that must be hidden, so that none can be had from the others and the total."""
    small = {place for place, part in enumerate(parts) if part.facts < SMALL}
    if not small:
        return frozenset()
    others = sorted(set(range(len(parts))) - small, key=lambda place: (parts[place].facts, place))
    while others and (len(small) < 2 or sum(parts[place].facts for place in small) < SMALL):
        small.add(others.pop(0))
    return frozenset(small)


def gives_away(row: IndicatorRow, hidden_rows: Collection[IndicatorRow]) -> bool:
    """Tell whether the facts of a row would give away what is hidden in a table of another, or of itself."""
    kinds = {kind for one in hidden_rows for kind in one.kinds}
    told = kinds.union(*(family for family in _FAMILIES if family & kinds))
    return bool(told & set(row.kinds))
