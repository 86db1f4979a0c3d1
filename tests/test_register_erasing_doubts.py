"""What only looks like the person who is erased: a couple's telephone, a longer surname, the library's own name."""

from __future__ import annotations

import base64
import datetime as dt
import errno
import os
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select, text

from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.opening import begin, connect
from ecitizen.register import backup as backups
from ecitizen.register import erasing, erasing_apart, erasing_cleaning, searching
from ecitizen.register.backup import NoRoom, backup, made_on
from ecitizen.register.enrolling import enrol
from ecitizen.register.erasing import erase, told_before
from ecitizen.register.erasing_plan import plan
from ecitizen.register.erasing_record import load, store
from ecitizen.register.erasing_ways import sought
from ecitizen.register.erasing_words import Name, Sought
from ecitizen.register.restoring import restore
from ecitizen.register.searching import holds
from ecitizen.register.tables import Counter, Person, Site

PANOVA, HUSBAND, STEPANOVA, NEKRASOVA = 101, 102, 103, 104
TELEPHONE = "8 (000) 555-44-33"


@pytest.fixture(scope="module")
def class_of_four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = CourseFolder.create(tmp_path_factory.mktemp("four") / "course", "Библиотека им. Н. А. Некрасова")
    begin(folder, "482913", dt.date(2020, 1, 1))
    engine = connect(folder)
    for surname, given, contact in (
        ("Панова", "Анна", TELEPHONE),
        ("Панов", "Олег", "80005554433"),
        ("Степанова", "Анна", "нет"),
        ("Некрасова", "Нина", "дочь"),
    ):
        enrol(engine, {"surname": surname, "given": given, "contact": contact, "group_code": "Утро"}, "Ольга")
    with engine.begin() as connection:
        connection.execute(text("UPDATE site SET name = 'Библиотека им. Н. А. Некрасова'"))
    engine.dispose()
    return folder.path


