"""Reports of the Omsk passport: their text is read back and equals the figures."""

from __future__ import annotations

import csv
import html
import io
import os
import re
import zipfile
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from docx import Document
from openpyxl import load_workbook

from ecitizen.facts import Fact
from ecitizen.indicators import Indicators, load, measure, trained
from ecitizen.reports import Meta, report
from ecitizen.reports.paper import SHORT_LIST, WHOLE_LISTS, write
from ecitizen.reports.records import in_order, record
from ecitizen.reports.russian import number
from ecitizen.reports.words import load_words

GOLDEN = Path(__file__).parent / "golden" / "omsk-report.txt"
"""Text of the .docx; ``REFRESH_GOLDEN=1 pytest tests/test_reports.py`` writes it anew."""

RULE = SimpleNamespace(lessons=["01-gosuslugi"], pass_share_pct=60, min_sessions=1)
META = Meta(
    made=date(2023, 1, 11),
    version="0.1.0",
    rule=RULE,
    lessons={"01-gosuslugi": "Электронное правительство: госуслуги быстро и доступно"},
    sites={"lib-1": "Центральная городская библиотека", "lib-2": "Библиотека «Дружба»"},
)
LIBRARY = {"site-kind": "library"}
HEADINGS = ["№ п/п", "Наименование целевого индикатора (единица измерения)", "План", "Факт", "% выполнения"]


def facts(year: int = 2022) -> list[Fact]:
    """Facts of one year of two libraries, hostile texts among them."""
    made: list[Fact] = []

    def add(kind: str, times: int, text: str, **more: object) -> None:
        for n in range(1, times + 1):
            day = date(year, 1, 1) + timedelta(days=7 * n)
            about = {"site": "lib-1", "tags": LIBRARY, **more}
            made.append(Fact(kind=kind, date=day, key=f"{kind}:{n}", text=text, **about))  # type: ignore[arg-type]

    add("consultation", 44, "Консультация по телефону: запись к врачу")
    add("service", 3, "Получена услуга: запись к врачу", amount=1.5)
    add("event", 12, "Час информации <«Мошенники & мы»> {{ organisation.full }}", site="lib-2")
    add("visit", 21, '=HYPERLINK("http://example.org")\x07')
    add("message", 1, "Заметка «Идёт набор»", site="")
    for site in ("lib-1", "lib-2"):
        about = {"kind": "site-access", "date": date(2014, 1, 1), "site": site, "text": site, "tags": LIBRARY}
        made.append(Fact(key=f"site-access:{site}", **about))  # type: ignore[arg-type]
    for person in range(101, 122):
        common = {"date": date(year, 3, 1), "person": person}
        lesson = f"lesson-passed:{person}:01-gosuslugi"
        tags = {"lesson": "01-gosuslugi"}
        made.append(Fact(kind="attendance", key=f"attendance:1:{person}", site="lib-1", text="Занятие 1", **common))  # type: ignore[arg-type]
        made.append(Fact(kind="lesson-passed", key=lesson, site="", text="Сдано", tags=tags, **common))  # type: ignore[arg-type]
    return [*made, *trained(made, RULE)]


def named(fact: Fact) -> str:
    """The record behind a fact, as a paper names it."""
    return record(fact.key, load_words().record_names)


def full(year: int = 2022) -> Indicators:
    return measure(load("omsk"), facts(year), date(year, 1, 1), date(year, 12, 31))


def empty() -> Indicators:
    return measure(load("omsk"), [], date(2022, 1, 1), date(2022, 12, 31))


def words(path: Path) -> str:
    """All text of a .docx in its order, a table row as one line."""
    document = Document(str(path))
    lines: list[str] = []
    for part in document.iter_inner_content():
        if hasattr(part, "rows"):
            lines += [" | ".join(cell.text for cell in row.cells) for row in part.rows]
        else:
            lines.append(part.text)
    return "\n".join(lines)


def made(tmp_path: Path, ending: str, indicators: Indicators, meta: Meta = META) -> Path:
    out = tmp_path / f"otchet{ending}"
    report(indicators, meta, out)
    return out


