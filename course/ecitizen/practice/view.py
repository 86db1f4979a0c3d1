"""From a state to what the browser draws: plain JSON without any key.

``widgets/portal.js`` draws exactly this. Expected values stand in it only in show mode, where the trainer fills the
fields itself; a one-time code stands only in its SMS.
"""

from ecitizen.practice.drawing import JSON, Brush
from ecitizen.practice.guiding import Guide, next_step
from ecitizen.practice.stage import Stage
from ecitizen.practice.state import State

MARK_LEVEL = 3
"""Hint level at which the control itself is marked."""


def draw(stage: Stage, state: State) -> JSON:
    """Draw a state; the shape is the contract's «View JSON» with one more key, ``guard``: field and kind or None."""
    step = next_step(stage, state)
    screen = stage.screen(state)
    brush = Brush(stage, state, step)
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
            "frame": screen.frame,
            "parts": [brush.part(part) for part in stage.parts(state)],
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


def _phone(stage: Stage, state: State) -> JSON:
    newest = len(state.inbox) - 1
    answerable = state.waiting[-1] if state.waiting and state.ringing is None else None
    replies = [{"id": reply.id, "label": stage.text(reply.label)} for reply in stage.replies(state)]
    return {
        "owner": stage.text(stage.scenario.phone),
        "clock": stage.scenario.clock,
        "messages": [
            {
                **_message(stage, state, message, issue),
                "fresh": state.fresh and place == newest,
                "replies": replies if place == answerable else [],
            }
            for place, (message, issue) in enumerate(state.inbox)
        ],
        "call": _call(stage, state, replies),
    }


def _message(stage: Stage, state: State, message: str, issue: int) -> JSON:
    template = stage.scenario.messages[message]
    text, digits = stage.text(template.text), None
    if (code := stage.code_of(message)) is not None:
        name = code[0]
        digits = stage.code(name, issue)
        text = text.replace("{code}", _spaced(digits))
        # A void code is still to be read in its message, as in life, but nothing offers it any more.
        digits = digits if issue == stage.issue(name, state) else None
    return {"from": stage.text(template.sender), "kind": template.kind, "text": text, "code": digits}


def _spaced(digits: str) -> str:
    return f"{digits[:3]} {digits[3:]}" if len(digits) == 6 else digits


def _call(stage: Stage, state: State, replies: list[JSON]) -> JSON | None:
    if state.ringing is None:
        return None
    call = stage.scenario.calls[state.ringing.call]
    says = stage.text(call.lines[state.ringing.line].says)
    return {"from": stage.text(call.sender), "says": says, "replies": replies}
