"""Reading a QTI 1.2 assessment in the dialect that Canvas and its kin, and we, write.

As with GIFT nothing is guessed: a question of another type, a score for part of an answer or a picture is an error that
names the question. What we put into the metadata of a question ourselves brings the rest back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ecitizen.errors import ContentError, CourseErrors
from ecitizen.exchange import tag, xml_text
from ecitizen.exchange.building import DIFFICULTY, MOST_ITEMS, POINTS, Place, a_quiz, an_id, as_one, build
from ecitizen.exchange.qti import NOTE, RIGHT, TO_ALL, WRONG
from ecitizen.practice.quiz import Item, Quiz

FULL = 100.0
"""SCORE of a right answer."""


def from_assessment(root: ET.Element, quiz_id: str, skill: str, where: Path | str) -> Quiz:
    """Read a quiz out of a ``questestinterop`` document; raises ContentError or CourseErrors."""
    found = list(root.iter("item"))
    if not 0 < len(found) <= MOST_ITEMS:
        raise ContentError(where, "файл", f"вопросов {len(found)}, а нужно от 1 до {MOST_ITEMS}", "Разделите тест")
    items: list[Item] = []
    faults: list[ContentError] = []
    for element in found:
        try:
            items.append(_item(element, skill, {item.id for item in items}, where))
        except ContentError as error:
            faults.append(error)
        except CourseErrors as error:
            faults += [one for one in error.errors if isinstance(one, ContentError)]
    if faults:
        raise as_one(faults)
    return a_quiz(quiz_id, _title(root) or quiz_id, items, where)


def read_note(text: str | None, place: Place) -> dict[str, Any]:
    """Read our own note about a question; nothing in files of others."""
    try:
        return tag.read_tag(text) if text else {}
    except ValueError as error:
        raise place.fault("пометка ecitizen испорчена", "Удалите её") from error


def _title(root: ET.Element) -> str:
    test = root.find("assessment")
    if test is None:
        return ""
    return title_in(_fields(test.find("qtimetadata")).get(NOTE)) or test.get("title", "")


def title_in(note: str | None) -> str:
    """Give the title out of our own note about a quiz; nothing if it is not ours."""
    try:
        title = json.loads(note or "{}").get("title", "")
    except (ValueError, AttributeError, RecursionError):
        return ""
    return title if isinstance(title, str) else ""


def _item(element: ET.Element, skill: str, taken: set[str], where: Path | str) -> Item:
    name = element.get("ident", "")
    place = Place(where, f"вопрос {name}")
    fields = _fields(element.find("itemmetadata/qtimetadata"))
    known = read_note(fields.get(NOTE), place)
    raw = _Reader(element, place).read(fields.get("question_type", ""), known)
    points = a_number(fields.get("points_possible", str(POINTS)), place)
    raw |= {"id": an_id(name, taken), "skill": skill, "difficulty": DIFFICULTY, "points": points}
    return build(raw, known, xml_text.carried, place)


def _fields(metadata: ET.Element | None) -> dict[str, str]:
    pairs = [] if metadata is None else metadata.findall("qtimetadatafield")
    return {pair.findtext("fieldlabel", ""): pair.findtext("fieldentry", "") for pair in pairs}


class _Reader:
    """Reads the fields of one item."""

    def __init__(self, element: ET.Element, place: Place) -> None:
        self.place = place
        self.looks = element.find("presentation")
        self.cases = list(element.iter("respcondition"))
        self.said = {one.get("ident", ""): self.text(one) for one in element.findall("itemfeedback")}

    def read(self, kind: str, known: dict[str, Any]) -> dict[str, Any]:
        """Give the fields that the question itself says, by its type."""
        both = [self.said.get(name, "") for name in (RIGHT, TO_ALL)]
        raw = {"text": self.text(self.looks), "why": " ".join(dict.fromkeys(text for text in both if text))}
        match kind:
            case "true_false_question" if "reasons" in known:
                options = self.options()
                wrong_why = next((one["why"] for one in options if not one["right"]), "")
                return raw | {
                    "kind": "truefalse",
                    "right": bool(options and options[0]["right"]),
                    "wrong_why": wrong_why,
                }
            case "multiple_choice_question" | "true_false_question":
                return raw | {"kind": "single", "options": self.options()}
            case "multiple_answers_question":
                return raw | {"kind": "several", "options": self.options()}
            case "matching_question":
                return raw | {"kind": "match", "pairs": self.pairs()}
            case "numerical_question":
                return raw | self.number(known) | {"otherwise": self.said.get(WRONG, "")}
            case "short_answer_question":
                accept = [one.text or "" for case in self.right() for one in case.iter("varequal")]
                return raw | {"kind": "text", "accept": accept, "otherwise": self.said.get(WRONG, "")}
            case "essay_question":
                return raw | {"kind": "written"}
        remedy = "Уберите вопрос или напишите его сами"
        raise self.place.fault(f"вида вопросов {kind[:40]!r} у нас нет", remedy)

    def options(self) -> list[dict[str, Any]]:
        right = {one.text for case in self.right() for one in _asserted(case)}
        return [
            {"text": text, "right": name in right, "why": self.said.get(f"{name}_fb", "")}
            for name, text in self.choices(self.looks).items()
        ]

    def pairs(self) -> list[list[str]]:
        equal = [one for case in self.right(partly=True) for one in case.iter("varequal")]
        mates = {one.get("respident"): one.text for one in equal}
        found = []
        for response in () if self.looks is None else self.looks.findall("response_lid"):
            mate = self.choices(response).get(mates.get(response.get("ident")) or "")
            if mate is None:
                raise self.place.fault("не у каждой строки есть пара", "Допишите пары в той программе")
            found.append([self.text(response), mate])
        return found

    def number(self, known: dict[str, Any]) -> dict[str, Any]:
        rights = self.right()
        if len(rights) != 1:
            raise self.place.fault("верное число должно быть одно", "Оставьте одно, с допуском")
        values = {name: [self.value(one) for one in rights[0].iter(name)] for name in ("varequal", "vargte", "varlte")}
        low, high = min(values["vargte"], default=None), max(values["varlte"], default=None)
        if not values["varequal"] and (low is None or high is None):
            raise self.place.fault("верного числа нет", "Допишите его")
        right = values["varequal"][0] if values["varequal"] else ((low or 0) + (high or 0)) / 2
        tolerance = known.get("tolerance", 0)
        exact = type(tolerance) in (int, float) and (low, high) == (right - tolerance, right + tolerance)
        if not exact:
            tolerance = 0 if high is None else high - right
        wrong = [
            {"value": self.value(equal), "why": self.said.get(said.get("linkrefid", ""), "")}
            for case in self.cases
            if case not in rights
            for equal, said in zip(case.iter("varequal"), case.iter("displayfeedback"), strict=False)
        ]
        return {"kind": "number", "right": right, "tolerance": tolerance, "wrong": wrong}

    def right(self, *, partly: bool = False) -> list[ET.Element]:
        """Give the conditions that earn points, all of them unless ``partly``."""
        found = []
        for case in self.cases:
            earned = [
                a_number(one.text or "", self.place) for one in case.findall("setvar") if one.get("varname") == "SCORE"
            ]
            if not any(points > 0 for points in earned):
                continue
            if not partly and max(earned) < FULL:
                raise self.place.fault("часть ответа оценена частично", "Оставьте полные баллы верному ответу")
            found.append(case)
        return found

    def choices(self, parent: ET.Element | None) -> dict[str, str]:
        """Give the texts of the options by their ids."""
        labels = () if parent is None else parent.iter("response_label")
        return {label.get("ident", ""): self.text(label) for label in labels}

    def text(self, parent: ET.Element | None) -> str:
        """Give the text that stands at an element itself, not at its parts."""
        found = None if parent is None else parent.find("material/mattext")
        if found is None and parent is not None:
            found = parent.find("flow_mat/material/mattext")
        if found is None or not found.text:
            return ""
        try:
            return xml_text.shown(found.text) if found.get("texttype") == "text/html" else found.text.strip()
        except ValueError as error:
            raise self.place.fault(f"в тексте есть {error}", "Напишите это место обычным текстом") from error

    def value(self, element: ET.Element) -> float:
        return a_number(element.text or "", self.place)


def _asserted(case: ET.Element) -> Iterator[ET.Element]:
    """Give the comparisons of a condition that must hold."""
    denied = {id(one) for negation in case.iter("not") for one in negation.iter("varequal")}
    return (one for one in case.iter("varequal") if id(one) not in denied)


def a_number(text: str, place: Place) -> float:
    """Read a number of a document; the models refuse endless ones."""
    try:
        return float(text)
    except ValueError as error:
        raise place.fault(f"{text.strip()[:40]!r} — не число", "Исправьте его в той программе") from error
