"""What the entry and the exit test tell of a class: shares by learner and item, and the gain between them.

The tests are no nbgrader assignments, since each learner has a form of their own; they are marked by the same keys.
"""

from __future__ import annotations

from collections.abc import Iterable

from ecitizen.content import TocTest
from ecitizen.gradebook.analysis import Gain, gains
from ecitizen.journal.runs import RunTrace
from ecitizen.practice.forms import Form, form_of, tried
from ecitizen.practice.items import check
from ecitizen.practice.quiz import Quiz

Shares = dict[int, dict[str, float]]
"""Learner -> item -> share of the points."""


def shares_of(form: Form, pool: Quiz, traces: Iterable[RunTrace], seeds: dict[int, int]) -> Shares:
    """Mark each learner's test; ``seeds`` gives the journal's seed of each learner.

    At entry the first try that was done counts, for later ones are no longer an entry; at the exit the best one. What
    was left unanswered in a done try is worth nothing. Guests (no number) are left out.
    """
    found: Shares = {}
    for trace in sorted(traces, key=lambda trace: trace.run):
        if trace.learner is None or trace.activity != "quiz":
            continue
        items = form_of(pool, form, seeds[trace.learner])
        answers, done = tried(trace.bodies, items)
        if not done:
            continue
        shares = {item.id: check(item, answers.get(item.id)).share or 0.0 for item in items}
        before = found.get(trace.learner)
        if before is None or (form == "exit" and sum(shares.values()) > sum(before.values())):
            found[trace.learner] = shares
    return found


def gain_by_lesson(pool: Quiz, entry: Shares, leaving: Shares) -> list[Gain]:
    """Compare both tests lesson by lesson, over those who took both."""
    return gains(entry, leaving, {item.id: item.from_lesson or "" for item in pool.items})


def gain_by_skill(pool: Quiz, entry: Shares, leaving: Shares) -> list[Gain]:
    """Compare both tests skill by skill, over those who took both."""
    return gains(entry, leaving, {item.id: item.skill for item in pool.items})


def form_of_test(form: Form, tests: Iterable[TocTest]) -> TocTest | None:
    """Give the test of a form, if the course has it."""
    return next((test for test in tests if test.form == form), None)
