"""The Russian words of nbgrader's exchange and of the exported tables, from ``templates/words.yaml``."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from ecitizen.content.loading import load_model


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExchangeWords(_Part):
    """What ``nbgrader collect``, ``list`` and the others say; places in braces are filled in."""

    collected: str
    same: str
    kept: str
    replaced: str
    nothing: str
    released: str
    listed: str
    released_list: str
    submitted_list: str
    try_quiz: str
    try_practice: str
    counts: str
    no_cache: str
    no_unrelease: str
    no_removal: str
    no_fetch: str
    no_submit: str
    no_feedback: str
    not_ours: str


class ExportWords(_Part):
    """Headings of the exported tables."""

    learner: str
    name: str
    lesson: str
    item: str
    skill: str
    points: str
    most: str
    share_pct: str
    waits: str
    yes: str
    at: str
    sheets: dict[str, str]
    total: str
    skill_column: str
    number: str


class Words(_Part):
    """All of them."""

    exchange: ExchangeWords
    export: ExportWords


def words() -> Words:
    """Read them; ``ContentError`` if the file breaks its rules."""
    return load_model(Path(__file__).parent / "templates" / "words.yaml", Words)