@pytest.fixture
def home(class_of_four: Path, tmp_path: Path) -> Path:
    shutil.copytree(class_of_four, tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture
def engine(home: Path) -> Iterator[Engine]:
    engine = open_engine(home / "course.db")
    yield engine
    engine.dispose()


def verdicts(engine: Engine, number: int, home: Path) -> dict[str, str]:
    return {one.name: one.verdict for one in plan(engine, number, home).findings}


def test_a_couples_telephone_and_a_longer_surname_end_no_erasing(engine: Engine, home: Path) -> None:
    (home / "муж.txt").write_text("Звонить 8-000-555-44-33")
    (home / "она.txt").write_text("Панова Анна")
    assert verdicts(engine, PANOVA, home) == {"она.txt": "sure"}
    done = erase(engine, PANOVA, "Ольга", home)
    assert (done.finished, done.left, done.searched) == (True, (), True)
    with engine.connect() as connection:
        assert connection.scalar(select(Person.contact).where(Person.number == HUSBAND)) == "80005554433"


def test_a_database_in_use_is_never_named_as_a_file_to_destroy(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later(*_: object) -> bool:
        (home / "новый.txt").write_text("Панова")
        return False

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "rewrite_all", later)
        done = erase(engine, PANOVA, "Ольга", home)
    # A busy database hinders no search of the files.
    assert (done.rewritten, done.left) == (False, ("новый.txt",))
    assert not erase(engine, PANOVA, "Ольга", home).finished
    (home / "новый.txt").unlink()
    assert erase(engine, PANOVA, "Ольга", home).finished


def test_a_hit_in_the_open_database_means_that_it_is_not_rewritten(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing, "holds_person", lambda *_, **__: True)
    done = erase(engine, PANOVA, "Ольга", home)
    assert (done.rewritten, done.left, done.finished) == (False, (), False)


def test_who_was_cut_off_before_the_last_search_says_so(engine: Engine, home: Path) -> None:
    erase(engine, PANOVA, "Ольга", home)
    record = load(home, PANOVA)
    assert record is not None
    record.searched = record.finished = None
    store(home, record)
    done = erase(engine, PANOVA, "Ольга", home)
    assert (done.finished, done.searched) == (True, False)
    told = told_before(engine, home, PANOVA)
    assert told is not None
    assert not told.searched


def test_the_librarys_own_name_tells_nobody(engine: Engine, home: Path) -> None:
    (home / "бланк.txt").write_text("Библиотека им. Н. А. Некрасова")
    (home / "дочь.txt").write_text("Пришла дочь")
    (home / "она.txt").write_text("Некрасова Нина")
    found = plan(engine, NEKRASOVA, home)
    assert {one.name: one.verdict for one in found.findings if one.name != "course.yaml"} == {
        "бланк.txt": "maybe",
        "дочь.txt": "maybe",
        "она.txt": "sure",
    }
    assert (found.cells, found.hindering) == ((), [])
    assert "course.yaml" not in {one.name for one in found.doubtful}
    with pytest.raises(CourseError, match="не обойдётся"):
        erase(engine, NEKRASOVA, "Ольга", home, also=["course.yaml"])
    assert erase(engine, NEKRASOVA, "Ольга", home, keep=["она.txt"]).finished
    assert (home / "она.txt").exists()
    with engine.connect() as connection:
        assert "Некрасова" in str(connection.scalar(select(Site.name)))


def ways(surname: str = "Панова", contact: str = "") -> Sought:
    return sought(Name(surname, "Анна"), contact, (), lambda _: False)


@pytest.mark.parametrize(
    ("person", "data", "said"),
    [
        (ways(contact="дочь"), "дочь", "maybe"),
        (ways(contact="2-15-34"), "кв. 2-15-34", "maybe"),
        (ways(contact="21-53-40"), "т. 21-53-40", "sure"),
        (ways(contact="21-53-40"), "т. 921-53-401", None),
        (ways(contact="a.b@mail.ru, 8 000 555-44-33"), "a.b@mail.ru", "sure"),
        (ways(contact="8 000 555-44-33; 8 000 555-44-34"), "80005554434", "sure"),
        (ways("Berg"), "Heidelberg, Bergen", None),
        (ways("Berg"), '{"text": "\\nBerg"}', "sure"),
        (ways("Berg").with_older(ways("Панова", "80005554433")), "80005554433", "sure"),
        (ways(contact="80005554432").with_older(ways(contact="80005554433")), "8(000)5554433", "sure"),
    ],
)
def test_a_contact_or_a_latin_name_tells_only_as_a_whole(person: Sought, data: str, said: str | None) -> None:
    assert person.likeness(data.encode()) == said
    if said != "sure":
        assert person.masked(data) == data


def test_a_card_given_again_is_somebody_else(engine: Engine, home: Path) -> None:
    backup(home, home.parent / "before.zip")
    last = enrol(engine, {"surname": "Розова", "given": "Ия", "group_code": "Утро"}, "Ольга").number
    erase(engine, last, "Ольга", home)
    engine.dispose()
    assert restore(home.parent / "before.zip", home, dt.datetime(2030, 1, 1)).again == ()
    engine = open_engine(home / "course.db")
    fresh = {"surname": "Белкина", "given": "Ева", "group_code": "Утро"}
    assert enrol(engine, fresh, "Ольга").number == last + 1
    # Yet who writes the number of a card by hand may give it again.
    with engine.begin() as connection:
        connection.execute(text(f"DELETE FROM change WHERE key IN ('{last}', '{last + 1}')"))
        for table in ("person", "learner"):
            connection.execute(text(f"DELETE FROM {table} WHERE number = {last + 1}"))
    assert enrol(engine, fresh, "Ольга").number == last
    backup(home, home.parent / "after.zip")
    engine.dispose()
    assert restore(home.parent / "after.zip", home, dt.datetime(2031, 1, 1)).again == ()
    engine = open_engine(home / "course.db")
    done = erase(engine, last, "Ольга", home)
    assert done.finished
    engine.dispose()


def test_a_full_disk_makes_no_copy_a_torn_one(engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup(home, home.parent / "copy.zip")
    shutil.move(home.parent / "copy.zip", home / "copy.zip")
    (home / "она.txt").write_text("Панова")
    with monkeypatch.context() as patched:
        patched.setattr(backups.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 0))  # type: ignore[attr-defined]
        with pytest.raises(NoRoom, match="свободно 0 МБ"):
            plan(engine, PANOVA, home)

    def full(*_: object) -> str:
        raise OSError(errno.ENOSPC, "нет места")

    with monkeypatch.context() as patched:
        patched.setattr(backups, "_copied", full)
        with pytest.raises(NoRoom, match="не хватает места"):
            erase(engine, PANOVA, "Ольга", home)
    assert (home / "copy.zip").exists()
    assert (home / "она.txt").exists()
    assert erase(engine, PANOVA, "Ольга", home).finished


def letter(words: str) -> bytes:
    body = base64.encodebytes(words.encode())
    return b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + body


RICH = rb"{\rtf1\ansi\ansicpg1251 \b " + "".join(f"\\'{byte:02x}" for byte in "Панова".encode("cp1251")).encode() + b"}"
UNICODE = rb"{\rtf1\uc1 " + "".join(f"\\u{ord(one)}?" for one in "Панова").encode() + b"}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (letter("Пришла Панова"), "sure"),
        (letter("Пришла Жукова"), "none"),
        (b"From a@b\n" + letter("Панова"), "unread"),
        (RICH, "sure"),
        (UNICODE, "sure"),
        (b"{\\rtf1 \\pict 00}", "unread"),
        (b"GIF89a", "unread"),
        (b"II*\0", "unread"),
        (b"MM\0*", "unread"),
        (b"AT&TFORM", "unread"),
        (b"RIFF....WAVE", "unread"),
        (b"ID3", "unread"),
        (b"BM\x10\0\0\0\0\0\0\0", "unread"),
        (b"BM is a word", "none"),
        (b"\0\0\0\x18ftypmp42", "unread"),
    ],
)
def test_what_cannot_be_read_is_never_called_searched(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "файл").write_bytes(data)
    assert holds(tmp_path / "файл", "файл", ways()) == said


