"""Which wrong answers people give: each kind of question has its own kind of wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecitizen.practice.items import key, mark_key
from ecitizen.practice.quiz import (
    Checked,
    Find,
    Mark,
    Match,
    Number,
    Option,
    Order,
    Several,
    ShortText,
    Single,
    Span,
    TrueFalse,
    ids,
)
from ecitizen.practice.wording import normal_text, read_number

LONGEST_TYPED = 60
"""Characters of a typed answer that are told."""


@dataclass(frozen=True, slots=True)
class Distractor:
    """One wrong answer, or a wrong part of one."""

    text: str
    learners: int
    confusable: bool = True
    """Whether it is something that can be taken for the right one; a step too early or a guess in words is not."""


def distractors(item: Checked, answers: Iterable[object]) -> list[Distractor]:
    """Count the wrong answers of a class, the most frequent first; what nobody can read is left out.

    A typed answer is told only if two or more gave it: what one person alone has typed may be about that person.
    """
    found = Counter(text for answer in answers for text in _wrong(item, answer))
    least = 2 if isinstance(item, ShortText | Number) else 1
    confusable = not isinstance(item, Order | ShortText)
    return [Distractor(text, count, confusable) for text, count in found.most_common() if count >= least]


def _wrong(item: Checked, answer: object) -> list[str]:
    if mark_key(key(item), answer) == 1:
        return []
    match item:
        case Single() | Find():
            return _texts("o", item.options, [answer])
        case Several() | Mark():
            parts: Sequence[Option | Span] = item.options if isinstance(item, Several) else item.spans
            known = set(key(item)["right"])
            picked = answer if isinstance(answer, list) else []
            prefix = "o" if isinstance(item, Several) else "p"
            return _texts(prefix, parts, [one for one in picked if isinstance(one, str) and one not in known])
        case TrueFalse():
            return _of_reasoned(item, answer)
        case Number():
            number = read_number(answer)
            return [] if number is None else [f"{number:g}".replace(".", ",")]
        case ShortText():
            return [text] if isinstance(answer, str) and (text := normal_text(answer)[:LONGEST_TYPED]) else []
        case Match():
            return _of_pairs(item, answer)
        case Order():
            return _of_steps(item, answer)


def _of_reasoned(item: TrueFalse, answer: object) -> list[str]:
    if not isinstance(answer, dict):
        return []
    if answer.get("value") is (not item.right):
        return [item.wrong_why]
    return _texts("o", item.reasons, [answer.get("reason")])


def _of_pairs(item: Match, answer: object) -> list[str]:
    if not isinstance(answer, dict):
        return []
    left = dict(zip(ids("l", item.pairs), (pair[0] for pair in item.pairs), strict=True))
    right = dict(zip(ids("r", item.pairs), (pair[1] for pair in item.pairs), strict=True))
    return [
        f"{left[one]} — {right[other]}"
        for one, other in answer.items()
        if isinstance(other, str) and one in left and other in right and one[1:] != other[1:]
    ]


def _of_steps(item: Order, answer: object) -> list[str]:
    texts = dict(zip(ids("s", item.steps), item.steps, strict=True))
    if not isinstance(answer, list) or not answer or not isinstance(answer[0], str) or answer[0] not in texts:
        return []
    # The first step that is out of its place is where the way was lost.
    known = list(texts)
    for given, wanted in zip(answer, known, strict=False):
        if given != wanted:
            return [texts[given]] if isinstance(given, str) and given in texts else []
    return []


def _texts(prefix: str, parts: Sequence[Option | Span], picked: Sequence[object]) -> list[str]:
    known = dict(zip(ids(prefix, parts), (part.text.strip() for part in parts), strict=True))
    return [known[one] for one in picked if isinstance(one, str) and one in known]
