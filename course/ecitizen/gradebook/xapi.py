"""Results as xAPI statements (Experience API 1.0.3, ADL 2016), for a learning record store.

A learner is an account of the course's own home page, by number. A statement's id comes from what it says, so that
sending the same results again adds nothing, while another score is another statement.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from ecitizen import content
from ecitizen.gradebook.outcomes import By, Outcome, summed

JSON = dict[str, Any]

HOME = "https://ecitizen.invalid"
"""Home page of the accounts where the library names none; the top-level domain of RFC 6761 belongs to nobody."""

VERSION = "1.0.3"

_VERBS = {"item": "answered", "skill": "scored", "lesson": "scored"}
_KINDS = {"item": "question", "skill": "objective", "lesson": "lesson"}
_ADL = "http://adlnet.gov/expapi"


def statements(found: Sequence[Outcome], home: str = HOME) -> list[JSON]:
    """Give one statement for each item, each skill of a lesson, and each lesson of each learner.

    What waits for a person has no score yet.
    """
    levels: tuple[By, ...] = ("item", "skill", "lesson")
    home = home.rstrip("/")
    return [_statement(one, by, home) for by in levels for one in summed(found, by)]


def as_json(found: Sequence[Outcome], home: str = HOME) -> bytes:
    """Write the statements as one JSON list, the body of a ``POST`` to ``/statements``."""
    return json.dumps(statements(found, home), ensure_ascii=False, indent=1).encode("utf-8")


def _statement(one: Outcome, by: By, home: str) -> JSON:
    said: JSON = {
        "version": VERSION,
        "actor": {"objectType": "Agent", "account": {"homePage": home, "name": one.learner}},
        "verb": {"id": f"{_ADL}/verbs/{_VERBS[by]}", "display": {"en-US": _VERBS[by]}},
        "object": _activity(one, by, home),
        "result": _result(one),
        "context": {"language": "ru-RU", "contextActivities": {"grouping": [{"id": home, "objectType": "Activity"}]}},
        "timestamp": f"{one.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z",
    }
    if by != "lesson":
        said["context"]["contextActivities"]["parent"] = [_activity(one, "lesson", home)]
    told = json.dumps(said, sort_keys=True)
    return {"id": str(uuid5(NAMESPACE_URL, told))} | said


def _result(one: Outcome) -> JSON:
    if one.points is None or one.share is None:
        return {"completion": True}
    score = {"raw": one.points, "min": 0, "max": one.most, "scaled": min(1.0, max(0.0, round(one.share, 4)))}
    return {"completion": True, "score": score}


def _activity(one: Outcome, by: By, home: str) -> JSON:
    parts = {"item": ("items", one.item), "skill": ("skills", one.skill), "lesson": ()}[by]
    titles = {entry.id: entry.title for entry in content.toc().lessons}
    names = {
        "item": one.item,
        "skill": content.skills().get(one.skill, one.skill),
        "lesson": titles.get(one.lesson, one.lesson),
    }
    return {
        "objectType": "Activity",
        "id": "/".join([home, *(quote(part, safe="") for part in ("lessons", one.lesson, *parts))]),
        "definition": {"type": f"{_ADL}/activities/{_KINDS[by]}", "name": {"ru-RU": names[by]}},
    }
