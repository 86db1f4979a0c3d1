"""Commands on a disk that takes nothing: one sentence, and what can be read is read and saved elsewhere."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from dead_disk import KINDS, dead_disk

from ecitizen import locking
from ecitizen.cli import cli
from ecitizen.cli.common import READING
from ecitizen.errors import CourseError, FolderError
from ecitizen.folder import CourseFolder
from ecitizen.opening import begin
from ecitizen.register.backup import backup as save
from ecitizen.register.backup import check, copy_database

pytestmark = pytest.mark.skipif(os.name != "posix", reason="takes rights away, or mounts, as on Linux")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a course on a disk without a fault; its last event stands in the log only, as after a kill."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("sound") / "course")
    begin(folder)
    killed = folder.path.with_name("killed") / "course"
    with closing(sqlite3.connect(folder.path / "course.db")) as database:
        database.execute("UPDATE site SET name = 'Дальний филиал'")
        database.commit()
        shutil.copytree(folder.path, killed, ignore=shutil.ignore_patterns("*-shm"))
    assert "Дальний филиал".encode() not in (killed / "course.db").read_bytes()
    return killed


@pytest.fixture(scope="module", params=list(KINDS))
def dead(sound: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    with dead_disk(sound, tmp_path_factory.mktemp("dead") / "disk", request.param) as course:
        yield course


@pytest.fixture
def said(dead: Path) -> str:
    """Give the words that this disk deserves."""
    kind = "readonly" if os.geteuid() != 0 or os.statvfs(dead).f_flag & os.ST_RDONLY else "full"
    return KINDS[kind]


def run(dead: Path, *words: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, words), "--data", str(dead)])


@pytest.mark.parametrize(
    "command",
    [
        "register import sites OUT/sites.csv",
        "register import sites OUT/sites.csv --dry-run",
        "register export learners OUT/names.csv --names",
        "register undo --yes",
        "register clean",
        "erase 101 --yes --act OUT/act.docx",
        "restore OUT/copy.zip",
    ],
)
def test_a_command_that_writes_says_one_sentence(
    command: str, dead: Path, sound: Path, said: str, tmp_path: Path
) -> None:
    if command.startswith("restore"):
        save(sound, tmp_path / "copy.zip")
    (tmp_path / "sites.csv").write_text("Код;Название\nf1;Филиал\n", encoding="utf-8")
    result = run(dead, *command.replace("OUT", str(tmp_path)).split())
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    last = result.stderr.splitlines()[-1]
    assert last.startswith(str(dead))
    assert said in last


def test_what_only_reads_is_read_from_a_copy(dead: Path, said: str, tmp_path: Path) -> None:
    before = sorted(path.name for path in dead.iterdir())
    out = tmp_path / "sites.csv"
    for words in (["indicators", "omsk", "--year", "2026"], ["register", "export", "sites", out]):
        result = run(dead, *words)
        assert result.exit_code == 0, result.stderr
        assert f"{said}. Читаю из временной копии" in result.stderr
    assert "Дальний филиал" in out.read_text(encoding="utf-8-sig")
    assert set(before) <= {path.name for path in dead.iterdir()} <= {*before, "course.db-wal", "course.db-shm"}


def test_a_paper_for_a_dead_disk_names_that_disk(dead: Path, said: str) -> None:
    result = run(dead, "register", "export", "sites", dead.parent / "course" / "sites.csv")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    last = result.stderr.splitlines()[-1]
    assert last.startswith(str(dead / "sites.csv"))
    assert os.geteuid() != 0 or said in last


def test_a_copy_is_saved_from_a_dying_disk(dead: Path, said: str, sound: Path, tmp_path: Path) -> None:
    out = tmp_path / "copy.zip"
    result = run(dead, "backup", out)
    assert result.exit_code == 0, result.stderr
    assert check(out) >= 3, "settings, key, database"
    copy_database(dead / "course.db", tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as database:
        assert database.execute("SELECT name FROM site").fetchone() == ("Дальний филиал",)
    with pytest.raises(CourseError, match=rf"{dead / 'copy.zip'}: копия не записывается: {said}"):
        save(sound, dead / "copy.zip")


def test_a_dead_disk_is_no_busy_course(dead: Path, said: str) -> None:
    assert not locking.is_held(dead)
    with pytest.raises(FolderError, match=said), locking.hold(dead):
        pytest.fail("nobody may serve this")


def test_a_start_that_failed_is_no_killed_server(tmp_path: Path) -> None:
    noted = '{"pid": 7, "url": "http://x/", "runtime": ""}'
    (tmp_path / locking.LOCK).write_text(noted)
    with pytest.raises(CourseError, match="занят"), locking.hold(tmp_path):
        raise CourseError("порт", "занят", "Назовите другой")
    assert (tmp_path / locking.LOCK).read_text() == noted
    with locking.hold(tmp_path) as lock:
        assert lock.before == locking.Holder(7, "http://x/", "")
    assert locking.read(tmp_path) is None


def test_commands_that_read_a_copy_exist() -> None:
    def names(group: click.Group, before: str = "") -> Iterator[str]:
        for name, command in group.commands.items():
            yield f"{before}{name}"
            if isinstance(command, click.Group):
                yield from names(command, f"{before}{name} ")

    assert set(names(cli)) >= READING


@pytest.mark.parametrize(
    ("number", "words"), [(errno.EIO, "диск отвечает ошибкой"), (errno.EACCES, "нет прав"), (errno.EROFS, "запрещена")]
)
def test_a_fault_of_any_file_is_one_sentence(number: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: Path) -> CourseFolder:
        raise OSError(number, os.strerror(number), "/media/disk/file")

    monkeypatch.setattr(CourseFolder, "open", fail)
    result = CliRunner().invoke(cli, ["register", "due"])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert result.stderr.startswith("/media/disk/file: ")
    assert words in result.stderr
