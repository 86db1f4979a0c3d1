"""The letters of a GIFT file: questions apart, comments out, escapes resolved, every piece with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from ecitizen.errors import ContentError
from ecitizen.exchange.html_text import FORMATS, Markup, plain_text

LARGEST_CHARS = 1_000_000
"""A quiz of 60 long questions with all its explanations has a tenth of that."""

_ESCAPE = re.compile(r"\\([\\~=#{}:n])")
_WRAP = re.compile(r"[ \t]*\n[ \t\n]*")
_FORMAT = re.compile(r"\s*\[([a-z]+)\]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a question, with its escapes resolved but not forgotten."""

    where: Path | str
    """The file, for errors."""

    line: int
    """Line of the first character, from 1."""

    text: str
    mask: str
    """As long as ``text``; ``x`` where a character was escaped, so that only real marks are found in it."""

    def part(self, start: int, end: int | None = None) -> Piece:
        """Cut a piece out of this one."""
        line = self.line + self.mask.count("\n", 0, start)
        return Piece(self.where, line, self.text[start:end], self.mask[start:end])

    def trimmed(self) -> Piece:
        """Cut off blank space and line ends that stand there unescaped."""
        start = len(self.mask) - len(self.mask.lstrip())
        return self.part(start, max(start, len(self.mask.rstrip())))

    def cut(self, mark: str) -> tuple[Piece, Piece | None]:
        """Give what stands before and after the first such mark; None if there is no mark."""
        place = self.mask.find(mark)
        return (self, None) if place < 0 else (self.part(0, place), self.part(place + len(mark)))

    def markup(self, default: Markup) -> tuple[Markup, Piece]:
        """Give how the piece is written (``[html]`` and the like), and the piece without that mark."""
        found = _FORMAT.match(self.mask)
        name = FORMATS.get(found[1]) if found else None
        return (name, self.part(found.end())) if found and name else (default, self)

    def literal(self) -> str:
        """Give the text with its wrapped lines joined; an escaped line end stays one."""
        joined, done = [], 0
        for wrap in _WRAP.finditer(self.mask):
            joined += [self.text[done : wrap.start()], " "]
            done = wrap.end()
        return "".join([*joined, self.text[done:]]).strip()

    def shown(self, default: Markup) -> str:
        """Give the text as a learner is to see it, without markup."""
        markup, rest = self.markup(default)
        try:
            return plain_text(rest.literal(), markup)
        except ValueError as error:
            raise self.fault(f"в тексте есть {error}", "Напишите это место обычным текстом") from error

    def fault(self, problem: str, remedy: str) -> ContentError:
        """Make the error that names this place."""
        return ContentError(self.where, f"строка {self.line}", problem, remedy)


@dataclass(slots=True)
class Block:
    """What stands between two blank lines."""

    body: Piece
    comments: list[Piece] = field(default_factory=list)
    """Comment lines without their slashes."""

    def note(self, name: str) -> Piece | None:
        """Give the comment that begins with a name, without it; raises ContentError if there are two."""
        found = [comment for comment in self.comments if comment.text.startswith(name)]
        if len(found) > 1:
            raise found[1].fault(f"строка-пометка {name!r} стоит дважды", "Оставьте одну, у своего вопроса")
        return found[0].part(len(name)).trimmed() if found else None


def blocks(text: str, where: Path | str) -> list[Block]:
    """Take the file apart; raises ContentError if it is too large or empty."""
    if len(text) > LARGEST_CHARS:
        problem = f"файл слишком велик: знаков {len(text)} при пределе {LARGEST_CHARS}"
        raise ContentError(where, "файл", problem, "Разделите его на несколько тестов")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found: list[Block] = []
    start: int | None = None
    for place, line in enumerate([*lines, ""]):
        if line.strip():
            start = place if start is None else start
        elif start is not None:
            found.append(_block(lines[start:place], start + 1, where))
            start = None
    return found


def category(body: Piece) -> str | None:
    """Give the last name of a ``$CATEGORY:`` line; None for any other block."""
    if not body.text.startswith("$CATEGORY:"):
        return None
    path = body.text.removeprefix("$CATEGORY:").split("\n")[0].strip()
    return re.split("(?<!/)/(?!/)", path)[-1].replace("//", "/").strip()


def _block(lines: list[str], first: int, where: Path | str) -> Block:
    kept, comments = [], []
    for number, line in enumerate(lines, start=first):
        bare = line.strip()
        if bare.startswith("//"):
            note = bare[2:].strip()
            # A comment knows no escapes: JSON has its own.
            comments.append(Piece(where, number, note, note))
        kept.append("" if bare.startswith("//") else line)
    return Block(_unescaped(where, first, "\n".join(kept)).trimmed(), comments)


def _unescaped(where: Path | str, line: int, raw: str) -> Piece:
    text, mask, done = [], [], 0
    for found in _ESCAPE.finditer(raw):
        plain = raw[done : found.start()]
        text += [plain, "\n" if found[1] == "n" else found[1]]
        mask += [plain, "x"]
        done = found.end()
    return Piece(where, line, "".join([*text, raw[done:]]), "".join([*mask, raw[done:]]))
