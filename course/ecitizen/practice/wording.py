"""Reading what people type: the same word in any spelling, the same number in any writing."""

from __future__ import annotations

import math
import re
import unicodedata

LONGEST = 500
"""Characters of a typed answer that are looked at; more than any short answer needs."""

_DROPPED = {"\u0301", "\u0308"}  # the stress mark, and the dots of ё
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:[.,]([0-9]{1,9}))?([^0-9]*)")
_THOUSANDS = "тыс"
_MINUSES = str.maketrans("\u2212\u2013\u2014\u2010\u2011", "-----")


def normal_text(text: str) -> str:
    """Give the text without case, ё, stress marks, punctuation, invisible characters and spare spaces.

    ``normal_text("  Ещё,\u200b раз! ") == "еще раз"``. Applying it twice changes nothing.
    """
    visible = "".join(char for char in text[:LONGEST] if unicodedata.category(char) != "Cf")
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", visible).casefold())
    kept = "".join(_letter_or_space(char) for char in apart if char not in _DROPPED)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _letter_or_space(char: str) -> str:
    # Letters, marks (the hook of й) and digits make words; everything else only parts them.
    return char if unicodedata.category(char)[0] in "LMN" else " "


def written_text(answer: object) -> str:
    """Give the text of a written answer; empty where there is nothing for a person to read."""
    return answer.strip() if isinstance(answer, str) else ""


def read_number(answer: object) -> float | None:
    """Read a number as people write it: ``6``, ``"6,5"``, ``"1 500 руб."``; None if it is not one finite number.

    Words after the number are its unit and are not checked; ``тыс.`` multiplies by a thousand.
    """
    if isinstance(answer, bool):
        return None
    if isinstance(answer, int | float):
        # An int with more digits than any float has is no answer either.
        return float(answer) if abs(answer) <= 1e15 and math.isfinite(answer) else None
    return _typed_number(answer) if isinstance(answer, str) else None


def _typed_number(answer: str) -> float | None:
    plain = unicodedata.normalize("NFKC", answer[:LONGEST]).casefold().translate(_MINUSES)
    squeezed = "".join(char for char in plain if not char.isspace() and unicodedata.category(char) != "Cf")
    found = _NUMBER.fullmatch(squeezed)
    if found is None:
        return None
    sign, whole, part, unit = found.groups()
    value = float(f"{sign}{whole}.{part or 0}")
    return value * 1000 if unit.startswith(_THOUSANDS) else value
