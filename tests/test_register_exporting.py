"""What is exported comes back the same, and no spreadsheet program runs any of it."""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, event, insert, select
from sqlalchemy.pool import StaticPool

from ecitizen.errors import CourseError, CourseErrors
from ecitizen.register.cells import (
    FORMULA_SIGNS,
    Choice,
    Clock,
    Code,
    Count,
    Day,
    Kind,
    SheetMark,
    YesNo,
    guarded,
    plain,
)
from ecitizen.register.exporting import export_table
from ecitizen.register.importing import ERROR_VALUES, import_table
from ecitizen.register.references import _PERIODS
from ecitizen.register.sheets import Column, Sheet, all_sheets
from ecitizen.register.tables import (
    Attendance,
    Base,
    Chat,
    ClassGroup,
    Community,
    Learner,
    Material,
    Person,
    Session,
    Site,
)
from ecitizen.register.undoing import can_undo, undo_last

TODAY = dt.date(2025, 12, 8)
PLACE = {"site": "ЦГБ", "group_code": "Утро", "pin_hash": ""}
SITE = {"id": "ЦГБ", "name": "Центральная", "kind": "library", "opened": dt.date(2014, 2, 1)}


@contextmanager
def register() -> Iterator[Engine]:
    """Open an empty register in memory; hypothesis makes hundreds."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


words = (
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
    | st.tuples(st.sampled_from([*"=+-@'"]), st.text(st.sampled_from("А1=+-@';,\"|"), max_size=6)).map("".join)
    | st.sampled_from(["=cmd|' /C calc'!A0", "+7 900", "-5", "@SUM(A1)", "'", "''", "'=1", "0412", "1e5", "12.03.2025"])
).map(plain)
texts = words.filter(lambda text: bool(text) and text not in ERROR_VALUES)
REFERRED: dict[str, list[Any]] = {
    "site": ["ЦГБ"],
    "group": ["Утро"],
    "learner": [104, 105],
    "community": ["eco", "it"],
    "chat": ["vk"],
}
SHEETS = {name: sheet for name, sheet in all_sheets(TODAY).items() if sheet.table is not None}


def cells(kind: Kind) -> st.SearchStrategy[Any]:
    """Values of one kind of cell as the tables keep them."""
    match kind:
        case Count():
            return st.integers(kind.low, kind.high)
        case Day():
            return st.dates(dt.date(1990, 1, 1), TODAY)
        case YesNo():
            return st.booleans()
        case Choice():
            return st.sampled_from(sorted(kind.words))
        case Clock():
            return st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
        case Code() if isinstance(kind, Code):
            return st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True)
        case SheetMark():
            return st.from_regex(r"[0-9a-f]{32}", fullmatch=True)
    return texts.filter(lambda text: len(text) <= kind.longest)  # type: ignore[attr-defined]


def column_values(sheet: Sheet, column: Column) -> st.SearchStrategy[Any]:
    assert sheet.table is not None
    stored = sheet.table.__table__.c[column.field]
    found = st.sampled_from(REFERRED[column.refers]) if column.refers else cells(column.kind)
    if stored.nullable:
        return st.none() | found
    return found | st.just("") if column.default == "" else found


def sound(row: dict[str, Any]) -> dict[str, Any]:
    """Mend what the import would refuse: ends before beginnings, more children than visitors."""
    for begin, end in _PERIODS:
        if row.get(begin) and row.get(end) and row[end] < row[begin]:
            row[end] = row[begin]
    for part in ("children", "youth", "remote"):
        if part in row:
            row[part] = min(row[part], row["attended"] // 2)
    if row.get("name") == "":
        row["name"] = f"=Имя {row.get('id') or row['code']}"
    return row


def rows_of(sheet: Sheet) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows of a table that differ in its key; numbers of rows are the database's own."""
    assert sheet.table is not None
    own = {column.field: column_values(sheet, column) for column in sheet.columns if not is_number(sheet, column)}
    # The constraints of the tables are wider than the key where a sheet allows twins.
    unique = (lambda row: tuple(row[field] for field in sheet.key)) if sheet.key else None
    named = next((field for field in ("id", "code") if field in own), None)
    if named:
        # Places need different names, and the same few codes make an import change what is there.
        own[named] = st.sampled_from(["k1", "k2", "k3"])
        own["name"] = st.just("")
    return st.lists(st.fixed_dictionaries(own).map(sound), min_size=1, max_size=5, unique_by=unique)


def is_number(sheet: Sheet, column: Column) -> bool:
    return column.field == "id" and sheet.name != "sites"


