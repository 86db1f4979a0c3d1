"""Which words tell of one person among the others of a register, and which may as well be about somebody else."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from ecitizen.register.erasing_words import Name, Sought, Words, fold

SHORTEST = 4
"""A shorter word alone is found in half of all files; together with the given name it tells."""

_DIGITS_OF_A_TELEPHONE = 10
_DIGITS_THAT_TELL = 6
"""A number of fewer digits may be that of a flat or a school."""


def sought(person: Name, contact: str, others: Collection[Name], common: Callable[[str], bool]) -> Sought:
    """Choose what tells of a person among the others; ``common`` knows the words of the course itself."""
    namesakes = [other for other in others if fold(other.surname) == fold(person.surname)]
    sure: list[Words] = []
    maybe: list[Words] = []
    alone = len(person.surname) >= SHORTEST and not namesakes and not common(person.surname)
    if alone:
        sure.append((person.surname,))
    else:
        maybe += [(person.surname,)] if len(person.surname) >= SHORTEST else []
        for words, known in _longer(person):
            taken = any(_may_be(other, words, known) for other in namesakes)
            for way in ((person.surname, *words), (*words, person.surname)):
                (maybe if taken or common(" ".join(way)) else sure).append(way)
    telephones, addresses = told_in(contact)
    sure += [(address,) for address in addresses]
    if not telephones and not addresses and len(contact) >= SHORTEST:
        # «дочь» or «нет» is said of many.
        (sure if len(re.sub(r"\D", "", contact)) >= _DIGITS_THAT_TELL else maybe).append((contact,))
    return Sought(person, tuple(sure), tuple(maybe), telephones)


def told_in(contact: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the telephones that a contact has, by their last ten digits, and its addresses of mail."""
    numbers = [re.sub(r"\D", "", piece) for piece in re.split(r"[^\d\s()+\-.]+", contact)]
    telephones = [one[-_DIGITS_OF_A_TELEPHONE:] for one in numbers if len(one) >= _DIGITS_OF_A_TELEPHONE]
    return tuple(telephones), tuple(re.findall(r"[^\s,;<>()]+@[^\s,;<>()]*[^\s,;<>().]", contact))


def _longer(person: Name) -> Iterator[tuple[Words, str]]:
    """Give what may stand beside a surname, and which parts of a name that takes."""
    for known in ("given", "given patronymic", "g.", "g. p."):
        if words := _parts(person, known):
            yield words, known


def _may_be(other: Name, words: Words, known: str) -> bool:
    """Tell whether what stands beside a surname fits somebody else, of whom less may be known."""
    theirs = _parts(other, known) or _parts(other, known.split()[0])
    return all(fold(one) == fold(two) for one, two in zip(words, theirs, strict=False))


def _parts(name: Name, known: str) -> Words:
    values = {"given": name.given, "patronymic": name.patronymic, "g.": name.given[:1], "p.": name.patronymic[:1]}
    words = [f"{values[part]}." if part.endswith(".") else values[part] for part in known.split()]
    return tuple(words) if all(word.strip(".") for word in words) else ()
