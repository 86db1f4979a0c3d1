"""Plain text out of the markup that Moodle puts into its exports.

Our items hold plain text, so simple markup is taken off; what would lose its meaning with it (a picture, a table, a
link) is refused.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Literal

Markup = Literal["plain", "html", "moodle"]
FORMATS: dict[str, Markup] = {"plain": "plain", "html": "html", "moodle": "moodle", "markdown": "plain"}
"""Names of GIFT; Markdown is readable as it is."""

_LARGEST = 20_000
_LINES = {"p", "br", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"}
_PLAIN = {"span", "b", "strong", "i", "em", "u", "sub", "sup", "small", "font"}
_LOOKS = re.compile(r"</?[a-zA-Z][^<>]*>|&(?:#[0-9a-zA-Z]{1,7}|[a-zA-Z]{2,8});")


def plain_text(text: str, markup: Markup) -> str:
    """Take the markup off; ValueError names the tag that can't be taken off without loss."""
    if markup == "plain" or (markup == "moodle" and not _LOOKS.search(text)):
        return text
    if len(text) > _LARGEST:
        raise ValueError("слишком много разметки")
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.found).split("\n"))
    return "\n".join(line for line in lines if line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in _LINES | _PLAIN:
            raise ValueError(f"тег <{tag[:20]}>")
        if tag in _LINES:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _LINES:
            self.found.append("\n")

    def handle_data(self, data: str) -> None:
        self.found.append(data)
