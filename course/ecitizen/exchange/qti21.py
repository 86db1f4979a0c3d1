"""One question as a QTI 2.1 assessment item.

Texts become paragraphs with line breaks and nothing else. Points are given as we give them, parts of an answer
included, except for an order, which is right or not. Source: IMS Question & Test Interoperability 2.1, Information
Model and XML Binding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.etree import ElementTree as ET

from ecitizen.exchange import words
from ecitizen.exchange.gift import number_text
from ecitizen.exchange.qti import question_text
from ecitizen.exchange.xml_text import carried, has_illegal, legal, piece
from ecitizen.practice.quiz import (
    Find,
    Item,
    Mark,
    Match,
    Number,
    Order,
    Several,
    ShortText,
    Single,
    TrueFalse,
    Written,
    ids,
)

RESPONSE, SCORE, FEEDBACK = "RESPONSE", "SCORE", "FEEDBACK"
RIGHT, WRONG, TO_ALL = "RIGHT", "WRONG", "ALL"
"""Names of what is said to whom; what is said to an option bears the name of the option."""

_QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"

_Condition = Callable[[ET.Element], None]
"""Writes a condition into a branch."""


def document(item: Item) -> ET.Element:
    """Give the ``assessmentItem`` document."""
    return _Writer(item).write()


def losses(item: Item) -> list[str]:
    """Name what another system will not show."""
    known = {
        "truefalse": words.REASONS,
        "mark": words.MARK,
        "text": words.SPELLING,
        "find": words.FIND,
        "written": words.WRITTEN,
        "order": words.WHOLE_ORDER,
    }
    found = [known[item.kind]] if item.kind in known else []
    if isinstance(item, Number) and item.unit:
        found.append(words.UNIT.format(unit=item.unit))
    return [*found, words.CONTROLS] if has_illegal(item.model_dump_json()) else found


class _Writer:
    """Writes the parts of an item in the order that the standard asks for."""

    def __init__(self, item: Item) -> None:
        self.item = item
        about = {"xmlns": _QTI, "identifier": item.id, "title": item.id, "adaptive": "false", "timeDependent": "false"}
        self.root = ET.Element("assessmentItem", about)
        self.response = _add(self.root, "responseDeclaration", identifier=RESPONSE)
        self.said: dict[str, str] = {}
        score = _add(self.root, "outcomeDeclaration", identifier=SCORE, cardinality="single", baseType="float")
        score.set("normalMaximum", number_text(item.points))
        _add(self.root, "outcomeDeclaration", identifier=FEEDBACK, cardinality="multiple", baseType="identifier")
        self.body = _add(self.root, "itemBody")
        _paragraph(self.body, question_text(item))
        self.marking = _add(self.root, "responseProcessing")

    def write(self) -> ET.Element:
        item = self.item
        self.said[TO_ALL if isinstance(item, Written) else RIGHT] = item.why
        match item:
            case Single() | Find():
                self.options([one.text for one in item.options], [one.right for one in item.options], one_only=True)
                self.said |= dict(zip(ids("o", item.options), (one.why for one in item.options), strict=True))
            case TrueFalse():
                self.options([words.TRUE, words.FALSE], [item.right, not item.right], one_only=True)
                self.said["o2" if item.right else "o1"] = item.wrong_why
            case Several():
                self.options([one.text for one in item.options], [one.right for one in item.options])
                self.said |= dict(zip(ids("o", item.options), (one.why for one in item.options), strict=True))
            case Mark():
                self.options([piece(one.text) for one in item.spans], [one.suspicious for one in item.spans])
                self.said |= dict(zip(ids("o", item.spans), (one.why for one in item.spans), strict=True))
            case Order():
                self.order(item)
            case Match():
                self.match(item)
            case Number():
                self.number(item)
            case ShortText():
                self.text(item)
            case Written():
                self.declare("single", "string", [])
                _add(self.body, "extendedTextInteraction", responseIdentifier=RESPONSE, expectedLines="6")
                self.says(self.marking, TO_ALL)
        for name, text in self.said.items():
            if text.strip():
                shown = {"outcomeIdentifier": FEEDBACK, "identifier": name, "showHide": "show"}
                _lines(_add(self.root, "modalFeedback", **shown), text)
        return self.root

    def options(self, texts: Sequence[str], rights: Sequence[bool], *, one_only: bool = False) -> None:
        names = ids("o", texts)
        right = [name for name, is_right in zip(names, rights, strict=True) if is_right]
        self.declare("single" if one_only else "multiple", "identifier", right)
        shuffled = "false" if isinstance(self.item, Find | Mark) else "true"
        limit = "1" if one_only else "0"
        asks = _add(self.body, "choiceInteraction", responseIdentifier=RESPONSE, shuffle=shuffled, maxChoices=limit)
        for name, text in zip(names, texts, strict=True):
            _lines(_add(asks, "simpleChoice", identifier=name), text)
        if one_only:
            self.all_or_nothing(_correct, own=True)
            return
        share = self.item.points / len(right)
        self.mapping([(name, share if name in right else -share) for name in names])
        self.mapped(own=True)

    def order(self, item: Order) -> None:
        names = ids("s", item.steps)
        self.declare("ordered", "identifier", names)
        asks = _add(self.body, "orderInteraction", responseIdentifier=RESPONSE, shuffle="true")
        # Sorted, for systems that do not shuffle.
        for name, step in sorted(zip(names, item.steps, strict=True), key=lambda one: one[1]):
            _lines(_add(asks, "simpleChoice", identifier=name), step)
        self.all_or_nothing(_correct)

    def match(self, item: Match) -> None:
        lefts, rights = ids("l", item.pairs), ids("r", item.pairs)
        pairs = [f"{left} {right}" for left, right in zip(lefts, rights, strict=True)]
        self.declare("multiple", "directedPair", pairs)
        asks = _add(self.body, "matchInteraction", responseIdentifier=RESPONSE, shuffle="true", maxAssociations="0")
        for names, side in ((lefts, 0), (rights, 1)):
            column = _add(asks, "simpleMatchSet")
            shown = zip(names, (pair[side] for pair in item.pairs), strict=True)
            for name, text in sorted(shown, key=lambda one: one[1]) if side else shown:
                _lines(_add(column, "simpleAssociableChoice", identifier=name, matchMax="1"), text)
        self.mapping([(pair, item.points / len(pairs)) for pair in pairs])
        self.mapped()

    def number(self, item: Number) -> None:
        self.declare("single", "float", [number_text(item.right)])
        self.entry()
        self.said |= {f"w{place}": wrong.why for place, wrong in enumerate(item.wrong, start=1)}
        self.said[WRONG] = item.otherwise
        tolerance = number_text(float(item.tolerance))
        case = self.all_or_nothing(lambda branch: _operands(_equal(branch, tolerance)))
        for place, wrong in enumerate(item.wrong, start=1):
            # Before the answer to all other numbers, which stands last.
            branch = ET.Element("responseElseIf")
            case.insert(len(case) - 1, branch)
            compared = _equal(branch, "0")
            _add(compared, "variable", identifier=RESPONSE)
            _add(compared, "baseValue", entry=number_text(wrong.value), baseType="float")
            self.says(branch, f"w{place}")

    def text(self, item: ShortText) -> None:
        accept = [carried("text", "accept.0", text) for text in item.accept]
        self.declare("single", "string", accept[:1])
        self.entry()
        self.said[WRONG] = item.otherwise
        self.mapping([(text, item.points) for text in accept])
        self.mapped()

    def entry(self) -> None:
        """Ask for something to type: an element of a line, so it needs a paragraph."""
        _add(_add(self.body, "p"), "textEntryInteraction", responseIdentifier=RESPONSE)

    def declare(self, cardinality: str, kind: str, right: Sequence[str]) -> None:
        self.response.set("cardinality", cardinality)
        self.response.set("baseType", kind)
        if right:
            values = _add(self.response, "correctResponse")
            for value in right:
                _add(values, "value", entry=value)

    def mapping(self, worth: Sequence[tuple[str, float]]) -> None:
        points = number_text(self.item.points)
        mapping = _add(self.response, "mapping", lowerBound="0", upperBound=points, defaultValue="0")
        for name, share in worth:
            entry = _add(mapping, "mapEntry", mapKey=name, mappedValue=number_text(share))
            if isinstance(self.item, ShortText):
                entry.set("caseSensitive", "false")

    def mapped(self, *, own: bool = False) -> None:
        """Let the mapping give the points, and say what is to be said."""
        _add(_add(self.marking, "setOutcomeValue", identifier=SCORE), "mapResponse", identifier=RESPONSE)
        case = _add(self.marking, "responseCondition")
        full = _add(case, "responseIf")
        reached = _add(full, "gte")
        _add(reached, "variable", identifier=SCORE)
        _add(reached, "baseValue", entry=number_text(self.item.points * 0.999), baseType="float")
        self.says(full, RIGHT, own=own)
        self.says(_add(case, "responseElse"), WRONG, own=own)

    def all_or_nothing(self, condition: _Condition, *, own: bool = False) -> ET.Element:
        """Give all points if a condition holds; gives the branches, so that others can be put between them."""
        case = _add(self.marking, "responseCondition")
        full = _add(case, "responseIf")
        condition(full)
        given = _add(full, "setOutcomeValue", identifier=SCORE)
        _add(given, "baseValue", entry=number_text(self.item.points), baseType="float")
        self.says(full, RIGHT, own=own)
        self.says(_add(case, "responseElse"), WRONG, own=own)
        return case

    def says(self, branch: ET.Element, name: str, *, own: bool = False) -> None:
        """Say what bears a name, and what belongs to the options that were chosen."""
        names = _add(_add(branch, "setOutcomeValue", identifier=FEEDBACK), "multiple")
        if own:
            _add(names, "variable", identifier=RESPONSE)
        _add(names, "baseValue", entry=name, baseType="identifier")


def _correct(branch: ET.Element) -> None:
    _operands(_add(branch, "match"))


def _operands(comparison: ET.Element) -> None:
    _add(comparison, "variable", identifier=RESPONSE)
    _add(comparison, "correct", identifier=RESPONSE)


def _equal(branch: ET.Element, tolerance: str) -> ET.Element:
    return _add(branch, "equal", toleranceMode="absolute", tolerance=f"{tolerance} {tolerance}")


def _add(parent: ET.Element, name: str, *, entry: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, name, {key: legal(value) for key, value in attributes.items()})
    child.text = None if entry is None else legal(entry)
    return child


def _paragraph(parent: ET.Element, text: str) -> None:
    _lines(_add(parent, "p"), text)


def _lines(parent: ET.Element, text: str) -> None:
    """Write a text with its line breaks."""
    first, *others = legal(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    parent.text = first
    for line in others:
        _add(parent, "br").tail = line
