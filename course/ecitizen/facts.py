"""The one shape of what happened, from which every figure in a report is counted.

A ``Tally`` is many facts that no indicator tells apart, counted by the database: a figure comes out the same over facts
and over the tallies of the same facts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

Where = Mapping[str, str | list[str]]
"""Tags that a fact must carry: one value, or any of several."""

Latest = tuple[date, float]
"""Day and amount of a fact; of two amounts of one day the greater counts, whatever the order they were written in."""


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

    @property
    def times(self) -> int:
        """Give how many facts this is: one."""
        return 1

    @property
    def squares(self) -> float:
        """Give the square of the amount."""
        return self.amount * self.amount

    @property
    def latest(self) -> Latest:
        """Give the latest of its facts: itself."""
        return self.date, self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Facts of one kind that a question does not tell apart, counted together."""

    kind: str
    date: date
    """The first day of a stretch, to its end every period of the question holds all of it or nothing."""
    site: str = ""
    """Empty too if the question doesn't tell places apart."""
    person: int | None = None
    """None too if the question doesn't tell people apart."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """Only those that the question asks for."""
    times: int
    """How many facts."""
    amount: float
    """Sum of their amounts, which are whole numbers in every table: no order of summing can change it."""
    squares: float
    """Sum of the squares of their amounts."""
    latest: Latest | None = None
    """The latest of them, if the question asks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What must be told apart among the facts of one kind."""

    tags: frozenset[str] = frozenset()
    by_site: bool = False
    by_person: bool = False
    latest: bool = False
    """The latest of those that are counted together must be known."""
    one_by_one: bool = False
    """Only single facts will do: what lasts counts in each period it touches."""
    where: Where = field(default_factory=dict)
    """What all of them must carry, if every row that asks for the kind says the same."""


def _tags(*names: str) -> frozenset[str]:
    return frozenset({"site-kind", *names})


_EVENT = _tags("event-kind", "audience", "place", "guests")
_HELP = _tags("channel", "form", "category", "age", "topic", "service-obtained", "satisfaction")
_TICKET = _tags("request-kind", "first", "result")
_CHAT = _tags("chat", "network")

KINDS: Mapping[str, frozenset[str]] = {
    "lesson-passed": frozenset({"lesson"}),
    "test-passed": frozenset({"lesson"}),
    "trained": frozenset({"behind"}),
    "site-access": _tags("until"),
    "enrolled": _tags("group"),
    "session": _tags("group", "lesson"),
    "attendance": _tags("group", "lesson", "session"),
    "consultation": _HELP,
    "service": _HELP | {"service"},
    "event": _EVENT,
    "event-visit": _EVENT | {"age"},
    "event-remote": _EVENT | {"channel"},
    "visit": _tags("authority-site"),
    "zone": _tags("until"),
    "message": frozenset({"outlet", "message-kind"}),
    "material": frozenset({"material-kind"}),
    "staff-training": _tags("training-form"),
    "survey": _tags("question", "wave", "answer"),
    "counter": _tags("counter"),
    "community": _tags(),
    "member": _tags("community"),
    "meeting": _tags("community", "meeting-kind"),
    "work": _tags("community", "work-kind"),
    "chat": _CHAT,
    "chat-joined": _CHAT,
    "chat-left": _CHAT,
    "question": _CHAT | {"answered", "topic"},
    "answer-time": _CHAT,
    "review": _CHAT | {"verdict"},
    "ticket": _TICKET,
    "ticket-wait": _TICKET,
    "ticket-serve": _TICKET,
    "ticket-rating": _TICKET | {"rating"},
    "surplus": _tags("product", "unit", "accepted"),
}
"""All kinds of facts there are, with the tags that a passport may filter by; free words in tags are folded."""

PERSONAL = frozenset({"lesson-passed", "test-passed", "trained", "enrolled", "attendance", "member"})
"""Kinds of facts that are about one person each."""

PLACELESS = frozenset({"message", "material"})
"""Kinds of facts that belong to no site."""

FREE = frozenset(
    {"event-kind", "topic", "service", "outlet", "training-form", "counter", "meeting-kind", "work-kind", "network"}
    | {"request-kind", "product", "unit"}
)
"""Tags of free words, which are folded."""

_TRUTH = ("yes", "no")
_MARKS = ("1", "2", "3", "4", "5")

VALUES: Mapping[str, tuple[str, ...]] = {
    "site-kind": ("library", "cpi", "village"),
    "audience": ("all", "children", "youth"),
    "place": ("inside", "outside", "distance"),
    "guests": _TRUTH,
    "channel": ("person", "telephone", "remote"),
    "form": ("individual", "group"),
    "category": ("pensioner", "disability", "other"),
    "age": ("children", "youth", "adults"),
    "service-obtained": _TRUTH,
    "satisfaction": _MARKS,
    "message-kind": ("media", "social", "chat", "site"),
    "material-kind": ("link", "material"),
    "wave": ("end", "later"),
    "answer": _MARKS,
    "answered": _TRUTH,
    "verdict": ("good", "neutral", "bad"),
    "first": _TRUTH,
    "result": ("done", "passed-on", "not-done"),
    "rating": _MARKS,
    "accepted": _TRUTH,
}
"""All values of the tags that have but a few, the same for every kind of facts."""


def carries(tags: Mapping[str, str], where: Where) -> bool:
    """Tell whether tags are among those that a filter takes."""
    return all(tags.get(tag) in ([one] if isinstance(one, str) else one) for tag, one in where.items())


def folded(text: str) -> str:
    """Give a free word as tags hold it: small letters, е for ё, single spaces."""
    return " ".join(text.casefold().replace("ё", "е").split())
