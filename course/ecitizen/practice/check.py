"""Faults in a scenario that its author can mend, found without a learner.

A fault is ``(key, problem, remedy)``: where in the file, what is wrong, what to do; Russian, for the author.
``faults`` reads the file alone; ``walk_faults`` plays every task as the guide says; ``dead_ends`` presses everything
and asks whether the guide still leads out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from ecitizen.practice.check_parts import part_faults, variant_faults
from ecitizen.practice.fields import NUMBERS, FormField
from ecitizen.practice.flow import Outcome, When
from ecitizen.practice.parts import FOUND, FormPart, SearchPart
from ecitizen.practice.scenario import BACK, LineGuide, Reply, Scenario, Screen, inside
from ecitizen.practice.stage import PERSONA_WORDS, PLACEHOLDER
from ecitizen.practice.trying import Fault, dead_ends, unpaid_faults, walk_faults
from ecitizen.practice.variants import readings

__all__ = ["Fault", "dead_ends", "faults", "unpaid_faults", "walk_faults"]


def faults(scenario: Scenario) -> list[Fault]:
    """Name everything in the file that points nowhere, is there twice or can't be reached."""
    if uneven := list(variant_faults(scenario)):
        return uneven
    return [
        *_targets(scenario),
        *_call_faults(scenario),
        *_message_faults(scenario),
        *_trap_faults(scenario),
        *part_faults(scenario),
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
            (f"{key}.recover", outcome.recover, mistakes),
        ]
        if not key.startswith("calls.") and outcome.line is not None:
            yield key, "line бывает только в ответах звонка", "Уберите line отсюда"
        if not key.startswith(("calls.", "messages.")) and outcome.end:
            yield key, "end бывает только в ответах звонка и сообщения", "Уберите end отсюда"
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
            yield from _advice(f"{key}.lines.{line_id}", line.replies, line.guide)


def _message_faults(scenario: Scenario) -> Iterator[Fault]:
    for name, message in scenario.messages.items():
        key = f"messages.{name}"
        yield from _advice(key, message.replies, message.guide)
        if message.replies and not any(outcome.end for reply in message.replies for outcome in reply.then):
            yield key, "сообщение нельзя закрыть", "Дайте одному из ответов end: true"
        controls = {control.id for screen in scenario.screens.values() for control in screen.controls()}
        for taken in sorted(controls & {reply.id for reply in message.replies}):
            yield f"{key}.replies", f"id {taken!r} занят кнопкой экрана", "Дайте ответу другой id"


def _advice(key: str, replies: tuple[Reply, ...], guide: LineGuide | None) -> Iterator[Fault]:
    known = {reply.id for reply in replies}
    if guide is not None and guide.reply not in known:
        yield f"{key}.guide.reply", f"ответа {guide.reply!r} нет", _one_of(known)


def _trap_faults(scenario: Scenario) -> Iterator[Fault]:
    """Name traps without an explanation, and explanations of what is no trap."""
    disclosed = {outcome.disclose for _, outcome in scenario.outcomes()}
    for key, outcome in scenario.outcomes():
        if outcome.refuse is not None and outcome.refuse not in scenario.calls.keys() | scenario.traps.keys():
            problem = f"{outcome.refuse!r} не звонок, и в traps этой ловушки нет"
            yield f"{key}.refuse", problem, "Объясните её одним предложением в traps"
    for name in scenario.traps:
        if name not in disclosed and name not in scenario.calls:
            yield f"traps.{name}", "в эту ловушку нельзя попасться", "Дайте кнопке или ответу disclose с этим именем"


def _conditions(scenario: Scenario) -> Iterator[Fault]:
    """Name flags that are asked for but never set, and tasks that do not exist."""
    flags = {flag for _, outcome in scenario.outcomes() for flag in outcome.set}
    flags |= {flag for task in scenario.tasks for flag in task.set}
    tasks = {task.id for task in scenario.tasks}
    for key, node in scenario.nodes:
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
    groups += [(f"messages.{name}", [r.id for r in one.replies]) for name, one in scenario.messages.items()]
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
            for control in readings(scenario, step.control):
                if control not in known:
                    yield f"{key}.control", f"кнопки {control!r} на экране нет", _one_of(known - {BACK})
            for field in sorted(step.fill.keys() - set(fields)):
                yield f"{key}.fill", f"поля {field!r} на экране нет", _one_of(fields)


def _unreachable(scenario: Scenario) -> Iterator[Fault]:
    """Screens that no task can come to."""
    ways: dict[str, set[str]] = {name: set() for name in scenario.screens}
    phone = ("calls.", "messages.")
    by_phone = {o.go for key, o in scenario.outcomes() if key.startswith(phone) and o.go is not None}
    for name, screen in scenario.screens.items():
        ways[name] = {o.go for _, o in inside(screen) if isinstance(o, Outcome) and o.go is not None}
    reached: set[str] = set()
    ahead = {scenario.start, *by_phone, *(task.start for task in scenario.tasks if task.start is not None)}
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
        if any(isinstance(node, Outcome) and _leads_on(node, name) for _, node in inside(screen.parts)):
            continue
        arrivals = [o for _, o in scenario.outcomes() if o.go == name]
        ends = any(goal_flags & set(outcome.set) for outcome in (*arrivals, *screen.enter))
        if not ends:
            yield f"screens.{name}", "с этого экрана нет дороги дальше", "Добавьте кнопку с go или back"


def _leads_on(outcome: Outcome, screen: str) -> bool:
    rings = outcome.call is not None or outcome.sms is not None
    return rings or outcome.back or bool(outcome.set) or outcome.go not in (None, screen)


def _placeholders(scenario: Scenario) -> Iterator[Fault]:
    """Placeholders that nothing fills; ``{code}`` is for messages, ``{code.ID}`` for values, ``{n}`` for ``found``."""
    filled = {f"{{persona.{word}}}" for word in PERSONA_WORDS}
    filled |= {f"{{{name}.{key}}}" for name, records in scenario.variants.items() for key in records[0]}
    codes = {f"{{code.{name}}}" for name in scenario.codes}
    with_code = {code.message for code in scenario.codes.values()}
    for key, node in scenario.nodes:
        if not isinstance(node, str):
            continue
        known = set[str]() if key.startswith("variants.") else set(filled)
        if key.endswith(".expect") or ".fill." in key:
            known |= codes
        if key in {f"messages.{name}.text" for name in with_code}:
            known.add("{code}")
        if key.endswith(".found"):
            known.add(FOUND)
        for word in PLACEHOLDER.findall(node):
            if word not in known:
                yield key, f"неизвестная подстановка {word!r}", "Напишите, например, {persona.given}"


def _silent_fields(scenario: Scenario) -> Iterator[Fault]:
    """Fields that would refuse a learner without a word."""
    for key, node in scenario.nodes:
        if not isinstance(node, FormField):
            continue
        if not node.empty and node.expect != "false":
            yield f"{key}.empty", "нет слов для пустого поля", "Напишите, что сделать"
        can_be_wrong = node.expect is not None and not (node.type == "check" and node.expect == "true")
        if not node.wrong and (can_be_wrong or node.type in NUMBERS):
            yield f"{key}.wrong", "нет слов для неверного ответа", "Напишите, что сделать"
        if node.least is not None and not node.too_small:
            yield f"{key}.too_small", "нет слов для слишком малого числа", "Напишите, что сделать"
        if node.most is not None and not node.too_big:
            yield f"{key}.too_big", "нет слов для слишком большого числа", "Напишите, что сделать"


def _one_of(names: Iterable[str]) -> str:
    return f"Есть: {', '.join(sorted(names)) or 'ничего'}"
