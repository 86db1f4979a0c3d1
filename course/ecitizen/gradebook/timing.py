"""How long something took, by the journal: from a learner's event before to the event itself.

The journal knows when somebody answered, not when a question came into view. So the time of an answer runs from
whatever the learner did last in the lesson, be it the answer before, the explanation of which was then read, or the
step of the lesson that was opened. A gap of more than ``BREAK_S`` is a break and no time at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles

from ecitizen.gradebook.attempts import QUIZ
from ecitizen.journal.event import Event

BREAK_S = 600.0
"""Seconds after which somebody was away from the lesson and not thinking; a telephone call, tea, the way home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long something took a class."""

    learners: int
    """Whose time is known."""

    median_s: float
    low_s: float
    """Lower quartile."""

    high_s: float
    """Upper quartile."""

    breaks: int
    """Learners left out, because a break lay before it or nothing at all did."""


def seconds_before(events: Iterable[Event]) -> dict[str, float | None]:
    """Give, by id of the event, the seconds since the same learner's event before; None after a break, or if none was.

    The events are those of one lesson in the order they were stored; guests are left out.
    """
    last: dict[int, float] = {}
    found: dict[str, float | None] = {}
    for event in events:
        if event.learner is None or event.at is None:
            continue
        now = event.at.timestamp()
        before = last.get(event.learner)
        gap = None if before is None else now - before
        found[event.id] = gap if gap is not None and 0 <= gap <= BREAK_S else None
        last[event.learner] = now
    return found


def times(seconds: Sequence[float | None]) -> Times | None:
    """Sum up one time a learner; None where no time is known.

    The quartiles are those of Hyndman & Fan (1996, The American Statistician 50, 361-365), definition 7, as numpy and
    R have them.
    """
    known = [one for one in seconds if one is not None]
    if not known:
        return None
    low, _, high = quantiles(known, n=4, method="inclusive") if len(known) > 1 else [known[0]] * 3
    return Times(learners=len(known), median_s=median(known), low_s=low, high_s=high, breaks=len(seconds) - len(known))


def item_times(events: Sequence[Event]) -> dict[str, Times]:
    """Give how long the first answer to each question of a lesson's quiz took."""
    gaps = seconds_before(events)
    firsts: dict[str, dict[int, float | None]] = {}
    for event in events:
        item = event.body.get("item")
        if event.learner is None or event.activity != QUIZ or event.body.get("do") != "answer":
            continue
        if isinstance(item, str):
            firsts.setdefault(item, {}).setdefault(event.learner, gaps.get(event.id))
    summed = {item: times(list(of.values())) for item, of in firsts.items()}
    return {item: one for item, one in summed.items() if one is not None}