@pytest.mark.parametrize("indicators", [full(), full(2026), empty()], ids=["full", "carried targets", "empty"])
def test_docx_rows_equal_the_document(tmp_path: Path, indicators: Indicators) -> None:
    table = Document(str(made(tmp_path, ".docx", indicators))).tables[0]
    cells = [[cell.text for cell in row.cells] for row in table.rows]
    assert cells[0] == HEADINGS
    assert len(cells) == 9
    for place, (found, row) in enumerate(zip(cells[1:], indicators.document()["rows"], strict=True), 1):
        at_least = "не менее\xa0" if row["at_least"] else ""
        assert found[0] == f"{place}."
        assert found[1].startswith(f"{row['name']} ({row['unit']})")
        assert found[2] == f"{at_least}{number(row['target'])}"
        assert found[3] == number(row["actual"])
        assert found[4] == number(row["share_pct"], 1)


def test_docx_lists_every_fact(tmp_path: Path) -> None:
    indicators = full()
    text = words(made(tmp_path, ".docx", indicators))
    for row in indicators.rows:
        for fact in row.facts:
            assert re.search(rf"{fact.date:%d.%m.%Y} \|.*\| {re.escape(named(fact))}$", text, re.M), fact.key


def test_docx_equals_the_golden_text(tmp_path: Path) -> None:
    text = words(
        made(
            tmp_path,
            ".docx",
            full(2026),
            Meta(**{name: getattr(META, name) for name in Meta.__slots__} | {"made": date(2027, 1, 11)}),
        )
    )
    if os.environ.get("REFRESH_GOLDEN"):
        GOLDEN.write_text(text + "\n", "utf-8")
    assert text + "\n" == GOLDEN.read_text("utf-8")


def test_template_leaves_no_marks_behind(tmp_path: Path) -> None:
    text = words(made(tmp_path, ".docx", empty()))
    assert not re.search(r"\{%|%\}|\}\}", text)
    assert "Записей нет." in text


@pytest.mark.parametrize(
    ("meta_made", "said"),
    [
        (date(2022, 12, 20), "отчётный период ещё не закончился"),
        (
            date(2023, 1, 11),
            "Для средств массовой коммуникации подготовлено 1 сообщение при плане не менее 4 — план не выполнен.",
        ),
    ],
    ids=["period still runs", "period over"],
)
def test_missed_targets_are_told_in_time(tmp_path: Path, meta_made: date, said: str) -> None:
    text = words(made(tmp_path, ".docx", full(), Meta(made=meta_made, version="0.1.0")))
    assert said in text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("since", "until", "site", "said"),
    [
        (date(2019, 1, 1), date(2019, 12, 31), None, "План на 2019 год в паспорте не задан."),
        (date(2022, 1, 1), date(2022, 3, 31), None, "за период с 01.01.2022 по 31.03.2022"),
        (date(2021, 1, 1), date(2022, 12, 31), None, "за период в несколько лет он не показан"),
        (date(2022, 1, 1), date(2022, 12, 31), "lib-2", "Библиотека «Дружба»"),
    ],
    ids=["before the plan", "quarter", "two years", "one library"],
)
def test_unlike_periods_judge_no_plan(tmp_path: Path, since: date, until: date, site: str | None, said: str) -> None:
    text = words(made(tmp_path, ".docx", measure(load("omsk"), facts(), since, until, site))).replace("\xa0", " ")
    assert said in text
    assert "план выполнен" not in text
    assert "не выполнен" not in text


def test_xlsx_rows_equal_the_document(tmp_path: Path) -> None:
    indicators = full()
    out = made(tmp_path, ".xlsx", indicators)
    values, formulas = (load_workbook(out, data_only=only)["Показатели"] for only in (True, False))
    for at, row in enumerate(indicators.document()["rows"], 6):
        assert [values.cell(at, column).value for column in (3, 4, 5, 6)] == [
            row["target"],
            row["target_year"],
            row["actual"],
            row["share_pct"],
        ]
        assert values.cell(at, 2).value == f"{row['name']} ({row['unit']})"
        assert formulas.cell(at, 6).value == f"=ROUND(E{at}/C{at}*100,1)"
    assert values.parent.sheetnames == ["Показатели", "Диаграмма", "Основания"]


