"""How long a passport takes over the registers of 41 libraries and three years, and how the cost grows with the facts.

The registers are made up from a seed, table by table, so that every row of every shipped passport has facts behind it.
Each figure is compared with the one that is counted fact by fact: what is fast must be what is right.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ecitizen import content
from ecitizen.bench_register import SITES, Filled, fill
from ecitizen.database import open_engine, upgrade
from ecitizen.facts import Fact
from ecitizen.figures import BEGINNING, count, graduates, open_figure
from ecitizen.indicators import Indicators, Passport, TrainedRule, load, measure, names, reach
from ecitizen.register.facts import facts
from ecitizen.register.partners import add_partner, merge, send
from ecitizen.reports import Meta, report

SINCE, UNTIL = date(2024, 1, 1), date(2024, 12, 31)
"""The year that is asked for; the registers begin two years before."""

PAGE = 100
"""Facts that a person is shown at once."""


@dataclass(frozen=True, slots=True)
class _Took:
    """How long something took: on the clock, and of the processor, which other programs don't lengthen."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class _Timed:
    """One passport over one register."""

    figures: _Took
    slowest_row: str
    explained: _Took


def indicators(facts_wanted: int = 500_000, seed: int = 7, rounds: int = 3, url: str | None = None) -> dict[str, Any]:
    """Measure every shipped passport over a made-up register and over a fifth of it, then over the same facts merged.

    ``url`` is that of an empty database in which the large register is made and measured once more. Gives ``{"what",
    "machine", "rounds", "facts", "figures": [...], "rows": {"compared", "different"}, "merged": {…}}``: each row is
    compared with a count fact by fact, and each row over merged files with the one over a single database. ``cpu``
    beside ``ours`` is the time of the processor, which other programs don't lengthen.
    """
    figures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        large = _register(Path(place) / "large.db")
        filled = fill(large, facts_wanted, seed)
        timed = _all(large, filled.passed, rounds)
        different = _compared(large, filled.passed)
        _add(figures, timed, f"{filled.facts} facts")
        figures.append(_figure("the report of omsk as .docx", _median(partial(_report, large, filled.passed), 1)))
        small = _register(Path(place) / "small.db")
        fewer = fill(small, facts_wanted // 5, seed)
        _add(figures, few := _all(small, fewer.passed, rounds), f"{fewer.facts} facts")
        figures += _growth(timed, few, filled.facts / fewer.facts)
        if url is not None:
            given = _register(url)
            same = fill(given, facts_wanted, seed)
            _add(figures, _all(given, same.passed, rounds), f"{same.facts} facts, {given.dialect.name}")
            again = _compared(given, same.passed)
            different = {name: different[name] + again[name] for name in different}
            given.dispose()
        merged = _register(Path(place) / "merged.db")
        sent = _merged(large, filled, merged, Path(place))
        _add(figures, _all(merged, [], rounds), f"{sent} facts, merged")
        as_one = _merged_compared(large, filled.passed, merged)
    return {
        "what": "indicators",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "rounds": rounds,
        "sites": SITES,
        "facts": filled.facts,
        "figures": figures,
        "rows": different,
        "merged": as_one,
    }


def _register(url: str | Path) -> Engine:
    engine = open_engine(url)
    upgrade(engine, "register")
    return engine


def _all(engine: Engine, passed: list[Fact], rounds: int) -> dict[str, _Timed]:
    rule = content.toc().trained
    return {name: _timed(load(name), engine, passed, rule, rounds) for name in names()}


def _learned(passport: Passport, engine: Engine, passed: list[Fact], rule: TrainedRule) -> list[Fact]:
    kinds = {kind for row in passport.rows for kind in row.kinds}
    return [*passed, *graduates(engine, passed, rule, UNTIL)] if "trained" in kinds else []


def _timed(passport: Passport, engine: Engine, passed: list[Fact], rule: TrainedRule, rounds: int) -> _Timed:
    whole = _median(
        lambda: count(passport, engine, SINCE, UNTIL, None, _learned(passport, engine, passed, rule)), rounds
    )
    learned = _learned(passport, engine, passed, rule)
    begun = passport.term.since if passport.with_whole else SINCE
    rows = {
        row.id: _median(partial(open_figure, passport, row, engine, begun, UNTIL, None, learned, 0, PAGE), rounds)
        for row in passport.rows
    }
    slowest = max(rows, key=lambda row: rows[row].cpu_ms)
    return _Timed(whole, slowest, rows[slowest])


def _median(work: Callable[[], object], rounds: int) -> _Took:
    taken = []
    for _ in range(rounds):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - begun, time.process_time() - begun_cpu))
    wall, cpu = (1000 * statistics.median(side) for side in zip(*taken, strict=True))
    return _Took(wall, cpu)


