"""Facts as a paper lists them: in which order, under what name of the record, a lesson by its title."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ecitizen.facts import Fact
from ecitizen.register.people import name_key


def in_order(facts: Iterable[Fact], sites: Mapping[str, str]) -> list[Fact]:
    """Sort by day, name of the library, number of the record."""
    return sorted(
        facts, key=lambda one: (one.date, name_key(sites.get(one.site, one.site)), name_key(one.key), one.key)
    )


def record(key: str, names: Mapping[str, str]) -> str:
    """Name a record as its table does, such as «консультация № 17» for ``consultation:17``.

    A record that came in a file of another library is led by that library's code; a kind without a name stays as it is.
    """
    partner, slash, own = key.rpartition("/")
    kind, *parts = own.split(":")
    if kind not in names:
        return key
    # What is missing at the end of a key stays empty.
    told = names[kind].format(*parts, *[""] * 3)
    return f"{partner}: {told}" if slash else told


def with_titles(text: str, lessons: Mapping[str, str]) -> str:
    """Put titles of lessons in place of their ids."""
    if not lessons:
        return text
    ids = "|".join(map(re.escape, sorted(lessons, key=len, reverse=True)))
    return re.sub(rf"(?<![\w-])(?:{ids})(?![\w-])", lambda found: f"«{lessons[found[0]]}»", text)
