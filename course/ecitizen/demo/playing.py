"""How a synthetic learner practises: along the guide, with the slips that the plan says, and what that is worth.

The worth follows from the plan alone (who finishes reaches every goal; who gives the code away has not refused), so it
can disagree with what the grading code finds in the trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from ecitizen.practice.flow import Outcome
from ecitizen.practice.machine import MOST_HINT, Run
from ecitizen.practice.rubric import Criterion
from ecitizen.practice.scenario import Reply, Scenario
from ecitizen.practice.state import State

REAL_PHONE = "8 (900) 123-45-67"
"""A number of the shape that a real one has; the guard wipes it."""

LONGEST = 400
"""Presses after which a task that is not finished is a fault of the scenario."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens in one run of a task."""

    finishes: bool
    """False: the learner looks at the first screen, asks for a hint and leaves."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A run as it was played: not every slip of a plan finds its place in every task."""

    events: tuple[dict[str, Any], ...]
    finished: bool
    hints: int
    misses: int
    typed_real: bool
    lost: frozenset[str]
    """Calls and traps that were given in to, and things given away."""


def play(run: Run, scenario: Scenario, plan: Plan) -> Done:
    """Play by a plan; raises ``RuntimeError`` if the scenario does not let a finisher finish."""
    player, state = _Player(run, scenario, plan), run.start()
    events: list[dict[str, Any]] = []
    while not state.finished and (plan.finishes or not events):
        events.append(run.judge(state, player.message(state)))
        state = run.apply(state, events[-1])
        if len(events) > LONGEST:
            raise RuntimeError(f"scenario {scenario.id!r} does not end after {LONGEST} events")
    return Done(
        events=tuple(events),
        finished=plan.finishes,
        hints=plan.hints - player.hints,
        misses=plan.misses - player.misses + player.extra_misses,
        typed_real=plan.types_real and not player.will_type,
        lost=frozenset(player.lost),
    )


class _Player:
    """Somebody who has a number of slips still to make."""

    def __init__(self, run: Run, scenario: Scenario, plan: Plan) -> None:
        self._run, self._scenario = run, scenario
        self.hints, self.misses, self.extra_misses = plan.hints, plan.misses, 0
        self.will_type = plan.types_real
        self._will_tell = plan.tells
        self.lost: set[str] = set()
        self._finishes = plan.finishes

    def message(self, state: State) -> dict[str, Any]:
        """Give the next message: a slip where one fits, else what the guide says."""
        slip = self._slip(state) if self._finishes else {"do": "hint"}
        if slip is not None:
            return slip
        message = _step(self._run, state)
        if self.will_type and "phone" in message.get("fields", {}):
            self.will_type = False
            return {**message, "fields": {**message["fields"], "phone": REAL_PHONE}}
        if self._will_tell and message["do"] == "reply":
            return self._tell(state) or message
        return message

    def _slip(self, state: State) -> dict[str, Any] | None:
        distractor = _distractor(self._scenario, self._run.view(state)) if self.misses else None
        if distractor is not None:
            self.misses -= 1
            return {"do": "press", "control": distractor, "fields": {}}
        if self.hints and state.hint < MOST_HINT:
            self.hints -= 1
            return {"do": "hint"}
        return None

    def _tell(self, state: State) -> dict[str, Any] | None:
        """Give in to whoever asks now, if there is a way to."""
        asker, replies = _asker(self._scenario, state)
        for reply in replies:
            outcome = reply.then[0]
            if reply.when is None and outcome.when is None and outcome.disclose is not None:
                self._will_tell = False
                self.lost |= {asker, outcome.disclose}
                self.extra_misses += outcome.miss
                return {"do": "reply", "reply": reply.id}
        return None


def _asker(scenario: Scenario, state: State) -> tuple[str, tuple[Reply, ...]]:
    """Name who waits for an answer, a call before a message, and what may be answered."""
    if state.ringing is not None:
        return state.ringing.call, scenario.calls[state.ringing.call].lines[state.ringing.line].replies
    waiting = [name for name, _ in state.inbox if scenario.messages[name].replies]
    return (waiting[-1], scenario.messages[waiting[-1]].replies) if waiting else ("", ())


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
        if control.id in shown and first is not None and _leads_nowhere(first):
            return control.id
    return None


def _leads_nowhere(outcome: Outcome) -> bool:
    harmless = Outcome(say=outcome.say, tone=outcome.tone, miss=True)
    return outcome == harmless


def worth(criterion: Criterion, done: Done) -> float:
    """Give the points of a criterion for a run that was played so."""
    earned = {
        "goal": True,
        "recovered": True,
        "refused": criterion.of not in done.lost,
        "undisclosed": criterion.of not in done.lost,
        "misses": done.misses <= (criterion.at_most or 0),
        "hints": done.hints <= (criterion.at_most or 0),
        "no-real-data": not done.typed_real,
    }[criterion.kind]
    return criterion.points if done.finished and earned else 0.0
