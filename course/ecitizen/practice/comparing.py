"""Whether two spellings mean one value of a form field, and what verdict a field gets."""

import re

from ecitizen.practice.fields import NUMBERS, FormField
from ecitizen.practice.flow import Verdict
from ecitizen.practice.wording import normal_text, read_number

_ADDRESS_WORD = re.compile(
    "г|гор|город|с|село|дер|деревня|пос|поселок|ул|улица|пр|проспект|пер|переулок|пл|площадь|д|дом|к|корп|корпус|стр|строение|кв|квартира"
)
"""Words of an address that people write or leave out as they like."""


def verdict_of(field: FormField, text: str, expected: str | None, least: str | None, most: str | None) -> Verdict:
    """Judge what stands in a field that is typed or chosen in; ``expected``, ``least``, ``most`` are filled in already.

    Without ``expected`` anything within the limits is right.
    """
    if not text.strip():
        return "empty"
    if field.type in NUMBERS:
        number = read_number(text)
        if number is None:
            return "wrong"
        if least is not None and (floor := read_number(least)) is not None and number < floor:
            return "too-small"
        if most is not None and (ceiling := read_number(most)) is not None and number > ceiling:
            return "too-big"
    return "right" if expected is None or same(field.type, text, expected) else "wrong"


def same(kind: str, typed: str, expected: str) -> bool:
    """Tell whether two spellings mean one value of a field type.

    Case, ё, spaces and punctuation never matter, but in a password all of them do.
    """
    match kind:
        case "phone":
            return _digits(typed)[-10:] == _digits(expected)[-10:] and _is_phone(_digits(typed))
        case "code" | "snils" | "inn" | "passport" | "card":
            return _digits(typed) == _digits(expected)
        case "amount" | "meter":
            number = read_number(typed)
            return number is not None and number == read_number(expected)
        case "date":
            return _date(typed) == _date(expected)
        case "password" | "choice" | "file":
            return typed.strip() == expected
        case "checks":
            return set(typed.split()) == set(expected.split())
        case "email":
            return typed.strip().casefold() == expected.casefold()
        case "address":
            return _address(typed) == _address(expected)
        case _:
            return normal_text(typed) == normal_text(expected)


def _digits(text: str) -> str:
    return "".join(re.findall("[0-9]+", text))


def _is_phone(digits: str) -> bool:
    return len(digits) == 10 or (len(digits) == 11 and digits[0] in "78")


def _date(text: str) -> tuple[int, ...]:
    """Read day, month, year from ``14.05.1953``, ``14 5 1953``, ``14051953`` or ``1953-05-14``."""
    groups = re.findall("[0-9]+", text)
    if len(groups) == 1 and len(groups[0]) == 8:
        groups = [groups[0][:2], groups[0][2:4], groups[0][4:]]
    if any(len(group) > 4 for group in groups):
        return ()
    numbers = tuple(int(group) for group in groups)
    return numbers[::-1] if groups and len(groups[0]) == 4 else numbers


def _address(text: str) -> list[str]:
    return [word for word in normal_text(text).split() if not _ADDRESS_WORD.fullmatch(word)]
