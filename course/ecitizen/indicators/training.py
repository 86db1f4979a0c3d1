"""Who counts as trained («обучен»): a fact derived from passed lessons and attendance, never typed in by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from ecitizen.facts import Fact, Tally

PASSED = frozenset({"lesson-passed", "test-passed"})
"""Kinds of facts that fulfil the rule."""


class TrainedRule(Protocol):
    """The rule of the course settings (``trained`` in lessons/toc.yaml)."""

    @property
    def lessons(self) -> Sequence[str]:
        """Ids of the lessons and tests that must be passed, all of them."""

    @property
    def pass_share_pct(self) -> float:
        """Share of the points that passes a lesson; the gradebook has applied it to ``lesson-passed`` already."""

    @property
    def min_sessions(self) -> int:
        """Sessions that must have been attended at the least."""


def order(fact: Fact | Tally) -> tuple[date, str]:
    """Sort facts by day, then by key, so that their order never depends on where they came from."""
    return fact.date, fact.key if isinstance(fact, Fact) else ""


def trained(facts: Iterable[Fact], rule: TrainedRule) -> list[Fact]:
    """Give one ``trained`` fact for each person who has fulfilled the rule, by learner number.

    It is dated at the day on which the last condition was met, so that a person is trained once and the years add up:
    bring the facts of all years, not only those of the period of a report. Its text holds the texts of the facts behind
    it, its tag ``behind`` their keys, parted by spaces.
    """
    happened = list(facts)
    complete = _complete(happened, rule)
    sessions: dict[int, dict[str, Fact]] = defaultdict(dict)
    for fact in happened:
        if fact.kind == "attendance" and fact.person in complete:
            _keep_first(sessions[fact.person], fact.key, fact)
    judged = (_judge(person, passed, sessions[person], rule) for person, passed in sorted(complete.items()))
    return [fact for fact in judged if fact is not None]


def trained_days(passed: Iterable[Fact], came: Mapping[int, date], rule: TrainedRule) -> list[Fact]:
    """Give of each ``trained`` fact who and on which day, and nothing of what is behind it: no site, text or tags.

    ``came`` is the day on which each person had attended so many sessions as the rule wants.
    """
    days = {}
    for person, lessons in _complete(passed, rule).items():
        if rule.min_sessions == 0 or person in came:
            days[person] = max(came.get(person, date.min), *(fact.date for fact in lessons.values()))
    return [_fact(person, day) for person, day in sorted(days.items())]


def _complete(facts: Iterable[Fact], rule: TrainedRule) -> dict[int, dict[str, Fact]]:
    """Give the first passes of those who have passed all lessons of the rule, by lesson."""
    lessons = set(rule.lessons)
    passed: dict[int, dict[str, Fact]] = defaultdict(dict)
    for fact in facts:
        if fact.kind in PASSED and fact.person is not None and fact.tags.get("lesson") in lessons:
            _keep_first(passed[fact.person], fact.tags["lesson"], fact)
    return {person: done for person, done in passed.items() if len(done) == len(lessons)}


def _keep_first(facts: dict[str, Fact], about: str, fact: Fact) -> None:
    same = facts.get(about)
    if same is None or order(fact) < order(same):
        facts[about] = fact


def _judge(person: int, passed: dict[str, Fact], sessions: dict[str, Fact], rule: TrainedRule) -> Fact | None:
    if len(sessions) < rule.min_sessions:
        return None
    came = sorted(sessions.values(), key=order)[: rule.min_sessions]
    needed = sorted([*passed.values(), *came], key=order)
    sites = [fact.site for fact in needed if fact.site]
    return replace(
        _fact(person, needed[-1].date),
        site=sites[-1] if sites else "",
        text="; ".join(dict.fromkeys(fact.text for fact in needed)),
        tags={"behind": " ".join(fact.key for fact in needed)},
    )


def _fact(person: int, day: date) -> Fact:
    return Fact(kind="trained", date=day, key=f"trained:{person}", site="", person=person, text="")