def _compared(engine: Engine, passed: list[Fact]) -> dict[str, int]:
    """Count the rows and how many of them come out otherwise fact by fact."""
    rule = content.toc().trained
    everything = facts(engine, BEGINNING, UNTIL)
    learned = [*passed, *graduates(engine, passed, rule, UNTIL)]
    compared = different = 0
    for name in names():
        passport = load(name)
        lasting = facts(engine, reach(passport, SINCE), UNTIL, only=["site-access", "zone"])
        one_by_one = [fact for fact in everything if fact.kind not in {"site-access", "zone"}]
        slow = measure(passport, [*one_by_one, *lasting, *learned], SINCE, UNTIL)
        fast = count(passport, engine, SINCE, UNTIL, None, learned)
        compared += len(fast.rows)
        different += sum(mine != theirs for mine, theirs in zip(_shown(fast), _shown(slow), strict=True))
    return {"compared": compared, "different": different}


def _shown(found: Indicators) -> Sequence[object]:
    document = found.document()
    return list(document["rows"])


def _merged(engine: Engine, filled: Filled, manager: Engine, place: Path) -> int:
    """Let every library send its facts in a file and the manager merge them; gives how many facts came."""
    rule, sent = content.toc().trained, 0
    learned = [*filled.passed, *graduates(engine, filled.passed, rule, UNTIL)]
    for site in filled.sites:
        # What belongs to no place is sent by the first library.
        places = {site, ""} if site == filled.sites[0] else {site}
        mine = [fact for fact in facts(engine, BEGINNING, UNTIL, site) if fact.site]
        mine += facts(engine, BEGINNING, UNTIL, "") if "" in places else []
        mine += [fact for fact in learned if fact.site in places]
        credential = add_partner(manager, site)
        sent += send(mine, credential, place / "sent.gz")
        merge(manager, place / "sent.gz")
    return sent


def _add(figures: list[dict[str, Any]], timed: dict[str, _Timed], told: str) -> None:
    for name, one in timed.items():
        figures.append(_figure(f"{name}, {told}", one.figures))
    for name, one in timed.items():
        figures.append(_figure(f"{name}, slowest row ({one.slowest_row}) explained, {told}", one.explained))


def _growth(large: dict[str, _Timed], small: dict[str, _Timed], facts_ratio: float) -> Iterator[dict[str, Any]]:
    for name, one in large.items():
        fewer = small[name].figures
        grown = _Took(one.figures.wall_ms / fewer.wall_ms, one.figures.cpu_ms / fewer.cpu_ms)
        yield _figure(f"{name}, cost grown beside {facts_ratio:.1f} times the facts", grown, unit="1")


def _figure(name: str, took: _Took, unit: str = "ms") -> dict[str, Any]:
    load_now = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    about = {"name": name, "unit": unit, "ours": round(took.wall_ms, 1), "stock": None, "ratio": None}
    return {**about, "cpu": round(took.cpu_ms, 1), "load": load_now}


def _report(engine: Engine, passed: list[Fact]) -> None:
    """Write the yearly report of Omsk, with the facts behind every figure."""
    rule, passport = content.toc().trained, load("omsk")
    kinds = {kind for row in passport.rows for kind in row.kinds}
    learned = _learned(passport, engine, passed, rule)
    found = measure(passport, [*facts(engine, SINCE, UNTIL, only=kinds), *learned], SINCE, UNTIL)
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        report(found, Meta(made=UNTIL, version="bench", rule=rule), Path(place) / "report.docx")


def _merged_compared(engine: Engine, passed: list[Fact], merged: Engine) -> dict[str, int]:
    """Count the rows and how many come out otherwise over merged files than over one database."""
    compared = different = 0
    for name in names():
        passport = load(name)
        one = count(passport, engine, SINCE, UNTIL, None, _learned(passport, engine, passed, content.toc().trained))
        many = count(passport, merged, SINCE, UNTIL, None, [])
        compared += len(one.rows)
        different += sum(mine != theirs for mine, theirs in zip(_shown(one), _shown(many), strict=True))
    return {"compared": compared, "different": different}
