"""One person at a time: the same rules, the same trace and the same undo as for a file."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, update

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register.enrolling import FormFault, Overtaken, amend, enrol, leave, move
from ecitizen.register.erasing import erase
from ecitizen.register.erasing_apart import erase_apart
from ecitizen.register.importing import import_table
from ecitizen.register.looking import looks_at, note_look, staff_member
from ecitizen.register.people import add_instructor, add_site, find_login, groups, roster
from ecitizen.register.records import record
from ecitizen.register.reviewing import Fault, review
from ecitizen.register.tables import Change, ClassGroup, Person, Staff
from ecitizen.register.undoing import last_import, undo_last

TODAY = dt.date(2025, 12, 8)
ANNA = {"surname": "Ёлкина", "given": "Анна", "birth_year": "1950", "group_code": "Среда"}
FAULTY = Path(__file__).parent / "golden" / "rosters" / "learners-faulty.csv"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the tables once; each test gets a copy."""
    path = tmp_path_factory.mktemp("empty") / "course.db"
    engine = open_engine(path)
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    engine.dispose()
    return path


@pytest.fixture
def engine(empty: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(Path(shutil.copy(empty, tmp_path / "course.db")))
    yield engine
    engine.dispose()


@pytest.fixture
def anna(engine: Engine) -> int:
    return enrol(engine, ANNA, "Ольга", today=TODAY).number


def faults(caught: pytest.ExceptionInfo[FormFault]) -> dict[str, str]:
    return {name: f"{fault.problem}. {fault.remedy}" for name, fault in caught.value.faults.items()}


def test_first_person_brings_the_group(engine: Engine) -> None:
    made = enrol(engine, ANNA, "Ольга", today=TODAY, rng=random.Random(1))
    found = record(engine, made.number)
    assert (made.number, found.full_name, found.group, found.site) == (101, "Ёлкина Анна", "Среда", "Центральная")
    assert (found.joined_on, found.left_on, found.days, found.consents) == (TODAY, None, (), ())
    assert groups(engine) == {"Среда": "Среда"}
    assert find_login(engine, made.number, made.pin, TODAY)


def test_form_obeys_the_rules_of_files(engine: Engine) -> None:
    form = {"surname": "Ивaнов", "given": "", "birth_year": "951", "consent_on": "30.02.2025", "group_code": ""}
    with pytest.raises(FormFault) as caught:
        enrol(engine, form, "Ольга", today=TODAY)
    assert faults(caught) == {
        "surname": "латинская буква «a» в русском слове («Ивaнов»). Наберите русскими буквами: Иванов",
        "given": "пусто. Впишите значение",
        "birth_year": "такое число невозможно («951»). Впишите число от 1900 до 2026",
        "consent_on": "такой даты нет («30.02.2025»). Проверьте день и месяц",
        "group_code": "пусто. Впишите значение",
    }
    assert not roster(engine)


def test_namesake_gets_a_card_only_when_asked_for(engine: Engine, anna: int) -> None:
    with pytest.raises(FormFault) as caught:
        enrol(engine, {**ANNA, "surname": "елкина "}, "Ольга", today=TODAY)
    assert caught.value.namesake
    assert enrol(engine, ANNA, "Ольга", namesake=True, today=TODAY).number == anna + 1


def test_enrolled_person_is_taken_back_whole(engine: Engine, anna: int) -> None:
    assert dict(last_import(engine).removed) == {"class_group": 1, "learner": 1, "person": 1}
    undo_last(engine, "Ольга")
    assert (roster(engine), groups(engine)) == ([], {})


def test_amending_changes_what_was_typed(engine: Engine, anna: int) -> None:
    version = record(engine, anna).version
    form = {"surname": "Ёлкина", "given": "Анна", "birth_year": "", "seat": "7", "contact": "+7 000"}
    assert amend(engine, anna, form, version, "Ольга", today=TODAY)
    found = record(engine, anna)
    assert (found.seat, found.contact, found.birth_year, found.group) == ("7", "+7 000", None, "Среда")
    assert not amend(engine, anna, form, found.version, "Ольга", today=TODAY)
    undo_last(engine, "Ольга")
    assert record(engine, anna).version == version


def test_second_editor_is_told(engine: Engine, anna: int) -> None:
    version = record(engine, anna).version
    amend(engine, anna, {"surname": "Ёлкина", "given": "Алла"}, version, "Ольга", today=TODAY)
    with pytest.raises(Overtaken):
        amend(engine, anna, {"surname": "Ёлкина", "given": "Инна"}, version, "Пётр", today=TODAY)
    assert record(engine, anna).given == "Алла"


def test_moving_takes_the_place_of_the_group(engine: Engine, anna: int) -> None:
    add_site(engine, "ЦПИ", "Центр", dt.date(2015, 2, 1), "cpi")
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code="п", name="Пятница", site="ЦПИ"))
    assert move(engine, anna, "п", "Ольга")
    found = record(engine, anna)
    assert (found.group_name, found.site) == ("Пятница", "Центр")
    assert not move(engine, anna, "п", "Ольга")
    with pytest.raises(FormFault):
        move(engine, anna, "нет", "Ольга")
    undo_last(engine, "Ольга")
    assert (record(engine, anna).group, record(engine, anna).site) == ("Среда", "Центральная")


def test_last_day_closes_the_card_and_comes_off_again(engine: Engine) -> None:
    made = enrol(engine, {**ANNA, "joined_on": "01.12.2025"}, "Ольга", today=TODAY)
    assert leave(engine, made.number, "07.12.2025", "Ольга", today=TODAY)
    assert find_login(engine, made.number, made.pin, TODAY) is None
    with pytest.raises(FormFault, match="раньше начала"):
        leave(engine, made.number, "30.11.2025", "Ольга", today=TODAY)
    assert leave(engine, made.number, "", "Ольга", today=TODAY)
    assert find_login(engine, made.number, made.pin, TODAY)


