"""A quiz as a QTI 1.2 assessment, in the dialect that Canvas and its kin read.

Every text is HTML with nothing but line breaks in it: escaped once for HTML and once more by the XML writer, so that
no text of a question can become markup. Source: IMS Question & Test Interoperability 1.2, ASI XML binding.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from ecitizen.exchange import tag, words, xml_text
from ecitizen.exchange.gift import number_text
from ecitizen.exchange.loss import Loss
from ecitizen.practice.quiz import (
    Find,
    Item,
    Mark,
    Match,
    Number,
    Order,
    Quiz,
    Several,
    ShortText,
    Single,
    TrueFalse,
    Written,
    ids,
)

_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
NOTE = "ecitizen"
"""Label of our own field of the metadata, which other systems skip."""

ONLY = "response1"
RIGHT, WRONG, TO_ALL = "correct_fb", "general_incorrect_fb", "general_fb"
"""What is said to whom, by the names of Canvas."""

_KINDS = {
    "single": "multiple_choice_question",
    "truefalse": "true_false_question",
    "several": "multiple_answers_question",
    "mark": "multiple_answers_question",
    "match": "matching_question",
    "order": "matching_question",
    "number": "numerical_question",
    "text": "short_answer_question",
    "find": "multiple_choice_question",
    "written": "essay_question",
}


def assessment(quiz: Quiz) -> tuple[ET.Element, list[Loss]]:
    """Give the ``questestinterop`` document, and what it can't carry."""
    root = ET.Element("questestinterop", {"xmlns": _QTI})
    test = _add(root, "assessment", ident=f"quiz-{quiz.id}", title=quiz.title)
    _field(_add(test, "qtimetadata"), NOTE, json.dumps({"title": quiz.title}))
    section = _add(test, "section", ident="root_section")
    for item in quiz.items:
        _Writer(section, item).write()
    return root, losses(quiz, _losses)


def note(item: Item) -> dict[str, Any]:
    """Give what our own reader needs besides the question, as JSON; id and points stand in the question itself."""
    tolerance = {"tolerance": item.tolerance} if isinstance(item, Number) and item.tolerance else {}
    known = tag.item_tag(item, xml_text.carried) | tolerance
    return {field: value for field, value in known.items() if field not in ("id", "points")}


def losses(quiz: Quiz, found: Callable[[Item], list[str]]) -> list[Loss]:
    """Tell what other systems will not show; our own reader gets all of it back."""
    about = Loss(what=words.ABOUT_QTI, kept=True)
    return [about, *(Loss(item=item.id, what=what, kept=True) for item in quiz.items for what in found(item))]


