"""How hard a Russian text is to read.

Flesch's reading ease as fitted to Russian by Oborneva (2006): 206.835 - 1.3 * ASL - 60.1 * ASW, where ASL is words a
sentence and ASW vowels a word. 60 and more is plain; lessons aim at 60 and at no more than 12 words a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_VOWEL = re.compile(r"[аеёиоуыэюяaeiouy]", re.IGNORECASE)
_SENTENCE_END = re.compile(r"[.!?…]+[»\")*_]*(?:\s+|$)")
_CODE_BLOCK = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_HEADING = re.compile(r"^\s*#{1,6}\s")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Reading:
    """Both measures of one text."""

    sentence_words: float
    """Average sentence length, in words."""

    ease: float
    """Flesch-Oborneva reading ease; greater is easier, 60 and more is plain."""


def reading_of(markdown: str) -> Reading | None:
    """Measure a text in Markdown, headings and code left out; None if it holds no words."""
    sentences = [words for sentence in _sentences(markdown) if (words := _WORD.findall(sentence))]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return None
    length = len(words) / len(sentences)
    vowels = sum(len(_VOWEL.findall(word)) for word in words) / len(words)
    return Reading(length, 206.835 - 1.3 * length - 60.1 * vowels)


def _sentences(markdown: str) -> Iterator[str]:
    for block in _blocks(_CODE_BLOCK.sub("", markdown)):
        yield from _SENTENCE_END.split(block)


def _blocks(markdown: str) -> Iterator[str]:
    """Give paragraphs and list entries as plain text; a line break inside a paragraph ends no sentence."""
    block: list[str] = []
    for line in [*_TAG.sub("", _LINK.sub(r"\1", markdown)).splitlines(), ""]:
        heading, entry = _HEADING.match(line), _LIST_MARK.match(line)
        if block and (heading or entry or not line.strip()):
            yield " ".join(block)
            block = []
        if line.strip() and not heading:
            block.append(_LIST_MARK.sub("", line).strip())
