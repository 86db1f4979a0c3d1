"""The page that teaches to write a passport is followed word by word: its files, its commands, what they print."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from docx import Document

from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.opening import begin

PAGE = (Path(__file__).parents[1] / "docs" / "passports.md").read_text(encoding="utf-8")
PASSPORT = "var/passports/bookmobile.yaml"
_FILE = re.compile(r"File `([^`]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDED = re.compile(r"at the end of `([^`]+)`:\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TOLD = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\$ ecitizen (.*)\n((?:[^$].*\n)*)", re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ECITIZEN_DATA", raising=False)
    begin(CourseFolder.create(tmp_path / "var", "Библиотека"), "482913", dt.date(2018, 6, 1))
    return tmp_path


def put(name: str, text: str, *, add: bool = False) -> None:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text(encoding="utf-8") if add else "") + text, encoding="utf-8")


def follow(block: str) -> None:
    for command, said in _COMMAND.findall(block):
        done = CliRunner().invoke(cli, shlex.split(command), catch_exceptions=False)
        assert done.output == said, command


def test_page_builds_a_passport_from_nothing(here: Path) -> None:
    files = dict(_FILE.findall(PAGE))
    first, second, refused = _TOLD.findall(PAGE)
    put(PASSPORT, files[PASSPORT])
    put("stops.csv", files["stops.csv"])
    follow(first)
    ((name, text),) = _ADDED.findall(PAGE)
    put(name, text, add=True)
    put("help.csv", files["help.csv"])
    follow(second)
    rows = [[cell.text for cell in row.cells] for table in Document("bookmobile.docx").tables for row in table.rows]
    assert [row[-2:] for row in rows if row[0] in {"1.", "2.", "3."}] == [["2", "3"], ["33", "42"], ["66,7", "66,7"]]
    assert ["2-й квартал 2025", "1", "1"] in rows
    put(PASSPORT, Path(PASSPORT).read_text(encoding="utf-8").replace("fact: event  ", "fact: trip  "))
    follow(refused)
