"""More than one machine: PostgreSQL and Dask hold and give the gradebook that one process makes of a file."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from postgres import postgres_url
from sqlalchemy import create_engine, make_url, text
from test_gradebook import PARTLY, RIGHT, Journal
from test_gradebook_engines import CHEAPER, COMMENTS, GRADES, OTHERS, copy, fresh, graded_by, marked, notebooks
from test_gradebook_killed import forked, was_killed
from test_gradebook_manual import ALL, TEXT, lesson

from ecitizen import gradebook
from ecitizen.cli import cli
from ecitizen.errors import CourseError, CourseErrors
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.database import only_grader
from ecitizen.gradebook.settings import URL_FILE, url_of

__all__ = ["fresh", "marked", "postgres_url"]

thorough = pytest.mark.thorough


def everything(folder: CourseFolder) -> list[list[tuple[Any, ...]]]:
    """Give the whole gradebook, wherever it lies; the keys of the rows aside."""
    engine = create_engine(url_of(folder.gradebook) or f"sqlite:///{folder.gradebook / 'gradebook.db'}")
    with engine.connect() as connection:
        found = [[_plain(row) for row in connection.execute(text(query))] for query in (GRADES, COMMENTS, *OTHERS)]
    engine.dispose()
    return [sorted(rows, key=repr) for rows in found]


def _plain(row: Any) -> tuple[Any, ...]:
    """Say times and truth values as SQLite does."""
    timed = [value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value for value in row]
    return tuple(int(value) if isinstance(value, bool) else value for value in timed)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("sqlite:///x.db", "не PostgreSQL"),
        ("нет", "не читается"),
        ("postgresql://u:hidden@127.0.0.1:1/x", "не отвечает"),
    ],
    ids=["sqlite", "no address", "nobody there"],
)
def test_wrong_addresses_are_refused_in_words(tmp_path: Path, address: str, words: str) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    said = CliRunner().invoke(cli, ["grade", "--data", str(folder.path), "--database-url", address])
    assert said.exit_code == 1
    assert words in said.output
    assert "hidden" not in said.output
    assert not (folder.gradebook / URL_FILE).exists()


def test_dask_needs_postgresql_and_no_processes(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "course")
    options = ["grade", "--data", str(folder.path), "--dask", "tcp://127.0.0.1:1"]
    assert CliRunner().invoke(cli, [*options, "--jobs", "2"]).exit_code == 2
    assert CliRunner().invoke(cli, [*options, "--engine", "stock"]).exit_code == 2


@thorough
def test_postgresql_comes_to_the_same(
    fresh: CourseFolder, marked: CourseFolder, tmp_path: Path, postgres_url: str
) -> None:
    folder = copy(fresh, tmp_path)
    gradebook.use_database(folder, postgres_url)
    shutil.move(folder.gradebook / "gradebook.db", tmp_path / "not used")
    graded_by(folder, "fast", jobs=2)
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    assert everything(folder) == everything(marked)
    assert notebooks(folder) == notebooks(marked)
    again = copy(marked, tmp_path / "file")
    for one in (folder, again):
        graded_by(one, "fast", CHEAPER)
    assert everything(folder) == everything(again)
    assert notebooks(folder) == notebooks(again)
    assert stat.S_IMODE((folder.gradebook / URL_FILE).stat().st_mode) == 0o600


@thorough
def test_stock_engine_writes_the_same_to_postgresql(
    fresh: CourseFolder, marked: CourseFolder, tmp_path: Path, postgres_url: str
) -> None:
    folder = copy(fresh, tmp_path)
    gradebook.use_database(folder, postgres_url)
    graded_by(folder, "stock")
    gradebook.mark(folder, lesson(), 103, "call", ALL, comment="Хорошо!")
    assert everything(folder) == everything(marked)


@thorough
def test_marks_move_with_the_gradebook(marked: CourseFolder, tmp_path: Path, postgres_url: str) -> None:
    folder = copy(marked, tmp_path)
    before = everything(folder)
    assert gradebook.use_database(folder, postgres_url) > sum(map(len, before[:2]))
    assert everything(folder) == before
    assert gradebook.use_database(folder, postgres_url) == 0
    assert gradebook.grade_lessons(folder, [lesson()]).graded == 0
    assert gradebook.scores(folder)


@thorough
def test_each_course_has_a_database_of_its_own(marked: CourseFolder, tmp_path: Path, postgres_url: str) -> None:
    first, second = copy(marked, tmp_path / "first"), copy(marked, tmp_path / "second")
    gradebook.use_database(first, postgres_url)
    with pytest.raises(CourseError, match="нужна своя"):
        gradebook.use_database(second, postgres_url)
    assert url_of(second.gradebook) is None


@thorough
def test_second_computer_waits_for_the_first(marked: CourseFolder, tmp_path: Path, postgres_url: str) -> None:
    folder = copy(marked, tmp_path / "here")
    gradebook.use_database(folder, postgres_url)
    elsewhere = copy(folder, tmp_path / "there")
    with only_grader(folder.gradebook), pytest.raises(CourseError, match="занята другим"):
        graded_by(elsewhere, "fast", CHEAPER)
    graded_by(elsewhere, "fast", CHEAPER)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Give two processes of Dask on this computer; whichever dies is replaced."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50) as two:
        yield two


@pytest.fixture
def far(fresh: CourseFolder, tmp_path: Path, postgres_url: str) -> CourseFolder:
    """Give an ungraded class whose gradebook lies in PostgreSQL."""
    folder = copy(fresh, tmp_path)
    gradebook.use_database(folder, postgres_url)
    return folder


def graded_far(folder: CourseFolder, cluster: Any, by: Any = None) -> gradebook.GradeReport:
    return gradebook.grade_lessons(folder, [by or lesson()], dask=cluster.scheduler_address)


@thorough
def test_dask_comes_to_the_same(far: CourseFolder, marked: CourseFolder, tmp_path: Path, cluster: Any) -> None:
    assert graded_far(far, cluster).graded == 3
    gradebook.mark(far, lesson(), 103, "call", ALL, comment="Хорошо!")
    assert everything(far) == everything(marked)
    assert notebooks(far) == notebooks(marked)
    assert graded_far(far, cluster).graded == 0
    again = copy(marked, tmp_path / "file")
    graded_far(far, cluster, CHEAPER)
    graded_by(again, "fast", CHEAPER)
    assert everything(far) == everything(again)
    assert notebooks(far) == notebooks(again)


LEARNERS = range(201, 213)


@thorough
def test_killed_worker_of_dask_is_replaced(
    far: CourseFolder, fresh: CourseFolder, tmp_path: Path, cluster: Any
) -> None:
    near = copy(fresh, tmp_path / "near")
    for folder in (far, near):
        journal = Journal(folder)
        for learner in LEARNERS:
            journal.quiz(learner, 1, (RIGHT if learner % 3 else PARTLY) | {"call": TEXT})
        journal.close()
    killed: list[int] = []

    def kill_one(done: int, _total: int) -> None:
        if done == 2:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    report = gradebook.grade_lessons(far, [lesson()], kill_one, dask=cluster.scheduler_address)
    graded_by(near, "fast")
    assert killed
    assert report.graded == 3 + len(LEARNERS)
    assert everything(far) == everything(near)
    assert notebooks(far) == notebooks(near)


@thorough
def test_killed_on_postgresql_at_random_moments(marked: CourseFolder, tmp_path: Path, postgres_url: str) -> None:
    undisturbed, moved, random = copy(marked, tmp_path / "file"), copy(marked, tmp_path / "moved"), Random(6)
    gradebook.use_database(moved, postgres_url)
    began = time.monotonic()
    graded_by(undisturbed, "fast", CHEAPER)
    lasts, caught = time.monotonic() - began, 0
    for number in range(60):
        folder = copy(moved, tmp_path / str(number))
        (folder.gradebook / URL_FILE).write_text(twin(postgres_url, number), encoding="utf-8")
        child = forked(lambda folder=folder: graded_by(folder, "fast", CHEAPER))  # type: ignore[misc]
        time.sleep(random.uniform(0, lasts))
        os.kill(child, signal.SIGKILL)
        caught += was_killed(child)
        graded_by(folder, "fast", CHEAPER)
        assert everything(folder) == everything(undisturbed), number
        assert notebooks(folder) == notebooks(undisturbed), number
        if caught == 10:
            break
    assert caught == 10


def twin(url: str, number: int) -> str:
    """Copy a database that nobody is connected to; gives the address of the copy."""
    one = make_url(url)
    name = f"{one.database}_{number}"
    engine = create_engine(one.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {one.database}"))
    engine.dispose()
    return one.set(database=name).render_as_string(hide_password=False)


@thorough
def test_file_is_not_written_from_far_away(fresh: CourseFolder, tmp_path: Path, cluster: Any) -> None:
    folder = copy(fresh, tmp_path)
    with pytest.raises(CourseError, match="database-url"):
        graded_far(folder, cluster)


@thorough
def test_laid_code_is_refused_far_away_too(far: CourseFolder, marked: CourseFolder, cluster: Any) -> None:
    graded_far(far, cluster)
    engine = create_engine(url_of(far.gradebook) or "")
    with engine.begin() as connection:
        connection.execute(text("UPDATE source_cell SET source = 'open(1)', checksum = 'x' WHERE name = 'q01'"))
    engine.dispose()
    shutil.rmtree(far.gradebook / "autograded" / "101")
    before = everything(far)
    with pytest.raises(CourseErrors):
        graded_far(far, cluster)
    assert everything(far) == before
