"""Small figures are hidden in what leaves the library, and can't be had from the rest."""

from __future__ import annotations

import datetime as dt
import io
import itertools
from collections import Counter
from pathlib import Path

import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from pypdf import PdfReader

from ecitizen.facts import Fact
from ecitizen.indicators import Indicators, Part, load, measure
from ecitizen.reports import ENDINGS, Meta, report
from ecitizen.reports.hiding import SMALL, hidden
from ecitizen.reports.paper import write
from ecitizen.reports.words import load_words

DAY = dt.date(2019, 3, 5)
YEAR = (dt.date(2019, 1, 1), dt.date(2019, 12, 31))
KINDS = {"госуслуги": 20, "печать": 9, "юридическая помощь": 2}
META = Meta(made=dt.date(2020, 1, 11), version="0.1.0")
INSIDE = Meta(made=dt.date(2020, 1, 11), version="0.1.0", inside=True)
counts = st.lists(st.integers(1, 12), min_size=1, max_size=7)


def parts_of(numbers: list[int]) -> list[Part]:
    return [Part(f"часть {place}", number, number) for place, number in enumerate(numbers)]


def tickets() -> Indicators:
    facts = [
        Fact(
            kind="ticket",
            date=DAY,
            key=f"ticket:{kind}:{n}",
            site="v01",
            text=f"Обращение 05.03.2019, {kind}",
            tags={"request-kind": kind, "first": "yes", "result": "done", "site-kind": "village"},
        )
        for kind, times in KINDS.items()
        for n in range(times)
    ]
    return measure(load("kcon"), facts, *YEAR)


@given(counts)
def test_every_small_part_is_hidden(numbers: list[int]) -> None:
    covered = hidden(parts_of(numbers))
    assert {place for place, number in enumerate(numbers) if number < SMALL} <= covered
    assert bool(covered) == any(number < SMALL for number in numbers)


@given(counts)
def test_no_hidden_part_follows_from_the_total(numbers: list[int]) -> None:
    covered = hidden(parts_of(numbers))
    if not covered or len(covered) == len(numbers):
        return
    left = sum(numbers) - sum(number for place, number in enumerate(numbers) if place not in covered)
    # Whoever knows the sum of what is hidden, and that none is nought, still has more than one answer.
    answers = [some for some in itertools.product(range(1, left + 1), repeat=min(len(covered), 2)) if sum(some) <= left]
    assert len(covered) >= 2
    assert len(answers) > 1
    assert left >= SMALL


@given(counts)
def test_no_more_is_hidden_than_must_be(numbers: list[int]) -> None:
    covered = hidden(parts_of(numbers))
    helpers = [place for place in covered if numbers[place] >= SMALL]
    assert len(helpers) <= 2
    assert all(
        numbers[place] >= max((numbers[one] for one in helpers), default=0)
        for place in range(len(numbers))
        if place not in covered
    )


def test_table_hides_and_says_so() -> None:
    paper = write(tickets(), META, load_words())
    table = paper.tables[0]
    assert [line[:2] for line in table.lines] == [
        ("Госуслуги", "20"),
        ("Печать", "скрыто"),
        ("Юридическая помощь", "скрыто"),
    ]
    assert "меньше 5" in table.note
    assert table.note in [note.text for note in paper.notes]
    requests = next(line for line in paper.lines if line.name.startswith("Количество обращений"))
    assert (requests.actual, requests.reasons) == ("31", ())
    assert "не приложены" in requests.figure


def test_paper_for_the_library_itself_shows_all() -> None:
    paper = write(tickets(), INSIDE, load_words())
    assert [line[1] for line in paper.tables[0].lines] == ["20", "9", "2"]
    assert any("Наружу не передавать" in note.text for note in paper.notes)
    assert sum(len(line.reasons) for line in paper.lines) > len(KINDS)


def test_large_parts_stay() -> None:
    many = [f for f in tickets().rows[2].facts if f.tags["request-kind"] != "юридическая помощь"]
    paper = write(measure(load("kcon"), many, *YEAR), META, load_words())
    assert [line[1] for line in paper.tables[0].lines] == ["20", "9"]
    assert paper.tables[0].note == ""


def words(path: Path) -> str:
    match path.suffix:
        case ".docx":
            parts = Document(str(path)).iter_inner_content()
            return "\n".join(
                " | ".join(cell.text for row in part.rows for cell in row.cells) if hasattr(part, "rows") else part.text
                for part in parts
            )
        case ".xlsx":
            rows = [row for sheet in load_workbook(path).worksheets for row in sheet.iter_rows(values_only=True)]
            return "\n".join(str(cell) for row in rows for cell in row)
        case ".pdf":
            return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(path.read_bytes())).pages)
        case _:
            return path.read_text("utf-8")


@pytest.mark.parametrize("ending", ENDINGS)
def test_no_kind_of_file_gives_it_away(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"kcon{ending}"
    report(tickets(), META, out)
    text = " ".join(words(out).casefold().split())
    # The name of the part may stand in its table; no list of records may count it.
    assert Counter(text.split())["ticket:юридическая"] == 0
    assert text.count("юридическая помощь") <= 1
    assert ("скрыто" in text) == (ending != ".csv")
    assert "31" in text


def test_pdf_holds_the_same_figures(tmp_path: Path) -> None:
    found = measure(load("omsk"), [], dt.date(2022, 1, 1), dt.date(2022, 12, 31))
    paper = write(found, META, load_words())
    report(found, META, tmp_path / "omsk.pdf")
    text = "".join(words(tmp_path / "omsk.pdf").split())
    for line in paper.lines:
        assert (
            "".join(
                f"{line.name}{f'[{line.marks}]' if line.marks else ''}{line.target}{line.actual}{line.share}".split()
            )
            in text
        )
        assert "".join(line.story.split()) in text
