"""Faults of a scenario that only playing it finds: does the guide lead out, from everywhere, in every variant."""

from collections import deque
from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

from ecitizen.errors import ContentError
from ecitizen.practice.flow import MODES, When
from ecitizen.practice.guiding import moves
from ecitizen.practice.machine import LONGEST_WALK, Run
from ecitizen.practice.parts import FormPart, PartBase, SearchPart, TableRow
from ecitizen.practice.persona import Persona
from ecitizen.practice.rubric import Rubric, points
from ecitizen.practice.scenario import Scenario
from ecitizen.practice.state import State
from ecitizen.practice.variants import seeds_of_all

Fault = tuple[str, str, str]
"""Where in the file, what is wrong, what to do."""

MOST_STATES = 5000
"""States that ``dead_ends`` looks at in one task and mode."""

_TALK = frozenset({"when", "say", "tone", "miss", "mistake", "recover", "refuse", "disclose"})
"""What of an outcome changes neither the way nor what may be pressed."""

_MEND = "Добавьте или исправьте шаг guide для этого случая"


def walk_faults(scenario: Scenario, persona: Persona) -> list[Fault]:
    """Play every task in every mode and variant as the guide says; name those that do not reach their goals."""
    found = []
    for task in scenario.tasks:
        for mode in MODES:
            for seed in seeds_of_all(scenario):
                try:
                    Run(scenario, persona, task.id, mode, seed).walk()
                except ContentError as error:
                    found.append((error.key, error.problem, error.remedy))
                    break
    return found


def unpaid_faults(rubric: Rubric, scenario: Scenario, persona: Persona) -> list[Fault]:
    """Name criteria that do not pay whoever does everything as the guide says; ``walk_faults`` must be mended before.

    Such a one asks for something that the golden path does not meet, like a trap that is never set.
    """
    found: dict[str, Fault] = {}
    for task in scenario.tasks:
        for seed in seeds_of_all(scenario):
            run = Run(scenario, persona, task.id, "solo", seed)
            facts = run.facts(run.replay(frame.event for frame in run.walk()))
            for number, criterion in enumerate(rubric.criteria):
                if criterion.task == task.id and not points(criterion, facts):
                    problem = f"кто всё делает по подсказкам, не получает баллов за {criterion.id!r}"
                    remedy = "Проведите подсказки (guide) через это место или исправьте критерий"
                    found.setdefault(criterion.id, (f"criteria[{number}]", problem, remedy))
    return list(found.values())


def dead_ends(scenario: Scenario, persona: Persona, most_states: int = MOST_STATES) -> list[Fault]:
    """Press everything that can be pressed, and name the places from which the guide does not lead to the goals.

    Forms are sent right and empty, searches with the words of each result; ``faults`` must be mended before. Each task
    is explored in the modes solo and together, once for each variant if a condition asks what the seed drew and once
    else. A task with more than ``most_states`` states is a fault of its own, for then some were not looked at.
    """
    found: dict[str, Fault] = {}
    seeds = seeds_of_all(scenario) if _asks_what_was_drawn(scenario) else (1,)
    for task in scenario.tasks:
        for mode, seed in product(MODES[1:], seeds):
            run = Run(scenario, persona, task.id, mode, seed)
            where = f"задание {task.id}, режим {mode}"
            states = _reachable(run, most_states)
            if len(states) >= most_states:
                problem = f"{where}: состояний больше {most_states}, все не просмотреть"
                found.setdefault(task.id, (f"tasks.{task.id}", problem, "Уберите лишние флаги или разделите задание"))
            for state in _lost(run, states):
                key = f"screens.{state.screen}.guide"
                problem = f"{where}, флаги: {', '.join(state.flags) or 'нет'}: подсказки не ведут к цели"
                found.setdefault(f"{key} {task.id} {mode}", (key, problem, _MEND))
    return list(found.values())


def _asks_what_was_drawn(scenario: Scenario) -> bool:
    """Tell whether what the seed drew changes the way; what is only shown does not."""
    shown = tuple(f"{key}." for key, node in scenario.nodes if _only_shown(node))
    asked = (key for key, node in scenario.nodes if isinstance(node, When) and (node.drawn or node.not_drawn))
    return any(not key.startswith(shown) for key in asked)


def _only_shown(node: object) -> bool:
    if isinstance(node, TableRow):
        return not node.controls
    return isinstance(node, PartBase) and next(iter(node.held()), None) is None


def _reachable(run: Run, most_states: int) -> list[State]:
    start = run.start()
    seen = {_key(run, start): start}
    ahead = deque([start])
    while ahead and len(seen) < most_states:
        state = ahead.popleft()
        for message in () if state.finished else _moves(run, state):
            after = run.apply(state, run.judge(state, message))
            if seen.setdefault(_key(run, after), after) is after:
                ahead.append(after)
    return list(seen.values())


def _lost(run: Run, states: Iterable[State]) -> list[State]:
    led: set[tuple[object, ...]] = set()
    return [stuck for state in states if (stuck := _stuck(run, state, led)) is not None]


def _moves(run: Run, state: State) -> list[dict[str, Any]]:
    """Give the messages that may lead somewhere: in together mode the guide's alone, else all but mere answers."""
    step = run.guide(state) if run.stage.mode == "together" else None
    if step is not None:
        return [step.message()]
    return [message for message in moves(run.stage, state) if not _only_talks(run, state, message)]


def _only_talks(run: Run, state: State, message: Mapping[str, Any]) -> bool:
    """Tell whether a press brings no more than a sentence and a count, as most wrong ones do."""
    if message["do"] != "press":
        return False
    control, part = run.stage.controls(state)[message["control"]]
    if isinstance(part, FormPart | SearchPart):
        return False
    outcome = run.stage.first(run.stage.outcomes(control, part), state)
    return outcome is None or outcome.model_fields_set <= _TALK


def _key(run: Run, state: State) -> tuple[object, ...]:
    """Tell apart what the guide and the controls depend on; history and counters they do not."""
    here = {part.id for part in run.stage.parts(state) if isinstance(part, SearchPart)}
    found = tuple(sorted((name, hits) for name, hits in state.found.items() if name in here))
    sent = frozenset(message for message, _ in state.inbox if run.stage.code_of(message))
    waiting = tuple(state.inbox[place][0] for place in state.waiting)
    return state.screen, state.flags, state.ringing, sent, waiting, found, frozenset(state.goals)


def _stuck(run: Run, state: State, led: set[tuple[object, ...]]) -> State | None:
    """Follow the guide; give the state where it falls silent or begins to go in a circle, None if it leads out."""
    trail: dict[tuple[object, ...], object] = {}
    for _ in range(LONGEST_WALK):
        key = _key(run, state)
        if state.finished or key in led:
            led.update(trail)
            return None
        step = run.guide(state)
        if step is None or trail.get(key) == state.found:
            return state
        trail[key] = state.found
        state = run.apply(state, run.judge(state, step.message()))
    return state
