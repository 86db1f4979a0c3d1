"""How long a passport takes over the registers of 41 libraries and three years, and how the cost grows with the facts.

The registers are made up from a seed, table by table, so that every row of every shipped passport has facts behind it.
Each figure is compared with the one that is counted fact by fact: what is fast must be what is right.
"""

from __future__ import annotations

import math
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

from sqlalchemy import Engine, make_url
from sqlalchemy.schema import CreateSchema

from ecitizen import content
from ecitizen.bench_passed import changed, remembered, unknown
from ecitizen.bench_register import SITES, Filled, fill
from ecitizen.database import open_engine, upgrade
from ecitizen.facts import Fact
from ecitizen.figures import BEGINNING, LEARNING, count, graduates, graduates_of, open_figure
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import completions
from ecitizen.indicators import IndicatorRow, Indicators, Passport, load, measure, names, reach
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

    ``url`` is that of an empty database in which both registers are made and measured once more. Gives ``{"what",
    "machine", "rounds", "sites", "facts", "figures": [...], "growth": [...], "rows": {"compared", "different"},
    "merged": {…}}``: ``growth`` says of each passport how many times as much it costs over so many times the facts,
    each row is compared with a count fact by fact, and each row over merged files with the one over a single database.
    ``cpu`` beside ``ours`` is the time of the processor, which other programs don't lengthen.
    """
    figures: list[dict[str, Any]] = []
    growth: list[dict[str, Any]] = []
    different = {"compared": 0, "different": 0}
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as name:
        place = Path(name)
        own = (_register(place / "small.db"), _register(place / "large.db"))
        pairs = [own, *([(_beside(url, place), _register(url))] if url else [])]
        for small, large in pairs:
            told = "" if large is own[1] else f", {large.dialect.name}"
            fewer, filled = fill(small, facts_wanted // 5, seed), fill(large, facts_wanted, seed)
            for engine, made in ((large, filled), (small, fewer)):
                _add(figures, _all(engine, made.passed, rounds), f"{made.facts} facts{told}")
            growth += _growth(small, fewer, large, filled, rounds)
            once_more = _compared(large, filled.passed)
            different = {name: different[name] + once_more[name] for name in different}
        large = own[1]
        figures.append(_figure("the report of omsk as .docx", _median(partial(_report, large, filled.passed), 1)))
        figures += _passed(filled.passed, rounds, place, url)
        merged = _register(place / "merged.db")
        sent = _merged(large, filled, merged, place)
        _add(figures, _all(merged, [], rounds), f"{sent} facts, merged")
        as_one = _merged_compared(large, filled.passed, merged)
        for engine in (merged, *(engine for pair in pairs for engine in pair)):
            engine.dispose()
    return {
        "what": "indicators",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "rounds": rounds,
        "sites": SITES,
        "facts": filled.facts,
        "figures": figures,
        "growth": growth,
        "rows": different,
        "merged": as_one,
    }


def _beside(url: str, place: Path) -> Engine:
    """Open an empty register beside another one: a schema of its own on a server, else a file."""
    address = make_url(url)
    if address.get_backend_name() != "postgresql":
        return _register(place / "beside.db")
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(CreateSchema("small"))
    engine.dispose()
    own = address.update_query_dict({"options": "-csearch_path=small"})
    return _register(own.render_as_string(hide_password=False))


def _register(url: str | Path) -> Engine:
    engine = open_engine(url)
    upgrade(engine, "register")
    return engine


def _all(engine: Engine, passed: list[Fact], rounds: int) -> dict[str, _Timed]:
    return {name: _timed(load(name), engine, passed, rounds) for name in names()}


def _learned(passport: Passport, engine: Engine, passed: list[Fact]) -> list[Fact]:
    """Give what ``figures.learning`` gives, but that the gradebook has been read."""
    learns = any(LEARNING.intersection(row.kinds) for row in passport.rows)
    return [*passed, *graduates_of(passport, engine, passed, UNTIL, None)] if learns else []


def _counted(passport: Passport, engine: Engine, passed: list[Fact]) -> Indicators:
    return count(passport, engine, SINCE, UNTIL, None, _learned(passport, engine, passed))


def _timed(passport: Passport, engine: Engine, passed: list[Fact], rounds: int) -> _Timed:
    whole = _median(partial(_counted, passport, engine, passed), rounds)
    begun = passport.term.since if passport.with_whole else SINCE

    def opened(row: IndicatorRow) -> None:
        open_figure(passport, row, engine, begun, UNTIL, None, passed if LEARNING & set(row.kinds) else [], 0, PAGE)

    rows = {row.id: _median(partial(opened, row), rounds) for row in passport.rows}
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


def _passed(passed: list[Fact], rounds: int, place: Path, url: str | None) -> Iterator[dict[str, Any]]:
    """Measure how long it takes to read so many lessons passed out of a gradebook, in a file and on a server."""
    sites = {fact.person: fact.site for fact in passed if fact.person is not None}
    is_server = url is not None and make_url(url).get_backend_name() == "postgresql"
    for address in (None, url) if is_server else (None,):
        folder = remembered(passed, place / ("postgresql" if address else "sqlite"), address)
        told = f"{len(passed)} lessons passed, read{', postgresql' if address else ''}"
        read = partial(_read_passed, folder, sites)
        # What nbgrader's import and the content cost is no part of it.
        read()
        changed(folder, ago_s=0)
        yield _figure(told, _median(read, rounds))
        if address is None:
            changed(folder, ago_s=60)
            read()
            yield _figure(f"{told} again with nothing changed", _median(read, rounds))
    sample, number = unknown(place / "sample")
    took = _median(partial(_read_passed, sample, {}), 1)
    each = _Took(took.wall_ms / number, took.cpu_ms / number)
    yield _figure(f"a lesson passed of {number}, looked up in the journal for the first time", each)


def _read_passed(folder: CourseFolder, sites: dict[int, str]) -> int:
    return len(completions(folder, content.toc().trained.pass_share_pct, sites))


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


def _growth(small: Engine, fewer: Filled, large: Engine, more: Filled, rounds: int) -> Iterator[dict[str, Any]]:
    """Tell of each passport how its cost grows, by the least of several rounds in which the two registers take turns.

    The cost is time of the processor, but with a server, which computes elsewhere, time on the clock.
    """
    facts_ratio, by = more.facts / fewer.facts, "clock" if large.dialect.name == "postgresql" else "cpu"
    for name in names():
        least = [math.inf, math.inf]
        for _ in range(2 * rounds):
            for side, (engine, made) in enumerate(((small, fewer), (large, more))):
                took = _median(partial(_counted, load(name), engine, made.passed), 1)
                least[side] = min(least[side], took.wall_ms if by == "clock" else took.cpu_ms)
        cost = least[1] / least[0]
        yield {
            "passport": name,
            "database": large.dialect.name,
            "facts": round(facts_ratio, 2),
            "cost": round(cost, 2),
            "by": by,
            "no_faster_than_facts": cost <= facts_ratio,
        }


def _figure(name: str, took: _Took) -> dict[str, Any]:
    load_now = round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    about = {"name": name, "unit": "ms", "ours": round(took.wall_ms, 1), "stock": None, "ratio": None}
    return {**about, "cpu": round(took.cpu_ms, 1), "load": load_now}


def _report(engine: Engine, passed: list[Fact]) -> None:
    """Write the yearly report of Omsk, with the facts behind every figure."""
    rule, passport = content.toc().trained, load("omsk")
    kinds = {kind for row in passport.rows for kind in row.kinds}
    learned = [*passed, *graduates(engine, passed, rule, UNTIL)]
    found = measure(passport, [*facts(engine, SINCE, UNTIL, only=kinds), *learned], SINCE, UNTIL)
    with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
        report(found, Meta(made=UNTIL, version="bench", rule=rule), Path(place) / "report.docx")


def _merged_compared(engine: Engine, passed: list[Fact], merged: Engine) -> dict[str, int]:
    """Count the rows and how many come out otherwise over merged files than over one database."""
    compared = different = 0
    for name in names():
        passport = load(name)
        one = _counted(passport, engine, passed)
        many = count(passport, merged, SINCE, UNTIL, None, [])
        compared += len(one.rows)
        different += sum(mine != theirs for mine, theirs in zip(_shown(one), _shown(many), strict=True))
    return {"compared": compared, "different": different}
