"""Every form of the desk, found by walking its pages: what was typed outlives the session and its token's cookie."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from access_forms import PROOF, SESSION, TEXT, Form, forms_of, links_of, lose
from access_table import rows
from sqlalchemy import Engine, func, insert, select
from web_class import INSTRUCTOR_PIN, LESSON, Browser, course_folder

from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.register import attending, forum
from ecitizen.register.records import record
from ecitizen.register.tables import Change, ClassGroup, Consultation
from ecitizen.web import running
from ecitizen.web.queue import key_of
from ecitizen.web.visitor import CardIdentity, new_visitor

SKIPPED = re.compile(r"logout|\.(pdf|csv|ics|docx|xlsx|html)|/(scores|erase|successes|grading|results|indicators|hub)")
"""Pages that take seconds and forms that hold nothing typed; thorough runs elsewhere open them."""


@dataclass(frozen=True, slots=True)
class House:
    folder: CourseFolder
    engine: Engine
    url: str
    desk: Browser
    forms: dict[str, Form]
    """One of each kind, as the pages have them."""

    def changes(self) -> int:
        """Count what the trace keeps of anything but looks and refusals."""
        query = select(func.count()).where(Change.table.not_in(["refusal", "look"]))
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = course_folder(tmp_path_factory.mktemp("forms") / "data")
    engine, today, now = open_engine(folder.database_url), dt.date.today(), dt.datetime.now(dt.UTC)
    attending.hold(engine, "w10", today, LESSON, "Ирина", 60)
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code="w11", name="Четверг", site="main"))
    games = [forum.begin(engine, "main", "Игра", today, 2, 5, sign * 32, "Ирина") for sign in "123"]
    ended, ending, _ = games
    for game in (ended, ending):
        forum.turn(engine, game, "results", now)
    forum.close(engine, ended, [forum.Outcome(number=1, name="Сад", next_on=today)], "Ирина", now)
    with running(folder, spare_kernels=0) as server:
        desk = Browser(server.url).as_instructor()
        kiosk = f"kiosk/main/{key_of(folder, 'main')}"
        for _ in range(2):
            forms_of(Browser(server.url).get(f"{kiosk}?kind=0").text)[0].with_fields(first="no").send(desk)
        desk.post("instructor/queue/next")
        page = forms_of(desk.get("instructor/consultations").text, "instructor/consultations")
        page[-1].with_fields(topic="Запись к врачу").send(desk) if page[-1].action.endswith("consultations") else None
        yield House(
            folder,
            engine,
            server.url,
            desk,
            walk(desk, "instructor?group=w10", *(f"instructor/forum/{game}" for game in games)),
        )
    engine.dispose()


def walk(desk: Browser, *more: str) -> dict[str, Form]:
    """Follow the links of the desk; of each kind of page only the first is opened."""
    found: dict[str, Form] = {}
    ways, known = ["instructor", "instructor/announcements/preview?title=Встреча&text=Приходите", *more], set[str]()
    while ways:
        path = ways.pop()
        kind = re.sub(r"[0-9a-f]{16,32}|\d+", "N", path.partition("?")[0])
        if kind in known and path not in more:
            continue
        known.add(kind)
        answer = desk.get(path.replace("Встреча", "%D0%92").replace("Приходите", "%D0%9F"))
        if "text/html" not in answer.headers["Content-Type"]:
            continue
        ways += [
            link[1:] for link in links_of(answer.text) if link.startswith("/instructor") and not SKIPPED.search(link)
        ]
        for form in forms_of(answer.text, path):
            if form.action.startswith("instructor") and not SKIPPED.search(form.action):
                found.setdefault(form.kind, form)
    return found


def shown(text: str) -> Form:
    """Give the form that asks for the PIN, or that asks again."""
    (form,) = [form for form in forms_of(text) if form.value("again") or form.value(PROOF)]
    return form


def test_the_walk_finds_the_forms_of_the_table(house: House) -> None:
    """Every address that the table of access lets the instructor post to has its form on some page."""
    posts = [row.path for row in rows() if row.desk and row.method == "POST" and not SKIPPED.search(row.path)]
    kinds = {re.sub(r"[0-9a-f]{16,32}|\d+", "N", path) for path in posts}
    walked = {re.sub("N/(back|left|return|end)$", "N/call", kind.partition(" ")[0]) for kind in house.forms}
    assert len(walked) >= 18, sorted(walked)
    assert walked <= kinds
    # The others stand behind a step that a walk doesn't take: after a removal, in a lesson that is open, in a trial.
    behind = {
        "instructor/look/N", "instructor/look/N/events", "instructor/help", "instructor/people/issued/N",
        "instructor/people/roster/N", "instructor/people/undo", "instructor/consultations/restore",
        "instructor/consultations/N/revert", "instructor/queue/sweep", "instructor/queue/next",
        "instructor/announcements/N/remove", "instructor/announcements/restore/N", "instructor/forum/N/met/N/N",
        "instructor/room",
    }  # fmt: skip
    assert kinds - walked - behind == set()


def test_every_form_outlives_its_session(house: House) -> None:
    before = house.changes()
    for kind, form in house.forms.items():
        filled = form.filled()
        for lost in ((SESSION,), (PROOF,), (SESSION, PROOF)):
            browser = lose(house.desk, *lost)
            sent = filled.send(browser) if lost == (SESSION,) else filled.send_as_it_is(browser)
            assert sent.status == 403, (kind, lost)
            asked = shown(sent.text)
            assert asked.action == filled.action, (kind, lost)
            assert asked.typed == filled.typed, (kind, lost)
            assert 'id="pin"' in sent.text, (kind, lost)
    assert house.changes() == before, "nothing may be done before the PIN"


def through(house: House, form: Form, lost: tuple[str, ...], wrong: int = 3) -> tuple[int, str, str]:
    """Send a form without these cookies, type wrong PINs, then the right one; every page has to keep the fields."""
    browser = lose(Browser(house.url).as_instructor(), *lost)
    page = form.send_as_it_is(browser) if PROOF in lost else form.send(browser)
    for _ in range(wrong):
        asked = shown(page.text)
        assert asked.typed == form.typed, form.kind
        page = asked.send(browser, pin="000000")
        assert page.status == 403
    asked = shown(page.text)
    assert asked.typed == form.typed, form.kind
    done = asked.send(browser, pin=INSTRUCTOR_PIN)
    again = asked.send(browser, pin=INSTRUCTOR_PIN)
    if done.status == 303 and form.value("once") + form.value("token"):
        assert again.place == done.place, "the PIN typed twice does it once"
    return done.status, done.place, done.text


LOST = [
    pytest.param((SESSION,), id="session"),
    pytest.param((PROOF,), id="token"),
    pytest.param((SESSION, PROOF), id="both"),
]


@pytest.mark.parametrize("lost", LOST)
def test_a_consultation_is_written_once_after_the_pin(house: House, lost: tuple[str, ...]) -> None:
    count = select(func.count()).select_from(Consultation)
    with house.engine.connect() as connection:
        before = connection.execute(count).scalar_one()
    page = house.desk.get("instructor/consultations").text
    (form,) = [one for one in forms_of(page) if one.value("token")]
    status, place, _ = through(house, form.with_fields(topic="Талон «срочно» & копия"), lost)
    assert (status, "saved=" in place) == (303, True)
    with house.engine.connect() as connection:
        assert connection.execute(count).scalar_one() == before + 1


def test_a_person_is_changed_once_after_the_pin(house: House) -> None:
    (form,) = [one for one in forms_of(house.desk.get("instructor/people/102/edit").text) if one.value("version")]
    before = house.changes()
    assert through(house, form.with_fields(contact="дом <5> & 7"), (SESSION,))[:2] == (
        303,
        "/instructor/people/102?done=saved",
    )
    assert record(house.engine, 102).contact == "дом <5> & 7"
    assert house.changes() == before + 1


@pytest.mark.thorough
@pytest.mark.parametrize("lost", LOST)
def test_every_form_is_done_after_the_pin(house: House, lost: tuple[str, ...]) -> None:
    for kind, form in house.forms.items():
        if form.files or kind.endswith(("drop", "pin")):
            continue
        status, _, text = through(house, form.filled(), lost)
        assert status in {200, 303, 400, 404, 409, 410, 422}, kind
        assert "Traceback" not in text


def test_a_file_is_chosen_again_on_the_page_that_asks(house: House) -> None:
    form = house.forms["instructor/people/roster"]
    asked = shown(form.send(lose(house.desk, SESSION)).text)
    assert form.files == ["file"]
    line = b"\xef\xbb\xbf" + "Фамилия;Имя;Группа\nСедова;Ольга;Среда, 10:00\n".encode()
    browser = lose(house.desk, SESSION)
    parts = [("_xsrf", browser.xsrf()), ("again", "yes"), ("pin", INSTRUCTOR_PIN)]
    body = b"".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in parts
    )
    body += b'--b\r\nContent-Disposition: form-data; name="file"; filename="s.csv"\r\n\r\n' + line + b"\r\n--b--\r\n"
    expired = browser.ask(
        "POST", form.action, body.replace(b"again", b"agai_"), Content_Type="multipart/form-data; boundary=b"
    )
    assert expired.status == 403
    assert "Выберите файл ещё раз" in expired.text
    assert shown(expired.text).files == ["file"]
    sent = browser.ask("POST", form.action, body, Content_Type="multipart/form-data; boundary=b")
    assert (sent.status, sent.place[:28]) == (303, "/instructor/people/roster/" + sent.place[26:28])
    assert not asked.fields or asked.action == form.action


def test_a_page_of_another_site_does_nothing_and_shows_nothing(house: House) -> None:
    before = house.changes()
    for kind, form in house.forms.items():
        for origin in ("http://evil.example", "null"):
            browser = lose(house.desk, PROOF)
            answer = browser.ask(
                "POST", form.action, b"topic=x&again=yes&pin=" + INSTRUCTOR_PIN.encode(), Origin=origin
            )
            assert answer.status == 404, kind
            assert "Войдите ещё раз" not in answer.text
        # An old browser says nothing of where the form came from: the PIN counts only on a page of ours.
        blind = lose(house.desk, PROOF, SESSION).ask("POST", form.action, b"again=yes&pin=" + INSTRUCTOR_PIN.encode())
        assert blind.status == 403
        assert SESSION not in str(blind.headers.get_all("Set-Cookie"))
    assert house.changes() == before


PUBLIC = [
    ("", {"card": "102"}, "card", "102"),
    ("verify", {"text": TEXT}, "text", TEXT),
    ("survey/code", {"code": "48217-30659"}, "code", "48217-30659"),
    ("help", {"do": "call"}, "do", "call"),
    ("guest", {}, "", ""),
    ("logout", {}, "", ""),
]


@pytest.mark.parametrize(("path", "fields", "name", "value"), PUBLIC, ids=[path or "entry" for path, *_ in PUBLIC])
def test_forms_of_learners_outlive_their_token(
    house: House, path: str, fields: dict[str, str], name: str, value: str
) -> None:
    browser = Browser(house.url)
    form = Form(path, "post", [(PROOF, "2|0|0|0"), *fields.items()])
    sent = form.send_as_it_is(browser)
    assert sent.status == 403
    asked = forms_of(sent.text, path)[0]
    assert asked.value(name) == value
    assert asked.value(PROOF)
    assert asked.send(browser).status in {200, 303, 403, 422, 429}


def test_answers_of_the_survey_outlive_the_session(house: House) -> None:
    learner = Browser(house.url).as_learner(103)
    form = forms_of(learner.get("survey").text, "survey")[0]
    names = dict.fromkeys(re.findall(r'type="radio" name="([^"]+)"', learner.get("survey").text))
    filled = form.with_fields(**dict.fromkeys(names, "4"))
    for lost in ((SESSION,), (PROOF, SESSION)):
        browser = lose(learner, *lost)
        page = filled.send_as_it_is(browser)
        assert page.status == 403
        if PROOF in lost:
            page = shown(page.text).send(browser)
        assert shown(page.text).typed >= filled.typed
        wrong = shown(page.text).with_fields(card="103").send(browser, pin="0000")
        assert shown(wrong.text).typed == filled.typed | {("card", "103")}
    assert shown(wrong.text).send(browser, pin="5208").place == "/survey"
    assert "Отправить ответы" not in browser.get("survey").text


def test_the_kiosk_asks_again_without_its_token(house: House) -> None:
    place = f"kiosk/main/{key_of(house.folder, 'main')}"
    form = forms_of(Browser(house.url).get(f"{place}?kind=0").text)[0].with_fields(first="no")
    browser = Browser(house.url)
    asked = shown(form.send_as_it_is(browser).text)
    assert asked.typed == form.typed
    taken = asked.send(browser)
    assert taken.status == 303
    assert asked.send(browser).place == taken.place


def test_an_idle_desk_asks_for_the_pin_and_a_listening_page_is_no_hand(house: House) -> None:
    now_s = [0.0]
    identity = CardIdentity()
    identity.clock, identity.desk_idle_s = lambda: now_s[0], 60
    visitor, other = new_visitor("instructor", staff=1), new_visitor("instructor", staff=1)
    for at_s in (0, 59, 118):
        now_s[0] = at_s
        assert not identity.slept(visitor, by_itself=False)
    now_s[0] = 150
    assert not identity.slept(other, by_itself=True)
    assert not identity.slept(visitor, by_itself=True)
    now_s[0] = 178
    assert identity.slept(visitor, by_itself=True)
    assert identity.user_from_cookie(identity.user_to_cookie(visitor)) is None
    assert identity.user_from_cookie(identity.user_to_cookie(other)) is not None


@pytest.mark.thorough
def test_nothing_is_lost_when_an_idle_session_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(course_folder(tmp_path_factory.mktemp("idle") / "data"), spare_kernels=0, desk_idle_s=0.0) as server:
        desk = Browser(server.url)
        desk.post("instructor/login", pin=INSTRUCTOR_PIN)
        assert desk.get("instructor/people").status == 200
        assert desk.get("instructor/people?find=1").place == "/instructor/login?next=instructor%2Fpeople%3Ffind%3D1"
