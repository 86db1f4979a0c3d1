"""A class led from the desk: a call answered, a pointer that glows, a pause, a showing; a board open for a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from ecitizen.folder import CourseFolder
from ecitizen.opening import connect
from ecitizen.register import people
from tests.browser.day import UNCOVERED
from tests.browser.hand import LESSON, WAIT_S, Hand
from tests.browser.rig import SIZES, Course, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

PRACTICE_STEP = 5
HOURS, EVENTS_AN_HOUR, BOARDS_AN_HOUR = 24, 300, 240
"""What a page hears in a long day: the whole anew four times a minute, and every press of a sleepy class."""

WATCHED = """() => {
  window.touched = new Set();
  const board = document.getElementById("board");
  const card = (node) => (node.closest ? node : node.parentElement)?.closest(".pupil")?.dataset.key;
  const note = (records) => records.map(({ target }) => card(target) && touched.add(card(target)));
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  new MutationObserver(note).observe(board, all);
}"""

MEASURED = """() => {
  const reads = document.getElementById("reads");
  const text = !reads.hidden;
  const shown = text ? reads : document.querySelector("#screen .page");
  const root = document.documentElement;
  const over = Math.max(root.scrollHeight - innerHeight, text ? reads.scrollHeight - reads.clientHeight : 0);
  return [text ? "text" : "portal", parseFloat(getComputedStyle(shown).fontSize), over];
}"""

FAKE_STREAM = """
window.EventSource = class extends EventTarget {
  static CLOSED = 2;
  constructor() { super(); this.readyState = 1; window.stream = this; window.opened = (window.opened || 0) + 1; }
  close() { this.readyState = 2; }
  hear(name, data) { this.dispatchEvent(new MessageEvent(name, { data })); }
};
"""


@dataclass(frozen=True)
class Room:
    """A learner's page and the desk, each in a window of its own."""

    course: Course
    desk: Page
    learner: Page
    card: str

    def to_the_desk(self) -> None:
        self.desk.goto(f"{self.course.url}instructor?group=%D0%93-1")
        expect(self.desk.locator(f'.pupil[data-key="{self.card}"]')).to_be_visible()

    def call(self) -> None:
        self.learner.locator("#help").click()
        expect(self.desk.locator(f'.call.waiting[data-call="{self.card}"]')).to_be_visible()


