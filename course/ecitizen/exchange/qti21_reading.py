"""Reading QTI 2.1 assessment items, written by us or by another system.

The kind follows from the interaction. What an item says of its own marking (``responseProcessing``) is not run: the
right answers are those that it declares, and shares must be equal.
"""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from ecitizen.exchange import xml_text
from ecitizen.exchange.building import DIFFICULTY, POINTS, Place, an_id, build
from ecitizen.exchange.qti21 import RIGHT, SCORE, TO_ALL, WRONG
from ecitizen.exchange.qti_reading import a_number
from ecitizen.practice.quiz import Item

_INTERACTIONS = {
    "choiceInteraction": ("single", "multiple"),
    "orderInteraction": ("ordered",),
    "matchInteraction": ("multiple",),
    "textEntryInteraction": ("single",),
    "extendedTextInteraction": ("single",),
}
"""What is read, by the cardinalities of the answer."""


def from_item(root: ET.Element, known: dict[str, Any], skill: str, taken: set[str], where: Path | str) -> Item:
    """Read one ``assessmentItem``; ``known`` is our own note about it. Raises ContentError or CourseErrors."""
    name = root.get("identifier", "")
    place = Place(where, f"вопрос {name}")
    raw = _Reader(root, place).read(known)
    raw |= {"id": an_id(name, taken), "skill": skill, "difficulty": DIFFICULTY}
    return build(raw, known, xml_text.carried, place)


