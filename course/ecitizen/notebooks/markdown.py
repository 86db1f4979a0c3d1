"""The Markdown of a lesson as plain data for paper and slides.

Paper knows headings, lists, paragraphs, bold words and links. Anything else is refused with its place: a table or a
picture that silently went missing would be noticed only in class.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import mistune

from ecitizen.errors import ContentError

JSON = dict[str, Any]

Block = JSON
"""``{"kind": "heading", "level", "runs"}``, ``{"kind": "paragraph", "runs"}`` or ``{"kind": "list", "ordered", "start",
"items"}`` with a list of blocks an item."""

Run = JSON
"""``{"text", "bold", "link"}``: words of one look; ``link`` is an address or None; the text ``"\\n"`` ends a line."""

_RECOGNISED: Final = ("table", "strikethrough", "footnotes", "task_lists", "math", "url", "mark")
"""Marks that Voila would draw. They are parsed only in order to be refused; bare addresses (``url``) become links."""

_NAMES: Final = {
    "table": "таблица",
    "block_code": "код",
    "codespan": "код",
    "emphasis": "курсив",
    "image": "картинка",
    "block_quote": "цитата",
    "thematic_break": "черта",
    "block_html": "HTML",
    "inline_html": "HTML",
    "strikethrough": "зачёркнутое",
    "block_math": "формула",
    "inline_math": "формула",
}
_LINK: Final = re.compile(r"(https?://|mailto:|tel:)\S+", re.IGNORECASE)

_parse = mistune.create_markdown(renderer=None, plugins=list(_RECOGNISED))


def blocks(source: str, path: Path, key: str) -> list[Block]:
    """Read Markdown; raises ContentError at ``path`` and ``key`` for a mark that paper does not know."""
    tokens = _parse(source)
    if isinstance(tokens, str):
        raise TypeError("expected tokens, got text")
    return _Reader(path, key).blocks(tokens)


def plain(runs: Iterable[Run]) -> str:
    """Give the words alone."""
    return "".join(run["text"] for run in runs)


class _Reader:
    """Turns mistune's tokens of one cell into blocks."""

    def __init__(self, path: Path, key: str) -> None:
        self.path, self.key = path, key

    def blocks(self, tokens: Iterable[JSON]) -> list[Block]:
        return [self.block(token) for token in tokens if token["type"] != "blank_line"]

    def block(self, token: JSON) -> Block:
        match token["type"]:
            case "heading":
                return {"kind": "heading", "level": token["attrs"]["level"], "runs": self.runs(token["children"])}
            case "paragraph" | "block_text":
                return {"kind": "paragraph", "runs": self.runs(token["children"])}
            case "list":
                attrs = token["attrs"]
                items = [self.item(child) for child in token["children"]]
                return {"kind": "list", "ordered": attrs["ordered"], "start": attrs.get("start", 1), "items": items}
            case _:
                raise self.strange(token)

    def item(self, token: JSON) -> list[Block]:
        if token["type"] != "list_item":
            raise self.strange(token)
        return self.blocks(token["children"])

    def runs(self, tokens: Iterable[JSON], *, bold: bool = False, link: str | None = None) -> list[Run]:
        found: list[Run] = []
        for token in tokens:
            match token["type"]:
                case "text":
                    found.append({"text": html.unescape(token["raw"]), "bold": bold, "link": link})
                case "softbreak":
                    found.append({"text": " ", "bold": bold, "link": link})
                case "linebreak":
                    found.append({"text": "\n", "bold": bold, "link": link})
                case "strong":
                    found += self.runs(token["children"], bold=True, link=link)
                case "link":
                    found += self.runs(token["children"], bold=bold, link=self.address(token["attrs"]["url"]))
                case _:
                    raise self.strange(token)
        return found

    def address(self, url: str) -> str:
        if not _LINK.fullmatch(url):
            problem = f"ссылка {url!r} на бумаге никуда не ведёт"
            raise ContentError(self.path, self.key, problem, "Напишите адрес целиком: https://…")
        return url

    def strange(self, token: JSON) -> ContentError:
        kind = token["type"]
        shown = " ".join(_words(token).split())[:40]
        problem = f"на бумаге не бывает такой разметки: {_NAMES.get(kind, kind)} ({shown!r})"
        return ContentError(
            self.path, self.key, problem, "Оставьте заголовки, списки, абзацы, **важные слова** и ссылки"
        )


def _words(token: JSON) -> str:
    return str(token.get("raw") or "") + "".join(_words(child) for child in token.get("children", ()))
