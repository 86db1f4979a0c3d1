"""Faults in a scenario that its author can mend, found without a learner.

A fault is ``(key, problem, remedy)``: where in the file, what is wrong, what to do; Russian, for the author.
``faults`` reads the file alone; ``walk_faults`` plays every task as the guide says; ``dead_ends`` presses everything
and asks whether the guide still leads out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from ecitizen.errors import ContentError
from ecitizen.practice.guiding import moves
from ecitizen.practice.machine import LONGEST_WALK, Run
from ecitizen.practice.persona import Persona
from ecitizen.practice.scenario import (
    BACK,
    MODES,
    FormField,
    FormPart,
    Outcome,
    Scenario,
    Screen,
    SearchPart,
    When,
    inside,
)
from ecitizen.practice.stage import PERSONA_WORDS, PLACEHOLDER
from ecitizen.practice.state import State

Fault = tuple[str, str, str]

MOST_STATES = 3000
"""States that ``dead_ends`` looks at in one task and mode."""


def faults(scenario: Scenario) -> list[Fault]:
    """Name everything in the file that points nowhere, is there twice or can't be reached."""
    return [
        *_targets(scenario),
        *_call_faults(scenario),
        *_conditions(scenario),
        *_twice(scenario),
        *_guides(scenario),
        *_unreachable(scenario),
        *_without_way_on(scenario),
        *_placeholders(scenario),
        *_silent_fields(scenario),
    ]


def _targets(scenario: Scenario) -> Iterator[Fault]:
    """Names of screens, messages, calls and mistakes that do not exist."""
    mistakes = {outcome.mistake for _, outcome in scenario.outcomes() if outcome.mistake}
    named: list[tuple[str, str | None, Iterable[str]]] = [("start", scenario.start, scenario.screens)]
    named += [(f"tasks[{n}].start", task.start, scenario.screens) for n, task in enumerate(scenario.tasks)]
    named += [(f"codes.{name}.message", code.message, scenario.messages) for name, code in scenario.codes.items()]
    for key, outcome in scenario.outcomes():
        named += [
            (f"{key}.go", outcome.go, scenario.screens),
            (f"{key}.sms", outcome.sms, scenario.messages),
            (f"{key}.call", outcome.call, scenario.calls),
            (f"{key}.refuse", outcome.refuse, scenario.calls),
            (f"{key}.recover", outcome.recover, mistakes),
        ]
        if not key.startswith("calls.") and (outcome.line is not None or outcome.end):
            yield key, "line и end бывают только в ответах звонка", "Уберите их отсюда"
    for key, name, known in named:
        if name is not None and name not in known:
            yield key, f"{name!r} нет в сценарии", _one_of(known)


def _call_faults(scenario: Scenario) -> Iterator[Fault]:
    for name, call in scenario.calls.items():
        key = f"calls.{name}"
        said = {call.start, *(o.line for _, o in inside(call) if isinstance(o, Outcome) and o.line is not None)}
        for missing in sorted(said - call.lines.keys()):
            yield key, f"строки разговора {missing!r} нет", _one_of(call.lines)
        for unsaid in sorted(call.lines.keys() - said):
            yield f"{key}.lines.{unsaid}", "до этой строки разговор не доходит", "Уберите её или дайте на неё line"
        if not any(isinstance(o, Outcome) and o.end for _, o in inside(call)):
            yield key, "разговор нельзя закончить", "Дайте одному из ответов end: true"
        for line_id, line in call.lines.items():
            replies = {reply.id for reply in line.replies}
            if line.guide is not None and line.guide.reply not in replies:
                yield f"{key}.lines.{line_id}.guide.reply", f"ответа {line.guide.reply!r} нет", _one_of(replies)


