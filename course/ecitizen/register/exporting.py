"""Tables of the register as files that the importer takes back unchanged."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
from pathlib import Path
from typing import Any, cast

import xlsxwriter
from sqlalchemy import Connection, Engine, Table, select

from ecitizen.errors import CourseError
from ecitizen.register.people import sort_key
from ecitizen.register.sheets import Column, Sheet, sheet_of
from ecitizen.register.tables import Attendance, Learner, Person, Session

_WIDTH = 22


def export_table(engine: Engine, name: str, path: Path, *, names: bool = False) -> int:
    """Write a table as csv (utf-8 with BOM, ``;``) or xlsx by the ending; gives the number of rows.

    ``names``: learners with names, birth years and consent, else only numbers. PINs are never written. A text that a
    spreadsheet program would run as a formula gets an apostrophe, which the importer takes off again.
    """
    sheet = sheet_of(name)
    columns = [column for column in sheet.columns if column.exported and (names or not column.personal)]
    with engine.connect().execution_options(readonly=True) as connection:
        rows = _rows(connection, sheet)
    table = [[_shown(column, row[column.field]) for column in columns] for row in rows]
    writers = {".csv": _write_csv, ".xlsx": _write_xlsx}
    if path.suffix.casefold() not in writers:
        raise CourseError(str(path), f"неизвестный вид файла {path.suffix!r}", "Назовите файл .csv или .xlsx")
    # The file of the same name that is there stays until the new one is whole.
    draft = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        writers[path.suffix.casefold()](draft, sheet, columns, table)
        draft.replace(path)
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise CourseError(
            str(path), f"файл не записывается ({error})", "Закройте его в других программах, проверьте место на диске"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return len(table)


def _rows(connection: Connection, sheet: Sheet) -> list[Any]:
    if sheet.name == "learners":
        names = [column for column in Person.__table__.columns if column.name != "number"]
        people = select(Learner, *names).join_from(Learner, Person, Person.number == Learner.number, isouter=True)
        return list(connection.execute(people.order_by(Learner.number)).mappings())
    if sheet.name == "attendance":
        what = (Session.date, Session.group_code, Session.lesson, Session.minutes, Attendance.learner)
        present = select(*what).join_from(Attendance, Session)
        order = (Session.date, Session.group_code, Session.lesson, Attendance.learner)
        return list(connection.execute(present.order_by(*order)).mappings())
    assert sheet.table is not None, f"{sheet.name} goes into several tables"
    table = cast(Table, sheet.table.__table__)
    rows = list(connection.execute(select(table).order_by(*table.primary_key)).mappings())
    return sorted(rows, key=lambda row: sort_key(row["name"])) if sheet.name == "sites" else rows


def _shown(column: Column, value: Any) -> str | int | dt.date:
    return "" if value in (None, "") else column.kind.show(value)


def _write_csv(path: Path, _sheet: Sheet, columns: list[Column], table: list[list[Any]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(column.header for column in columns)
        writer.writerows([f"{v:%d.%m.%Y}" if isinstance(v, dt.date) else v for v in row] for row in table)


def _write_xlsx(path: Path, sheet: Sheet, columns: list[Column], table: list[list[Any]]) -> None:
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet(sheet.title[:31])
        header, day = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "dd.mm.yyyy"})
        page.freeze_panes(1, 0)
        page.set_column(0, len(columns) - 1, _WIDTH)
        page.write_row(0, 0, [column.header for column in columns], header)
        for line, row in enumerate(table, start=1):
            for place, value in enumerate(row):
                if isinstance(value, dt.date):
                    page.write_datetime(line, place, dt.datetime(value.year, value.month, value.day), day)
                elif isinstance(value, int):
                    page.write_number(line, place, value)
                elif value:
                    page.write_string(line, place, value)
