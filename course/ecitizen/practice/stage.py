"""A scenario as one run sees it: persona and drawn words in its texts, conditions, codes, what is on the screen now."""

import hashlib
import re
from collections.abc import Iterable
from functools import cached_property

from ecitizen.practice.fields import FormField
from ecitizen.practice.flow import Control, Mode, Outcome, When
from ecitizen.practice.parts import FormPart, Part, Picking, SearchPart
from ecitizen.practice.persona import Persona
from ecitizen.practice.scenario import Code, LineGuide, Reply, Scenario, Screen, Task
from ecitizen.practice.state import State
from ecitizen.practice.variants import drawn

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
        self.drawn = drawn(scenario, seed)
        """What the seed drew of the variants, such as ``visit.doctor``."""
        self._shown: dict[tuple[object, ...], dict[str, tuple[Control, Part]]] = {}
        self._baits: dict[tuple[object, ...], frozenset[str]] = {}
        # By identity, for to hash a condition costs more than to ask it; the scenario keeps them all alive.
        self._meant: dict[int, bool] = {}

    @cached_property
    def _codes(self) -> dict[str, tuple[str, Code]]:
        # Of two codes in one message the first counts.
        return {code.message: (name, code) for name, code in reversed([*self.scenario.codes.items()])}

    @cached_property
    def _words(self) -> dict[str, str]:
        words = {f"persona.{name}": str(getattr(self.persona, name)) for name in PERSONA_WORDS}
        return {f"{{{name}}}": word for name, word in (words | self.drawn).items()}

    def text(self, raw: str) -> str:
        """Put the persona and what was drawn into a text."""
        return PLACEHOLDER.sub(lambda found: self._words.get(found[0], found[0]), raw) if "{" in raw else raw

    def typed(self, raw: str, state: State) -> str | None:
        """Fill an expected value in, the codes valid now among it; None if its code was not sent yet."""
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
        if (meant := self._meant.get(id(when))) is None:
            meant = self._meant[id(when)] = self._is_meant(when)
        return (
            meant
            and (not when.has or set(when.has).issubset(state.flags))
            and (not when.lacks or set(when.lacks).isdisjoint(state.flags))
            and all(state.errors.get(name, "right") == verdict for name, verdict in when.verdict.items())
            and all(state.chosen.get(name) == choice for name, choice in when.chosen.items())
        )

    def _is_meant(self, when: When) -> bool:
        """Tell whether a condition can hold in this run at all."""
        return (
            (not when.mode or self.mode in when.mode)
            and (not when.task or self.task.id in when.task)
            and all(self.drawn.get(name) == word for name, word in when.drawn.items())
            and not any(self.drawn.get(name) in words for name, words in when.not_drawn.items())
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
        place = self._place(state)
        if place in self._shown:
            return self._shown[place]
        pressable: dict[str, tuple[Control, Part]] = {}
        for part in self.parts(state):
            for control in self.controls_in(part, state):
                # Two of one id: the first wins, everywhere (``check.faults`` names the second).
                pressable.setdefault(control.id, (control, part))
        if place is not None:
            self._shown[place] = pressable
        return pressable

    def _place(self, state: State) -> tuple[object, ...] | None:
        """Give all that the controls and their conditions depend on; None right after a form was sent.

        One step asks several times, and a check asks about many like states.
        """
        return None if state.errors or state.chosen else (state.screen, state.flags, *state.found.items())

    def controls_in(self, part: Part, state: State) -> list[Control]:
        """Give the controls of one part that are shown and can be pressed."""
        shown = [
            control
            for when, control in part.held()
            if self.holds(control.when, state) and (when is None or self.holds(when, state))
        ]
        if not isinstance(part, SearchPart):
            return shown
        hits = (part.submit.id, *state.found.get(part.id, ()))
        return [control for control in shown if control.id in hits]

    def outcomes(self, control: Control, part: Part) -> tuple[Outcome, ...]:
        """Give what a press may do; for a form, if every field is right."""
        if control.then or not isinstance(part, Picking):
            return control.then
        return part.then if part.right is None or control.id == self.text(part.right) else part.wrong

    def asked(self, state: State) -> tuple[tuple[Reply, ...], LineGuide | None]:
        """Give what may be answered on the telephone, shown or not, and the right answer.

        A call that rings comes first, then the newest message that waits.
        """
        if state.ringing is not None:
            line = self.scenario.calls[state.ringing.call].lines[state.ringing.line]
            return line.replies, line.guide
        if state.waiting:
            message = self.scenario.messages[state.inbox[state.waiting[-1]][0]]
            return message.replies, message.guide
        return (), None

    def replies(self, state: State) -> list[Reply]:
        """Give what can be answered to the caller or to the message that waits."""
        return [reply for reply in self.asked(state)[0] if self.holds(reply.when, state)]

    def traps(self, state: State) -> set[str]:
        """Name the traps, not met before, that can be refused or fallen for right now."""
        unmet = self.scenario.traps.keys() - state.met
        if not unmet:
            return set()
        replied = self._named([one for reply in self.replies(state) for one in reply.then], state)
        return unmet & (replied | self._pressed_traps(state))

    def _pressed_traps(self, state: State) -> frozenset[str]:
        place = self._place(state)
        if place in self._baits:
            return self._baits[place]
        ahead: list[Outcome] = []
        for control, part in self.controls(state).values():
            ahead += self.outcomes(control, part)
            if isinstance(part, FormPart):
                ahead += part.failed
        named = self._named(ahead, state)
        if place is not None:
            self._baits[place] = named
        return named

    def _named(self, outcomes: Iterable[Outcome], state: State) -> frozenset[str]:
        """Name what the possible ones of some outcomes refuse or disclose."""
        baits = (one for one in outcomes if (one.refuse or one.disclose) and self.holds(one.when, state))
        return frozenset(name for one in baits for name in (one.refuse, one.disclose) if name)

    def code_of(self, message: str) -> tuple[str, Code] | None:
        """Give the code that a message brings, with its id."""
        return self._codes.get(message)

    def issue(self, code: str, state: State) -> int:
        """Count how often a code was sent; 0 if never."""
        return sum(message == self.scenario.codes[code].message for message, _ in state.inbox)

    def code(self, code: str, issue: int) -> str:
        """Make the digits of one issue of a code: never beginning with 0, the same on every machine."""
        digits = self.scenario.codes[code].digits
        stamp = hashlib.sha256(f"{self.seed}:{code}:{issue}".encode()).digest()
        lowest = 10 ** (digits - 1)
        return str(lowest + int.from_bytes(stamp[:8], "big") % (9 * lowest))
