"""How a synthetic learner practises: along the guide, with the slips that the plan says, and what that is worth.

The worth follows from the plan alone (who finishes reaches every goal; who gives the code away has not refused), so it
can disagree with what the grading code finds in the trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from ecitizen.practice.machine import MOST_HINT, Run
from ecitizen.practice.rubric import Criterion
from ecitizen.practice.scenario import Scenario
from ecitizen.practice.state import State

REAL_PHONE = "8 (900) 123-45-67"
"""A number of the shape that a real one has; the guard wipes it."""

LONGEST = 400
"""Presses after which a task that is not finished is a fault of the scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens in one run of a task."""

    finishes: bool
    """False: the learner looks at the first screen, presses once and leaves."""

    tells: bool = False
    """Gives the code to the caller."""

    hints: int = 0
    misses: int = 0
    types_real: bool = False
    """Types a real telephone number once."""


def draw(random: Random, able: float) -> Plan:
    """Draw a plan; ``able`` is 0 to 1."""
    if random.random() > 0.55 + able / 2:
        return Plan(finishes=False)
    return Plan(
        finishes=True,
        tells=random.random() > able,
        hints=0 if random.random() < able else random.randint(1, 6),
        misses=0 if random.random() < able else random.randint(1, 7),
        types_real=random.random() < 0.1,
    )


def play(run: Run, scenario: Scenario, plan: Plan) -> list[dict[str, Any]]:
    """Give the events of the run; raises ``RuntimeError`` if the scenario does not let a finisher finish."""
    player, state = _Player(run, scenario, plan), run.start()
    events: list[dict[str, Any]] = []
    while not state.finished and (plan.finishes or not events):
        events.append(run.judge(state, player.message(state)))
        state = run.apply(state, events[-1])
        if len(events) > LONGEST:
            raise RuntimeError(f"scenario {scenario.id!r} does not end after {LONGEST} events")
    return events


class _Player:
    """Somebody who has a number of slips still to make."""

    def __init__(self, run: Run, scenario: Scenario, plan: Plan) -> None:
        self._run, self._scenario = run, scenario
        self._hints, self._misses = plan.hints, plan.misses
        self._will_tell, self._will_type = plan.tells, plan.types_real

    def message(self, state: State) -> dict[str, Any]:
        """Give the next message: a slip where one fits, else what the guide says."""
        distractor = _distractor(self._scenario, self._run.view(state)) if self._misses else None
        if distractor is not None:
            self._misses -= 1
            return {"do": "press", "control": distractor, "fields": {}}
        if self._hints and state.hint < MOST_HINT:
            self._hints -= 1
            return {"do": "hint"}
        message = _step(self._run, state)
        if self._will_type and "phone" in message.get("fields", {}):
            self._will_type = False
            return {**message, "fields": {**message["fields"], "phone": REAL_PHONE}}
        if self._will_tell and message["do"] == "reply":
            self._will_tell = False
            return {"do": "reply", "reply": _giving_in(self._scenario, state)}
        return message


def _step(run: Run, state: State) -> dict[str, Any]:
    guide = run.guide(state)
    if guide is None:
        raise RuntimeError(f"the guide is silent on {state.screen}")
    return guide.message()


def _distractor(scenario: Scenario, view: dict[str, Any]) -> str | None:
    """Find a button on the screen that is a wrong press and leads nowhere, whatever the flags."""
    shown = {c["id"] for part in view["screen"]["parts"] if part["kind"] == "menu" for c in part["controls"]}
    for control in scenario.screens[view["screen"]["id"]].controls():
        first = control.then[0] if control.then else None
        if control.id in shown and first is not None and first.miss and first.when is None and first.go is None:
            return control.id
    return None


def _giving_in(scenario: Scenario, state: State) -> str:
    assert state.ringing is not None
    replies = scenario.calls[state.ringing.call].lines[state.ringing.line].replies
    return next(reply.id for reply in replies if any(outcome.disclose for outcome in reply.then))


def worth(criterion: Criterion, plan: Plan) -> float:
    """Give the points of a criterion for a run that went by this plan."""
    earned = {
        "goal": True,
        "recovered": True,
        "refused": not plan.tells,
        "undisclosed": not plan.tells,
        "misses": plan.misses <= (criterion.at_most or 0),
        "hints": plan.hints <= (criterion.at_most or 0),
        "no-real-data": not plan.types_real,
    }[criterion.kind]
    return criterion.points if plan.finishes and earned else 0.0
