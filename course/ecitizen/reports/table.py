"""The rows as .csv, the way a Russian spreadsheet opens it: UTF-8 with BOM, ``;``, decimal comma."""

from __future__ import annotations

import csv
import io

from ecitizen.indicators import Indicators
from ecitizen.reports.paper import clean
from ecitizen.reports.words import Words


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula (OWASP, CSV injection)."""
    text = clean(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def as_csv(indicators: Indicators, words: Words) -> bytes:
    """Write one line an indicator; an absent target is an empty cell."""
    columns = words.columns
    filled = io.StringIO(newline="")
    sheet = csv.writer(filled, delimiter=";", lineterminator="\r\n")
    heads = [columns.number, columns.name, columns.unit, columns.target, columns.target_year, columns.actual]
    has_whole = any(row.whole for row in indicators.rows)
    sheet.writerow([*heads, columns.share, *([columns.whole] if has_whole else [])])
    for place, row in enumerate(indicators.rows, 1):
        figures = [_figure(value) for value in (row.target, row.target_year, row.actual, row.share_pct)]
        whole = [_figure(row.whole.actual if row.whole else None)] if has_whole else []
        sheet.writerow([place, harmless(row.name), harmless(row.unit), *figures, *whole])
    return filled.getvalue().encode("utf-8-sig")


def _figure(value: float | None) -> str:
    return "" if value is None else str(value).replace(".", ",")
