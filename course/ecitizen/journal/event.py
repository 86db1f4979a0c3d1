"""What the journal keeps: one event, one answer, one press of one learner, without a name."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ecitizen.errors import JournalError

MAX_BODY_BYTES = 32 * 1024
"""The longest honest body is a written answer of a few hundred words; more is an attack or a bug."""

MAX_RUN = 1_000_000
MAX_DEPTH = 32

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LESSON = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_ACTIVITY = re.compile(r"[a-z0-9][a-z0-9:-]{0,127}")
_REPAIR = "Это ошибка программы: сообщите её авторам"


class JournalOffline(JournalError):
    """The server of the class can't be reached just now; the same event may be sent again later."""

    reason = "offline"


class JournalUnstored(JournalOffline):
    """The server is there, but its disk keeps nothing just now; the same event may be sent again later."""

    reason = "unstored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing a learner did; the id makes a second sending harmless."""

    id: str
    """Chosen by the sender, a uuid; the same id is stored once."""

    lesson: str
    """Id of the lesson, such as ``01-gosuslugi``."""

    activity: str
    """What in the lesson: ``practice:order:solo``, ``quiz``, ``scale:before``, ``lesson``, ``help``."""

    run: int
    """Which try of that activity, from 1."""

    body: dict[str, Any]
    """What happened, as plain JSON of at most 32 KB; never what a learner typed."""

    learner: int | None = None
    """Pseudonymous number; None for a guest. A server sets it itself and never believes the sender."""

    at: datetime | None = None
    """When it was stored, UTC; None until then."""


class Journal(Protocol):
    """What a kernel sees of the journal: one learner's own events."""

    @property
    def seed(self) -> int:
        """Give the number from which the learner's variants are drawn; always the same for one learner."""

    def append(self, event: Event) -> None:
        """Keep an event; it is on the disk when this returns. The same id twice is stored once."""

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        """Give back the events of a lesson (None: of all) and an activity, in the order they happened."""


def seed_of(learner: int | None) -> int:
    """Give the seed of a learner's variants, 32 bits; guests without a number share one."""
    digest = hashlib.sha256(f"ecitizen:{learner or 0}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def body_text(body: dict[str, Any]) -> str:
    """Write a body as canonical JSON; raises ``JournalError`` on what JSON can't say, depth over 32 or 32 KB."""
    _check_depth(body)
    try:
        text = json.dumps(body, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        size = len(text.encode("utf-8"))
    except (TypeError, ValueError) as error:
        raise JournalError("body", f"запись нельзя сохранить как JSON ({error})", _REPAIR) from error
    if size > MAX_BODY_BYTES:
        raise JournalError("body", f"запись длиной {size} байт, можно {MAX_BODY_BYTES}", _REPAIR)
    return text


def check_event(event: Event) -> str:
    """Refuse an event that breaks a rule of the journal; gives its body as canonical JSON."""
    for name, value, pattern in (
        ("id", event.id, _ID),
        ("lesson", event.lesson, _LESSON),
        ("activity", event.activity, _ACTIVITY),
    ):
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise JournalError(name, f"недопустимое значение {str(value)[:80]!r}", _REPAIR)
    if type(event.run) is not int or not 1 <= event.run <= MAX_RUN:
        raise JournalError("run", f"недопустимый номер попытки {str(event.run)[:80]!r}", _REPAIR)
    if not isinstance(event.body, dict):
        raise JournalError("body", f"ожидался объект, а пришло {type(event.body).__name__}", _REPAIR)
    if event.at is not None and event.at.tzinfo is None:
        raise JournalError("at", f"время без часового пояса {event.at!r}", _REPAIR)
    return body_text(event.body)


def _check_depth(body: dict[str, Any]) -> None:
    # A body nested a thousand levels deep is small, but would break every reader of the journal by recursion.
    level: list[Any] = [body]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for value in level
            if isinstance(value, dict | list | tuple)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise JournalError("body", f"вложенность больше {MAX_DEPTH}", _REPAIR)
