"""The machine of a simulated portal: events move a run from state to state, and nothing else does.

``judge`` turns a message of the browser into an event, the journal stores it, ``apply`` moves on. ``apply`` is pure and
never looks at typed text, so that ``replay`` of the stored events gives the state that the learner saw.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ecitizen.errors import ContentError
from ecitizen.practice import view
from ecitizen.practice.fields import CHOOSING
from ecitizen.practice.flow import Mode, Outcome
from ecitizen.practice.guiding import Guide, next_step
from ecitizen.practice.judging import judge
from ecitizen.practice.parts import FormPart, SearchPart
from ecitizen.practice.persona import Persona
from ecitizen.practice.scenario import Reply, Scenario
from ecitizen.practice.stage import Stage
from ecitizen.practice.state import MOST_HISTORY, Ringing, Say, State, with_one

__all__ = ["Frame", "Guide", "Mode", "Run", "State"]

MOST_HINT = 3
LONGEST_WALK = 200
"""Steps after which a golden path is taken for a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One step of the golden path."""

    view: dict[str, Any]
    """The page before the press."""
    caption: str
    control: str
    fill: Mapping[str, str]
    event: dict[str, Any]


class Run:
    """One try of one task of a scenario in one mode, with the learner's seed."""

    def __init__(self, scenario: Scenario, persona: Persona, task: str, mode: Mode, seed: int) -> None:
        """Set the scene; ``KeyError`` for a task that the scenario does not have."""
        self.stage = Stage(scenario, persona, task, mode, seed)
        """The unchanging side of the run."""

    def start(self) -> State:
        """Give the state before the first event."""
        task = self.stage.task
        first = task.start or self.stage.scenario.start
        return self._settled(self._entered(State(screen=first, flags=tuple(sorted(set(task.set))))))

    def judge(self, state: State, message: object) -> dict[str, Any]:
        """Turn a hostile message into an event that holds no typed text; raises ``Refused`` if it is impossible."""
        return judge(self.stage, state, message)

    def apply(self, state: State, event: Mapping[str, Any]) -> State:
        """Give the state after an event of ``judge``.

        An event about something that the scenario no longer has (an author edited it since) changes only the turn.
        After the end of the task nothing changes at all.
        """
        if state.finished:
            return state
        moved = self._moved(state._replace(guarded=None) if state.guarded else state, event)
        after = self._settled(moved._replace(turn=state.turn + 1))
        if after.hint and event["do"] != "hint" and self._place(after) != self._place(state):
            after = after._replace(hint=0)
        return after

    def replay(self, events: Iterable[Mapping[str, Any]]) -> State:
        """Give the state after all the events, in order."""
        state = self.start()
        for event in events:
            state = self.apply(state, event)
        return state

    def view(self, state: State) -> dict[str, Any]:
        """Draw the state for the browser as plain JSON; ``summary`` is left to whoever holds the rubric."""
        return view.draw(self.stage, state)

    def guide(self, state: State) -> Guide | None:
        """Give the next right step; None at the end."""
        return next_step(self.stage, state)

    def facts(self, state: State) -> dict[str, Any]:
        """Give what the rubric and the gradebook count."""
        return {
            "goals": [goal.id for goal in self.stage.task.goals if goal.id in state.goals],
            "mistakes": list(state.mistakes),
            "recovered": list(state.recovered),
            "refused": [name for name in state.refused if name not in state.disclosed],
            "disclosed": list(state.disclosed),
            "real_data": state.real_data,
            "misses": state.misses,
            "hints": state.hints,
            "finished": state.finished,
        }

    def walk(self) -> list[Frame]:
        """Follow the guide from the start to the end; raises ``ContentError`` if it does not reach the goals."""
        state = self.start()
        frames: list[Frame] = []
        while not state.finished:
            step = self.guide(state)
            if step is None:
                raise self._lost(state, "подсказки (guide) здесь нет", "Добавьте шаг, который ведёт к цели")
            if len(frames) == LONGEST_WALK:
                raise self._lost(state, f"подсказки ходят по кругу у {step.control!r}", "Проверьте их условия (when)")
            event = self.judge(state, step.message())
            if event["do"] == "real":
                raise self._lost(state, f"{event['field']} похоже на настоящие данные", "Измените цифры")
            drawn = self.view(state)
            frames.append(Frame(view=drawn, caption=step.caption, control=step.control, fill=step.fill, event=event))
            state = self.apply(state, event)
        return frames

    def _lost(self, state: State, problem: str, remedy: str) -> ContentError:
        stage = self.stage
        problem = f"задание {stage.task.id}, режим {stage.mode}: {problem}"
        return ContentError(f"{stage.scenario.id}.yaml", f"screens.{state.screen}.guide", problem, remedy)

    def _place(self, state: State) -> tuple[object, ...]:
        """Name the step that a hint is about."""
        step = self.guide(state)
        return state.screen, state.ringing, step and step.control

    def _moved(self, state: State, event: Mapping[str, Any]) -> State:
        match event:
            case {"do": "press", "control": control}:
                return self._pressed(state._replace(say=None, errors={}, chosen={}), control, event)
            case {"do": "reply", "reply": name}:
                said = next((reply for reply in self.stage.replies(state) if reply.id == name), None)
                return self._replied(state._replace(say=None), said) if said else state
            case {"do": "back"}:
                return self._back(state._replace(say=None, errors={}))
            case {"do": "hint"}:
                level = min(state.hint + 1, MOST_HINT)
                return state._replace(hint=level, hints=state.hints + (level > state.hint))
            case {"do": "real", "field": field, "kind": kind}:
                return state._replace(say=None, guarded=(field, kind), real_data=state.real_data + 1)
            case {"do": "astray"}:
                return state._replace(say=self._astray(state), misses=state.misses + 1)
            case _:
                return state

    def _astray(self, state: State) -> Say:
        step = self.guide(state)
        said = (self.stage.scenario.astray, step.where if step else "")
        return Say(tone="amber", text=" ".join(text for text in said if text))

    def _pressed(self, state: State, name: str, event: Mapping[str, Any]) -> State:
        if name not in (pressable := self.stage.controls(state)):
            return state
        control, part = pressable[name]
        outcomes = self.stage.outcomes(control, part)
        if isinstance(part, FormPart):
            state = _sent(state, part, event)
            outcomes = part.failed if state.errors else outcomes
        elif isinstance(part, SearchPart) and name == part.submit.id:
            known = {result.id for result in part.results}
            hits = tuple(result for result in event.get("found", ()) if result in known)
            state = state._replace(found={**state.found, part.id: hits})
        outcome = self.stage.first(outcomes, state)
        return self._done(state, outcome) if outcome else state

    def _replied(self, state: State, reply: Reply) -> State:
        outcome = self.stage.first(reply.then, state)
        if outcome is None:
            return state
        if outcome.end and state.ringing is None:
            state = state._replace(waiting=state.waiting[:-1])
        return self._done(state, outcome)

    def _done(self, state: State, outcome: Outcome) -> State:
        """Apply an outcome and go where it leads."""
        state = self._effects(state, outcome)
        if outcome.back:
            return self._back(state)
        if outcome.go is None:
            return state
        if outcome.go != state.screen:
            trail = (*state.history, state.screen)[-MOST_HISTORY:]
            state = self._left(state._replace(history=trail), outcome)
        return self._entered(state._replace(screen=outcome.go))

    def _back(self, state: State) -> State:
        if not state.history:
            return state
        *trail, screen = state.history
        return self._entered(self._left(state, None)._replace(history=tuple(trail), screen=screen))

    def _left(self, state: State, outcome: Outcome | None) -> State:
        """Leave the screen: its message is no longer fresh unless it came with this very step."""
        return state._replace(errors={}, fresh=state.fresh and outcome is not None and outcome.sms is not None)

    def _entered(self, state: State) -> State:
        """Apply what the screen does on entering; where that leads elsewhere, the screen itself is not remembered."""
        for _ in self.stage.scenario.screens:
            outcome = self.stage.first(self.stage.screen(state).enter, state)
            if outcome is None:
                break
            state = self._effects(state, outcome)
            if outcome.go is None or outcome.go == state.screen:
                break
            state = self._left(state, outcome)._replace(screen=outcome.go)
        while state.history and state.history[-1] == state.screen:
            state = state._replace(history=state.history[:-1])
        return state

    def _effects(self, state: State, outcome: Outcome) -> State:
        """Apply all of an outcome but its way."""
        recovers = outcome.recover is not None and outcome.recover in state.mistakes
        if outcome.clear or outcome.set:
            flags = (set(state.flags) - set(outcome.clear)) | set(outcome.set)
            state = state._replace(flags=tuple(sorted(flags)))
        state = state._replace(
            misses=state.misses + outcome.miss,
            mistakes=with_one(state.mistakes, outcome.mistake),
            recovered=with_one(state.recovered, outcome.recover if recovers else None),
            disclosed=with_one(state.disclosed, outcome.disclose),
            say=self._said(outcome) or state.say,
        )
        if outcome.sms is not None:
            state = self._arrived(state, outcome.sms)
        return self._telephone(state, outcome)

    def _said(self, outcome: Outcome) -> Say | None:
        """Give the outcome's sentence; where a trap is refused or fallen for without one, the trap's own."""
        if outcome.say:
            return Say(tone=outcome.tone, text=outcome.say)
        for tone, trap in (("amber", outcome.disclose), ("good", outcome.refuse)):
            if trap is not None and trap in self.stage.scenario.traps:
                return Say(tone=tone, text=self.stage.scenario.traps[trap])
        return None

    def _arrived(self, state: State, message: str) -> State:
        """Put a message into the inbox; one that wants an answer waits, and an older one of the same kind does not."""
        code = self.stage.code_of(message)
        issue = self.stage.issue(code[0], state) + 1 if code else 0
        inbox = (*state.inbox, (message, issue))
        waiting = tuple(place for place in state.waiting if inbox[place][0] != message)
        if self.stage.scenario.messages[message].replies:
            waiting = (*waiting, len(inbox) - 1)
        return state._replace(inbox=inbox, fresh=True, waiting=waiting)

    def _telephone(self, state: State, outcome: Outcome) -> State:
        ringing = state.ringing
        if ringing is None and outcome.refuse is None and outcome.call is None:
            return state
        if ringing is not None and outcome.disclose is not None:
            ringing = replace(ringing, gave_in=True)
        refused = outcome.refuse
        if refused is not None and ringing is not None and ringing.call == refused and ringing.gave_in:
            refused = None
        state = state._replace(refused=with_one(state.refused, refused))
        if ringing is not None and outcome.line is not None:
            ringing = replace(ringing, line=outcome.line)
        if outcome.end:
            ringing = None
        if outcome.call is not None:
            state = _unanswered(state._replace(ringing=ringing))
            ringing = Ringing(call=outcome.call, line=self.stage.scenario.calls[outcome.call].start)
        return state._replace(ringing=ringing)

    def _settled(self, state: State) -> State:
        """Note the traps met and the goals reached; with the last goal the task is finished.

        A call still on then was refused, and so was every trap that the learner met and left alone.
        """
        met, goals = state.met, state.goals
        for trap in sorted(self.stage.traps(state)):
            met = with_one(met, trap)
        for goal in self.stage.task.goals:
            if goal.id not in goals and self.stage.holds(goal.done, state):
                goals = (*goals, goal.id)
        if (met, goals) != (state.met, state.goals):
            state = state._replace(met=met, goals=goals)
        if len(goals) < len(self.stage.task.goals):
            return state
        state = self._left_alone(_unanswered(state))
        return state._replace(finished=True, ringing=None, waiting=(), hint=0)

    def _left_alone(self, state: State) -> State:
        for trap in state.met:
            # A call answers for itself: something may have been given away in it under another name.
            if trap not in state.disclosed and trap not in self.stage.scenario.calls:
                state = state._replace(refused=with_one(state.refused, trap))
        return state


def _sent(state: State, part: FormPart, event: Mapping[str, Any]) -> State:
    """Note what a form was found to hold; stored events are read as the present scenario knows them."""
    known = {field.id for field in part.fields}
    verdicts = event.get("verdicts", {})
    choosing = {field.id for field in part.fields if field.type in CHOOSING}
    errors = {field: verdict for field, verdict in verdicts.items() if verdict != "right" and field in known}
    chosen = {field: choice for field, choice in event.get("choices", {}).items() if field in choosing}
    return state._replace(errors=errors, chosen=chosen)


def _unanswered(state: State) -> State:
    """Count a call that nobody ended as refused, unless something was given away in it."""
    if state.ringing is None or state.ringing.gave_in:
        return state
    return state._replace(refused=with_one(state.refused, state.ringing.call))
