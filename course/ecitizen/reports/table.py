"""The rows as .csv, the way a Russian spreadsheet opens it: UTF-8 with BOM, ``;``, decimal comma."""

from __future__ import annotations

import csv
import io

from ecitizen.indicators import IndicatorRow, Indicators, Row
from ecitizen.reports.paper import clean, is_nothing
from ecitizen.reports.words import Words


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run as a formula (OWASP, CSV injection)."""
    text = clean(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def as_csv(indicators: Indicators, words: Words) -> bytes:
    """Write one line an indicator; an absent target and a mean of nothing are empty cells."""
    columns = words.columns
    filled = io.StringIO(newline="")
    sheet = csv.writer(filled, delimiter=";", lineterminator="\r\n")
    heads = [columns.number, columns.name, columns.unit, columns.target, columns.target_year, columns.actual]
    has_whole = any(row.whole for row in indicators.rows)
    has_promise = any(row.whole and row.whole.target is not None for row in indicators.rows)
    more = [*([columns.whole] if has_whole else []), *([columns.whole_target] if has_promise else [])]
    sheet.writerow([*heads, columns.share, *more])
    for place, (declared, row) in enumerate(zip(indicators.passport.rows, indicators.rows, strict=True), 1):
        figures = [_figure(value) for value in (row.target, row.target_year, _actual(declared, row), row.share_pct)]
        whole = [_actual(declared, row.whole) if row.whole else None] if has_whole else []
        whole += [row.whole.target if row.whole else None] if has_promise else []
        sheet.writerow([place, harmless(row.name), harmless(row.unit), *figures, *map(_figure, whole)])
    return filled.getvalue().encode("utf-8-sig")


def _actual(declared: IndicatorRow, row: Row) -> float | None:
    return None if is_nothing(declared, row) else row.actual


def _figure(value: float | None) -> str:
    return "" if value is None else str(value).replace(".", ",")