def _conditions(scenario: Scenario) -> Iterator[Fault]:
    """Name flags that are asked for but never set, and tasks that do not exist."""
    flags = {flag for _, outcome in scenario.outcomes() for flag in outcome.set}
    flags |= {flag for task in scenario.tasks for flag in task.set}
    tasks = {task.id for task in scenario.tasks}
    for key, node in inside(scenario):
        if isinstance(node, When):
            for flag in sorted(set(node.has) - flags):
                yield f"{key}.has", f"флаг {flag!r} нигде не ставится (set)", _one_of(flags)
            for task in sorted(set(node.task) - tasks):
                yield f"{key}.task", f"задания {task!r} нет", _one_of(tasks)


def _twice(scenario: Scenario) -> Iterator[Fault]:
    """Ids that stand twice where they must tell things apart."""
    groups: list[tuple[str, Iterable[str]]] = [("tasks", (task.id for task in scenario.tasks))]
    groups += [(f"tasks[{n}].goals", (goal.id for goal in task.goals)) for n, task in enumerate(scenario.tasks)]
    for name, screen in scenario.screens.items():
        groups.append((f"screens.{name}", [control.id for control in screen.controls()]))
        groups.append((f"screens.{name}", _field_ids(screen)))
        if BACK in {control.id for control in screen.controls()}:
            yield f"screens.{name}", f"id {BACK!r} занят кнопкой «Назад»", "Дайте другой id"
    for name, call in scenario.calls.items():
        groups += [(f"calls.{name}.lines.{key}", [r.id for r in line.replies]) for key, line in call.lines.items()]
    groups.append(("codes", (f"message: {code.message}" for code in scenario.codes.values())))
    for key, ids in groups:
        for one, times in Counter(ids).items():
            if times > 1:
                yield key, f"{one!r} встречается {times} раза", "Дайте разные id"


def _field_ids(screen: Screen) -> list[str]:
    ids = [field.id for part in screen.parts if isinstance(part, FormPart) for field in part.fields]
    return ids + [part.id for part in screen.parts if isinstance(part, SearchPart)]


def _guides(scenario: Scenario) -> Iterator[Fault]:
    """Guide steps about controls and fields that the screen does not have."""
    for name, screen in scenario.screens.items():
        known = {BACK, *(control.id for control in screen.controls())}
        fields = _field_ids(screen)
        for number, step in enumerate(screen.guide):
            key = f"screens.{name}.guide[{number}]"
            if step.control not in known:
                yield f"{key}.control", f"кнопки {step.control!r} на экране нет", _one_of(known - {BACK})
            for field in sorted(step.fill.keys() - set(fields)):
                yield f"{key}.fill", f"поля {field!r} на экране нет", _one_of(fields)


def _unreachable(scenario: Scenario) -> Iterator[Fault]:
    """Screens that no task can come to."""
    ways: dict[str, set[str]] = {name: set() for name in scenario.screens}
    from_calls = {o.go for key, o in scenario.outcomes() if key.startswith("calls.") and o.go is not None}
    for name, screen in scenario.screens.items():
        ways[name] = {o.go for _, o in inside(screen) if isinstance(o, Outcome) and o.go is not None}
    reached: set[str] = set()
    ahead = {scenario.start, *from_calls, *(task.start for task in scenario.tasks if task.start is not None)}
    while ahead:
        name = ahead.pop()
        if name not in reached and name in ways:
            reached.add(name)
            ahead |= ways[name]
    for name in sorted(ways.keys() - reached):
        yield f"screens.{name}", "на этот экран нельзя попасть", "Дайте на него go или уберите его"


def _without_way_on(scenario: Scenario) -> Iterator[Fault]:
    """Screens that nothing leads on from, unless coming there reaches a goal."""
    goal_flags = {flag for task in scenario.tasks for goal in task.goals for flag in goal.done.has}
    for name, screen in scenario.screens.items():
        if any(_leads_on(outcome, name) for control in screen.controls() for outcome in control.then):
            continue
        arrivals = [o for _, o in scenario.outcomes() if o.go == name]
        ends = any(goal_flags & set(outcome.set) for outcome in (*arrivals, *screen.enter))
        if not ends:
            yield f"screens.{name}", "с этого экрана нет дороги дальше", "Добавьте кнопку с go или back"


