"""What a synthetic library did besides teaching: rows of the register, brought in by the register's own import."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine

from ecitizen.demo.people import Person
from ecitizen.demo.projects import VILLAGE, project_rows
from ecitizen.opening import OWN_SITE
from ecitizen.register.importing import import_table

GROUP = "Г-1"
BRANCHES = 40
"""Libraries besides the central one; the Omsk project counts 41."""

SINCE = date(2020, 1, 9)
"""When the project began; the branches have been open since."""

TOPICS = (
    "Вход на портал госуслуг",
    "Запись к врачу",
    "Справка о пенсии",
    "Показания счётчиков",
    "Письмо от незнакомца",
    "Смена пароля",
)
SERVICES = ("Справка о пенсии", "Запись к врачу", "Льготный проезд", "Субсидия на оплату жилья")
EVENTS = (
    ("Час информации «Государство онлайн»", "час информации"),
    ("Беседа «Осторожно, мошенники»", "беседа"),
    ("Практикум «Первый вход на портал»", "практикум"),
    ("День открытых дверей ЦПИ", "день открытых дверей"),
)
AUTHORITY_SITES = ("gosuslugi.ru", "nalog.gov.ru", "sfr.gov.ru", "admomsk.ru")
OUTLETS = ("Сайт библиотеки", "Районная газета", "Городское радио")

Row = Mapping[str, Any]


def fill(engine: Engine, class_of: Sequence[Person], lesson_days: Sequence[date], lesson: str, random: Random) -> None:
    """Bring in sites, the class with its attendance, and the work of each project year and of the present one."""
    last = lesson_days[-1]
    years = sorted({2020, 2021, 2022, last.year})
    tables: dict[str, Sequence[Row]] = {
        "sites": _sites(),
        "learners": [_learner(person, lesson_days[0]) for person in class_of],
        "attendance": _attendance(class_of, lesson_days, lesson),
        **{
            name: _numbered([row for year in years for row in _sorted(make(year, last, random))])
            for name, make in (
                ("consultations", _consultations),
                ("events", _events),
                ("visits", _visits),
                ("messages", _messages),
            )
        },
        "zones": [{"Место": OWN_SITE, "Название": "Стенд «Новости электронного государства»", "Открыта": "15.01.2020"}],
        **project_rows(last, GROUP, Random(f"projects:{last}")),
    }
    with TemporaryDirectory(prefix="ecitizen-demo-") as folder:
        for name, rows in tables.items():
            path = Path(folder) / f"{name}.csv"
            _write(path, rows)
            import_table(engine, name, path, who="demo", rng=random)


def _write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), delimiter=";")
        table.writeheader()
        table.writerows(rows)


def _numbered(rows: Iterable[Row]) -> list[Row]:
    # Two consultations of one day may be alike; a running number tells the import that both are meant.
    return [{"№ п/п": number, **row} for number, row in enumerate(rows, 1)]


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row["Дата"].split(".")[::-1])


def _sites() -> list[Row]:
    opened = f"{SINCE:%d.%m.%Y}"
    village = {"Код": VILLAGE, "Название": "Сельский центр", "Вид": "КЦОН", "Открыто": opened}
    branches = [
        {"Код": f"f{number:02}", "Название": f"Библиотека-филиал № {number}", "Вид": "библиотека", "Открыто": opened}
        for number in range(1, BRANCHES + 1)
    ]
    return [*branches, village]


def _learner(person: Person, joined: date) -> Row:
    return {
        "Номер карточки": person.number,
        "Фамилия": person.surname,
        "Имя": person.given,
        "Отчество": person.patronymic,
        "Год рождения": person.birth_year,
        "Группа": GROUP,
        "Место": OWN_SITE,
        "Согласие": f"{joined:%d.%m.%Y}",
        "ПИН": person.pin,
        "Компьютер": person.seat,
        "Записан": f"{joined:%d.%m.%Y}",
    }


def _attendance(class_of: Sequence[Person], days: Sequence[date], lesson: str) -> list[Row]:
    return [
        {
            "Дата": f"{day:%d.%m.%Y}",
            "Группа": GROUP,
            "Урок": lesson,
            "Номер карточки": person.number,
            "Минут": 60,
        }
        for day in days
        for person in class_of
    ]


def _day(year: int, last: date, random: Random) -> str:
    until = min(date(year, 12, 28), last)
    since = date(year, 1, 15)
    day = since + timedelta(days=random.randint(0, max(0, (until - since).days)))
    return f"{day:%d.%m.%Y}"


def _consultations(year: int, last: date, random: Random) -> Iterable[Row]:
    for _ in range(random.randint(40, 52)):
        obtained = random.random() < 0.75
        yield {
            "Дата": _day(year, last, random),
            "Место": OWN_SITE,
            "Канал": random.choice(("очно", "очно", "по телефону", "удалённо")),
            "Форма": "индивидуальная",
            "Тема": random.choice(TOPICS),
            "Категория": random.choice(("пенсионер", "пенсионер", "пенсионер", "инвалидность", "другое")),
            "Услуга получена": "да" if obtained else "нет",
            "Какая услуга": random.choice(SERVICES) if obtained else "",
            "Минут": random.randint(10, 45),
            "Оценка": random.randint(3, 5),
            "Человек": 1,
        }


def _events(year: int, last: date, random: Random) -> Iterable[Row]:
    for _ in range(random.randint(9, 13)):
        name, kind = random.choice(EVENTS)
        yield {
            "Дата": _day(year, last, random),
            "Место": OWN_SITE,
            "Название": name,
            "Вид": kind,
            "Посетителей": random.randint(8, 30),
        }


def _visits(year: int, last: date, random: Random) -> Iterable[Row]:
    for _ in range(random.randint(22, 30)):
        yield {
            "Дата": _day(year, last, random),
            "Место": OWN_SITE,
            "Сайт": random.choice(AUTHORITY_SITES),
            "Посещений": random.randint(2, 7),
        }


def _messages(year: int, last: date, random: Random) -> Iterable[Row]:
    for number in range(1, random.randint(4, 6)):
        yield {
            "Дата": _day(year, last, random),
            "Где размещено": random.choice(OUTLETS),
            "Заголовок": f"Курс «Электронный гражданин»: набор группы № {number}",
        }
