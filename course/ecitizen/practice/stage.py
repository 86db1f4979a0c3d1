"""A scenario as one run sees it: the persona in its texts, its conditions, its codes, what is on the screen now."""

import hashlib
import re
from collections.abc import Iterable
from functools import cached_property

from ecitizen.practice.persona import Persona
from ecitizen.practice.scenario import (
    Code,
    Control,
    FormField,
    FormPart,
    MenuPart,
    Mode,
    Outcome,
    Part,
    Reply,
    Scenario,
    Screen,
    SearchPart,
    Task,
    When,
)
from ecitizen.practice.state import State

PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_CODE = re.compile(r"\{code\.([a-z0-9-]+)\}")

PERSONA_WORDS = frozenset({*Persona.model_fields, "full_name"} - {"id"})
"""What may follow ``persona.`` in a placeholder."""


class Stage:
    """The unchanging side of a run."""

    def __init__(self, scenario: Scenario, persona: Persona, task: str, mode: Mode, seed: int) -> None:
        """Set the scene; ``KeyError`` for a task that the scenario does not have."""
        self.scenario = scenario
        self.persona = persona
        self.task: Task = scenario.task(task)
        self.mode: Mode = mode
        self.seed = seed

    @cached_property
    def _words(self) -> dict[str, str]:
        return {f"{{persona.{name}}}": str(getattr(self.persona, name)) for name in PERSONA_WORDS}

    def text(self, raw: str) -> str:
        """Put the persona into a text."""
        return PLACEHOLDER.sub(lambda found: self._words.get(found[0], found[0]), raw) if "{" in raw else raw

    def typed(self, raw: str, state: State) -> str | None:
        """Put the persona and the codes valid now into an expected value; None if its code was not sent yet."""
        found = _CODE.search(raw)
        if found is None:
            return self.text(raw)
        issue = self.issue(found[1], state)
        return self.text(raw.replace(found[0], self.code(found[1], issue))) if issue else None

    def expected(self, form_field: FormField, state: State) -> str | None:
        """Give the right value of a field now; None if any will do or its code was not sent yet."""
        return None if form_field.expect is None else self.typed(form_field.expect, state)

    def holds(self, when: When | None, state: State) -> bool:
        """Tell whether a condition holds."""
        if when is None:
            return True
        return (
            all(flag in state.flags for flag in when.has)
            and not any(flag in state.flags for flag in when.lacks)
            and (not when.mode or self.mode in when.mode)
            and (not when.task or self.task.id in when.task)
        )

    def first(self, outcomes: Iterable[Outcome], state: State) -> Outcome | None:
        """Give the first outcome whose condition holds."""
        return next((outcome for outcome in outcomes if self.holds(outcome.when, state)), None)

    def screen(self, state: State) -> Screen:
        """Give the screen of the scenario that is shown."""
        return self.scenario.screens[state.screen]

    def parts(self, state: State) -> list[Part]:
        """Give the parts of the screen that are shown."""
        return [part for part in self.screen(state).parts if self.holds(part.when, state)]

    def controls(self, state: State) -> dict[str, tuple[Control, Part]]:
        """Give the controls that can be pressed now, each with the part that it stands in."""
        pressable: dict[str, tuple[Control, Part]] = {}
        for part in self.parts(state):
            for control in self.controls_in(part, state):
                # Two of one id: the first wins, everywhere (``check.faults`` names the second).
                pressable.setdefault(control.id, (control, part))
        return pressable

    def controls_in(self, part: Part, state: State) -> list[Control]:
        """Give the controls of one part that are shown."""
        match part:
            case MenuPart():
                inside: tuple[Control, ...] = part.controls
            case FormPart():
                inside = (part.submit,)
            case SearchPart():
                hits = state.found.get(part.id, ())
                inside = (part.submit, *(result for result in part.results if result.id in hits))
            case _:
                inside = ()
        return [control for control in inside if self.holds(control.when, state)]

    def replies(self, state: State) -> list[Reply]:
        """Give what can be answered to the caller now."""
        if state.ringing is None:
            return []
        line = self.scenario.calls[state.ringing.call].lines[state.ringing.line]
        return [reply for reply in line.replies if self.holds(reply.when, state)]

    def code_of(self, message: str) -> tuple[str, Code] | None:
        """Give the code that a message brings, with its id."""
        return next(((name, code) for name, code in self.scenario.codes.items() if code.message == message), None)

    def issue(self, code: str, state: State) -> int:
        """Count how often a code was sent; 0 if never."""
        return sum(message == self.scenario.codes[code].message for message, _ in state.inbox)

    def code(self, code: str, issue: int) -> str:
        """Make the digits of one issue of a code: never beginning with 0, the same on every machine."""
        digits = self.scenario.codes[code].digits
        stamp = hashlib.sha256(f"{self.seed}:{code}:{issue}".encode()).digest()
        lowest = 10 ** (digits - 1)
        return str(lowest + int.from_bytes(stamp[:8], "big") % (9 * lowest))
