"""The command: Russian for librarians, JSON for programs, one line where somebody can do something about it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import docx
import openpyxl
import pytest
from click.testing import CliRunner, Result
from pypdf import PdfReader

from ecitizen import demo
from ecitizen.cli import cli
from ecitizen.folder import CourseFolder

ROSTER = "Номер карточки;Фамилия;Имя;Отчество;Год рождения;Группа;Место\n201;Ёлкина;Нина;Ивановна;1951;Г-2;main\n"


def run(*arguments: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a demonstration class that is not graded yet."""
    path = tmp_path_factory.mktemp("data") / "course"
    demo.make(CourseFolder.create(path), learners=2, seed=3)
    return str(path)


def test_every_command_has_help() -> None:
    for name, command in cli.commands.items():
        assert command.help, name
        assert run(name, "--help").exit_code == 0


def test_no_command_builds_a_grammar_of_addresses() -> None:
    look = "import ecitizen, nbformat, sys; print('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_begun_course_prints_pin_once(tmp_path: Path) -> None:
    first = run("init", "--data", str(tmp_path / "c"), "--site", "Сельская библиотека")
    assert "ПИН ведущего" in first.output
    again = run("init", "--data", str(tmp_path / "c"))
    assert again.exit_code == 1
    assert "здесь уже есть курс" in again.output


def test_missing_course_names_the_remedy(tmp_path: Path) -> None:
    done = run("grade", "--data", str(tmp_path))
    assert done.exit_code == 1
    assert "ecitizen init" in done.output
    assert len(done.output.strip().splitlines()) == 1


def test_wrong_usage_exits_with_two() -> None:
    assert run("report", "omsk").exit_code == 2
    assert run("fly").exit_code == 2


def test_shipped_content_is_clean() -> None:
    done = run("check", "--json")
    assert done.exit_code == 0
    assert [finding for finding in json.loads(done.output)["findings"] if finding["severity"] == "error"] == []


def test_dry_run_keeps_nothing(data: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(ROSTER, encoding="cp1251")
    tried = run("register", "import", "learners", str(path), "--dry-run", "--data", data)
    assert "ничего не записано" in tried.output
    done = run("register", "import", "learners", str(path), "--data", data)
    assert "Новых: 1" in done.output
    assert "Карточка 201: ПИН" in done.output


def test_faulty_roster_changes_nothing(data: str, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(ROSTER + "x;;Пётр;;3000;Г-2;main\n", encoding="utf-8")
    done = run("register", "import", "learners", str(path), "--data", data)
    assert done.exit_code == 1
    assert f"{path}:3: " in done.output
    out = tmp_path / "out.csv"
    run("register", "export", "learners", str(out), "--data", data)
    assert "x;" not in out.read_text(encoding="utf-8-sig")


def test_cards_are_printed_with_new_pins(data: str, tmp_path: Path) -> None:
    out = tmp_path / "cards.pdf"
    assert run("cards", "--out", str(out), "--new-pins", "--data", data).exit_code == 0
    text = "".join(page.extract_text() for page in PdfReader(out).pages)
    assert "101" in text


@pytest.mark.parametrize("year", ["2020", "2021", "2022", "2026"])
def test_report_equals_the_indicators(data: str, tmp_path: Path, year: str) -> None:
    period = ["--from", f"01.01.{year}", "--to", f"31.12.{year}", "--data", data]
    rows = json.loads(run("indicators", "omsk", "--json", *period).output)["rows"]
    assert len(rows) == 8
    word, sheet = tmp_path / "otchet.docx", tmp_path / "otchet.xlsx"
    for out in (word, sheet):
        assert run("report", "omsk", "--year", year, "--out", str(out), "--data", data).exit_code == 0
    told = [[cell.text for cell in row.cells] for table in docx.Document(str(word)).tables for row in table.rows]
    cells = [
        list(row) for row in openpyxl.load_workbook(sheet, data_only=True).worksheets[0].iter_rows(values_only=True)
    ]
    for row in rows:
        in_word = next(line for line in told if any(row["name"] in cell for cell in line))
        in_sheet = next(line for line in cells if any(row["name"] in str(cell) for cell in line))
        assert f"{row['actual']:g}" in in_word
        assert row["actual"] in in_sheet
        assert row["target"] in in_sheet


def test_every_figure_opens_into_facts(data: str) -> None:
    period = ["--from", "01.01.2021", "--to", "31.12.2021", "--json", "--data", data]
    for row in json.loads(run("indicators", "omsk", *period).output)["rows"]:
        facts = json.loads(run("indicators", "omsk", "--explain", row["id"], *period).output)["facts"]
        assert len(facts) == row["facts"]


@pytest.mark.parametrize("passport", ["nowhere", "../../etc/passwd"], ids=["unknown", "a path"])
def test_unknown_passport_is_a_sentence(data: str, passport: str) -> None:
    done = run("indicators", passport, "--from", "01.01.2021", "--to", "31.12.2021", "--data", data)
    assert done.exit_code == 1
    assert "Traceback" not in done.output
