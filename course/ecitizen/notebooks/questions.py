"""A quiz on paper: the questions without any key, and the key with its explanations for the instructor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ecitizen.notebooks.picturing import SEED
from ecitizen.notebooks.words import Words
from ecitizen.practice.presenting import present
from ecitizen.practice.quiz import (
    Find,
    Item,
    Mark,
    Match,
    Number,
    Option,
    Order,
    Quiz,
    Several,
    ShortText,
    Single,
    TrueFalse,
    Written,
)

JSON = dict[str, Any]

_INNER: Final = str.maketrans("«»", "„“")
"""Quotes within quotes."""

Told = tuple[str, str]
"""What is answered, and what there is to say to it."""


def questions(quiz: Quiz, words: Words) -> list[JSON]:
    """Give the questions as a page may see them; each list of options gets its letters.

    Built from ``present`` alone, so that nothing of a key can slip onto the sheet.
    """
    return [_lettered(present(item, SEED), words) for item in quiz.items]


def _lettered(view: JSON, words: Words) -> JSON:
    lists = {name: view[name] for name in ("options", "right") if isinstance(view.get(name), list)}
    return view | {
        name: [{"letter": words.letters[place], "text": part["text"]} for place, part in enumerate(parts)]
        for name, parts in lists.items()
    }


def key(quiz: Quiz, words: Words, labels: JSON) -> list[JSON]:
    """Give the answers in the letters of the sheet: ``text``, ``points``, ``right``, ``why`` and ``wrong``.

    ``labels`` are the texts of the quiz on the page; ``wrong`` pairs what people answer with what to tell them. Of a
    kind that is new here only text, points and ``why`` are given.
    """
    return [_Key(item, words, labels).entry() for item in quiz.items]


def figure(number: float) -> str:
    """Write a number as people do: all digits in groups of three, a comma before the fraction."""
    return f"{number:,.12f}".rstrip("0").rstrip(".").replace(",", "\u00a0").replace(".", ",")


class _Key:
    """Writes the key of one question."""

    def __init__(self, item: Item, words: Words, labels: JSON) -> None:
        self.item, self.words, self.labels = item, words, labels

    def entry(self) -> JSON:
        right, wrong = self.told()
        return {
            "text": self.item.text,
            "points": figure(self.item.points),
            "right": [{"text": text, "why": why} for text, why in right],
            "why": self.item.why,
            "wrong": [{"text": text, "why": why} for text, why in wrong if why.strip()],
        }

    def told(self) -> tuple[list[Told], list[Told]]:
        """Give what is right and what is wrong, each with its explanation."""
        words, item = self.words, self.item
        match item:
            case Single() | Several():
                return self.options(item.options)
            case TrueFalse():
                right, wrong = self.options(item.reasons)
                value = self.labels["value_true" if item.right else "value_false"]
                return [(value, ""), *right], [(words.statement, item.wrong_why), *wrong]
            case Order():
                return [(words.place.format(n=n, text=step), "") for n, step in enumerate(item.steps, 1)], []
            case Match():
                return self.pairs(item), []
            case Number():
                wrong = [(figure(number.value), number.why) for number in item.wrong]
                return [(self.number(item), "")], [*wrong, (words.any_number, item.otherwise)]
            case ShortText():
                return [self.accepted(item)], [(words.any_text, item.otherwise)]
            case Mark():
                # In an address the dot is what it is all about.
                around = " " if item.context == "address" else " ,.;:"
                return _parted((span.text.strip(around), span.suspicious, span.why) for span in item.spans)
            case Find():
                return _parted((button.text, button.right, button.why) for button in item.options)
            case Written():
                scheme = [words.scheme.format(text=line.text, points=figure(line.points)) for line in item.scheme]
                return [(words.sample.format(text=item.sample), ""), *((line, "") for line in scheme)], []
        return [], []

    def options(self, options: Sequence[Option]) -> tuple[list[Told], list[Told]]:
        """Sort the options by their letters on the sheet."""
        shown = [part["text"] for part in present(self.item, SEED)["options"]]
        by_text = {option.text: option for option in options}
        lettered = [
            (self.words.option.format(letter=self.words.letters[place], text=text), by_text[text])
            for place, text in enumerate(shown)
        ]
        right = [(line, "") for line, option in lettered if option.right]
        return right, [(line, option.why) for line, option in lettered if not option.right]

    def pairs(self, item: Match) -> list[Told]:
        """Name the letter of the mate of each line."""
        view, mates = present(item, SEED), dict(item.pairs)
        letters = {part["text"]: self.words.letters[place] for place, part in enumerate(view["right"])}
        lines = [(left["text"], mates[left["text"]]) for left in view["left"]]
        return [
            (self.words.pair.format(n=n, left=left, letter=letters[right], right=right), "")
            for n, (left, right) in enumerate(lines, 1)
        ]

    def accepted(self, item: ShortText) -> Told:
        """Give the first of the answers, which is the one to tell, and what else is right."""
        first, *others = item.accept
        return first, self.words.also.format(others="; ".join(others)) if others else ""

    def number(self, item: Number) -> str:
        """Write the right number as the page writes it."""
        shape = self.words.tolerance if item.tolerance else self.words.number
        filled = shape.format(number=figure(item.right), unit=item.unit, tolerance=figure(item.tolerance))
        return filled.replace(" ,", ",").strip()


def _parted(pieces: Iterable[tuple[str, bool, str]]) -> tuple[list[Told], list[Told]]:
    """Part what was to be found from the rest."""
    parted: tuple[list[Told], list[Told]] = ([], [])
    for text, right, why in pieces:
        parted[not right].append((f"«{text.translate(_INNER)}»", why))
    return parted
