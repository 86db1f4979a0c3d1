"""Results as tables: csv and xlsx for a spreadsheet, csv for Moodle's gradebook.

The spreadsheet's csv is as everywhere in the course: UTF-8 with BOM, ``;``, decimal comma, every cell in quotes.
Moodle's has one line a learner and a column for each grade; it reads a comma, a decimal point and ``-`` for no grade
(Moodle docs, "Grade import").
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime

import xlsxwriter

from ecitizen import content
from ecitizen.gradebook.outcomes import By, Outcome, summed
from ecitizen.gradebook.words import ExportWords, words

Cell = str | float | datetime | None
Names = Mapping[str, str]
"""Learner's number to name; empty where nobody asked for names."""

WIDTH = 24
"""Of a column, in characters."""

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What begins a formula, or hides its beginning (OWASP, CSV injection)."""

NO_GRADE = "-"


def harmless(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) or text.lstrip().startswith(_FORMULAS) else text


def as_csv(found: Sequence[Outcome], by: By = "item", names: Names | None = None) -> bytes:
    """Write one line an item, a skill or a lesson of a learner."""
    filled = io.StringIO(newline="")
    sheet = csv.writer(filled, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    sheet.writerows([_plain(cell, ",") for cell in row] for row in _table(found, by, names or {}))
    return filled.getvalue().encode("utf-8-sig")


def as_xlsx(found: Sequence[Outcome], names: Names | None = None) -> bytes:
    """Write a workbook of three sheets: by items, by skills, by lessons."""
    filled = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(filled, options) as book:
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheets: tuple[tuple[By, str], ...] = (("item", "items"), ("skill", "skills"), ("lesson", "lessons"))
        for by, sheet in sheets:
            page = book.add_worksheet(words().export.sheets[sheet][:31])
            rows = _table(found, by, names or {})
            page.freeze_panes(1, 0)
            page.set_column(0, len(rows[0]) - 1, WIDTH)
            page.write_row(0, 0, rows[0], heading)
            page.autofilter(0, 0, max(1, len(rows) - 1), len(rows[0]) - 1)
            for line, row in enumerate(rows[1:], 1):
                for place, cell in enumerate(row):
                    if isinstance(cell, datetime):
                        page.write_datetime(line, place, cell.astimezone().replace(tzinfo=None), moment)
                    elif isinstance(cell, str):
                        page.write_string(line, place, cell)
                    elif cell is not None:
                        page.write_number(line, place, cell)
    return filled.getvalue()


def as_moodle(found: Sequence[Outcome], by: By = "item", names: Names | None = None) -> bytes:
    """Write one line a learner, mapped by "ID number"; a column for each item, skill or lesson."""
    known, texts = names or {}, words().export
    titles = _titles()
    shown = summed(found, by)
    heads = {(one.lesson, one.skill, one.item): _head(one, by, titles, texts) for one in shown}
    marks: dict[str, dict[tuple[str, str, str], float | None]] = {}
    for one in shown:
        marks.setdefault(one.learner, {})[one.lesson, one.skill, one.item] = one.points
    filled = io.StringIO(newline="")
    sheet = csv.writer(filled, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    whose = [texts.number, *([texts.name] if known else [])]
    sheet.writerow([*whose, *map(harmless, heads.values())])
    for learner, points in sorted(marks.items(), key=lambda pair: (len(pair[0]), pair[0])):
        own = [learner, *([known.get(learner, "")] if known else [])]
        grades = [points.get(column) for column in heads]
        sheet.writerow([*map(harmless, own), *(NO_GRADE if grade is None else _plain(grade, ".") for grade in grades)])
    return filled.getvalue().encode("utf-8")


def _head(one: Outcome, by: By, titles: Mapping[str, str], texts: ExportWords) -> str:
    lesson = titles.get(one.lesson, one.lesson)
    if by == "lesson":
        return texts.total.format(lesson=lesson)
    skill = one.item if by == "item" else content.skills().get(one.skill, one.skill)
    return texts.skill_column.format(lesson=lesson, skill=skill)


def _table(found: Sequence[Outcome], by: By, names: Names) -> list[list[Cell]]:
    texts, titles, skills = words().export, _titles(), content.skills()
    head: list[Cell] = [texts.learner, *([texts.name] if names else []), texts.lesson]
    head += [*([texts.item] if by == "item" else []), *([texts.skill] if by != "lesson" else [])]
    head += [texts.points, texts.most, texts.share_pct, texts.waits, texts.at]
    rows = [head]
    for one in summed(found, by):
        row: list[Cell] = [one.learner, *([names.get(one.learner, "")] if names else [])]
        row += [titles.get(one.lesson, one.lesson), *([one.item] if by == "item" else [])]
        row += [skills.get(one.skill, one.skill)] if by != "lesson" else []
        share = None if one.share is None else round(100 * one.share, 1)
        row += [one.points, one.most, share, texts.yes if one.waits else "", one.at]
        rows.append(row)
    return rows


def _titles() -> dict[str, str]:
    return {entry.id: entry.title for entry in content.toc().lessons}


def _plain(cell: Cell, comma: str) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell.astimezone():%d.%m.%Y %H:%M}"
        case str():
            return harmless(cell)
        case _:
            return f"{round(cell, 4):.10g}".replace(".", comma)
