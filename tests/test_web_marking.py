"""Written answers are marked once, blindly, by one or two people, in nbgrader's own gradebook; and the class's results.

One class is graded for the whole file; the tests of the pages share a server, and each takes works of its own.
"""

from __future__ import annotations

import html
import re
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from letters_class import ALL, COLLEAGUE_PIN, ITEM, LESS, LESSON, graded, write
from sqlalchemy import select
from web_class import INSTRUCTOR_PIN, PINS, Answer, Browser, course_folder

from ecitizen import content, gradebook
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.manual import Response, responses
from ecitizen.gradebook.second import mark_second
from ecitizen.register.tables import Change
from ecitizen.web import running
from ecitizen.web.written import phrases

pytestmark = pytest.mark.slow

PLACE = f"instructor/grading/{LESSON}"


@dataclass
class Class:
    """A running class with two instructors."""

    folder: CourseFolder
    url: str
    anna: Browser
    pavel: Browser

    def answers(self) -> list[Response]:
        return responses(self.folder, [content.lesson(LESSON)])

    def given(self, form: dict[str, str]) -> Response:
        """Give the response that a form is about."""
        return next(one for one in self.answers() if one.version == form["version"])


@pytest.fixture(scope="module")
def class_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    """Serve a class of eight letters."""
    folder = graded(tmp_path_factory.mktemp("served") / "data")
    with running(folder) as server:
        pavel = Browser(server.url)
        assert pavel.post("instructor/login", pin=COLLEAGUE_PIN).place == "/instructor"
        yield Class(folder, server.url, Browser(server.url).as_instructor(), pavel)


@pytest.fixture
def lesson() -> content.Lesson:
    return content.lesson(LESSON)


def form_of(answer: Answer) -> dict[str, str]:
    """Give the hidden fields of the form on a page."""
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    return {name: html.unescape(value) for name, value in fields.items() if name != "_xsrf"}


def open_work(browser: Browser, place: int, turn: str = "") -> dict[str, str]:
    """Open a work by its place in the list; gives its form."""
    listed = browser.get(f"{PLACE}{turn}?list=1").text
    tickets = re.findall(r"\?work=([0-9a-f]{16})", listed)
    return form_of(browser.get(f"{PLACE}{turn}?work={tickets[place - 1]}"))


def points(given: dict[str, float]) -> dict[str, str]:
    return {f"points-{name}": f"{number:g}" for name, number in given.items()}


def test_list_tells_how_many_wait(class_: Class) -> None:
    page = class_.anna.get("instructor/grading").text
    assert re.search(r"Ждут проверки: \d+ из 8", page)
    assert f'href="/{PLACE}"' in page


def test_work_is_shown_blindly_and_harmlessly(class_: Class) -> None:
    browser = class_.anna
    pages = [browser.get(f"{PLACE}?work={ticket}").text for ticket in tickets(browser)]
    assert (
        sum("&lt;/div&gt;&lt;script&gt;alert(1)&lt;/script&gt; &amp; «двор»\nконец</div>" in page for page in pages)
        == 1
    )
    for place, page in enumerate(pages, 1):
        assert f"<h1>Работа {place} из 8</h1>" in page
        assert "Ёлкина" not in page
        assert not re.search(r"\b1(0[2-9]|1[0-2])\b", page.replace("Письмо номер 1", "")[page.index("<main") :])


def tickets(browser: Browser) -> list[str]:
    return re.findall(r"\?work=([0-9a-f]{16})", browser.get(f"{PLACE}?list=1").text)


def test_saved_mark_stands_in_nbgraders_gradebook(class_: Class) -> None:
    from nbgrader.api import Gradebook

    browser = class_.anna
    form = open_work(browser, 2)
    reply = browser.post(PLACE, **form, **points(LESS), comment="Хорошо", **{"phrase-0-0": "on"})
    assert reply.status == 303
    assert "saved=" in reply.place
    assert "Работа 2: 3,5 из 5" in browser.get(reply.place.lstrip("/")).text
    learner = str(class_.given(form).learner)
    with Gradebook(f"sqlite:///{class_.folder.gradebook / 'gradebook.db'}", "ecitizen") as book:
        grade = book.find_grade(ITEM, LESSON, LESSON, learner)
        assert (grade.manual_score, grade.needs_manual_grade) == (3.5, False)
        said = book.find_comment(ITEM, LESSON, LESSON, learner).comment
    assert said.endswith(f"Хорошо\n{phrases()['phrase-0'].phrases[0]}")


