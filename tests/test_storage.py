"""A full disk and one that only reads: said in a sentence, and nothing half-written."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from ecitizen.cli.common import write_file
from ecitizen.database import open_engine
from ecitizen.errors import CourseError, FolderError, JournalError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.settings import replace_file
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.opening import begin, connect
from ecitizen.register.backup import backup
from ecitizen.register.people import add_site, sites
from ecitizen.register.restoring import restore
from ecitizen.selfcheck import check
from ecitizen.storage import Storage, fault_of, free_mb, probe

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sets limits of processes as Linux does")
if sys.platform == "linux":
    from full_disk import full_disk


def press(number: int) -> Event:
    return Event(id=f"e-{number}", lesson="01-gosuslugi", activity="quiz", run=1, body={"n": number})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    made = CourseFolder.create(tmp_path_factory.mktemp("storage") / "course")
    begin(made)
    return made


@pytest.fixture
def engine(folder: CourseFolder) -> Engine:
    return connect(folder)


def whole(folder: CourseFolder) -> bool:
    with closing(sqlite3.connect(folder.path / "course.db")) as database:
        return bool(database.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def test_a_full_disk_stores_all_of_an_event_or_nothing(folder: CourseFolder, engine: Engine) -> None:
    store = Store(engine)
    store.append(press(1), 101)
    for room in (0, 20_000):
        with full_disk(room=room), pytest.raises(JournalError, match=r"диск|места"):
            store.append_all([press(number) for number in range(room + 2, room + 400)], 101)
    assert [event.id for event in store.read(101)] == ["e-1"]
    store.append(press(2), 101)
    assert len(store.read(101)) == 2
    assert whole(folder)
    engine.dispose()


def test_a_full_disk_leaves_the_register_as_it_was(folder: CourseFolder, engine: Engine) -> None:
    before = sites(engine)
    with full_disk(), pytest.raises(OperationalError) as error:
        add_site(engine, "f1", "Филиал", date(2026, 1, 9))
    assert fault_of(error.value) in {"full", "broken"}
    assert sites(engine) == before
    assert whole(folder)
    engine.dispose()


def test_a_file_is_written_whole_or_not_at_all(folder: CourseFolder, tmp_path: Path) -> None:
    old, data = b"old and whole", b"x" * 100_000
    report, grades, copy = tmp_path / "report.pdf", tmp_path / "config.py", tmp_path / "copy.zip"
    for path in (report, grades, copy):
        path.write_bytes(old)
    with full_disk(room=50_000):
        with pytest.raises(CourseError, match="не записывается"):
            write_file(report, data)
        with pytest.raises(OSError, match="large"):
            replace_file(grades, data.decode())
        with pytest.raises(CourseError, match=r"не записывается|нет места"):
            backup(folder.path, copy)
    assert [path.read_bytes() for path in (report, grades, copy)] == [old] * 3
    assert sorted(path.name for path in tmp_path.iterdir() if "config" not in path.name) == ["copy.zip", "report.pdf"]


def test_a_copy_that_does_not_fit_replaces_nothing(folder: CourseFolder, tmp_path: Path) -> None:
    backup(folder.path, tmp_path / "copy.zip")
    target = tmp_path / "course"
    target.mkdir()
    with full_disk(room=50_000), pytest.raises(CourseError, match="не разворачивается"):
        restore(tmp_path / "copy.zip", target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.zip", "course"]
    assert list(target.iterdir()) == []


def test_a_database_that_only_reads_is_named(folder: CourseFolder) -> None:
    engine = open_engine(f"sqlite:///file:{folder.path / 'course.db'}?mode=ro&uri=true")
    with pytest.raises(JournalError, match="только для чтения"):
        Store(engine).append(press(9), 101)
    engine.dispose()


@pytest.mark.parametrize(
    ("number", "fault"),
    [(errno.ENOSPC, "full"), (errno.EFBIG, "full"), (errno.EROFS, "readonly"), (errno.EIO, "broken"), (0, None)],
)
def test_a_fault_has_one_word(number: int, fault: str | None) -> None:
    assert fault_of(OSError(number, "x")) == fault
    wrapped = CourseError("a", "b", "c")
    wrapped.__cause__ = OSError(number, "x")
    assert fault_of(wrapped) == fault


def test_a_disk_is_tried_again_until_it_takes_writes(tmp_path: Path) -> None:
    now = [0.0]
    storage = Storage(tmp_path, lambda: now[0])
    assert storage.note(ValueError()) is None
    assert storage.fault() is None
    assert storage.note(OSError(errno.ENOSPC, "full")) == "full"
    with full_disk():
        now[0] += 2
        assert storage.fault() == "full"
    assert storage.fault() == "full", "asked again at once, it is not tried again"
    now[0] += 2
    assert storage.fault() is None
    assert list(tmp_path.iterdir()) == []
    assert probe(tmp_path / "absent") == "broken"
    assert free_mb(tmp_path) >= 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk of a few pages")
def test_a_disk_that_is_really_full_stops_the_journal_cleanly(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    folder = CourseFolder.create(place / "course")
    begin(folder)
    engine = connect(folder)
    try:
        store = Store(engine)
        filler = place / "filler"
        filler.write_bytes(b"x" * (shutil.disk_usage(place).free - 100_000))
        stored, refused = 0, ""
        while not refused:
            try:
                store.append(press(stored), 101)
                stored += 1
            except JournalError as error:
                refused = str(error)
        assert "нет места" in refused
        assert [event.id for event in store.read(101)] == [f"e-{number}" for number in range(stored)]
        with pytest.raises(FolderError, match="нет места"):
            check(folder)
        filler.unlink()
        store.append(press(stored), 101)
        assert whole(folder)
        assert len(store.read(101)) == stored + 1
    finally:
        engine.dispose()
        subprocess.run(["umount", place], check=True)