class _Reader:
    """Reads the fields of one item."""

    def __init__(self, root: ET.Element, place: Place) -> None:
        self.root, self.place = root, place
        self.response = self.only("responseDeclaration")
        self.said = {one.get("identifier", ""): self.text(one) for one in root.findall("modalFeedback")}
        self.right = [value.text or "" for value in self.response.findall("correctResponse/value")]
        entries = self.response.findall("mapping/mapEntry")
        self.worth = [(one.get("mapKey", ""), a_number(one.get("mappedValue", ""), place)) for one in entries]

    def only(self, name: str) -> ET.Element:
        found = self.root.findall(name)
        if len(found) != 1:
            raise self.place.fault(f"частей {name} в вопросе {len(found)}, а читается одна", "Разделите вопрос")
        return found[0]

    def read(self, known: dict[str, Any]) -> dict[str, Any]:
        body = self.only("itemBody")
        asks = [one for one in body.iter() if one.tag.endswith("Interaction")]
        cardinality = self.response.get("cardinality", "")
        if len(asks) != 1 or cardinality not in _INTERACTIONS.get(asks[0].tag, ()):
            kinds = ", ".join(one.tag for one in asks) or "ничего"
            raise self.place.fault(f"в вопросе {kinds[:80]} ({cardinality})", "Такой вопрос напишите сами")
        both = [self.said.get(name, "") for name in (RIGHT, TO_ALL)]
        raw = {
            "text": "\n".join(filter(None, [self.text(_without(body, asks[0])), self.prompt(asks[0])])),
            "why": " ".join(dict.fromkeys(text for text in both if text)),
            "points": self.points(),
        }
        return raw | self.by_kind(asks[0], cardinality, is_statement="reasons" in known)

    def by_kind(self, asks: ET.Element, cardinality: str, *, is_statement: bool) -> dict[str, Any]:
        match asks.tag, cardinality:
            case "choiceInteraction", "single":
                options = self.options(asks)
                if not is_statement:
                    return {"kind": "single", "options": options}
                wrong_why = next((one["why"] for one in options if not one["right"]), "")
                right = bool(options and options[0]["right"])
                return {"kind": "truefalse", "right": right, "wrong_why": wrong_why}
            case "choiceInteraction", _:
                return {"kind": "several", "options": self.options(asks)}
            case "orderInteraction", _:
                steps = self.choices(asks, "simpleChoice")
                return {"kind": "order", "steps": [self.named(steps, name) for name in self.right]}
            case "matchInteraction", _:
                return {"kind": "match", "pairs": self.pairs(asks)}
            case "extendedTextInteraction", _:
                return {"kind": "written"}
        if self.response.get("baseType") in ("float", "integer"):
            return self.number() | {"otherwise": self.said.get(WRONG, "")}
        return {"kind": "text", "accept": self.equals() or self.right, "otherwise": self.said.get(WRONG, "")}

    def options(self, asks: ET.Element) -> list[dict[str, Any]]:
        right = set(self.equals() or self.right)
        options = []
        for choice in asks.findall("simpleChoice"):
            name = choice.get("identifier", "")
            inside = [self.text(one) for one in choice.findall("feedbackInline")]
            why = self.said.get(name, "") or " ".join(inside)
            options.append({"text": self.text(_without(choice)), "right": name in right, "why": why})
        return options

    def pairs(self, asks: ET.Element) -> list[list[str]]:
        columns = [self.choices(column, "simpleAssociableChoice") for column in asks.findall("simpleMatchSet")]
        if len(columns) != 2:
            raise self.place.fault("столбцов не два", "Проверьте вопрос в той программе")
        found = []
        for pair in self.equals() or self.right:
            left, _, right = pair.partition(" ")
            found.append([self.named(columns[0], left), self.named(columns[1], right)])
        return found

    def number(self) -> dict[str, Any]:
        if len(self.right) != 1:
            raise self.place.fault("верное число должно быть одно", "Оставьте одно")
        equal = self.root.find("responseProcessing/responseCondition/responseIf/equal")
        tolerance = 0.0
        if equal is not None and equal.get("toleranceMode") == "absolute":
            tolerance = max(a_number(part, self.place) for part in (equal.get("tolerance") or "0").split())
        elif equal is not None and equal.get("toleranceMode") == "relative":
            raise self.place.fault("допуск в процентах", "Напишите его числом")
        wrong = []
        for branch in self.root.findall("responseProcessing/responseCondition/responseElseIf"):
            value, name = branch.findtext("equal/baseValue"), branch.findtext("setOutcomeValue/multiple/baseValue")
            if value is not None and name in self.said:
                wrong.append({"value": a_number(value, self.place), "why": self.said[name]})
        return {"kind": "number", "right": a_number(self.right[0], self.place), "tolerance": tolerance, "wrong": wrong}

    def equals(self) -> list[str]:
        """Give what the mapping pays for; all must be worth the same, as ours are."""
        paid = [worth for _, worth in self.worth if worth > 0]
        if paid and max(paid) - min(paid) > 0.001 * max(paid):
            raise self.place.fault("верные ответы стоят по-разному", "Дайте им равные доли: у нас они всегда равны")
        return [name for name, worth in self.worth if worth > 0]

    def points(self) -> float:
        for outcome in self.root.findall("outcomeDeclaration"):
            most = outcome.get("normalMaximum")
            if outcome.get("identifier") == SCORE and most is not None:
                return a_number(most, self.place)
        return POINTS

    def choices(self, parent: ET.Element, name: str) -> dict[str, str]:
        return {one.get("identifier", ""): self.text(_without(one)) for one in parent.findall(name)}

    def named(self, choices: dict[str, str], name: str) -> str:
        if name not in choices:
            raise self.place.fault(
                f"верный ответ {name[:40]!r} не стоит среди ответов", "Исправьте его в той программе"
            )
        return choices[name]

    def prompt(self, asks: ET.Element) -> str:
        prompt = asks.find("prompt")
        return "" if prompt is None else self.text(prompt)

    def text(self, element: ET.Element) -> str:
        """Give all that an element shows as plain text."""
        copy = deepcopy(element)
        for part in copy.iter():
            # Where a line is wrapped in the file says nothing.
            part.text, part.tail = (part.text or "").replace("\n", " "), (part.tail or "").replace("\n", " ")
        copy.tag, copy.tail, copy.attrib = "div", "", {}
        try:
            return xml_text.shown(ET.tostring(copy, encoding="unicode", method="html"))
        except ValueError as error:
            raise self.place.fault(f"в тексте есть {error}", "Напишите это место обычным текстом") from error


def _without(element: ET.Element, interaction: ET.Element | None = None) -> ET.Element:
    """Give an element without its interaction and without what is said to an option."""
    copy = deepcopy(element)
    gone = {"feedbackInline"} | ({interaction.tag} if interaction is not None else set())
    for parent in list(copy.iter()):
        for child in [one for one in parent if one.tag in gone]:
            # What follows it still belongs to the text.
            place = list(parent).index(child)
            if place:
                before = parent[place - 1]
                before.tail = (before.tail or "") + (child.tail or "")
            else:
                parent.text = (parent.text or "") + (child.tail or "")
            parent.remove(child)
    return copy