def test_second_save_of_the_same_form_does_nothing(class_: Class) -> None:
    browser = class_.anna
    form = open_work(browser, 3)
    replies = [browser.post(PLACE, **form, **points(ALL)) for _ in range(2)]
    assert {reply.place for reply in replies} == {f"/{PLACE}?saved={form['work']}"}
    assert marks_of(class_, form) == 1


def marks_of(class_: Class, form: dict[str, str], turn: str = "first") -> int:
    """Count the marks of a work in the trace of changes."""
    key = f"{turn}/{LESSON}/{ITEM}/{class_.given(form).learner}"
    with open_engine(class_.folder.database_url).connect() as connection:
        rows = connection.execute(select(Change.after).where(Change.table == "mark", Change.key == key)).all()
    return len(rows)


def test_second_instructor_is_told_and_asked(class_: Class) -> None:
    anna, pavel = class_.anna, class_.pavel
    hers, his = open_work(anna, 4), open_work(pavel, 4)
    anna.post(PLACE, **hers, **points(ALL), comment="Её слова")
    reply = pavel.post(PLACE, **his, **points(LESS), comment="Его слова")
    assert reply.status == 409
    for words in ("уже проверил другой", "5 из 5", "«Её слова»", "Его слова</textarea>", "Записать мои баллы"):
        assert words in reply.text
    given = class_.given(his).given
    assert given is not None
    assert given.points == ALL
    pavel.post(PLACE, **form_of(reply), **points(LESS), comment="Его слова")
    given = class_.given(his).given
    assert given is not None
    assert (given.points, given.comment) == (LESS, "Его слова")


@pytest.fixture(scope="module")
def untouched(class_: Class) -> dict[str, str]:
    """Give the form of a work that nobody marks."""
    return open_work(class_.anna, 5)


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"points-request": "3"}, 422, 'href="#line-request"'),
        ({"points-request": "-1"}, 422, 'href="#line-request"'),
        ({"points-request": "nan"}, 422, 'href="#line-request"'),
        ({"points-request": "много"}, 422, 'href="#line-request"'),
        ({"points-request": ""}, 422, "Остальное осталось на месте"),
        ({"comment": "а" * 2001}, 422, "длиннее 2000"),
        ({"version": "0" * 64}, 409, "слушатель ответил заново"),
        ({"before": "0" * 64}, 409, "оценку этой работы сняли"),
        ({"work": "0" * 16}, 404, "Этой работы больше нет"),
        ({"work": "../../etc"}, 404, "Этой работы больше нет"),
    ],
    ids=["much", "negative", "nan", "word", "empty", "long", "another text", "unmarked", "nobody", "path"],
)
def test_what_cannot_be_saved_comes_back_with_words(
    class_: Class, untouched: dict[str, str], wrong: dict[str, str], status: int, words: str
) -> None:
    reply = class_.anna.post(PLACE, **(untouched | points(ALL) | {"comment": "Моё замечание"} | wrong))
    assert (reply.status, words in reply.text) == (status, True)
    if "work" not in wrong:
        assert wrong.get("comment", "Моё замечание") in reply.text
        assert reply.text.count(" checked") >= 3
        assert "Эта работа уже проверена" not in reply.text


def test_nothing_of_it_was_written(class_: Class, untouched: dict[str, str]) -> None:
    assert class_.given(untouched).given is None


def test_name_is_shown_only_when_asked_and_noted(class_: Class) -> None:
    browser = class_.anna
    ours = next(one for one in class_.answers() if one.learner == 101)
    forms = (form_of(browser.get(f"{PLACE}?work={ticket}")) for ticket in tickets(browser))
    form = next(form for form in forms if form["version"] == ours.version)
    reply = browser.post(PLACE, **form, **points(LESS), comment="Недописанное", do="reveal")
    assert "Ёлкина Анна Петровна, карточка 101" in reply.text
    assert "Недописанное</textarea>" in reply.text
    assert reply.text.count(" checked") == 4
    assert class_.given(form).given == ours.given
    with open_engine(class_.folder.database_url).connect() as connection:
        keys = connection.execute(select(Change.key, Change.who).where(Change.table == "look")).all()
    assert [row.key for row in keys if "Ирина" in row.who] == [f"written:{LESSON}/{ITEM}/101"]


