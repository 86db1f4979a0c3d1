"""An announcement: one text, date and place become messages for every channel; apprise carries those it can.

Which channels there are stands in a catalogue; where they lead stands in ``announce.yaml`` of the course folder, for
these addresses hold passwords::

    phone: 8 (3812) 00-00-00            # the library's own, the only one that a text may hold
    send:
      mail: mailtos://user:password@mail.example.org?to=readers@example.org
"""

from __future__ import annotations

import datetime as dt
import math
import re
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from babel.dates import format_date
from icalendar import Calendar, Event
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.practice.guard import RealKind, find_real

OWN = "announce.yaml"
"""In the course folder."""

LONGEST_TITLE = 120
LONGEST_TEXT = 2000
LONGEST_PLACE = 200

SMS_ALONE, SMS_PART = 70, 67
"""Letters of one SMS in Cyrillic, and of each part of a longer one (3GPP TS 23.040: 140 octets, UCS-2, header of 6)."""

MOST_SPARE = 2
"""Letters by which a name may end otherwise: Russian names are declined."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Channel(_Strict):
    """One way to people."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["media", "site", "social", "chat"]
    limit: Annotated[int, Field(ge=70)]
    """Letters that it takes."""
    short: bool = False
    """A line instead of the whole text."""


class Catalogue(_Strict):
    """The channels in the order of the page."""

    channels: tuple[Channel, ...]


class Settings(_Strict):
    """The file ``announce.yaml`` of a course folder."""

    phone: str = ""
    send: Mapping[str, str] = {}
    """Channel -> address for apprise."""

    @property
    def passport(self) -> str:
        """Give none: nobody's passport may stand in an announcement."""
        return ""

    @field_validator("send")
    @classmethod
    def _known_to_apprise(cls, send: Mapping[str, str]) -> Mapping[str, str]:
        import apprise  # takes 0.3 s, and most pages never need it

        wrong = [name for name, address in send.items() if apprise.Apprise.instantiate(address) is None]
        if wrong:
            # The address itself holds a password and is not shown.
            raise ValueError(f"send.{wrong[0]}: такого адреса программа apprise не знает")
        return send


class Announcement(_Strict):
    """What is announced."""

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    day: dt.date | None = None
    time: dt.time | None = None
    place: Annotated[str, Field(max_length=LONGEST_PLACE)] = ""

    @model_validator(mode="after")
    def _time_has_a_day(self) -> Announcement:
        if self.time is not None and self.day is None:
            raise ValueError("time without day")
        return self

    def when(self, today: dt.date) -> str:
        """Give day and time in words: «среда, 25 ноября, 10:00», with the year if it isn't this one; empty without."""
        if self.day is None:
            return ""
        year = "" if self.day.year == today.year else " y 'года'"
        words = format_date(self.day, f"EEEE, d MMMM{year}", locale="ru")
        return f"{words}, {self.time:%H:%M}" if self.time else words

    def is_past(self, today: dt.date) -> bool:
        """Say whether its day is over."""
        return self.day is not None and self.day < today


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The message for one channel."""

    channel: Channel
    text: str
    parts: int
    """SMS that it takes; 1 for other channels."""
    sends: bool
    """The program can send it itself."""

    @property
    def over(self) -> int:
        """Tell by how many letters it is too long."""
        return max(0, len(self.text) - self.channel.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name that must not stand in a text."""

    surname: str
    given: str
    patronymic: str = ""
    """Empty where a given name beside a patronymic may be somebody else's."""


def settings(folder: Path) -> Settings:
    """Read where the channels of a course folder lead; none lead anywhere without the file."""
    path = folder / OWN
    return load_model(path, Settings) if path.is_file() else Settings()


def personal(found: Announcement, own: Settings, names: Iterable[Name]) -> RealKind | Name | None:
    """Name the first thing in it that belongs to a person: a number, or a learner's name in any of its cases."""
    text = "\n".join((found.title, found.text, found.place))
    number = find_real(text, own)
    if number:
        return number
    return named(text, names)


def named(text: str, names: Iterable[Name]) -> Name | None:
    """Name the first person whose surname stands in a text, in any case, with the given name or its letter and a dot.

    A given name with its patronymic counts where the patronymic is known.
    """
    plain = text.casefold().replace("ё", "е")
    words = {word.strip(".,;:!?()«»\"'—-") for word in plain.split()}
    initials = set(re.findall(r"\b(\w)\.", plain))
    return next((name for name in names if _is_named(name, words, initials)), None)


def _is_named(name: Name, words: Collection[str], initials: Collection[str]) -> bool:
    given = _stands(name.given, words)
    if _stands(name.surname, words):
        return given or name.given[:1].casefold().replace("ё", "е") in initials
    return given and _stands(name.patronymic, words)


def ready(found: Announcement, channels: Iterable[Channel], own: Settings, library: str, today: dt.date) -> list[Ready]:
    """Lay the announcement out for every channel."""
    laid = []
    for channel in channels:
        text = _line(found, library, today) if channel.short else _whole(found, library, today)
        parts = 1 if not channel.short or len(text) <= SMS_ALONE else math.ceil(len(text) / SMS_PART)
        laid.append(Ready(channel=channel, text=text, parts=parts, sends=channel.id in own.send))
    return laid


def send(messages: Collection[Ready], own: Settings, title: str) -> dict[str, bool]:
    """Send messages, each to its channel; gives channel -> whether it went. Slow: it waits for the network."""
    import apprise

    went = {}
    for message in messages:
        carrier = apprise.Apprise()
        carrier.add(own.send[message.channel.id])
        went[message.channel.id] = bool(carrier.notify(body=message.text, title=title, body_format="text"))
    return went


def event(found: Announcement, library: str, made: dt.datetime) -> bytes:
    """Give the .ics file; raises ``CourseError`` for an announcement without a day."""
    if found.day is None:
        raise CourseError("объявление", "нет даты, в календарь поставить нечего", "Впишите дату")
    calendar, entry = Calendar(), Event()
    calendar.add("prodid", "-//ecitizen//announcement//RU")
    calendar.add("version", "2.0")
    words: dict[str, Any] = {"summary": found.title, "description": found.text, "location": found.place or library}
    # The same announcement twice is one entry of the calendar.
    entry.add("uid", f"{found.day:%Y%m%d}-{zlib.crc32(found.model_dump_json().encode()):08x}@ecitizen")
    entry.add("dtstamp", made)
    entry.add("dtstart", dt.datetime.combine(found.day, found.time) if found.time else found.day)
    for name, value in words.items():
        entry.add(name, value)
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def _whole(found: Announcement, library: str, today: dt.date) -> str:
    lines = [found.title, "", found.text] if found.text else [found.title]
    when = found.when(today)
    facts = [f"Когда: {when}"] if when else []
    facts += [f"Где: {found.place}"] if found.place else []
    return "\n".join([*lines, *([""] if facts else []), *facts, "", library])


def _line(found: Announcement, library: str, today: dt.date) -> str:
    shape = "%d.%m" if found.day is None or found.day.year == today.year else "%d.%m.%Y"
    day = "" if found.day is None else f"{found.day:{shape}}" + (f" в {found.time:%H:%M}" if found.time else "")
    title = found.title.rstrip(".")
    return ". ".join(part for part in (title, ", ".join(one for one in (day, found.place) if one), library) if part)


def _stands(name: str, words: Collection[str]) -> bool:
    bare = name.casefold().replace("ё", "е")
    stem = bare[: max(3, len(bare) - MOST_SPARE)]
    return bool(bare) and any(word.startswith(stem) and len(word) <= len(bare) + MOST_SPARE for word in words)
