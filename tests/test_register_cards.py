"""Login cards on paper: what stands on them, what must not."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import Engine

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register.cards import PrintedCard, entry_address, issue_cards, print_cards
from ecitizen.register.erasing import erase
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site, find_login, reissue_pin

PAPERS = Path(__file__).parents[1] / "course" / "papers"
ADDRESS = "http://192.168.0.5:8888/ecitizen/"


def printed(tmp_path: Path, cards: list[PrintedCard], library: str = "ЦГБ") -> PdfReader:
    path = tmp_path / "cards.pdf"
    assert print_cards(cards, path, papers=PAPERS, library=library, address=ADDRESS) == -(-len(cards) // 8)
    return PdfReader(io.BytesIO(path.read_bytes()))


def test_eight_cards_fill_a_sheet(tmp_path: Path) -> None:
    reader = printed(tmp_path, [PrintedCard(number=number, pin="5739") for number in range(101, 110)])
    assert len(reader.pages) == 2
    text = [page.extract_text() for page in reader.pages]
    assert [f"{number}" in text[number > 108] for number in range(101, 110)] == [True] * 9
    assert text[0].count("Электронный гражданин") == text[0].count("ЦГБ") == text[0].count("5739") == 8
    box = reader.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842)


def test_file_is_tagged_russian_with_own_font(tmp_path: Path) -> None:
    reader = printed(tmp_path, [PrintedCard(number=104, pin="5739")])
    catalogue = reader.root_object
    assert catalogue["/Lang"] == "ru"
    assert catalogue["/MarkInfo"]["/Marked"]
    fonts = {str(font.get_object()["/BaseFont"]) for font in reader.pages[0]["/Resources"]["/Font"].values()}
    assert fonts
    assert all("Golos" in font for font in fonts)


def test_name_is_printed_only_if_given(tmp_path: Path) -> None:
    assert "Ёлкина" not in printed(tmp_path, [PrintedCard(number=104)]).pages[0].extract_text()
    named = [PrintedCard(number=104, name="Ёлкина Анна Петровна")]
    assert "Ёлкина Анна Петровна" in printed(tmp_path, named).pages[0].extract_text()


def test_markup_in_a_name_stays_text(tmp_path: Path) -> None:
    evil = '#eval("1+1") $x^2$ *b* \\ "]'
    text = printed(tmp_path, [PrintedCard(number=104, name=evil)], "#panic()").pages[0].extract_text()
    assert "".join(evil.split()) in "".join(text.split())
    assert "#panic()" in text


def test_code_opens_the_entry_without_the_pin() -> None:
    card = PrintedCard(number=104, pin="5739")
    assert entry_address(ADDRESS, card) == "http://192.168.0.5:8888/ecitizen/?card=104"
    assert entry_address("https://host?token=secret#x", card) == "https://host/?card=104"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная городская библиотека", dt.date(2014, 2, 1))
    roster = PAPERS.parents[1] / "tests" / "golden" / "rosters" / "learners-utf8.csv"
    import_table(engine, "learners", roster, today=dt.date(2025, 12, 8))
    yield engine
    engine.dispose()


def issue(engine: Engine, path: Path, group: str | None = "Утро", papers: Path = PAPERS, names: bool = False) -> str:
    issue_cards(engine, path, papers=papers, library="ЦГБ", address=ADDRESS, group=group, names=names)
    return str(PdfReader(io.BytesIO(path.read_bytes())).pages[0].extract_text())


def test_issued_pins_open_the_door(engine: Engine, tmp_path: Path) -> None:
    text = issue(engine, tmp_path / "cards.pdf")
    pins = set(re.findall(r"\b\d{4}\b", text))
    for number in (104, 105, 106):
        assert any(find_login(engine, number, pin) for pin in pins)
    assert "Ёлкина" not in text
    assert "Ёлкина Анна Петровна" in issue(engine, tmp_path / "named.pdf", names=True)


def test_erased_people_get_no_card(engine: Engine, tmp_path: Path) -> None:
    erase(engine, 105, "test", tmp_path)
    text = issue(engine, tmp_path / "cards.pdf")
    pins = set(re.findall(r"\b\d{4}\b", text))
    assert not any(find_login(engine, 105, pin) for pin in pins)
    assert any(find_login(engine, 104, pin) for pin in pins)


def test_failed_print_keeps_the_old_pins(engine: Engine, tmp_path: Path) -> None:
    pin = reissue_pin(engine, 104, "test")
    with pytest.raises(CourseError):
        issue(engine, tmp_path / "cards.pdf", papers=tmp_path)
    with pytest.raises(CourseError, match="не записывается"):
        issue(engine, tmp_path / "no" / "cards.pdf")
    with pytest.raises(CourseError, match="печатать некого"):
        issue(engine, tmp_path / "cards.pdf", "Вечер")
    assert find_login(engine, 104, pin) is not None


def test_nothing_to_print_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="печатать некого"):
        printed(tmp_path, [])


def test_broken_template_is_named(tmp_path: Path) -> None:
    (tmp_path / "cards.typ").write_text("#let x = ", encoding="utf-8")
    with pytest.raises(CourseError, match=r"cards\.typ"):
        print_cards([PrintedCard(number=1)], tmp_path / "a.pdf", papers=tmp_path, library="ЦГБ", address=ADDRESS)
