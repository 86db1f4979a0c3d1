"""The same figures as .xlsx: sheets of rows, of breakdowns and of the facts, each figure linked to its facts."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from ecitizen.indicators import Indicators, Row
from ecitizen.reports.lines import Line, Paper
from ecitizen.reports.meta import Meta
from ecitizen.reports.paper import write
from ecitizen.reports.words import Words

_HEAD = 4
"""Row of the headings on the first sheet, from 0."""
_FACT_WIDTHS = [7, 13, 74, 9, 32, 30]
_PART_WIDTHS = [70, 14, 14]
"""Widths of the columns in characters."""
_LETTERS = 1.08
"""So many Russian letters of 12 pt fit where a column is one character wide."""
_PAGE_ROWS = 25
"""So many indicators, with their footnotes, go on one page."""
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
    """Write a workbook: the rows, their chart, the breakdowns, the facts; texts never become formulas or links."""
    filled = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(filled, options)
    paper = write(indicators, meta, words)
    organisation = meta.organisation(indicators.passport.organisation)
    book.set_properties(
        {
            "title": paper.heading,
            "company": organisation.short,
            # The same figures on the same day give the same file.
            "created": datetime.combine(meta.made, time()),
        }
    )
    formats = _formats(book, words)
    first = book.add_worksheet(words.sheets.rows)
    _draw_plan(book, indicators, paper, words)
    _write_tables(book, paper, words, formats)
    starts = [0] * len(paper.lines)
    if paper.has_appendix:
        starts = _write_facts(book.add_worksheet(words.sheets.facts), paper, words, formats)
    _write_rows(first, indicators, paper, organisation.full, words, formats, starts)
    if len(indicators.rows) <= _PAGE_ROWS:
        first.fit_to_pages(1, 1)
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
    sheet: Any, indicators: Indicators, paper: Paper, organisation: str, words: Words, formats: _Formats,
    starts: list[int],
) -> None:  # fmt: skip
    columns = _columns(indicators, paper)
    place_of = {name: place for place, name in enumerate(columns)}
    _set_up(sheet, list(columns.values()), head=_HEAD)
    last = len(columns) - 1
    for place, text in enumerate([organisation, paper.heading, paper.site]):
        sheet.merge_range(place, 0, place, last, text, formats.title if place == 1 else formats.plain)
        sheet.set_row(place, _height(text, sum(columns.values()), 14))
    sheet.set_row(2, None, None, {"hidden": not paper.site})
    sheet.write_row(_HEAD, 0, [getattr(words.columns, name) for name in columns], formats.head)
    sheet.set_row(_HEAD, 2 * _height("", 1, 12))
    for place, (row, line) in enumerate(zip(indicators.rows, paper.lines, strict=True)):
        _write_row(sheet, _HEAD + 1 + place, place_of, row, line, words, formats, starts[place])
    below = _HEAD + len(indicators.rows) + 2
    notes = [f"[{note.mark}] {note.text}" if note.mark else note.text for note in paper.notes]
    for place, text in enumerate(filter(None, [paper.total, *notes, paper.made])):
        sheet.merge_range(below + place, 0, below + place, last, text, formats.note)
        sheet.set_row(below + place, _height(text, sum(columns.values()), 10))


def _columns(indicators: Indicators, paper: Paper) -> dict[str, int]:
    """Give the columns of the first sheet with their widths in characters; what no row has is left out."""
    promised = any(row.whole and row.whole.target is not None for row in indicators.rows)
    return {
        "number": 6,
        "name": 62,
        **({"target": 14, "target_year": 10} if paper.has_targets else {}),
        "actual": 10,
        **({"share": 15} if paper.has_targets else {}),
        "notes": 8,
        **({"whole": 12} if paper.has_whole else {}),
        **({"whole_target": 14} if promised else {}),
    }


def _draw_plan(book: Any, indicators: Indicators, paper: Paper, words: Words) -> None:
    """Draw how far the targets were reached, on a sheet of its own, if any target is set."""
    plan = next((chart for chart in paper.charts if chart.title == words.chart.plan), None)
    if plan is None:
        return
    first, last = _HEAD + 1, _HEAD + len(indicators.rows)
    share = list(_columns(indicators, paper)).index("share")
    chart = book.add_chart({"type": "bar"})
    page = words.sheets.rows
    chart.add_series(
        {
            "categories": [page, first, 0, last, 0],
            "values": [page, first, share, last, share],
            "gap": 60,
            "fill": {"color": "#1F4E9E"},
            "data_labels": {"value": True, "num_format": "0.0"},
        }
    )
    chart.set_title({"name": plan.title, "overlay": False})
    chart.set_legend({"none": True})
    # The first row of the table on top, as people read it.
    chart.set_y_axis({"reverse": True, "name": words.columns.number})
    chart.set_size({"width": 760, "height": 90 + 34 * len(indicators.rows)})
    sheet = book.add_worksheet(words.sheets.chart)
    _set_up(sheet, [])
    sheet.fit_to_pages(1, 1)
    sheet.insert_chart(0, 0, chart, {"description": plan.text, "x_offset": 8, "y_offset": 8})


def _write_row(
    sheet: Any, at: int, place_of: Mapping[str, int], row: Row, line: Line, words: Words, formats: _Formats, start: int
) -> None:
    sheet.set_row(at, _height(line.name, 62, 12))
    sheet.write_number(at, place_of["number"], line.number, formats.number)
    sheet.write_string(at, place_of["name"], line.name, formats.text)
    if "target" in place_of:
        _write_target(sheet, at, place_of, row, line, words, formats)
    actual = place_of["actual"]
    broken = line.value is not None and not _whole(line.value)
    link = formats.broken_link if broken else formats.link
    linked = bool(line.reasons)
    if linked:
        # The link comes first: the number written over it keeps it.
        sheet.write_url(at, actual, f"internal:'{words.sheets.facts}'!A{start + 1}", link)
    if line.value is None:
        sheet.write_string(at, actual, line.actual, formats.number)
    else:
        plain = formats.broken if broken else formats.number
        sheet.write_number(at, actual, line.value, link if linked else plain)
    sheet.write_string(at, place_of["notes"], line.marks, formats.number)
    if "whole" in place_of:
        _write_whole(sheet, at, place_of, row, line, words, formats)


def _write_target(
    sheet: Any, at: int, place_of: Mapping[str, int], row: Row, line: Line, words: Words, formats: _Formats
) -> None:
    target, year, share = (place_of[name] for name in ("target", "target_year", "share"))
    if row.target is None:
        sheet.write_string(at, target, words.target.none, formats.number)
        sheet.write_string(at, year, words.target.none, formats.number)
    else:
        sheet.write_number(at, target, row.target, formats.at_least if row.at_least else formats.exactly)
        sheet.write_number(at, year, row.target_year, formats.year)
    if row.share_pct is None or line.value is None:
        sheet.write_string(at, share, words.target.none, formats.share)
    else:
        of = f"{xl_col_to_name(place_of['actual'])}{at + 1}/{xl_col_to_name(target)}{at + 1}"
        sheet.write_formula(at, share, f"=ROUND({of}*100,1)", formats.share, row.share_pct)


def _write_whole(
    sheet: Any, at: int, place_of: Mapping[str, int], row: Row, line: Line, words: Words, formats: _Formats
) -> None:
    if line.whole_value is None:
        sheet.write_string(at, place_of["whole"], line.whole_actual or words.target.none, formats.number)
    else:
        plain = formats.number if _whole(line.whole_value) else formats.broken
        sheet.write_number(at, place_of["whole"], line.whole_value, plain)
    if "whole_target" not in place_of:
        return
    if row.whole is None or row.whole.target is None:
        sheet.write_string(at, place_of["whole_target"], words.target.none, formats.number)
    else:
        form = formats.at_least if row.whole.at_least else formats.exactly
        sheet.write_number(at, place_of["whole_target"], row.whole.target, form)


def _write_tables(book: Any, paper: Paper, words: Words, formats: _Formats) -> None:
    """Write the breakdowns one below the other, if there are any; what is hidden says so."""
    if not paper.tables:
        return
    sheet = book.add_worksheet(words.sheets.tables)
    _set_up(sheet, _PART_WIDTHS)
    at = 0
    for table in paper.tables:
        sheet.merge_range(at, 0, at, 2, f"{table.title} ({table.unit})", formats.title)
        sheet.write_row(at + 1, 0, [words.columns.part, words.columns.actual, words.records], formats.head)
        at += 2
        for (name, *figures), values in zip(table.lines, table.numbers, strict=True):
            sheet.set_row(at, _height(name, _PART_WIDTHS[0], 12))
            sheet.write_string(at, 0, name, formats.text)
            for column, (told, value) in enumerate(zip(figures, values, strict=True), 1):
                if told == words.hidden:
                    sheet.write_string(at, column, told, formats.number)
                else:
                    sheet.write_number(at, column, value, formats.number if _whole(value) else formats.broken)
            at += 1
        if not table.lines:
            sheet.merge_range(at, 0, at, 2, words.empty, formats.text)
            at += 1
        if table.note:
            sheet.merge_range(at, 0, at, 2, table.note, formats.note)
            sheet.set_row(at, _height(table.note, sum(_PART_WIDTHS), 10))
            at += 1
        at += 1


def _write_facts(sheet: Any, paper: Paper, words: Words, formats: _Formats) -> list[int]:
    """Write all facts and give, for each indicator, the row (from 0) at which its facts begin."""
    columns = words.columns
    heads = [columns.number, columns.date, columns.text, columns.amount, columns.site, columns.key]
    _set_up(sheet, _FACT_WIDTHS, head=0)
    sheet.write_row(0, 0, heads, formats.head)
    at, starts = 1, []
    for line in paper.lines:
        starts.append(at)
        for reason in line.reasons:
            sheet.set_row(at, max(_height(reason.text, _FACT_WIDTHS[2], 12), _height(reason.site, _FACT_WIDTHS[4], 12)))
            sheet.write_number(at, 0, line.number, formats.number)
            sheet.write_datetime(at, 1, datetime.strptime(reason.date, "%d.%m.%Y"), formats.date)
            sheet.write_string(at, 2, reason.text, formats.text)
            sheet.write_number(at, 3, reason.value, formats.number if _whole(reason.value) else formats.broken)
            sheet.write_string(at, 4, reason.site, formats.text)
            sheet.write_string(at, 5, reason.key, formats.text)
            at += 1
    if at == 1:
        for place, line in enumerate(paper.lines, 1):
            sheet.write_row(place, 0, [line.number, "", line.figure, "", "", ""], formats.text)
    sheet.autofilter(0, 0, max(at - 1, 1), len(heads) - 1)
    return starts


def _height(text: str, width: int, size: int) -> float:
    """Guess the height of a wrapped cell in points: a spreadsheet does not always fit rows by itself."""
    return 1.3 * size * math.ceil(max(len(text), 1) / (_LETTERS * width * 12 / size))


def _around(target: str) -> str:
    """Turn «не менее {n}» into the format of a cell that shows the words and holds the number."""
    before, after = target.split("{n}")
    return f'"{before}"General"{after}"'


def _whole(value: float) -> bool:
    return float(value).is_integer()


def _set_up(sheet: Any, widths: list[int], head: int | None = None) -> None:
    """Lay a sheet out for A4; the row ``head`` (from 0) is repeated on each page and stays while one scrolls."""
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.set_margins(left=0.8, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    if head is not None:
        sheet.repeat_rows(head)
        sheet.freeze_panes(head + 1, 0)
    sheet.set_footer("&C&P / &N")
