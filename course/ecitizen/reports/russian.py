"""Numbers, dates and plural forms as Russian papers write them."""

from __future__ import annotations

from datetime import date

from babel import Locale
from babel.numbers import format_decimal

_RUSSIAN = Locale("ru")
_INNER = {"«": "„", "»": "“"}


def number(value: float, decimals: int | None = None) -> str:
    """Write -1234.5 as «−1 234,5» with no-break spaces; ``decimals`` keeps that many digits, zeros included."""
    pattern = "#,##0.######" if decimals is None else f"#,##0.{'0' * decimals}"
    return format_decimal(value, format=pattern, locale=_RUSSIAN).replace("-", "−")


def day(value: date) -> str:
    """Write a day as дд.мм.гггг."""
    return f"{value:%d.%m.%Y}"


def plural(value: float, one: str, few: str, many: str) -> str:
    """Choose the form that goes with a number: 1 консультация, 2 and 1,5 консультации, 5 консультаций."""
    return {"one": one, "many": many}.get(_RUSSIAN.plural_form(value), few)


def sentence(text: str) -> str:
    """Begin with a capital letter and leave the rest alone."""
    return text[:1].upper() + text[1:]


def nested_quotes(text: str) -> str:
    """Write «Практикум «Вход»» as «Практикум „Вход“»: quotation marks inside others are of the other kind.

    A text whose marks don't pair is left alone.
    """
    written, depth = [], 0
    for letter in text:
        depth += letter == "«"
        if depth > 1 and letter in _INNER:
            written.append(_INNER[letter])
        else:
            written.append(letter)
        depth -= letter == "»"
        if depth < 0:
            return text
    return text if depth else "".join(written)
