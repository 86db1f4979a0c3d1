"""The slides of a lesson: one HTML file that shows itself without asking anybody for anything.

The order is the notebook's; after the cells of «Покажите мне» come the task and one slide a step of the golden path.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.content.notebook import Notebook
from ecitizen.errors import ContentError
from ecitizen.notebooks.markdown import Block, plain
from ecitizen.notebooks.material import cells, facts_of, sections
from ecitizen.notebooks.picturing import steps, task
from ecitizen.notebooks.setting import pictures, tied
from ecitizen.notebooks.words import Words, words

JSON = dict[str, Any]

SPACE: Final = {"width": 800, "height": 616}
"""Room for a picture beside its caption, in pixels of a slide of 1280x720."""

LINES: Final = 9.5
"""Lines of text that a slide holds below its heading."""

SNUG: Final = 10.75
"""Lines of the same length that a slide holds when its letters are a tenth smaller: better than a last line alone."""

GAP: Final = 0.25
"""Space below a paragraph or an entry of a list, in lines."""

LETTERS: Final = 54
"""Letters of a line on a slide."""


def slides(lesson: Lesson, notebook: Notebook, root: Path | None = None) -> str:
    """Make the deck as one page of HTML; ContentError if the notebook or the template breaks a rule."""
    found = words()
    course, papers = content.toc(root).course, content.folder("papers")
    environment = SandboxedEnvironment(
        loader=FileSystemLoader(papers),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    try:
        return environment.get_template("slides.html").render(
            course=course,
            title=tied(lesson.title),
            subtitle=found.slides_title.format(course=course),
            slides=tied(_slides(lesson, notebook, found, root)),
            reveal_js=_reveal("reveal.js"),
            reveal_css=_reveal("reveal.css"),
            fonts={
                weight: _base64((papers / "fonts" / f"GolosText-{name}.ttf").read_bytes())
                for weight, name in ((400, "Regular"), (700, "Bold"))
            },
        )
    except TemplateError as error:
        problem = f"шаблон не заполняется ({error})"
        raise ContentError(papers / "slides.html", "поля", problem, "Верните прежний шаблон") from error


def _reveal(name: str) -> str:
    """Read a file of reveal.js from the package that carries it; the package itself, a part of Sphinx, stays asleep."""
    found = find_spec("sphinx_revealjs")
    if found is None or found.origin is None:
        raise ContentError("sphinx_revealjs", name, "пакета нет", "Установите программу заново")
    return (Path(found.origin).parent / "_static" / "revealjs" / "dist" / name).read_text(encoding="utf-8")


def _slides(lesson: Lesson, notebook: Notebook, found: Words, root: Path | None) -> list[JSON]:
    told = list(cells(notebook, lesson.notebook))
    last_of_show = max((n for n, (cell, _) in enumerate(told) if cell.metadata.ecitizen.part == "show"), default=None)
    made: list[JSON] = []
    for place, (cell, said) in enumerate(told):
        if cell.metadata.slideshow.slide_type == "notes":
            if made:
                made[-1]["notes"] += spoken(said)
            continue
        notes = facts_of(cell, found, root)
        for piece in (piece for section in sections(said) for piece in fitting(section)):
            made.append(_text(piece, notes))
            notes = []
        if place == last_of_show:
            made += [_task(lesson), *_steps(lesson, found, root)]
    return made


def spoken(said: list[Block]) -> list[str]:
    """Give the paragraphs of blocks as plain sentences."""
    return [line for block in said for line in _lines(block)]


def _lines(block: Block) -> list[str]:
    if "runs" in block:
        return [plain(block["runs"])]
    return [line for item in block["items"] for inner in item for line in _lines(inner)]


def fitting(section: list[Block]) -> list[list[Block]]:
    """Cut a section so that each piece fits on a slide; the heading stands over every piece."""
    headings = [block for block in section if block["kind"] == "heading"]
    if filling(section) <= SNUG:
        return [section]
    pieces: list[list[Block]] = []
    filled = 0.0
    for block in _pieces(block for block in section if block["kind"] != "heading"):
        if not pieces or filled + height(block) > LINES:
            pieces.append(list(headings))
            filled = sum(height(heading) for heading in headings[1:])
        pieces[-1].append(block)
        filled += height(block)
    return pieces or [headings]


def _pieces(found: Iterable[Block]) -> Iterator[Block]:
    """Cut a list that alone would overflow a slide."""
    for block in found:
        if block["kind"] != "list" or height(block) <= LINES:
            yield block
            continue
        half = len(block["items"]) // 2 or 1
        for start in range(0, len(block["items"]), half):
            cut = block | {"items": block["items"][start : start + half], "start": block["start"] + start}
            yield cut


def filling(piece: list[Block]) -> float:
    """Guess how many lines a slide takes below its first heading."""
    headed = piece[0]["kind"] == "heading" if piece else False
    return sum(map(height, piece[1:] if headed else piece))


def _text(piece: list[Block], notes: list[str]) -> JSON:
    return {"kind": "text", "blocks": piece, "notes": notes, "snug": filling(piece) > LINES}


def height(block: Block) -> float:
    """Guess how many lines a block takes, with the gap below it."""
    return sum(-(-len(line) // LETTERS) + GAP for line in _lines(block))


def _task(lesson: Lesson) -> JSON:
    about = task(lesson)
    heading: Block = {"kind": "heading", "level": 2, "runs": [{"text": about["title"], "bold": False, "link": None}]}
    words_of: Block = {"kind": "paragraph", "runs": [{"text": about["text"], "bold": False, "link": None}]}
    return _text([heading, words_of], [])


def _steps(lesson: Lesson, found: Words, root: Path | None) -> Iterator[JSON]:
    walked = steps(lesson, found)
    paper = {
        "words": found.of_pictures(),
        "portal": content.texts(root)["portal"],
        "space": SPACE,
        "views": [step["view"] for step in walked],
    }
    for number, (step, picture) in enumerate(zip(walked, pictures("pictures.typ", paper), strict=True), 1):
        pressed = [found.press.format(label=step["label"])] if step["label"] else []
        yield {
            "kind": "step",
            "number": number,
            "total": len(walked),
            "caption": step["caption"],
            "alt": step["alt"],
            "picture": _base64(picture.encode("utf-8")),
            "notes": [*pressed, step["alt"]],
        }


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
