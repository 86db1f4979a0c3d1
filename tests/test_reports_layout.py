"""What a director gets: a few pages, signatures beside figures, charts in words, the texts of this very project."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from docx import Document
from openpyxl import load_workbook
from pypdf import PdfReader
from test_reports_hiding import words

from ecitizen.cli import cli
from ecitizen.content import folder
from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.folder import CourseFolder
from ecitizen.indicators import Indicators, load, measure
from ecitizen.register.class_papers import Journal, Meeting, Pupil
from ecitizen.reports import Meta, report
from ecitizen.reports.class_papers import class_journal
from ecitizen.reports.meta import Appendix
from ecitizen.reports.paper import FIRST_FEW, write
from ecitizen.reports.project import Plan, Step, load_project
from ecitizen.reports.words import load_words

META = Meta(made=dt.date(2024, 1, 11), version="0.1.0")
HOUR = {"event-kind": "информационный час"}


def hours(times: int, year: int, name: str = "Час") -> list[Fact]:
    day = dt.date(year, 3, 1)
    about = {"kind": "event", "site": "main", "text": f"Мероприятие «{name}»", "tags": HOUR, "amount": 15}
    return [Fact(key=f"event:{year}{n:02}", date=day + dt.timedelta(n), **about) for n in range(times)]  # type: ignore[arg-type]


def practice(facts: list[Fact]) -> Indicators:
    return measure(load("trekhgorny"), facts, dt.date(2023, 1, 1), dt.date(2023, 12, 31))


BOTH = practice([*hours(12, 2022), *hours(14, 2023, "Практикум «Первый вход»")])


@pytest.mark.parametrize(
    ("appendix", "listed"), [("none", 0), ("short", FIRST_FEW), pytest.param("full", 14, marks=pytest.mark.thorough)]
)
def test_appendix_is_left_out_cut_or_whole(tmp_path: Path, appendix: Appendix, listed: int) -> None:
    meta = replace(META, appendix=appendix)
    paper = write(BOTH, meta, load_words())
    line = paper.lines[2]
    assert (line.actual, len(line.reasons)) == ("14", listed)
    assert any("приложены первые 10" in note.text.replace("\xa0", " ") for note in paper.notes) == (listed == FIRST_FEW)
    report(BOTH, meta, tmp_path / "paper.docx")
    assert ("Приложение" in words(tmp_path / "paper.docx")) == (listed > 0)
    report(BOTH, meta, tmp_path / "paper.xlsx")
    assert ("Основания" in load_workbook(tmp_path / "paper.xlsx").sheetnames) == (listed > 0)
    report(BOTH, meta, tmp_path / "paper.html")
    page = (tmp_path / "paper.html").read_text("utf-8")
    assert ('appendix"' in page, 'href="#row-3"' in page) == (listed > 0, listed > 0)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


def test_pdf_opens_whole_period_as_docx_does(tmp_path: Path) -> None:
    for ending in (".pdf", ".docx", ".html"):
        report(BOTH, META, tmp_path / f"paper{ending}")
        text = "".join(words(tmp_path / f"paper{ending}").split())
        assert all(f"{n:02}.03.2022" in text for n in range(1, 13)), ending


def test_quotes_inside_quotes_are_of_the_other_kind(tmp_path: Path) -> None:
    assert {reason.text for reason in write(BOTH, META, load_words()).lines[2].reasons} == {
        "Мероприятие «Практикум „Первый вход“»"
    }
    forum = measure(load("zarechny"), [], dt.date(2021, 1, 1), dt.date(2021, 12, 31))
    heading = "практики «Форум „Заречный: городские сообщества в действии“» за 2021 год"
    assert write(forum, META, load_words()).heading.endswith(heading)
    report(forum, META, tmp_path / "forum.docx")
    # The form has a field for the name alone, which needs no other marks.
    assert "Форум «Заречный: городские сообщества в действии»" in words(tmp_path / "forum.docx")


FACTS = {
    "trekhgorny": hours(12, 2023),
    "zarechny": [
        Fact(kind="community", date=dt.date(2021, 6, 1), key="community:1", site="", text="Сообщество"),
        Fact(kind="meeting", date=dt.date(2021, 6, 9), key="meeting:1", site="", text="Встреча"),
    ],
    "dolzhansky": [
        Fact(kind="review", date=dt.date(2023, 7, n), key=f"review:{n}", site="", text="", tags={"verdict": "good"})
        for n in range(1, 9)
    ],
    "kcon": [],
    "omsk": [],
    "6nk": hours(3, 2023),
}


@pytest.mark.parametrize("passport", ["trekhgorny", "zarechny", "dolzhansky", "omsk", "6nk"])
def test_page_of_every_passport_has_a_chart_in_words(tmp_path: Path, passport: str) -> None:
    facts = FACTS[passport]
    year = facts[0].date.year if facts else 2022
    found = measure(load(passport), facts, dt.date(year, 1, 1), dt.date(year, 12, 31))
    report(found, META, tmp_path / "paper.html")
    page = (tmp_path / "paper.html").read_text("utf-8")
    drawn = re.findall(r'<figure class="chart" role="img" aria-label="([^"]+)">', page)
    assert drawn
    assert all(told.startswith("Диаграмма «") and re.search(r"— [\d,]+", told) for told in drawn)


@pytest.mark.parametrize("learners", [12, *(pytest.param(n, marks=pytest.mark.thorough) for n in (9, 10, 11, 13, 14))])
def test_signature_of_the_journal_stands_beside_figures(learners: int) -> None:
    sessions = [Meeting(id=n, date=dt.date(2025, 2, 1 + n), lesson="a", minutes=60) for n in range(8)]
    pupils = [
        Pupil(number=100 + n, name=f"Слушатель {n}", here_until=None, came=frozenset(range(8))) for n in range(learners)
    ]
    journal = Journal(group="g", name="Утро", site="ЦГБ", pupils=tuple(pupils), sessions=tuple(sessions))
    data = class_journal(journal, dt.date(2025, 1, 1), dt.date(2025, 12, 31), "ЦГБ", {"a": "Урок"})
    page = next(text for one in PdfReader(io.BytesIO(data)).pages if "подпись" in (text := one.extract_text()))
    assert {"07.02.2025", "08.02.2025"} <= set(page.split())


def keeps(paragraph: object) -> bool:
    return bool(paragraph.paragraph_format.keep_with_next)  # type: ignore[attr-defined]


def test_last_part_of_the_statistics_keeps_to_the_signature(tmp_path: Path) -> None:
    tickets = [
        Fact(
            kind="ticket", date=dt.date(2018, 6, 1 + n), key=f"ticket:{n}", site=f"v{n}", text="", tags={"first": "yes"}
        )
        for n in range(4)
    ]
    for number, facts in enumerate(([], tickets)):
        report(
            measure(load("kcon"), facts, dt.date(2018, 6, 1), dt.date(2018, 6, 30)), META, tmp_path / f"{number}.docx"
        )
        parts = list(Document(str(tmp_path / f"{number}.docx")).iter_inner_content())
        end = next(place for place, part in enumerate(parts) if getattr(part, "text", "").startswith("Основания"))
        assert all(keeps(part) for part in parts[end - 1 : end + 2])


def test_expected_result_is_what_needs_checkpoints() -> None:
    def step(task: str, result: str, months: range) -> Step:
        days = [{"day": dt.date(2023, month, 1), "what": "отчёт"} for month in months]
        told = {"task": task, "result": result, "begins": "2023-01-01", "ends": "2023-12-31", "checkpoints": days}
        return Step.model_validate(told)

    together = [step("А", "Сервис", range(1, 3)), step("Б", "Сервис", range(3, 5))]
    assert Plan(steps=together).sparse_years() == {}
    # Four in the project are not four for each result.
    apart = [step("А", "Сервис", range(1, 4)), step("Б", "", range(4, 6))]
    assert Plan(steps=apart).sparse_years() == {("Сервис", 2023): 3, ("Б", 2023): 2}


def test_texts_of_another_project_are_refused(tmp_path: Path) -> None:
    shutil.copy(folder("papers") / "project-trekhgorny.yaml", tmp_path / "project.yaml")
    with pytest.raises(
        CourseError, match=r"тексты паспорта 'trekhgorny', а отчёт .* 'zarechny'.*project-zarechny\.yaml"
    ):
        load_project(tmp_path, "zarechny")
    shutil.copy(folder("papers") / "project-zarechny.yaml", tmp_path)
    assert load_project(tmp_path, "zarechny").passport == "zarechny"
    assert load_project(tmp_path, "trekhgorny").passport == "trekhgorny"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "course"
    CourseFolder.create(path)
    return path


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["report", *words, "--data", str(data)], catch_exceptions=False)


def test_command_says_whose_texts_are_missing(data: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "paper.docx")
    done = run(data, "zarechny", "--year", "2021", "--out", out)
    assert (done.exit_code, "Текстов для разделов бланка нет" in done.stderr) == (0, True)
    assert "10. Результаты практики (что было достигнуто)" in words(Path(out))
    (data / "project.yaml").write_text("practice: {territory: Город}", encoding="utf-8")
    assert "passport: zarechny" in run(data, "zarechny", "--year", "2021", "--out", out).stderr
    (data / "project.yaml").write_text("passport: trekhgorny", encoding="utf-8")
    assert run(data, "zarechny", "--year", "2021", "--out", out).exit_code == 1
    # A form without such texts does not mind.
    assert run(data, "6nk", "--quarter", "2021-2", "--out", out).exit_code == 0
    assert "за период с 01.04.2021 по 30.06.2021" in words(Path(out))


def test_command_cuts_the_appendix_unless_asked(data: Path, tmp_path: Path) -> None:
    for choice, there in (([], True), (["--appendix", "none"], False)):
        assert run(data, "omsk", "--year", "2022", "--out", str(tmp_path / "o.docx"), *choice).exit_code == 0
        assert ("Приложение" in words(tmp_path / "o.docx")) == there
