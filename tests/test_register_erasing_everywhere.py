"""A rare name is written wherever the product can write one; after erasing it no byte of anything holds it."""

from __future__ import annotations

import contextlib
import gc
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document

from ecitizen.cli import cli
from ecitizen.register import erasing, erasing_cleaning, searching
from ecitizen.register.erasing_record import load
from tests.erasing_folder import NAME, PLANTED, REWRITTEN, WORDS, figures, held, made, plant, run


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the folder once, with everything that people put there."""
    place = tmp_path_factory.mktemp("planted")
    plant(made(place))
    return place


@pytest.fixture
def data(planted: Path, tmp_path: Path) -> Path:
    shutil.copytree(planted, tmp_path, dirs_exist_ok=True)
    return tmp_path / "course"


def erase(data: Path, *more: str) -> tuple[int, str]:
    arguments = ["erase", "104", "--act", str(data.parent / "act.docx"), "--data", str(data), *more]
    done = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    return done.exit_code, done.output


def test_no_byte_of_anything_holds_the_name(data: Path, tmp_path: Path) -> None:
    before, first = figures(data), held(data)
    assert set().union(*first.values()) == set(WORDS)
    assert {*PLANTED, *REWRITTEN} <= set(first)
    assert erase(data, "--yes", "--reason", f"просьба {NAME.lower()}")[0] == 1
    code, told = erase(data, "--yes")
    assert code == 0, told
    for name in PLANTED - {f"Фото {NAME}.txt"}:
        assert f"Уничтожен файл {name}\n" in told
    for name in REWRITTEN:
        assert f"Переписан без этого человека файл {name}\n" in told
    assert not any((data / name).exists() for name in PLANTED)
    paper = "\n".join(
        cell.text for table in Document(tmp_path / "act.docx").tables for row in table.rows for cell in row.cells
    )
    assert "Фото ***.txt" in paper
    assert len(re.findall(r"\b[0-9a-f]{64}\b", paper)) >= len(PLANTED) + len(REWRITTEN)
    assert figures(data) == before
    for name, ending in (("learners", "xlsx"), ("learners", "csv"), ("consents", "csv"), ("attendance", "xlsx")):
        run("register", "export", name, str(data / f"{name}.{ending}"), "--names", "--data", str(data))
    run("backup", str(tmp_path / "later.zip"), "--data", str(data))
    for name in ("later.zip", "act.docx"):
        shutil.copy(tmp_path / name, data / name)
    assert held(data) == {}
    assert "Копия цела" in run("restore", str(data / "copy.zip"), "--check", "--data", str(data))


@pytest.mark.thorough
def test_a_copy_older_than_the_erasing_brings_nobody_back(data: Path, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "outside.zip"), "--data", str(data))
    assert erase(data, "--yes")[0] == 0
    # The register of the earliest copy knows only what this person was called before.
    for copy in ("early.zip", "outside.zip"):
        gc.collect()  # Whatever else has the course open in this process.
        told = run("restore", str(tmp_path / copy), "--data", str(data))
        assert "имя карточки 104 стёрто и в возвращённой папке" in told
        assert held(data) == {}
        shutil.rmtree(next(tmp_path.glob("course.*")))
    record = load(data, 104)
    assert record is not None
    assert record.act


def test_nothing_goes_before_somebody_has_said_yes(data: Path) -> None:
    before = _sizes(data)
    arguments = ["erase", "104", "--act", str(data.parent / "act.docx"), "--data", str(data)]
    done = CliRunner().invoke(cli, arguments, input="нет\n", catch_exceptions=False)
    assert done.exit_code == 1
    for name in {*PLANTED, *REWRITTEN}:
        assert f"  {name}, {(data / name).stat().st_size} байт, " in done.output
    assert _sizes(data) == before


def _sizes(data: Path) -> dict[Path, int]:
    """Look at every file's bytes, databases with what their logs hold: a copied log moves over at some later time."""
    for path in data.rglob("*.db"):
        with contextlib.closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    sides = ("-shm", "-wal")
    return {path: path.stat().st_size for path in data.rglob("*") if path.is_file() and path.name[-4:] not in sides}


def _pass(*_: object, **__: object) -> object:
    return iter(())


LEFT_OUT = {
    "files": (
        erasing_cleaning.Cleaner,
        "_destroyed",
        lambda self, path, full: erasing_cleaning._fate(path, full, "kept"),
    ),
    "copies": (erasing_cleaning.Cleaner, "_copy", _pass),
    "databases": (erasing_cleaning.Cleaner, "_database", lambda self, path: None),
    "works": (erasing_cleaning.Cleaner, "_masked", lambda self, path, full: erasing_cleaning._fate(path, full, "kept")),
    "rows": (erasing, "mask", lambda connection, ways: set()),
    "freed pages": (erasing, "rewrite_all", lambda engine, folder, tables: True),
    "pdf": (searching, "_pdf", _pass),
    "packed": (searching, "_unpacked", _pass),
    "markup": (searching, "_MARKUP", re.compile(rb"(?!)")),
}


@pytest.mark.thorough
@pytest.mark.parametrize("kind", LEFT_OUT)
def test_the_search_finds_each_kind_that_is_left_out(data: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    place, name, instead = LEFT_OUT[kind]
    monkeypatch.setattr(place, name, instead)
    erase(data, "--yes")
    assert held(data) != {}
