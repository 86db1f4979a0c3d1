"""One word for one thing, and no hard word without its explanation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding
from ecitizen.content.models import Jargon, Words
from ecitizen.content.saying import said

_NEAR = 20
"""Characters between a hard word and the mark of its explanation."""


def look(found: Collection) -> Iterator[Finding]:
    """Look over notebooks, portals, questions and rubrics for words that the course says otherwise or must explain."""
    if found.words is None:
        return
    never = {term.say: _pattern(term.never) for term in found.words.terms}
    for place, key, text in said(found):
        for say, pattern in never.items():
            if met := pattern.search(text):
                problem = f"стоит слово {met[0]!r}"
                yield Finding("error", place, key, problem, f"В курсе говорят «{say}»: замените или перестройте фразу")
    for stem, notebook in found.notebooks.items():
        text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        for hard in found.words.jargon:
            if _pattern(hard.forms).search(text) and not _explanation(hard, found.words).search(text):
                problem, remedy = (
                    f"слово {hard.word!r} нигде не объяснено",
                    f"Напишите, например: «{hard.word} — это …»",
                )
                yield Finding("error", f"lessons/{stem}.ipynb", "текст", problem, remedy)


def _explanation(hard: Jargon, words: Words) -> re.Pattern[str]:
    """Match the hard word close to a mark of an explanation, before or behind it."""
    word, marks = _pattern(hard.forms).pattern, "|".join(re.escape(mark) for mark in words.explained_by)
    gap = rf"[^\n]{{0,{_NEAR}}}?"
    return re.compile(rf"{word}{gap}(?:{marks})|(?:{marks}){gap}{word}", re.IGNORECASE)


def _pattern(forms: Iterable[str]) -> re.Pattern[str]:
    """Match any of the forms as whole words; an asterisk stands for any ending."""
    each = (re.escape(form.removesuffix("*")) + (r"\w*" if form.endswith("*") else "") for form in forms)
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)", re.IGNORECASE)
