"""From a hostile message of the browser to an event that may be stored.

Whatever the message holds, the event names only things of the scenario: control and field ids, verdicts, choice ids,
kinds of real data. What the learner typed is compared here and forgotten.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ecitizen.practice.comparing import verdict_of
from ecitizen.practice.fields import BY_ID, CHOOSING, FormField
from ecitizen.practice.flow import Verdict
from ecitizen.practice.guard import REAL_KINDS, find_real
from ecitizen.practice.guiding import next_step
from ecitizen.practice.parts import FormPart, Part, SearchPart
from ecitizen.practice.refusal import Refused
from ecitizen.practice.scenario import BACK
from ecitizen.practice.stage import Stage
from ecitizen.practice.state import State
from ecitizen.practice.wording import normal_text

LONGEST_TEXT = 300
"""Characters that any string of a message may have, but the text of a ``long`` field."""

LEAST_FORGIVEN = 5
"""Letters that a word must have before one wrong or two swapped ones are forgiven in a search."""

LONGEST_LETTER = 2000
"""Characters that a field of several lines may hold."""

_KEYS: dict[str, frozenset[str]] = {
    "press": frozenset({"do", "control", "fields"}),
    "reply": frozenset({"do", "reply"}),
    "hint": frozenset({"do"}),
    "back": frozenset({"do"}),
    "real": frozenset({"do", "field", "kind"}),
}
_TICKED = {"true": True, "on": True, "": False, "false": False}
_REMEDY = "Обновите страницу и повторите"


def judge(stage: Stage, state: State, message: object) -> dict[str, Any]:
    """Turn a message into an event; raises ``Refused`` if the page could not have sent it in this state."""
    if not isinstance(message, dict):
        raise _refused(stage, state, f"сообщение не словарь, а {type(message).__name__}")
    do = message.get("do")
    if not isinstance(do, str) or do not in _KEYS:
        raise _refused(stage, state, "неизвестное действие")
    if not message.keys() <= _KEYS[do]:
        raise _refused(stage, state, f"лишние ключи в сообщении {do!r}")
    if state.finished:
        raise _refused(stage, state, "задание уже закончено")
    match do:
        case "press":
            return _press(stage, state, message)
        case "reply":
            return _reply(stage, state, _word(stage, state, message, "reply"))
        case "hint":
            if next_step(stage, state) is None:
                raise _refused(stage, state, "подсказки здесь нет")
            return {"do": "hint"}
        case "back":
            if not state.history:
                raise _refused(stage, state, "возвращаться некуда")
            return {"do": "back"} if _is_guided(stage, state, "back", BACK) else _astray(BACK)
        case _:
            return _real(stage, state, message)


def _press(stage: Stage, state: State, message: dict[str, Any]) -> dict[str, Any]:
    name = _word(stage, state, message, "control")
    if name not in (pressable := stage.controls(state)):
        raise _refused(stage, state, f"кнопки {name[:40]!r} сейчас нет")
    control, part = pressable[name]
    fields = _fields_of(part, control.id)
    typed = _typed(stage, state, message.get("fields", {}), fields)
    for field_id, text in typed.items():
        field = fields[field_id]
        kind = find_real(text, stage.persona) if field is None or field.type not in BY_ID else None
        if kind:
            return {"do": "real", "field": field_id, "kind": kind}
    if not _is_guided(stage, state, "press", name):
        return _astray(name)
    event: dict[str, Any] = {"do": "press", "control": name}
    if isinstance(part, FormPart):
        event["verdicts"] = {field.id: _verdict(stage, state, field, typed.get(field.id, "")) for field in part.fields}
        chosen = {field.id: _in_order(field, typed.get(field.id, "")) for field in part.fields}
        event["choices"] = {field_id: choice for field_id, choice in chosen.items() if choice}
    elif isinstance(part, SearchPart) and name == part.submit.id:
        event["found"] = _found(stage, state, part, typed.get(part.id, ""))
    return event


def _fields_of(part: Part, control: str) -> dict[str, FormField | None]:
    """Name the fields that travel with a press; None stands for the search line."""
    match part:
        case FormPart():
            return {field.id: field for field in part.fields}
        case SearchPart() if control == part.submit.id:
            return {part.id: None}
        case _:
            return {}


def _in_order(field: FormField, text: str) -> str:
    """Give the ids chosen in the order of the file, parted by spaces; nothing for a field that is typed in."""
    chosen = text.split() if field.type in CHOOSING else []
    return " ".join(choice.id for choice in field.choices if choice.id in chosen)


def _typed(stage: Stage, state: State, raw: object, fields: Mapping[str, FormField | None]) -> dict[str, str]:
    if not isinstance(raw, dict) or not raw.keys() <= fields.keys():
        raise _refused(stage, state, "поля не те, что на странице")
    for name, text in raw.items():
        field = fields[name]
        longest = LONGEST_LETTER if field is not None and field.type == "long" else LONGEST_TEXT
        if not isinstance(text, str) or len(text) > longest:
            raise _refused(stage, state, f"в поле не текст или больше {longest} знаков")
    return raw


def _reply(stage: Stage, state: State, name: str) -> dict[str, Any]:
    if name not in {reply.id for reply in stage.replies(state)}:
        raise _refused(stage, state, f"ответа {name[:40]!r} сейчас нет")
    return {"do": "reply", "reply": name} if _is_guided(stage, state, "reply", name) else _astray(name)


def _real(stage: Stage, state: State, message: dict[str, Any]) -> dict[str, Any]:
    field, kind = _word(stage, state, message, "field"), _word(stage, state, message, "kind")
    shown = {name for control, part in stage.controls(state).values() for name in _fields_of(part, control.id)}
    if field not in shown or kind not in REAL_KINDS:
        raise _refused(stage, state, "нет такого поля или вида данных")
    return {"do": "real", "field": field, "kind": kind}


def _is_guided(stage: Stage, state: State, do: str, name: str) -> bool:
    """Tell whether a step may be taken: in together mode only the guide's own, if it has one here."""
    if stage.mode != "together":
        return True
    step = next_step(stage, state)
    return step is None or (step.do, step.control) == (do, name)


