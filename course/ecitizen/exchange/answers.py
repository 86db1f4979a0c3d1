"""The part of a GIFT question between its braces, read into the fields of our items."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ecitizen.errors import ContentError
from ecitizen.exchange.html_text import Markup
from ecitizen.exchange.scanning import Piece

MOST_ANSWERS = 60
_WEIGHT = re.compile(r"\s*%(-?[0-9]{1,3}(?:\.[0-9]{0,9})?)%")
_NUMBER = r"[+-]?(?:[0-9]{1,400}(?:[.,][0-9]{0,400})?|[.,][0-9]{1,400})(?:[eE][+-]?[0-9]{1,3})?"
_VALUE = re.compile(rf"({_NUMBER})\s*(?::\s*({_NUMBER}))?")
_RANGE = re.compile(rf"({_NUMBER})\s*\.\.\s*({_NUMBER})")
_NOTE_REMEDY = "Допишите его после знака #"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the list: what it says, what it is worth, what is said to it."""

    sign: str
    """``=``, ``~``, or nothing if the list begins without a sign."""

    weight: float | None
    """Per cent; None if none is given."""

    whole: Piece
    """All of it after the weight."""

    text: Piece
    note: Piece | None

    def said(self, markup: Markup) -> str:
        """Give the explanation, which may be absent."""
        return self.note.shown(markup) if self.note else ""


def read_answers(piece: Piece, markup: Markup) -> dict[str, Any]:
    """Give the fields of the item, with ``kind``; raises ContentError for what our items can't hold."""
    inside = piece.trimmed()
    place = inside.mask.rfind("####")
    why = inside.part(place + 4).shown(markup) if place >= 0 else ""
    inside = (inside.part(0, place) if place >= 0 else inside).trimmed()
    raw = _by_kind(inside, markup) if inside.text else {"kind": "written"}
    both = [text for text in (raw.pop("praise", ""), why) if text]
    return raw | {"why": " ".join(dict.fromkeys(both))}


def _by_kind(inside: Piece, markup: Markup) -> dict[str, Any]:
    # The order of these questions is Moodle's own.
    if inside.mask.startswith("#"):
        return _number(inside.part(1), markup)
    if "~" in inside.mask:
        return _choice(inside, markup)
    if "=" in inside.mask and "->" in inside.mask:
        return _match(inside, markup)
    if inside.cut("#")[0].mask.strip() in {"T", "TRUE", "F", "FALSE"}:
        return _truefalse(inside, markup)
    return _text(inside, markup)


def _listed(inside: Piece) -> list[Answer]:
    places = [place for place, char in enumerate(inside.mask) if char in "=~"]
    if len(places) > MOST_ANSWERS:
        raise inside.fault(f"ответов {len(places)}, а можно не больше {MOST_ANSWERS}", "Разделите вопрос")
    # What stands before the first sign is an answer, too, if it is anything.
    pieces = [inside.part(start, end) for start, end in pairwise([0, *places, len(inside.text)])]
    return [_answer(piece) for piece in pieces if piece.mask.strip()]


def _answer(piece: Piece) -> Answer:
    sign = piece.mask[:1] if piece.mask[:1] in "=~" else ""
    rest = piece.part(len(sign))
    found = _WEIGHT.match(rest.mask)
    whole = rest.part(found.end()) if found else rest
    text, note = whole.cut("#")
    return Answer(sign, float(found[1]) if found else None, whole, text, note)


def _choice(inside: Piece, markup: Markup) -> dict[str, Any]:
    answers = _listed(inside)
    bare = next((answer for answer in answers if not answer.sign), None)
    if bare:
        raise bare.whole.fault("перед ответом нет знака", "Поставьте = перед верным или ~ перед неверным")
    if any(answer.sign == "=" for answer in answers):
        return {"kind": "single", "options": _single(answers, markup)}
    return {"kind": "several", "options": _several(answers, markup)}


def _single(answers: list[Answer], markup: Markup) -> list[dict[str, Any]]:
    for answer in answers:
        if answer.weight not in (None, 100.0 if answer.sign == "=" else 0.0):
            remedy = "Уберите проценты; несколько верных ответов пишут без =, вот так: ~%50%ответ"
            raise answer.whole.fault("ответ оценён частично, а верный здесь может быть только один", remedy)
    right = [answer for answer in answers if answer.sign == "="]
    if len(right) > 1:
        remedy = "Оставьте один; несколько верных пишут без =, вот так: ~%50%ответ"
        raise right[1].whole.fault("верных ответов (=) больше одного", remedy)
    return [_option(answer, answer.sign == "=", markup) for answer in answers]


