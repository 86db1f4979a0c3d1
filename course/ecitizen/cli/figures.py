"""Measured indicators as the command line tells them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from ecitizen.indicators import Forecast, IndicatorRow, Indicators, Point, Row, forecast, forecast_whole

_NONE = "—"
_LACKING = {"now": "за эти дни", "before": "за те же дни год назад"}


def document(measured: Indicators, today: date) -> dict[str, Any]:
    """Give the document of the figures with a forecast for each row, and for what was promised for the whole."""
    told = measured.document()
    for declared, row, shown in zip(measured.passport.rows, measured.rows, told["rows"], strict=True):
        found = forecast(declared, row, measured.since, measured.until, today)
        shown["forecast"] = asdict(found) if found else None
        if row.whole is not None:
            at_last = forecast_whole(measured, declared, row, today)
            shown["whole"]["forecast"] = asdict(at_last) if at_last else None
    return told


def line(measured: Indicators, declared: IndicatorRow, row: Row, today: date) -> str:
    """Tell one row: its figure, those beside it, where it is heading."""
    told = f"{_figure(row):>8}{_own_days(measured, row)}{_all_told(row)}{_on_the_way(row)}"
    after = f"{_pace(measured, declared, row, today)}{_nothing_to_compare(declared, row)}"
    return f"{row.id:20} {told}  {row.name}{after}"


def _told(one: Row | Point) -> str:
    return _NONE if one.actual is None else f"{one.actual:g}"


def _figure(row: Row) -> str:
    planned = "" if row.target is None else f" из {row.target:g}"
    share = "" if row.share_pct is None else f" ({row.share_pct:g} %)"
    return f"{_told(row)}{planned}{share}"


def _own_days(measured: Indicators, row: Row) -> str:
    return "" if row.since == measured.since else f" с {row.since:%d.%m.%Y} по {measured.until:%d.%m.%Y}"


def _all_told(row: Row) -> str:
    return "" if row.whole is None else f"; за весь период {_figure(row.whole)}"


def _on_the_way(row: Row) -> str:
    return "".join(f"; к {point.day:%d.%m.%Y} — {_told(point)} из {point.target:g}" for point in row.points)


def _pace(measured: Indicators, declared: IndicatorRow, row: Row, today: date) -> str:
    sentences = []
    if row.target is not None and (found := forecast(declared, row, measured.since, measured.until, today)):
        sentences.append(f"{found.expected} из {row.target:g} к {_bounds(found)}")
    if row.whole and row.whole.target is not None and (found := forecast_whole(measured, declared, row, today)):
        sentences.append(f"{found.expected} из {row.whole.target:g} за весь период к {_bounds(found)}")
    return "".join(f"; при нынешнем темпе — {sentence}" for sentence in sentences)


def _bounds(found: Forecast) -> str:
    return f"{found.on:%d.%m.%Y} (скорее всего от {found.low} до {found.high})"


def _nothing_to_compare(declared: IndicatorRow, row: Row) -> str:
    return f"; прироста не видно: {_LACKING[row.lacks]} записей нет" if declared.count == "growth" and row.lacks else ""
