"""What is exported comes back the same, and no spreadsheet program runs any of it."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.pool import StaticPool

from ecitizen.errors import CourseError
from ecitizen.register.cells import FORMULA_SIGNS, guarded, plain
from ecitizen.register.exporting import export_table
from ecitizen.register.importing import ERROR_VALUES, import_table
from ecitizen.register.tables import Attendance, Base, ClassGroup, Learner, Message, Person, Session, Site, Visit, Zone
from ecitizen.register.tables import Consultation as ConsultationRow
from ecitizen.register.tables import Event as EventRow

TODAY = dt.date(2025, 12, 8)
SITE = {"id": "ЦГБ", "name": "Центральная", "kind": "library", "opened": dt.date(2014, 2, 1)}


@contextmanager
def register() -> Iterator[Engine]:
    """Open an empty register in memory; hypothesis makes hundreds."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


days = st.dates(dt.date(1990, 1, 1), TODAY)
words = (
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
    | st.tuples(st.sampled_from([*"=+-@'"]), st.text(st.sampled_from("А1=+-@';,\"|"), max_size=6)).map("".join)
    | st.sampled_from(["=cmd|' /C calc'!A0", "+7 900", "-5", "@SUM(A1)", "'", "''", "'=1", "0412", "1e5", "12.03.2025"])
).map(plain)
texts = words.filter(lambda text: bool(text) and text not in ERROR_VALUES)
counts = st.integers(0, 1000)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


ROWS: dict[str, tuple[type[Base], dict[str, st.SearchStrategy[Any]]]] = {
    "events": (
        EventRow,
        {"date": days, "site": st.just("ЦГБ"), "name": texts, "kind": st.just("") | texts, "attended": counts},
    ),
    "visits": (Visit, {"date": days, "site": st.just("ЦГБ"), "authority_site": texts, "visits": counts}),
    "zones": (
        Zone,
        {
            "site": st.just("ЦГБ"),
            "title": texts,
            "opened": st.dates(dt.date(1990, 1, 1), dt.date(2020, 1, 1)),
            "closed": maybe(st.dates(dt.date(2020, 1, 1), TODAY)),
        },
    ),
    "messages": (Message, {"date": days, "outlet": texts, "title": texts}),
    "consultations": (
        ConsultationRow,
        {
            "date": days,
            "site": st.just("ЦГБ"),
            "channel": st.sampled_from(["person", "telephone", "remote"]),
            "form": st.sampled_from(["individual", "group"]),
            "topic": texts,
            "category": st.sampled_from(["pensioner", "disability", "other"]),
            "service_obtained": st.booleans(),
            "service": st.just("") | texts,
            "minutes": maybe(st.integers(0, 600)),
            "satisfaction": maybe(st.integers(1, 5)),
            "persons": st.integers(1, 30),
        },
    ),
}


def dump(engine: Engine, *tables: type[Base]) -> list[list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return [sorted(map(tuple, connection.execute(select(table)).all()), key=repr) for table in tables]


def carry(source: Engine, target: Engine, table: str, ending: str) -> None:
    """Export from one register and import into another."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{ending}"
        export_table(source, table, path, names=True)
        import_table(target, table, path, today=TODAY)


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("table", ROWS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_import_of_export_is_identity(table: str, ending: str, data: st.DataObject) -> None:
    model, columns = ROWS[table]
    unique = (lambda row: (row["date"], row["outlet"], row["title"])) if table == "messages" else None
    unique = (lambda row: (row["title"], row["opened"])) if table == "zones" else unique
    rows = data.draw(st.lists(st.fixed_dictionaries(columns), min_size=1, max_size=5, unique_by=unique))
    with register() as first, register() as second:
        for engine in (first, second):
            with engine.begin() as connection:
                connection.execute(insert(Site).values(SITE))
        with first.begin() as connection:
            connection.execute(insert(model), rows)
        carry(first, second, table, ending)
        assert dump(second, model) == dump(first, model)
        carry(first, second, table, ending)
        assert dump(second, model) == dump(first, model)


@pytest.fixture
def filled() -> Iterator[Engine]:
    """Open a register with people, a group and a session."""
    with register() as engine:
        with engine.begin() as connection:
            connection.execute(insert(Site), [SITE | {"closed": None}])
            connection.execute(
                insert(Site).values(id="=Ц", name="+ЦПИ", kind="cpi", opened=TODAY, closed=dt.date(2025, 12, 31))
            )
            connection.execute(insert(ClassGroup).values(code="Утро", name="Утро", site="ЦГБ"))
            for number, surname in ((104, "Ёлкина"), (105, "О’Нил-Жукова")):
                connection.execute(
                    insert(Learner).values(number=number, site="ЦГБ", group_code="Утро", pin_hash="", seat="+7")
                )
                connection.execute(
                    insert(Person).values(
                        number=number, surname=surname, given="Анна", patronymic="", birth_year=1953, consent_on=TODAY
                    )
                )
            connection.execute(insert(Session).values(id=1, date=TODAY, group_code="Утро", lesson="01-gosuslugi"))
            connection.execute(insert(Attendance).values(session_id=1, learner=105))
        yield engine


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_whole_register_moves_by_files(filled: Engine, ending: str) -> None:
    with register() as other:
        for table in ("sites", "learners", "attendance"):
            carry(filled, other, table, ending)
        models = (Site, Person, ClassGroup, Session, Attendance)
        assert dump(other, *models) == dump(filled, *models)
        numbers = select(Learner.number, Learner.site, Learner.group_code, Learner.seat)
        with filled.connect() as here, other.connect() as there:
            assert there.execute(numbers).all() == here.execute(numbers).all()


def test_names_leave_only_when_asked(filled: Engine, tmp_path: Path) -> None:
    assert export_table(filled, "learners", tmp_path / "a.csv") == 2
    text = (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "Номер карточки;Группа;Место;Компьютер;Записан;Выбыл"
    assert not [word for word in ("лкина", "Анна", "1953") if word in text]
    export_table(filled, "learners", tmp_path / "b.csv", names=True)
    assert "Ёлкина" in (tmp_path / "b.csv").read_text(encoding="utf-8-sig")


@given(texts)
def test_guard_comes_off_again(text: str) -> None:
    assert plain(guarded(text)) == text
    assert guarded(text)[0] not in FORMULA_SIGNS


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_cell_begins_a_formula(filled: Engine, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"sites.{ending}"
    export_table(filled, "sites", path)
    if ending == "csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        cells = [cell for row in csv.reader(lines, delimiter=";") for cell in row]
    else:
        page = openpyxl.load_workbook(path).worksheets[0]
        assert {cell.data_type for row in page.iter_rows() for cell in row} <= {"s", "n", "d"}
        cells = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]
    assert "'=Ц" in cells
    assert not [cell for cell in cells if cell[:1] and cell[0] in FORMULA_SIGNS]


def test_unknown_ending_is_refused(filled: Engine, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"\.csv или \.xlsx"):
        export_table(filled, "sites", tmp_path / "a.ods")
    with pytest.raises(CourseError, match="не записывается"):
        export_table(filled, "sites", tmp_path / "no" / "a.csv")
