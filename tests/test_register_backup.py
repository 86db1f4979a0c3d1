"""A copy taken while the class runs is whole; a torn one replaces nothing."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from ecitizen import locking
from ecitizen.errors import CourseError
from ecitizen.register.backup import MANIFEST, backup, check
from ecitizen.register.restoring import restore

NOW = datetime(2026, 3, 1, 12, 30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "course"
    (home / "nbgrader").mkdir(parents=True)
    (home / "course.yaml").write_text("site: Библиотека\n", encoding="utf-8")
    (home / "cookie_secret").write_bytes(b"\x00\x01" * 16)
    for path in (home / "course.db", home / "nbgrader" / "gradebook.db"):
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE event (id INTEGER PRIMARY KEY, pair INTEGER)")
            database.executemany("INSERT INTO event (pair) VALUES (?)", [(n,) for n in range(100)])
        database.close()
    return home


def rows(path: Path) -> list[tuple[int, ...]]:
    with sqlite3.connect(path) as database:
        found = database.execute("SELECT * FROM event").fetchall()
    database.close()
    return found


def test_restored_folder_equals_the_old(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.zip"
    assert backup(folder, copy) == check(copy) == 4
    assert copy.stat().st_mode & 0o077 == 0
    old = rows(folder / "course.db")
    (folder / "course.yaml").write_text("site: Испорчено\n", encoding="utf-8")
    aside = restore(copy, folder, NOW).aside
    assert aside == tmp_path / "course.20260301-123000"
    assert (aside / "course.yaml").read_text(encoding="utf-8") == "site: Испорчено\n"
    assert (folder / "course.yaml").read_text(encoding="utf-8") == "site: Библиотека\n"
    assert (folder / "cookie_secret").read_bytes() == b"\x00\x01" * 16
    assert rows(folder / "course.db") == old


def test_copy_goes_to_an_empty_machine(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy.zip")
    assert restore(tmp_path / "copy.zip", tmp_path / "far" / "course").aside is None
    assert len(rows(tmp_path / "far" / "course" / "nbgrader" / "gradebook.db")) == 100


def test_copy_is_whole_while_the_class_writes(folder: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        database = sqlite3.connect(folder / "course.db", timeout=20, isolation_level=None)
        while not stop.is_set():
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO event (pair) VALUES (?)", [(1,), (1,)])
            database.execute("COMMIT")
        database.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            backup(folder, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        writer.join()
    for number in range(5):
        restore(tmp_path / f"{number}.zip", tmp_path / f"course-{number}")
        assert len(rows(tmp_path / f"course-{number}" / "course.db")) % 2 == 0


def spoilt(copy: Path, out: Path, change: str) -> Path:
    with zipfile.ZipFile(copy) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(parts[MANIFEST])
    if change == "byte":
        parts["course.db"] = parts["course.db"][:-1] + b"\xff"
    elif change == "missing":
        del parts["course.db"]
    elif change == "escape":
        parts["../evil"] = b""
        about["files"]["../evil"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    elif change == "foreign":
        del about["files"]["course.yaml"]
    else:
        del parts[MANIFEST]
    if MANIFEST in parts:
        parts[MANIFEST] = json.dumps(about).encode()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("byte", "повреждён"),
        ("missing", "не копия"),
        ("escape", "опасное имя"),
        ("foreign", r"нет course\.yaml"),
        ("manifest", "не копия"),
    ],
)
def test_faulty_copy_replaces_nothing(folder: Path, tmp_path: Path, change: str, said: str) -> None:
    backup(folder, tmp_path / "copy.zip")
    bad = spoilt(tmp_path / "copy.zip", tmp_path / "bad.zip", change)
    with pytest.raises(CourseError, match=said):
        restore(bad, folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.zip", "copy.zip", "course"]
    assert len(rows(folder / "course.db")) == 100


@pytest.mark.parametrize("data", [None, b"", b"PK\x03\x04 torn"], ids=["absent", "empty", "torn"])
def test_no_archive_is_no_copy(folder: Path, tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "bad.zip").write_bytes(data)
    with pytest.raises(CourseError):
        restore(tmp_path / "bad.zip", folder)
    assert (folder / "course.yaml").exists()


def test_open_course_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy.zip")
    database = sqlite3.connect(folder / "course.db")
    database.execute("INSERT INTO event (pair) VALUES (1)")
    database.commit()
    with pytest.raises(CourseError, match="похоже, открыт"):
        restore(tmp_path / "copy.zip", folder)
    database.close()


def test_copy_never_lies_in_the_folder(folder: Path) -> None:
    with pytest.raises(CourseError, match="в самой папке"):
        backup(folder, folder / "copy.zip")


def test_the_gradebook_of_a_copy_never_runs_ahead_of_its_journal(folder: Path, tmp_path: Path) -> None:
    stop = threading.Event()

    def learn_and_grade() -> None:
        journal = sqlite3.connect(folder / "course.db", timeout=20, isolation_level=None)
        gradebook = sqlite3.connect(folder / "nbgrader" / "gradebook.db", timeout=20, isolation_level=None)
        while not stop.is_set():
            journal.execute("INSERT INTO event (pair) VALUES (1)")
            gradebook.execute("INSERT INTO event (pair) VALUES (1)")
        journal.close()
        gradebook.close()

    worker = threading.Thread(target=learn_and_grade)
    worker.start()
    try:
        for number in range(4):
            backup(folder, tmp_path / f"{number}.zip")
    finally:
        stop.set()
        worker.join()
    for number in range(4):
        made = tmp_path / f"course-{number}"
        restore(tmp_path / f"{number}.zip", made)
        assert len(rows(made / "nbgrader" / "gradebook.db")) <= len(rows(made / "course.db"))


def test_a_running_server_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy.zip")
    with locking.hold(folder), pytest.raises(CourseError, match="сервер работает"):
        restore(tmp_path / "copy.zip", folder)
    assert locking.LOCK not in zipfile.ZipFile(tmp_path / "copy.zip").namelist()


def test_what_a_killed_server_left_in_the_log_hinders_nobody(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy.zip")
    child = os.fork()
    if child == 0:
        database = sqlite3.connect(folder / "course.db")
        database.execute("INSERT INTO event (pair) VALUES (7)")
        database.commit()
        os._exit(0)
    os.waitpid(child, 0)
    assert (folder / "course.db-wal").exists()
    aside = restore(tmp_path / "copy.zip", folder, NOW).aside
    assert aside is not None
    assert rows(aside / "course.db")[-1][1] == 7
    assert len(rows(folder / "course.db")) == 100


def test_a_copy_that_would_burst_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy.zip")
    data = bytearray((tmp_path / "copy.zip").read_bytes())
    entry = data.rindex(b"course.db") - 46
    assert data[entry : entry + 4] == b"PK\x01\x02"
    # The size that the list of the archive gives; the file itself holds a few kilobytes.
    data[entry + 24 : entry + 28] = (0xFFFF_FFFE).to_bytes(4, "little")
    (tmp_path / "bomb.zip").write_bytes(data)
    with pytest.raises(CourseError, match=r"bomb\.zip: \d+ КБ развернулись бы в 409\d МБ\. .*подделана"):
        restore(tmp_path / "bomb.zip", folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bomb.zip", "copy.zip", "course"]


def test_a_long_copy_tells_how_far_it_is(folder: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    backup(folder, tmp_path / "copy.zip", lambda done, whole: told.append((done, whole)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == told[-1][1] > 0
    told.clear()
    check(tmp_path / "copy.zip", lambda done, whole: told.append((done, whole)))
    assert len(told) == 4
    assert told[-1][0] == told[-1][1]
