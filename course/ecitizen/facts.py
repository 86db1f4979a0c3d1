"""The one shape of what happened, from which every figure in a report is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that happened, such as a consultation; a figure is a count over facts and can list them."""

    kind: str
    """What it is: ``consultation``, ``event``, ``lesson-passed`` …"""

    date: date
    """The day it counts for, in the library's own time zone."""

    key: str
    """Unique among all facts and lasting, such as ``consultation:17``: the way back to the row it came from."""

    site: str
    """Id of the site it belongs to; empty when it belongs to none."""

    text: str
    """One Russian line by which a librarian recognises it; never a name."""

    amount: float = 1
    """How much it adds to a sum, such as visitors or visits."""

    person: int | None = None
    """Pseudonymous learner number where the fact is about one learner."""

    tags: Mapping[str, str] = field(default_factory=dict)
    """What indicators filter by, such as ``{"channel": "telephone"}``."""
