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
from ecitizen.errors import CourseError
from ecitizen.facts import KINDS, folded
from ecitizen.register.facts import facts
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site
from ecitizen.register.tables import Message, Site, Visit, Zone

ROSTERS = Path(__file__).parent / "golden" / "rosters"
TODAY = dt.date(2025, 12, 8)
PROJECT_KINDS = (
    *("material", "staff-training", "survey", "counter", "community", "member", "meeting", "work"),
    *("chat", "chat-joined", "chat-left", "question", "answer-time", "review"),
    *("ticket", "ticket-wait", "ticket-serve", "ticket-rating", "surplus"),
)
YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))


PROJECTS = {
    "materials": "Название;Адрес;Дата\nГосуслуги;gosuslugi.example;01.03.2025\n",
    "staff-training": "Дата;Место;Тема;Сотрудников\n02.03.2025;ЦГБ;Портал;4\n",
    "surveys": f"Лист;Вопрос;Дата;Место;Ответ\n{'a' * 32};learned;03.03.2025;ЦГБ;4\n",
    "counters": "Дата;Место;Показатель;Значение\n04.03.2025;ЦГБ;Выдача  Книг ;70\n",
    "communities": "Код;Название;Место;Начало\neco;Эко;ЦГБ;05.03.2025\n",
    "members": "Сообщество;Участник;Вступил\neco;7;06.03.2025\n",
    "meetings": "Дата;Сообщество;Вид;Название;Участников\n07.03.2025;Эко;Семинар;План;9\n",
    "works": "Дата;Сообщество;Вид;Название;Количество\n08.03.2025;Эко;Клумба;Двор;3\n",
    "chats": "Код;Название;Сеть;Место;Начало\nvk;Группа;ВКонтакте;ЦГБ;09.03.2025\n",
    "subscribers": "Чат;Дата;Пришло;Ушло\nvk;10.03.2025;5;2\n",
    "questions": "Дата;Чат;Тема;Отвечено;Минут\n11.03.2025;vk;Часы;да;12\n",
    "reviews": "Дата;Чат;Отзыв;Суть\n12.03.2025;vk;положительный;спасибо\n",
    "tickets": "Дата;Место;Вид;Впервые;Ожидание;Обслуживание;Оценка\n13.03.2025;ЦГБ;Справка;да;3;9;5\n",
    "surplus": "Дата;Место;Продукт;Количество;Принято\n14.03.2025;ЦГБ;Мёд;8;да\n",
}


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
    for table, text in PROJECTS.items():
        path = folder / f"{table}.csv"
        path.write_text(text, encoding="utf-8")
        import_table(engine, table, path, today=TODAY)
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
        "event-visit": 3,
        **dict.fromkeys(PROJECT_KINDS, 1),
    }
    others = {"lesson-passed", "test-passed", "trained", "enrolled", "event-remote"}
    assert {fact.kind for fact in found} | others == set(KINDS)
    assert all(fact.tags.keys() <= KINDS[fact.kind] for fact in found)
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
        "topic": "пароль на портале",
        "age": "adults",
        "service-obtained": "no",
        "site-kind": "cpi",
    }
    assert found["service:1"].tags["service"] == "запись к врачу"
    assert found["attendance:1:104"].person == 104
    assert (found["visit:1"].amount, found["visit:1"].tags["authority-site"]) == (7, "omsk.example")


def test_tallies_of_projects_carry_amounts_and_tags(engine: Engine) -> None:
    found = {fact.kind: fact for fact in facts(engine, *YEAR)}
    amounts = {kind: found[kind].amount for kind in PROJECT_KINDS if found[kind].amount != 1}
    assert amounts == {
        "staff-training": 4,
        "survey": 4,
        "counter": 70,
        "meeting": 9,
        "work": 3,
        "chat-joined": 5,
        "chat-left": 2,
        "answer-time": 12,
        "ticket-wait": 3,
        "ticket-serve": 9,
        "ticket-rating": 5,
        "surplus": 8,
    }
    assert found["counter"].tags["counter"] == folded("выдача книг") == "выдача книг"
    assert found["surplus"].tags["product"] == "мед"
    assert found["member"].person == 7
    assert (found["ticket"].tags["first"], found["ticket-rating"].tags["rating"]) == ("yes", "5")
    assert (found["meeting"].site, found["chat-joined"].tags["network"]) == ("ЦГБ", "вконтакте")


def test_visitors_come_apart_by_age_and_distance(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    head = "Дата;Место;Название;Вид;Посетителей;До 14 лет;15–30 лет;Удалённо;Приглашены"
    path.write_text(f"{head}\n01.02.2024;ЦГБ;Час;Информационный  час;20;3;5;2;полиция\n", encoding="utf-8")
    import_table(engine, "events", path, today=TODAY)
    found = facts(engine, dt.date(2024, 2, 1), dt.date(2024, 2, 1), only=["event", "event-visit", "event-remote"])
    came = {(fact.kind, fact.tags.get("age")): fact.amount for fact in found}
    parts = {("event-visit", "children"): 3, ("event-visit", "youth"): 5, ("event-visit", "adults"): 10}
    assert came == {("event", None): 20, ("event-remote", None): 2, **parts}
    assert {fact.tags["event-kind"] for fact in found} == {"информационный час"}
    assert "приглашены: полиция" in next(fact.text for fact in found if fact.kind == "event")


@pytest.mark.parametrize("part", ["До 14 лет", "15–30 лет", "Удалённо"])
def test_parts_never_exceed_the_visitors(engine: Engine, tmp_path: Path, part: str) -> None:
    path = tmp_path / "events.csv"
    path.write_text(f"Дата;Место;Название;Посетителей;{part}\n01.02.2024;ЦГБ;Час;20;21\n", encoding="utf-8")
    with pytest.raises(CourseError, match="больше, чем посетителей"):
        import_table(engine, "events", path, today=TODAY)


def test_closed_places_say_until_when(engine: Engine) -> None:
    found = {fact.key: fact.tags.get("until") for fact in facts(engine, dt.date(2014, 1, 1), YEAR[1])}
    assert (found["site-access:Старое"], found["site-access:ЦГБ"]) == ("2024-12-31", None)


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
