"""Before a course opens: what is repaired is said, one server a folder, nothing where all is well."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecitizen import locking, selfcheck
from ecitizen.errors import FolderError
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.opening import begin, connect
from ecitizen.selfcheck import check, last

HOLDER = """
import os, pathlib, signal, sys
from ecitizen import locking
with locking.hold(pathlib.Path(sys.argv[1])) as lock:
    lock.say("http://127.0.0.1:8877/", sys.argv[2])
    print("held", flush=True)
    sys.stdin.read()
"""
PRESS = Event(id="e-1", lesson="01-gosuslugi", activity="quiz", run=1, body={})


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = CourseFolder.create(tmp_path_factory.mktemp("fresh") / "course")
    begin(made)
    return made.path


@pytest.fixture
def folder(fresh: Path, tmp_path: Path) -> CourseFolder:
    return CourseFolder.open(Path(shutil.copytree(fresh, tmp_path / "course")))


@contextlib.contextmanager
def another_server(folder: CourseFolder, runtime: Path, number: signal.Signals | None = None):  # type: ignore[no-untyped-def]
    """Hold the lock in another process, which ends with a signal or, without one, well."""
    command = [sys.executable, "-c", HOLDER, str(folder.path), str(runtime)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process.pid
    if number is not None:
        process.send_signal(number)
    process.communicate("")


def test_where_all_is_well_nothing_is_said(folder: CourseFolder) -> None:
    assert last(folder.path) is None
    report = check(folder)
    assert report.sentences == ()
    assert last(folder.path) == report


def test_a_second_server_is_refused_by_address(folder: CourseFolder, tmp_path: Path) -> None:
    with another_server(folder, tmp_path) as pid:
        assert locking.is_held(folder.path)
        with pytest.raises(FolderError, match=rf"уже открыт по адресу http://127.0.0.1:8877/ \(процесс {pid}\)"):
            locking.hold(folder.path).__enter__()
    with locking.hold(folder.path) as lock:
        assert lock.before is None
        assert locking.is_held(folder.path)
    assert not locking.is_held(folder.path)


def test_a_killed_server_is_cleaned_up_after(folder: CourseFolder, tmp_path: Path) -> None:
    runtime = tmp_path / "ecitizen-x1"
    runtime.mkdir()
    (runtime / "kernel.json").touch()
    with another_server(folder, runtime, signal.SIGKILL):
        pass
    with locking.hold(folder.path) as lock:
        sentences = check(folder, lock.before).sentences
    assert "закрылся сам" in sentences[0]
    assert "временная папка" in sentences[1]
    assert not runtime.exists()


@pytest.mark.parametrize("name", ["", "/", "precious", "ecitizen-link"])
def test_only_a_servers_own_folder_is_removed(folder: CourseFolder, tmp_path: Path, name: str) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "ecitizen-link").symlink_to(tmp_path / "precious")
    before = locking.Holder(runtime=str(tmp_path / name) if name != "/" else name)
    assert len(check(folder, before).sentences) == 1
    assert (tmp_path / "precious").is_dir()


def test_the_log_of_a_killed_writer_comes_home(folder: CourseFolder) -> None:
    child = os.fork()
    if child == 0:
        Store(connect(folder)).append(PRESS, 101)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    log = folder.path / "course.db-wal"
    assert log.stat().st_size > 0
    _, sentence = check(folder, locking.Holder()).sentences
    assert re.fullmatch(r"Последние записи прошлого занятия \(\d+ КБ\) перенесены в базу course\.db\.", sentence)
    assert not log.exists() or log.stat().st_size == 0
    engine = connect(folder)
    assert len(Store(engine).read(101)) == 1
    engine.dispose()


def test_unfinished_files_and_open_rights_are_put_right(folder: CourseFolder) -> None:
    (folder.path / "nbgrader").mkdir()
    drafts = [
        folder.path / "nbgrader" / ".a.ipynb.part",
        folder.path / ".probe-x",
        folder.path / ".selfcheck.json.part",
    ]
    for draft in drafts:
        draft.touch()
    (folder.path.parent / ".ecitizen-restore-abc").mkdir()
    (folder.path / "cookie_secret").chmod(0o644)
    assert [sentence.split(":")[0].split(".")[0] for sentence in check(folder).sentences] == [
        "Удалены недописанные файлы",
        "Файл cookie_secret могли читать посторонние",
    ]
    assert not [draft for draft in drafts if draft.exists()]
    assert (folder.path / "cookie_secret").stat().st_mode & 0o077 == 0
    assert check(folder).sentences == ()


def test_a_clock_that_jumped_back_and_a_small_disk_are_said(
    folder: CourseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connect(folder)
    Store(engine).append(PRESS, 101)
    engine.dispose()
    now = datetime.now(UTC)
    (sentence,) = check(folder, now=now - timedelta(days=3)).sentences
    assert sentence.startswith("Часы компьютера отстают: последняя запись сделана")
    monkeypatch.setattr(selfcheck, "FLOOR_MB", 10**9)
    (sentence,) = check(folder).sentences
    assert sentence.startswith("На диске осталось мало места")


def test_half_graded_work_is_counted(folder: CourseFolder) -> None:
    (folder.path / "nbgrader").mkdir()
    with contextlib.closing(sqlite3.connect(folder.path / "nbgrader" / "gradebook.db")) as gradebook:
        gradebook.executescript("""
            CREATE TABLE base_cell (id TEXT, notebook_id TEXT);
            CREATE TABLE grade_cells (id TEXT);
            CREATE TABLE submitted_notebook (id TEXT, notebook_id TEXT);
            CREATE TABLE grade (id TEXT, notebook_id TEXT, cell_id TEXT);
            INSERT INTO base_cell VALUES ('a', 'n'), ('b', 'n'), ('other', 'm');
            INSERT INTO grade_cells VALUES ('a'), ('b'), ('other');
            INSERT INTO submitted_notebook VALUES ('whole', 'n'), ('half', 'n');
            INSERT INTO grade VALUES ('1', 'whole', 'a'), ('2', 'whole', 'b'), ('3', 'half', 'a');
        """)
    (sentence,) = check(folder).sentences
    assert "Не доделано: 1" in sentence


@pytest.mark.parametrize("name", ["course.db", "nbgrader/gradebook.db"])
def test_a_damaged_database_stops_the_start(folder: CourseFolder, name: str) -> None:
    path = folder.path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    with pytest.raises(FolderError, match=r"база повреждена.*ecitizen restore"):
        check(folder)
    assert path.read_bytes().endswith(b"\xff")
