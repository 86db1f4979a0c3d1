"""Checking quiz items: how right an answer is, and what to tell the learner about it.

This is the door of the quiz part of the room: ``check`` here, the marking by a key in ``marking``, what a page may see
in ``presenting``. All of it is pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecitizen.practice import phrases
from ecitizen.practice.marking import key, mark_key, picked_ids
from ecitizen.practice.presenting import JSON, present, resolve, to_tokens
from ecitizen.practice.quiz import (
    Checked,
    Find,
    Item,
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
    Written,
    ids,
)
from ecitizen.practice.refusal import Refused
from ecitizen.practice.wording import normal_text, read_number, written_text

__all__ = ["Refused", "Verdict", "check", "key", "mark_key", "present", "resolve", "right_answer", "to_tokens"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer is worth and what to say about it."""

    share: float | None
    """Share of the item's points, 0 to 1; 1 is fully right. None: a person has yet to say."""

    notes: list[str]
    """Sentences for the learner, at least one. They name no right option unless the answer is fully right."""

    @property
    def waits(self) -> bool:
        """Tell whether a person has to read the answer."""
        return self.share is None


def check(item: Item, answer: object) -> Verdict:
    """Judge an answer given in ids; any JSON value is allowed and none raises.

    An answer of the wrong shape is worth 0. The order of ids does not matter for ``several`` and ``mark``.
    """
    if isinstance(item, Written):
        return _on_written(item, answer)
    share = mark_key(key(item), answer)
    if share == 1:
        notes = [*_praise(item), item.why]
    elif isinstance(item, Number | ShortText):
        notes = [_on_typed(item, answer)]
    elif isinstance(item, Order | Match):
        notes = [_on_arranged(item, answer)]
    else:
        notes = _on_chosen(item, answer)
    said = [note for note in notes if note.strip()]
    return Verdict(share, said or [phrases.RIGHT])


def right_answer(item: Item) -> JSON:
    """Give an answer in ids that earns the full share; of a written one the sample, which its author finds good."""
    if isinstance(item, Written):
        return item.sample
    known = key(item)
    if isinstance(item, TrueFalse):
        return {"value": known["right"], "reason": known["reason"]}
    if isinstance(item, ShortText):
        return item.accept[0]
    if isinstance(item, Number):
        return int(item.right) if item.right.is_integer() else item.right
    right: JSON = known["right"]
    return right


def _praise(item: Checked) -> list[str]:
    if isinstance(item, Single | Several | Find):
        return [option.why for option in item.options if option.right]
    if isinstance(item, TrueFalse):
        return [reason.why for reason in item.reasons if reason.right]
    if isinstance(item, Mark):
        return [span.why for span in item.spans if span.suspicious]
    return []


def _on_written(item: Written, answer: object) -> Verdict:
    if not written_text(answer):
        return Verdict(0.0, [phrases.NOTHING_TYPED if isinstance(answer, str) else phrases.UNREADABLE])
    return Verdict(None, [note for note in (phrases.WAITS, item.why) if note.strip()])


def _on_chosen(item: Single | Several | TrueFalse | Mark | Find, answer: object) -> list[str]:
    if isinstance(item, Single | Find):
        why = dict(zip(ids("o", item.options), (option.why for option in item.options), strict=True))
        return [why.get(answer, phrases.UNREADABLE) if isinstance(answer, str) else phrases.UNREADABLE]
    if isinstance(item, TrueFalse):
        return [_on_reasoned(item, answer)]
    return _on_picks(item, answer)


def _on_reasoned(item: TrueFalse, answer: object) -> str:
    if not isinstance(answer, dict) or not isinstance(answer.get("value"), bool):
        return phrases.UNREADABLE
    if answer["value"] is not item.right:
        return item.wrong_why
    why = dict(zip(ids("o", item.reasons), (reason.why for reason in item.reasons), strict=True))
    reason = answer.get("reason")
    return why.get(reason, phrases.NO_REASON) if isinstance(reason, str) else phrases.NO_REASON


def _on_picks(item: Several | Mark, answer: object) -> list[str]:
    picked = picked_ids(answer)
    parts: Sequence[Option | Span] = item.options if isinstance(item, Several) else item.spans
    known = ids("o" if isinstance(item, Several) else "p", parts)
    if picked is None or not picked <= set(known):
        return [phrases.UNREADABLE]
    if not picked:
        return [phrases.NOTHING_CHOSEN]
    right = set(key(item)["right"])
    wrong = [part for part_id, part in zip(known, parts, strict=True) if part_id in picked - right]
    notes = [part.why or phrases.NOT_SUSPICIOUS.format(text=part.text.strip()) for part in wrong]
    return notes if right <= picked else [*notes, phrases.NOT_ALL_FOUND]


def _on_arranged(item: Order | Match, answer: object) -> str:
    if isinstance(item, Order):
        steps = ids("s", item.steps)
        whole = picked_ids(answer) == set(steps) and isinstance(answer, list) and len(answer) == len(steps)
        return phrases.WRONG_ORDER if whole else phrases.UNREADABLE
    if not isinstance(answer, dict):
        return phrases.UNREADABLE
    pairs = len(item.pairs)
    return phrases.PAIRS_FOUND.format(right=round(mark_key(key(item), answer) * pairs), all=pairs)


def _on_typed(item: Number | ShortText, answer: object) -> str:
    if isinstance(item, ShortText):
        typed = isinstance(answer, str) and normal_text(answer)
        return item.otherwise if typed else phrases.NOTHING_TYPED
    value = read_number(answer)
    if value is None:
        return phrases.NOT_A_NUMBER
    return next((wrong.why for wrong in item.wrong if abs(wrong.value - value) < 1e-9), item.otherwise)
