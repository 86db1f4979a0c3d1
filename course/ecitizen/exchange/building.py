"""From what a foreign file says of a question to one of our items.

A question comes as the fields that its format could say (``raw``) and our own note beside it (``known``, see ``tag``;
empty in files of others). The question rules: the note only adds what the format has no place for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ecitizen.content.wording import Fault, faults_of
from ecitizen.errors import ContentError, CourseErrors
from ecitizen.exchange import tag, words
from ecitizen.exchange.tag import Carry
from ecitizen.practice.quiz import Item, Quiz

MOST_ITEMS = 60
DIFFICULTY, POINTS = 2, 1
"""Of questions that don't say it."""

_ITEM: TypeAdapter[Item] = TypeAdapter(Item)
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_DISGUISES = {"order": "match", "mark": "several", "find": "single"}
"""Our kinds that other formats haven't, and the kinds they are written as."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question stands, for errors."""

    where: Path | str
    key: str

    def fault(self, problem: str, remedy: str) -> ContentError:
        """Make the error that names this place."""
        return ContentError(self.where, self.key, problem, remedy)


def build(raw: dict[str, Any], known: dict[str, Any], carry: Carry, place: Place) -> Item:
    """Make the item; raises ContentError or CourseErrors for what our items can't hold."""
    _undisguise(raw, known, place)
    raw |= {field: known[field] for field in tag.FIELDS if field in known}
    if raw["kind"] == "truefalse" and "reasons" not in raw:
        _as_single(raw)
    if raw["kind"] == "written" and "scheme" not in raw:
        remedy = "Уберите вопрос; напишите его потом сами, kind: written"
        raise place.fault("свободный ответ без образца и критериев", remedy)
    tag.restore(raw, known, carry)
    if raw["kind"] in tag.DRAWN:
        # A letter or a screen was written under the question, too, for systems that know only choices.
        whole = raw["text"]
        raw["text"] = whole.removesuffix(tag.drawn(raw, carry)).rstrip()
        tag.restore(raw, known, carry)
        raw["text"] = raw["text"] or whole
    try:
        return _ITEM.validate_python(raw)
    except ValidationError as error:
        faults = [
            ContentError(place.where, f"{place.key}: {fault.key}", fault.problem, fault.remedy)
            for fault in faults_of(error, raw)
        ]
        raise as_one(faults) from error


def an_id(name: str, taken: set[str]) -> str:
    """Give the name itself if it can be an id and is free, else the next ``q01``."""
    if _ID.fullmatch(name) and name not in taken:
        return name
    return next(spare for number in range(1, MOST_ITEMS + 2) if (spare := f"q{number:02}") not in taken)


def a_quiz(quiz_id: str, title: str, items: Sequence[Item], where: Path | str) -> Quiz:
    """Put items together; raises ContentError or CourseErrors."""
    raw = {"id": quiz_id, "title": title, "items": [item.model_dump() for item in items]}
    try:
        return Quiz.model_validate(raw)
    except ValidationError as error:
        raise as_one([_content_error(where, fault) for fault in faults_of(error, raw)]) from error


def as_one(faults: list[ContentError]) -> ContentError | CourseErrors:
    """Give the one fault, or all of them together."""
    return faults[0] if len(faults) == 1 else CourseErrors(faults)


def _content_error(where: Path | str, fault: Fault) -> ContentError:
    return ContentError(where, fault.key, fault.problem, fault.remedy)


def _undisguise(raw: dict[str, Any], known: dict[str, Any], place: Place) -> None:
    kind = known.get("kind")
    if kind is None or kind == raw["kind"]:
        return
    if kind not in _DISGUISES or _DISGUISES[kind] != raw["kind"]:
        problem = f"пометка ecitizen говорит {str(kind)[:20]!r}, а ответы другого вида"
        raise place.fault(problem, "Удалите пометку у вопроса")
    raw["kind"] = kind
    if kind == "order":
        raw["steps"] = [step for _, step in raw.pop("pairs")]
    elif kind == "mark":
        options = raw.pop("options")
        raw["spans"] = [{"text": one["text"], "suspicious": one["right"], "why": one["why"]} for one in options]
    else:
        raw["screen"] = _screen(known.get("screen"), raw.pop("options"), place)


def _screen(layout: object, options: list[dict[str, Any]], place: Place) -> dict[str, Any]:
    """Put the options back on the screen that the note tells of: its sentences, and how many buttons a line has."""
    match layout:
        case {"host": str() | None as host, "title": str() as title, "lines": list(rows)}:
            lines: list[Any] = []
            for row in rows:
                count = row if type(row) is int and row > 0 else 0
                lines.append(row if isinstance(row, str) else options[:count])
                options = options[0 if isinstance(row, str) else count :]
            if not options and all(lines):
                return {"host": host, "title": title, "lines": lines}
    raise place.fault("ответы не сходятся с экраном из пометки ecitizen", "Удалите пометку: останется выбор")


def _as_single(raw: dict[str, Any]) -> None:
    """Turn a bare statement into a choice of two: our own kind asks for a reason, too."""
    right, wrong_why = raw.pop("right"), raw.pop("wrong_why")
    raw["kind"] = "single"
    raw["options"] = [
        {"text": text, "right": value is right, "why": "" if value is right else wrong_why}
        for text, value in ((words.TRUE, True), (words.FALSE, False))
    ]
