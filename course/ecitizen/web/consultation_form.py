"""The form of a consultation: its fields, what was typed into them, and what of it may be stored.

Nobody is named: a line that holds a learner's name, a telephone number, a СНИЛС, an ИНН, a passport or a card is not
stored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Engine

from ecitizen.announcing import Name, named
from ecitizen.practice.guard import find_real
from ecitizen.register.consulting import AGES, CATEGORIES, CHANNELS, FORMS, Help
from ecitizen.register.people import roster

LONGEST_TEXT = 300
LONGEST_MIN = 600
MOST_PERSONS = 1000
EARLIEST = date(2000, 1, 1)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_RUSSIAN = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4})")


@dataclass(frozen=True, slots=True)
class _Nobody:
    """No persona: every number that looks real is taken for real."""

    phone: str = ""
    passport: str = ""


def blank(channel: str, site: str, today: date) -> dict[str, str]:
    """Give the fields of an empty form."""
    return {
        "topic": "",
        "channel": channel,
        "category": "pensioner",
        "persons": "1",
        "service": "",
        "minutes": "",
        "satisfaction": "",
        "date": today.isoformat(),
        "site": site,
        "form": "",
        "age": "adults",
    }


def typed_of(given: Help) -> dict[str, str]:
    """Give the fields of a form that shows a row."""
    return {
        "topic": given.topic,
        "channel": given.channel,
        "category": given.category,
        "persons": str(given.persons),
        "service": given.service,
        **({"obtained": "yes"} if given.service_obtained else {}),
        "minutes": str(given.minutes or ""),
        "satisfaction": str(given.satisfaction or ""),
        "date": given.date.isoformat(),
        "site": given.site,
        "form": given.form,
        "age": given.age,
    }


def learners(engine: Engine) -> list[Name]:
    """Give the names that no line of a journal may hold."""
    return [
        Name(surname=one.surname, given=one.given, patronymic=one.patronymic) for one in roster(engine) if one.surname
    ]


def read_form(
    typed: Mapping[str, str], sites: Collection[str], today: date, names: Collection[Name] = ()
) -> tuple[Help | None, dict[str, str]]:
    """Turn what was typed into a row, or name what is wrong with which field.

    Faults are ``missing``, ``odd``, ``future``, ``real`` (a person's number) and ``name`` (one of ``names``). A service
    that is named was obtained; several people at once are a group unless the form says otherwise.
    """
    topic, service = one_line(typed.get("topic", "")), one_line(typed.get("service", ""))
    day = _day(typed.get("date", ""))
    persons, minutes = count(typed.get("persons", ""), MOST_PERSONS), count(typed.get("minutes", ""), LONGEST_MIN)
    satisfaction = count(typed.get("satisfaction", ""), 5)
    faults = {
        "topic": "missing" if not topic else text_fault(topic, names),
        "service": text_fault(service, names),
        "date": "odd" if day is None or day < EARLIEST else "future" if day > today else "",
        "persons": "odd" if persons is None else "",
        "minutes": "odd" if minutes is None and typed.get("minutes", "").strip() else "",
        "satisfaction": "odd" if satisfaction is None and typed.get("satisfaction", "") else "",
        "site": "" if typed.get("site", "") in sites else "odd",
    } | {
        name: "" if typed.get(name, "") in allowed else "odd"
        for name, allowed in (("channel", CHANNELS), ("category", CATEGORIES), ("form", ("", *FORMS)), ("age", AGES))
    }
    wrong = {name: fault for name, fault in faults.items() if fault}
    if wrong or day is None or persons is None:
        return None, wrong
    return Help(
        date=day,
        site=typed["site"],
        topic=topic,
        channel=typed["channel"],
        form=typed.get("form", "") or ("group" if persons > 1 else "individual"),
        category=typed["category"],
        service_obtained=bool(service or typed.get("obtained")),
        service=service,
        minutes=minutes,
        satisfaction=satisfaction,
        persons=persons,
        age=typed["age"],
    ), {}


def one_line(text: str) -> str:
    """Take off what no keyboard types: line breaks, control characters, double spaces."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def text_fault(text: str, names: Collection[Name] = ()) -> str:
    """Name what keeps a line from being stored.

    ``odd``: it is too long; ``real``: a person's number is in it; ``name``: one of these names is.
    """
    if len(text) > LONGEST_TEXT:
        return "odd"
    if find_real(text, _Nobody()):
        return "real"
    return "name" if named(text, names) else ""


def _day(text: str) -> date | None:
    iso, russian = _ISO.fullmatch(text.strip()), _RUSSIAN.fullmatch(text.strip())
    parts = iso.groups() if iso else tuple(reversed(russian.groups())) if russian else None
    try:
        return date(*map(int, parts)) if parts else None
    except ValueError:
        return None


def count(text: str, most: int) -> int | None:
    """Read a whole number from 1 to ``most``; None if it is none."""
    text = text.strip()
    return int(text) if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= most else None
