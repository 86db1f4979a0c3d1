"""Facts for the indicators: what counts, when, and that no fact holds a name."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, update

from ecitizen.database import open_engine, upgrade
from ecitizen.register.facts import KINDS, facts
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site
from ecitizen.register.tables import Message, Site, Visit, Zone

ROSTERS = Path(__file__).parent / "golden" / "rosters"
TODAY = dt.date(2025, 12, 8)
YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("facts")
    engine = open_engine(folder / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная городская библиотека", dt.date(2014, 2, 1))
    add_site(engine, "ЦПИ 1", "Центр правовой информации № 1", dt.date(2025, 2, 1), "cpi")
    add_site(engine, "Старое", "Закрытая библиотека", dt.date(2014, 2, 1))
    for table in ("learners", "events", "consultations"):
        name = "learners-utf8.csv" if table == "learners" else f"{table}.csv"
        import_table(engine, table, ROSTERS / name, today=TODAY)
    attendance = folder / "attendance.csv"
    attendance.write_text(
        "Дата;Группа;Урок;Карточка\n12.09.2025;Утро;01-gosuslugi;104\n12.09.2025;Утро;01-gosuslugi;105\n"
        "19.09.2025;Утро;01-gosuslugi;104\n",
        encoding="utf-8",
    )
    import_table(engine, "attendance", attendance, today=TODAY)
    with engine.begin() as connection:
        connection.execute(update(Site).where(Site.id == "Старое").values(closed=dt.date(2024, 12, 31)))
        connection.execute(insert(Visit).values(date=TODAY, site="ЦПИ 1", authority_site="omsk.example", visits=7))
        connection.execute(insert(Zone).values(site="ЦГБ", title="Стенд", opened=dt.date(2020, 1, 9)))
        connection.execute(insert(Message).values(date=TODAY, outlet="Сайт", title="Набор в группу"))
    yield engine
    engine.dispose()


def test_every_kind_of_fact_is_counted(engine: Engine) -> None:
    found = facts(engine, *YEAR)
    assert Counter(fact.kind for fact in found) == {
        "site-access": 2,
        "session": 2,
        "attendance": 3,
        "consultation": 3,
        "service": 1,
        "event": 3,
        "visit": 1,
        "zone": 1,
        "message": 1,
    }
    assert {fact.kind for fact in found} == set(KINDS)
    assert len({fact.key for fact in found}) == len(found)
    assert found == sorted(found, key=lambda fact: (fact.date, fact.key))


def test_amounts_and_tags_carry_the_tally(engine: Engine) -> None:
    found = {fact.key: fact for fact in facts(engine, *YEAR)}
    assert found["session:1"].amount == 2
    assert found["consultation:3"].amount == 3
    assert dict(found["consultation:2"].tags) == {
        "channel": "telephone",
        "form": "individual",
        "category": "other",
        "topic": "Пароль на портале",
        "service-obtained": "no",
        "site-kind": "cpi",
    }
    assert found["service:1"].tags["service"] == "Запись к врачу"
    assert found["attendance:1:104"].person == 104
    assert (found["visit:1"].amount, found["visit:1"].tags["authority-site"]) == (7, "omsk.example")


def test_open_places_count_from_the_first_day(engine: Engine) -> None:
    found = {fact.key: fact.date for fact in facts(engine, *YEAR)}
    assert found["site-access:ЦГБ"] == found["zone:1"] == dt.date(2025, 1, 1)
    assert found["site-access:ЦПИ 1"] == dt.date(2025, 2, 1)
    last_year = {fact.key for fact in facts(engine, dt.date(2024, 12, 31), dt.date(2024, 12, 31))}
    assert last_year == {"site-access:ЦГБ", "site-access:Старое", "zone:1"}


def test_no_fact_holds_a_name(engine: Engine) -> None:
    lines = " ".join(f"{fact.text} {dict(fact.tags)}" for fact in facts(engine, *YEAR))
    assert not [name for name in ("лкина", "Жуков", "Анна", "Пётр") if name in lines]
    assert all("\n" not in fact.text for fact in facts(engine, *YEAR))


def test_one_site_sees_only_its_own(engine: Engine) -> None:
    assert {fact.site for fact in facts(engine, *YEAR, site="ЦПИ 1")} == {"ЦПИ 1"}
    by_site = [facts(engine, *YEAR, site=site) for site in ("ЦГБ", "ЦПИ 1", "Старое", "")]
    assert sum(map(len, by_site)) == len(facts(engine, *YEAR))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.dates(*YEAR))
def test_two_halves_make_the_whole(engine: Engine, day: dt.date) -> None:
    lasting = {"site-access", "zone"}
    halves = facts(engine, YEAR[0], day) + facts(engine, day + dt.timedelta(days=1), YEAR[1])
    assert [f.key for f in halves if f.kind not in lasting] == [
        f.key for f in facts(engine, *YEAR) if f.kind not in lasting
    ]
