"""The comment line above a GIFT question: what GIFT has no place for, as JSON that other systems skip.

``// ecitizen: {"id": "q01", "skill": "log-out", …}``. The question itself always rules: the line adds fields, and it
restores the exact spelling of a text only if the question still holds that text as it was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from ecitizen.practice.quiz import Find, Item, Mark, Order

Carry = Callable[[str, str, str], str]
"""Gives a text of an item as a format can hold it: kind of the item, place of the text, the text."""

ITEM_LINE = "ecitizen:"
QUIZ_LINE = "ecitizen-quiz:"
FIELDS = (
    *("id", "skill", "difficulty", "points", "from_lesson", "facts", "context", "unit", "reasons"),
    *("sample", "scheme"),
)
"""Fields of items that other formats can't say."""

DRAWN = ("mark", "find")
"""Kinds whose letter or screen stands under the question in other formats."""

_SPELLINGS, _SCREEN = "texts", "screen"
_ALLOWED = {*FIELDS, "kind", "tolerance", _SCREEN, _SPELLINGS}
BLANK = "␣"
"""Stands for a piece of a letter that holds spaces only: an answer of nothing is dropped by Moodle."""

SPAN = re.compile(r"spans\.[0-9]+\.text")
"""The place of a piece of a letter."""


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
    return plain.strip() or (BLANK if SPAN.fullmatch(path) else "")


def in_gift(item: Item) -> dict[str, Any]:
    """Give the item as plain JSON with every text as GIFT can hold it."""
    raw = item.model_dump(mode="json")
    for path, text in list(_texts(raw)):
        _put(raw, path, carried(item.kind, path, text))
    return raw


def drawn(raw: dict[str, Any], carry: Carry) -> str:
    """Give the letter or the screen of an item, which is plain JSON, as text; nothing for other kinds."""
    if raw["kind"] == "mark":
        return carry("mark", "text", "".join(span["text"] for span in raw["spans"]))
    if raw["kind"] != "find":
        return ""
    screen = raw["screen"]
    rows = [row if isinstance(row, str) else " ".join(f"[{one['text']}]" for one in row) for row in screen["lines"]]
    return carry("find", "text", "\n".join([*filter(None, [screen["host"]]), screen["title"], *rows]))


def question(item: Item, carry: Carry) -> str:
    """Give the text of the question, with its letter or screen below."""
    raw = item.model_dump(mode="json")
    return carry(item.kind, "text", f"{carry(item.kind, 'text', item.text)}\n\n{drawn(raw, carry)}")


def spelt_otherwise(item: Item, carry: Carry = carried) -> dict[str, str]:
    """Give the texts that a format, by default GIFT, can't hold as they are, by their places."""
    raw = item.model_dump(mode="json", exclude=set(FIELDS))
    return {path: text for path, text in _texts(raw) if carry(item.kind, path, text) != text}


def item_tag(item: Item, carry: Carry = carried) -> dict[str, Any]:
    """Give the note about an item as JSON."""
    known = item.model_dump(mode="json", exclude_defaults=True)
    tag = {field: known[field] for field in FIELDS if field in known}
    if isinstance(item, Order | Mark | Find):
        tag["kind"] = item.kind
    if isinstance(item, Find):
        rows = [row if isinstance(row, str) else len(row) for row in item.screen.lines]
        tag[_SCREEN] = {"host": item.screen.host, "title": item.screen.title, "lines": rows}
    spellings = spelt_otherwise(item, carry)
    return tag | ({_SPELLINGS: spellings} if spellings else {})


def read_tag(text: str) -> dict[str, Any]:
    """Read an item's JSON; ValueError if it is none of ours. The values are left to the models to check."""
    try:
        tag = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(tag, dict) or not tag.keys() <= _ALLOWED or not isinstance(tag.get(_SPELLINGS, {}), dict):
        raise ValueError(f"expected an object of {sorted(_ALLOWED)}")
    return tag


def restore(raw: dict[str, Any], tag: dict[str, Any], carry: Carry) -> None:
    """Put back the exact texts wherever the question still holds what was written for them."""
    now = dict(_texts({key: part for key, part in raw.items() if key not in FIELDS}))
    for path, text in tag.get(_SPELLINGS, {}).items():
        if isinstance(text, str) and path in now and carry(raw["kind"], path, text) == now[path]:
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
