"""The comment line above a GIFT question: what GIFT has no place for, as JSON that other systems skip.

``// ecitizen: {"id": "q01", "skill": "log-out", …}``. The question itself always rules: the line adds fields, and it
restores the exact spelling of a text only if the question still holds that text as it was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ecitizen.practice.quiz import Item, Mark, Order

ITEM_LINE = "ecitizen:"
QUIZ_LINE = "ecitizen-quiz:"
FIELDS = ("id", "skill", "difficulty", "points", "from_lesson", "facts", "context", "unit", "reasons")
"""Fields of items that GIFT can't say."""

_SPELLINGS = "texts"
_ALLOWED = {*FIELDS, "kind", _SPELLINGS}
_BLANK = "␣"
"""Stands for a piece of a letter that holds spaces only: an answer of nothing is dropped by Moodle."""

_SPAN = re.compile(r"spans\.[0-9]+\.text")


def carried(kind: str, path: str, text: str) -> str:
    """Give a text of an item as GIFT can hold it; ``path`` is its place, such as ``options.0.text``.

    Systems trim every text; ``->`` makes a question a matching one and parts a pair; ``*`` in an answer
    stands for any letters.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if kind == "text" and path.startswith("accept."):
        plain = plain.replace("*", " ")
    if path.startswith(("pairs.", "steps.")) or (kind == "text" and path not in ("text", "why")):
        plain = plain.replace("->", "→")
    return plain.strip() or (_BLANK if _SPAN.fullmatch(path) else "")


def in_gift(item: Item) -> dict[str, Any]:
    """Give the item as plain JSON with every text as GIFT can hold it."""
    raw = item.model_dump(mode="json")
    for path, text in list(_texts(raw)):
        _put(raw, path, carried(item.kind, path, text))
    return raw


def spelt_otherwise(item: Item) -> dict[str, str]:
    """Give the texts that GIFT can't hold as they are, by their places."""
    raw = item.model_dump(mode="json", exclude=set(FIELDS))
    return {path: text for path, text in _texts(raw) if carried(item.kind, path, text) != text}


def item_tag(item: Item) -> str:
    """Give the comment's JSON for an item, in one line."""
    known = item.model_dump(mode="json", exclude_defaults=True)
    tag = {field: known[field] for field in FIELDS if field in known}
    if isinstance(item, Order | Mark):
        tag["kind"] = item.kind
    spellings = spelt_otherwise(item)
    return one_line(tag | ({_SPELLINGS: spellings} if spellings else {}))


def read_tag(text: str) -> dict[str, Any]:
    """Read an item's JSON; ValueError if it is none of ours. The values are left to the models to check."""
    try:
        tag = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(tag, dict) or not tag.keys() <= _ALLOWED or not isinstance(tag.get(_SPELLINGS, {}), dict):
        raise ValueError(f"expected an object of {sorted(_ALLOWED)}")
    return tag


def restore(raw: dict[str, Any], tag: dict[str, Any]) -> None:
    """Put back the exact texts wherever the question still holds what was written for them."""
    now = dict(_texts({key: part for key, part in raw.items() if key not in FIELDS}))
    for path, text in tag.get(_SPELLINGS, {}).items():
        if isinstance(text, str) and path in now and carried(raw["kind"], path, text) == now[path]:
            _put(raw, path, text)


def one_line(document: dict[str, Any]) -> str:
    """Give JSON for a comment; line ends inside texts are escaped by JSON itself."""
    return json.dumps(document, ensure_ascii=False)


def _texts(raw: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(raw, str):
        yield path, raw
    elif isinstance(raw, dict | list):
        for key, part in raw.items() if isinstance(raw, dict) else enumerate(raw):
            yield from _texts(part, f"{path}.{key}" if path else str(key))


def _put(raw: Any, path: str, text: str) -> None:
    *way, last = path.split(".")
    for key in way:
        raw = raw[int(key) if isinstance(raw, list) else key]
    raw[int(last) if isinstance(raw, list) else last] = text
