"""The rows as .csv, the way a Russian spreadsheet opens it: UTF-8 with BOM, ``;``, decimal comma."""

from __future__ import annotations

import csv
import io

from ecitizen.indicators import Indicators
from ecitizen.reports.meta import Meta
from ecitizen.reports.paper import clean, write
from ecitizen.reports.words import Words


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula (OWASP, CSV injection)."""
    text = clean(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def as_csv(indicators: Indicators, meta: Meta, words: Words) -> bytes:
    """Write one line an indicator; an absent target and a mean of nothing are empty cells, hidden figures are words."""
    columns, paper = words.columns, write(indicators, meta, words)
    filled = io.StringIO(newline="")
    sheet = csv.writer(filled, delimiter=";", lineterminator="\r\n")
    heads = [columns.number, columns.name, columns.unit, columns.target, columns.target_year, columns.actual]
    has_promise = any(row.whole and row.whole.target is not None for row in indicators.rows)
    more = [*([columns.whole] if paper.has_whole else []), *([columns.whole_target] if has_promise else [])]
    sheet.writerow([*heads, columns.share, *more])
    for row, line in zip(indicators.rows, paper.lines, strict=True):
        share = None if line.value is None else row.share_pct
        figures = [_figure(row.target), _figure(row.target_year), _told(line.value, line.actual, words), _figure(share)]
        whole = [_told(line.whole_value, line.whole_actual, words)] if paper.has_whole else []
        whole += [_figure(row.whole.target if row.whole else None)] if has_promise else []
        sheet.writerow([line.number, harmless(row.name), harmless(row.unit), *figures, *whole])
    return filled.getvalue().encode("utf-8-sig")


def _told(value: float | None, shown: str, words: Words) -> str:
    """Give the number, or what stands in place of it; nothing to count is an empty cell."""
    return _figure(value) if value is not None or shown in {"", words.target.none} else shown


def _figure(value: float | None) -> str:
    return "" if value is None else str(value).replace(".", ",")
