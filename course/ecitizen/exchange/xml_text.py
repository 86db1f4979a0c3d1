"""XML that may come from a stranger, and texts as XML formats carry them.

A document type is refused outright: without one there are no entities to grow and none to look into other files with.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from ecitizen.errors import ContentError
from ecitizen.exchange.html_text import plain_text
from ecitizen.exchange.tag import BLANK, SPAN

DEEPEST = 60
"""Levels of nesting; QTI needs twenty."""

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 can't hold, even escaped."""

_REMEDY = "Сохраните тест в той программе ещё раз как QTI"


def legal(text: str) -> str:
    """Give the text without the characters that XML has no place for."""
    return _ILLEGAL.sub("", text)


def has_illegal(text: str) -> bool:
    """Tell whether the text has such characters."""
    return _ILLEGAL.search(text) is not None


def as_html(text: str) -> str:
    """Give a text as HTML with nothing but line breaks in it, so that none of it can become markup."""
    return html.escape(text, quote=False).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br/>")


def carried(kind: str, path: str, text: str) -> str:
    """Give a text of an item as it comes back: the accepted answers as they are, all else as HTML would show it."""
    lines = legal(text).replace("\r\n", "\n").replace("\r", "\n")
    if kind == "text" and path.startswith("accept."):
        return lines
    neat = (" ".join(line.split()) for line in lines.split("\n"))
    return "\n".join(line for line in neat if line) or (BLANK if SPAN.fullmatch(path) else "")


def piece(text: str) -> str:
    """Give a piece of a letter as an option; one of spaces only can't be seen."""
    return text if legal(text).strip() else BLANK


def shown(text: str) -> str:
    """Give what HTML shows as plain text; ValueError names what would be lost."""
    return plain_text(text, "html")


def read_xml(raw: bytes, where: Path | str, key: str) -> ET.Element:
    """Read a document, all names without their namespaces; raises ContentError if it is broken or dangerous."""
    # S314 is about entities, which need a document type.
    reader = ET.XMLParser(target=_Builder())  # noqa: S314
    try:
        reader.feed(raw)
        root = reader.close()
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ContentError(where, key, f"это не XML, который можно прочесть ({error})", _REMEDY) from error
    if not isinstance(root, ET.Element):
        raise ContentError(where, key, "в файле ничего нет", _REMEDY)
    for element in root.iter():
        element.tag = str(element.tag).rpartition("}")[2]
    return root


class _Builder(ET.TreeBuilder):
    """Builds a tree of ordinary depth, of a document without a type."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, *_: object) -> None:
        raise ValueError(f"объявлен DOCTYPE {name[:20]!r}")

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError("слишком много вложенных частей")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        self._depth -= 1
        return super().end(tag)
