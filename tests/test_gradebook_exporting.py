"""What learners came to, as files for other programs: read back, and compared with the scores."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator
from test_gradebook_inbox import FIRST, LESSON, SECOND, note
from traitlets.config import Config

from ecitizen import content, gradebook
from ecitizen.cli import cli
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.gradebook import exporting, tables, xapi
from ecitizen.gradebook.engine import quiet
from ecitizen.gradebook.outcomes import Outcome, summed
from ecitizen.opening import begin

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KINDS = ("Csv", "Xlsx", "Moodle", "Xapi")


def one(learner: str, item: str, points: float | None, most: float = 2.0, skill: str = "log-out") -> Outcome:
    return Outcome(
        learner=learner, lesson=LESSON, item=item, skill=skill, points=points, most=most, waits=points is None, at=AT
    )


CLASS = [one("7", "q01", 1.5), one("7", "q02", None, 3), one("7", "q03", 0, 1, "read-address"), one("12", "q01", 2)]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    """Give a class of two with scores."""
    folder = CourseFolder.create(tmp_path_factory.mktemp("course") / "course")
    note(folder, 101, 1, 0, FIRST)
    note(folder, 102, 1, 1, FIRST, SECOND)
    gradebook.grade(folder, LESSON)
    return folder


def lines(data: bytes, delimiter: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_sums_leave_out_what_waits() -> None:
    of_seven, of_twelve = summed([*CLASS[:3], CLASS[3]], "lesson")
    assert (of_seven.points, of_seven.most, of_seven.waits) == (1.5, 3, True)
    assert (of_twelve.points, of_twelve.most, of_twelve.waits) == (2, 2, False)
    skills = {(row.learner, row.skill): (row.points, row.most) for row in summed(CLASS, "skill")}
    assert skills["7", "log-out"] == (1.5, 2)
    (unmarked,) = summed([CLASS[1]], "skill")
    assert (unmarked.points, unmarked.most, unmarked.share) == (None, 3, None)


def test_csv_opens_in_a_russian_spreadsheet() -> None:
    data = tables.as_csv(CLASS)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == 1 + len(CLASS)
    assert all(
        cell.startswith('"') and cell.endswith('"') for cell in data.decode("utf-8-sig").splitlines()[1].split(";")
    )
    head, first, waiting, *_ = lines(data)
    assert head[:5] == ["Номер ученика", "Урок", "Вопрос или задание", "Умение", "Баллы"]
    assert first[:1] + first[2:3] + first[4:7] == ["7", "q01", "1,5", "2", "75"]
    assert waiting[4:8] == ["", "3", "", "да"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", " =1"])
def test_no_text_becomes_a_formula(text: str) -> None:
    found = [one(text, text, 1.0, skill=text)]
    for delimiter, data in (
        (";", tables.as_csv(found, names={text: text})),
        (",", tables.as_moodle(found, names={text: text})),
    ):
        for row in lines(data, delimiter):
            assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "@")) or cell == "-1"]
    book = openpyxl.load_workbook(io.BytesIO(tables.as_xlsx(found, {text: text})))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}


def test_xlsx_holds_numbers_and_days_by_item_skill_and_lesson() -> None:
    book = openpyxl.load_workbook(io.BytesIO(tables.as_xlsx(CLASS)))
    assert book.sheetnames == ["По вопросам", "По умениям", "По урокам"]
    rows = [[cell.value for cell in row] for row in book["По вопросам"].iter_rows(min_row=2)]
    assert [(row[0], row[2], row[4], row[5]) for row in rows][:2] == [("7", "q01", 1.5, 2), ("7", "q02", None, 3)]
    assert rows[0][-1] == AT.astimezone().replace(tzinfo=None)
    assert [len(list(sheet.iter_rows())) for sheet in book] == [5, 4, 3]


def test_moodle_has_a_line_a_learner_and_a_column_a_grade() -> None:
    title = content.lesson(LESSON).title
    head, first, second = lines(tables.as_moodle(CLASS), ",")
    assert head == ["ID number", f"{title}: q01", f"{title}: q02", f"{title}: q03"]
    assert first == ["7", "1.5", "-", "0"]
    assert second == ["12", "2", "-", "-"]
    assert lines(tables.as_moodle(CLASS, "lesson"), ",")[1] == ["7", "1.5"]


def test_statements_have_the_shape_of_xapi() -> None:
    found = xapi.statements(CLASS, "https://library.example/")
    assert len(found) == 4 + 3 + 2
    assert len({UUID(said["id"]) for said in found}) == len(found)
    first, waiting = found[0], found[1]
    assert first["actor"] == {
        "objectType": "Agent",
        "account": {"homePage": "https://library.example", "name": "7"},
    }
    assert first["object"]["id"] == f"https://library.example/lessons/{LESSON}/items/q01"
    assert first["result"]["score"] == {"raw": 1.5, "min": 0, "max": 2.0, "scaled": 0.75}
    assert first["verb"]["id"] == "http://adlnet.gov/expapi/verbs/answered"
    assert "score" not in waiting["result"]
    assert datetime.fromisoformat(first["timestamp"]) == AT
    assert {said["object"]["definition"]["type"].rsplit("/")[-1] for said in found} == {
        "question",
        "objective",
        "lesson",
    }


def schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("xapi_statement.json").read_text("utf-8"))
    return found


def test_statements_keep_the_rules_of_xapi() -> None:
    """Rules that a schema can't say stand below it: parts 2.2 (ids, nulls) and 2.4.5.1 (score) of xAPI 1.0.3."""
    Draft202012Validator.check_schema(schema())
    rules = Draft202012Validator(schema())
    hostile = replace(CLASS[0], learner="7 <b>", item="a b/../c", points=-0.0)
    for said in xapi.statements([*CLASS, hostile], "https://library.example/"):
        assert [error.message for error in rules.iter_errors(said)] == []
        assert "null" not in json.dumps(said)
        score = said["result"].get("score")
        assert score is None or score["min"] <= score["raw"] <= score["max"]


