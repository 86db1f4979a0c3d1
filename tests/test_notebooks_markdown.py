"""Markdown of a lesson for paper: what it knows comes through whole, anything else is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen import content
from ecitizen.content.notebook import Notebook, load_notebook
from ecitizen.errors import ContentError
from ecitizen.notebooks.markdown import blocks, plain
from ecitizen.notebooks.material import cells, sections

PLACE = Path("lessons/02-doctor.ipynb")


def read(source: str) -> list[dict]:
    return blocks(source, PLACE, "cells.why")


def words(text: str, *, bold: bool = False, link: str | None = None) -> dict:
    return {"text": text, "bold": bold, "link": link}


def test_heading_keeps_its_level() -> None:
    assert read("### Чего не бояться") == [{"kind": "heading", "level": 3, "runs": [words("Чего не бояться")]}]


def test_paragraph_joins_its_lines() -> None:
    (paragraph,) = read("Вы — **Анна**\nПетровна. &laquo;Да&raquo; \\*")
    assert plain(paragraph["runs"]) == "Вы — Анна Петровна. «Да» *"
    assert words("Анна", bold=True) in paragraph["runs"]


def test_two_spaces_end_a_line() -> None:
    (paragraph,) = read("строка  \nдругая")
    assert words("\n") in paragraph["runs"]


def test_lists_keep_order_start_and_nesting() -> None:
    (bullets,) = read("- один\n- два\n  1. внутри\n")
    assert not bullets["ordered"]
    assert [plain(item[0]["runs"]) for item in bullets["items"]] == ["один", "два"]
    assert bullets["items"][1][1]["ordered"]
    (numbers,) = read("3. три\n4. четыре")
    assert (numbers["ordered"], numbers["start"], len(numbers["items"])) == (True, 3, 2)


@pytest.mark.parametrize(
    ("source", "shown", "address"),
    [
        ("[портал **услуг**](https://gosuslugi.ru/help)", "портал услуг", "https://gosuslugi.ru/help"),
        ("<https://gosuslugi.ru>", "https://gosuslugi.ru", "https://gosuslugi.ru"),
        ("https://gosuslugi.ru", "https://gosuslugi.ru", "https://gosuslugi.ru"),
        ("[почта](mailto:a@example.org)", "почта", "mailto:a@example.org"),
    ],
    ids=["named", "in brackets", "bare", "mail"],
)
def test_link_keeps_words_and_address(source: str, shown: str, address: str) -> None:
    (paragraph,) = read(source)
    assert plain(paragraph["runs"]) == shown
    assert {run["link"] for run in paragraph["runs"]} == {address}


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |", "таблица"),
        ("*курсив*", "курсив"),
        ("`код`", "код"),
        ("```\nкод\n```", "код"),
        ("![кот](cat.png)", "картинка"),
        ("> цитата", "цитата"),
        ("текст\n\n---\n\nтекст", "черта"),
        ("<div>x</div>", "HTML"),
        ("слово <b>x</b>", "HTML"),
        ("~~нет~~", "зачёркнутое"),
        ("$$\nx\n$$", "формула"),
        ("сумма $x$ рублей", "формула"),
        ("- пункт с *курсивом*", "курсив"),
        ("- [ ] дело", "task_list_item"),
        ("слово[^1]\n\n[^1]: сноска", "footnote"),
    ],
    ids=lambda text: text.split("\n")[0][:20],
)
def test_other_marks_are_refused_by_name(source: str, name: str) -> None:
    with pytest.raises(ContentError) as caught:
        read(source)
    assert name in caught.value.problem
    assert (caught.value.path, caught.value.key) == (PLACE, "cells.why")


@pytest.mark.parametrize("address", ["page.html", "javascript:alert(1)", "file:///etc/passwd", "#part"])
def test_link_that_paper_cannot_follow_is_refused(address: str) -> None:
    with pytest.raises(ContentError, match="никуда не ведёт"):
        read(f"[слово]({address})")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(source: str) -> None:
    try:
        found = read(source)
    except ContentError:
        return
    assert json.loads(json.dumps(found)) == found


@given(st.lists(st.text(alphabet="абвгд ежз", min_size=3).filter(str.strip), min_size=1, max_size=5))
def test_no_word_of_plain_paragraphs_is_lost(paragraphs: list[str]) -> None:
    found = read("\n\n".join(paragraph.strip() for paragraph in paragraphs))
    assert "".join(plain(one["runs"]) for one in found).split() == "".join(one.strip() for one in paragraphs).split()


def test_sections_lose_nothing_and_begin_with_headings() -> None:
    found = read("начало\n\n## A\n\n### Б\n\nтекст\n\n- пункт\n\n### В\n\nконец")
    cut = sections(found)
    assert [one for section in cut for one in section] == found
    assert [section[0]["kind"] for section in cut] == ["paragraph", "heading", "heading"]
    assert [one["kind"] for one in cut[1][:2]] == ["heading", "heading"]


def test_text_of_no_part_is_refused() -> None:
    notebook = Notebook.model_validate({"cells": [{"cell_type": "markdown", "id": "lost", "source": "текст"}]})
    with pytest.raises(ContentError, match=r"cells\.lost"):
        list(cells(notebook, PLACE))


@pytest.mark.parametrize(
    ("source", "level"), [("# A", 1), ("### A", 3), ("## A\n\n#### Б", 4)], ids=["title", "too deep", "skips"]
)
def test_heading_that_skips_a_level_is_refused(source: str, level: int) -> None:
    cell = {"cell_type": "markdown", "id": "why", "source": source, "metadata": {"ecitizen": {"part": "why"}}}
    with pytest.raises(ContentError, match=f"уровень {level}"):
        list(cells(Notebook.model_validate({"cells": [cell]}), PLACE))


@pytest.mark.parametrize("lesson_id", content.lesson_ids())
def test_every_lesson_is_fit_for_paper(lesson_id: str) -> None:
    path = content.lesson(lesson_id).notebook
    assert sum(1 for _ in cells(load_notebook(path), path)) >= 6
