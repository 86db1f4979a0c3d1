"""The figures of a course folder: facts of the register and of the gradebook, measured by a passport.

``measured`` lets the database count and takes the time of a page; ``measured_by_facts`` brings every fact, for a paper
lists them. Both give the same figures, for what counts and how is said once (``ecitizen.indicators``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import partial

from sqlalchemy import Engine

from ecitizen import content
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import completions, tests_passed
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
    trained_days,
)
from ecitizen.opening import connect
from ecitizen.register.facts import facts, nth_days, page, tallies
from ecitizen.register.people import roster
from ecitizen.register.sources import Asked

BEGINNING = date(1900, 1, 1)
"""Before any fact: who is trained depends on all that person ever did."""

PASSPORTS = "passports"
"""In the course folder: passports of the library's own."""

LEARNING = frozenset({"lesson-passed", "test-passed", "trained"})
"""Kinds of facts that come from the gradebook and the tests."""


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
    passed = _passed(folder, engine, _kinds(known))
    return count(known, engine, since, until, site, [*passed, *graduates_of(known, engine, passed, until, site)])


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
    passed = _passed(folder, engine, kinds)
    return [*passed, *graduates(engine, passed, content.toc().trained, until)]


def graduates_of(passport: Passport, engine: Engine, passed: list[Fact], until: date, site: str | None) -> list[Fact]:
    """Give who is trained for the figures of a passport: no more than who and when, where nothing else decides."""
    rows = [row for row in passport.rows if "trained" in row.kinds]
    if not rows:
        return []
    apart = {breakdown.row for breakdown in passport.breakdowns}
    is_brief = site is None and all(
        row.count in {"facts", "persons"} and not row.where and row.id not in apart for row in rows
    )
    return (_graduates_days if is_brief else partial(_graduates_at, site))(engine, passed, until)


def graduates(
    engine: Engine, passed: list[Fact], rule: TrainedRule, until: date, people: Collection[int] | None = None
) -> list[Fact]:
    """Give a fact ``trained`` for each who has fulfilled the rule by a day, or for those among some ``people``.

    ``passed`` are lessons passed.
    """
    if people is not None:
        passed = [fact for fact in passed if fact.person in people]
    if not passed:
        return []
    came = facts(engine, BEGINNING, until, only=["attendance"], firsts=rule.min_sessions, persons=people)
    return trained([*came, *passed], rule)


def every_fact(folder: CourseFolder) -> list[Fact]:
    """Give every fact of a course folder up to today."""
    engine = connect(folder)
    return [*facts(engine, BEGINNING, date.today()), *learning(folder, engine, LEARNING, date.today())]


def explained(
    folder: CourseFolder, passport: str, row: str, since: date, until: date, site: str | None = None,
    skip: int = 0, most: int | None = None,
) -> Explanation:  # fmt: skip
    """Open a figure into the facts behind it, ``most`` of them; an unknown row is a ``CourseError``."""
    known, engine = load(passport, folder.path / PASSPORTS), connect(folder)
    wanted = declared(known, row)
    passed = _passed(folder, engine, wanted.kinds)
    return open_figure(known, wanted, engine, since, until, site, passed, skip, most)


def open_figure(
    passport: Passport, row: IndicatorRow, engine: Engine, since: date, until: date, site: str | None,
    passed: list[Fact], skip: int = 0, most: int | None = None,
) -> Explanation:  # fmt: skip
    """Open the figure of one row of a passport over a register and the lessons passed."""
    alone = passport.model_copy(update={"rows": [row], "with_whole": False, "breakdowns": []})
    needs = asking(alone, since, until, date.today(), site).needs
    last = None if most is None else skip + most
    asked = Asked(spans=spans(row, since, until), site=site, where=row.where, named=row.count == "persons", most=last)
    some, total = page(engine, [kind for kind in row.kinds if not needs[kind].one_by_one], asked)
    single = {kind: need for kind, need in needs.items() if need.one_by_one}
    since_ever = reach(alone, since)
    others = [*tallies(engine, single, since_ever, until, [since_ever], site), *passed]
    # Of thousands who are trained only those on the page are looked at whole, if nothing but the day tells who counts.
    is_brief = last is not None and site is None and not row.where
    if "trained" in row.kinds:
        others += (_graduates_days if is_brief else partial(_graduates_at, site))(engine, passed, until)
    (found,) = measure(alone, others, since, until, site).rows
    some = sorted([*some, *found.facts], key=order)[skip:last]
    if is_brief:
        people = {fact.person for fact in some if fact.kind == "trained" and fact.person is not None}
        whole = {fact.key: fact for fact in graduates(engine, passed, content.toc().trained, until, people)}
        some = [whole.get(fact.key, fact) for fact in some]
    return Explanation(row=row.id, total=total + found.records, skipped=skip, facts=reasons(some))


def _graduates_days(engine: Engine, passed: list[Fact], until: date) -> list[Fact]:
    rule = content.toc().trained
    came = nth_days(engine, "attendance", rule.min_sessions, BEGINNING, until) if passed else {}
    return trained_days(passed, came, rule)


def _graduates_at(site: str | None, engine: Engine, passed: list[Fact], until: date) -> list[Fact]:
    people = None
    if site is not None:
        # A person is trained at one of the places of what is behind that.
        came = nth_days(engine, "attendance", 1, BEGINNING, until, site)
        people = {*came, *(fact.person for fact in passed if fact.person is not None and fact.site == site)}
    return graduates(engine, passed, content.toc().trained, until, people)


def _passed(folder: CourseFolder, engine: Engine, kinds: Collection[str]) -> list[Fact]:
    if not LEARNING.intersection(kinds):
        return []
    sites = {entry.number: entry.site for entry in roster(engine)}
    rule = content.toc().trained
    tests = [test for test in content.toc().tests if test.id in rule.lessons]
    passed = completions(folder, rule.pass_share_pct, sites)
    return passed + tests_passed(engine, tests, rule.pass_share_pct, sites)


def _kinds(passport: Passport) -> set[str]:
    return {kind for row in passport.rows for kind in row.kinds}