class _Writer:
    """Writes one item: how it looks, how it is marked, what is said."""

    def __init__(self, section: ET.Element, item: Item) -> None:
        self.item = item
        self.root = _add(section, "item", ident=item.id, title=item.id)
        fields = _add(_add(self.root, "itemmetadata"), "qtimetadata")
        _field(fields, "question_type", _KINDS[item.kind])
        _field(fields, "points_possible", number_text(item.points))
        # In ASCII, so that nothing of it is lost to XML.
        _field(fields, NOTE, json.dumps(note(item)))
        self.looks = _add(self.root, "presentation")
        self.marking = _add(self.root, "resprocessing")
        scores = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
        _add(_add(self.marking, "outcomes"), "decvar", **scores)
        self.said: dict[str, str] = {}

    def write(self) -> None:
        item = self.item
        _material(self.looks, question_text(item))
        match item:
            case Single() | Find():
                texts = [option.text for option in item.options]
                rights = [option.right for option in item.options]
                self.choice(texts, rights, [option.why for option in item.options])
            case TrueFalse():
                notes = ["" if right is item.right else item.wrong_why for right in (True, False)]
                self.choice([words.TRUE, words.FALSE], [item.right, not item.right], notes)
            case Several():
                texts = [option.text for option in item.options]
                self.several(texts, [one.right for one in item.options], [one.why for one in item.options])
            case Mark():
                texts = [xml_text.piece(span.text) for span in item.spans]
                self.several(texts, [one.suspicious for one in item.spans], [one.why for one in item.spans])
            case Match():
                self.pairs(item.pairs)
            case Order():
                self.pairs([(str(place), step) for place, step in enumerate(item.steps, start=1)])
            case Number():
                self.number(item)
            case ShortText():
                self.text(item)
            case Written():
                self.written(item)
        for name, said in self.said.items():
            _material(_add(_add(self.root, "itemfeedback", ident=name), "flow_mat"), said)

    def choice(self, texts: Sequence[str], rights: Sequence[bool], notes: Sequence[str]) -> None:
        options = self.options(texts, notes, "Single")
        right = options[list(rights).index(True)]
        _equal(self.right(), ONLY, right)

    def several(self, texts: Sequence[str], rights: Sequence[bool], notes: Sequence[str]) -> None:
        options = self.options(texts, notes, "Multiple")
        every = _add(self.right(), "and")
        for option, right in zip(options, rights, strict=True):
            _equal(every if right else _add(every, "not"), ONLY, option)

    def options(self, texts: Sequence[str], notes: Sequence[str], cardinality: str) -> list[str]:
        options = ids("o", texts)
        _choices(self.looks, ONLY, zip(options, texts, strict=True), cardinality)
        for option, note in zip(options, notes, strict=True):
            if note.strip():
                _equal(self.says(f"{option}_fb", note), ONLY, option)
        return options

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        # Sorted, so that the order of the file tells nobody the answer.
        choices = sorted(zip(ids("r", pairs), (right for _, right in pairs), strict=True), key=lambda one: one[1])
        if self.item.why.strip():
            _add(self.says(TO_ALL, self.item.why), "other")
        for place, (left, _) in enumerate(pairs, start=1):
            _choices(self.looks, f"response_l{place}", choices, "Single", left)
            _equal(self.scores("Add", f"{100 / len(pairs):.2f}"), f"response_l{place}", f"r{place}")

    def number(self, item: Number) -> None:
        self.line(fibtype="Decimal")
        for place, wrong in enumerate(item.wrong, start=1):
            _equal(self.says(f"w{place}_fb", wrong.why), ONLY, number_text(wrong.value))
        either = _add(self.right(), "or")
        _equal(either, ONLY, number_text(item.right))
        between = _add(either, "and")
        _add(between, "vargte", entry=number_text(item.right - item.tolerance), respident=ONLY)
        _add(between, "varlte", entry=number_text(item.right + item.tolerance), respident=ONLY)
        _add(self.says(WRONG, item.otherwise), "other")

    def text(self, item: ShortText) -> None:
        self.line()
        right = self.right()
        for accepted in item.accept:
            _equal(right, ONLY, accepted)
        _add(self.says(WRONG, item.otherwise), "other")

    def written(self, item: Written) -> None:
        self.line()
        if item.why.strip():
            _add(self.says(TO_ALL, item.why), "other")

    def line(self, **how: str) -> None:
        field = _add(_add(self.looks, "response_str", ident=ONLY, rcardinality="Single"), "render_fib", **how)
        _add(field, "response_label", ident="answer1", rshuffle="No")

    def right(self) -> ET.Element:
        """Open the condition of the full score; the item's explanation is said there."""
        condition = self.scores("Set", "100", last=True)
        if self.item.why.strip():
            self.shows(RIGHT, self.item.why)
        return condition

    def scores(self, action: str, points: str, last: bool = False) -> ET.Element:
        case = _add(self.marking, "respcondition", **{"continue": "No" if last else "Yes"})
        condition = _add(case, "conditionvar")
        _add(case, "setvar", entry=points, action=action, varname="SCORE")
        return condition

    def says(self, name: str, text: str) -> ET.Element:
        """Open a condition that only says something."""
        condition = _add(_add(self.marking, "respcondition", **{"continue": "Yes"}), "conditionvar")
        self.shows(name, text)
        return condition

    def shows(self, name: str, text: str) -> None:
        _add(self.marking[-1], "displayfeedback", feedbacktype="Response", linkrefid=name)
        self.said[name] = text


def _add(parent: ET.Element, name: str, *, entry: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, name, {key: xml_text.legal(value) for key, value in attributes.items()})
    child.text = None if entry is None else xml_text.legal(entry)
    return child


def _field(fields: ET.Element, label: str, entry: str) -> None:
    field = _add(fields, "qtimetadatafield")
    _add(field, "fieldlabel", entry=label)
    _add(field, "fieldentry", entry=entry)


def _material(parent: ET.Element, text: str) -> None:
    _add(_add(parent, "material"), "mattext", entry=xml_text.as_html(text), texttype="text/html")


def _choices(
    looks: ET.Element, ident: str, choices: Iterable[tuple[str, str]], cardinality: str, asks: str = ""
) -> None:
    response = _add(looks, "response_lid", ident=ident, rcardinality=cardinality)
    if asks:
        _material(response, asks)
    drawn = _add(response, "render_choice")
    for choice, text in choices:
        _material(_add(drawn, "response_label", ident=choice), text)


def _equal(condition: ET.Element, response: str, value: str) -> None:
    _add(condition, "varequal", entry=value, respident=response)


def question_text(item: Item) -> str:
    """Give the text of a question, with its letter or screen below."""
    below = tag.drawn(item.model_dump(mode="json"), xml_text.carried)
    return f"{item.text}\n\n{below}" if below else item.text


def _losses(item: Item) -> list[str]:
    known: dict[str, list[str]] = {
        "truefalse": [words.REASONS],
        "order": [words.ORDER],
        "mark": [words.MARK, words.SHARES],
        "several": [words.SHARES],
        "text": [words.SPELLING],
        "find": [words.FIND],
        "written": [words.WRITTEN],
    }
    found = list(known.get(item.kind, []))
    if isinstance(item, Number) and item.unit:
        found.append(words.UNIT.format(unit=item.unit))
    if any(xml_text.has_illegal(text) for text in _strings(item.model_dump(mode="json"))):
        found.append(words.CONTROLS)
    return found


def _strings(raw: object) -> list[str]:
    if isinstance(raw, str):
        return [raw]
    parts = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return [text for part in parts for text in _strings(part)]
