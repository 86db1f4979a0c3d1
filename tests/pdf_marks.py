"""What stands where on a page of a PDF: runs of letters with their true widths, and the boxes of drawn lines.

Sizes are points, counted from the lower left corner of the page. Knows the operators that typst writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pypdf import PageObject
from pypdf.generic import ContentStream, IndirectObject

Matrix = tuple[float, ...]

EM = 1000
"""Widths of letters stand in thousandths of the size."""

CAPITAL, TAIL = 0.75, 0.25
"""How far letters reach above their line, in shares of the size, and below it, in shares of a capital."""

BLANKS = {"0020", "00A0", "200B", "2009", "202F"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A run of letters, from its line to the top of a capital, or a drawn path."""

    left: float
    low: float
    right: float
    high: float
    text: bool


def marks(page: PageObject) -> list[Mark]:
    """Give all that is drawn on a page, in the order of drawing; white space is no mark."""
    pen = _Pen(page)
    stream = ContentStream(page.get_contents(), page.pdf)
    for operands, operator in stream.operations:
        pen.take(operator, operands)
    return pen.found


def crossings(found: list[Mark]) -> list[tuple[Mark, Mark]]:
    """Give the pairs of runs of letters that stand on one another."""
    runs = sorted((mark for mark in found if mark.text), key=lambda mark: mark.left)
    return [(one, other) for place, one in enumerate(runs) for other in runs[place + 1 :] if _cross(one, other)]


def _cross(one: Mark, other: Mark) -> bool:
    capital = min(one.high - one.low, other.high - other.low)
    wide = min(one.right, other.right) - max(one.left, other.left)
    tall = min(one.high, other.high) - max(one.low, other.low) + TAIL * capital
    return wide > capital / 4 and tall > capital / 8


class _Pen:
    """Follows the drawing operators of a page."""

    def __init__(self, page: PageObject) -> None:
        self.found: list[Mark] = []
        self.fonts = {name: _widths(font) for name, font in page["/Resources"]["/Font"].items()}
        self.font, self.size = "", 0.0
        self.place: Matrix = (1, 0, 0, 1, 0, 0)
        self.kept: list[Matrix] = []
        self.line: Matrix = self.place
        self.path: list[tuple[float, float]] = []

    def take(self, operator: bytes, operands: list[Any]) -> None:
        """Follow one operator."""
        match operator:
            case b"q":
                self.kept.append(self.place)
            case b"Q":
                self.place = self.kept.pop()
            case b"cm":
                self.place = _joined(tuple(map(float, operands)), self.place)
            case b"Tm":
                self.line = _joined(tuple(map(float, operands)), self.place)
            case b"Tf":
                self.font, self.size = operands[0], float(operands[1])
            case b"Tj" | b"TJ":
                self.letters(operands[0] if operator == b"TJ" else operands)
            case b"Td" | b"TD" | b"T*" | b"'" | b'"':
                raise NotImplementedError(operator)
            case _:
                self.draw(operator, operands)

    def draw(self, operator: bytes, operands: list[Any]) -> None:
        """Follow an operator of a path; a path that only cuts is no mark."""
        match operator:
            case b"m" | b"l" | b"c" | b"v" | b"y":
                numbers = [float(one) for one in operands]
                self.path += [_at(x, y, self.place) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            case b"re":
                x, y, width, height = (float(one) for one in operands)
                self.path += [_at(x + dx, y + dy, self.place) for dx in (0, width) for dy in (0, height)]
            case b"S" | b"s" | b"f" | b"f*" | b"B" | b"B*" | b"b" | b"b*":
                xs, ys = zip(*self.path, strict=True)
                self.found.append(Mark(min(xs), min(ys), max(xs), max(ys), text=False))
                self.path = []
            case b"n":
                self.path = []

    def letters(self, pieces: list[Any]) -> None:
        """Note a run of letters without the spaces around it."""
        widths, at = self.fonts[self.font], 0.0
        inked: list[float] = []
        for piece in pieces:
            if not isinstance(piece, bytes | str):
                at -= float(piece)
                continue
            raw = piece if isinstance(piece, bytes) else piece.original_bytes  # type: ignore[attr-defined]
            for glyph in (int.from_bytes(raw[n : n + 2]) for n in range(0, len(raw), 2)):
                wide, blank = widths[glyph]
                inked += [] if blank else [at, at + wide]
                at += wide
        if inked:
            (left, low), (right, _) = (_at(x * self.size / EM, 0, self.line) for x in (inked[0], inked[-1]))
            capital = CAPITAL * self.size * abs(self.line[3])
            self.found.append(Mark(left, low, right, low + capital, text=True))


def _at(x: float, y: float, matrix: Matrix) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def _joined(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    shift = _at(e, f, then)
    one, two = _at(a, b, (*then[:4], 0, 0)), _at(c, d, (*then[:4], 0, 0))
    return (*one, *two, *shift)


@lru_cache(maxsize=64)
def _widths(font: IndirectObject) -> dict[int, tuple[float, bool]]:
    """Give the width of each glyph and whether it is a blank, from /W and /ToUnicode of a composite font."""
    described: Any = font.get_object()
    widths: dict[int, float] = {}
    runs = list(described["/DescendantFonts"][0].get_object()["/W"])
    while runs:
        first, second = int(runs.pop(0)), runs.pop(0)
        if isinstance(second, list):
            widths |= {first + n: float(one) for n, one in enumerate(second)}
        else:
            widths |= dict.fromkeys(range(first, int(second) + 1), float(runs.pop(0)))
    blank = _blanks(described["/ToUnicode"].get_object().get_data().decode("latin-1"))
    return {glyph: (wide, glyph in blank) for glyph, wide in widths.items()}


def _blanks(letters: str) -> set[int]:
    """Give the glyphs that stand for spaces of any kind."""
    pairs = (line.replace("<", "").replace(">", "").split() for line in letters.splitlines() if line.startswith("<"))
    return {int(pair[0], 16) for pair in pairs if len(pair) == 2 and pair[1].upper() in BLANKS}
