"""Slides: one file that asks nobody for anything, big enough to read, with notes for whoever presents."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page, sync_playwright
from pypdf import PdfReader

from ecitizen import content
from ecitizen.content.notebook import Notebook, load_notebook
from ecitizen.notebooks.deck import LINES, SNUG, filling, fitting, height, slides
from tests.browser.rig import ARGUMENTS, violations

LESSON = content.lesson("02-doctor")
FULLEST = "10-safe-internet"
"""The lesson with the longest addresses and the fullest slides; the others are measured by ``make thorough``."""

LAID_OUT = """(number) => {
  Reveal.slide(number);
  const slide = Reveal.getCurrentSlide();
  const pieces = [...slide.querySelectorAll("h1, h2, h3, h4, p, li, img")].filter((one) => !one.closest("aside"));
  const inked = (one) => {
    if (one.tagName === "IMG") return [one.getBoundingClientRect()];
    const range = document.createRange();
    range.selectNodeContents(one);
    return [...range.getClientRects()];
  };
  const boxes = pieces.flatMap((one) => inked(one).map((box) => [one.tagName, box]));
  const fixed = [...document.querySelectorAll(".slide-number, .controls button")]
    .filter((one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
    .map((one) => one.getBoundingClientRect());
  const picture = slide.querySelector("img")?.getBoundingClientRect();
  const meet = (one, other) => one.left < other.right - 1 && other.left < one.right - 1 &&
    one.top < other.bottom - 1 && other.top < one.bottom - 1;
  return {
    pieces: boxes.length,
    over: boxes.filter(([, box]) => box.left < 0 || box.top < 0 || box.right > 1280 || box.bottom > 720).length,
    crowded: boxes.filter(([name, box]) => name !== "IMG" &&
      [...fixed, ...(picture ? [picture] : [])].some((other) => meet(box, other))).length,
  };
}"""
MARKUP = '<script>alert("x")</script>&amp;{{ 7*7 }}'


class Reader(HTMLParser):
    """Notes the addresses that a page would load, and its sections."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.sections = 0
        self.alts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.sections += tag == "section"
        if tag in ("script", "img", "link", "iframe", "source"):
            self.loaded += [value for name in ("src", "href") if (value := named.get(name))]
        if tag == "img":
            self.alts.append(named.get("alt") or "")


def paragraph(text: str) -> dict:
    return {"kind": "paragraph", "runs": [{"text": text, "bold": False, "link": None}]}


def heading(text: str) -> dict:
    return paragraph(text) | {"kind": "heading", "level": 2}


def bullets(*texts: str) -> dict:
    return {"kind": "list", "ordered": True, "start": 1, "items": [[paragraph(text)] for text in texts]}


@pytest.fixture(scope="module")
def deck() -> str:
    return slides(LESSON, load_notebook(LESSON.notebook))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path is not None, "Chromium is not installed: run `make chromium`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def shown(chromium: Browser, tmp_path: Path, deck: str) -> Iterator[Page]:
    """Show the deck without a network."""
    yield from opened(chromium, tmp_path / "deck.html", deck)


def opened(chromium: Browser, path: Path, deck: str) -> Iterator[Page]:
    path.write_text(deck, encoding="utf-8")
    context = chromium.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_selector(".reveal.ready")
    yield page
    context.close()


def test_deck_loads_nothing_but_itself(deck: str) -> None:
    loaded = Reader(deck).loaded
    assert loaded
    assert [address[:40] for address in loaded if not address.startswith("data:")] == []


def test_each_step_has_a_slide_with_a_picture_in_words(deck: str) -> None:
    page = Reader(deck)
    assert len(page.alts) == 10
    assert all(alt.startswith("Экран «") for alt in page.alts)
    assert page.sections > 15


def test_own_words_are_never_markup() -> None:
    raw = load_notebook(LESSON.notebook).model_dump()
    raw["cells"][1]["source"] = "## Зачем\n\n" + MARKUP.replace("<", "\\<").replace("{", "\\{")
    made = slides(LESSON, Notebook.model_validate(raw))
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;&amp;{{ 7*7 }}" in made
    assert '<script>alert("x")' not in made


def test_notes_tell_facts_with_their_sources(deck: str) -> None:
    notes = re.findall(r'<aside class="notes">(.*?)</aside>', deck)
    assert any("Источник:" in one and "Проверено" in one for one in notes)
    assert sum("Нажать: «" in one for one in notes) == 10


def test_cells_of_notes_are_spoken_and_not_shown() -> None:
    raw = load_notebook(LESSON.notebook).model_dump()
    spoken = {"cell_type": "markdown", "id": "told", "source": "- Дайте время.\n- Не берите мышь.",
              "metadata": {"slideshow": {"slide_type": "notes"}, "ecitizen": {"part": "why"}}}  # fmt: skip
    raw["cells"] = [*raw["cells"][:2], spoken, *raw["cells"][2:]]
    made = slides(LESSON, Notebook.model_validate(raw))
    (notes,) = [one for one in re.findall(r'<aside class="notes">(.*?)</aside>', made) if "Не берите мышь." in one]
    assert "Дайте время." in notes
    assert made.count("Не берите мышь.") == 1


@given(st.lists(st.integers(1, 400), min_size=1, max_size=12))
def test_pieces_fit_and_lose_no_block(lengths: list[int]) -> None:
    section = [heading("Заголовок"), *(paragraph("я" * length) for length in lengths)]
    pieces = fitting(section)
    assert all(piece[0] == section[0] for piece in pieces)
    assert [block for piece in pieces for block in piece[1:]] == section[1:]
    assert all(sum(map(height, piece[1:])) <= LINES for piece in pieces if len(pieces) > 1 and len(piece) > 2)
    assert len(pieces) == 1 or filling(section) > SNUG


def test_long_list_is_cut_and_goes_on_counting() -> None:
    pieces = fitting([heading("Правила"), bullets(*(f"правило {n}" for n in range(14)))])
    lists = [block for piece in pieces for block in piece if block["kind"] == "list"]
    assert [one["start"] for one in lists] == [1, 8]
    assert sum(len(one["items"]) for one in lists) == 14


def test_section_of_a_heading_alone_keeps_its_slide() -> None:
    assert fitting([heading("Перерыв")]) == [[heading("Перерыв")]]


@pytest.mark.browser
def test_no_request_leaves_the_file(chromium: Browser, tmp_path: Path, deck: str) -> None:
    path = tmp_path / "deck.html"
    path.write_text(deck, encoding="utf-8")
    context = chromium.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector(".reveal.ready")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
    assert complaints == []
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    "lesson_id",
    [pytest.param(name, marks=[pytest.mark.thorough] * (name != FULLEST)) for name in content.lesson_ids()],
)
def test_nothing_runs_over_the_edge_of_a_slide(lesson_id: str, chromium: Browser, tmp_path: Path) -> None:
    lesson = content.lesson(lesson_id)
    for page in opened(chromium, tmp_path / "deck.html", slides(lesson, load_notebook(lesson.notebook))):
        found = [page.evaluate(LAID_OUT, number) for number in range(page.evaluate("Reveal.getTotalSlides()"))]
        wrong = {number: laid for number, laid in enumerate(found, 1) if laid["over"] or laid["crowded"]}
        assert wrong == {}
        assert min(laid["pieces"] for laid in found) > 0


@pytest.mark.browser
def test_slides_and_notes_have_no_axe_violation(shown: Page) -> None:
    total = shown.evaluate("Reveal.getTotalSlides()")
    for number in (0, 1, total // 2, total - 1):
        shown.evaluate(f"Reveal.slide({number})")
        assert violations(shown) == []
    with shown.context.expect_page() as popped:
        shown.keyboard.press("s")
    assert violations(popped.value) == []


@pytest.mark.browser
def test_key_s_opens_notes_that_follow_the_slides(shown: Page) -> None:
    with shown.context.expect_page() as popped:
        shown.keyboard.press("s")
    notes = popped.value
    assert notes.locator("li").count() == shown.evaluate("Reveal.getTotalSlides()")
    shown.evaluate("Reveal.next()")
    assert notes.locator("li.now h2").inner_text() == "Зачем это мне"
    shown.evaluate("Reveal.slide(11)")
    assert "Нажать: «" in notes.locator("li.now").inner_text()


@pytest.mark.browser
def test_notes_without_a_second_window_stand_on_the_slide(shown: Page) -> None:
    shown.evaluate("window.open = () => null")
    shown.evaluate("Reveal.slide(11)")
    shown.keyboard.press("s")
    assert shown.locator("section.present aside.notes").is_visible()
    shown.keyboard.press("s")
    assert not shown.locator("section.present aside.notes").is_visible()


@pytest.mark.browser
def test_printed_deck_has_a_page_a_slide(shown: Page, tmp_path: Path) -> None:
    total = shown.evaluate("Reveal.getTotalSlides()")
    shown.pdf(path=tmp_path / "deck.pdf", prefer_css_page_size=True)
    pages = PdfReader(tmp_path / "deck.pdf").pages
    assert len(pages) == total
    assert "Шаг 1 из 10" in " ".join(page.extract_text() for page in pages).replace("\u00a0", " ")
