"""Read papers back as a person does: the rows of their tables, and the figures in a row."""

from __future__ import annotations

import csv
import html
import re
from pathlib import Path

import openpyxl
from docx import Document
from pypdf import PdfReader

Cells = list[str]

_FIGURE = re.compile(r"[−-]?\d[\d\s]*(?:[.,]\d+)?")
NOTES = "Прим."
"""Head of a column whose numbers are footnotes."""


def rows_of(path: Path) -> list[Cells]:
    """Give the rows of all tables of a .docx, .xlsx, .csv or .html; a workbook's footnote marks are left out."""
    match path.suffix:
        case ".docx":
            return [[cell.text for cell in row.cells] for table in Document(str(path)).tables for row in table.rows]
        case ".xlsx":
            return [row for sheet in openpyxl.load_workbook(path, data_only=True) for row in _sheet(sheet)]
        case ".csv":
            return [list(row) for row in csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";")]
        case _:
            found = re.findall(r"<tr.*?</tr>", path.read_text("utf-8"), re.DOTALL)
            cells = [re.findall(r"<t[dh]\b.*?</t[dh]>", row, re.DOTALL) for row in found]
            return [[html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


def _sheet(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[Cells]:
    rows = [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    notes = [place for row in rows for place, cell in enumerate(row) if cell == NOTES]
    return [[cell for place, cell in enumerate(row) if place not in notes] for row in rows]


def letters_of(path: Path) -> str:
    """Give all letters of a .pdf without the spaces between them: a table has no cells there."""
    return "".join("".join(page.extract_text() for page in PdfReader(path).pages).replace("\u200b", "").split())


def figures_after(name: str, unit: str, rows: list[Cells]) -> list[float]:
    """Give the figures behind a name in the one row of a table of figures that begins with it."""
    names = (name, f"{name} ({unit})")
    found = [
        row[place + 1 :]
        for row in rows
        for place, cell in enumerate(row[:2])
        if cell == names[0] or cell.startswith(names[1])
    ]
    (row,) = found
    told = [figure for cell in row if cell != unit for figure in _FIGURE.findall(cell)]
    return [float(re.sub(r"\s", "", figure).replace("−", "-").replace(",", ".")) for figure in told]