def _several(answers: list[Answer], markup: Markup) -> list[dict[str, Any]]:
    shares = [answer.weight for answer in answers if answer.weight and answer.weight > 0]
    if shares and max(shares) - min(shares) > 0.01:
        raise answers[0].whole.fault("верные ответы стоят по-разному", "Дайте им равные доли: у нас они всегда равны")
    return [_option(answer, bool(answer.weight and answer.weight > 0), markup) for answer in answers]


def _option(answer: Answer, right: bool, markup: Markup) -> dict[str, Any]:
    option = {"text": answer.text.shown(markup), "right": right, "why": answer.said(markup)}
    if not option["text"]:
        raise answer.whole.fault("ответ пуст", "Напишите его или уберите знак; буквальные = и ~ пишут так: \\= \\~")
    return option


def _match(inside: Piece, markup: Markup) -> dict[str, Any]:
    pairs = []
    for answer in _listed(inside):
        left, right = answer.whole.cut("->")
        if right is None or not answer.sign:
            raise answer.whole.fault("это не пара", "Напишите её так: =слева -> справа")
        # Right sides are plain text in Moodle, whatever the question is.
        pairs.append([left.shown(markup), right.literal()])
    return {"kind": "match", "pairs": pairs}


def _truefalse(inside: Piece, markup: Markup) -> dict[str, Any]:
    value, notes = inside.cut("#")
    wrong, praise = notes.cut("#") if notes else (None, None)
    wrong_why = wrong.shown(markup) if wrong else ""
    if not wrong_why:
        raise inside.fault("нет пояснения для тех, кто ошибся", _NOTE_REMEDY)
    said = praise.shown(markup) if praise else ""
    right = value.mask.strip() in {"T", "TRUE"}
    return {"kind": "truefalse", "right": right, "wrong_why": wrong_why, "praise": said}


def _text(inside: Piece, markup: Markup) -> dict[str, Any]:
    accept, otherwise, praise = [], "", ""
    for answer in _listed(inside):
        text = answer.text.shown(markup)
        if _is_right(answer):
            accept.append(text)
            praise = praise or answer.said(markup)
        elif text == "*":
            otherwise = answer.said(markup)
        else:
            raise answer.whole.fault("неверный ответ перечислен отдельно", "Оставьте одно общее пояснение: =%0%*#…")
    if not otherwise:
        raise inside.fault("нет пояснения к неверному ответу", "Допишите в конец ответов строку: =%0%*#пояснение")
    return {"kind": "text", "accept": accept, "otherwise": otherwise, "praise": praise}


def _number(inside: Piece, markup: Markup) -> dict[str, Any]:
    raw: dict[str, Any] = {"kind": "number", "wrong": [], "otherwise": "", "praise": ""}
    for answer in _listed(inside):
        if answer.sign == "~" or answer.text.text.strip() == "*":
            raw["otherwise"] = answer.said(markup)
            continue
        value, tolerance = _value(answer.text)
        if not _is_right(answer):
            if tolerance:
                raise answer.whole.fault("у неверного числа есть допуск", "Уберите его: у нас он бывает у верного")
            raw["wrong"].append({"value": value, "why": answer.said(markup)})
        elif "right" in raw:
            raise answer.whole.fault("верных чисел больше одного", "Оставьте одно, с допуском или промежутком")
        else:
            raw |= {"right": value, "tolerance": tolerance, "praise": answer.said(markup)}
    if not raw["otherwise"]:
        raise inside.fault("нет пояснения к неверному числу", "Допишите в конец ответов строку: ~#пояснение")
    return raw


def _is_right(answer: Answer) -> bool:
    if answer.weight not in (None, 0.0, 100.0):
        raise answer.whole.fault(f"ответ оценён частично: {answer.weight:g} %", "Оставьте 100 или 0")
    return answer.weight != 0


def _value(piece: Piece) -> tuple[float, float]:
    """Read ``6``, ``6:0.5`` or ``5..7`` as a number and its tolerance."""
    text = piece.text.strip()
    if found := _RANGE.fullmatch(text):
        low, high = _float(found[1]), _float(found[2])
        if low <= high:
            return (low + high) / 2, (high - low) / 2
    elif found := _VALUE.fullmatch(text):
        return _float(found[1]), _float(found[2] or "0")
    raise _not_a_number(piece)


def _not_a_number(piece: Piece) -> ContentError:
    problem = f"{piece.text.strip()[:40]!r} — не число"
    return piece.fault(problem, "Напишите число, число с допуском 6:0.5 или промежуток 5..7")


def _float(text: str) -> float:
    return float(text.replace(",", "."))
