"""Pages of indicators: what was promised, what was done, the facts behind it, the papers, and who may."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator

import openpyxl
import pytest
from web_class import Browser, course_folder

from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.register import people
from ecitizen.register.consulting import Help, add
from ecitizen.web import running
from ecitizen.web.indicators import PER_PAGE, Period

YEAR = dt.date.today().year
STAFF_PINS = {"curator": "271828", "manager": "161803", "expert": "141421"}
DAYS = 60
"""Consultations by telephone; every fifth for a person with a disability."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = course_folder(tmp_path_factory.mktemp("figures") / "data")
    engine = open_engine(folder.database_url)
    people.add_site(engine, "branch", "Филиал", dt.date(2020, 1, 1))
    for role, pin in STAFF_PINS.items():
        people.add_instructor(engine, f"Имя {role}", pin, role)
    for day in range(DAYS):
        given = Help(
            date=dt.date(YEAR, 1, 1) + dt.timedelta(days=day // 10),
            site="branch" if day % 10 == 0 else "main",
            channel="telephone",
            topic=f"Запись № {day}",
            category="disability" if day % 5 == 0 else "pensioner",
        )
        add(engine, given, "test", f"token-{day}")
    engine.dispose()
    (folder.path / "passports").mkdir()
    (folder.path / "passports" / "torn.yaml").write_text("id: torn\nrows: 7\n", encoding="utf-8")
    with running(CourseFolder.open(folder.path)) as server:
        yield server.url


@pytest.fixture(scope="module")
def librarian(url: str) -> Browser:
    return Browser(url).as_instructor()


def page(path: str = "", passport: str = "trekhgorny") -> str:
    return f"instructor/indicators/{passport}{path}"


def test_list_names_every_passport_and_the_torn_one(librarian: Browser) -> None:
    answer = librarian.get("instructor/indicators")
    assert answer.status == 200
    assert all(
        page("", name) in answer.text for name in ("omsk", "trekhgorny", "kcon", "zarechny", "dolzhansky", "6nk")
    )
    assert "Паспорт не читается" in answer.text
    assert "torn.yaml" in answer.text


def test_figures_open_into_their_facts_page_by_page(librarian: Browser) -> None:
    shown = librarian.get(page()).text
    assert "<b>48</b>" in shown
    assert "<b>12</b>" in shown
    first = librarian.get(page("/rows/pensioners")).text
    assert "Число сложилось из записей: 48" in first
    assert librarian.get(page("/rows/nothing")).status == 404


def test_a_figure_that_cannot_be_told_is_a_dash(librarian: Browser) -> None:
    answer = librarian.get("instructor/indicators/kcon?year=2025")
    assert answer.status == 200
    assert "<b>—</b>" in answer.text


def test_facts_go_over_pages(librarian: Browser) -> None:
    first = librarian.get(page("/rows/consultations", "6nk")).text
    assert f"1–{PER_PAGE} из {DAYS}" in first
    second = librarian.get(page("/rows/consultations?page=2", "6nk")).text
    assert f"{PER_PAGE + 1}–{DAYS} из {DAYS}" in second
    keys = [re.findall(r"consultation:\d+", text) for text in (first, second)]
    assert len({*keys[0], *keys[1]}) == len([*keys[0], *keys[1]]) == DAYS
    assert "Такой страницы нет" in librarian.get(page("/rows/consultations?page=9", "6nk")).text


def test_period_and_place_narrow_the_figure(librarian: Browser) -> None:
    assert "<b>48</b>" in librarian.get(page(f"?year={YEAR}&part=01")).text
    assert "<b>48</b>" not in librarian.get(page(f"?year={YEAR}&part=q2")).text
    branch = librarian.get(page(f"?year={YEAR}&site=branch")).text
    assert "<b>6</b>" in branch
    assert "Филиал" in branch
    assert "Записей нет" in librarian.get(page(f"/rows/pensioners?year={YEAR}&part=12")).text


@pytest.mark.parametrize(
    "query", ["year=1066", "year=%C2%B2", "year=2020&part=13", "year=2020&part=q5", "site=nowhere"]
)
def test_nonsense_is_answered_in_words(librarian: Browser, query: str) -> None:
    answer = librarian.get(page(f"?{query}"))
    assert answer.status == 409
    assert "ыберите" in answer.text


def test_libraries_stand_side_by_side(librarian: Browser) -> None:
    text = librarian.get(page("/places")).text
    assert "Центральная" in text
    assert "Филиал" in text
    assert f"rows/pensioners?year={YEAR}&amp;site=branch" in text
    total = re.search(r"Все вместе</a></th>(.*?)</tr>", text)
    assert total
    assert "<b>48</b>" in total[1]


@pytest.mark.parametrize("ending", ["docx", "xlsx", "pdf", "csv", "html"])
def test_paper_is_one_button(librarian: Browser, ending: str) -> None:
    answer = librarian.get(page(f"/report.{ending}?year={YEAR}"))
    assert answer.status == 200
    assert f'filename="trekhgorny-{YEAR}.{ending}"' in answer.headers["Content-Disposition"]
    if ending == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(answer.body), read_only=True)
        assert 48 in [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    elif ending == "docx":
        assert "48" in zipfile.ZipFile(io.BytesIO(answer.body)).read("word/document.xml").decode()
    elif ending == "pdf":
        assert answer.body.startswith(b"%PDF")
    else:
        assert "48" in answer.text


@pytest.mark.parametrize("path", ["/report.exe", "/report.py", "x/report.docx"])
def test_no_other_paper(librarian: Browser, path: str) -> None:
    assert librarian.get(page(path)).status == 404


@pytest.mark.parametrize("role", ["nobody", "learner", "guest", *STAFF_PINS])
def test_each_role_sees_its_pages(url: str, role: str) -> None:
    browser = Browser(url)
    if role == "learner":
        browser.as_learner(101)
    elif role == "guest":
        browser.as_guest()
    elif role in STAFF_PINS:
        assert browser.post("instructor/login", pin=STAFF_PINS[role]).status == 303
    wanted = {"curator": 200, "manager": 200, "expert": 403}.get(role, 302)
    for path in ("", "/rows/pensioners", "/places", "/report.csv"):
        assert browser.get(page(path)).status == wanted, path
    assert browser.get("instructor/indicators").status == wanted


@pytest.mark.parametrize(
    ("part", "since", "until"),
    [
        ("", dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
        ("q1", dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
        ("q4", dt.date(2024, 10, 1), dt.date(2024, 12, 31)),
        ("02", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
    ],
)
def test_period_has_whole_months(part: str, since: dt.date, until: dt.date) -> None:
    period = Period.read("2024", part, dt.date(2024, 5, 5))
    assert (period.since, period.until) == (since, until)


def test_no_year_is_this_one() -> None:
    assert Period.read("", "", dt.date(2024, 5, 5)) == Period(year=2024)
    with pytest.raises(CourseError):
        Period.read("2026", "", dt.date(2024, 5, 5))