@pytest.mark.parametrize(
    "change",
    [
        {"actor": {"objectType": "Agent"}},
        {"verb": {"id": "answered"}},
        {"object": {"id": "https://library.example/two words"}},
        {"result": {"score": {"scaled": 1.2}}},
        {"timestamp": "22.11.2026"},
        {"extra": 1},
        {"result": None},
    ],
    ids=["nobody", "no address", "a space", "above one", "Russian date", "unknown key", "null"],
)
def test_rules_tell_a_bad_statement(change: dict[str, Any]) -> None:
    assert list(Draft202012Validator(schema()).iter_errors(xapi.statements(CLASS)[0] | change))


def test_same_results_are_the_same_statements() -> None:
    assert xapi.statements(CLASS) == xapi.statements(CLASS)
    better = [replace(CLASS[0], points=2.0), *CLASS[1:]]
    told = {said["id"] for said in xapi.statements(CLASS)}
    # The item, its skill and its lesson.
    assert len({said["id"] for said in xapi.statements(better)} - told) == 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_nbgrader_takes_the_plugins(graded: CourseFolder, tmp_path: Path, kind: str) -> None:
    from nbgrader.api import Gradebook
    from nbgrader.apps.exportapp import ExportApp

    app = ExportApp(config=Config({"ExportApp": {"plugin_class": f"ecitizen.gradebook.exporting.{kind}Export"}}))
    app.init_plugin()
    app.plugin_inst.to, app.plugin_inst.student = str(tmp_path / "file"), ["102"]
    with quiet(), Gradebook(f"sqlite:///{graded.gradebook / 'gradebook.db'}", "ecitizen") as book:
        app.plugin_inst.export(book)
    expected = exporting.results(graded, learners=["102"])
    assert {row.learner for row in expected} == {"102"}
    written = (tmp_path / "file").read_bytes()
    assert points_in(kind, written) == pytest.approx(gradebook.scores(graded)[LESSON]["102"])


def points_in(kind: str, data: bytes) -> dict[str, float]:
    """Read back the points of learner 102 by item."""
    match kind:
        case "Csv":
            return {row[2]: float(row[4].replace(",", ".")) for row in lines(data)[1:]}
        case "Moodle":
            head, row = lines(data, ",")
            return {name.rsplit(": ")[-1]: float(points) for name, points in zip(head[1:], row[1:], strict=True)}
        case "Xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
            return {str(row[2].value): float(str(row[4].value)) for row in sheet.iter_rows(min_row=2)}
        case _:
            found: Sequence[dict[str, Any]] = json.loads(data)
            return {
                said["object"]["id"].rsplit("/")[-1]: said["result"]["score"]["raw"]
                for said in found
                if "/items/" in said["object"]["id"]
            }


def run(folder: CourseFolder, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments, "--data", str(folder.path)], catch_exceptions=False)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [("r.csv", []), ("r.CSV", ["--by", "skill"]), ("m.csv", ["--moodle"]), ("r.xlsx", []), ("r.json", [])],
)
def test_command_writes_every_kind_without_a_name(
    graded: CourseFolder, tmp_path: Path, name: str, options: list[str]
) -> None:
    done = run(graded, "results", "export", str(tmp_path / name), *options)
    assert done.exit_code == 0, done.output
    assert "учеников: 2" in done.output
    assert (tmp_path / name).stat().st_size > 100
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.slow
def test_names_stand_there_only_when_asked_for(graded: CourseFolder, tmp_path: Path) -> None:
    roster = "Номер карточки;Фамилия;Имя;Отчество;Год рождения;Группа;Место\n102;Ёлкина;Нина;Ивановна;1951;Г-2;main\n"
    begin(graded)
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    assert run(graded, "register", "import", "learners", str(tmp_path / "roster.csv")).exit_code == 0
    for options in ([], ["--names"], ["--names", "--moodle"]):
        assert run(graded, "results", "export", str(tmp_path / "r.csv"), *options).exit_code == 0
        assert ("Ёлкина Нина Ивановна" in (tmp_path / "r.csv").read_text("utf-8-sig")) == bool(options)
    assert run(graded, "results", "export", str(tmp_path / "r.json"), "--names").exit_code == 2


@pytest.mark.slow
def test_faults_are_told_in_one_line(graded: CourseFolder, tmp_path: Path) -> None:
    assert run(graded, "results", "export", str(tmp_path / "r.odt")).exit_code == 1
    assert run(graded, "results", "export", str(tmp_path / "r.xlsx"), "--moodle").exit_code == 2
    assert "не записывается" in run(graded, "results", "export", str(tmp_path / "no" / "r.csv")).output
    assert "grade" in run(CourseFolder.create(tmp_path / "new"), "results", "export", str(tmp_path / "r.csv")).output
    with pytest.raises(CourseError, match="окончанием"):
        exporting.export_file(CLASS, tmp_path / "r")
