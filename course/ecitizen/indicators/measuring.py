"""Facts to figures: pure, and every figure keeps the facts it was counted from.

What counts and how is said once, for single facts and for tallies of many: a tally weighs as much as its facts.
``asking`` says what a passport needs told apart, so that the database can count the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from ecitizen.errors import CourseError
from ecitizen.facts import Fact, Need, Tally
from ecitizen.indicators.counting import Lack, compared, count, counts, lack, own_span, plain, share_pct
from ecitizen.indicators.passport import IndicatorRow, Passport, Target, reach
from ecitizen.indicators.periods import year_before
from ecitizen.indicators.training import order


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What had been done by a checkpoint."""

    day: date
    target: float
    at_least: bool
    actual: float | None
    """As in a row."""
    share_pct: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One indicator measured over a period."""

    id: str
    name: str
    unit: str
    target: float | None
    """For the year of the period's end; None if nothing was promised for it."""
    at_least: bool
    """The target says «не менее»."""
    target_year: int | None
    """The year that the target was promised for: an earlier one than the period's if it is carried on."""
    since: date
    """The first day that counts: that of the period, unless the row has one of its own."""
    actual: float | None
    """A whole number is an ``int``; None if there is too little to tell it."""
    lacks: Lack | None
    """What there is too little of; None: the figure can be told."""
    share_pct: float | None
    """Actual in per cent of the target, rounded half up to one decimal; None without a target above zero, or without
    a figure."""
    counted: tuple[Fact | Tally, ...]
    """What was counted, by day."""
    whole: Row | None = None
    """The same from the first day of the project on, if the form asks for it or a target was set for the whole."""
    points: tuple[Point, ...] = ()
    """The checkpoints of the period, by day."""

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Give the facts behind the figure; only a measure over single facts knows them."""
        return tuple(one for one in self.counted if isinstance(one, Fact))

    @property
    def records(self) -> int:
        """Tell how many facts there are behind the figure."""
        return sum(one.times for one in self.counted)

    @property
    def met(self) -> bool | None:
        """Tell whether the target is reached; None without a target or a figure."""
        return None if self.target is None or self.actual is None else self.actual >= self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicators:
    """A passport measured from ``since`` to ``until``, both days included."""

    passport: Passport
    since: date
    until: date
    site: str | None
    """The one library that was counted; None for all."""
    rows: tuple[Row, ...]

    @property
    def whole_year(self) -> bool:
        """Tell whether the period is one calendar year."""
        return (self.since, self.until) == (date(self.until.year, 1, 1), date(self.until.year, 12, 31))

    def document(self) -> dict[str, Any]:
        """Give the document that ``ecitizen indicators --json`` prints."""
        return {
            "passport": self.passport.id,
            "title": self.passport.title,
            "period": _span_document(self.since, self.until),
            "site": self.site,
            "rows": [
                {
                    "id": row.id,
                    "name": row.name,
                    "unit": row.unit,
                    "target": row.target,
                    "at_least": row.at_least,
                    "target_year": row.target_year,
                    "actual": row.actual,
                    "lacks": row.lacks,
                    "share_pct": row.share_pct,
                    "facts": row.records,
                    **({} if row.since == self.since else {"period": _span_document(row.since, self.until)}),
                    **({} if row.whole is None else {"whole": _whole_document(row.whole)}),
                    **({"checkpoints": [_point_document(one) for one in row.points]} if row.points else {}),
                }
                for row in self.rows
            ],
        }


def _span_document(since: date, until: date) -> dict[str, str]:
    return {"from": since.isoformat(), "to": until.isoformat()}


def _whole_document(row: Row) -> dict[str, Any]:
    told = {"target": row.target, "actual": row.actual, "lacks": row.lacks, "share_pct": row.share_pct}
    return {**told, "facts": row.records}


def _point_document(point: Point) -> dict[str, Any]:
    told = {"target": point.target, "actual": point.actual, "share_pct": point.share_pct}
    return {"day": point.day.isoformat(), "at_least": point.at_least, **told}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a passport has to know to be measured over a period."""

    since: date
    """The first day from which facts are needed."""
    until: date
    needs: Mapping[str, Need]
    """By kind of facts."""
    cuts: list[date]
    """First days of the stretches that no period of the passport divides."""


