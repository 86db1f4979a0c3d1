"""Setting pages with typst: a template of ``papers`` and plain data in, PDF or pictures out.

The data travels as one JSON string in ``sys.inputs`` and is never read as markup. Only the typefaces beside the
templates are used, so that every machine makes the same paper.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import typst

from ecitizen import content
from ecitizen.errors import CourseError

JSON = dict[str, Any]

STANDARD: Final = "ua-1"
"""PDF/UA: typst itself refuses a paper without title, language, or the words of a picture."""


_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
_LOOSE: Final = re.compile(
    r"(?<=№) (?=\d)| (?=[—–])|(?<=\b[авикосуя]) |(?<=\d) (?=[а-яё₽%])|(?<=\b[А-ЯЁ]\.) (?=[А-ЯЁ]\.)"
    r"|(?<=\b8) (?=\()|(?<=\)) (?=\d)",
    re.IGNORECASE,
)
"""Spaces at which a Russian line is not broken: after «№», a number and a word of one letter, between initials, in a
telephone number, before a dash."""


def tied(node: Any) -> Any:
    """Give plain data with those spaces made unbreakable; control characters, which nothing can print, go away."""
    if isinstance(node, str):
        return _CONTROL.sub("", _LOOSE.sub("\u00a0", node))
    if isinstance(node, dict):
        return {name: tied(part) for name, part in node.items()}
    return [tied(part) for part in node] if isinstance(node, list | tuple) else node


def pdf(template: str, paper: JSON) -> bytes:
    """Set a tagged PDF; raises CourseError if the template can't be set with this data."""
    with _told(template):
        made: Any = typst.Compiler(**_given(template, paper)).compile(format="pdf", pdf_standards=STANDARD)
    return bytes(made)


def pictures(template: str, paper: JSON) -> list[str]:
    """Set one SVG a page."""
    with _told(template):
        made: Any = typst.Compiler(**_given(template, paper)).compile(format="svg")
    return [page.decode("utf-8") for page in (made if isinstance(made, list) else [made])]


def png(template: str, paper: JSON) -> bytes:
    """Set one page as a picture of 200 dots an inch."""
    with _told(template):
        made: Any = typst.Compiler(**_given(template, paper)).compile(format="png", ppi=200)
    return bytes(made[0] if isinstance(made, list) else made)


def _given(template: str, paper: JSON) -> dict[str, Any]:
    papers = content.folder("papers")
    return {
        "input": papers / template,
        "root": papers,
        "font_paths": [papers / "fonts"],
        "ignore_system_fonts": True,
        "sys_inputs": {"paper": json.dumps(tied(paper), ensure_ascii=False)},
    }


@contextmanager
def _told(template: str) -> Iterator[None]:
    """Turn what typst complains of into a line for whoever changed a template or a text."""
    try:
        yield
    except typst.TypstError as error:
        problem = f"страница не собирается ({' '.join(str(error).split())[:300]})"
        remedy = "Верните прежний шаблон или проверьте знаки в тексте урока"
        raise CourseError(str(content.folder("papers") / template), problem, remedy) from error