def _astray(name: str) -> dict[str, Any]:
    return {"do": "astray", "control": name}


def _word(stage: Stage, state: State, message: dict[str, Any], key: str) -> str:
    word = message.get(key)
    if not isinstance(word, str) or len(word) > LONGEST_TEXT:
        raise _refused(stage, state, f"{key} не слово")
    return word


def _refused(stage: Stage, state: State, problem: str) -> Refused:
    return Refused(f"{stage.scenario.id}/{state.screen}", problem, _REMEDY)


def _verdict(stage: Stage, state: State, field: FormField, text: str) -> Verdict:
    if field.type == "check":
        return _tick_verdict(stage, state, field, text)
    if text.strip() and field.not_a_choice(text) is not None:
        raise _refused(stage, state, "такого варианта в списке нет")
    expected = stage.expected(field, state)
    if field.expect is not None and expected is None:
        return "wrong" if text.strip() else "empty"
    least, most = (limit and stage.text(limit) for limit in (field.least, field.most))
    return verdict_of(field, text, expected, least, most)


def _tick_verdict(stage: Stage, state: State, field: FormField, text: str) -> Verdict:
    if text not in _TICKED:
        raise _refused(stage, state, "отметка бывает только поставлена или снята")
    if field.expect == "false":
        return "wrong" if _TICKED[text] else "right"
    return "right" if _TICKED[text] else "empty"


def _found(stage: Stage, state: State, part: SearchPart, query: str) -> list[str]:
    asked = normal_text(query)
    shown = [result for result in part.results if stage.holds(result.when, state)]
    fits = _resembles if part.forgiving else _contains
    return [result.id for result in shown if any((stem := _stem(word)) and fits(asked, stem) for word in result.words)]


_stem = lru_cache(maxsize=4096)(normal_text)


def _contains(asked: str, stem: str) -> bool:
    return stem in asked


def _resembles(asked: str, stem: str) -> bool:
    """Tell whether each word of a stem begins a word that was asked for, with one slip of the hand at most."""
    words = asked.split()
    return stem in asked or all(any(_begins(word, begin) for word in words) for begin in stem.split())


def _begins(word: str, stem: str) -> bool:
    if word.startswith(stem):
        return True
    begin = word[: len(stem)]
    if len(stem) < LEAST_FORGIVEN or len(begin) < len(stem):
        return False
    odd = [place for place, (one, other) in enumerate(zip(begin, stem, strict=True)) if one != other]
    match odd:
        case [_]:
            return True
        case [first, last] if last == first + 1:
            return (begin[first], begin[last]) == (stem[last], stem[first])
        case _:
            return False