def _leads_on(outcome: Outcome, screen: str) -> bool:
    return outcome.back or bool(outcome.set) or outcome.go not in (None, screen)


def _placeholders(scenario: Scenario) -> Iterator[Fault]:
    """Placeholders that nothing fills; ``{code}`` is for messages, ``{code.ID}`` for expected values."""
    persona = {f"{{persona.{word}}}" for word in PERSONA_WORDS}
    codes = {f"{{code.{name}}}" for name in scenario.codes}
    with_code = {code.message for code in scenario.codes.values()}
    for key, node in inside(scenario):
        if not isinstance(node, str):
            continue
        known = set(persona)
        if key.endswith(".expect") or ".fill." in key:
            known |= codes
        if key in {f"messages.{name}.text" for name in with_code}:
            known.add("{code}")
        for word in PLACEHOLDER.findall(node):
            if word not in known:
                yield key, f"неизвестная подстановка {word!r}", "Напишите, например, {persona.given}"


def _silent_fields(scenario: Scenario) -> Iterator[Fault]:
    """Fields that would refuse a learner without a word."""
    for key, node in inside(scenario):
        if not isinstance(node, FormField):
            continue
        if not node.empty and node.expect != "false":
            yield f"{key}.empty", "нет слов для пустого поля", "Напишите, что сделать"
        if not node.wrong and node.expect is not None and not (node.type == "check" and node.expect == "true"):
            yield f"{key}.wrong", "нет слов для неверного ответа", "Напишите, что сделать"


def _one_of(names: Iterable[str]) -> str:
    return f"Есть: {', '.join(sorted(names)) or 'ничего'}"


def walk_faults(scenario: Scenario, persona: Persona) -> list[Fault]:
    """Play every task in every mode as the guide says; name those that do not reach their goals."""
    found = []
    for task in scenario.tasks:
        for mode in MODES:
            try:
                Run(scenario, persona, task.id, mode, 1).walk()
            except ContentError as error:
                found.append((error.key, error.problem, error.remedy))
    return found


def dead_ends(scenario: Scenario, persona: Persona, most_states: int = MOST_STATES) -> list[Fault]:
    """Press everything that can be pressed, and name the places from which the guide does not lead to the goals.

    Forms are sent right and empty, searches with the words of each result; ``faults`` must be mended before. At most
    ``most_states`` states are looked at in each task of the modes solo and together.
    """
    found: dict[str, Fault] = {}
    for task in scenario.tasks:
        for mode in MODES[1:]:
            run = Run(scenario, persona, task.id, mode, 1)
            for state in _lost_states(run, most_states):
                key = f"screens.{state.screen}.guide"
                where = f"задание {task.id}, режим {mode}, флаги: {', '.join(state.flags) or 'нет'}"
                found.setdefault(f"{key} {task.id} {mode}", (key, f"{where}: подсказки не ведут к цели", _MEND))
    return list(found.values())


_MEND = "Добавьте или исправьте шаг guide для этого случая"


def _lost_states(run: Run, most_states: int) -> list[State]:
    start = run.start()
    seen = {_key(run, start): start}
    ahead = [start]
    while ahead and len(seen) < most_states:
        state = ahead.pop(0)
        for message in () if state.finished else moves(run.stage, state):
            after = run.apply(state, run.judge(state, message))
            if _key(run, after) not in seen:
                seen[_key(run, after)] = after
                ahead.append(after)
    led: set[tuple[object, ...]] = set()
    return [stuck for state in seen.values() if (stuck := _stuck(run, state, led)) is not None]


def _key(run: Run, state: State) -> tuple[object, ...]:
    """Tell apart what the guide and the controls depend on; history and counters they do not."""
    here = {part.id for part in run.stage.parts(state) if isinstance(part, SearchPart)}
    found = tuple(sorted((name, hits) for name, hits in state.found.items() if name in here))
    messages = frozenset(message for message, _ in state.inbox)
    return state.screen, state.flags, state.ringing, messages, found, state.goals


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
