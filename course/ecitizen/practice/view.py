"""From a state to what the browser draws: plain JSON without any key.

``widgets/portal.js`` draws exactly this. Expected values stand in it only in show mode, where the trainer fills the
fields itself; a one-time code stands only in its SMS.
"""

from typing import Any

from ecitizen.practice.guiding import Guide, next_step
from ecitizen.practice.scenario import (
    Control,
    FormField,
    FormPart,
    MenuPart,
    NoticePart,
    Part,
    RowsPart,
    SearchPart,
    TextPart,
)
from ecitizen.practice.stage import Stage
from ecitizen.practice.state import State

MARK_LEVEL = 3
"""Hint level at which the control itself is marked."""

JSON = dict[str, Any]


def draw(stage: Stage, state: State) -> JSON:
    """Draw a state; the shape is the contract's «View JSON» with one more key, ``guard``: field and kind or None."""
    step = next_step(stage, state)
    screen = stage.screen(state)
    return {
        "mode": stage.mode,
        "task": _task(stage, state),
        "site": {
            "scheme": "https://" if screen.secure else "http://",
            "host": screen.host or stage.scenario.site.host,
            "path": screen.path,
            "secure": screen.secure,
        },
        "can_back": bool(state.history) and not state.finished,
        "screen": {
            "id": state.screen,
            "title": stage.text(screen.title),
            "parts": [_part(stage, state, part, step) for part in stage.parts(state)],
        },
        "phone": _phone(stage, state),
        "say": _say(stage, state),
        "hint": _hint(state, step),
        "mark": step.control if step and (stage.mode != "solo" or state.hint >= MARK_LEVEL) else None,
        "caption": _caption(stage, step),
        "guard": {"field": state.guarded[0], "kind": state.guarded[1]} if state.guarded else None,
        "finished": state.finished,
        "summary": None,
        "turn": state.turn,
    }


def _task(stage: Stage, state: State) -> JSON:
    task = stage.task
    now = next((goal.id for goal in task.goals if goal.id not in state.goals), None)
    goals = [
        {
            "label": stage.text(goal.label),
            "state": "done" if goal.id in state.goals else "now" if goal.id == now else "next",
        }
        for goal in task.goals
    ]
    return {"id": task.id, "title": stage.text(task.title), "text": stage.text(task.text), "goals": goals}


def _say(stage: Stage, state: State) -> JSON | None:
    said = stage.text(state.say.text) if state.say else ""
    if state.finished:
        return {"tone": "good", "text": " ".join(text for text in (said, stage.text(stage.task.finish)) if text)}
    return {"tone": state.say.tone, "text": said} if state.say else None


def _hint(state: State, step: Guide | None) -> JSON | None:
    if not state.hint or step is None:
        return None
    return {"level": state.hint, "text": step.where if state.hint == 1 else step.press}


def _caption(stage: Stage, step: Guide | None) -> str | None:
    """Give the sentence that goes with the mark: the player's in show mode, the helper's in together mode."""
    if step is None or stage.mode == "solo":
        return None
    return step.caption if stage.mode == "show" else step.press


def _part(stage: Stage, state: State, part: Part, step: Guide | None) -> JSON:
    match part:
        case TextPart():
            return {"kind": "text", "text": stage.text(part.text)}
        case NoticePart():
            return {"kind": "notice", "tone": part.tone, "text": stage.text(part.text)}
        case MenuPart():
            controls = [_control(stage, control) for control in stage.controls_in(part, state)]
            return {"kind": "menu", "style": part.style, "controls": controls}
        case RowsPart():
            rows = [[stage.text(cell) for cell in row] for row in part.rows]
            return {"kind": "rows", "title": stage.text(part.title), "rows": rows}
        case FormPart():
            shown = _shown_values(stage, step, part.submit.id)
            fields = [_field(stage, state, field, shown.get(field.id, "")) for field in part.fields]
            return {"kind": "form", "id": part.id, "fields": fields, "submit": _submit(stage, state, part)}
        case SearchPart():
            return _search(stage, state, part, _shown_values(stage, step, part.submit.id).get(part.id, ""))


def _shown_values(stage: Stage, step: Guide | None, submit: str) -> dict[str, str]:
    return dict(step.fill) if step and stage.mode == "show" and step.control == submit else {}


def _control(stage: Stage, control: Control) -> JSON:
    note = stage.text(control.note)
    return {"id": control.id, "label": stage.text(control.label), "note": note, "main": control.main}


def _submit(stage: Stage, state: State, part: FormPart | SearchPart) -> JSON | None:
    shown = stage.holds(part.submit.when, state)
    submit = part.submit
    return {"id": submit.id, "label": stage.text(submit.label), "main": submit.main} if shown else None


def _field(stage: Stage, state: State, field: FormField, value: str) -> JSON:
    error = {"wrong": field.wrong, "empty": field.empty}.get(state.errors.get(field.id, ""), "")
    return {
        "id": field.id,
        "label": stage.text(field.label),
        "type": field.type,
        "hint": stage.text(field.hint),
        "error": stage.text(error),
        "value": value,
        "choices": [{"id": choice.id, "label": stage.text(choice.label)} for choice in field.choices],
    }


def _search(stage: Stage, state: State, part: SearchPart, value: str) -> JSON:
    asked = part.id in state.found
    hits = [_control(stage, control) for control in stage.controls_in(part, state) if control.id != part.submit.id]
    return {
        "kind": "search",
        "id": part.id,
        "label": stage.text(part.label),
        "value": value,
        "submit": _submit(stage, state, part),
        "results": hits if asked else None,
        "nothing": stage.text(part.nothing) if asked and not hits else "",
    }


def _phone(stage: Stage, state: State) -> JSON:
    newest = len(state.inbox) - 1
    return {
        "owner": stage.text(stage.scenario.phone),
        "messages": [
            _message(stage, state, message, issue, fresh=state.fresh and number == newest)
            for number, (message, issue) in enumerate(state.inbox)
        ],
        "call": _call(stage, state),
    }


def _message(stage: Stage, state: State, message: str, issue: int, *, fresh: bool) -> JSON:
    template = stage.scenario.messages[message]
    text, digits = stage.text(template.text), None
    if (code := stage.code_of(message)) is not None:
        name = code[0]
        digits = stage.code(name, issue)
        text = text.replace("{code}", _spaced(digits))
        # A void code is still to be read in its message, as in life, but nothing offers it any more.
        digits = digits if issue == stage.issue(name, state) else None
    return {"from": stage.text(template.sender), "text": text, "code": digits, "fresh": fresh}


def _spaced(digits: str) -> str:
    return f"{digits[:3]} {digits[3:]}" if len(digits) == 6 else digits


def _call(stage: Stage, state: State) -> JSON | None:
    if state.ringing is None:
        return None
    call = stage.scenario.calls[state.ringing.call]
    replies = [{"id": reply.id, "label": stage.text(reply.label)} for reply in stage.replies(state)]
    says = stage.text(call.lines[state.ringing.line].says)
    return {"from": stage.text(call.sender), "says": says, "replies": replies}