def test_erased_person_is_not_written_over(engine: Engine, anna: int, tmp_path: Path) -> None:
    erase(engine, anna, "Ольга", tmp_path)
    found = record(engine, anna)
    assert (found.erased, found.full_name) == (True, f"карточка {anna}")
    with pytest.raises(CourseError, match="стёрто"):
        amend(engine, anna, ANNA, found.version, "Ольга", today=TODAY)
    with pytest.raises(CourseError, match="номера 999"):
        leave(engine, 999, "", "Ольга")


def test_erasing_apart_leaves_others_their_locks(engine: Engine, anna: int, tmp_path: Path) -> None:
    done = erase_apart(f"sqlite:///{tmp_path / 'course.db'}", anna, "ведущий Ольга", tmp_path)
    assert (done.number, done.rewritten, done.left) == (anna, True, ())
    assert done.log[-1].who == "ведущий Ольга"
    assert record(engine, anna).erased
    # A second process writes; whoever had the database open all the time must see it.
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
    rename = "UPDATE class_group SET name = 'Четверг'"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "course.db"), rename], check=True)
    assert groups(engine) == {"Среда": "Четверг"}
    with pytest.raises(CourseError, match="имени уже нет"):
        erase_apart(f"sqlite:///{tmp_path / 'course.db'}", anna, "ведущий Ольга", tmp_path)


def test_record_knows_days_and_consents(engine: Engine, anna: int, tmp_path: Path) -> None:
    tables = {
        "sessions": "Дата;Группа;Урок\n01.12.2025;Среда;00-start\n08.12.2025;Среда;00-start\n09.12.2025;Среда;b\n",
        "attendance": f"Дата;Группа;Урок;Номер карточки\n09.12.2025;Среда;b;{anna}\n",
        "consents": f"Номер карточки;Цель;Дано\n{anna};Обучение;01.12.2025\n",
    }
    for table, text in tables.items():
        path = tmp_path / f"{table}.csv"
        path.write_text(text, encoding="utf-8")
        import_table(engine, table, path, today=TODAY)
    found = record(engine, anna)
    assert [(day.date.day, day.was_there) for day in found.days] == [(9, True), (8, False)]
    assert (found.attended, [one.purpose for one in found.consents]) == (1, ["Обучение"])


def test_faults_of_a_list_stand_beside_their_lines(engine: Engine) -> None:
    found = review(engine, FAULTY, today=TODAY)
    by_line = {line.number: line for line in found.lines}
    assert by_line[4].faults[0] == Fault(
        "Фамилия", "латинская буква «o» в русском слове ('Иванoв')", "Наберите русскими буквами: Иванов"
    )
    assert by_line[4].cells[1] == "Иванoв"
    assert by_line[10].cells[8] == "••••"
    assert [fault.column for fault in by_line[12].faults] == ["Номер карточки", "столбец 10"]
    assert by_line[2].outcome == "new"
    assert found.good == 1
    assert not roster(engine)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "файл пуст"),
        ("a.xlsx", b"not a book", "это не таблица Excel"),
        ("a.csv", "Имя;Группа\nАнна;Среда\n".encode(), "нет такого столбца"),
        ("a.csv", b"\x00\x01\x02", "это не текст CSV"),
    ],
    ids=["empty", "no book", "no surname", "binary"],
)
def test_unreadable_list_is_refused_whole(engine: Engine, tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    found = review(engine, path, today=TODAY)
    assert found.lines == ()
    assert any(words in fault.problem for fault in found.refused)
    assert not any(str(tmp_path) in f"{fault.column}{fault.problem}" for fault in found.refused)


def test_look_is_noted_once_for_a_while(engine: Engine) -> None:
    now = dt.datetime(2025, 12, 8, 10, tzinfo=dt.UTC)
    for minutes in (0, 5, 15):
        note_look(engine, "ведущий Ольга", "person:101", now=now + dt.timedelta(minutes=minutes))
    note_look(engine, "куратор", "person:101", now=now)
    note_look(engine, "куратор", "people.erase", refused=True, now=now)
    assert [(look.who, look.at.minute) for look in looks_at(engine, "person:101")] == [
        ("куратор", 0),
        ("ведущий Ольга", 15),
        ("ведущий Ольга", 0),
    ]


def test_trace_of_looks_and_forms_holds_no_name(engine: Engine, anna: int) -> None:
    note_look(engine, "Ольга", f"person:{anna}")
    amend(engine, anna, {"surname": "Сосенкина", "given": "Анна"}, record(engine, anna).version, "Ольга", today=TODAY)
    with engine.connect() as connection:
        text = repr(connection.execute(select(Change.before, Change.after, Change.key)).all())
        assert connection.execute(select(Person.surname)).scalar_one() == "Сосенкина"
    assert "кина" not in text


def test_staff_ends_with_the_last_day(engine: Engine) -> None:
    number = add_instructor(engine, "Пётр", "314159", "curator")
    found = staff_member(engine, number, TODAY)
    assert found is not None
    assert (found.name, found.role) == ("Пётр", "curator")
    with engine.begin() as connection:
        connection.execute(update(Staff).values(until=TODAY))
    assert staff_member(engine, number, TODAY) is not None
    assert staff_member(engine, number, TODAY + dt.timedelta(days=1)) is None
    assert staff_member(engine, 77) is None
