"""No learner's name comes into the journal of consultations or the queue."""

from __future__ import annotations

import datetime as dt

import pytest

from ecitizen.announcing import Name
from ecitizen.web.consultation_form import blank, read_form, text_fault

DAY = dt.date(2026, 11, 18)
NAMES = [
    Name(surname="Горохина", given="Тамара", patronymic="Петровна"),
    Name(surname="Соловьёв", given="Савелий", patronymic="Лукич"),
]


@pytest.mark.parametrize(
    "text",
    [
        "Горохина Тамара Петровна спросила про пенсию",
        "Пенсия для Тамары Горохиной",
        "Тамара Петровна, пенсия",
        "Горохина Т.П.: пенсия",
        "пенсия (Т. Горохиной)",
        "Соловьеву Савелию — пароль",
    ],
)
def test_a_learner_is_known_in_any_form(text: str) -> None:
    assert text_fault(text, NAMES) == "name"


@pytest.mark.parametrize(
    "text",
    ["Тамара спросила про пенсию", "Улица Соловьёва, оплата", "Соловьёв с почтой", "Запись к врачу", "Петровна", ""],
)
def test_a_word_alone_names_nobody(text: str) -> None:
    assert text_fault(text, NAMES) == ""


@pytest.mark.parametrize("field", ["topic", "service"])
def test_the_form_names_the_field(field: str) -> None:
    typed = blank("telephone", "main", DAY) | {"topic": "Пенсия", field: "Горохина Тамара"}
    assert read_form(typed, {"main"}, DAY, NAMES) == (None, {field: "name"})
    given, _ = read_form(typed | {field: "Перерасчёт"}, {"main"}, DAY, NAMES)
    assert given is not None