def test_mark_can_be_corrected_and_taken_back(class_: Class) -> None:
    browser = class_.anna
    form = open_work(browser, 6)
    browser.post(PLACE, **form, **points(ALL))
    again = open_work(browser, 6)
    browser.post(PLACE, **again, **points(LESS))
    given = class_.given(form).given
    assert given is not None
    assert given.points == LESS
    last = open_work(browser, 6)
    assert "Снять оценку" in browser.get(f"{PLACE}?work={last['work']}").text
    assert browser.post(PLACE, **last, do="unmark").place == f"/{PLACE}?work={last['work']}"
    assert class_.given(form).given is None


def test_save_after_the_session_keeps_what_was_typed(class_: Class) -> None:
    browser = Browser(class_.url)
    form = open_work(class_.anna, 7)
    reply = browser.post(PLACE, **form, **points(ALL), comment="Длинное & важное")
    assert reply.status == 403
    assert class_.given(form).given is None
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', reply.text))
    typed = {name: html.unescape(value) for name, value in fields.items() if name != "_xsrf"}
    kept = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>([^<]*)</textarea>', reply.text)
    typed |= {name: html.unescape(value) for name, value in kept}
    browser.post(PLACE, **(typed | {"again": "1", "pin": INSTRUCTOR_PIN}))
    given = class_.given(form).given
    assert given is not None
    assert (given.points, given.comment) == (ALL, "Длинное & важное")


def test_second_marker_sees_nothing_of_the_first(class_: Class) -> None:
    anna, pavel = class_.anna, class_.pavel
    form = open_work(anna, 8)
    anna.post(PLACE, **form, **points(LESS), comment="Тайное слово")
    second = f"{PLACE}/second"
    listed = pavel.get(f"{second}?list=1").text
    assert "3,5" not in listed
    work = pavel.get(f"{second}?work={form['work']}").text
    assert "Тайное слово" not in work
    assert " checked" not in work
    assert "Первую проверку этой работы делали вы" not in work
    assert "Первую проверку этой работы делали вы" in anna.get(f"{second}?work={form['work']}").text
    assert "Тайное слово" not in pavel.get(f"{PLACE}/agreement").text


def test_agreement_is_told_when_both_are_done(class_: Class, lesson: content.Lesson) -> None:
    pavel = class_.pavel
    assert "не закончена" in pavel.get(f"{PLACE}/agreement").text
    for answer in class_.answers():
        who = (class_.folder, lesson, answer.learner, ITEM)
        gradebook.mark(*who, LESS if answer.learner < 104 else ALL)
        mark_second(*who, LESS | {"signature": 0.0} if answer.learner == 108 else LESS if answer.learner < 104 else ALL)
    page = pavel.get(f"{PLACE}/agreement").text
    assert "Одинаковые баллы: 30 из 32 (94 %)" in page
    assert "Каппа Коэна: <b>0," in page
    assert page.count("Открыть") == 2
    assert "Всё проверено" in pavel.get("instructor/grading").text


@pytest.mark.parametrize("who", ["nobody", "learner", "guest"])
def test_only_staff_may_look(class_: Class, who: str) -> None:
    browser = Browser(class_.url)
    if who == "learner":
        assert browser.log_in(102, PINS[102]).place == "/lessons"
    elif who == "guest":
        browser.as_guest()
    for path in ("grading", f"grading/{LESSON}", f"grading/{LESSON}/agreement", "results", f"results/{LESSON}"):
        assert browser.get(f"instructor/{path}").status in {302, 403}
    assert browser.post(PLACE, work="x").status == 403


@pytest.mark.parametrize("path", ["grading/99-a", "grading/99-a/agreement", "results/99-a", f"grading/{LESSON}/third"])
def test_unknown_lesson_is_not_found(class_: Class, path: str) -> None:
    assert class_.anna.get(f"instructor/{path}").status == 404


def test_unknown_work_leads_to_the_list(class_: Class) -> None:
    assert "Этой работы больше нет" in class_.anna.get(f"{PLACE}?work=0000").text


