"""The papers of the course as PDF: a handout, its key, the book of all lessons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.content.notebook import Notebook, load_notebook
from ecitizen.notebooks.material import handout as gather
from ecitizen.notebooks.material import key_sheet
from ecitizen.notebooks.setting import pdf
from ecitizen.notebooks.words import Words, words

JSON = dict[str, Any]


def handout(lesson: Lesson, notebook: Notebook, root: Path | None = None) -> bytes:
    """Set the large-print handout of a lesson from its notebook; ``root`` is the content root that both come from."""
    found = words()
    return pdf("handout.typ", frame(found, root) | {"lesson": gather(lesson, notebook, found)})


def key(lesson: Lesson, root: Path | None = None) -> bytes:
    """Set the key to a lesson's questions, for the instructor."""
    return pdf("key.typ", {"key": key_sheet(lesson, words(), content.texts(root))})


def book(root: Path | None = None, told: Callable[[str], object] = str) -> bytes:
    """Set the book of the course: contents, all lessons in their order, the keys; ``told`` hears each title."""
    found, texts = words(), content.texts(root)
    lessons, keys = [], []
    for lesson_id in content.lesson_ids(root):
        lesson = content.lesson(lesson_id, root)
        told(lesson.title)
        lessons.append(gather(lesson, load_notebook(lesson.notebook), found))
        keys.append(key_sheet(lesson, found, texts))
    return pdf("book.typ", frame(found, root) | {"lessons": lessons, "keys": keys})


def frame(found: Words, root: Path | None) -> JSON:
    """Give what every template with pictures needs."""
    return {
        "course": content.toc(root).course,
        "words": found.of_pictures(),
        "portal": content.texts(root)["portal"],
    }