def asking(passport: Passport, since: date, until: date, today: date, site: str | None = None) -> Question:
    """Say what the register must tell apart so that ``measure`` and ``forecast`` come out as over single facts."""
    begun, first = min(passport.term.since, until), reach(passport, since)
    starts = [since, begun, until + timedelta(days=1), today + timedelta(days=1)]
    starts += [year_before(since), year_before(begun), year_before(until) + timedelta(days=1)]
    for own, _ in (own_span(row, since, until) for row in passport.rows):
        starts += [own, year_before(own)]
    for point in (point for row in passport.rows for point in row.checkpoints):
        starts += [point.day + timedelta(days=1), year_before(point.day) + timedelta(days=1)]
    needs: dict[str, Need] = {}
    for row in passport.rows:
        for kind in row.kinds:
            old = needs.get(kind, Need(where=row.where))
            needs[kind] = Need(
                tags=old.tags | row.where.keys() | row.part.keys(),
                by_site=old.by_site or row.count in {"sites", "last"} or site is not None,
                by_person=old.by_person or row.count == "persons",
                latest=old.latest or row.count == "last",
                one_by_one=old.one_by_one or row.lasting,
                where=row.where if row.where == old.where else {},
            )
    cuts = [first, *sorted({day for day in starts if first < day <= until})]
    return Question(since=first, until=until, needs=needs, cuts=cuts)


def measure(
    passport: Passport, facts: Iterable[Fact | Tally], since: date, until: date, site: str | None = None
) -> Indicators:
    """Count every row of the passport over the facts of the period, both days included.

    A key that comes twice counts once. Targets are promised for calendar years: the one of the year of ``until`` is
    given, the last one promised stands for later years, and a period that spans several years has none. Bring the facts
    from ``reach(passport, since)`` on, or the tallies of the question that ``asking`` gives; no fact may be in both.
    """
    if since > until:
        raise CourseError("период", f"начало {since} позже конца {until}", "Поменяйте даты местами")
    found: dict[str, dict[str, Fact | Tally]] = defaultdict(dict)
    wanted = {kind for row in passport.rows for kind in row.kinds}
    for place, fact in enumerate(facts):
        if fact.kind in wanted and (site is None or fact.site == site):
            # Tallies have no key: each is another one.
            key = fact.key if isinstance(fact, Fact) else f"tally {place}"
            same = found[fact.kind].get(key)
            # Of two versions of one fact the same one is kept whatever their order.
            found[fact.kind][key] = fact if same is None else min(same, fact, key=repr)
    rows = []
    for row in passport.rows:
        some = sorted((fact for kind in row.kinds for fact in found[kind].values()), key=order)
        own, _ = own_span(row, since, until)
        measured = _measured(row, some, own, until, *_target(row.targets, own, until))
        if passport.with_whole or row.whole:
            begun = min(passport.term.since, until)
            measured = replace(measured, whole=_measured(row, some, begun, until, row.whole, None))
        rows.append(replace(measured, points=_points(row, some, own, until)))
    return Indicators(passport=passport, since=since, until=until, site=site, rows=tuple(rows))


def _points(row: IndicatorRow, facts: Sequence[Fact | Tally], since: date, until: date) -> tuple[Point, ...]:
    points = []
    for promised in sorted(row.checkpoints, key=lambda point: point.day):
        if since <= promised.day <= until:
            found = _measured(row, facts, since, promised.day, promised, None)
            points.append(
                Point(
                    day=promised.day,
                    target=plain(promised.value),
                    at_least=promised.at_least,
                    actual=found.actual,
                    share_pct=found.share_pct,
                )
            )
    return tuple(points)


def _measured(
    row: IndicatorRow,
    facts: Sequence[Fact | Tally],
    since: date,
    until: date,
    target: Target | None,
    year: int | None,
) -> Row:
    periods = compared(row, since, until)
    counted = tuple(fact for fact in facts if counts(row, fact, periods))
    lacks = lack(row, counted, since, until)
    actual = None if lacks else plain(count(row, counted, since, until))
    return Row(
        id=row.id,
        name=row.name,
        unit=row.unit,
        target=plain(target.value) if target else None,
        at_least=target is not None and target.at_least,
        target_year=year,
        since=since,
        actual=actual,
        lacks=lacks,
        share_pct=None if target is None or actual is None else share_pct(actual, target.value),
        counted=counted,
    )


def _target(targets: dict[int, Target], since: date, until: date) -> tuple[Target | None, int | None]:
    years = [year for year in targets if year <= until.year]
    if not years or since.year != until.year:
        return None, None
    return targets[max(years)], max(years)
