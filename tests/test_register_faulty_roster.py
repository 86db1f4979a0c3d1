"""A roster of 300 lines with every kind of fault: each is named by line and column, the rest comes in when told so."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from ecitizen.cli import cli
from ecitizen.folder import CourseFolder
from ecitizen.opening import begin, connect
from ecitizen.register.tables import Learner, Person

HEAD = ["Группа", "Имя", "Фамилия", "Номер карточки", "Год рождения", "Согласие", "Телефон", "Место"]
"""In another order than ours."""

FAULTS = {
    12: ({"Номер карточки": 103}, "Номер карточки", "повторяет строку"),
    37: ({"Согласие": "31.02.2025"}, "Согласие", "такой даты нет"),
    58: ({"Согласие": "01.01.2125"}, "Согласие", "дата"),
    74: ({"Фамилия": "Пeтрова"}, "Фамилия", "латинская буква"),
    95: ({"Фамилия": "Кот", "Имя": "Анна", "Год рождения": 1950, "Номер карточки": None}, "Номер карточки", "уже есть"),
    130: ({"Год рождения": 2091}, "Год рождения", ""),
    151: ({"Номер карточки": "сто два"}, "Номер карточки", ""),
    177: ({"Имя": None}, "Имя", "пусто"),
    203: ({"Место": "Нигде"}, "Место", "такого места нет"),
    241: ({"Фамилия": "#REF!"}, "Фамилия", "ошибка вычисления"),
}
"""Faults by line of the sheet: what stands there instead, the column, a part of what is said."""

MERGED = (260, 262)
FORMULA = 280
EMPTY = (20, 21, 90)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def line(number: int) -> list[object]:
    """A line like those around it, no two people alike."""
    letters = "абвгдежзик"
    name = "Жукова" + letters[number // 100] + letters[number // 10 % 10] + letters[number % 10]
    person = {"Группа": "Утро", "Имя": "Вера", "Фамилия": name, "Номер карточки": 100 + number, "Год рождения": 1950}
    person |= {"Согласие": "01.09.2025", "Телефон": "8 (000) 555-12-34", "Место": "Библиотека"}
    if number == 94:
        person |= {"Фамилия": "Кот", "Имя": "Анна"}
    return [(person | FAULTS.get(number, ({},))[0])[head] for head in HEAD]


@pytest.fixture(scope="module")
def roster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD)
    for number in range(2, 302):
        sheet.append([None] * len(HEAD) if number in EMPTY else line(number))
    # As a person does who writes a value once for three lines.
    sheet.merge_cells(start_row=MERGED[0], end_row=MERGED[1], start_column=8, end_column=8)
    # As a program does that wrote a formula and never ran it.
    sheet.cell(FORMULA, 3).value = "=A2"
    path = tmp_path_factory.mktemp("roster") / "список.xlsx"
    book.save(path)
    return path


@pytest.fixture(scope="module")
def old_roster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same list, but for merged cells and a formula, as an old program saves it."""
    path = tmp_path_factory.mktemp("roster") / "список.csv"
    with path.open("w", encoding="cp1251", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEAD)
        writer.writerows([""] * len(HEAD) if number in EMPTY else line(number) for number in range(2, 302))
    return path


@pytest.fixture
def data(tmp_path: Path) -> str:
    begin(CourseFolder.create(tmp_path / "course", "Библиотека"), "482913")
    return str(tmp_path / "course")


def people(data: str) -> tuple[int, int]:
    with connect(CourseFolder.open(Path(data))).connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (Learner, Person)
        ]
    return counts[0], counts[1]


def named(text: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for number, said in re.findall(r"список\.(?:xlsx|csv):(\d+): ([^\n]+)", text):
        found[int(number)] = found.get(int(number), "") + said
    return found


FAULTY = {*FAULTS, *range(MERGED[0], MERGED[1] + 1), FORMULA}
RIGHT = 300 - len(EMPTY) - len(FAULTY)


def test_every_fault_is_named_by_line_and_column(data: str, roster: Path) -> None:
    refused = run("register", "import", "learners", str(roster), "--data", data)
    assert refused.exit_code == 1
    said = named(refused.output)
    assert said.keys() == FAULTY
    for number, (_, column, part) in FAULTS.items():
        assert said[number].startswith(f"{column}: "), said[number]
        assert part in said[number]
    assert said[MERGED[0] + 1].startswith("столбец H: объединённые ячейки ('H260:H262')")
    assert said[FORMULA].startswith("Фамилия: формула без значения ('=A2')")
    assert people(data) == (0, 0)
    dry = run("register", "import", "learners", str(roster), "--skip-faulty", "--dry-run", "--data", data)
    assert (dry.exit_code, people(data)) == (0, (0, 0))
    assert f"Новых: {RIGHT}," in dry.output


@pytest.mark.thorough
def test_a_list_in_cp1251_tells_the_same(data: str, roster: Path, old_roster: Path) -> None:
    said = [
        named(run("register", "import", "learners", str(one), "--data", data).output) for one in (roster, old_roster)
    ]
    assert said[1] == {number: said[0][number] for number in FAULTS}
    assert people(data) == (0, 0)


@pytest.mark.thorough  # every card gets a PIN of its own, and hashing one is slow on purpose
def test_right_lines_come_when_told_and_go_again(data: str, roster: Path) -> None:
    taken = run("register", "import", "learners", str(roster), "--skip-faulty", "--data", data)
    assert named(taken.output).keys() == FAULTY
    assert people(data) == (RIGHT, RIGHT)
    assert run("register", "undo", "--yes", "--data", data).exit_code == 0
    assert people(data) == (0, 0)