def dump(engine: Engine, *tables: type[Base]) -> list[list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return [sorted(map(tuple, connection.execute(select(table)).all()), key=repr) for table in tables]


def everything(engine: Engine) -> list[list[tuple[Any, ...]]]:
    """Give all rows but the trace and what undoing keeps."""
    with engine.connect() as connection:
        tables = [table for table in Base.metadata.sorted_tables if table.name not in {"change", "undo"}]
        return [sorted(map(tuple, connection.execute(table.select())), key=repr) for table in tables]


def carry(source: Engine, target: Engine, table: str, ending: str) -> None:
    """Export from one register and import into another."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"table.{ending}"
        export_table(source, table, path, names=True)
        import_table(target, table, path, today=TODAY)


def furnished(engine: Engine) -> None:
    """Bring in what rows refer to."""
    with engine.begin() as connection:
        connection.execute(insert(Site).values(SITE))
        connection.execute(insert(ClassGroup).values(code="Утро", name="Утро", site="ЦГБ"))
        connection.execute(
            insert(Learner), [{"number": n, "site": "ЦГБ", "group_code": "Утро", "pin_hash": ""} for n in (104, 105)]
        )
        for code in ("eco", "it"):
            connection.execute(insert(Community).values(code=code, name=code, site="ЦГБ", opened=TODAY))
        connection.execute(insert(Chat).values(code="vk", name="vk", network="ВК", site="ЦГБ", opened=TODAY))


def test_laws_hold_for_every_table() -> None:
    """Three laws, table by table; two tables that go into several of the database have tests of their own below."""
    assert all_sheets(TODAY).keys() == SHEETS.keys() | {"learners", "attendance"}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize("table", SHEETS)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_import_of_export_is_identity(table: str, ending: str, data: st.DataObject) -> None:
    sheet = SHEETS[table]
    model = sheet.table
    assert model is not None
    rows = data.draw(rows_of(sheet))
    with register() as first, register() as second:
        for engine in (first, second):
            furnished(engine)
        with first.begin() as connection:
            connection.execute(insert(model), rows)
        for _ in range(2):
            carry(first, second, table, ending)
            assert dump(second, model) == dump(first, model)


@pytest.mark.parametrize("table", SHEETS)
@settings(max_examples=3, deadline=None)
@given(data=st.data())
def test_undo_takes_an_import_back(table: str, data: st.DataObject) -> None:
    sheet = SHEETS[table]
    model = sheet.table
    assert model is not None
    before, after = data.draw(rows_of(sheet)), data.draw(rows_of(sheet))
    with register() as ours, register() as theirs:
        for engine, rows in ((ours, before), (theirs, after)):
            furnished(engine)
            with engine.begin() as connection:
                connection.execute(insert(model), rows)
        was = dump(ours, model)
        with suppress(CourseErrors):
            # Refused where the same numbers mean other records in the other register.
            carry(theirs, ours, table, "csv")
        assume(dump(ours, model) != was)
        undo_last(ours, "test")
        assert dump(ours, model) == was
        assert not can_undo(ours)


names = st.from_regex(r"[А-ЯЁ][а-яё]{2,8}", fullmatch=True)
days = st.dates(dt.date(2020, 1, 1), TODAY)
people = st.fixed_dictionaries(
    {
        "number": st.integers(101, 99_999),
        "surname": names,
        "given": names,
        "patronymic": names | st.just(""),
        "birth_year": st.none() | st.integers(1920, 2010),
        "contact": st.none() | texts,
        "consent_on": st.none() | days,
        "seat": st.none() | st.sampled_from(["7", "+7", "=1"]),
        "joined_on": st.none() | days,
    }
)
known = st.lists(people, min_size=1, max_size=3, unique_by=(lambda one: one["number"], lambda one: one["surname"]))


def settled(engine: Engine, rows: list[dict[str, Any]]) -> None:
    """Bring in people of the morning group."""
    own = ("number", "seat", "joined_on")
    with engine.begin() as connection:
        connection.execute(insert(Site).values(SITE))
        connection.execute(insert(ClassGroup).values(code="Утро", name="Утро", site="ЦГБ"))
        connection.execute(insert(Learner), [{name: row[name] for name in own} | PLACE for row in rows])
        connection.execute(insert(Person), [{name: row[name] for name in row if name not in own[1:]} for row in rows])


@pytest.mark.parametrize("ending", ["csv", pytest.param("xlsx", marks=pytest.mark.thorough)])
@settings(max_examples=2, deadline=None)
@given(rows=known)
def test_import_of_exported_people_is_identity(ending: str, rows: list[dict[str, Any]]) -> None:
    own = ("number", "seat", "joined_on")
    with register() as first, register() as second:
        settled(first, rows)
        with second.begin() as connection:
            connection.execute(insert(Site).values(SITE))
        for _ in range(2):
            carry(first, second, "learners", ending)
            assert dump(second, Person) == dump(first, Person)
            columns = select(*(Learner.__table__.c[name] for name in (*own, "site", "group_code")))
            with first.connect() as here, second.connect() as there:
                assert sorted(there.execute(columns).all(), key=repr) == sorted(here.execute(columns).all(), key=repr)


@settings(max_examples=3, deadline=None)
@given(before=known, after=known, same=st.booleans())
def test_undo_takes_people_back(before: list[dict[str, Any]], after: list[dict[str, Any]], same: bool) -> None:
    """New people and changed ones: the numbers of some are those of people who are there."""
    if same:
        after[0] = after[0] | {"number": before[0]["number"]}
        assume(len({row["number"] for row in after}) == len(after))
    with register() as ours, register() as theirs:
        settled(ours, before)
        settled(theirs, after)
        was = everything(ours)
        with suppress(CourseErrors):
            # Refused where two people have one name.
            carry(theirs, ours, "learners", "csv")
        assume(everything(ours) != was)
        undo_last(ours, "test")
        assert everything(ours) == was


lessons = st.from_regex(r"[0-9]{2}-[a-z]{1,8}", fullmatch=True)
came = st.dictionaries(
    st.tuples(days, lessons), st.sets(st.sampled_from([104, 105]), min_size=1), min_size=1, max_size=4
)


@pytest.mark.parametrize("ending", ["csv", pytest.param("xlsx", marks=pytest.mark.thorough)])
@settings(max_examples=3, deadline=None)
@given(held=came, minutes=st.none() | st.integers(1, 1440))
def test_import_of_exported_attendance_is_identity(
    ending: str, held: dict[tuple[dt.date, str], set[int]], minutes: int | None
) -> None:
    query = select(Session.date, Session.group_code, Session.lesson, Session.minutes, Attendance.learner)
    with register() as first, register() as second:
        for engine in (first, second):
            furnished(engine)
        with first.begin() as connection:
            for number, ((day, lesson), learners) in enumerate(held.items(), 1):
                session = {"id": number, "date": day, "group_code": "Утро", "lesson": lesson, "minutes": minutes}
                connection.execute(insert(Session).values(session))
                connection.execute(insert(Attendance), [{"session_id": number, "learner": one} for one in learners])
        for _ in range(2):
            carry(first, second, "attendance", ending)
            with first.connect() as here, second.connect() as there:
                rows = [
                    sorted(map(tuple, one.execute(query.join_from(Attendance, Session))), key=repr)
                    for one in (here, there)
                ]
            assert rows[0] == rows[1]


@settings(max_examples=3, deadline=None)
@given(before=came, after=came)
def test_undo_takes_attendance_back(
    before: dict[tuple[dt.date, str], set[int]], after: dict[tuple[dt.date, str], set[int]]
) -> None:
    with register() as ours, register() as theirs:
        for engine, held in ((ours, before), (theirs, after)):
            furnished(engine)
            with engine.begin() as connection:
                for number, ((day, lesson), learners) in enumerate(held.items(), 1):
                    session = {"id": number, "date": day, "group_code": "Утро", "lesson": lesson}
                    connection.execute(insert(Session).values(session))
                    connection.execute(insert(Attendance), [{"session_id": number, "learner": one} for one in learners])
        was = everything(ours)
        carry(theirs, ours, "attendance", "csv")
        assume(everything(ours) != was)
        undo_last(ours, "test")
        assert everything(ours) == was


def test_a_number_cannot_take_the_key_of_another_record(tmp_path: Path) -> None:
    link = {"kind": "link", "title": "Запись", "added_on": TODAY, "note": ""}
    path = tmp_path / "links.csv"
    path.write_text("Номер записи;Вид;Название;Адрес;Добавлено\n1;ссылка;Запись;б;01.02.2026\n", encoding="utf-8")
    with register() as engine:
        with engine.begin() as connection:
            connection.execute(insert(Material), [link | {"address": address} for address in "аб"])
        was = dump(engine, Material)
        with pytest.raises(CourseErrors, match=r"links\.csv:2: Вид: такая запись уже есть, под номером 2"):
            import_table(engine, "materials", path, today=TODAY)
        left = import_table(engine, "materials", path, today=TODAY, skip_faulty=True)
        assert (left.changed, len(left.faults)) == (0, 1)
        assert dump(engine, Material) == was


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
