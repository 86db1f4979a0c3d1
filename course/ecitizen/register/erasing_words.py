"""How the name of one person may stand in a file, and what only looks like it.

A name is looked for without regard to case, ё and е, line breaks and what stands between the cells of a table, in the
alphabets that files of a library have had. A declined form («Жуковой») is another word, and so is a misprint.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import unquote

Likeness = Literal["sure", "maybe"]
Words = tuple[str, ...]

MASK = "***"
"""Stands where a name stood. Seven bits and no quote: it is safe in JSON, in a Python literal and on a web page."""

_ENCODINGS = ("utf-8", "cp1251", "koi8-r", "cp866", "utf-16-le", "utf-16-be")
_AROUND_BYTES = 600
_GLUE = r"[\W_]{0,20}"
_BETWEEN_DIGITS = rb"[\s()\-.\x00]{0,6}"
_LATIN = re.compile(r"[0-9A-Za-z\u00c0-\u024f]")
_LATIN_EDGES = (
    # What is escaped may end with a letter or a digit.
    rf"(?:(?<!{_LATIN.pattern})(?<![A-Za-z]-)|(?<=\\[nrt])|(?<=\\u[0-9A-Fa-f]{{4}})|(?<=%[0-9A-Fa-f]{{2}}))",
    rf"(?!-?[A-Za-z])(?!{_LATIN.pattern})",
)
_GAP = r"(?:[\W_]|\\[nrt]|&nbsp;){%d,20}"


@dataclass(frozen=True, slots=True)
class Name:
    """What somebody is called; parts may be empty."""

    surname: str
    given: str = ""
    patronymic: str = ""
    born: int | None = None
    """Year of birth."""

    def may_be(self, other: Name) -> bool:
        """Tell whether both are called the same, as far as both are known."""
        patronymics = not self.patronymic or not other.patronymic or fold(self.patronymic) == fold(other.patronymic)
        return fold(self.surname) == fold(other.surname) and fold(self.given) == fold(other.given) and patronymics

    def has_become(self, other: Name) -> bool:
        """Tell whether two names under one card are those of one person: people change one of them, not all."""
        if fold(self.surname) == fold(other.surname):
            return True
        return fold(self.given) == fold(other.given) and self.born is not None and self.born == other.born


@dataclass(frozen=True)
class Sought:
    """The ways in which a person is written."""

    person: Name

    sure: tuple[Words, ...]
    """Words in their order; whoever writes these means this person."""

    maybe: tuple[Words, ...] = ()
    """May as well be about somebody else: a namesake, or a word of the lessons."""

    telephones: tuple[str, ...] = ()
    """The last ten digits of each, however they are grouped."""

    def likeness(self, data: bytes) -> Likeness | None:
        """Tell what bytes hold, in whatever alphabet."""
        found: Likeness | None = None
        if self._has_telephone(data):
            return "sure"
        for text in self._near(data):
            if self._sure is not None and self._sure.search(text):
                return "sure"
            if self._maybe is not None and self._maybe.search(text):
                found = "maybe"
        return found

    def in_pages(self, data: bytes, *, exact: bool) -> bool:
        """Tell whether the pages of a database hold the name: there one column follows another without a gap.

        Not ``exact``, a longer surname counts as well: it may be this one with another column behind it.
        """
        if not exact and self._has_telephone(data):
            return True
        own = (self.person.surname, self.person.given)
        ways = [own, *(way for way in self.sure if len(way) > 1)] if exact else self.sure
        # Rows were asked apart: here a longer name is somebody else's.
        edges = (r"(?<![А-Яа-яЁё])", r"(?![а-яё])") if exact else ("", "")
        wanted = [re.compile(_GLUE.join("".join(map(_plain_letter, word)) for word in way).join(edges)) for way in ways]
        return any(pattern.search(text) for text in self._near(data) for pattern in wanted)

    def masked(self, text: str) -> str:
        """Give a text without the name, escaped as JSON does it or not."""
        for pattern in (self._sure, self._escaped):
            if pattern is not None:
                text = pattern.sub(MASK, text)
        if self._telephone is not None:
            text = self._telephone.sub(MASK.encode(), text.encode("utf-8", "surrogatepass")).decode(
                "utf-8", "surrogatepass"
            )
        return text

    def with_older(self, other: Sought) -> Sought:
        """Look for both: the same person was called otherwise once."""
        sure, maybe = dict.fromkeys((*self.sure, *other.sure)), dict.fromkeys((*self.maybe, *other.maybe))
        telephones = dict.fromkeys((*self.telephones, *other.telephones))
        return Sought(self.person, tuple(sure), tuple(maybe), tuple(telephones))

    @property
    def anchors(self) -> tuple[str, ...]:
        """Give words of which one stands wherever the name does."""
        return tuple(dict.fromkeys(max(ways, key=len) for ways in (*self.sure, *self.maybe)))

    @property
    def forms(self) -> tuple[str, ...]:
        """Give pieces of text of which a row that surely has the name holds one; for a rough choice by a database."""
        found: dict[str, None] = {}
        for anchor in dict.fromkeys(max(ways, key=len) for ways in self.sure):
            piece = max(re.split(r"[\W_]+", anchor), key=len)
            for form in (piece, piece.lower(), piece.upper(), piece.capitalize()):
                for spelt in (form, form.replace("ё", "е").replace("Ё", "Е")):
                    escaped = json.dumps(spelt)[1:-1]
                    found |= dict.fromkeys([spelt, *(escaped.replace("\\", "\\" * deep) for deep in (1, 2, 4))])
        return tuple(found)

    @cached_property
    def _sure(self) -> re.Pattern[str] | None:
        return _pattern(self.sure, _plain_letter)

    @cached_property
    def _maybe(self) -> re.Pattern[str] | None:
        return _pattern(self.maybe, _plain_letter)

    @cached_property
    def _escaped(self) -> re.Pattern[str] | None:
        return _pattern(self.sure, _escaped_letter)

    @cached_property
    def _telephone(self) -> re.Pattern[bytes] | None:
        pattern = rb"(?<!\d)(?:\+?[78]%s)?(?:%s)(?![\x00]?\d)" % (_BETWEEN_DIGITS, self._digits.pattern)
        return re.compile(pattern) if self.telephones else None

    @cached_property
    def _digits(self) -> re.Pattern[bytes]:
        return re.compile(b"|".join(_BETWEEN_DIGITS.join(_bytes(telephone)) for telephone in self.telephones))

    def _has_telephone(self, data: bytes) -> bool:
        # The digits alone are found twenty times as fast.
        return self._telephone is not None and bool(self._digits.search(data) and self._telephone.search(data))

    @cached_property
    def _anchors(self) -> tuple[tuple[str, re.Pattern[bytes]], ...]:
        """Give what to look for first, in bytes: the longest word of each way, an encoding or an escape at a time."""
        found = []
        for coding in (*_ENCODINGS, "u", "&", "%"):
            fitting = [word for word in self.anchors if _fits(word, coding)]
            ways = [b"".join(_any_case(letter, coding) for letter in word) for word in fitting]
            if ways:
                found.append((coding, re.compile(b"|".join(ways))))
        return tuple(found)

    def _near(self, data: bytes) -> Iterator[str]:
        """Give the text around each place where an anchor stands."""
        for coding, anchor in self._anchors:
            if coding == "u" and b"\\u" not in data:
                continue
            for hit in anchor.finditer(data):
                # An even distance keeps the pairs of UTF-16 together.
                far = min(_AROUND_BYTES, hit.start() - hit.start() % 2 if coding.startswith("utf-16") else hit.start())
                before = data[hit.start() - far : hit.start()]
                yield _text(before, coding) + _text(data[hit.start() : hit.end() + _AROUND_BYTES], coding)


def fold(word: str) -> str:
    """Give a word without case, and with е for ё."""
    return word.casefold().replace("ё", "е")


def _variants(letter: str) -> list[str]:
    """Give a letter in both cases, е for ё and the other way round."""
    alike = "её" if letter.lower() in "её" else letter.lower()
    return sorted({form for one in alike for form in (one, one.upper()) if len(form) == 1})


def _fits(word: str, coding: str) -> bool:
    if coding not in _ENCODINGS:
        return not word.isascii()
    try:
        word.encode(coding)
    except UnicodeEncodeError:
        return False
    return True


def _any_case(letter: str, coding: str) -> bytes:
    """Give a pattern of bytes for one letter."""
    if letter.isspace():
        return rb"[\s\x00]{1,6}"
    ways = []
    for one in _variants(letter):
        if coding == "u":
            ways.append(rb"\\+u(?i:%04x)" % ord(one))
        elif coding == "&":
            ways.append(rb"&#(?:%d|[xX](?i:0{0,2}%x));" % (ord(one), ord(one)))
        elif coding == "%":
            ways.append(b"".join(b"%%(?i:%02x)" % byte for byte in one.encode()))
        elif _fits(one, coding):
            ways.append(re.escape(one.encode(coding)))
    escaped = [re.escape(letter.encode())] if coding not in _ENCODINGS and letter.isascii() else []
    return b"(?:%s)" % b"|".join([*ways, *escaped])


def _text(data: bytes, coding: str) -> str:
    """Decode what surrounds a hit; a letter cut in two at the edge is left out."""
    if coding in _ENCODINGS:
        return data.decode(coding, "ignore")
    text = data.decode("utf-8", "ignore")
    if coding == "u":
        return re.sub(r"\\+u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return html.unescape(text) if coding == "&" else unquote(text)


def _plain_letter(letter: str) -> str:
    if letter.isspace():
        return r"\s+"
    if not letter.isalpha():
        return re.escape(letter)
    return f"[{''.join(map(re.escape, _variants(letter)))}]"


def _escaped_letter(letter: str) -> str:
    if letter.isascii():
        return _plain_letter(letter)
    ways = "|".join(rf"\\+u(?i:{ord(one):04x})" for one in _variants(letter))
    return f"(?:{ways})"


def _pattern(ways: Collection[Words], letter: Callable[[str], str]) -> re.Pattern[str] | None:
    """Give one pattern for several ways of writing; a longer way goes first, so that nothing is left of it."""
    if not ways:
        return None
    whole = r"(?<![А-Яа-яЁё])(?<![А-Яа-яЁё]-)(?<!u04[0-9a-fA-F]{2})(?:%s)(?!-?[А-Яа-яЁё])(?!\\+u04)"
    found = []
    for words in sorted(ways, key=lambda words: -len("".join(words))):
        written = []
        for word in words:
            written.append("".join(map(letter, word)) + (_GAP % (0 if word.endswith(".") else 1)))
        written[-1] = written[-1].removesuffix(_GAP % (0 if words[-1].endswith(".") else 1))
        before, after = (_LATIN_EDGES[place] if _LATIN.match(words[-place][-place]) else "" for place in (0, 1))
        found.append(f"{before}{''.join(written)}{after}")
    return re.compile(whole % "|".join(found))


def _bytes(text: str) -> list[bytes]:
    return [one.encode() for one in text]
