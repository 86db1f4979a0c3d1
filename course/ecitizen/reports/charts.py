"""Charts of a report: bars with a label and a figure each, and the same told in words for whoever can't see them."""

from __future__ import annotations

from collections.abc import Sequence

from ecitizen.indicators import Indicators
from ecitizen.reports.lines import Bar, Chart, Line, Table
from ecitizen.reports.russian import number
from ecitizen.reports.words import Words

WIDEST_PCT = 200
"""A bar of the plan is cut there: one figure of twenty times its plan would leave the others without length."""

FEWEST, MOST = 2, 20
"""One bar says no more than its figure, and forty no more than their table."""

_PLAN_PCT = 100
"""The plan is drawn as long as this, so that 2 % of it look like little."""


def charts(
    indicators: Indicators, lines: Sequence[Line], tables: Sequence[Table], words: Words, period: str
) -> list[Chart]:
    """Draw how far the targets were reached, or what was done where few were set, and tables without hidden parts."""
    shares = [
        (f"{line.number}. {line.name}", f"{line.share} %", min(row.share_pct, WIDEST_PCT))
        for line, row in zip(lines, indicators.rows, strict=True)
        if row.share_pct is not None and line.value is not None
    ]
    cut = any(row.share_pct is not None and row.share_pct > WIDEST_PCT for row in indicators.rows)
    note = words.chart.cut.format(widest=WIDEST_PCT) if cut else ""
    drawn = [_chart(words.chart.plan, shares, words.chart.text, _PLAN_PCT, note)]
    if len(shares) < FEWEST:
        drawn = _done(indicators, lines, words, period)
    for table in tables:
        parts = zip(table.lines, table.numbers, strict=True)
        bars = [(name, figure, value) for (name, figure, _), (value, _) in parts]
        drawn.append(_chart(f"{table.title} ({table.unit})", [] if table.note else bars, words.chart.text))
    return [chart for chart in drawn if FEWEST <= len(chart.bars) <= MOST]


def _done(indicators: Indicators, lines: Sequence[Line], words: Words, period: str) -> list[Chart]:
    """Draw the figures of each unit side by side: those of the period, then those of the whole project."""
    spans = [(period, [line.value for line in lines])]
    if any(line.opens_whole for line in lines):
        spans.append((words.columns.whole.lower(), [line.whole_value for line in lines]))
    drawn = []
    for unit in dict.fromkeys(row.unit for row in indicators.rows):
        for span, values in spans:
            bars = [
                (f"{line.number}. {row.name}", number(value), value)
                for line, row, value in zip(lines, indicators.rows, values, strict=True)
                if row.unit == unit and value is not None
            ]
            if any(value for _, _, value in bars):
                title = words.chart.done.format(period=span, unit=unit)
                drawn.append(_chart(title, bars, words.chart.text))
    return drawn


def _chart(title: str, bars: Sequence[tuple[str, str, float]], text: str, full: float = 0, note: str = "") -> Chart:
    widest = max([full, *(value for _, _, value in bars)])
    told = "; ".join(f"{label} — {figure}" for label, figure, _ in bars)
    return Chart(
        title=title,
        bars=[
            Bar(label=label, told=figure, length_pct=round(100 * max(value, 0) / widest) if widest > 0 else 0)
            for label, figure, value in bars
        ],
        text=text.format(title=title, bars=told),
        note=note,
    )