@pytest.fixture(scope="module")
def room(chromium: Browser, classroom: Course) -> Iterator[Room]:
    learner = classroom.learner(7)
    contexts = [chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU") for _ in range(2)]
    desk, page = (context.new_page() for context in contexts)
    desk.goto(f"{classroom.url}instructor/login")
    desk.locator("#pin").fill(classroom.instructor_pin)
    desk.keyboard.press("Enter")
    hand = Hand(page, learner)
    hand.enter(learner)
    page.goto(f"{classroom.url}lesson/{LESSON}")
    hand.opened()
    hand.turn_to(PRACTICE_STEP)
    yield Room(classroom, desk, page, learner.card)
    for context in contexts:
        context.close()


def test_a_press_stands_on_the_board_without_flicker(room: Room) -> None:
    room.to_the_desk()
    desk, card = room.desk, room.desk.locator(f'.pupil[data-key="{room.card}"]')
    card.evaluate("card => (card.kept = true)")
    desk.evaluate(WATCHED)
    card.evaluate("card => getSelection().selectAllChildren(card.querySelector('.head'))")
    name = card.locator(".head").inner_text()
    card.locator(".mark").focus()
    scrolled = desk.evaluate("scrollTo(0, 40), scrollY")
    room.learner.locator(".step:not([hidden]) [data-id='ui:hint']").click()
    expect(card).to_contain_text("подсказок 1", timeout=WAIT_S * 1000)
    expect(card).to_contain_text(f"Шаг {PRACTICE_STEP} из 8, практика")
    assert card.evaluate("card => card.kept")
    expect(card.locator(".mark")).to_be_focused()
    assert (desk.evaluate("getSelection().toString().trim()"), desk.evaluate("scrollY")) == (name, scrolled)
    assert desk.evaluate("[...touched]") == [room.card], "no other card is written to"


def test_a_call_is_answered_and_a_pointer_glows(room: Room) -> None:
    room.to_the_desk()
    room.call()
    expect(room.desk.locator("#news")).to_contain_text("Зовут на помощь")
    expect(room.learner.locator("#called")).to_contain_text("Помощника позвали")
    room.desk.locator(".call.waiting button").press("Enter")
    expect(room.learner.locator("#called")).to_have_text("Сейчас подойдут. Оставайтесь на месте.")
    room.learner.reload()
    expect(room.learner.locator("#called")).to_contain_text("Сейчас подойдут", timeout=WAIT_S * 1000)
    room.desk.locator(".call .look").click()
    mirror, looker = room.desk.locator("#mirror"), room.learner.locator(".looker")
    expect(mirror.locator(".page .title")).to_have_text(room.learner.locator(".step:not([hidden]) .title").inner_text())
    expect(looker).to_contain_text("Ведущая смотрит на ваш экран")
    mirror.locator(".page [data-id]").first.press("Enter")
    pointed = room.learner.locator(".step:not([hidden]) .pointed")
    expect(pointed).to_be_visible()
    expect(looker).to_contain_text("Вам показывают, куда нажать")
    before = mirror.locator(".title").inner_text()
    assert violations(room.learner) == violations(room.desk) == []
    picture(room.learner, "pointed-1366x768")
    picture(room.desk, "look-1366x768")
    pointed.press("Enter")
    expect(mirror.locator(".title")).not_to_have_text(before, timeout=WAIT_S * 1000)
    expect(room.learner.locator(".pointed")).to_have_count(0)
    looker.get_by_role("button", name="Не надо смотреть").click()
    expect(room.desk.locator("#state")).to_contain_text("просит на экран не смотреть")
    expect(mirror.locator(".portal")).to_have_count(0)
    looker.get_by_role("button", name="Можно смотреть").click()
    expect(mirror.locator(".portal")).to_be_visible()
    room.desk.get_by_role("button", name="Помогли").click()
    expect(room.desk.locator("#said")).to_contain_text("Вызов закрыт")
    expect(looker).to_be_hidden()
    expect(room.learner.locator("#help")).to_have_text("Позвать помощника")
    room.desk.get_by_role("button", name="Вернуть вызов").click()
    expect(room.learner.locator("#help")).to_have_text("Помощник уже не нужен")
    room.learner.locator("#help").click()
    expect(room.desk.locator(".call")).to_have_count(0)
    expect(room.learner.locator("#called")).to_have_text("Хорошо. Занимайтесь дальше.")


def test_a_held_page_waits_and_goes_on_where_it_was(room: Room) -> None:
    room.to_the_desk()
    shown = room.learner.locator(".step:not([hidden]) .page .title").inner_text()
    held = room.learner.locator("#held")
    room.desk.get_by_role("button", name="Пауза для всех").press("Enter")
    expect(held).to_contain_text("Ведущая просит остановиться")
    expect(held).to_be_focused()
    room.learner.keyboard.press("Enter")
    room.learner.locator("#next").dispatch_event("click")
    for _ in range(8):
        room.learner.keyboard.press("Tab")
        assert room.learner.evaluate("!document.activeElement.closest('main, #back, #next, #restart')")
    room.desk.get_by_role("link", name="Показать всем по шагам").click()
    room.desk.locator(".shows button").nth(1).press("Enter")
    expect(room.desk.locator("#stage .marked")).to_be_visible()
    room.desk.keyboard.press("ArrowRight")
    room.desk.get_by_role("button", name="Дальше").click()
    expect(room.desk.locator("#at")).to_have_text("3")
    expect(held).to_contain_text("Шаг 3 из")
    expect(held.locator(".caption")).to_have_text(room.desk.locator("#caption").inner_text())
    remote = room.desk.context.new_page()
    remote.goto(room.desk.url)
    remote.keyboard.press("PageUp")
    expect(room.desk.locator("#at")).to_have_text("2")
    remote.close()
    room.desk.get_by_role("button", name="Закончить показ").click()
    expect(held).to_be_hidden()
    expect(room.learner.locator(".step:not([hidden]) .page .title")).to_have_text(shown)
    expect(room.learner.locator("#where")).to_contain_text(f"Шаг {PRACTICE_STEP} из")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_its_window(room: Room, size: str) -> None:
    width, height = SIZES[size]
    pages = (room.desk, room.learner)
    for page in pages:
        page.set_viewport_size({"width": width, "height": height})
    room.to_the_desk()
    room.call()

    def fits(name: str) -> None:
        for page, whose in zip(pages, ("desk", "learner"), strict=True):
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, whose)
            assert violations(page) == [], (name, whose)
            picture(page, f"{name}-{whose}-{size}")

    fits("board")
    room.desk.locator(".call .look").click()
    expect(room.desk.locator("#mirror .portal")).to_be_visible()
    room.desk.locator("#mirror .page [data-id]").last.press("Enter")
    expect(room.learner.locator(".step:not([hidden]) .pointed")).to_be_visible()
    for css in (".looker button", ".step:not([hidden]) .pointed"):
        assert room.learner.evaluate(UNCOVERED, css), css
    fits("look")
    room.to_the_desk()
    room.desk.get_by_role("link", name="Показать всем по шагам").click()
    expect(room.desk.locator(".shows")).to_be_visible()
    fits("choose")
    for name in ("show", "lesson"):
        room.desk.locator(".shows button").nth(int(name == "show")).click()
        expect(room.learner.locator("#held")).to_be_visible()
        fits(name)
        room.desk.get_by_role("button", name="Закончить показ").click()
        expect(room.learner.locator("#held")).to_be_hidden()
    room.learner.locator("#help").click()
    expect(room.learner.locator("#held")).to_be_hidden()


