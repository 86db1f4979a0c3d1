"""What a page may see of an item, and the way back from what the page sends.

Tokens are numbered by the place on the screen, and the places are shuffled by the learner's seed and the item's id with
a hash that is the same on every machine. So a token says nothing about the order in the file, where ``o1`` is often
the right one and the steps stand in their right order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from ecitizen.practice.quiz import (
    LONGEST_WRITTEN,
    Find,
    Item,
    Mark,
    Match,
    Number,
    Order,
    ShortText,
    Single,
    TrueFalse,
    Written,
    ids,
)
from ecitizen.practice.refusal import Refused
from ecitizen.practice.wording import LONGEST

JSON = bool | int | float | str | None | list[Any] | dict[str, Any]
"""What a page may send and a journal may keep."""

_Places = dict[str, str]
"""Token to id, in the order of the screen."""


def present(item: Item, seed: int) -> dict[str, Any]:
    """Give the view of an item that holds no key and no explanation.

    Always ``id``, ``kind`` and ``text``; then ``options`` (single, several, truefalse: the reasons, order: the steps)
    or ``left`` and ``right`` (match) or ``context`` and ``spans`` (mark), each a list of ``{"token", "text"}``,
    or ``unit`` (number), or ``screen`` (find): ``{"host", "title", "lines"}``, each line a text or a list of
    ``{"token", "text"}``.
    """
    view: dict[str, Any] = {"id": item.id, "kind": item.kind, "text": item.text}
    if isinstance(item, Number):
        return view | {"unit": item.unit}
    if isinstance(item, ShortText | Written):
        return view
    if isinstance(item, Find):
        return view | {"screen": _screen(item)}
    if isinstance(item, Match):
        left, right = _sides(item, seed)
        texts = {"l": [pair[0] for pair in item.pairs], "r": [pair[1] for pair in item.pairs]}
        return view | {"left": _shown(left, "l", texts["l"]), "right": _shown(right, "r", texts["r"])}
    if isinstance(item, Mark):
        return view | {"context": item.context, "spans": _shown(_places(item, seed), *_parts(item))}
    return view | {"options": _shown(_places(item, seed), *_parts(item))}


def resolve(item: Item, seed: int, raw: object) -> JSON:
    """Turn what the page sent, in tokens, into an answer in ids; raise Refused if the page could not have sent it.

    Sets (several, mark) come out in the order of the file, so that one choice is always one answer.
    """
    if isinstance(item, Number):
        return _number(item, raw)
    if isinstance(item, ShortText | Written):
        return _typed(item, raw)
    if isinstance(item, Match):
        left, right = _sides(item, seed)
        chosen = _object(item, raw)
        return {_known(item, left, mine): _known(item, right, mate) for mine, mate in chosen.items()}
    places = _places(item, seed)
    if isinstance(item, Single | Find):
        return _known(item, places, raw)
    if isinstance(item, TrueFalse):
        return _reasoned(item, raw, places)
    picked = [_known(item, places, token) for token in _list(item, raw)]
    if isinstance(item, Order):
        if len(picked) != len(places):
            raise _refused(item, raw)
        return picked
    return sorted(picked, key=ids(*_parts(item)).index)


def to_tokens(item: Item, seed: int, answer: object) -> JSON:
    """Turn an answer in ids back into the tokens of this seed, to show it again; the inverse of ``resolve``.

    Raises Refused if the answer does not fit the item, for instance because the quiz was changed since.
    """
    if isinstance(item, Number):
        return _number(item, answer)
    if isinstance(item, ShortText | Written):
        return _typed(item, answer)
    if isinstance(item, Match):
        left, right = (_turned(side) for side in _sides(item, seed))
        chosen = _object(item, answer)
        return {_known(item, left, mine): _known(item, right, mate) for mine, mate in chosen.items()}
    tokens = _turned(_places(item, seed))
    if isinstance(item, Single | Find):
        return _known(item, tokens, answer)
    if isinstance(item, TrueFalse):
        return _reasoned(item, answer, tokens)
    return [_known(item, tokens, part) for part in _list(item, answer)]


def _parts(item: Item) -> tuple[str, Sequence[str]]:
    """Give the letter of the ids and the texts in the order of the file."""
    if isinstance(item, Order):
        return "s", item.steps
    if isinstance(item, Mark):
        return "p", [span.text for span in item.spans]
    if isinstance(item, TrueFalse):
        return "o", [reason.text for reason in item.reasons]
    if isinstance(item, Number | ShortText | Match | Written):
        raise TypeError(f"expected an item with one list of parts, got {item.kind}")
    return "o", [option.text for option in item.options]


def _places(item: Item, seed: int) -> _Places:
    in_file = ids(*_parts(item))
    if isinstance(item, Mark | Find):
        # A letter or a screen can only be read in its own order.
        return _numbered("t", in_file)
    shown = _shuffled(in_file, f"{seed}/{item.id}")
    if isinstance(item, Order) and shown == in_file:
        # Steps that already stand right are no question.
        shown = shown[1:] + shown[:1]
    return _numbered("t", shown)


def _screen(item: Find) -> dict[str, Any]:
    buttons = iter(_shown(_places(item, 0), *_parts(item)))
    lines = [line if isinstance(line, str) else [next(buttons) for _ in line] for line in item.screen.lines]
    return {"host": item.screen.host, "title": item.screen.title, "lines": lines}


def _sides(item: Match, seed: int) -> tuple[_Places, _Places]:
    left = _shuffled(ids("l", item.pairs), f"{seed}/{item.id}/left")
    right = _shuffled(ids("r", item.pairs), f"{seed}/{item.id}/right")
    if [part[1:] for part in left] == [part[1:] for part in right]:
        # Pairs that already stand side by side are no question.
        right = right[1:] + right[:1]
    return _numbered("a", left), _numbered("b", right)


def _shuffled(in_file: Sequence[str], salt: str) -> list[str]:
    return sorted(in_file, key=lambda part_id: sha256(f"{salt}/{part_id}".encode()).digest())


def _numbered(letter: str, shown: Sequence[str]) -> _Places:
    return dict(zip(ids(letter, shown), shown, strict=True))


def _turned(places: _Places) -> _Places:
    return {part_id: token for token, part_id in places.items()}


def _shown(places: _Places, letter: str, texts: Sequence[str]) -> list[dict[str, str]]:
    text_of = dict(zip(ids(letter, texts), texts, strict=True))
    return [{"token": token, "text": text_of[part_id]} for token, part_id in places.items()]


def _known(item: Item, places: Mapping[str, str], token: object) -> str:
    if not isinstance(token, str) or token not in places:
        raise _refused(item, token)
    return places[token]


def _list(item: Item, raw: object) -> list[Any]:
    if not isinstance(raw, list) or not all(isinstance(part, str) for part in raw) or len(set(raw)) != len(raw):
        raise _refused(item, raw)
    return raw


def _object(item: Item, raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise _refused(item, raw)
    return raw


def _reasoned(item: TrueFalse, raw: object, places: Mapping[str, str]) -> dict[str, Any]:
    given = _object(item, raw)
    if set(given) != {"value", "reason"} or not isinstance(given["value"], bool):
        raise _refused(item, raw)
    return {"value": given["value"], "reason": _known(item, places, given["reason"])}


def _number(item: Item, raw: object) -> int | float | str:
    if isinstance(raw, str):
        return _typed(item, raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) <= 1e15 or not math.isfinite(raw):
        raise _refused(item, raw)
    return raw


def _typed(item: Item, raw: object) -> str:
    # Half characters and NUL can't be stored by every database.
    longest = LONGEST_WRITTEN if isinstance(item, Written) else LONGEST
    if not isinstance(raw, str) or len(raw) > longest or any(c == "\0" or "\ud800" <= c <= "\udfff" for c in raw):
        raise _refused(item, raw)
    return raw


def _refused(item: Item, raw: object) -> Refused:
    return Refused(item.id, f"такого ответа здесь не бывает: {repr(raw)[:80]}", "Ответьте ещё раз")
