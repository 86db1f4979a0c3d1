"""Writing a quiz as GIFT, the text format of Moodle.

Every question is marked ``[plain]``, so that no system takes ``<`` or ``*`` of a text for markup. What GIFT can't say
stands in comment lines (see ``tag``). Source of the rules: Moodle's documentation of the format and the behaviour of
its importer.
"""

from __future__ import annotations

import re
from typing import Any

from ecitizen.exchange import tag, words
from ecitizen.exchange.loss import Exported, Loss
from ecitizen.practice.quiz import Find, Item, Mark, Number, Order, Quiz, Several, ShortText, TrueFalse, Written

_SPECIAL = re.compile(r"[\\~=#{}:]")
_MOST_EQUAL_SHARES = 10
"""Moodle knows the shares 1/1 to 1/10 of a question's points."""


def to_gift(quiz: Quiz) -> Exported:
    """Write the quiz as GIFT; ``lost`` names what another system will not show.

    Our own reader gives the same quiz back: everything that is lost here is kept in comments.
    """
    blocks = [_heading(quiz), *(_question(item) for item in quiz.items)]
    about = Loss(what=words.ABOUT, kept=True)
    return Exported("\n\n".join(blocks) + "\n", [about, *(loss for item in quiz.items for loss in _losses(item))])


def number_text(value: float) -> str:
    """Give a number without a needless ``.0``; reading it gives the same number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _heading(quiz: Quiz) -> str:
    # A category's name has no escapes: a slash is doubled, a backslash can't stand there at all.
    name = " ".join(quiz.title.split()).replace("\\", "/").replace("/", "//")
    return f"// {tag.QUIZ_LINE} {tag.one_line({'title': quiz.title})}\n$CATEGORY: {name}"


def _question(item: Item) -> str:
    raw = tag.in_gift(item)
    lines = _answers(item, raw)
    if raw["why"]:
        lines.append(f"####{_text(raw['why'])}")
    opening = {"number": "{#", "truefalse": "{TRUE" if raw.get("right") is True else "{FALSE"}.get(item.kind, "{")
    inside = "".join(f"\n\t{line}" for line in lines)
    # Moodle keeps skills as tags of a question; a comment of any other system.
    tags = f"// [id:{item.id}] [tag:skill-{item.skill}] [tag:difficulty-{item.difficulty}]"
    asked = f"::{item.id}::[plain]{_escaped(tag.question(item, tag.carried))} {opening}{inside}\n}}"
    return f"// {tag.ITEM_LINE} {tag.one_line(tag.item_tag(item))}\n{tags}\n{asked}"


def _answers(item: Item, raw: dict[str, Any]) -> list[str]:
    match item.kind:
        case "single":
            return [f"{'=' if one['right'] else '~'}{_noted(one['text'], one['why'])}" for one in raw["options"]]
        case "several":
            return _weighed(raw["options"], "right")
        case "mark":
            return _weighed(raw["spans"], "suspicious")
        case "truefalse":
            return [f"#{_text(raw['wrong_why'])}"]
        case "match":
            return [f"={_text(left)} -> {_escaped(right)}" for left, right in raw["pairs"]]
        case "order":
            return [f"={place} -> {_escaped(step)}" for place, step in enumerate(raw["steps"], start=1)]
        case "text":
            return [*(f"={_text(text)}" for text in raw["accept"]), f"=%0%*#{_text(raw['otherwise'])}"]
        case "number":
            return _numbers(raw)
        case "find":
            controls = [one for row in raw["screen"]["lines"] if not isinstance(row, str) for one in row]
            return [f"{'=' if one['right'] else '~'}{_noted(one['text'], one['why'])}" for one in controls]
        case "written":
            return []


def _numbers(raw: dict[str, Any]) -> list[str]:
    right = f"={number_text(raw['right'])}:{number_text(float(raw['tolerance']))}"
    wrong = [f"=%0%{number_text(one['value'])}:0#{_text(one['why'])}" for one in raw["wrong"]]
    return [right, *wrong, f"~#{_text(raw['otherwise'])}"]


def _weighed(options: list[dict[str, Any]], mark: str) -> list[str]:
    """Weigh options as our own marking does: each right one an equal share, each wrong one takes a share away."""
    share = f"{100 / sum(option[mark] for option in options):.5f}".rstrip("0").rstrip(".")
    return [f"~%{'' if one[mark] else '-'}{share}%{_noted(one['text'], one['why'])}" for one in options]


def _noted(text: str, note: str) -> str:
    return f"{_text(text)}#{_text(note)}" if note else _text(text)


def _text(text: str) -> str:
    # A text that begins like a format or a weight would be taken for one.
    return ("[plain]" if text.startswith(("[", "%")) else "") + _escaped(text)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text).replace("\n", r"\n")


def _losses(item: Item) -> list[Loss]:
    found = []
    if isinstance(item, TrueFalse):
        found.append(words.REASONS)
    if isinstance(item, Order):
        found.append(words.ORDER)
    if isinstance(item, Mark):
        found.append(words.MARK)
    if isinstance(item, Find):
        found.append(words.FIND)
    if isinstance(item, Written):
        found.append(words.WRITTEN)
    if isinstance(item, Number) and item.unit:
        found.append(words.UNIT.format(unit=item.unit))
    if isinstance(item, ShortText):
        found.append(words.SPELLING)
    right = _right_count(item)
    if right > _MOST_EQUAL_SHARES:
        found.append(words.WEIGHTS.format(count=right))
    # The pieces of a letter lose their outer spaces as a matter of course.
    if tag.spelt_otherwise(item) and not isinstance(item, Mark):
        found.append(words.SIGNS)
    return [Loss(item=item.id, what=what, kept=True) for what in found]


def _right_count(item: Item) -> int:
    if isinstance(item, Several):
        return sum(option.right for option in item.options)
    return sum(span.suspicious for span in item.spans) if isinstance(item, Mark) else 0
