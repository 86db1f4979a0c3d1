"""What a synthetic library did in its projects: a village centre, chats, communities; little, but in every table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from ecitizen.demo.people import FIRST_NUMBER
from ecitizen.opening import OWN_SITE

VILLAGE = "v01"
REQUESTS = ("Госуслуги", "Юридическая помощь", "Печать и сканирование", "Видеосвязь с экспертом")
TICKETS = 40
SUBSCRIBER_MONTHS = 3

Row = Mapping[str, Any]


def project_rows(last: date, group: str, random: Random) -> dict[str, Sequence[Row]]:
    """Give the rows of the projects' tables up to a day, in the order in which they can be imported."""
    begun = f"{last - timedelta(days=120):%d.%m.%Y}"
    return {
        "timetable": [_hours(last, group)],
        "consents": _consents(last),
        "staff": [{"Сотрудник": "Куратор", "Роль": "цифровой куратор", "Место": OWN_SITE}],
        "tickets": [_ticket(number, last, random) for number in range(1, TICKETS + 1)],
        "surplus": [{"Дата": begun, "Место": VILLAGE, "Продукт": "Картофель", "Количество": 120, "Принято": "да"}],
        "materials": [{"Название": "Портал госуслуг", "Адрес": "gosuslugi.ru", "Дата": begun}],
        "staff-training": [{"Дата": begun, "Место": OWN_SITE, "Тема": "Новое на портале", "Сотрудников": 6}],
        "counters": [_counter(name, last, random) for name in ("Посещения библиотеки", "Выдача книг", "ЛПХ")],
        **_communities(begun, last, random),
        **_chats(begun, last, random),
    }


def _consents(last: date) -> Sequence[Row]:
    given = {"Карточка": FIRST_NUMBER, "Дано": f"{last - timedelta(days=7):%d.%m.%Y}"}
    until = f"{last + timedelta(days=365):%d.%m.%Y}"
    return [
        {**given, "Цель": "Занятия", "Отозвано": "", "Хранить до": until},
        {**given, "Цель": "Фотографии", "Отозвано": f"{last:%d.%m.%Y}", "Хранить до": ""},
    ]


def _day(last: date, random: Random) -> str:
    return f"{last - timedelta(days=random.randrange(90)):%d.%m.%Y}"


def _hours(last: date, group: str) -> Row:
    first, until = f"{last - timedelta(days=7):%d.%m.%Y}", f"{last + timedelta(days=70):%d.%m.%Y}"
    return {"Группа": group, "С": first, "По": until, "Время": "10:00", "Минут": 60, "Где": "Читальный зал"}


def _ticket(number: int, last: date, random: Random) -> Row:
    return {
        "№ п/п": number,
        "Дата": _day(last, random),
        "Место": VILLAGE,
        "Вид обращения": random.choice(REQUESTS),
        "Впервые": "да" if random.random() < 0.6 else "нет",
        "Ожидание": random.randint(0, 15),
        "Обслуживание": random.randint(5, 40),
        "Результат": random.choice(("выполнено", "выполнено", "передано")),
        "Оценка": random.randint(3, 5),
    }


def _counter(name: str, last: date, random: Random) -> Row:
    where = VILLAGE if name == "ЛПХ" else OWN_SITE
    return {"Дата": f"{last:%d.%m.%Y}", "Место": where, "Показатель": name, "Значение": random.randint(60, 900)}


def _communities(begun: str, last: date, random: Random) -> dict[str, Sequence[Row]]:
    eco = {"Сообщество": "eco", "Дата": _day(last, random)}
    return {
        "communities": [{"Код": "eco", "Название": "Чистый двор", "Место": OWN_SITE, "Начало": begun}],
        "members": [{"Сообщество": "eco", "Участник": number, "Вступил": begun} for number in range(1, 8)],
        "meetings": [{**eco, "Вид": "встреча", "Название": "План весны", "Участников": 7}],
        "works": [{**eco, "Вид": "экологическая акция", "Название": "Субботник", "Количество": 1}],
    }


def _chats(begun: str, last: date, random: Random) -> dict[str, Sequence[Row]]:
    months = [f"{last - timedelta(days=30 * n):%d.%m.%Y}" for n in range(SUBSCRIBER_MONTHS)]
    asked = {"Чат": "vk", "Тема": "Есть ли книга", "Отвечено": "да"}
    return {
        "chats": [{"Код": "vk", "Название": "Читаем вместе", "Сеть": "ВКонтакте", "Место": OWN_SITE, "Начало": begun}],
        "subscribers": [{"Чат": "vk", "Дата": day, "Пришло": random.randint(5, 20), "Ушло": 1} for day in months],
        "questions": [
            {"№ п/п": n, "Дата": _day(last, random), **asked, "Минут до ответа": random.randint(2, 90)}
            for n in range(1, 9)
        ],
        "reviews": [{"Дата": _day(last, random), "Чат": "vk", "Отзыв": "положительный", "Суть": "Быстро ответили"}],
    }
