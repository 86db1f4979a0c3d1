"""One cell of a table from outside: how it is read, checked and written back.

Each kind has ``parse`` (a raw value of csv or xlsx to ours; raises ``BadCell``) and ``show`` (ours to what a file
shows). An empty cell never comes here.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ecitizen.register.pins import is_trivial

FORMULA_SIGNS = "=+-@\t\r"
"""A text that begins so is run as a formula by spreadsheet programs."""

EARLIEST = dt.date(1990, 1, 1)
_LOOKALIKE = str.maketrans("AaBCcEeHKkMOoPpTXxYy", "АаВСсЕеНКкМОоРрТХхУу")


class BadCell(Exception):
    """A value that can't be taken; it never leaves the room, for the importer makes an ``ImportFault`` of it."""

    def __init__(self, problem: str, remedy: str) -> None:
        """Neither text ends with a full stop."""
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


class Kind(Protocol):
    """How the cells of one column are read and written."""

    def parse(self, raw: object) -> Any:
        """Read a cell that isn't empty."""

    def show(self, value: Any) -> str | int | dt.date:
        """Write a value that isn't None."""


def plain(raw: object) -> str:
    """Give a raw cell as text: NFC, single spaces, without the apostrophe that guards against formulas."""
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    if isinstance(raw, dt.datetime | dt.date):
        raw = raw.strftime("%d.%m.%Y")
    text = " ".join(unicodedata.normalize("NFC", str(raw)).split())
    return text[1:] if text[:1] == "'" and text[1:2] and text[1] in FORMULA_SIGNS + "'" else text


def guarded(text: str) -> str:
    """Write a text so that no spreadsheet program takes it for a formula; ``plain`` takes the guard off again."""
    return f"'{text}" if text[:1] and text[0] in FORMULA_SIGNS + "'" else text


@dataclass(frozen=True, slots=True)
class Words:
    """Free text on one line."""

    longest: int = 300

    def parse(self, raw: object) -> str:
        """Refuse control characters and too long texts."""
        text = plain(raw)
        if any(unicodedata.category(sign) in {"Cc", "Cs", "Co"} for sign in text):
            raise BadCell("в тексте непечатный знак", "Наберите текст заново")
        if len(text) > self.longest:
            raise BadCell(f"слишком длинно: {len(text)} знаков", f"Сократите до {self.longest} знаков")
        return text

    def show(self, value: str) -> str:
        """Guard against formulas."""
        return guarded(value)


@dataclass(frozen=True, slots=True)
class NameWord(Words):
    """A part of a person's name."""

    longest: int = 80

    def parse(self, raw: object) -> str:
        """Refuse digits, signs, and words that mix Latin and Cyrillic letters."""
        text = Words.parse(self, raw)
        if not re.fullmatch(r"[^\W\d_]+(?:[ .’'\-]+[^\W\d_]+)*[.)]?", text.replace("(", "")):
            raise BadCell("в имени лишние знаки", "Оставьте только буквы, пробел и дефис")
        for word in re.findall(r"[^\W\d_]+", text):
            latin = [letter for letter in word if letter.isascii()]
            if latin and len(latin) < len(word):
                mended = word.translate(_LOOKALIKE)
                hint = f"Наберите русскими буквами: {mended}" if not mended.isascii() else "Наберите заново"
                raise BadCell(f"латинская буква «{latin[0]}» в русском слове", hint)
        return text


@dataclass(frozen=True, slots=True)
class Code(Words):
    """An id of ours, such as a lesson's: small Latin letters, digits, hyphens."""

    longest: int = 64

    def parse(self, raw: object) -> str:
        """Refuse everything else."""
        text = plain(raw)
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", text) or len(text) > self.longest:
            raise BadCell("непонятный код", "Впишите код маленькими латинскими буквами, например 01-gosuslugi")
        return text


@dataclass(frozen=True, slots=True)
class SheetMark(Words):
    """The random mark that holds the answers of one anonymous sheet together."""

    longest: int = 32

    def parse(self, raw: object) -> str:
        """Refuse everything but 32 hexadecimal digits, so that nobody writes a name or a card there."""
        text = plain(raw)
        if not re.fullmatch(r"[0-9a-f]{32}", text):
            raise BadCell("это не метка анонимного листа", "Верните значение из выгруженной таблицы")
        return text


