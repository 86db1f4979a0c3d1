"""Small cells: what a paper that leaves the library must not show, lest somebody be known by it.

A figure about people of an age or of a category (152-ФЗ, ст. 10: disability says something of health) that tells of
fewer than five is hidden, and no record is listed behind such a row: day, place and topic would lead to the person.
So is a part of a table with fewer than five records about people. What is hidden could be had by taking the others from
the total, which stays; so more is hidden with it, the smallest first. Facts that would give it away are withheld too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ecitizen.facts import carries
from ecitizen.indicators import SPANS, IndicatorRow, Part, Row

SMALL = 5
"""Cells below are hidden."""

TELLING = frozenset({"category", "age"})
"""Tags that say what kind of person somebody is."""

_ADDING = frozenset({"facts", "sum", "persons"})
"""Counts whose figure is a number of records or of people, so that one can be taken from another."""

_FAMILIES = (
    frozenset({"consultation", "service"}),
    frozenset({"ticket", "ticket-wait", "ticket-serve", "ticket-rating"}),
    frozenset({"attendance", "enrolled", "lesson-passed", "test-passed", "trained"}),
    frozenset({"event-visit"}),
    frozenset({"survey"}),
    frozenset({"member"}),
    frozenset({"question", "answer-time"}),
)
"""Kinds of facts about people; those of one family come from the same people, and one tells of the other."""


def is_personal(row: IndicatorRow) -> bool:
    """Tell whether a row counts people of an age or of a category."""
    return bool(TELLING & {*row.where, *row.part})


def is_telling(row: IndicatorRow, by: str) -> bool:
    """Tell whether parts of a row by a tag say something about people: a category does, a month says only when."""
    about_people = any(kind in family for kind in row.kinds for family in _FAMILIES)
    return is_personal(row) or (by not in SPANS and about_people)


def hidden_figures(declared: Sequence[IndicatorRow], rows: Sequence[Row]) -> dict[str, bool]:
    """Give the ids of the rows whose figures must be hidden: True where the figure itself is small.

    False stands by a figure from which, with the total of them all, a small one could be had.
    """
    figures = {row.id: row.actual or 0 for row in rows}
    covered = {
        one.id: True for one, row in zip(declared, rows, strict=True) if is_personal(one) and _is_small(one, row)
    }
    for one in [one for one in declared if one.id in covered and one.count in _ADDING]:
        for tag in TELLING & one.where.keys():
            alike = [other for other in declared if (other.kinds, other.count) == (one.kinds, one.count)]
            group = [other for other in alike if tag in other.where and _without(other, tag) == _without(one, tag)]
            totals = [figures[other.id] for other in alike if dict(other.where) == _without(one, tag)]
            shown = [other for other in group if other.id not in covered]
            rest = sum(figures[other.id] for other in group if other.id in covered)
            if shown and any(total - sum(figures[other.id] for other in shown) == rest for total in totals):
                covered[min(shown, key=lambda other: figures[other.id]).id] = False
    return covered


def hidden_wholes(declared: Sequence[IndicatorRow], rows: Sequence[Row], of_period: Collection[str]) -> dict[str, bool]:
    """Give the same for the figures from the first day of the project on, which stand beside those of the period.

    A figure of the period that is shown leaves, taken from the whole, what was before: that must not be small either.
    """
    pairs = [(one, row, row.whole) for one, row in zip(declared, rows, strict=True) if row.whole]
    covered = hidden_figures([one for one, _, _ in pairs], [whole for _, _, whole in pairs])
    for one, row, whole in pairs:
        before = (whole.actual or 0) - (row.actual or 0)
        if is_personal(one) and one.count in _ADDING and one.id not in of_period and 0 < before < SMALL:
            covered.setdefault(one.id, False)
    return covered


def _is_small(declared: IndicatorRow, row: Row) -> bool:
    """Tell whether a figure tells of somebody, but of few: a sum of people may come from one record."""
    if declared.count in _ADDING:
        return 0 < (row.actual or 0) < SMALL
    part = sum(one.times for one in row.counted if carries(one.tags, declared.part)) if declared.part else row.records
    return 0 < row.records < SMALL or 0 < part < SMALL


def _without(row: IndicatorRow, tag: str) -> dict[str, str | list[str]]:
    return {name: value for name, value in row.where.items() if name != tag}


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