def test_of_two_saves_at_once_one_is_asked(class_: Class) -> None:
    hers, his = open_work(class_.anna, 1), open_work(class_.pavel, 1)
    with ThreadPoolExecutor(2) as both:
        saves = [
            both.submit(class_.anna.post, PLACE, **hers, **points(ALL | {"greeting": 0.5})),
            both.submit(class_.pavel.post, PLACE, **his, **points(LESS | {"greeting": 0.5})),
        ]
        found = sorted(save.result().status for save in saves)
    assert found == [303, 409]


def test_double_press_is_one_mark(class_: Class) -> None:
    form = open_work(class_.anna, 1)
    before = marks_of(class_, form)
    with ThreadPoolExecutor(2) as both:
        saves = [both.submit(class_.anna.post, PLACE, **form, **points(ALL | {"subject": 0.0})) for _ in range(2)]
        assert {save.result().status for save in saves} == {303}
    assert marks_of(class_, form) == before + 1


def test_save_during_grading_keeps_what_was_typed(class_: Class, untouched: dict[str, str]) -> None:
    with closing(sqlite3.connect(class_.folder.gradebook / "grade.lock", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        reply = class_.anna.post(PLACE, **untouched, **points(ALL), comment="Недописанное")
    assert reply.status == 409
    assert "занята другим оцениванием" in reply.text
    assert "Недописанное</textarea>" in reply.text


# The results


def test_results_tell_what_to_do(class_: Class) -> None:
    browser = class_.anna
    page = browser.get("instructor/results").text
    assert f'href="/instructor/results/{LESSON}"' in page
    assert "Сравнить пока нельзя" in page
    assert "Писать деловое письмо" in page or "умеют" in page
    assert "Здесь пока пусто" in browser.get(f"instructor/results/{LESSON}").text


# What the learners see of it


def test_learner_sees_own_successes(class_: Class) -> None:
    learner = Browser(class_.url).as_learner(102)
    assert 'href="/successes"' in learner.get("lessons").text
    page = learner.get("successes").text
    assert page.index("Что получилось") < page.index("Что повторить")
    assert f'href="/lesson/{LESSON}?step=' in page
    assert content.lesson(LESSON).title in page
    assert "Борис" not in page


def test_marker_s_words_reach_the_learner_as_text(class_: Class, lesson: content.Lesson) -> None:
    gradebook.mark(class_.folder, lesson, 103, ITEM, LESS, comment="Хорошо <b>и</b> кратко")
    page = Browser(class_.url).as_learner(103).get("successes").text
    assert "Хорошо &lt;b&gt;и&lt;/b&gt; кратко" in page


def test_librarian_prints_the_sheet(class_: Class) -> None:
    page = class_.anna.get("instructor/people/102/successes")
    assert 'href="/instructor/people/102/successes.pdf"' in page.text
    sheet = class_.anna.get("instructor/people/102/successes.pdf")
    assert sheet.headers["Content-Type"] == "application/pdf"
    assert sheet.body.startswith(b"%PDF-")
    assert class_.anna.get("instructor/people/999/successes.pdf").status == 404


def test_successes_are_for_who_has_a_card(class_: Class) -> None:
    guest = Browser(class_.url)
    assert guest.get("successes").place == "/lessons"
    assert guest.post("guest").status == 303
    assert guest.get("successes").place == "/lessons"
    learner = Browser(class_.url).as_learner(102)
    assert learner.get("instructor/people/103/successes").status in {302, 303, 403}


# A class that was never graded


@pytest.mark.thorough
def test_new_course_is_collected_by_a_button(tmp_path: Path) -> None:
    folder = course_folder(tmp_path / "data")
    write(folder, 101, "Тема: двор")
    with running(folder) as server:
        browser = Browser(server.url).as_instructor()
        page = browser.get("instructor/grading").text
        assert "Работы ещё не собраны" in page
        assert "Ждут проверки" not in page
        assert "Слушатели уже отвечали, но работы не собраны" in browser.get("instructor/results").text
        assert browser.post("instructor/grading/collect").place == "/instructor/grading"
        ends = time.monotonic() + 120
        while "Идёт сбор и проверка" in (page := browser.get("instructor/grading").text):
            assert time.monotonic() < ends, page
            time.sleep(0.3)
    assert "Всё собрано" in page
    assert "Ждут проверки: 1 из 1" in page
