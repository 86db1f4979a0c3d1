"""A report is written whole or not at all, and every fault says what to do."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from docx import Document

from ecitizen.content import folder
from ecitizen.content.loading import load_model
from ecitizen.errors import ContentError, CourseError
from ecitizen.indicators import load, measure
from ecitizen.reports import ENDINGS, Meta, report
from ecitizen.reports.document import fill
from ecitizen.reports.table import harmless
from ecitizen.reports.words import Words, load_words

META = Meta(made=date(2023, 1, 11), version="0.1.0")
FIGURES = measure(load("omsk"), [], date(2022, 1, 1), date(2022, 12, 31))


@pytest.mark.parametrize("name", ["otchet.odt", "otchet", "otchet.doc"])
def test_unknown_ending_names_the_possible(tmp_path: Path, name: str) -> None:
    with pytest.raises(CourseError) as told:
        report(FIGURES, META, tmp_path / name)
    assert all(ending in told.value.remedy for ending in ENDINGS)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ENDINGS)
def test_report_replaces_the_old_one(tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"otchet{ending.upper()}"
    out.write_text("старый")
    report(FIGURES, META, out)
    assert out.stat().st_size > 1000
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("name", "said"), [("folder.csv", "это папка"), ("nowhere/otchet.csv", "нет папки")], ids=["folder", "no folder"]
)
def test_impossible_place_is_told(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(CourseError, match=said):
        report(FIGURES, META, tmp_path / name)


def test_failed_writing_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    out = tmp_path / "otchet.csv"
    out.write_text("старый")
    monkeypatch.setattr(Path, "replace", locked)
    with pytest.raises(CourseError, match="не записывается"):
        report(FIGURES, META, out)
    assert out.read_text() == "старый"
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    "field",
    ["{{ nobody }}", "{{ a b }}", "{%p if 1 %}", "{%tr for a in b %}", "{{ ''.__class__.__mro__ }}", "{{ 1 / 0 }}"],
    ids=["unknown", "syntax", "unclosed", "row outside a table", "escape", "sum"],
)
def test_faulty_template_is_named(tmp_path: Path, field: str) -> None:
    path = tmp_path / "own.docx"
    document = Document()
    document.add_paragraph(field)
    document.save(str(path))
    with pytest.raises(ContentError, match=r"own\.docx: поля: шаблон не заполняется"):
        fill(path, {}, "Отчёт", date(2023, 1, 11))


@pytest.mark.parametrize("data", [None, b"", b"text"], ids=["absent", "empty", "text"])
def test_foreign_template_is_named(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / "own.docx"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ContentError, match="не шаблон"):
        fill(path, {}, "Отчёт", date(2023, 1, 11))


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("+7", "'+7"), ("-1", "'-1"), ("@sum", "'@sum"), ("\t=1", "'=1"), ("обычный", "обычный")],
)
def test_formulas_in_csv_are_harmless(text: str, cell: str) -> None:
    assert harmless(text) == cell


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("heading",), "Отчёт {titel}"),
        (("verdict", "met"), "{story.__class__}"),
        (("made",), "Составлен {date"),
        (("target", "at_least"), "не менее"),
        (("sheets", "facts"), "Осн[ования]"),
    ],
    ids=["misspelt", "attribute", "open brace", "no place", "sheet name"],
)
def test_faulty_words_are_named(tmp_path: Path, path: tuple[str, ...], text: str) -> None:
    words: dict[str, Any] = copy.deepcopy(yaml.safe_load((folder("papers") / "words.yaml").read_text("utf-8")))
    part = words
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = text
    faulty = tmp_path / "words.yaml"
    faulty.write_text(yaml.safe_dump(words, allow_unicode=True), "utf-8")
    with pytest.raises(CourseError, match=r"words\.yaml: " + r"\.".join(path)):
        load_model(faulty, Words)


def test_shipped_words_are_sound() -> None:
    assert load_words().columns.actual == "Факт"
