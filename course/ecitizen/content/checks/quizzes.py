"""A quiz is long enough, varied, and does not give itself away."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecitizen.content.collection import NOT_LESSONS, Collection
from ecitizen.content.finding import Finding
from ecitizen.practice.quiz import Find, Item, Mark, Option, Quiz, Several, Single, TrueFalse

FEWEST_ITEMS, MOST_ITEMS, FEWEST_KINDS = 10, 12, 5

_PLACEHOLDER = re.compile(r"\{[a-z_.]+\}")


def look(found: Collection) -> Iterator[Finding]:
    """Look over each quiz that could be loaded."""
    for stem, quiz in found.quizzes.items():
        place = f"quizzes/{stem}.yaml"
        if stem not in NOT_LESSONS:
            yield from _size(place, quiz)
        yield from _longest(place, quiz)
        for item in quiz.items:
            yield from _explained(place, item)
            yield from _placeholders(place, item)
            if found.toc is not None:
                yield from _repeats(place, stem, item, found.lessons())


def _repeats(place: str, stem: str, item: Item, lessons: list[str]) -> Iterator[Finding]:
    """Only what was taught before can be repeated; the tests, which are no lessons, repeat all of it."""
    key = f"items.{item.id}.from_lesson"
    if item.from_lesson not in (None, *lessons):
        yield Finding("error", place, key, f"урока {item.from_lesson!r} нет", "Возьмите id из lessons/toc.yaml")
    elif item.from_lesson and stem in lessons and lessons.index(item.from_lesson) >= lessons.index(stem):
        yield Finding("error", place, key, f"{item.from_lesson!r} идёт не раньше", "Повторяйте уже пройденный урок")


def _size(place: str, quiz: Quiz) -> Iterator[Finding]:
    items, kinds = len(quiz.items), len({item.kind for item in quiz.items})
    if not FEWEST_ITEMS <= items <= MOST_ITEMS:
        problem = f"вопросов {items}, а нужно от {FEWEST_ITEMS} до {MOST_ITEMS}"
        yield Finding("error", place, "items", problem, "Добавьте или уберите вопросы")
    if kinds < FEWEST_KINDS:
        problem = f"видов вопросов {kinds}, а нужно не меньше {FEWEST_KINDS}"
        yield Finding("error", place, "items", problem, "Замените часть вопросов другими видами")


def _longest(place: str, quiz: Quiz) -> Iterator[Finding]:
    """Warn when the right option is the longest one too often: test-takers soon learn that."""
    choices = [choice for item in quiz.items if (choice := _one_of(item))]
    telling = sum(_right_is_longest(options) for options in choices)
    if telling * 2 > len(choices):
        problem = f"верный вариант самый длинный в {telling} вопросах из {len(choices)}"
        yield Finding("warning", place, "items", problem, "Удлините неверные варианты или сократите верные")


def _one_of(item: Item) -> tuple[Option, ...]:
    if isinstance(item, Single):
        return item.options
    return item.reasons if isinstance(item, TrueFalse) else ()


def _right_is_longest(options: tuple[Option, ...]) -> bool:
    right = max(len(option.text) for option in options if option.right)
    return right > max(len(option.text) for option in options if not option.right)


def _explained(place: str, item: Item) -> Iterator[Finding]:
    options = item.options if isinstance(item, Single | Several | Find) else ()
    if not item.why.strip() and not any(option.why.strip() for option in options if option.right):
        yield Finding("error", place, f"items.{item.id}.why", "нет объяснения", "Напишите, почему ответ верен")
    if isinstance(item, Mark):
        for number, span in enumerate(item.spans, 1):
            if not span.suspicious and span.text.strip() and not span.why.strip():
                key = f"items.{item.id}.spans[{number}].why"
                yield Finding("warning", place, key, "нет объяснения", f"Напишите, почему {span.text!r} не обман")


def _placeholders(place: str, item: Item) -> Iterator[Finding]:
    for name in sorted(set(_PLACEHOLDER.findall(item.model_dump_json()))):
        problem = f"в вопросе стоит {name!r}, а в вопросах подстановок нет"
        yield Finding("error", place, f"items.{item.id}", problem, "Напишите само слово")