def test_a_file_too_large_to_read_is_left_to_people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "видео").open("wb") as file:
        file.truncate(searching.MOST_BYTES + 1)
    assert holds(tmp_path / "видео", "видео", ways()) == "unread"
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(5000))
    monkeypatch.setattr(searching, "MOST_BYTES", 4000)
    monkeypatch.setattr(searching, "_rows", lambda _: pytest.fail("a bomb was opened"))
    assert holds(tmp_path / "a.zip", "a.zip", ways()) == "unread"


@pytest.mark.parametrize("error", ["DependencyError", "ZeroDivisionError", "AssertionError"])
def test_a_pdf_that_its_reader_fails_on_is_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: str) -> None:
    import builtins

    import pypdf.errors

    def failing(_: object) -> None:
        raise getattr(pypdf.errors, error, None) or getattr(builtins, error)

    monkeypatch.setattr("pypdf.PdfReader", failing)
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    assert holds(tmp_path / "a.pdf", "a.pdf", ways()) == "unread"


def test_a_link_goes_and_the_file_elsewhere_is_not_said_to_be_destroyed(engine: Engine, home: Path) -> None:
    (home.parent / "далеко.txt").write_text("Панова")
    (home / "ссылка.txt").symlink_to(home.parent / "далеко.txt")
    (gone,) = erase(engine, PANOVA, "Ольга", home).files
    assert (gone.name, gone.fate, gone.sha256) == ("ссылка.txt", "unlinked", "")
    assert (home.parent / "далеко.txt").exists()


@pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")
def test_names_in_an_old_alphabet_are_read_and_written_down(engine: Engine, home: Path) -> None:
    old = os.fsencode(home) + b"/" + "Панова".encode("cp866") + b".txt"
    room = os.fsencode(home) + b"/" + "Панова".encode("cp866")
    Path(os.fsdecode(old)).write_text("справка")
    Path(os.fsdecode(room)).mkdir()
    Path(os.fsdecode(room + b"/" + "Лист".encode("cp866"))).write_text("x")
    with pytest.raises(CourseError, match="имя файла не читается"):
        backup(home, home.parent / "copy.zip")
    done = erase(engine, PANOVA, "Ольга", home)
    assert done.finished
    assert [one.fate for one in done.files] == ["destroyed", "destroyed"]
    assert not Path(os.fsdecode(old)).exists()
    assert not Path(os.fsdecode(room)).exists()


def test_names_in_an_archive_of_an_old_alphabet_are_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("PANOVA.txt", "справка")
    data = (tmp_path / "a.zip").read_bytes().replace(b"PANOVA", "Панова".encode("cp866"))
    (tmp_path / "a.zip").write_bytes(data)
    assert holds(tmp_path / "a.zip", "a.zip", ways()) == "sure"


