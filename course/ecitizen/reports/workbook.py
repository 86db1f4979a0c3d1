"""The same figures as .xlsx: one sheet of rows, one of the facts behind them, each figure linked to its facts."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import xlsxwriter

from ecitizen.indicators import Indicators, Row
from ecitizen.reports.lines import Line, Paper
from ecitizen.reports.meta import Meta
from ecitizen.reports.paper import clean, write
from ecitizen.reports.words import Words

_HEAD = 4
"""Row of the headings on the first sheet, from 0."""
_ROW_WIDTHS = [6, 62, 13, 12, 9, 14, 7, 14]
"""The last column is there only if the form has a figure for the whole project."""
_FACT_WIDTHS = [7, 13, 74, 9, 32, 24]
"""Widths of the columns of the two sheets in characters."""
_FONT = {"font_name": "Times New Roman", "font_size": 12, "valign": "top"}
_BOX = {**_FONT, "border": 1}


@dataclass(frozen=True, slots=True)
class _Formats:
    """Formats of cells by their use; ``quote_prefix`` keeps a text a text even when somebody edits its cell."""

    title: Any
    plain: Any
    note: Any
    head: Any
    text: Any
    number: Any
    broken: Any
    link: Any
    broken_link: Any
    share: Any
    at_least: Any
    exactly: Any
    year: Any
    date: Any


def as_xlsx(indicators: Indicators, meta: Meta, words: Words) -> bytes:
    """Write a workbook of two sheets; texts never become formulas or links."""
    filled = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(filled, options)
    paper = write(indicators, meta, words)
    book.set_properties(
        {
            "title": paper.heading,
            "company": indicators.passport.organisation.short,
            # The same figures on the same day give the same file.
            "created": datetime.combine(meta.made, time()),
        }
    )
    formats = _formats(book, words)
    first = book.add_worksheet(words.sheets.rows)
    second = book.add_worksheet(words.sheets.facts)
    starts = _write_facts(second, indicators, paper, words, formats)
    _write_rows(first, indicators, paper, words, formats, starts)
    _draw_plan(book, first, indicators, paper, words)
    book.close()
    return filled.getvalue()


def _formats(book: Any, words: Words) -> _Formats:
    make = book.add_format
    centred = {**_BOX, "align": "center"}
    link = {"font_color": "#1F4E9E", "underline": 1}
    return _Formats(
        title=make({**_FONT, "bold": True, "font_size": 14, "text_wrap": True, "align": "center", "valign": "vcenter"}),
        plain=make({**_FONT, "text_wrap": True, "align": "center"}),
        note=make({**_FONT, "font_size": 10, "text_wrap": True}),
        head=make({**centred, "bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E7ECEF"}),
        text=make({**_BOX, "text_wrap": True, "quote_prefix": True}),
        number=make({**centred, "num_format": "#,##0"}),
        broken=make({**centred, "num_format": "#,##0.0#"}),
        link=make({**centred, **link, "num_format": "#,##0"}),
        broken_link=make({**centred, **link, "num_format": "#,##0.0#"}),
        share=make({**centred, "num_format": "0.0"}),
        at_least=make({**centred, "num_format": _around(words.target.at_least)}),
        exactly=make({**centred, "num_format": _around(words.target.exactly)}),
        year=make({**centred, "num_format": "0"}),
        date=make({**centred, "num_format": "dd.mm.yyyy"}),
    )


def _write_rows(
    sheet: Any, indicators: Indicators, paper: Paper, words: Words, formats: _Formats, starts: list[int]
) -> None:
    columns = words.columns
    heads = [
        columns.number,
        columns.name,
        columns.target,
        columns.target_year,
        columns.actual,
        columns.share,
        columns.notes,
        *([columns.whole] if paper.has_whole else []),
    ]
    _set_up(sheet, _ROW_WIDTHS, head=_HEAD)
    last = len(heads) - 1
    for place, text in enumerate([indicators.passport.organisation.full, paper.heading, paper.site]):
        sheet.merge_range(place, 0, place, last, text, formats.title if place == 1 else formats.plain)
    sheet.set_row(1, 34)
    sheet.set_row(2, None, None, {"hidden": not paper.site})
    sheet.write_row(_HEAD, 0, heads, formats.head)
    for place, (row, line) in enumerate(zip(indicators.rows, paper.lines, strict=True)):
        _write_row(sheet, _HEAD + 1 + place, row, line, words, formats, starts[place])
    below = _HEAD + len(indicators.rows) + 2
    notes = [f"[{note.mark}] {note.text}" if note.mark else note.text for note in paper.notes]
    for place, text in enumerate(filter(None, [paper.total, *notes, paper.made])):
        sheet.merge_range(below + place, 0, below + place, last, text, formats.note)
        sheet.set_row(below + place, _height(text, sum(_ROW_WIDTHS[: last + 1]), 10))


def _draw_plan(book: Any, sheet: Any, indicators: Indicators, paper: Paper, words: Words) -> None:
    """Draw how far the targets were reached, below everything else."""
    plan = next((chart for chart in paper.charts if chart.title == words.chart.plan), None)
    if plan is None:
        return
    first, last = _HEAD + 1, _HEAD + len(indicators.rows)
    chart = book.add_chart({"type": "bar"})
    page = words.sheets.rows
    chart.add_series({"categories": [page, first, 0, last, 0], "values": [page, first, 5, last, 5], "gap": 60})
    chart.set_title({"name": plan.title, "overlay": False})
    chart.set_legend({"none": True})
    # The first row of the table on top, as people read it.
    chart.set_y_axis({"reverse": True})
    chart.set_size({"width": 760, "height": 60 + 34 * len(indicators.rows)})
    at = last + len(paper.notes) + 6
    sheet.set_h_pagebreaks([at])
    sheet.insert_chart(at, 1, chart, {"description": plan.text})


def _write_row(sheet: Any, at: int, row: Row, line: Line, words: Words, formats: _Formats, start: int) -> None:
    sheet.set_row(at, _height(line.name, _ROW_WIDTHS[1], 12))
    sheet.write_number(at, 0, line.number, formats.number)
    sheet.write_string(at, 1, line.name, formats.text)
    if row.target is None:
        sheet.write_string(at, 2, words.target.none, formats.number)
        sheet.write_string(at, 3, words.target.none, formats.number)
    else:
        sheet.write_number(at, 2, row.target, formats.at_least if row.at_least else formats.exactly)
        sheet.write_number(at, 3, row.target_year, formats.year)
    link = formats.link if _whole(row.actual) else formats.broken_link
    linked = bool(line.reasons)
    if linked:
        # The link comes first: the number written over it keeps it.
        sheet.write_url(at, 4, f"internal:'{words.sheets.facts}'!A{start + 1}", link)
    if line.actual == words.target.none:
        sheet.write_string(at, 4, line.actual, formats.number)
    else:
        sheet.write_number(at, 4, row.actual, link if linked else formats.number)
    if row.share_pct is None:
        sheet.write_string(at, 5, words.target.none, formats.share)
    else:
        sheet.write_formula(at, 5, f"=ROUND(E{at + 1}/C{at + 1}*100,1)", formats.share, row.share_pct)
    sheet.write_string(at, 6, line.marks, formats.number)
    if row.whole is not None and line.whole == words.target.none:
        sheet.write_string(at, 7, line.whole, formats.number)
    elif row.whole is not None:
        sheet.write_number(at, 7, row.whole.actual, formats.number if _whole(row.whole.actual) else formats.broken)


def _write_facts(sheet: Any, indicators: Indicators, paper: Paper, words: Words, formats: _Formats) -> list[int]:
    """Write all facts and give, for each indicator, the row (from 0) at which its facts begin."""
    columns = words.columns
    heads = [columns.number, columns.date, columns.text, columns.amount, columns.site, columns.key]
    _set_up(sheet, _FACT_WIDTHS, head=0)
    sheet.write_row(0, 0, heads, formats.head)
    at, starts = 1, []
    for row, line in zip(indicators.rows, paper.lines, strict=True):
        starts.append(at)
        for fact, reason in zip(row.facts, line.reasons, strict=False):
            sheet.set_row(at, max(_height(reason.text, _FACT_WIDTHS[2], 12), _height(reason.site, _FACT_WIDTHS[4], 12)))
            sheet.write_number(at, 0, line.number, formats.number)
            sheet.write_datetime(at, 1, datetime.combine(fact.date, time()), formats.date)
            sheet.write_string(at, 2, reason.text, formats.text)
            sheet.write_number(at, 3, fact.amount, formats.number if _whole(fact.amount) else formats.broken)
            sheet.write_string(at, 4, reason.site, formats.text)
            sheet.write_string(at, 5, clean(fact.key), formats.text)
            at += 1
    sheet.autofilter(0, 0, max(at - 1, 1), len(heads) - 1)
    return starts


def _height(text: str, width: int, size: int) -> float:
    """Guess the height of a wrapped cell in points: a spreadsheet does not always fit rows by itself."""
    return 1.3 * size * math.ceil(max(len(text), 1) / (width * 12 / size))


def _around(target: str) -> str:
    """Turn «не менее {n}» into the format of a cell that shows the words and holds the number."""
    before, after = target.split("{n}")
    return f'"{before}"General"{after}"'


def _whole(value: float) -> bool:
    return float(value).is_integer()


def _set_up(sheet: Any, widths: list[int], head: int) -> None:
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.8, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)
    sheet.freeze_panes(head + 1, 0)
    sheet.set_footer("&C&P / &N")
