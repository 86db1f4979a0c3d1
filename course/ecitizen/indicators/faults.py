"""What may be wrong in a passport besides its shape: values that no fact carries, days that no calendar has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from pydantic_core import PydanticCustomError

from ecitizen.errors import ContentError
from ecitizen.facts import FREE, VALUES, folded

_DAY = re.compile(r"([\w-]+):\s*(\d{4})-(\d\d?)-(\d\d?)\b")


def fault(problem: str, remedy: str) -> PydanticCustomError:
    """Give the error of a rule that pydantic does not know; ``content`` prints both parts as they are."""
    return PydanticCustomError("course", "{problem}. {remedy}", {"problem": problem, "remedy": remedy})


def among(known: Iterable[str]) -> str:
    """Name what can be written instead."""
    return f"Возьмите из этих: {', '.join(known)}"


def values(where: dict[str, str | list[str]]) -> dict[str, str | list[str]]:
    """Fold free words as tags hold them; a value that no fact carries is a fault."""
    return {
        tag: _value(tag, one) if isinstance(one, str) else [_value(tag, word) for word in one]
        for tag, one in where.items()
    }


def _value(tag: str, value: str) -> str:
    if tag in VALUES and value not in VALUES[tag]:
        raise fault(f"{tag}: значения {value!r} не бывает", among(VALUES[tag]))
    if tag == "session" and not (value.isascii() and value.isdecimal()):
        raise fault(f"{tag}: {value!r} — не номер занятия", "Напишите число в кавычках")
    if tag == "until" and not _is_day(value):
        raise fault(f"{tag}: {value!r} — не день", 'Напишите его так: "2026-12-31"')
    return folded(value) if tag in FREE else value


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def no_such_day(path: Path, error: ContentError) -> ContentError | None:
    """Find the day that kept a file from being read; None if it was something else."""
    if type(error.__cause__) is not ValueError:
        return None
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        for key, year, month, day in _DAY.findall(line):
            if not _is_day(f"{year}-{month:0>2}-{day:0>2}"):
                problem = f"дня {year}-{month}-{day} нет в календаре"
                return ContentError(path, f"{key}, строка {number}", problem, "Напишите его так: 2026-12-31")
    return None
