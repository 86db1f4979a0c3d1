"""A step can be read aloud: sentence by sentence, in three speeds; without a Russian voice the page says what to do.

Chromium of the distribution has no voice in a test, so one that is silent but keeps time stands in for it.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from ecitizen import content
from tests.browser.hand import LESSON, Hand
from tests.browser.rig import SIZES, Course, Visit, picture, violations

pytestmark = pytest.mark.browser

VOICE = """
globalThis.spoken = [];
const voice = { lang: "ru-RU", localService: true, name: "silent" };
let ending = 0;
Object.defineProperty(globalThis, "speechSynthesis", { value: {
  getVoices: () => [voice],
  speak: (one) => {
    spoken.push({ text: one.text, rate: one.rate });
    ending = setTimeout(() => globalThis.keep || one.onend(), 30);
  },
  cancel: () => clearTimeout(ending),
} });
globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
"""


def _lesson(visit: Visit, course: Course, voice: str = "") -> Page:
    if voice:
        visit.context.add_init_script(voice)
    hand = Hand(visit.page, course)
    hand.enter(course)
    visit.page.goto(f"{course.url}lesson/{LESSON}")
    hand.opened()
    hand.turn_to(1)
    return visit.page


def _marked(page: Page) -> str:
    return page.evaluate("[...(CSS.highlights.get('ecz-reading') || [])].join('')")


def test_every_sentence_is_read_in_turn(shared: Course, visit: Visit) -> None:
    page = _lesson(visit, shared, VOICE)
    page.click("#read")
    expect(page.locator("#read")).to_have_text("Остановить чтение")
    expect(page.locator("#read")).to_have_text("Прочитать вслух")
    spoken = [said["text"] for said in page.evaluate("spoken")]
    assert spoken[0] == "Зачем это мне"
    assert "Сегодня вы закажете справку на учебном портале." in spoken
    shown = page.locator(".step:not([hidden]) .text").first.inner_text()
    assert all(sentence in shown.replace("\n", " ") for sentence in spoken[:4])
    assert _marked(page) == ""


def test_sentence_being_read_is_marked(shared: Course, visit: Visit) -> None:
    page = _lesson(visit, shared, f"{VOICE}\nglobalThis.keep = true;")
    page.click("#read")
    assert _marked(page) == "Зачем это мне"
    picture(page, "reading")
    assert violations(page) == []
    page.click("#next")
    assert _marked(page) == ""
    expect(page.locator("#read")).to_have_text("Прочитать вслух")


def test_three_speeds_go_round(shared: Course, visit: Visit) -> None:
    page = _lesson(visit, shared, f"{VOICE}\nglobalThis.keep = true;")
    page.click("#read")
    for words in ("Скорость: быстро", "Скорость: медленно", "Скорость: обычно"):
        page.click("#speed")
        expect(page.locator("#speed")).to_have_text(words)
    spoken = page.evaluate("spoken")
    assert len({said["text"] for said in spoken}) == 1
    assert [said["rate"] for said in spoken] == [0.9, 1.15, 0.7, 0.9]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_without_a_voice_the_page_says_what_to_do(shared: Course, visit: Visit, size: tuple[int, int]) -> None:
    page = _lesson(visit, shared)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    if page.locator("#tools").is_visible():
        page.click("#tools")
    page.click("#read")
    note = page.locator("#reading")
    expect(note).to_contain_text("нет русского голоса")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(page, f"no-voice-{size[0]}")
    note.get_by_role("button").click()
    expect(note).to_be_hidden()
    expect(page.locator("#read")).to_be_focused()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Раз. Два! Три?", ["Раз.", "Два!", "Три?"]),
        ("Живёт на ул. Садовой, д. 7. Рядом парк.", ["Живёт на ул. Садовой, д. 7.", "Рядом парк."]),
        ("«Подождите…» Он ушёл", ["«Подождите…»", "Он ушёл"]),
    ],
    ids=["marks", "shortened", "quoted"],
)
def test_text_falls_into_sentences(shared: Course, visit: Visit, text: str, parts: list[str]) -> None:
    page = _lesson(visit, shared)
    # As a function of its own: page scripts are joined and hide what they are made of.
    code = (content.folder("widgets") / "template/voila/templates/ecitizen/static/reading.js").read_text(
        encoding="utf-8"
    )
    script = f"(text) => {{ {code}\nreturn sentences(text).map(([at, to]) => text.slice(at, to)); }}"
    assert page.evaluate(script, text) == parts