def test_a_database_that_cannot_be_written_anew_is_named(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(sqlite3.connect(home / "старая.sqlite")) as database, database:
        database.execute("CREATE TABLE note (text TEXT)")
        database.execute("INSERT INTO note VALUES ('Панова')")
    for said, expected in (("database or disk is full", "не хватает места"), ("locked", "не переписывается")):

        def failing(*_: object, said: str = said) -> None:
            raise sqlite3.OperationalError(said)

        monkeypatch.setattr(erasing_cleaning, "copy_database", failing)
        with pytest.raises(CourseError, match=expected):
            erase(engine, PANOVA, "Ольга", home)


def test_a_locked_file_is_left_to_people(engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "~$список.xlsx").write_bytes(b"x")
    opened = Path.open

    def refusing(path: Path, *arguments: Any, **more: Any) -> Any:
        if path.name.startswith("~$"):
            raise PermissionError(13, "занят")
        return opened(path, *arguments, **more)

    monkeypatch.setattr(Path, "open", refusing)
    assert verdicts(engine, PANOVA, home) == {"~$список.xlsx": "unread"}
    done = erase(engine, PANOVA, "Ольга", home)
    assert [(one.fate, one.sha256) for one in done.files] == [("looked-at", "")]
    assert done.finished


def test_a_foreign_database_may_call_anything_a_person(engine: Engine, home: Path) -> None:
    with closing(sqlite3.connect(home / "чужая.db")) as database, database:
        database.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, fio TEXT)")
        database.execute("INSERT INTO person VALUES (1, 'Панова Анна')")
    assert erase(engine, PANOVA, "Ольга", home).finished
    with closing(sqlite3.connect(home / "чужая.db")) as database:
        assert database.execute("SELECT fio FROM person").fetchone() == ("*** Анна",)


def test_a_copy_under_a_password_is_no_copy(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("manifest.json", "{}")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    assert made_on(tmp_path / "a.zip") is None


def test_what_was_destroyed_before_the_cut_may_be_named_again(
    engine: Engine, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "снимок.png").write_bytes(b"\x89PNG")
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "remove_rows", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            erase(engine, PANOVA, "Ольга", home, also=["снимок.png"])
    assert not (home / "снимок.png").exists()
    assert erase(engine, PANOVA, "Ольга", home, also=["снимок.png"]).finished


def test_a_name_that_rows_are_told_apart_by_is_refused_before_anything_goes(engine: Engine, home: Path) -> None:
    (home / "она.txt").write_text("Панова")
    with engine.begin() as connection:
        site = connection.scalar(select(Site.id))
        for name in ("Панова", "***"):
            row = {"date": dt.date(2025, 9, 1), "site": site, "name": name, "value": 1, "note": ""}
            connection.execute(insert(Counter).values(row))
    with pytest.raises(CourseError, match=r"counter\.name"):
        erase(engine, PANOVA, "Ольга", home)
    assert (home / "она.txt").exists()


def test_two_rows_that_would_become_one_are_named(engine: Engine, home: Path) -> None:
    with closing(sqlite3.connect(home / "чужая.db")) as database, database:
        database.execute("CREATE TABLE note (text TEXT UNIQUE)")
        database.executemany("INSERT INTO note VALUES (?)", [("Панова",), ("***",)])
    with pytest.raises(CourseError, match=r"чужая\.db \(без имени две записи"):
        erase(engine, PANOVA, "Ольга", home)
    assert erase(engine, PANOVA, "Ольга", home, keep=["чужая.db"]).finished


def test_a_course_too_large_for_the_page_is_sent_to_the_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("x", erasing_apart.LONGEST_S)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(CourseError, match="за 10 минут не просмотрена"):
        erasing_apart.plan_apart("sqlite://", PANOVA, home)


def test_what_is_written_anew_is_nobody_elses_to_read(engine: Engine, home: Path) -> None:
    with closing(sqlite3.connect(home / "старая.sqlite")) as database, database:
        database.execute("CREATE TABLE note (text TEXT)")
        database.execute("INSERT INTO note VALUES ('Панова')")
    (home / "старая.sqlite").chmod(0o644)
    assert erase(engine, PANOVA, "Ольга", home).finished
    assert (home / "старая.sqlite").stat().st_mode & 0o077 == 0
