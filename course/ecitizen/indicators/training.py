"""Who counts as trained («обучен»): a fact derived from passed lessons and attendance, never typed in by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

from ecitizen.facts import Fact, Tally


class TrainedRule(Protocol):
    """The rule of the course settings (``trained`` in lessons/toc.yaml)."""

    @property
    def lessons(self) -> Sequence[str]:
        """Ids of the lessons that must be passed, all of them."""

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
    passed: dict[int, dict[str, Fact]] = defaultdict(dict)
    sessions: dict[int, dict[str, Fact]] = defaultdict(dict)
    lessons = set(rule.lessons)
    for fact in facts:
        if fact.person is None:
            continue
        if fact.kind == "attendance":
            _keep_first(sessions[fact.person], fact.key, fact)
        elif fact.kind == "lesson-passed" and (lesson := fact.tags.get("lesson", "")) in lessons:
            _keep_first(passed[fact.person], lesson, fact)
    if not lessons:
        return []
    people = sorted(person for person, done in passed.items() if len(done) == len(lessons))
    judged = (_judge(person, passed[person], sessions[person], rule) for person in people)
    return [fact for fact in judged if fact is not None]


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
    return Fact(
        kind="trained",
        date=needed[-1].date,
        key=f"trained:{person}",
        site=sites[-1] if sites else "",
        person=person,
        text="; ".join(dict.fromkeys(fact.text for fact in needed)),
        tags={"behind": " ".join(fact.key for fact in needed)},
    )
