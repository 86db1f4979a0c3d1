"""The commands of the register: undo, calendar, due, erase, backup, restore, partners."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from docx import Document

from ecitizen import demo
from ecitizen.cli import cli
from ecitizen.cli.who import system_user
from ecitizen.facts import KINDS
from ecitizen.folder import CourseFolder
from ecitizen.register.sheets import all_sheets

DOCS = Path(__file__).parents[1] / "docs" / "register.md"
YEAR = ("--from", "01.01.2020", "--to", "31.12.2026")


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli, list(arguments), input=answer, catch_exceptions=False)


@pytest.fixture
def data(tmp_path: Path) -> str:
    demo.make(CourseFolder.create(tmp_path / "course"), learners=2, seed=3)
    return str(tmp_path / "course")


def figures(data: str) -> list[object]:
    rows = [json.loads(run("indicators", name, "--json", *YEAR, "--data", data).output) for name in ("omsk", "kcon")]
    return [(row["id"], row["actual"]) for document in rows for row in document["rows"]]


def test_undo_shows_asks_and_takes_back(data: str, tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("Дата;Место;Название;Посетителей\n01.03.2025;main;Час;500\n", encoding="utf-8")
    before = figures(data)
    assert run("register", "import", "events", str(path), "--data", data).exit_code == 0
    assert figures(data) != before
    asked = run("register", "undo", "--data", data, answer="n\n")
    assert asked.exit_code == 1
    assert "будет удалено записей: 1 (Мероприятия)" in asked.output
    assert run("register", "undo", "--data", data, "--yes").output.endswith("Отменено.\n")
    assert figures(data) == before
    trace = run("register", "changes", "--table", "events", "--limit", "2", "--data", data).output.splitlines()
    assert [f"{system_user()}  Мероприятия, " in line for line in trace] == [True, True, False]
    assert "удалено: " in trace[0]
    assert "добавлено: " in trace[1]
    assert "Дата 01.03.2025; Место main; Название Час" in trace[1]
    again = run("register", "undo", "--data", data, "--yes")
    assert (again.exit_code, "отменять нечего" in again.output) == (1, True)


def test_erasing_keeps_figures_and_writes_the_act(data: str, tmp_path: Path) -> None:
    before = figures(data)
    act = tmp_path / "act.docx"
    assert run("erase", "101", "--act", str(act), "--data", data, answer="n\n").exit_code == 1
    assert not act.exists()
    done = run("erase", "101", "--act", str(act), "--yes", "--data", data)
    assert done.exit_code == 0, done.output
    text = "\n".join(cell.text for table in Document(str(act)).tables for row in table.rows for cell in row.cells)
    assert "карточки № 101" in text
    assert "Слушатели, 101" in text
    assert figures(data) == before
    assert run("erase", "101", "--act", str(act), "--yes", "--data", data).exit_code == 1
    assert run("register", "clean", "--data", data).exit_code == 0


def test_impossible_act_erases_nobody(data: str, tmp_path: Path) -> None:
    done = run("erase", "101", "--act", str(tmp_path / "no" / "act.docx"), "--yes", "--data", data)
    assert (done.exit_code, "нет папки" in done.output) == (1, True)
    assert run("erase", "101", "--act", str(tmp_path / "act.docx"), "--yes", "--data", data).exit_code == 0


def test_copy_comes_back(data: str, tmp_path: Path) -> None:
    before = figures(data)
    copy = str(tmp_path / "copy.zip")
    assert run("backup", copy, "--data", data).exit_code == 0
    assert "Копия цела" in run("restore", copy, "--check", "--data", data).output
    elsewhere = Path(data) / "nbgrader" / "database-url"
    elsewhere.parent.mkdir(exist_ok=True)
    elsewhere.write_text("postgresql://scores.example/course", encoding="utf-8")
    assert "pg_dump" in run("backup", str(tmp_path / "second.zip"), "--data", data).output
    elsewhere.unlink()
    back = run("restore", copy, "--data", str(tmp_path / "other"))
    assert back.exit_code == 0
    assert figures(str(tmp_path / "other")) == before


def test_manager_counts_what_libraries_send(data: str, tmp_path: Path) -> None:
    manager, file = str(tmp_path / "manager"), str(tmp_path / "f01.gz")
    run("init", "--data", manager, "--site", "Менеджер")
    key = re.search(r"f01:[0-9a-f]{32}", run("register", "partner", "f01", "--data", manager).output)
    assert key is not None
    refused = run("register", "partner", "f01", "--data", manager)
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    assert run("register", "send", file, "--key", key[0], "--data", data).exit_code == 0
    assert run("register", "merge", file, "--data", manager).exit_code == 0
    ours, theirs = dict(figures(data)), dict(figures(manager))  # type: ignore[arg-type]
    assert {name: theirs[name] for name in ours if name != "libraries"} == {
        name: figure for name, figure in ours.items() if name != "libraries"
    }
    assert theirs["libraries"] == ours["libraries"] + 1


def test_calendar_and_due_answer(data: str, tmp_path: Path) -> None:
    assert run("register", "calendar", str(tmp_path / "t.ics"), "--data", data).exit_code == 0
    assert "RRULE" in (tmp_path / "t.ics").read_text(encoding="utf-8")
    (due,) = json.loads(run("register", "due", "--json", "--data", data).output)["due"]
    assert (due["purpose"], due["why"], due["whole"]) == ("Фотографии", "withdrawn", False)
    text = run("register", "due", "--data", data).output
    assert "Уничтожьте только собранное для этой цели; действует: Занятия" in text
    assert "ecitizen erase" not in text
    assert run("register", "destroyed", "101", "Фотографии", "--data", data).exit_code == 0
    assert run("register", "due", "--data", data).output == "Всего: 0.\n"


def test_page_names_every_table_and_kind() -> None:
    text = DOCS.read_text(encoding="utf-8")
    tables = json.loads(run("register", "tables", "--json").output)
    for name, headers in tables.items():
        (line,) = [line for line in text.splitlines() if line.startswith(f"| `{name}` | ") and "–" not in line[:0]][:1]
        assert all(header in line for header in headers), name
    assert set(tables) == set(all_sheets(__import__("datetime").date.today()))
    for kind, tags in KINDS.items():
        assert f"| `{kind}` | {', '.join(sorted(tags)) or '–'} |" in text
