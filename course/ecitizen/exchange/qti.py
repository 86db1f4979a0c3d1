"""A quiz as a QTI 1.2 assessment, in the dialect that Canvas and its kin read.

Every text is HTML with nothing but line breaks in it: escaped once for HTML and once more by the XML writer, so that
no text of a question can become markup. Source: IMS Question & Test Interoperability 1.2, ASI XML binding.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from ecitizen.exchange import words
from ecitizen.exchange.gift import number_text
from ecitizen.exchange.loss import Loss
from ecitizen.practice.quiz import (
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
    ids,
)

_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold, even escaped."""

_ONLY = "response1"
_RIGHT, _WRONG, _ANY = "correct_fb", "general_incorrect_fb", "general_fb"
_KINDS = {
    "single": "multiple_choice_question",
    "truefalse": "true_false_question",
    "several": "multiple_answers_question",
    "mark": "multiple_answers_question",
    "match": "matching_question",
    "order": "matching_question",
    "number": "numerical_question",
    "text": "short_answer_question",
}


def assessment(quiz: Quiz) -> tuple[ET.Element, list[Loss]]:
    """Give the ``questestinterop`` document, and what it can't carry."""
    root = ET.Element("questestinterop", {"xmlns": _QTI})
    test = _add(root, "assessment", ident=f"quiz-{quiz.id}", title=quiz.title)
    section = _add(test, "section", ident="root_section")
    for item in quiz.items:
        _Writer(section, item).write()
    about = Loss(what=words.ABOUT_QTI, kept=False)
    return root, [about, *(Loss(item=item.id, what=what, kept=False) for item in quiz.items for what in _losses(item))]


def legal(text: str) -> str:
    """Give the text without the characters that XML has no place for."""
    return _ILLEGAL.sub("", text)


class _Writer:
    """Writes one item: how it looks, how it is marked, what is said."""

    def __init__(self, section: ET.Element, item: Item) -> None:
        self.item = item
        self.root = _add(section, "item", ident=item.id, title=item.id)
        fields = _add(_add(self.root, "itemmetadata"), "qtimetadata")
        for label, entry in (("question_type", _KINDS[item.kind]), ("points_possible", number_text(item.points))):
            field = _add(fields, "qtimetadatafield")
            _add(field, "fieldlabel", entry=label)
            _add(field, "fieldentry", entry=entry)
        self.looks = _add(self.root, "presentation")
        self.marking = _add(self.root, "resprocessing")
        scores = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
        _add(_add(self.marking, "outcomes"), "decvar", **scores)
        self.said: dict[str, str] = {}

    def write(self) -> None:
        item = self.item
        _material(self.looks, _question_text(item))
        match item:
            case Single():
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
                texts = [span.text for span in item.spans]
                self.several(texts, [one.suspicious for one in item.spans], [one.why for one in item.spans])
            case Match():
                self.pairs(item.pairs)
            case Order():
                self.pairs([(str(place), step) for place, step in enumerate(item.steps, start=1)])
            case Number():
                self.number(item)
            case ShortText():
                self.text(item)
        for name, said in self.said.items():
            _material(_add(_add(self.root, "itemfeedback", ident=name), "flow_mat"), said)

    def choice(self, texts: Sequence[str], rights: Sequence[bool], notes: Sequence[str]) -> None:
        options = self.options(texts, notes, "Single")
        right = options[list(rights).index(True)]
        _equal(self.right(), _ONLY, right)

    def several(self, texts: Sequence[str], rights: Sequence[bool], notes: Sequence[str]) -> None:
        options = self.options(texts, notes, "Multiple")
        every = _add(self.right(), "and")
        for option, right in zip(options, rights, strict=True):
            _equal(every if right else _add(every, "not"), _ONLY, option)

    def options(self, texts: Sequence[str], notes: Sequence[str], cardinality: str) -> list[str]:
        options = ids("o", texts)
        _choices(self.looks, _ONLY, zip(options, texts, strict=True), cardinality)
        for option, note in zip(options, notes, strict=True):
            if note.strip():
                _equal(self.says(f"{option}_fb", note), _ONLY, option)
        return options

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        # Sorted, so that the order of the file tells nobody the answer.
        choices = sorted(zip(ids("r", pairs), (right for _, right in pairs), strict=True), key=lambda one: one[1])
        if self.item.why.strip():
            _add(self.says(_ANY, self.item.why), "other")
        for place, (left, _) in enumerate(pairs, start=1):
            _choices(self.looks, f"response_l{place}", choices, "Single", left)
            _equal(self.scores("Add", f"{100 / len(pairs):.2f}"), f"response_l{place}", f"r{place}")

    def number(self, item: Number) -> None:
        self.line(fibtype="Decimal")
        for place, wrong in enumerate(item.wrong, start=1):
            _equal(self.says(f"w{place}_fb", wrong.why), _ONLY, number_text(wrong.value))
        either = _add(self.right(), "or")
        _equal(either, _ONLY, number_text(item.right))
        between = _add(either, "and")
        _add(between, "vargte", entry=number_text(item.right - item.tolerance), respident=_ONLY)
        _add(between, "varlte", entry=number_text(item.right + item.tolerance), respident=_ONLY)
        _add(self.says(_WRONG, item.otherwise), "other")

    def text(self, item: ShortText) -> None:
        self.line()
        right = self.right()
        for accepted in item.accept:
            _equal(right, _ONLY, accepted)
        _add(self.says(_WRONG, item.otherwise), "other")

    def line(self, **how: str) -> None:
        field = _add(_add(self.looks, "response_str", ident=_ONLY, rcardinality="Single"), "render_fib", **how)
        _add(field, "response_label", ident="answer1", rshuffle="No")

    def right(self) -> ET.Element:
        """Open the condition of the full score; the item's explanation is said there."""
        condition = self.scores("Set", "100", last=True)
        if self.item.why.strip():
            self.shows(_RIGHT, self.item.why)
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
    child = ET.SubElement(parent, name, {key: legal(value) for key, value in attributes.items()})
    child.text = None if entry is None else legal(entry)
    return child


def _material(parent: ET.Element, text: str) -> None:
    lines = html.escape(text, quote=False).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br/>")
    _add(_add(parent, "material"), "mattext", entry=lines, texttype="text/html")


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


def _question_text(item: Item) -> str:
    if isinstance(item, Mark):
        return f"{item.text}\n\n{''.join(span.text for span in item.spans)}"
    return item.text


def _losses(item: Item) -> list[str]:
    known: dict[str, list[str]] = {
        "truefalse": [words.REASONS],
        "order": [words.ORDER],
        "mark": [words.MARK, words.SHARES],
        "several": [words.SHARES],
        "text": [words.SPELLING],
    }
    found = list(known.get(item.kind, []))
    if isinstance(item, Number) and item.unit:
        found.append(words.UNIT.format(unit=item.unit))
    if any(_ILLEGAL.search(text) for text in _strings(item.model_dump(mode="json"))):
        found.append(words.CONTROLS)
    return found


def _strings(raw: object) -> list[str]:
    if isinstance(raw, str):
        return [raw]
    parts = raw.values() if isinstance(raw, dict) else raw if isinstance(raw, list) else ()
    return [text for part in parts for text in _strings(part)]
