"""An erased person is gone from every byte of the folder, and no figure moves."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register.backup import backup
from ecitizen.register.erasing import erase
from ecitizen.register.erasing_rows import rewrite
from ecitizen.register.exporting import export_table
from ecitizen.register.facts import facts
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site, find_login, roster
from ecitizen.register.retaining import due
from ecitizen.register.tables import Consent, Learner, Person, Undo

TODAY = dt.date(2025, 12, 8)
EVER = (dt.date(2000, 1, 1), dt.date(2100, 1, 1))
NAME, CONTACT = "Ёлкина-Заречная", "8 (000) 555-12-34"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "course"
    home.mkdir()
    (home / "course.yaml").write_text("site: Библиотека\n", encoding="utf-8")
    return home


@pytest.fixture
def engine(folder: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(folder / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    head = "Номер карточки;Фамилия;Имя;Год рождения;Группа;Место;Телефон;Согласие;ПИН;Записан\n"
    tables = {
        # Twice, so that a freed page and the undo hold an older name.
        "learners": head + f"104;{NAME};Анна;1953;Утро;ЦГБ;{CONTACT};01.09.2025;5739;01.09.2025\n"
        "105;Жукова;Вера;1949;Утро;ЦГБ;;;;01.09.2025\n",
        "consents": "Карточка;Цель;Дата;Отозвано;Хранить до\n104;Занятия;01.09.2025;;01.09.2030\n"
        "104;Фотографии;01.09.2025;05.12.2025;\n105;Занятия;01.09.2025;;01.12.2025\n",
        "attendance": "Дата;Группа;Урок;Карточка\n12.09.2025;Утро;01-a;104\n12.09.2025;Утро;01-a;105\n",
    }
    for name, text in tables.items():
        take(engine, tmp_path, name, text)
    take(engine, tmp_path, "learners", tables["learners"].replace("Анна", "Аннушка"))
    yield engine
    engine.dispose()


def take(engine: Engine, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(text, encoding="utf-8")
    import_table(engine, name, path, who="Ольга", today=TODAY)


def held(folder: Path, *words: str) -> list[tuple[str, str]]:
    return [
        (path.name, word)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for word in words
        if word.encode() in path.read_bytes() or word.encode("ascii", "backslashreplace") in path.read_bytes()
    ]


def test_no_byte_of_the_folder_holds_the_name(engine: Engine, folder: Path, tmp_path: Path) -> None:
    assert held(folder, NAME, CONTACT)
    done = erase(engine, 104, "Ольга", folder)
    assert done.rewritten
    assert done.left == ()
    assert held(folder, NAME, CONTACT, "Аннушка", "Анна") == []
    export_table(engine, "learners", tmp_path / "out.csv", names=True)
    assert NAME not in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")
    backup(folder, tmp_path / "copy.zip")
    (tmp_path / "open").mkdir()
    __import__("zipfile").ZipFile(tmp_path / "copy.zip").extractall(tmp_path / "open")
    assert held(tmp_path / "open", NAME, CONTACT) == []


def test_no_fact_changes(engine: Engine, folder: Path) -> None:
    before = facts(engine, *EVER)
    erase(engine, 104, "Ольга", folder)
    assert facts(engine, *EVER) == before


def test_card_opens_nothing_any_more(engine: Engine, folder: Path) -> None:
    assert find_login(engine, 104, "5739") is not None
    erase(engine, 104, "Ольга", folder)
    assert find_login(engine, 104, "5739") is None
    assert [entry.full_name for entry in roster(engine)] == ["Жукова Вера", "карточка 104"]
    with engine.connect() as connection:
        assert connection.execute(select(Consent.learner)).scalars().all() == [105]
        assert connection.execute(select(Undo)).all() == []
        assert connection.execute(select(Learner.number)).scalars().all() == [104, 105]
        assert connection.execute(select(Person.number)).scalars().all() == [105]


def test_act_names_kinds_and_the_log(engine: Engine, folder: Path) -> None:
    done = erase(engine, 104, "Ольга", folder)
    assert done.categories == (
        *("фамилия, имя, отчество", "год рождения", "контакт", "дата согласия"),
        *("согласия по целям: 2", "ПИН карточки"),
    )
    assert done.attendances == 1
    assert [(line.record, line.what) for line in done.log] == [
        ("Слушатели, 104", "добавлено"),
        ("Слушатели, 104", "добавлено"),
        ("Согласия, 1", "добавлено"),
        ("Согласия, 2", "добавлено"),
        ("Слушатели, 104", "изменено"),
        ("Слушатели, 104", "удалено"),
        ("Согласия, 1", "удалено"),
        ("Согласия, 2", "удалено"),
    ]
    assert NAME not in str(done)


def test_nobody_is_erased_twice(engine: Engine, folder: Path) -> None:
    erase(engine, 104, "Ольга", folder)
    for number in (104, 999):
        with pytest.raises(CourseError, match="имени уже нет"):
            erase(engine, number, "Ольга", folder)


def test_forgotten_files_are_destroyed_and_named(engine: Engine, folder: Path) -> None:
    (folder / "список.txt").write_bytes(f"{NAME} пришла".encode("cp1251", "replace"))
    (gone,) = erase(engine, 104, "Ольга", folder).files
    assert (gone.name, gone.fate, gone.size) == ("список.txt", "destroyed", 22)
    assert not (folder / "список.txt").exists()


def test_busy_database_is_told(engine: Engine, folder: Path) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    reader = sqlite3.connect(folder / "course.db")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM site").fetchone()
    done = erase(engine, 105, "Ольга", folder)
    assert not done.rewritten
    reader.close()
    assert rewrite(engine)
    assert held(folder, "Жукова") == []


def test_due_names_ended_purposes_only(engine: Engine, folder: Path) -> None:
    found = [(one.number, one.purpose, one.withdrawn) for one in due(engine, TODAY)]
    assert found == [(104, "Фотографии", True), (105, "Занятия", False)]
    assert [one.number for one in due(engine, dt.date(2025, 12, 1))] == [105]
    erase(engine, 104, "Ольга", folder)
    assert [one.number for one in due(engine, TODAY)] == [105]
