"""The real-data guard: finds numbers that may belong to a living person, before anything is kept.

``widgets/guard.js`` is the twin that runs in the browser before sending; ``tests/golden/guard.json`` holds the vectors
that both must pass. The rule, the same in both:

1. A *run* is a stretch of digit groups parted by at most three of: space, hyphen or dash, bracket, ``№``.
2. Every window of neighbouring groups of a run with 10, 11, 12 or 16 to 19 digits in all is looked at, windows with
   more digits first, then from the left; the first one that looks real decides.
3. 16-19 digits: a card, if it passes the Luhn check and does not begin with 0.
   12 digits: an ИНН, if its check digits are right and it does not begin with 00.
   11 digits grouped 3-3-3-2: a СНИЛС, if its check number is right.
   11 digits beginning with 7 or 8: a phone, unless its code is 000 or it is the persona's.
   Other 11 digits: a СНИЛС, if its check number is right.
   10 digits beginning with 00: nothing. 10 digits grouped 4-6 or 2-2-6: a passport, unless it is the persona's.
   Other 10 digits, unless they are the persona's phone or passport: beginning with 9 a phone; with right check digits
   an ИНН; in one group a passport; beginning with 3, 4 or 8 a phone.

The rule of the СНИЛС check number: the sum of digit_i * (10 - i), i = 1..9, below 100 is itself; 100 and 101 give 00;
more is taken modulo 101, where 100 gives 00. It holds for numbers above 001-001-998 only.
"""

import re
from collections.abc import Iterator
from typing import Literal, Protocol

from stdnum import luhn
from stdnum.ru import inn

RealKind = Literal["phone", "snils", "inn", "card", "passport"]
REAL_KINDS: tuple[RealKind, ...] = ("phone", "snils", "inn", "card", "passport")

_GAP = " \t\u00a0\u2009\u202f()\\-\u2010-\u2015\u2212№"
_RUN = re.compile(rf"[0-9]+(?:[{_GAP}]{{1,3}}[0-9]+)*")
_GROUP = re.compile("[0-9]+")
_LENGTHS = frozenset({10, 11, 12, 16, 17, 18, 19})
_LONGEST = max(_LENGTHS)
_UNCHECKED_SNILS = 1_001_998


class Owner(Protocol):
    """Whose made-up numbers may be typed; a persona is one."""

    @property
    def phone(self) -> str:
        """Telephone number in any spelling."""

    @property
    def passport(self) -> str:
        """Series and number in any spelling."""


def find_real(text: str, persona: Owner) -> RealKind | None:
    """Name the kind of the first number in the text that may belong to a living person; None if there is none."""
    for run in _RUN.findall(text):
        windows = sorted(_windows(_GROUP.findall(run)), key=lambda window: -sum(map(len, window)))
        for window in windows:
            if kind := _kind(window, persona):
                return kind
    return None


def _windows(groups: list[str]) -> Iterator[list[str]]:
    for start in range(len(groups)):
        length = 0
        for end in range(start, len(groups)):
            length += len(groups[end])
            if length in _LENGTHS:
                yield groups[start : end + 1]
            if length > _LONGEST:
                break


def _kind(groups: list[str], persona: Owner) -> RealKind | None:
    digits = "".join(groups)
    shape = [len(group) for group in groups]
    match len(digits):
        case 10:
            return _ten(digits, shape, persona)
        case 11:
            return _eleven(digits, shape, persona)
        case 12:
            return "inn" if is_inn(digits) and not digits.startswith("00") else None
        case _:
            return "card" if is_card(digits) else None


def _ten(digits: str, shape: list[int], persona: Owner) -> RealKind | None:
    if digits.startswith("00") or digits in (_digits(persona.phone)[-10:], _digits(persona.passport)):
        return None
    if shape in ([4, 6], [2, 2, 6]):
        return "passport"
    if digits[0] == "9":
        return "phone"
    if is_inn(digits):
        return "inn"
    if len(shape) == 1:
        return "passport"
    return "phone" if digits[0] in "348" else None


def _eleven(digits: str, shape: list[int], persona: Owner) -> RealKind | None:
    if shape != [3, 3, 3, 2] and digits[0] in "78":
        known = digits[1:4] == "000" or digits[1:] == _digits(persona.phone)[-10:]
        return None if known else "phone"
    return "snils" if is_snils(digits) else None


def is_snils(number: str) -> bool:
    """Tell whether a СНИЛС of 11 digits carries the right check number (gaps do not matter)."""
    digits = _digits(number)
    if len(digits) != 11 or int(digits[:9]) <= _UNCHECKED_SNILS:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits[:9], range(9, 0, -1), strict=True))
    return int(digits[9:]) == total % 101 % 100


def is_card(number: str) -> bool:
    """Tell whether 16 to 19 digits pass the check of a bank card (gaps do not matter)."""
    digits = _digits(number)
    return 16 <= len(digits) <= 19 and digits[0] != "0" and bool(luhn.is_valid(digits))


def is_inn(number: str) -> bool:
    """Tell whether 10 or 12 digits carry the right check digits of an ИНН (gaps do not matter)."""
    return bool(inn.is_valid(_digits(number)))


def _digits(text: str) -> str:
    return "".join(_GROUP.findall(text))
