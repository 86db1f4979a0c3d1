"""From a hostile message of the browser to an event that may be stored.

Whatever the message holds, the event names only things of the scenario: control and field ids, verdicts, choice ids,
kinds of real data. What the learner typed is compared here and forgotten.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ecitizen.practice.guard import REAL_KINDS, find_real
from ecitizen.practice.guiding import next_step
from ecitizen.practice.refusal import Refused
from ecitizen.practice.scenario import BACK, FormField, FormPart, Part, SearchPart
from ecitizen.practice.stage import Stage
from ecitizen.practice.state import State, Verdict
from ecitizen.practice.wording import normal_text

LONGEST_TEXT = 300
"""Characters that any string of a message may have."""

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
        kind = find_real(text, stage.persona) if field is None or field.type not in ("choice", "check") else None
        if kind:
            return {"do": "real", "field": field_id, "kind": kind}
    if not _is_guided(stage, state, "press", name):
        return _astray(name)
    event: dict[str, Any] = {"do": "press", "control": name}
    if isinstance(part, FormPart):
        event["verdicts"] = {field.id: _verdict(stage, state, field, typed.get(field.id, "")) for field in part.fields}
        chosen = {field.id: typed.get(field.id, "") for field in part.fields if field.type == "choice"}
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


def _typed(stage: Stage, state: State, raw: object, fields: Mapping[str, object]) -> dict[str, str]:
    if not isinstance(raw, dict) or not raw.keys() <= fields.keys():
        raise _refused(stage, state, "поля не те, что на странице")
    for text in raw.values():
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            raise _refused(stage, state, f"в поле не текст или больше {LONGEST_TEXT} знаков")
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
    if not text.strip():
        return "empty"
    if field.type == "choice" and text not in {choice.id for choice in field.choices}:
        raise _refused(stage, state, "такого варианта в списке нет")
    if field.expect is None:
        return "right"
    expected = stage.expected(field, state)
    return "right" if expected is not None and same(field.type, text, expected) else "wrong"


def _tick_verdict(stage: Stage, state: State, field: FormField, text: str) -> Verdict:
    if text not in _TICKED:
        raise _refused(stage, state, "отметка бывает только поставлена или снята")
    if field.expect == "false":
        return "wrong" if _TICKED[text] else "right"
    return "right" if _TICKED[text] else "empty"


def same(kind: str, typed: str, expected: str) -> bool:
    """Tell whether two spellings mean one value of a field type.

    Case, ё, spaces and punctuation never matter, but in a password all of them do.
    """
    match kind:
        case "phone":
            return _digits(typed)[-10:] == _digits(expected)[-10:] and _is_phone(_digits(typed))
        case "code":
            return _digits(typed) == _digits(expected)
        case "date":
            return _date(typed) == _date(expected)
        case "password" | "choice":
            return typed.strip() == expected
        case "email":
            return typed.strip().casefold() == expected.casefold()
        case _:
            return normal_text(typed) == normal_text(expected)


def _digits(text: str) -> str:
    return "".join(re.findall("[0-9]+", text))


def _is_phone(digits: str) -> bool:
    return len(digits) == 10 or (len(digits) == 11 and digits[0] in "78")


def _date(text: str) -> tuple[int, ...]:
    """Read day, month, year from ``14.05.1953``, ``14 5 1953``, ``14051953`` or ``1953-05-14``."""
    groups = re.findall("[0-9]+", text)
    if len(groups) == 1 and len(groups[0]) == 8:
        groups = [groups[0][:2], groups[0][2:4], groups[0][4:]]
    if any(len(group) > 4 for group in groups):
        return ()
    numbers = tuple(int(group) for group in groups)
    return numbers[::-1] if groups and len(groups[0]) == 4 else numbers


def _found(stage: Stage, state: State, part: SearchPart, query: str) -> list[str]:
    asked = normal_text(query)
    shown = [result for result in part.results if stage.holds(result.when, state)]
    return [result.id for result in shown if any((stem := _stem(word)) and stem in asked for word in result.words)]


_stem = lru_cache(maxsize=4096)(normal_text)
