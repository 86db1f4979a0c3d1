"""A librarian's day at the desk, station by station: what the browser test walks and the handbook photographs."""

from __future__ import annotations

import re
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from docx import Document
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from sqlalchemy import select

from ecitizen import content
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.opening import connect
from ecitizen.practice.items import right_answer
from ecitizen.practice.quiz import Written
from ecitizen.register import people
from ecitizen.register.tables import Community, Site, Ticket
from tests.browser.hand import LESSON, WAIT_S, Hand
from tests.browser.rig import Course

GROUP = "Г-1"
LETTERS = "11-email"
LETTER = "Тема: запись на экскурсию\n\nЗдравствуйте! Прошу записать двух человек на субботу.\n\nТамара Ильинична"
WRITERS = 5
EXPERTS = {"Айгуль": "271828", "Ринат": "161803"}
ROSTER = (
    "Фамилия;Имя;Отчество;Год рождения;Группа\n"
    "Липова;Нина;Ильинична;1949;Г-1\nКленов;Пётр;;1951;Г-1\nЛипoва;Зоя;;1951;Г-1\nОсинина;;;1950;Г-1\n"
)
PRACTICE_STEP = 5
CHANNELS = 3
LOW: ViewportSize = {"width": 1024, "height": 600}
UNCOVERED = """(css) => {
  const one = document.querySelector(css);
  const { left, top, width, height } = one.getBoundingClientRect();
  return one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}"""

KEY_S, THOUGHT_S, THOUGHTS = 0.28, 1.35, 3
"""Seconds of a key for an average typist, and of making up one's mind, by the keystroke-level model (Card, Moran and
Newell, CACM 23(7), 1980): what was asked, how they came, that it is right so."""

KEYS_OF_15_S = int((15 - THOUGHTS * THOUGHT_S) / KEY_S)
"""Keys that a consultation by telephone may take at most; no clock is asked, for a test's machine may be slow."""


class Post(Message):
    """The library's mail server for a day."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.came: list[Any] = []

    def handle_message(self, message: Any) -> None:
        """Keep a letter."""
        self.came.append(message)


@contextmanager
def mail_server() -> Iterator[tuple[Post, int]]:
    """Run it on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield post, port
    finally:
        controller.stop()