@dataclass(frozen=True, slots=True)
class Clock:
    """An hour and a minute of the day: 9:30, 09.30, or a spreadsheet's own."""

    def parse(self, raw: object) -> str:
        """Give it as ``09:30``."""
        text = f"{raw:%H:%M}" if isinstance(raw, dt.time | dt.datetime) else plain(raw)
        found = re.fullmatch(r"(\d{1,2})[:.](\d{2})(?::00)?", text, re.ASCII)
        if found is None or int(found[1]) > 23 or int(found[2]) > 59:
            raise BadCell("это не время", "Впишите время как чч:мм, например 10:00")
        return f"{int(found[1]):02}:{found[2]}"

    def show(self, value: str) -> str:
        """Write the time."""
        return value


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number within bounds."""

    low: int
    high: int

    def parse(self, raw: object) -> int:
        """Read an integer, also one that a spreadsheet keeps as 12.0 or writes as «1 200»."""
        text = plain(raw).replace(" ", "")
        if isinstance(raw, bool) or not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            raise BadCell("это не целое число", f"Впишите число от {self.low} до {self.high}")
        if not self.low <= int(text) <= self.high:
            raise BadCell("такое число невозможно", f"Впишите число от {self.low} до {self.high}")
        return int(text)

    def show(self, value: int) -> int:
        """Write the number."""
        return value


@dataclass(frozen=True, slots=True)
class Day:
    """A date: дд.мм.гггг, ISO, or a spreadsheet's own."""

    latest: dt.date

    def parse(self, raw: object) -> dt.date:
        """Refuse dates that don't exist, two-digit years, bare numbers and what lies too far away."""
        day = (
            raw.date() if isinstance(raw, dt.datetime) else raw if isinstance(raw, dt.date) else self._read(plain(raw))
        )
        if not EARLIEST <= day <= self.latest:
            raise self._beyond(day)
        return day

    def _beyond(self, day: dt.date) -> BadCell:  # noqa: ARG002
        remedy = f"Проверьте год: можно с {EARLIEST:%d.%m.%Y} по {self.latest:%d.%m.%Y}"
        return BadCell("дата слишком далеко", remedy)

    @staticmethod
    def _read(text: str) -> dt.date:
        russian = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: ?г\.?)?", text, re.ASCII)
        iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00)?)?", text, re.ASCII)
        parts = russian.groups()[::-1] if russian else iso.groups() if iso else None
        if parts is None:
            raise BadCell("это не дата", "Впишите дату как дд.мм.гггг, например 05.03.2025")
        try:
            return dt.date(int(parts[0]), int(parts[1]), int(parts[2]))
        except ValueError:
            raise BadCell("такой даты нет", "Проверьте день и месяц") from None

    def show(self, value: dt.date) -> dt.date:
        """Write the date; the file's own form is the exporter's business."""
        return value


@dataclass(frozen=True, slots=True)
class PastDay(Day):
    """A day on which something has already happened; ``latest`` is today."""

    def _beyond(self, day: dt.date) -> BadCell:
        if day < EARLIEST:
            return Day._beyond(self, day)
        remedy = "Исправьте дату или запишите это, когда день наступит"
        return BadCell(f"дата ещё не наступила, сегодня {self.latest:%d.%m.%Y}", remedy)


@dataclass(frozen=True, slots=True)
class YesNo:
    """Yes or no in the words people use."""

    def parse(self, raw: object) -> bool:
        """Refuse every other word."""
        word = "да" if raw is True else "нет" if raw is False else plain(raw).casefold()
        if word in {"да", "д", "+", "1", "yes", "есть", "получена", "истина", "true"}:
            return True
        if word in {"нет", "н", "-", "–", "—", "0", "no", "не получена", "ложь", "false"}:
            return False
        raise BadCell("непонятно, да или нет", "Впишите «да» или «нет»")

    def show(self, value: bool) -> str:
        """Write «да» or «нет»."""
        return "да" if value else "нет"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; the first word of each code is the one we write."""

    words: Mapping[str, tuple[str, ...]]

    def parse(self, raw: object) -> str:
        """Give the code of the word."""
        word = plain(raw).casefold().replace("ё", "е").strip(" .")
        for code, words in self.words.items():
            if word == code or word in {known.casefold().replace("ё", "е") for known in words}:
                return code
        allowed = ", ".join(words[0] for words in self.words.values())
        raise BadCell("такого значения нет", f"Впишите одно из: {allowed}")

    def show(self, value: str) -> str:
        """Write the first word of the code."""
        return self.words[value][0]


@dataclass(frozen=True, slots=True)
class PinCode:
    """A PIN given by the library; spreadsheets eat leading zeros, so they are put back."""

    def parse(self, raw: object) -> str:
        """Refuse what isn't four digits, and what everybody tries first."""
        text = plain(raw)
        if not re.fullmatch(r"\d{1,4}", text, re.ASCII):
            raise BadCell("ПИН — это четыре цифры", "Впишите четыре цифры или оставьте пусто: ПИН придумает программа")
        pin = text.zfill(4)
        if is_trivial(pin):
            raise BadCell("слишком простой ПИН", "Возьмите другой или оставьте пусто: ПИН придумает программа")
        return pin

    def show(self, value: str) -> str:
        """Never written: only its hash is kept."""
        raise NotImplementedError(f"a PIN is never exported, got one of {len(value)} digits")
