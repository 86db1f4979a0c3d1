"""Reading GIFT, written by Moodle, by a person or by us, and perhaps by a stranger.

Nothing is guessed: what our items can't hold is an error that names the line and what to write there. All faults of a
file are told at once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ecitizen.errors import ContentError, CourseErrors
from ecitizen.exchange import tag
from ecitizen.exchange.answers import read_answers
from ecitizen.exchange.building import DIFFICULTY, MOST_ITEMS, POINTS, Place, a_quiz, an_id, as_one, build
from ecitizen.exchange.html_text import Markup
from ecitizen.exchange.scanning import Block, Piece, blocks, category
from ecitizen.practice.quiz import Item, Quiz

_SKILL = re.compile(r"\[tag:skill-([a-z0-9][a-z0-9-]*)\]")
_DIFFICULTY = re.compile(r"\[tag:difficulty-([1-3])\]")


def from_gift(text: str, quiz_id: str, skill: str, where: Path | str = "GIFT") -> Quiz:
    """Read a quiz; ``skill`` is given to questions that name none, ``where`` stands in the errors.

    Raises ContentError, or CourseErrors with one ContentError a fault.
    """
    found = blocks(text, where)
    questions = [block for block in found if block.body.text and category(block.body) is None]
    if not 0 < len(questions) <= MOST_ITEMS:
        problem = f"вопросов {len(questions)}, а нужно от 1 до {MOST_ITEMS}"
        raise ContentError(where, "файл", problem, "Отделяйте вопросы пустой строкой; большой файл разделите")
    items, faults = _items(questions, skill)
    try:
        title = _title_of(found, quiz_id)
    except ContentError as error:
        faults.insert(0, error)
    if faults:
        raise as_one(faults)
    return a_quiz(quiz_id, title, items, where)


def _items(questions: list[Block], skill: str) -> tuple[list[Item], list[ContentError]]:
    items: list[Item] = []
    faults: list[ContentError] = []
    taken: set[str] = set()
    for block in questions:
        try:
            items.append(_item(block, skill, taken))
        except ContentError as error:
            faults.append(error)
        except CourseErrors as error:
            faults += [one for one in error.errors if isinstance(one, ContentError)]
    return items, faults


def _item(block: Block, skill: str, taken: set[str]) -> Item:
    known = _tag(block)
    title, raw = _question(block.body)
    raw["id"] = an_id(title, taken)
    raw |= {"skill": skill, "difficulty": DIFFICULTY, "points": POINTS} | _moodle_tags(block)
    item = build(raw, known, tag.carried, Place(block.body.where, f"строка {block.body.line}"))
    taken.add(item.id)
    return item


def _question(body: Piece) -> tuple[str, dict[str, Any]]:
    """Give the title (empty if there is none) and the fields that the question itself says."""
    title, rest = _named(body)
    if "{" not in rest.mask and "}" not in rest.mask:
        raise rest.fault("это пояснение без вопроса: нет { }", "Допишите ответы в { } или уберите его")
    start, end = rest.mask.find("{"), rest.mask.find("}")
    if start < 0 or end < start or rest.mask.count("{") + rest.mask.count("}") != 2:
        remedy = "Нужна одна пара { } и ни одной пустой строки внутри; буквальные скобки пишут так: \\{ \\}"
        raise rest.fault("скобки не сходятся", remedy)
    markup, text = _text(rest.part(0, start), rest.part(end + 1))
    return title, {"text": text} | read_answers(rest.part(start + 1, end), markup)


def _named(body: Piece) -> tuple[str, Piece]:
    if not body.mask.startswith("::"):
        return "", body
    end = body.mask.find("::", 2)
    if end < 0:
        raise body.fault("название вопроса не закончено", "Поставьте :: и в конце названия")
    return body.text[2:end].strip(), body.part(end + 2)


def _text(before: Piece, after: Piece) -> tuple[Markup, str]:
    if not after.mask.strip():
        whole = before
    else:
        # The answers stand inside the sentence: a gap shows where.
        gap = "_____"
        text, mask = before.text + gap + after.text, before.mask + "x" * len(gap) + after.mask
        whole = Piece(before.where, before.line, text, mask)
    shown = whole.shown("moodle")
    if not shown:
        raise before.fault("у вопроса нет текста", "Напишите его перед {")
    return whole.markup("moodle")[0], shown


def _tag(block: Block) -> dict[str, Any]:
    note = block.note(tag.ITEM_LINE)
    if note is None:
        return {}
    try:
        return tag.read_tag(note.text)
    except ValueError as error:
        raise note.fault("строка-пометка ecitizen испорчена", "Удалите её или верните прежнюю") from error


def _moodle_tags(block: Block) -> dict[str, Any]:
    comments = " ".join(comment.text for comment in block.comments if not comment.text.startswith(tag.ITEM_LINE))
    skill, difficulty = _SKILL.search(comments), _DIFFICULTY.search(comments)
    return ({"skill": skill[1]} if skill else {}) | ({"difficulty": int(difficulty[1])} if difficulty else {})


def _title_of(found: Sequence[Block], quiz_id: str) -> str:
    for block in found:
        note = block.note(tag.QUIZ_LINE)
        if note is not None:
            return _quiz_note(note)
    named = next((name for block in found if (name := category(block.body))), None)
    return named or quiz_id


def _quiz_note(note: Piece) -> str:
    try:
        title = json.loads(note.text)["title"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise note.fault("строка-пометка ecitizen-quiz испорчена", "Удалите её") from error
    if not isinstance(title, str):
        raise note.fault("название теста — не текст", "Удалите эту строку")
    return title