def test_a_projector_is_read_from_the_back_row(room: Room) -> None:
    """Letters grow with the window, the whole lesson is turned page by page, and only the portal's page scrolls."""
    room.to_the_desk()
    room.desk.get_by_role("link", name="Показать всем по шагам").click()
    room.desk.locator(".shows button").first.click()
    expect(room.desk.locator("#reads")).to_be_visible()
    share: dict[str, list[float]] = {}
    for width, height in ((1366, 768), (1920, 1080)):
        room.desk.set_viewport_size({"width": width, "height": height})
        for at in range(int(room.desk.evaluate("JSON.parse(document.getElementById('frames').textContent).length"))):
            expect(room.desk.locator("#at")).to_have_text(str(at + 1))
            kind, letters, over = room.desk.evaluate(MEASURED)
            share.setdefault(kind, []).append(letters / height)
            assert over <= 0, (width, at)
            room.desk.keyboard.press("PageDown")
        for _ in range(at + 1):
            room.desk.keyboard.press("PageUp")
    assert min(share["text"]) > 0.037
    assert sum(share["text"]) / len(share["text"]) > 0.045
    assert min(share["portal"]) > 0.037
    room.desk.set_viewport_size({"width": 1366, "height": 768})
    room.desk.get_by_role("button", name="Закончить показ").click()
    expect(room.learner.locator("#held")).to_be_hidden()


def test_a_helper_from_elsewhere_sees_a_call_come_and_go(room: Room, chromium: Browser) -> None:
    people.add_instructor(connect(CourseFolder.open(room.course.data)), "Айгуль", "271828", "expert")
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = context.new_page()
    page.goto(f"{room.course.url}instructor/login")
    page.locator("#pin").fill("271828")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.goto(f"{room.course.url}instructor/calls")
    expect(page.locator("#board")).to_contain_text("Сейчас никто не зовёт")
    expect(page.locator("#refresh")).to_be_hidden()
    room.learner.locator("#help").click()
    expect(page.locator(".call .big")).to_have_text(f"Карточка {room.card}")
    expect(page.locator("#news")).to_have_text(f"Зовут на помощь: Карточка {room.card}")
    assert violations(page) == []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        picture(page, f"calls-{size}")
    room.learner.locator("#help").click()
    expect(page.locator(".call")).to_have_count(0)
    context.close()


def test_everything_is_done_without_javascript_as_well(room: Room, chromium: Browser) -> None:
    room.to_the_desk()
    room.call()
    context = chromium.new_context(java_script_enabled=False, locale="ru-RU")
    page = context.new_page()
    page.goto(f"{room.course.url}instructor/login")
    page.locator("#pin").fill(room.course.instructor_pin)
    page.keyboard.press("Enter")
    expect(page.locator("#board")).to_be_attached()
    page.goto(f"{room.course.url}instructor?group=%D0%93-1")
    page.get_by_role("link", name="Обновить").click()
    page.locator(".call.waiting button").click()
    expect(page.locator("#said")).to_contain_text("Вы идёте")
    page.locator(".call button").click()
    expect(page.locator("#said")).to_contain_text("Вызов закрыт")
    page.get_by_role("button", name="Пауза для всех").click()
    expect(room.learner.locator("#held")).to_be_visible()
    page.get_by_role("link", name="Показать всем по шагам").click()
    page.locator(".shows button").first.click()
    expect(page.locator("#reads")).to_contain_text("на учебном портале")
    said = page.locator("#caption").inner_text()
    page.get_by_role("button", name="Дальше").click()
    expect(page.locator("#caption")).not_to_have_text(said)
    page.get_by_role("button", name="Закончить показ").click()
    expect(room.learner.locator("#held")).to_be_hidden()
    context.close()


def test_a_board_that_stands_open_for_a_day_leaks_nothing(room: Room) -> None:
    context = room.desk.context
    page = context.new_page()
    page.add_init_script(FAKE_STREAM)
    page.goto(f"{room.course.url}instructor?group=%D0%93-1")
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    hear = """([hour, events, boards]) => {
      const board = document.getElementById("board");
      const html = board.innerHTML;
      const cards = [...board.querySelectorAll(".pupil")].map((card) => [card.dataset.key, card.outerHTML]);
      for (let place = 0; place < events; place += 1) {
        const [key, card] = cards[place % cards.length];
        stream.hear("cards", JSON.stringify({ [key]: card.replace("</p>", `, ${hour}.${place}</p>`) }));
      }
      for (let place = 0; place < boards; place += 1) stream.hear("board", html);
    }"""

    def kept() -> tuple[float, float]:
        session.send("HeapProfiler.collectGarbage")
        found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return found["JSHeapUsedSize"], found["Nodes"]

    page.evaluate(hear, [0, EVENTS_AN_HOUR, BOARDS_AN_HOUR])
    heap, nodes = kept()
    for hour in range(1, HOURS):
        page.evaluate(hear, [hour, EVENTS_AN_HOUR, BOARDS_AN_HOUR])
    later_heap, later_nodes = kept()
    assert later_nodes <= nodes * 1.05, (nodes, later_nodes)
    assert later_heap <= heap * 1.1 + 500_000, (heap, later_heap)
    page.close()