@dataclass
class Day:
    """The desk, the way its buttons are pressed, and who looks at each page."""

    browser: Browser
    course: Course
    desk: Page
    folder: Path
    """For what the librarian brings and takes away."""

    look: Callable[[Page, str], None]
    touch: bool = False
    """Fingers on a tablet instead of keys."""

    size: tuple[int, int] = (1366, 768)
    open_pages: list[Page] = field(default_factory=list)

    def press(self, what: Locator) -> None:
        """Press a button, a link or a box."""
        if self.touch:
            what.tap()
        else:
            what.focus()
            box = what.evaluate("one => one.matches('input[type=checkbox], input[type=radio]')")
            self.desk_of(what).keyboard.press("Space" if box else "Enter")

    @staticmethod
    def desk_of(what: Locator) -> Page:
        """Give the page that something stands on."""
        return what.page

    def button(self, words: str, page: Page | None = None) -> Locator:
        """Find a button by its first words."""
        return (page or self.desk).get_by_role("button", name=re.compile(f"^{re.escape(words)}")).first

    def link(self, words: str, page: Page | None = None) -> Locator:
        """Find a link by its first words."""
        return (page or self.desk).get_by_role("link", name=re.compile(f"^{re.escape(words)}")).first

    def go(self, path: str) -> None:
        """Open a page of the desk."""
        self.desk.goto(f"{self.course.url}{path}")

    def window(self, size: tuple[int, int] | None = None) -> Page:
        """Open a window of somebody else."""
        width, height = size or self.size
        context = self.browser.new_context(viewport={"width": width, "height": height}, locale="ru-RU")
        page = context.new_page()
        self.open_pages.append(page)
        return page

    def close(self) -> None:
        """Close what was opened."""
        for page in self.open_pages:
            page.context.close()

    def enter(self, page: Page, pin: str) -> None:
        """Come to the desk."""
        page.goto(f"{self.course.url}instructor/login")
        page.locator("#pin").fill(pin)
        with page.expect_navigation():
            page.locator("#pin").press("Enter")

    def morning(self) -> None:
        """Bring a list with faults, store what is right, print cards."""
        path = self.folder / "список.csv"
        path.write_text(ROSTER, encoding="utf-8")
        self.go("instructor/people/roster")
        self.desk.set_input_files("#file", path)
        self.press(self.button("Проверить список"))
        expect(self.desk.locator(".review .faulty")).to_have_count(2)
        self.look(self.desk, "roster")
        self.press(self.button("Записать, что верно"))
        expect(self.desk.get_by_text("Новых: 2.")).to_be_visible()
        self.look(self.desk, "cards")

    def lesson(self) -> dict[str, Hand]:
        """Begin a class; two learners come, open the lesson and are marked; gives their pages by card."""
        self.go(f"instructor?group={GROUP}")
        if self.button("Начать занятие").count():
            self.desk.locator("#lesson").select_option(LESSON)
            self.press(self.button("Начать занятие"))
        hands = {}
        for place in (31, 32):
            learner = self.course.learner(place)
            hand = Hand(self.window(), learner)
            hand.enter(learner)
            hand.page.goto(f"{self.course.url}lesson/{LESSON}")
            hand.opened()
            hand.turn_to(PRACTICE_STEP)
            hands[learner.card] = hand
            mark = self.desk.locator(f'.pupil[data-key="{learner.card}"] .mark')
            expect(mark).to_be_visible(timeout=WAIT_S * 1000)
            self.press(mark)
            expect(mark).to_contain_text("Здесь")
        self.look(self.desk, "today")
        return hands

    def calls(self, hands: dict[str, Hand]) -> None:
        """Two call for help and stand in the order in which they called; both are answered, one is helped."""
        callers = sorted(hands, reverse=True)
        for place, card in enumerate(callers, start=1):
            hands[card].page.locator("#help").click()
            expect(self.desk.locator(".call.waiting")).to_have_count(place)
        waiting = self.desk.locator(".call.waiting").evaluate_all("calls => calls.map((one) => one.dataset.call)")
        assert waiting == callers, waiting
        self.look(self.desk, "calls")
        for card, hand in hands.items():
            call = self.desk.locator(f'.call[data-call="{card}"]')
            self.press(call.get_by_role("button", name="Иду"))
            expect(hand.page.locator("#called")).to_contain_text("Сейчас подойдут")
        self.press(self.desk.locator(f'.call[data-call="{max(hands)}"]').get_by_role("button", name="Помогли"))
        expect(self.desk.locator(".call")).to_have_count(1)

    def pointer(self, hand: Hand) -> None:
        """Look at a learner's screen and point; the control glows there and is not pressed."""
        shown = hand.page.locator(".step:not([hidden]) .page .title").inner_text()
        self.press(self.desk.locator(".call .look").first)
        mirror = self.desk.locator("#mirror")
        expect(mirror.locator(".page .title")).to_have_text(shown, timeout=WAIT_S * 1000)
        hand.page.set_viewport_size(LOW)
        self.press(mirror.locator(".page [data-id]").first)
        expect(hand.page.locator(".step:not([hidden]) .pointed")).to_be_visible()
        assert hand.page.evaluate(UNCOVERED, ".looker button"), "who is looked at can say no"
        hand.page.set_viewport_size({"width": self.size[0], "height": self.size[1]})
        expect(hand.page.locator(".step:not([hidden]) .page .title")).to_have_text(shown)
        self.look(hand.page, "pointer")
        self.press(self.link("Больше не смотреть"))
        self.press(self.button("Помогли"))
        expect(self.desk.locator(".call")).to_have_count(0)

    def telephone(self) -> int:
        """Write a consultation down while the telephone is still warm; give the keys, or the taps, that it took."""
        self.go("instructor/consultations")
        topic, channel = "Показания счётчиков", self.desk.locator("input[name=channel][value=telephone]")
        expect(self.desk.locator("#topic")).to_be_focused()
        self.desk.keyboard.type(topic)
        if self.touch:
            channel.tap()
            self.button("Записать").tap()
            presses = len(topic) + 2
        else:
            keys = ["Tab"]
            self.desk.keyboard.press("Tab")
            while not channel.is_checked():
                assert len(keys) <= CHANNELS, "the arrow keys don't reach the telephone"
                keys.append("ArrowRight")
                self.desk.keyboard.press("ArrowRight")
            self.desk.keyboard.press("Enter")
            presses = len(topic) + len(keys) + 1
        expect(self.desk.locator(".said")).to_contain_text(topic)
        assert presses <= KEYS_OF_15_S, presses
        self.look(self.desk, "consultation")
        return presses

    def queue(self) -> None:
        """Take numbers at two centres, let two experts press at once, end both, ask how it was."""
        engine = connect(CourseFolder.open(self.course.data))
        with engine.connect() as connection:
            sites = connection.execute(select(Site.id).order_by(Site.id).limit(2)).scalars().all()
        for name, pin in EXPERTS.items():
            people.add_instructor(engine, name, pin, "expert")
        kiosks = []
        for site in sites:
            self.go(f"instructor/queue?shown={site}")
            address = self.desk.locator(".screens a", has_text="киоск").first.get_attribute("href")
            kiosk = self.window()
            kiosk.goto(self.course.url.rstrip("/") + str(address))
            if not kiosks:
                self.look(kiosk, "kiosk")
            kiosk.locator(".huge a").first.click()
            kiosk.get_by_role("button", name="Я здесь впервые").click()
            expect(kiosk.locator("h1")).to_contain_text("Ваш номер")
            kiosks.append(kiosk)
        desks = [self.window() for _ in EXPERTS]
        for page, pin in zip(desks, EXPERTS.values(), strict=True):
            self.enter(page, pin)
            page.goto(f"{self.course.url}instructor/queue")
        # Both presses leave before either is answered.
        for page in desks:
            page.evaluate("document.querySelector('.now form').requestSubmit()")
        for page in desks:
            expect(page.locator(".now h2")).to_contain_text("Сейчас: №", timeout=WAIT_S * 1000)
        served = {page.locator(".now h2").inner_text() for page in desks}
        assert len(served) == 2, served
        self.look(desks[0], "queue")
        for page in desks:
            page.get_by_role("button", name="Завершить").click()
            expect(page.locator("#said")).to_contain_text("Записано")
        kiosks[0].reload()
        kiosks[0].goto(kiosks[0].url.rsplit("/", 1)[0])
        kiosks[0].locator(".faces button").first.click()
        expect(kiosks[0].get_by_text("Ваша оценка записана")).to_be_visible()
        with engine.connect() as connection:
            ratings = connection.execute(select(Ticket.rating).order_by(Ticket.id.desc()).limit(2)).scalars().all()
        assert sorted(ratings, key=str) == [5, None]
        engine.dispose()

    def forum(self) -> None:
        """Play a game of three tables to its end; one becomes a community."""
        self.go("instructor/forum")
        self.press(self.button("Открыть игру"))
        for number, words in enumerate(("Лужи во дворах", "Темно у школы", "Негде гулять"), start=1):
            self.desk.locator(f"#told-{number}").fill(words)
        self.press(self.button("Пустить часы"))
        expect(self.button("Остановить часы")).to_be_visible()
        self.look(self.desk, "forum")
        screen = self.window((1366, 768))
        address = self.link("Страница для экрана зала").get_attribute("href")
        screen.goto(self.course.url.rstrip("/") + str(address))
        expect(screen.locator(".clock")).to_contain_text("Осталось около 15 минут")
        self.look(screen, "forum-screen")
        self.press(self.button("Голосование"))
        for number, (first, second) in {1: (2, 3), 2: (1, 3), 3: (1, 2)}.items():
            self.desk.locator(f"#first-{number}").select_option(str(first))
            self.desk.locator(f"#second-{number}").select_option(str(second))
        self.press(self.button("Итоги"))
        expect(self.desk.locator(".ranked li").first).to_contain_text("Стол 1, 4 очка")
        self.press(self.desk.locator("input[name=becomes-1]"))
        self.desk.locator("#name-1").fill("Сухой двор")
        self.press(self.button("Закончить игру и записать"))
        expect(self.desk.locator("#life")).to_be_visible()
        engine = connect(CourseFolder.open(self.course.data))
        with engine.connect() as connection:
            assert "Сухой двор" in connection.execute(select(Community.name)).scalars().all()
        engine.dispose()

    def announcement(self, post: Post, port: int) -> None:
        """Announce the next lecture: checked, shown, and delivered to the mail server of this machine."""
        settings = f"send: {{mail: 'mailto://127.0.0.1:{port}?from=library@example.org&to=readers@example.org'}}\n"
        (self.course.data / "announce.yaml").write_text(settings, encoding="utf-8")
        self.go("instructor/announcements")
        self.desk.locator("#title").fill("Как не попасться мошенникам")
        self.desk.locator("#text").fill("Звоните 8 903 765-43-21")
        self.press(self.button("Посмотреть, что получится"))
        expect(self.desk.locator("#text-fault")).to_contain_text("телефон")
        self.desk.locator("#text").fill("Расскажем и потренируемся. Вход свободный.")
        self.press(self.button("Посмотреть, что получится"))
        expect(self.desk.locator("h1")).to_have_text("Проверьте, что получилось")
        self.look(self.desk, "announcement")
        assert not post.came
        self.press(self.button("Отправить и записать"))
        expect(self.desk.locator(".note.good")).to_contain_text("Рассылка по почте", timeout=WAIT_S * 1000)
        assert len(post.came) == 1

    def letters(self) -> None:
        """Five letters wait; collect, mark each by the rubric, see that none is left."""
        self._write_letters()
        self.go("instructor/grading")
        self.press(self.button("Собрать и проверить"))
        queue = self.desk.locator("tr, li, article", has_text=content.lesson(LETTERS).title)
        expect(queue.first).to_contain_text(f"{WRITERS}", timeout=120_000)
        self.go(f"instructor/grading/{LETTERS}")
        for number in range(1, WRITERS + 1):
            expect(self.desk.locator("h1")).to_contain_text(f"Работа {number} из", timeout=WAIT_S * 1000)
            expect(self.desk.locator(".answer")).to_have_text(LETTER)
            for name in self.desk.evaluate(
                "[...new Set([...document.querySelectorAll('input[name^=points-]')].map((one) => one.name))]"
            ):
                most = self.desk.locator(f'input[name="{name}"]').last
                self.press(most.locator("xpath=ancestor::label") if self.touch else most)
            if number == 1:
                self.look(self.desk, "marking")
            self.press(self.button("Сохранить и дальше"))
        expect(self.desk.locator("main")).to_contain_text("5 из 5")

    def report(self) -> None:
        """Open a figure to its facts, then take the year's report by one button."""
        self.go("instructor/indicators/omsk")
        self.look(self.desk, "indicators")
        row = self.desk.locator(".promised li", has_text="Количество консультаций")
        figure = int(row.locator("b").first.inner_text())
        self.press(row.locator(".count a"))
        expect(self.desk.locator(".sum")).to_contain_text(f"записей: {figure}")
        expect(self.desk.locator("table")).to_contain_text("Показания счётчиков")
        self.desk.go_back()
        with self.desk.expect_download(timeout=60_000) as download:
            self.press(self.link("Документ для подписи"))
        path = self.folder / "otchet.docx"
        download.value.save_as(path)
        cells = [cell.text.strip() for table in Document(str(path)).tables for row in table.rows for cell in row.cells]
        assert str(figure) in cells

    def _write_letters(self) -> None:
        engine = connect(CourseFolder.open(self.course.data))
        store, quiz = Store(engine), content.quiz(LETTERS)
        for place in range(WRITERS):
            journal = store.for_learner(int(self.course.learner(41 + place).card))
            for item in quiz.items:
                value = LETTER if isinstance(item, Written) else right_answer(item)
                body = {"do": "answer", "item": item.id, "answer": value}
                journal.append(Event(id=str(uuid.uuid4()), lesson=LETTERS, activity="quiz", run=1, body=body))
        engine.dispose()


def walk(day: Day) -> None:
    """Live the whole day."""
    day.enter(day.desk, day.course.instructor_pin)
    day.morning()
    hands = day.lesson()
    day.calls(hands)
    day.pointer(hands[min(hands)])
    day.telephone()
    day.queue()
    day.forum()
    with mail_server() as (post, port):
        day.announcement(post, port)
    day.letters()
    day.report()
