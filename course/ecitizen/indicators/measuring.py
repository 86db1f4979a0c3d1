"""Facts to figures: pure, and every figure keeps the facts it was counted from."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypedDict

from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.indicators.passport import Count, IndicatorRow, Passport, Target
from ecitizen.indicators.training import order


class Reason(TypedDict):
    """One fact behind a figure, as a person reads it."""

    date: str
    """As дд.мм.гггг."""
    text: str
    amount: float
    key: str


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
    actual: float
    """A whole number is an ``int``."""
    share_pct: float | None
    """Actual in per cent of the target, rounded half up to one decimal; None without a target above zero."""
    facts: tuple[Fact, ...]
    """What was counted, by day."""

    @property
    def met(self) -> bool | None:
        """Tell whether the target is reached; None without a target."""
        return None if self.target is None else self.actual >= self.target


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
            "period": {"from": self.since.isoformat(), "to": self.until.isoformat()},
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
                    "share_pct": row.share_pct,
                    "facts": len(row.facts),
                }
                for row in self.rows
            ],
        }


def measure(passport: Passport, facts: Iterable[Fact], since: date, until: date, site: str | None = None) -> Indicators:
    """Count every row of the passport over the facts of the period, both days included.

    A key that comes twice counts once. Targets are promised for calendar years: the one of the year of ``until`` is
    given, the last one promised stands for later years, and a period that spans several years has none.
    """
    if since > until:
        raise CourseError("период", f"начало {since} позже конца {until}", "Поменяйте даты местами")
    found: dict[str, dict[str, Fact]] = defaultdict(dict)
    wanted = {row.fact for row in passport.rows}
    for fact in facts:
        if fact.kind in wanted and (site is None or fact.site == site):
            same = found[fact.kind].get(fact.key)
            # Of two versions of one fact the same one is kept whatever their order.
            found[fact.kind][fact.key] = fact if same is None else min(same, fact, key=repr)
    by_kind = {kind: sorted(some.values(), key=order) for kind, some in found.items()}
    rows = (_row(row, by_kind.get(row.fact, []), since, until) for row in passport.rows)
    return Indicators(passport=passport, since=since, until=until, site=site, rows=tuple(rows))


def explain(indicators: Indicators, row_id: str) -> list[Reason]:
    """List the facts behind one figure by day; an unknown row is a ``CourseError``."""
    for row in indicators.rows:
        if row.id == row_id:
            return [
                Reason(date=f"{fact.date:%d.%m.%Y}", text=fact.text, amount=plain(fact.amount), key=fact.key)
                for fact in row.facts
            ]
    known = ", ".join(row.id for row in indicators.rows)
    raise CourseError(f"паспорт {indicators.passport.id}", f"нет показателя {row_id!r}", f"Укажите один из: {known}")


def plain(value: float) -> float:
    """Give a whole number as an ``int``, so that 44 is never printed as 44.0."""
    return int(value) if float(value).is_integer() else value


def _row(row: IndicatorRow, facts: Sequence[Fact], since: date, until: date) -> Row:
    counted = tuple(fact for fact in facts if _counts(row, fact, since, until))
    actual = plain(_count(row.count, counted))
    target, year = _target(row.targets, since, until)
    return Row(
        id=row.id,
        name=row.name,
        unit=row.unit,
        target=plain(target.value) if target else None,
        at_least=target is not None and target.at_least,
        target_year=year,
        actual=actual,
        share_pct=_share_pct(actual, target.value) if target else None,
        facts=counted,
    )


def _counts(row: IndicatorRow, fact: Fact, since: date, until: date) -> bool:
    ends = fact.date
    if row.lasting:
        ends = date.fromisoformat(fact.tags["until"]) if fact.tags.get("until") else date.max
    if fact.date > until or ends < since or (row.count == "persons" and fact.person is None):
        return False
    return all(fact.tags.get(tag) in ([one] if isinstance(one, str) else one) for tag, one in row.where.items())


def _count(count: Count, facts: Sequence[Fact]) -> float:
    if count == "facts":
        return len(facts)
    if count == "persons":
        return len({fact.person for fact in facts})
    if count == "sites":
        return len({fact.site for fact in facts})
    return math.fsum(fact.amount for fact in facts)  # exact, so that the order of facts can't change it


def _target(targets: dict[int, Target], since: date, until: date) -> tuple[Target | None, int | None]:
    years = [year for year in targets if year <= until.year]
    if not years or since.year != until.year:
        return None, None
    return targets[max(years)], max(years)


def _share_pct(actual: float, target: float) -> float | None:
    if target == 0:
        return None
    share = Decimal(str(actual)) * 100 / Decimal(str(target))
    return float(share.quantize(Decimal("0.1"), ROUND_HALF_UP))
