"""What a helper standing beside would do next: the scenario's guide, read for the present state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ecitizen.practice.fields import CHOOSING, NUMBERS, FormField
from ecitizen.practice.parts import FormPart, Part, SearchPart
from ecitizen.practice.scenario import BACK, GuideStep
from ecitizen.practice.stage import Stage
from ecitizen.practice.state import State
from ecitizen.practice.wording import read_number

ANYTHING = "слово"
"""What is typed, when moves are tried, into a field for which any text is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """The next right step, with the texts that lead to it."""

    do: Literal["press", "reply", "back"]
    control: str
    """Id of the control or of the reply; ``back`` for «Назад»."""
    fill: Mapping[str, str] = field(default_factory=dict)
    """Field id -> what to type before the press."""
    where: str
    press: str
    caption: str

    def message(self) -> dict[str, Any]:
        """Give the message that the browser would send for this step."""
        match self.do:
            case "press":
                return {"do": "press", "control": self.control, "fields": dict(self.fill)}
            case "reply":
                return {"do": "reply", "reply": self.control}
            case "back":
                return {"do": "back"}


def next_step(stage: Stage, state: State) -> Guide | None:
    """Give the next right step; None when the task is finished or the scenario's guide is silent here.

    A call that is on, or a message that waits, comes first if it has a guide. Of the screen's steps the first counts
    whose ``when`` holds and whose control can be pressed now.
    """
    if state.finished:
        return None
    answer = _answer(stage, state)
    if answer is not None:
        return answer
    pressable = stage.controls(state)
    for step in stage.screen(state).guide:
        if not stage.holds(step.when, state):
            continue
        control = stage.text(step.control)
        if control == BACK and state.history:
            return _guide(stage, step, "back", control, {})
        if control in pressable:
            fill = _fill(stage, step, control, pressable[control][1], state)
            return _guide(stage, step, "press", control, fill)
    return None


def _answer(stage: Stage, state: State) -> Guide | None:
    advice = stage.asked(state)[1]
    if advice is None or advice.reply not in {reply.id for reply in stage.replies(state)}:
        return None
    where, press, caption = (stage.text(text) for text in (advice.where, advice.press, advice.caption))
    return Guide(do="reply", control=advice.reply, where=where, press=press, caption=caption)


def _guide(stage: Stage, step: GuideStep, do: Literal["press", "back"], control: str, fill: dict[str, str]) -> Guide:
    where, press, caption = (stage.text(text) for text in (step.where, step.press, step.caption))
    return Guide(do=do, control=control, fill=fill, where=where, press=press, caption=caption)


def _fill(stage: Stage, step: GuideStep, control: str, part: Part, state: State) -> dict[str, str]:
    given = {name: stage.typed(raw, state) or "" for name, raw in step.fill.items()}
    match part:
        case FormPart():
            return {item.id: given.get(item.id, _right_value(stage, item, state)) for item in part.fields}
        case SearchPart() if control == part.submit.id:
            return {part.id: given.get(part.id, "")}
        case _:
            return {}


def _right_value(stage: Stage, form_field: FormField, state: State) -> str:
    if form_field.type == "check":
        return "" if form_field.expect == "false" else "true"
    if form_field.expect is not None:
        return stage.expected(form_field, state) or ""
    if form_field.type in CHOOSING:
        return form_field.choices[0].id
    limit = form_field.least or form_field.most
    return stage.text(limit) if limit else ""


def moves(stage: Stage, state: State) -> list[dict[str, Any]]:
    """Give the messages worth trying in a state: every control with right values and with none, replies, «Назад».

    Of controls that do the very same, such as the wrong times of a calendar, one is enough.
    """
    messages: list[dict[str, Any]] = [{"do": "reply", "reply": reply.id} for reply in stage.replies(state)]
    tried: set[int] = set()
    for name, (control, part) in stage.controls(state).items():
        outcomes = stage.outcomes(control, part)
        if not control.then and outcomes and id(outcomes) in tried:
            continue
        tried.add(id(outcomes))
        messages += [{"do": "press", "control": name, "fields": fill} for fill in _fills(stage, name, part, state)]
    return [*messages, {"do": "back"}] if state.history else messages


def _fills(stage: Stage, name: str, part: Part, state: State) -> list[dict[str, str]]:
    match part:
        case FormPart():
            right = {item.id: _right_value(stage, item, state) or _anything(item) for item in part.fields}
            right |= {item.id: "" for item in part.fields if item.expect == "false"}
            single = [right | {item.id: other} for item in part.fields for other in _others(stage, item)]
            if any(outcome.model_fields_set - {"say", "tone", "miss", "when"} for outcome in part.failed):
                single += [right | {item.id: _wrong(item, right[item.id])} for item in part.fields if item.expect]
            return [right, {}, *single]
        case SearchPart() if name == part.submit.id:
            return [{part.id: result.words[0]} for result in part.results] + [{}]
        case _:
            return [{}]


def _anything(item: FormField) -> str:
    return "1" if item.type in NUMBERS else ANYTHING


def _wrong(item: FormField, right: str) -> str:
    """Give a value that is wrong and not empty, as somebody mistaken would type it."""
    if item.type in CHOOSING:
        return next((choice.id for choice in item.choices if choice.id not in right.split()), "")
    return f"{(read_number(right) or 0) + 1:.0f}" if item.type in NUMBERS else ANYTHING


def _others(stage: Stage, item: FormField) -> list[str]:
    """Give values that may lead another way: the other choices of a free choice, numbers beyond the limits."""
    if item.type in CHOOSING and item.expect is None:
        return [choice.id for choice in item.choices[1:]]
    limits = ((item.least, -1), (item.most, 1))
    numbers = [(read_number(stage.text(limit)), step) for limit, step in limits if limit is not None]
    return [f"{number + step:.0f}" for number, step in numbers if number is not None]
