"""Keys of items and the marking by them: JSON in, a share out.

A key is plain JSON, so that nbgrader's hidden tests can carry it and mark without the quiz file. The live feedback
marks by the same function, so the learner and the gradebook can't disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from ecitizen.practice.quiz import (
    Checked,
    Find,
    Mark,
    Match,
    Number,
    Option,
    Order,
    Several,
    ShortText,
    Single,
    ids,
)
from ecitizen.practice.wording import normal_text, read_number

_HALF = 0.5
"""A statement judged rightly for a wrong reason."""

_CLOSE = 1e-9
"""Room for binary fractions: 0.1 + 0.2 is 0.3 to a learner."""


def key(item: Checked) -> dict[str, Any]:
    """Give all that marking needs, as JSON; never send it to a page.

    ``{"kind": "single", "right": "o2"}``, ``find`` the same, ``several`` and ``mark`` hold the list of right ids,
    ``truefalse`` a bool and the id of the ``reason``, ``order`` the ids in order, ``match`` left to right, ``number``
    the value and its ``tolerance``, ``text`` the accepted answers in normal form.
    """
    known: dict[str, Any] = {"kind": item.kind}
    if isinstance(item, Single | Find):
        return known | {"right": _right(item.options)[0]}
    if isinstance(item, Several):
        return known | {"right": _right(item.options)}
    if isinstance(item, Order):
        return known | {"right": ids("s", item.steps)}
    if isinstance(item, Match):
        return known | {"right": dict(zip(ids("l", item.pairs), ids("r", item.pairs), strict=True))}
    if isinstance(item, Number):
        return known | {"right": item.right, "tolerance": item.tolerance}
    if isinstance(item, ShortText):
        return known | {"right": sorted({normal_text(text) for text in item.accept})}
    if isinstance(item, Mark):
        places = zip(ids("p", item.spans), item.spans, strict=True)
        return known | {"right": [place for place, span in places if span.suspicious]}
    return known | {"right": item.right, "reason": _right(item.reasons)[0]}


def mark_key(key: Mapping[str, Any], answer: object) -> float:
    """Give the share of the points that the answer earns, 0 to 1, by a key made with :func:`key`.

    An answer of any other shape than the item asks for earns 0; no JSON value raises.
    """
    return _MARKS[key["kind"]](key, answer)


def _right(options: tuple[Option, ...]) -> list[str]:
    return [option_id for option_id, option in zip(ids("o", options), options, strict=True) if option.right]


def _single(key: Mapping[str, Any], answer: object) -> float:
    return float(isinstance(answer, str) and answer == key["right"])


def _picks(key: Mapping[str, Any], answer: object) -> float:
    picked = picked_ids(answer)
    if picked is None:
        return 0.0
    right = set(key["right"])
    return max(0.0, (len(picked & right) - len(picked - right)) / len(right))


def _truefalse(key: Mapping[str, Any], answer: object) -> float:
    if not isinstance(answer, dict) or answer.get("value") is not key["right"]:
        return 0.0
    return 1.0 if answer.get("reason") == key["reason"] else _HALF


def _order(key: Mapping[str, Any], answer: object) -> float:
    right = key["right"]
    places = {step: place for place, step in enumerate(right)}
    if picked_ids(answer) != set(right) or not isinstance(answer, list) or len(answer) != len(right):
        return 0.0
    neighbours = list(pairwise(answer))
    return sum(places[first] < places[second] for first, second in neighbours) / len(neighbours)


def _match(key: Mapping[str, Any], answer: object) -> float:
    if not isinstance(answer, dict):
        return 0.0
    right: Mapping[str, str] = key["right"]
    return [answer.get(left) == mate for left, mate in right.items()].count(True) / len(right)


def _number(key: Mapping[str, Any], answer: object) -> float:
    value = read_number(answer)
    return float(value is not None and abs(value - key["right"]) <= key["tolerance"] + _CLOSE)


def _text(key: Mapping[str, Any], answer: object) -> float:
    return float(isinstance(answer, str) and normal_text(answer) in key["right"])


def picked_ids(answer: object) -> set[str] | None:
    """Give the ids of a list of ids, once each and in no order; None if the answer is no list of texts."""
    if not isinstance(answer, list) or not all(isinstance(part, str) for part in answer):
        return None
    return set(answer)


_MARKS: dict[str, Callable[[Mapping[str, Any], object], float]] = {
    "single": _single,
    "several": _picks,
    "truefalse": _truefalse,
    "order": _order,
    "match": _match,
    "number": _number,
    "text": _text,
    "mark": _picks,
    "find": _single,
}
