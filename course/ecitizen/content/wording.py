"""Pydantic's faults in the words of a librarian: which key, what is wrong, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a file, without the file."""

    key: str
    """Such as ``items.q04.options[2].why``: entries with an id by it, others by their place, counted from 1."""

    problem: str
    remedy: str


_QUOTES = "Возьмите значение в кавычки"
_DAY = re.compile(r"datetime\.date\((\d+), (\d+), (\d+)\)")
_ROUGH = ("значение не подходит ({message})", "Сверьте с соседними записями")
_TABLE: dict[str, tuple[str, str]] = {
    "missing": ("этого ключа не хватает", "Добавьте строку с ним"),
    "extra_forbidden": ("лишний ключ со значением {value}", "Проверьте, нет ли опечатки, или уберите его"),
    "string_type": ("здесь нужен текст, а есть {value}", _QUOTES),
    "string_too_short": ("текст пуст: {value}", "Напишите текст или уберите строку"),
    "string_too_long": ("текст длиннее {max_length} знаков", "Сократите его"),
    "string_pattern_mismatch": (
        "значение {value} не подходит под образец {pattern}",
        "Исправьте его; в id стоят малые латинские буквы, цифры и дефис",
    ),
    "int_type": ("здесь нужно целое число, а есть {value}", "Напишите число без кавычек"),
    "int_parsing": ("здесь нужно целое число, а есть {value}", "Напишите число без кавычек"),
    "int_from_float": ("здесь нужно целое число, а есть {value}", "Уберите дробную часть"),
    "float_type": ("здесь нужно число, а есть {value}", "Напишите число без кавычек"),
    "float_parsing": ("здесь нужно число, а есть {value}", "Напишите число без кавычек"),
    "finite_number": ("число {value} не конечное", "Напишите обычное число"),
    "bool_type": ("здесь нужно true или false, а есть {value}", "Напишите true или false без кавычек"),
    "bool_parsing": ("здесь нужно true или false, а есть {value}", "Напишите true или false без кавычек"),
    "greater_than": ("число {value} слишком мало", "Возьмите больше {gt}"),
    "greater_than_equal": ("число {value} слишком мало", "Возьмите не меньше {ge}"),
    "less_than": ("число {value} слишком велико", "Возьмите меньше {lt}"),
    "less_than_equal": ("число {value} слишком велико", "Возьмите не больше {le}"),
    "literal_error": ("значения {value} здесь не бывает", "Возьмите одно из: {expected}"),
    "union_tag_invalid": ("вида {tag!r} не бывает", "Возьмите одно из: {expected_tags}"),
    "union_tag_not_found": ("не указан вид", "Добавьте строку с ключом {discriminator}"),
    "list_type": ("здесь нужен список, а есть {value}", "Начните каждую запись с дефиса"),
    "tuple_type": ("здесь нужен список, а есть {value}", "Начните каждую запись с дефиса"),
    "dict_type": ("здесь нужны ключи со значениями, а есть {value}", "Напишите их в виде «ключ: значение»"),
    "mapping_type": ("здесь нужны ключи со значениями, а есть {value}", "Напишите их в виде «ключ: значение»"),
    "model_type": ("здесь нужны ключи со значениями, а есть {value}", "Напишите их в виде «ключ: значение»"),
    "model_attributes_type": ("здесь нужны ключи со значениями, а есть {value}", "Напишите их в виде «ключ: значение»"),
    "invalid_key": ("ключ {value} — не текст", "Возьмите ключ в кавычки"),
    "too_short": ("записей {actual_length}, а нужно не меньше {min_length}", "Добавьте недостающие"),
    "too_long": ("записей {actual_length}, а можно не больше {max_length}", "Уберите лишние"),
    "date_type": ("здесь нужна дата, а есть {value}", "Напишите её так: 2026-12-31"),
    "date_parsing": ("здесь нужна дата, а есть {value}", "Напишите её так: 2026-12-31"),
    "date_from_datetime_parsing": ("здесь нужна дата, а есть {value}", "Напишите её так: 2026-12-31"),
    "date_from_datetime_inexact": ("здесь нужна дата без времени, а есть {value}", "Напишите её так: 2026-12-31"),
}


def faults_of(error: ValidationError, raw: object) -> list[Fault]:
    """Give one fault for each of pydantic's, in their order; ``raw`` is the document that was validated."""
    details = error.errors(include_url=False)
    return [Fault(key_of(detail["loc"], raw), *_words(detail)) for detail in details if not _echo(detail)]


def _echo(detail: ErrorDetails) -> bool:
    """Tell whether a list is short only because pydantic leaves out its faulty entries, which are told anyway."""
    given = detail["input"]
    return detail["type"] == "too_short" and isinstance(given, list) and len(given) >= detail["ctx"]["min_length"]


def key_of(loc: Sequence[int | str], raw: object) -> str:
    """Give the path that an author sees: without pydantic's names of kinds, and with ids in place of numbers."""
    key, here, tagged = "", raw, False
    for part in loc:
        if isinstance(part, int) and isinstance(here, Sequence) and not isinstance(here, str):
            here, tagged = (here[part] if part < len(here) else None), False
            key += _entry(here, part)
        elif isinstance(here, Mapping) and here.get("kind") == part and not tagged:
            tagged = True
        elif isinstance(here, Mapping):
            key += f".{part}"
            here, tagged = here.get(part), False
    return key.removeprefix(".")


def _entry(entry: object, place: int) -> str:
    name = entry.get("id") if isinstance(entry, Mapping) else None
    return f".{name}" if isinstance(name, str) else f"[{place + 1}]"


def _words(detail: ErrorDetails) -> tuple[str, str]:
    context: dict[str, Any] = dict(detail.get("ctx", {}))
    if detail["type"] == "course":
        return context["problem"], context["remedy"]
    problem, remedy = _TABLE.get(detail["type"], _ROUGH)
    known = {name: _russian(value) for name, value in context.items()}
    known |= {"value": _short(detail["input"]), "message": detail["msg"].removeprefix("Value error, ")}
    return problem.format_map(known), remedy.format_map(known)


def _short(value: object) -> str:
    # YAML makes a day of what is written as one.
    shown = _DAY.sub(lambda found: date(*map(int, found.groups())).isoformat(), repr(value))
    return shown if len(shown) <= 60 else f"{shown[:57]}…"


def _russian(value: object) -> str:
    return str(value).replace(" or ", " или ")