def test_xlsx_figures_lead_to_their_facts(tmp_path: Path) -> None:
    indicators = full()
    book = load_workbook(made(tmp_path, ".xlsx", indicators))
    rows, grounds = book["Показатели"], book["Основания"]
    for at, row in enumerate(indicators.rows, 6):
        link = rows.cell(at, 5).hyperlink
        if not row.facts:
            assert link is None
            continue
        start = int(link.location.removeprefix("'Основания'!A"))
        listed = [grounds.cell(start + n, 6).value for n in range(len(row.facts))]
        assert listed == [named(fact) for fact in in_order(row.facts, META.sites)]
        assert {grounds.cell(start + n, 1).value for n in range(len(row.facts))} == {at - 5}
    assert grounds.max_row == 1 + sum(len(row.facts) for row in indicators.rows)
    assert grounds.auto_filter.ref == f"A1:F{grounds.max_row}"


def test_xlsx_texts_never_become_formulas(tmp_path: Path) -> None:
    grounds = load_workbook(made(tmp_path, ".xlsx", full()))["Основания"]
    hostile = [cell for (cell,) in grounds["C2" : f"C{grounds.max_row}"] if str(cell.value).startswith("=")]  # type: ignore[misc]
    assert len(hostile) == 21
    assert all(cell.data_type == "s" and cell.quotePrefix for cell in hostile)


def test_csv_opens_in_russian_spreadsheets(tmp_path: Path) -> None:
    indicators = full()
    data = made(tmp_path, ".csv", indicators).read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert [len(row) for row in rows] == [7] * 9
    for found, row in zip(rows[1:], indicators.document()["rows"], strict=True):
        figures = [row["target"], row["target_year"], row["actual"], row["share_pct"]]
        assert found[3:] == [str(figure).replace(".", ",") for figure in figures]


def test_html_is_one_page_of_its_own(tmp_path: Path) -> None:
    indicators = full()
    page = made(tmp_path, ".html", indicators).read_text("utf-8")
    assert not re.search(r"https?://(?!example\.org)|<script|<link|<img", page)
    assert "&lt;«Мошенники &amp; мы»&gt; {{ organisation.full }}" in page
    # Printed, it can be signed as the .pdf can; on a screen there is nothing to sign.
    assert "Утверждаю" in page
    assert "Основания показателей – в приложении." in page
    assert ".approval, .signed { display: none; }" in page
    for place, row in enumerate(indicators.rows, 1):
        assert f'<a href="#row-{place}">{number(row.actual)}</a>' in page
        assert all(f"<td>{named(fact)}</td>" in page for fact in row.facts)


def test_same_day_gives_the_same_workbook(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert made(tmp_path, ".xlsx", full()).read_bytes() == made(tmp_path / "again", ".xlsx", full()).read_bytes()


def test_long_lists_are_shortened(tmp_path: Path) -> None:
    helped = [
        Fact(kind="consultation", date=date(2020, 3, 1), key=f"consultation:{n}", site="a", text="", tags=LIBRARY)
        for n in range(WHOLE_LISTS + 1)
    ]
    said = "приложены первые 100, остальные есть в журнале"
    for facts, listed in ((helped[1:], WHOLE_LISTS), (helped, SHORT_LIST)):
        paper = write(measure(load("omsk"), facts, date(2020, 1, 1), date(2020, 12, 31)), META, load_words())
        (line,) = [line for line in paper.lines if line.name.startswith("Количество консультаций")]
        assert (line.actual, len(line.reasons)) == (number(len(facts)), listed)
        assert any(said in note.text.replace("\xa0", " ") for note in paper.notes) == (listed == SHORT_LIST)


def test_charts_carry_their_text(tmp_path: Path) -> None:
    indicators = full()
    (chart,) = write(indicators, META, load_words()).charts
    shares = [number(row.share_pct, 1) for row in indicators.rows if row.share_pct is not None]
    assert [bar.told for bar in chart.bars] == [f"{share} %" for share in shares]
    assert all(f"— {share} %" in chart.text for share in shares)
    assert max(bar.length_pct for bar in chart.bars) == 100
    assert f'aria-label="{html.escape(chart.text)}"' in made(tmp_path, ".html", indicators).read_text("utf-8")
    (picture,) = Document(str(made(tmp_path, ".docx", indicators))).inline_shapes
    assert picture._inline.docPr.get("descr") == chart.text
    with zipfile.ZipFile(made(tmp_path, ".xlsx", indicators)) as book:
        assert "xl/charts/chart1.xml" in book.namelist()
