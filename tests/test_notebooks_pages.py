"""Pages as they come out of the printer: none nearly empty, nothing over an edge, no words on other words."""

from __future__ import annotations

import io

import pytest
from pypdf import PageObject, PdfReader

from ecitizen import content
from ecitizen.content.notebook import load_notebook
from ecitizen.notebooks import material, papers
from ecitizen.notebooks.setting import pdf
from ecitizen.notebooks.words import words
from tests.pdf_marks import Mark, crossings, marks
from tests.test_notebooks_papers import LESSON, LESSONS, handout

POINTS_A_MM = 72 / 25.4
LEFT, RIGHT = 18 * POINTS_A_MM, (210 - 18) * POINTS_A_MM
TOP, FOOTER = (297 - 16) * POINTS_A_MM, 28 * POINTS_A_MM
EDGE = 1.5
"""Half of the thickest line, in points."""

MATCH = "букву её пары"
LONG_TITLES = ("01-gosuslugi", "14-forum")
FEWEST_LINES = 4
MOST_FOOTER_LINES = 2


def pages(raw: bytes) -> list[PageObject]:
    return list(PdfReader(io.BytesIO(raw)).pages)


def plain(page: PageObject) -> str:
    return " ".join(page.extract_text().split())


def lines(found: list[Mark], *, footer: bool) -> int:
    """Count the lines of letters in the footer or above it."""
    return len({round(mark.low) for mark in found if mark.text and (mark.low < FOOTER) is footer})


def outside(found: list[Mark]) -> list[Mark]:
    return [
        mark
        for mark in found
        if mark.left < LEFT - EDGE or mark.right > RIGHT + EDGE or mark.high > TOP + EDGE or mark.low < 0
    ]


def faults(page: PageObject) -> list[str]:
    """Name what is wrong with a page."""
    found = marks(page)
    told = [
        (lines(found, footer=False) < FEWEST_LINES, "nearly empty"),
        (lines(found, footer=True) > MOST_FOOTER_LINES, "long footer"),
        (any(mark.low < FOOTER - EDGE < mark.high for mark in found), "runs into the footer"),
        (outside(found), "over the edge"),
        (crossings(found), "words on words"),
    ]
    return [name for wrong, name in told if wrong]


def paragraph(text: str, kind: str = "paragraph") -> dict[str, object]:
    return {"kind": kind, "level": 2, "runs": [{"text": text, "bold": False, "link": None}]}


PARTS: dict[str, list[list[dict[str, object]]]] = {
    "why": [],
    "show": [[paragraph("Покажите мне", "heading")]],
    "home": [],
    "quiz": [],
}


def handout_of(**changed: object) -> list[PageObject]:
    """Set the handout of a lesson with something changed."""
    gathered = material.handout(LESSON, load_notebook(LESSON.notebook), words()) | changed
    return pages(pdf("handout.typ", papers.frame(words(), None) | {"lesson": gathered}))


@pytest.mark.parametrize("lesson_id", LESSONS)
def test_every_page_of_a_handout_is_full_and_whole(lesson_id: str) -> None:
    wrong = {number: found for number, page in enumerate(pages(handout(lesson_id)), 1) if (found := faults(page))}
    assert wrong == {}


@pytest.mark.parametrize(
    "lesson_id", [pytest.param(name, marks=[pytest.mark.thorough] * (name not in LONG_TITLES)) for name in LESSONS]
)
def test_every_page_of_a_key_is_full_and_whole(lesson_id: str) -> None:
    made = pages(papers.key(content.lesson(lesson_id)))
    assert {number: found for number, page in enumerate(made, 1) if (found := faults(page))} == {}


@pytest.mark.thorough
def test_every_page_of_the_book_is_full_and_whole() -> None:
    cover, *others = pages(papers.book())
    assert len(others) > 20 * len(LESSONS)
    assert outside(marks(cover)) == []
    assert {number: found for number, page in enumerate(others, 2) if (found := faults(page))} == {}


def test_short_page_is_found() -> None:
    alone = handout_of(questions=[], parts=PARTS | {"quiz": [[paragraph("Одна строка.")]]})[-1]
    assert faults(alone) == ["nearly empty"]


def test_word_wider_than_the_page_is_found() -> None:
    task = {"title": "Адрес", "text": "дождь" * 40}
    assert any("over the edge" in faults(page) for page in handout_of(task=task))


def test_letters_on_letters_are_found() -> None:
    one, below = Mark(10, 100, 60, 112, text=True), Mark(40, 94, 90, 106, text=True)
    beside, under = Mark(61, 100, 90, 112, text=True), Mark(10, 86, 60, 98, text=True)
    frame = Mark(0, 80, 200, 120, text=False)
    assert crossings([one, beside, under, frame]) == []
    assert crossings([one, below]) == [(one, below)]


def test_addresses_are_never_parted() -> None:
    address = "schet@kvartplata-dolg.example"
    texts = ["слово " * count + address for count in range(1, 8)]
    made = handout_of(parts=PARTS | {"home": [[paragraph(one)] for one in texts]})
    said = " ".join(page.extract_text() for page in made)
    assert said.count(address) == len(texts)


def test_blank_to_write_a_letter_stands_beside_words() -> None:
    """A line to write on that has gone to a line of its own belongs to nobody."""
    (found,) = [marks(page) for page in pages(handout("10-safe-internet")) if MATCH in plain(page)]
    written = [mark.low for mark in found if mark.text]
    blanks = [mark for mark in found if not mark.text and 30 < mark.right - mark.left < 50 and mark.low > FOOTER]
    assert len(blanks) == 4
    assert all(any(abs(low - blank.low) < 9 for low in written) for blank in blanks)
