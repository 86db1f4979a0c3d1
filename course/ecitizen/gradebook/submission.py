"""Answers become one JSON literal in a notebook; whatever a learner sent, nothing of it can run.

A written answer also stands in a cell of its own, where a person marks it: as one line of HTML in which every sign that
could mean anything is a character reference, so that neither Markdown nor HTML nor a formula can come of it.

The answers cell is ``import json`` and ``answers = json.loads('…')`` with one ASCII string, and it is read back through
the syntax tree before it is written: two statements, one constant. The value is ``{"quiz": {item: answer},
"practice": {task: facts}}``; what was not answered or not begun is absent.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ecitizen.practice.wording import written_text

LONGEST_TEXT = 4000
"""Characters of one string; a short answer needs a tenth of it."""

MOST_PARTS = 200
"""Entries of one list or object; no item has so many options and no practice so many facts."""

DEEPEST = 4
"""Levels of nesting; the deepest honest answer has two."""

LARGEST = 10**15
"""Beyond it a number is no answer: too many digits for a float, and for some readers of JSON."""


NO_TEXT = "—"
"""What the cell of a written answer holds where nobody has written; nbgrader gives it zero by itself."""

_SIGN = re.compile(r"[^\w ,.!?«»—–-]|_")
"""All but letters, digits and what stands in every sentence."""

_NO_TEXT_AT_ALL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of characters, which no file can hold or no person can read."""


def inert(value: Any) -> Any:
    """Give the answer back if it is plain and small, else None, which every item marks with zero points."""
    return value if _is_plain(value, DEEPEST) else None


def _is_plain(value: Any, levels: int) -> bool:
    match value:
        case None | bool():
            return True
        case int() | float():
            return math.isfinite(value) and abs(value) <= LARGEST if isinstance(value, float) else abs(value) <= LARGEST
        case str():
            return len(value) <= LONGEST_TEXT
        case list():
            return levels > 0 and len(value) <= MOST_PARTS and all(_is_plain(part, levels - 1) for part in value)
        case dict():
            return (
                levels > 0
                and len(value) <= MOST_PARTS
                and all(isinstance(key, str) and len(key) <= LONGEST_TEXT for key in value)
                and all(_is_plain(part, levels - 1) for part in value.values())
            )
        case _:
            return False


def written_source(answer: object) -> str:
    """Write the cell of a written answer; ``NO_TEXT`` if there is nothing in it to read."""
    text = _NO_TEXT_AT_ALL.sub("", written_text(inert(answer)).replace("\r\n", "\n").replace("\r", "\n"))
    if not text.strip():
        return NO_TEXT
    return f'<pre style="white-space: pre-wrap">{_SIGN.sub(lambda sign: f"&#{ord(sign[0])};", text)}</pre>'


def answers_source(answers: Mapping[str, Any]) -> str:
    """Write the answers cell; raises ``ValueError`` if it would read back as anything but these answers."""
    text = json.dumps(answers, ensure_ascii=True, allow_nan=False, sort_keys=True)
    source = f"import json\nanswers = json.loads({text!r})"
    if not source.isascii() or json.dumps(read_answers(source), sort_keys=True) != text:
        raise ValueError(f"expected the answers to read back unchanged, got {source[:200]!r}")
    return source


def read_answers(source: str) -> Any:
    """Read an answers cell without running it; raises ``ValueError`` if it is anything but two plain statements."""
    try:
        match ast.parse(source).body:
            case [
                ast.Import(names=[ast.alias(name="json", asname=None)]),
                ast.Assign(
                    targets=[ast.Name(id="answers")],
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id="json"), attr="loads"),
                        args=[ast.Constant(value=str(text))],
                        keywords=[],
                    ),
                ),
            ]:
                return json.loads(text)
    except SyntaxError as error:
        raise ValueError(f"expected an answers cell, got {source[:200]!r}") from error
    raise ValueError(f"expected an answers cell, got {source[:200]!r}")
