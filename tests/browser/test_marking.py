"""A librarian marks letters by keyboard, with and without scripts, on every window; then looks at the results."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from web_class import INSTRUCTOR_PIN, PINS, course_folder

from ecitizen import content, gradebook
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.manual import responses
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.practice.forms import form_of
from ecitizen.practice.items import right_answer
from ecitizen.practice.quiz import Single, Written
from ecitizen.web import running
from tests.browser.rig import SIZES, picture, violations

pytestmark = [pytest.mark.browser, pytest.mark.thorough]

LESSON, ITEM = "11-email", "q10"
PLACE = f"instructor/grading/{LESSON}"
LETTER = "Тема: заявка на конкурс\n\nЗдравствуйте! <b>Прошу</b> принять заявку, скан приложен.\n\nТамара Ильинична"
FORMS = {"entry": 0, "exit": 1}


def play(folder: CourseFolder) -> None:
    """Let nine people answer, most of them one and the same wrong option, write a letter and take both tests."""
    engine = open_engine(folder.database_url)
    store = Store(engine)
    quiz, pool = content.quiz(LESSON), content.pool()
    for learner in range(101, 110):
        journal = store.for_learner(learner)

        def answer(lesson: str, item: str, value: object, journal: object = journal) -> None:
            body = {"do": "answer", "item": item, "answer": value}
            journal.append(Event(id=str(uuid.uuid4()), lesson=lesson, activity="quiz", run=1, body=body))  # type: ignore[attr-defined]

        for item in quiz.items:
            wrong = isinstance(item, Single) and learner > 103
            right = LETTER if isinstance(item, Written) else right_answer(item)
            answer(LESSON, item.id, "o2" if wrong else right)
        for form, gain in FORMS.items():
            for place, item in enumerate(form_of(pool, "exit" if gain else "entry", journal.seed)):
                answer(f"{form}-test", item.id, right_answer(item) if gain or place % (learner - 99) else None)
    engine.dispose()
    gradebook.grade_lessons(folder, [content.lesson(LESSON)])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CourseFolder, str]]:
    """Serve a class whose letters wait."""
    folder = course_folder(tmp_path_factory.mktemp("marking") / "data")
    play(folder)
    with running(folder) as server:
        yield folder, server.url


def enter(page: Page, url: str) -> None:
    page.goto(f"{url}instructor/login")
    page.keyboard.type(INSTRUCTOR_PIN)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}instructor")


def on_every_window(page: Page, name: str) -> None:
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), size
        picture(page, f"{name}-{size}")
        assert violations(page) == []
        small = page.evaluate(
            """[...document.querySelectorAll("main button:not(.unseen), main a.button, main .step, main summary")]
            .filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect())
            .filter((box) => box.height < 48 || box.width < 48).length"""
        )
        assert small == 0, size
    page.set_viewport_size({"width": 1366, "height": 768})


def test_digits_give_points_line_by_line(chromium: Browser, served: tuple[CourseFolder, str]) -> None:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = context.new_page()
    enter(page, served[1])
    page.goto(f"{served[1]}{PLACE}")
    expect(page.locator("#digits")).to_be_visible()
    page.keyboard.type("1")
    page.keyboard.type("0,")
    page.keyboard.type("2")
    page.keyboard.type("9")
    given = page.locator("fieldset.line input:checked").evaluate_all("found => found.map(one => one.value)")
    assert given == ["1", "0.5", "2"], "nine points are none of this line's"
    page.locator("#comment").focus()
    page.keyboard.type("0, 1")
    assert page.locator("#comment").input_value() == "0, 1"
    assert page.locator("fieldset.line input:checked").count() == len(given)
    context.close()


def choose(page: Page, criterion: str, points: str) -> None:
    """Choose points by keyboard alone."""
    radio = page.locator(f'input[name="points-{criterion}"]').first
    radio.focus()
    page.keyboard.press("Space")
    for _ in range(10):
        if page.locator(f'input[name="points-{criterion}"]:checked').input_value() == points:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"{points} cannot be reached")


def test_letters_are_marked_by_keyboard(chromium: Browser, served: tuple[CourseFolder, str]) -> None:
    folder, url = served
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    enter(page, url)
    page.goto(f"{url}instructor/grading")
    expect(page.locator("main")).to_contain_text("Ждут проверки: 9 из 9")
    on_every_window(page, "marking-lessons")

    page.locator(".queue a.main").press("Enter")
    expect(page.locator("h1")).to_have_text("Работа 1 из 9")
    expect(page.locator(".answer")).to_have_text(LETTER)
    assert page.locator(".answer b").count() == 0
    on_every_window(page, "marking-work")

    choose(page, "subject", "1")
    page.locator("#comment").press_sequentially("Хорошо.")
    page.locator("details.phrases summary").press("Enter")
    phrase = page.locator("button.phrase").first
    said = phrase.inner_text()
    phrase.press("Enter")
    expect(page.locator("#comment")).to_have_value(f"Хорошо. {said}")
    on_every_window(page, "marking-phrases")
    page.locator("#comment").press("Control+Enter")
    expect(page.locator("#trouble")).to_contain_text("Не сохранено")
    expect(page.locator("#comment")).to_have_value(f"Хорошо. {said}")
    on_every_window(page, "marking-missing")
    for criterion, points in {"greeting": "1", "request": "1.5", "signature": "0"}.items():
        choose(page, criterion, points)
    page.locator("#comment").press("Control+Enter")
    expect(page.locator("h1")).to_have_text("Работа 2 из 9")
    expect(page.locator(".note.good")).to_contain_text("Работа 1: 3,5 из 5")
    (marked,) = [answer for answer in responses(folder, [content.lesson(LESSON)]) if answer.given]
    assert marked.given is not None
    assert (marked.given.total, marked.given.comment) == (3.5, f"Хорошо. {said}")

    # A step aside loses nothing.
    choose(page, "subject", "0.5")
    page.get_by_role("link", name="Назад к прошлой").press("Enter")
    expect(page.locator("h1")).to_have_text("Работа 1 из 9")
    expect(page.locator("main")).to_contain_text("Эта работа уже проверена: 3,5 из 5")
    page.go_back()
    expect(page.locator('input[name="points-subject"]:checked')).to_have_value("0.5")
    page.get_by_role("button", name="Показать, чьё это").press("Enter")
    expect(page.locator("main")).to_contain_text("карточка 10")
    expect(page.locator('input[name="points-subject"]:checked')).to_have_value("0.5")
    on_every_window(page, "marking-revealed")
    page.get_by_role("link", name="Все работы").press("Enter")
    expect(page.locator("table")).to_contain_text("3,5 из 5")
    on_every_window(page, "marking-list")
    assert wrong == []
    context.close()


def test_letters_are_marked_without_scripts(chromium: Browser, served: tuple[CourseFolder, str]) -> None:
    url = served[1]
    context = chromium.new_context(viewport={"width": 800, "height": 1280}, java_script_enabled=False)
    page = context.new_page()
    enter(page, url)
    page.goto(f"{url}{PLACE}?list=1")
    page.locator("table a").nth(4).click()
    expect(page.locator("h1")).to_have_text("Работа 5 из 9")
    page.locator("details.phrases summary").click()
    page.locator("label.phrase").first.click()
    picture(page, "marking-no-scripts")
    for criterion in ("subject", "greeting", "request", "signature"):
        page.locator(f"#line-{criterion} label").last.click()
    page.get_by_role("button", name="Сохранить и дальше").click()
    expect(page.locator(".note.good")).to_contain_text("Работа 5: 5 из 5")
    context.close()


def test_two_markers_are_compared(chromium: Browser, served: tuple[CourseFolder, str]) -> None:
    folder, url = served
    lesson = content.lesson(LESSON)
    from ecitizen.gradebook.second import mark_second

    for answer in responses(folder, [lesson]):
        most = {line.id: line.points for line in answer.scheme}
        gradebook.mark(folder, lesson, answer.learner, ITEM, most)
        mark_second(folder, lesson, answer.learner, ITEM, most | {"signature": answer.learner % 2})
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = context.new_page()
    enter(page, url)
    page.goto(f"{url}{PLACE}/agreement")
    expect(page.locator("main")).to_contain_text("Одинаковые баллы: 32 из 36 (89 %)")
    on_every_window(page, "marking-agreement")
    context.close()


def test_results_say_what_to_do(chromium: Browser, served: tuple[CourseFolder, str]) -> None:
    url = served[1]
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = context.new_page()
    enter(page, url)
    page.goto(f"{url}instructor/results")
    expect(page.locator(".bars li").first).to_contain_text("из 9 человек")
    expect(page.locator("main")).to_contain_text("Случайностью её не объяснить")
    on_every_window(page, "results")
    page.locator(".open-lessons a").first.press("Enter")
    expect(page.locator(".items").first).to_contain_text("Путают с ответом")
    expect(page.locator(".items").first).to_contain_text("Слишком лёгкий")
    on_every_window(page, "results-lesson")
    page.emulate_media(media="print")
    picture(page, "results-print")
    context.close()


def test_steps_of_a_practice_fit_every_window(chromium: Browser, served: tuple[CourseFolder, str]) -> None:
    folder, url = served
    engine = open_engine(folder.database_url)
    task = content.scenario(LESSON).tasks[0].id
    for learner in range(101, 107):
        event = Event(
            id=str(uuid.uuid4()), lesson=LESSON, activity=f"practice:{task}:solo", run=1, body={"do": "hint"}
        )  # fmt: skip
        Store(engine).for_learner(learner).append(event)
    engine.dispose()
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU").new_page()
    enter(page, url)
    page.goto(f"{url}instructor/results/{LESSON}")
    expect(page.locator(".funnel")).to_contain_text("Здесь бросают: 6 из 6")
    on_every_window(page, "results-steps")
    page.context.close()


def test_learner_reads_what_went_well(chromium: Browser, served: tuple[CourseFolder, str]) -> None:
    url = served[1]
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU").new_page()
    page.goto(f"{url}?card=1")
    page.fill("[name=card]", "101")
    page.fill("[name=pin]", PINS[101])
    page.locator("main button").first.click()
    page.wait_for_url(f"{url}lessons")
    page.get_by_role("link", name="Мои успехи").press("Enter")
    expect(page.locator("h1")).to_have_text("Ваши успехи")
    assert page.locator("h2").all_inner_texts()[:2] == ["Что получилось", "Что повторить"]
    on_every_window(page, "successes")
    page.context.close()
