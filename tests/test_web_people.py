"""Pages about people: who may, what is kept, what is done once, what is shown once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, insert, select
from web_class import INSTRUCTOR_PIN, PINS, Answer, Browser, course_folder

from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.opening import begin
from ecitizen.register import people
from ecitizen.register.enrolling import enrol
from ecitizen.register.erasing_record import RECORDS, Record, store
from ecitizen.register.records import record
from ecitizen.register.tables import Consent, Learner, Person
from ecitizen.web import running
from ecitizen.web.access import MAY, STAFF_ROLES, may

STAFF_PINS = {"curator": "271828", "manager": "161803", "expert": "141421"}
LIST = "Фамилия;Имя;Год рождения;Группа\n"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = course_folder(tmp_path_factory.mktemp("class") / "data")
    engine = open_engine(folder.database_url)
    for role, pin in STAFF_PINS.items():
        people.add_instructor(engine, f"Имя {role}", pin, role)
    engine.dispose()
    return folder.path


@pytest.fixture(scope="module")
def url(data: Path) -> Iterator[str]:
    with running(CourseFolder.open(data)) as server:
        yield server.url


@pytest.fixture
def engine(data: Path) -> Iterator[Engine]:
    engine = open_engine(data / "course.db")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def logged_in(url: str) -> Browser:
    """Spend the time of scrypt once."""
    return Browser(url).as_instructor()


@pytest.fixture
def desk(logged_in: Browser) -> Browser:
    browser = Browser(logged_in.url)
    for cookie in logged_in.jar:
        browser.jar.set_cookie(cookie)
    return browser


@pytest.fixture
def learner(engine: Engine) -> int:
    """Enrol somebody of whom no other test knows."""
    with engine.connect().execution_options(readonly=True) as connection:
        place = connection.execute(select(func.count()).select_from(Person)).scalar_one()
    surname = f"Тест{'абвгдежзиклмнопрстуфхцчшщэюя'[place]}ва"
    return enrol(engine, {"surname": surname, "given": "Инна", "group_code": "w10"}, "test").number


def page(path: str) -> str:
    return f"instructor/people{path}"


def upload(browser: Browser, name: str, data: bytes) -> Answer:
    lines = [
        b'--X\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n' + browser.xsrf().encode(),
        f'--X\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + data,
        b"--X--\r\n",
    ]
    kind = "multipart/form-data; boundary=X"
    return browser.ask("POST", page("/roster"), b"\r\n".join(lines), Content_Type=kind)


def once(text: str) -> str:
    found = re.search(r'name="once" value="(\w+)"', text)
    assert found, text
    return found[1]


def test_every_action_is_for_somebody() -> None:
    assert all(roles and roles <= set(STAFF_ROLES) for roles in MAY.values())
    assert not any(may(role, action) for role in ("learner", "guest") for action in MAY)


def test_manager_sees_numbers_of_people(url: str) -> None:
    browser = Browser(url)
    browser.post("instructor/login", pin=STAFF_PINS["manager"])
    came = browser.get("instructor")
    assert (came.status, came.place) == (302, "/instructor/people")
    text = browser.get(page("")).text
    sections = text[text.index('class="sections"') : text.index("</nav>")]
    seen = ["people", "consultations", "queue", "results", "indicators"]
    # The list stands twice in the page: as a row, and folded for a narrow window.
    assert list(dict.fromkeys(re.findall(r'href="/instructor/([a-z]+)"', sections))) == seen
    assert "Среда, 10:00" in text
    assert "человек" in text
    assert "Жукова" not in text
    assert "Новый ПИН" not in text


def test_search_finds_parts_of_names_and_numbers(desk: Browser) -> None:
    def found(find: str) -> list[str]:
        text = desk.get(page(f"?find={find}")).text
        return re.findall(r'people/(\d+)">', text)

    assert found("%D0%B5%D0%BB%D0%BA") == ["101"]  # елк: Ёлкина
    assert found("%D0%97%D0%9E%D0%AF%20%D0%B6%D1%83") == ["103"]  # ЗОЯ жу
    assert "102" in found("102")
    assert "Никого не нашли" in desk.get(page("?find=%3Cscript%3E")).text


def test_list_is_sorted_as_russians_sort(desk: Browser) -> None:
    numbers = re.findall(r'people/(\d+)">', desk.get(page("")).text)
    assert [number for number in numbers if number in {"101", "102", "103"}] == ["101", "102", "103"]


def test_new_person_gets_a_card_that_opens_the_door(desk: Browser, url: str) -> None:
    fields = {"surname": "Новосёлова", "given": "Ада", "group_code": "w10", "once": "a" * 32}
    first, second = desk.post(page("/new"), **fields), desk.post(page("/new"), **fields)
    assert first.place == second.place, "a double press is one person"
    shown = desk.get(first.place[1:]).text
    pin, card = re.search(r'pin-code">(\d{4})<', shown), re.search(r"Карточка</dt><dd>(\d+)<", shown)
    assert pin
    assert card
    assert Browser(url).log_in(int(card[1]), pin[1]).place == "/lessons"
    assert desk.get(first.place[1:] + "/cards.pdf").body.startswith(b"%PDF")
    assert Browser(url).as_instructor().get(first.place[1:]).status == 410, "another desk does not see the PIN"
    assert desk.post(first.place[1:]).place == "/instructor/people"
    assert desk.get(first.place[1:]).status == 410


def test_faults_keep_what_was_typed(desk: Browser) -> None:
    answer = desk.post(page("/new"), surname='Ивaнов"><b>', given="Пётр", group_code="w10", contact="дом 5")
    assert answer.status == 422
    text = html.unescape(answer.text)
    assert 'value="дом 5"' in text
    assert "<b>" not in answer.text.split("surname", 1)[1].split("</p>")[0]
    assert "лишние знаки" in text
    latin = desk.post(page("/new"), surname="Ивaнов", given="Пётр", group_code="w10")
    assert "латинская буква «a» в русском слове" in latin.text


def test_namesake_is_asked_about(desk: Browser, engine: Engine) -> None:
    typed = {"surname": "Жукова", "given": "Зоя", "patronymic": "Ильинична", "group_code": "w10"}
    asked = desk.post(page("/new"), **typed)
    assert asked.status == 422
    assert "карточка 103" in asked.text
    assert desk.post(page("/new"), namesake="yes", **typed).status == 303


def test_expired_session_keeps_the_form(desk: Browser, engine: Engine, learner: int) -> None:
    version = record(engine, learner).version
    desk.jar.clear()
    desk.xsrf()
    typed = {"surname": "Тихая", "given": "Инна", "contact": "<b>тел</b>", "version": version}
    asked = desk.post(page(f"/{learner}/edit"), **typed)
    assert asked.status == 403
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    assert hidden["contact"] == "&lt;b&gt;тел&lt;/b&gt;"
    typed = {name: html.unescape(value) for name, value in hidden.items() if name != "_xsrf"}
    wrong = desk.post(page(f"/{learner}/edit"), pin="000000", **typed)
    assert wrong.status == 403
    assert 'value="Тихая"' in wrong.text
    right = desk.post(page(f"/{learner}/edit"), pin=INSTRUCTOR_PIN, **typed)
    assert right.place == f"/instructor/people/{learner}?done=saved"
    assert record(engine, learner).surname == "Тихая"


def test_two_editors_see_each_other(desk: Browser, url: str, engine: Engine, learner: int) -> None:
    version = record(engine, learner).version
    other = Browser(url).as_instructor()
    assert other.post(page(f"/{learner}/edit"), surname="Первая", given="Инна", version=version).status == 303
    late = desk.post(page(f"/{learner}/edit"), surname="Вторая", given="Инна", version=version)
    assert late.status == 409
    assert "Сейчас записано: Первая" in late.text
    assert 'value="Вторая"' in late.text
    again = re.search(r'name="version" value="(\w+)"', late.text)
    assert again
    assert desk.post(page(f"/{learner}/edit"), surname="Вторая", given="Инна", version=again[1]).status == 303
    assert record(engine, learner).surname == "Вторая"


def test_two_desks_at_the_same_moment(desk: Browser, engine: Engine, learner: int) -> None:
    version = record(engine, learner).version
    forms = [{"surname": name, "given": "Инна", "version": version} for name in ("Левая", "Правая")]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda form: desk.post(page(f"/{learner}/edit"), **form).status, forms))
        presses = list(pool.map(lambda _: desk.post(page(f"/{learner}/pin"), once="c" * 32).place, range(3)))
    assert sorted(answers) == [303, 409]
    assert len(set(presses)) == 1


def test_leaving_is_taken_back_by_undo(desk: Browser, engine: Engine, learner: int) -> None:
    assert desk.post(page(f"/{learner}/leave"), left_on=f"{date.today():%d.%m.%Y}").place.endswith("done=left")
    mark = re.search(r'name="at" value="([^"]+)"', desk.get(page("/undo")).text)
    assert mark
    assert desk.post(page("/undo"), at="2020-01-01T00:00:00").status == 409, "something else than was shown"
    assert desk.post(page("/undo"), at=mark[1]).place == "/instructor/people?done=undone"
    assert record(engine, learner).left_on is None
    assert "Не получилось" in desk.post(page(f"/{learner}/leave"), left_on="завтра").text


def test_new_pin_kills_the_old_one_at_once(desk: Browser, url: str) -> None:
    asked = desk.get(page("/102/pin")).text
    fields = {"once": once(asked)}
    first, second = desk.post(page("/102/pin"), **fields), desk.post(page("/102/pin"), **fields)
    assert first.place == second.place
    pin = re.search(r'pin-code">(\d{4})<', desk.get(first.place[1:]).text)
    assert pin
    assert Browser(url).log_in(102, PINS[102]).status == 403
    assert Browser(url).log_in(102, pin[1]).place == "/lessons"


def test_list_with_faults_is_shown_then_taken_in_part(desk: Browser, engine: Engine) -> None:
    rows = "Паркова;Ада;1950;Ч\nПаркoва;Ева;1951;Ч\nЖукова;;1952;Ч\n"
    sent = upload(desk, "список.csv", (LIST + rows).encode("cp1251", "replace").replace(b"?", b"o"))
    assert sent.status == 303
    shown = desk.get(sent.place[1:])
    assert "Записать, что верно: 1 строка" in shown.text
    assert "латинская буква «o»" in shown.text
    assert '<b class="tone">Имя:</b> пусто' in shown.text
    fields = {"take": "good", "once": once(shown.text)}
    done, again = desk.post(sent.place[1:], **fields), desk.post(sent.place[1:], **fields)
    assert done.place == again.place
    text = desk.get(done.place[1:]).text
    assert "Новых: 1" in text
    assert "Строка 3" in text
    assert [one.full_name for one in people.roster(engine, "Ч")] == ["Паркова Ада"]
    assert desk.get(sent.place[1:]).status == 410, "the file is forgotten"
    assert desk.post(sent.place[1:], take="all").status == 410
    assert desk.get(done.place[1:] + "/cards.pdf").body.startswith(b"%PDF")


def test_list_is_refused_whole_unless_the_good_part_is_asked_for(desk: Browser, engine: Engine) -> None:
    sent = upload(desk, "a.csv", (LIST + "Хорошая;Ия;1950;Х\nПлохая;;1950;Х\n").encode())
    refused = desk.post(sent.place[1:], take="all")
    assert refused.status == 409
    assert "Пока ничего не записано" in refused.text
    assert not people.roster(engine, "Х")


@pytest.mark.parametrize(
    ("name", "body", "status", "words"),
    [
        ("", b"", 422, "Файл не выбран"),
        ("big.csv", b"x" * 950 * 1024, 413, "слишком велик"),
        ("../../evil.xlsx", b"PK\x03\x04torn", 303, "повреждён"),
        ("a.csv", ("Фамилия;Имя;Группа\n" + "Ко;Ян;Г\n" * 501).encode(), 303, "здесь можно 500"),
        ("<script>.csv", "Фамилия;Имя;Группа\n<script>;Ян;Г\n".encode(), 303, "&lt;script&gt;"),
    ],
    ids=["none", "large", "torn book", "many lines", "markup"],
)
def test_hostile_files_are_refused_kindly(desk: Browser, name: str, body: bytes, status: int, words: str) -> None:
    sent = upload(desk, name, body)
    assert sent.status == status
    shown = desk.get(sent.place[1:]) if status == 303 else sent
    assert words in shown.text
    assert "<script>." not in shown.text
    assert "/tmp" not in shown.text


def test_cards_of_a_group_keep_or_renew_the_pins(desk: Browser, url: str, engine: Engine) -> None:
    made = enrol(engine, {"surname": "Карточкина", "given": "Ия", "group_code": "К"}, "test")
    gone = enrol(engine, {"surname": "Стёртова", "given": "Ия", "group_code": "К"}, "test").number
    desk.post(page(f"/{gone}/erase"), card=str(gone), reason="отзыв согласия")
    fields = {"group": "К", "address": "http://10.0.0.5:8000/", "names": "yes"}
    kept = desk.post(page("/cards"), pins="keep", **fields)
    assert desk.get(kept.place[1:] + "/cards.pdf").body.startswith(b"%PDF")
    assert Browser(url).log_in(made.number, made.pin).place == "/lessons"
    desk.post(page("/cards"), pins="new", **fields)
    assert Browser(url).log_in(made.number, made.pin).status == 403
    with engine.connect().execution_options(readonly=True) as connection:
        hashes = select(Learner.number, Learner.pin_hash).where(Learner.pin_hash == "")
        assert [row.number for row in connection.execute(hashes)] == [gone], "an erased card stays dead"
    assert desk.post(page("/cards"), **{**fields, "address": "курс"}).status == 422
    assert desk.post(page("/cards"), **{**fields, "group": "никто"}).status == 422


def test_page_of_a_person_says_who_looked(desk: Browser, learner: int) -> None:
    desk.get(page(f"/{learner}"))
    text = desk.get(page(f"/{learner}")).text
    assert "ведущий Ирина" in text
    assert "Согласие не записано" in text
    assert "Пройдено 0 из" in text


def test_withdrawn_consent_asks_for_erasure(desk: Browser, engine: Engine, learner: int) -> None:
    with engine.begin() as connection:
        values = {"purpose": "обучение", "given_on": date(2020, 1, 1), "withdrawn_on": date(2020, 2, 1)}
        connection.execute(insert(Consent).values(learner=learner, **values))
    assert f"карточка {learner}</a>" in desk.get(page("")).text
    assert "Согласие «обучение» отозвано 01.02.2020" in desk.get(page(f"/{learner}")).text


def test_begun_erasing_can_be_gone_on_with(desk: Browser, data: Path, learner: int) -> None:
    assert "Закончить стирание" not in desk.get(page(f"/{learner}")).text
    store(data, Record(number=learner, who="test", reason="отзыв согласия", begun=datetime.now(UTC)))
    try:
        assert f'href="/instructor/people/{learner}/erase">Закончить стирание' in desk.get(page(f"/{learner}")).text
    finally:
        (data / RECORDS / f"{learner}.json").unlink()


def test_erasing_wants_the_number_and_gives_the_act(desk: Browser, engine: Engine, data: Path, learner: int) -> None:
    surname = record(engine, learner).surname
    engine.dispose()
    (data / "тёзка.txt").write_text(surname)
    chosen = {"keep": "тёзка.txt", "once": "b" * 32}
    wrong = desk.post(page(f"/{learner}/erase"), card="1", reason="отзыв согласия", **chosen)
    assert wrong.status == 422
    assert 'name="keep" value="тёзка.txt" checked' in wrong.text
    done = desk.post(page(f"/{learner}/erase"), card=f" {learner}", reason="отзыв согласия", **chosen)
    (data / "тёзка.txt").unlink()
    text = desk.get(done.place[1:]).text
    assert "фамилия, имя, отчество" in text
    assert "База была занята" not in text
    assert desk.get(page(f"/{learner}/act")).body.startswith(b"PK")
    assert record(engine, learner).erased
    assert surname not in desk.get(page("")).text
    assert f"карточка {learner}" in desk.get(page(f"/{learner}")).text
    assert desk.post(page(f"/{learner}/pin")).status == 409
    assert not [path for path in data.rglob("*") if path.is_file() and surname.encode() in path.read_bytes()]


@pytest.mark.thorough
def test_empty_course_says_how_to_begin(tmp_path: Path) -> None:
    folder = CourseFolder.create(tmp_path / "data")
    pin = begin(folder)
    with running(folder) as server:
        desk = Browser(server.url)
        desk.post("instructor/login", pin=pin)
        text = desk.get(page("")).text
        assert "Здесь пока никого нет" in text
        assert "Запишите первого человека" in text
        made = desk.post(page("/new"), surname="Первая", given="Ия", new_group="Среда, 10:00")
        assert made.status == 303
        assert "Среда, 10:00" in desk.get(page("")).text


def test_unknown_card_is_said_kindly(desk: Browser) -> None:
    answer = desk.get(page("/999"))
    assert answer.status == 409
    assert "номера 999 нет в списке" in answer.text
    assert desk.get(page("/9999999")).status == 404
