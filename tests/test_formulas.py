"""No file that leaves the course runs what somebody has typed into it, whichever exporter wrote it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import zipfile
from itertools import cycle
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import insert
from test_gradebook_exporting import one
from test_register_exporting import REFERRED, SHEETS, TODAY, furnished, register

from ecitizen.facts import Fact
from ecitizen.gradebook import tables as results
from ecitizen.indicators import Indicators, Passport, load, measure
from ecitizen.register.cells import Choice, Clock, Code, Count, Day, Kind, SheetMark, YesNo
from ecitizen.register.exporting import export_table
from ecitizen.register.tables import Attendance, ClassGroup, Learner, Person, Session
from ecitizen.reports import Meta, report

SIGNS = "=+-@"
every_ending = pytest.mark.parametrize("ending", [".csv", ".xlsx"])
every_sign = pytest.mark.parametrize("text", [f"{sign}HYPERLINK(0)" for sign in SIGNS])
RUNS = ("=", "+", "-", "@", "\t", "\r")


def check(data: bytes, ending: str, delimiter: str = ";") -> None:
    """No cell is, or begins, a formula that holds the text; the text itself is there."""
    if ending == ".csv":
        rows = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter)
        cells = [cell for row in rows for cell in row]
        assert not [cell for cell in cells if cell.lstrip(" ").startswith(RUNS) and not re.fullmatch(r"-[\d,.]*", cell)]
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not [sheet for sheet in sheets if re.search(rb"<f[ >][^<]*HYPERLINK", sheet)]
        book = openpyxl.load_workbook(io.BytesIO(data))
        cells = [str(cell.value) for page in book for row in page.iter_rows() for cell in row if cell.data_type == "s"]
    assert [cell for cell in cells if "HYPERLINK" in cell]


def value(kind: Kind, text: str) -> Any:
    """A value of one kind of cell, hostile where a text may be."""
    match kind:
        case Count():
            return kind.low
        case Day():
            return TODAY
        case YesNo():
            return True
        case Choice():
            return next(iter(kind.words))
        case Clock():
            return "10:00"
        case SheetMark():
            return "0" * 32
        case Code() if isinstance(kind, Code):
            return "a1"
    return text


def hostile(table: str) -> dict[str, Any]:
    """One row of a table, with formulas of every kind wherever people may write."""
    sheet = SHEETS[table]
    texts = (f"{sign}HYPERLINK({number})" for number, sign in enumerate(cycle(SIGNS)))
    told = [column for column in sheet.columns if column.field != "id" or table == "sites"]
    return {one.field: REFERRED[one.refers][0] if one.refers else value(one.kind, next(texts)) for one in told}


WORDLESS = {
    name for name, sheet in SHEETS.items() if not any("HYPERLINK" in str(cell) for cell in hostile(name).values())
}
"""Tables of numbers, days and codes alone."""


def test_tables_without_words_are_known() -> None:
    assert sorted(WORDLESS) == ["members", "sessions", "subscribers", "surveys"]


@every_ending
@pytest.mark.parametrize("table", sorted(SHEETS.keys() - WORDLESS))
def test_tables_of_the_register_run_nothing(tmp_path: Path, table: str, ending: str) -> None:
    model = SHEETS[table].table
    assert model is not None
    with register() as engine:
        furnished(engine)
        with engine.begin() as connection:
            connection.execute(insert(model), [hostile(table)])
        export_table(engine, table, tmp_path / f"a{ending}", names=True)
    check((tmp_path / f"a{ending}").read_bytes(), ending)


@every_sign
@every_ending
@pytest.mark.parametrize("table", ["learners", "attendance"])
def test_people_run_nothing(tmp_path: Path, table: str, ending: str, text: str) -> None:
    with register() as engine:
        furnished(engine)
        with engine.begin() as connection:
            connection.execute(insert(ClassGroup).values(code=text, name=text, site="ЦГБ"))
            connection.execute(insert(Learner).values(number=7, site="ЦГБ", group_code=text, pin_hash="", seat=text))
            person = dict.fromkeys(("surname", "given", "patronymic", "contact"), text)
            connection.execute(insert(Person).values(number=7, **person))
            connection.execute(insert(Session).values(id=1, date=TODAY, group_code=text, lesson="01-gosuslugi"))
            connection.execute(insert(Attendance).values(session_id=1, learner=7))
        export_table(engine, table, tmp_path / f"a{ending}", names=True)
    check((tmp_path / f"a{ending}").read_bytes(), ending)


def figures(text: str) -> Indicators:
    """A passport of a library's own, and facts, whose every word is hostile."""
    known = load("kcon").model_dump()
    rows = [{**row, "name": text, "unit": text, "note": text} for row in known["rows"]]
    passport = Passport.model_validate({**known, "rows": rows})
    day, tags = dt.date(2019, 3, 1), {"request-kind": text, "first": "yes", "result": "done"}
    facts = [Fact(kind="ticket", date=day, key=f"ticket:{n}", site="c1", text=text, tags=tags) for n in range(7)]
    return measure(passport, facts, dt.date(2019, 1, 1), dt.date(2019, 12, 31))


@every_sign
@every_ending
def test_reports_run_nothing(tmp_path: Path, ending: str, text: str) -> None:
    out = tmp_path / f"report{ending}"
    report(figures(text), Meta(made=TODAY, version="1", sites={"c1": text}, library=text), out)
    check(out.read_bytes(), ending)


@every_sign
@pytest.mark.parametrize("writer", ["as_csv", "as_moodle", "as_xlsx"])
def test_results_of_learners_run_nothing(writer: str, text: str) -> None:
    found = [one("7", text, 1.5)]
    names = {"7": text}
    data = results.as_xlsx(found, names) if writer == "as_xlsx" else getattr(results, writer)(found, "item", names)
    check(data, ".xlsx" if writer == "as_xlsx" else ".csv", "," if writer == "as_moodle" else ";")
