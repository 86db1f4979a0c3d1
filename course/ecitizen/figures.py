"""The figures of a course folder: facts of the register and of the gradebook, measured by a passport.

``measured`` lets the database count and takes the time of a page; ``measured_by_facts`` brings every fact, for a paper
lists them. Both give the same figures, for what counts and how is said once (``ecitizen.indicators``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from ecitizen import content
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import completions
from ecitizen.indicators import (
    IndicatorRow,
    Indicators,
    Passport,
    Reason,
    TrainedRule,
    asking,
    declared,
    load,
    measure,
    order,
    reach,
    reasons,
    spans,
    trained,
)
from ecitizen.opening import connect
from ecitizen.register.facts import facts, page, tallies
from ecitizen.register.people import roster
from ecitizen.register.sources import Asked

BEGINNING = date(1900, 1, 1)
"""Before any fact: who is trained depends on all that person ever did."""

PASSPORTS = "passports"
"""In the course folder: passports of the library's own."""

_LEARNING = frozenset({"lesson-passed", "trained"})
"""Kinds of facts that come from the gradebook."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A part of the facts behind a figure."""

    row: str
    total: int
    """How many facts there are in all."""
    skipped: int
    facts: list[Reason]
    """By day, then by key."""


def measured(folder: CourseFolder, passport: str, since: date, until: date, site: str | None = None) -> Indicators:
    """Measure a passport; the rows know how many facts stand behind them, not which."""
    known, engine = load(passport, folder.path / PASSPORTS), connect(folder)
    return count(known, engine, since, until, site, learning(folder, engine, _kinds(known), until))


def count(
    passport: Passport, engine: Engine, since: date, until: date, site: str | None, learned: list[Fact]
) -> Indicators:
    """Measure a passport over the facts of a register and those that the gradebook gave."""
    question = asking(passport, since, until, date.today(), site)
    counted = tallies(engine, question.needs, question.since, question.until, question.cuts, site)
    return measure(passport, [*counted, *learned], since, until, site)


def measured_by_facts(
    folder: CourseFolder, passport: str, since: date, until: date, site: str | None = None
) -> Indicators:
    """Measure a passport for a paper: every row keeps its facts."""
    known, engine = load(passport, folder.path / PASSPORTS), connect(folder)
    happened = facts(engine, reach(known, since), until, only=_kinds(known))
    return measure(known, [*happened, *learning(folder, engine, _kinds(known), until)], since, until, site)


def learning(folder: CourseFolder, engine: Engine, kinds: Collection[str], until: date) -> list[Fact]:
    """Give what the gradebook knows, if one of these kinds is asked for: lessons passed, and who is trained by them."""
    if not _LEARNING.intersection(kinds):
        return []
    rule = content.toc().trained
    passed = completions(folder, rule.pass_share_pct, {entry.number: entry.site for entry in roster(engine)})
    return [*passed, *graduates(engine, passed, rule, until)]


def graduates(engine: Engine, passed: list[Fact], rule: TrainedRule, until: date) -> list[Fact]:
    """Give a fact ``trained`` for each who has fulfilled the rule by a day; ``passed`` are lessons passed."""
    if not passed:
        return []
    came = facts(engine, BEGINNING, until, only=["attendance"], firsts=rule.min_sessions)
    return trained([*came, *passed], rule)


def every_fact(folder: CourseFolder) -> list[Fact]:
    """Give every fact of a course folder up to today."""
    engine = connect(folder)
    return [*facts(engine, BEGINNING, date.today()), *learning(folder, engine, _LEARNING, date.today())]


def explained(
    folder: CourseFolder, passport: str, row: str, since: date, until: date, site: str | None = None,
    skip: int = 0, most: int | None = None,
) -> Explanation:  # fmt: skip
    """Open a figure into the facts behind it, ``most`` of them; an unknown row is a ``CourseError``."""
    known, engine = load(passport, folder.path / PASSPORTS), connect(folder)
    wanted = declared(known, row)
    return open_figure(
        known, wanted, engine, since, until, site, learning(folder, engine, wanted.kinds, until), skip, most
    )


def open_figure(
    passport: Passport, row: IndicatorRow, engine: Engine, since: date, until: date, site: str | None,
    learned: list[Fact], skip: int = 0, most: int | None = None,
) -> Explanation:  # fmt: skip
    """Open the figure of one row of a passport over a register and what the gradebook gave."""
    alone = passport.model_copy(update={"rows": [row], "with_whole": False, "breakdowns": []})
    needs = asking(alone, since, until, date.today(), site).needs
    last = None if most is None else skip + most
    asked = Asked(spans=spans(row, since, until), site=site, where=row.where, named=row.count == "persons", most=last)
    some, total = page(engine, [kind for kind in row.kinds if not needs[kind].one_by_one], asked)
    single = {kind: need for kind, need in needs.items() if need.one_by_one}
    since_ever = reach(alone, since)
    others = [*tallies(engine, single, since_ever, until, [since_ever], site), *learned]
    (found,) = measure(alone, others, since, until, site).rows
    some = sorted([*some, *found.facts], key=order)[skip:last]
    return Explanation(row=row.id, total=total + found.records, skipped=skip, facts=reasons(some))


def _kinds(passport: Passport) -> set[str]:
    return {kind for row in passport.rows for kind in row.kinds}
