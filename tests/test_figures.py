"""Figures counted by the database equal those counted fact by fact, and open into the same facts."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert

from ecitizen.bench_indicators import indicators as bench
from ecitizen.bench_register import FIRST_DAY, Filled, fill
from ecitizen.content import toc
from ecitizen.database import open_engine, upgrade
from ecitizen.facts import KINDS, PERSONAL, PLACELESS, VALUES, Fact
from ecitizen.figures import BEGINNING, count, graduates, graduates_of, open_figure
from ecitizen.indicators import (
    Breakdown,
    IndicatorRow,
    Indicators,
    Passport,
    Period,
    explain,
    forecast,
    load,
    measure,
    names,
    reach,
)
from ecitizen.register.facts import facts
from ecitizen.register.partners import add_partner, merge, send
from ecitizen.register.tables import Base, Counter, Site

LAST = dt.date(2024, 12, 31)
PERIODS = [
    (dt.date(2024, 1, 1), LAST),
    (dt.date(2023, 7, 1), dt.date(2024, 2, 29)),
    (dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Engine, list[Fact]]]]:
    """The same facts in the tables of one database and merged from files."""
    folder = tmp_path_factory.mktemp("figures")
    own, manager = (open_engine(folder / f"{name}.db") for name in ("own", "manager"))
    for engine in (own, manager):
        upgrade(engine, "register")
    filled: Filled = fill(own, 1200, 3)
    learned = [*filled.passed, *graduates(own, filled.passed, toc().trained, LAST)]
    everything = [*facts(own, BEGINNING, LAST), *learned]
    for site in (*filled.sites[:3], ""):
        mine = [one for one in everything if one.site == site or (not site and one.site not in filled.sites[:3])]
        send(mine, add_partner(manager, site or "rest"), folder / "sent.gz")
        merge(manager, folder / "sent.gz")
    yield {"own": (own, learned), "merged": (manager, [])}
    own.dispose()
    manager.dispose()


def one_by_one(
    passport: Passport, engine: Engine, since: dt.date, until: dt.date, site: str | None, learned: list[Fact]
) -> Indicators:
    kinds = {kind for row in passport.rows for kind in row.kinds}
    happened = facts(engine, reach(passport, since), until, only=kinds)
    return measure(passport, [*happened, *learned], since, until, site)


@pytest.mark.parametrize("where", ["own", "merged"])
@pytest.mark.parametrize("name", names())
def test_database_counts_what_facts_count(places: dict[str, tuple[Engine, list[Fact]]], name: str, where: str) -> None:
    engine, learned = places[where]
    for since, until in PERIODS[::2]:
        for site in (None, "f02" if where == "own" else "f02/f02"):
            fast = count(load(name), engine, since, until, site, learned)
            slow = one_by_one(load(name), engine, since, until, site, learned)
            assert fast.document() == slow.document()
    assert any(row.records for row in count(load(name), engine, *PERIODS[0], None, learned).rows)


@pytest.mark.parametrize("name", names())
def test_forecast_is_that_of_the_facts(places: dict[str, tuple[Engine, list[Fact]]], name: str) -> None:
    engine, learned = places["own"]
    since, until, passport = dt.date.today() - dt.timedelta(days=400), dt.date(2100, 1, 1), load(name)
    both = [way(passport, engine, since, until, None, learned) for way in (count, one_by_one)]
    for declared, fast, slow in zip(passport.rows, both[0].rows, both[1].rows, strict=True):
        told = [forecast(declared, row, since, until, dt.date.today()) for row in (fast, slow)]
        assert told[0] == told[1]


@pytest.mark.parametrize("where", ["own", pytest.param("merged", marks=pytest.mark.thorough)])
@pytest.mark.parametrize("name", names())
def test_figure_opens_into_its_facts(places: dict[str, tuple[Engine, list[Fact]]], name: str, where: str) -> None:
    engine, learned = places[where]
    since, until = PERIODS[0]
    slow = one_by_one(load(name), engine, since, until, None, learned)
    for row in load(name).rows:
        known = explain(slow, row.id)
        found = open_figure(load(name), row, engine, since, until, None, lessons(learned))
        assert (found.facts, found.total) == (known, len(known)), row.id
        if len(known) > 3:
            part = open_figure(load(name), row, engine, since, until, None, lessons(learned), skip=3, most=4)
            assert (part.facts, part.total) == (known[3:7], len(known)), row.id


def lessons(learned: list[Fact]) -> list[Fact]:
    return [one for one in learned if one.kind == "lesson-passed"]


@pytest.mark.parametrize("times", [0, 1, 3, 40])
def test_who_is_trained_opens_page_by_page_into_the_same(
    places: dict[str, tuple[Engine, list[Fact]]], monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    engine, learned = places["own"]
    rule = toc().trained.model_copy(update={"min_sessions": times})
    monkeypatch.setattr("ecitizen.content.toc", lambda: toc().model_copy(update={"trained": rule}))
    passed = lessons(learned)
    known = [*passed, *graduates(engine, passed, rule, LAST)]
    passport = load("omsk")
    if times == 3:
        apart = Breakdown(title="Где научились", row="trained", by="site")
        passport = passport.model_copy(update={"breakdowns": [apart]})
    row = next(one for one in passport.rows if "trained" in one.kinds)
    sites = {one.site for one in known if one.kind == "trained"}
    assert bool(sites) == (times < 40)
    for since in (FIRST_DAY, PERIODS[0][0]):
        for site in (None, "f03", *sites):
            whole = explain(one_by_one(passport, engine, since, LAST, site, known), row.id)
            brief = [*passed, *graduates_of(passport, engine, passed, LAST, site)]
            both = [count(passport, engine, since, LAST, site, one).document() for one in (brief, known)]
            assert both[0] == both[1]
            for skip, most in ((0, 5), (3, 4), (0, None)):
                part = open_figure(passport, row, engine, since, LAST, site, passed, skip, most)
                last = None if most is None else skip + most
                assert (part.facts, part.total) == (whole[skip:last], len(whole))


def by_hand(row: IndicatorRow, behind: list[Fact], since: dt.date, until: dt.date) -> float | None:
    """Count a figure once more, in the plainest way; None where there is nothing to tell it from."""
    amounts = [one.amount for one in behind]
    latest = {one.site: max((other.date, other.amount) for other in behind if other.site == one.site) for one in behind}
    a_year_before = until.replace(year=until.year - 1)
    parts = [one for one in behind if all(one.tags.get(tag) in values for tag, values in row.part.items())]
    if row.count in {"mean", "share", "last"} and not behind:
        return None
    if row.count == "growth" and {one.date < since for one in behind} < {True, False}:
        return None
    ways: dict[str, Callable[[], float]] = {
        "facts": lambda: len(behind),
        "persons": lambda: len({one.person for one in behind}),
        "sites": lambda: len({one.site for one in behind}),
        "sum": lambda: sum(amounts),
        "mean": lambda: sum(amounts) / len(amounts),
        "share": lambda: 100 * len(parts) / len(behind),
        "growth": lambda: sum(one.amount * ((one.date >= since) - (one.date <= a_year_before)) for one in behind),
        "last": lambda: sum(amount for _, amount in latest.values()),
    }
    return ways[row.count]()


@pytest.mark.parametrize("name", names())
def test_every_figure_is_that_of_the_facts_it_opens_into(
    places: dict[str, tuple[Engine, list[Fact]]], name: str
) -> None:
    engine, learned = places["own"]
    by_key = {one.key: one for one in [*facts(engine, BEGINNING, LAST), *learned]}
    for since in (FIRST_DAY, PERIODS[0][0]):
        measured = count(load(name), engine, since, LAST, None, learned)
        for row, shown in zip(load(name).rows, measured.rows, strict=True):
            opened = open_figure(load(name), row, engine, since, LAST, None, lessons(learned))
            behind = [by_key[one["key"]] for one in opened.facts]
            assert len({one.key for one in behind}) == opened.total == shown.records, row.id
            assert shown.records > 0 or since > FIRST_DAY, row.id
            rounding = 0.0501 if row.count in {"mean", "share"} else 0
            counted = by_hand(row, behind, since, LAST)
            known = counted if counted is None else pytest.approx(counted, rel=0, abs=rounding)
            assert shown.actual == known, row.id


@pytest.fixture(scope="module")
def shuffled(
    places: dict[str, tuple[Engine, list[Fact]]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """The same rows as one database has, written down in another order: under other numbers, the last ones first."""
    chance = random.Random(11)
    engine = open_engine(tmp_path_factory.mktemp("shuffled") / "course.db")
    upgrade(engine, "register")
    numbers: dict[str, dict[int, int]] = {}
    with places["own"][0].connect() as here, engine.begin() as there:
        for table in Base.metadata.sorted_tables:
            rows = [dict(row._mapping) for row in here.execute(table.select())]
            chance.shuffle(rows)
            if "id" in table.c and table.name != "site":
                old = [row["id"] for row in rows]
                numbers[table.name] = dict(zip(old, sorted(old, reverse=True), strict=True))
            for row in rows:
                row |= {"id": numbers[table.name][row["id"]]} if table.name in numbers else {}
                row |= {"session_id": numbers["session"][row["session_id"]]} if "session_id" in row else {}
            if rows:
                there.execute(table.insert(), rows)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", names())
def test_order_of_writing_down_changes_no_figure(
    places: dict[str, tuple[Engine, list[Fact]]], shuffled: Engine, name: str
) -> None:
    """Every row of every passport, with its whole, its checkpoints and the facts behind it; the database and Python."""
    engine, learned = places["own"]
    mixed = random.Random(5).sample(learned, len(learned))
    for since, until in PERIODS[:2]:
        one = count(load(name), engine, since, until, None, learned).document()
        assert count(load(name), shuffled, since, until, None, mixed).document() == one
        happened = facts(shuffled, reach(load(name), since), until)
        random.Random(3).shuffle(happened)
        assert measure(load(name), [*mixed, *happened], since, until).document() == one


def test_of_two_values_of_one_day_the_greater_counts(places: dict[str, tuple[Engine, list[Fact]]]) -> None:
    """A name written in two ways is one counter, and the order of the two lines must not matter."""
    values = [("ЛПХ", 70), ("лпх", 74), ("ЛПХ ", 3)]
    kcon = load("kcon")
    for order in (values, values[::-1]):
        engine = open_engine("sqlite://")
        upgrade(engine, "register")
        with engine.begin() as connection:
            connection.execute(insert(Site).values(id="c1", name="Центр", kind="village", opened=LAST))
            told = [{"date": LAST, "site": "c1", "name": name, "value": value, "note": ""} for name, value in order]
            connection.execute(insert(Counter), told)
        for way in (count, one_by_one):
            rows = way(kcon, engine, LAST, LAST, None, []).rows
            assert [row.actual for row in rows if row.id == "households"] == [74]
        engine.dispose()


def test_rows_with_days_of_their_own_come_out_the_same(places: dict[str, tuple[Engine, list[Fact]]]) -> None:
    engine, learned = places["own"]
    growing = {"fact": "counter", "count": "growth", "where": {"counter": "Выдача книг"}, "part": {}}
    for period in (*get_args(Period), "whole"):
        for row in ({"count": "persons"}, growing, {"fact": "zone", "count": "facts", "lasting": True}):
            passport = passport_of({**row, "period": period, "note": "за свой период"})
            for since, until in PERIODS:
                one, other = (way(passport, engine, since, until, None, learned) for way in (count, one_by_one))
                assert one.document() == other.document()
                opened = open_figure(passport, passport.rows[0], engine, since, until, None, lessons(learned))
                assert [reason["key"] for reason in opened.facts] == [
                    reason["key"] for reason in explain(other, "trained")
                ]


def passport_of(row: dict[str, object]) -> Passport:
    known = load("omsk").model_dump()
    return Passport.model_validate({**known, "rows": [{**known["rows"][1], "targets": {}, **row}], "with_whole": True})


@pytest.mark.thorough
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=2, unique=True),
    counted=st.sampled_from(["facts", "persons", "sum", "sites", "mean", "growth", "last"]),
    lasting=st.booleans(),
    own=st.sampled_from([None, "whole", *get_args(Period)]),
    chance=st.randoms(use_true_random=False),
    period=st.sampled_from(PERIODS),
    where=st.sampled_from(["own", "merged"]),
)
def test_any_row_comes_out_the_same(
    places: dict[str, tuple[Engine, list[Fact]]],
    kinds: list[str], counted: str, lasting: bool, own: str | None, chance: random.Random,
    period: tuple[dt.date, dt.date], where: str,
) -> None:  # fmt: skip
    engine, learned = places[where]
    some = [one for one in [*facts(engine, BEGINNING, LAST, only=kinds), *learned] if one.kind in kinds]
    assume(counted != "persons" or PERSONAL.issuperset(kinds))
    assume(counted != "sites" or PLACELESS.isdisjoint(kinds))
    shared = frozenset.intersection(*(KINDS[kind] for kind in kinds))
    chosen = chance.choice(some).tags if some else {}
    others = {"session": "1", "until": "2024-01-01", **{tag: values[0] for tag, values in VALUES.items()}}
    used = [tag for tag in chosen if tag in shared and chance.random() < 0.4]
    tags = {tag: [chosen[tag], others.get(tag, "другое")] for tag in used}
    lasts = lasting and "until" in shared
    passport = passport_of(
        {"fact": kinds, "count": counted, "where": tags, "lasting": lasts, "period": own, "note": "за"}
    )
    both = [way(passport, engine, *period, None, learned).document() for way in (count, one_by_one)]
    assert both[0] == both[1]


@pytest.mark.parametrize("given", [False, pytest.param(True, marks=pytest.mark.thorough)], ids=["own", "given"])
def test_bench_prints_the_promised_shape(tmp_path: Path, given: bool) -> None:
    document = bench(1000, rounds=1, url=f"sqlite:///{tmp_path / 'bench.db'}" if given else None)
    assert document["what"] == "indicators"
    for compared in (document["rows"], document["merged"]):
        assert compared["different"] == 0 < compared["compared"]
    assert all({"name", "unit", "ours", "stock", "ratio", "load"} <= one.keys() for one in document["figures"])
    # Large and small, here and in the given database, and the merged one: two figures a passport; and a report,
    # and lessons passed out of a gradebook: read, read again, and looked up for the first time.
    assert len(document["figures"]) == (10 if given else 6) * len(names()) + 1 + 3
    assert [one["passport"] for one in document["growth"]] == (2 if given else 1) * names()
    assert all(one["no_faster_than_facts"] == (one["cost"] <= one["facts"]) for one in document["growth"])
