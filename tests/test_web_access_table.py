"""Every visitor at every address of the running server: who may, who is refused how, and what the trace keeps of it."""

from __future__ import annotations

import datetime as dt
import http.client
import re
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from access_table import HOME, STAFF, STRANGERS, VISITORS, Row, rows
from sqlalchemy import Engine, func, select, update
from tornado.web import RequestHandler
from web_class import INSTRUCTOR_PIN, Browser, course_folder

from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.register import people
from ecitizen.register.looking import looks
from ecitizen.register.tables import Change, Staff
from ecitizen.web import running
from ecitizen.web.access import MAY
from ecitizen.web.app import EcitizenApp
from ecitizen.web.pages import PageHandler, address_within, page_templates
from ecitizen.web.queue import key_of

PINS = {"curator": "271828", "manager": "161803", "expert": "141421", "dismissed": "173205"}
ROWS = rows()
PROGRAMS = ("journal", "api/", "voila/", "full/", "course-static/", "health", "me", "room/")
"""Addresses that no person opens: a refusal there is a number and no page."""


@dataclass(frozen=True, slots=True)
class House:
    """A running class with a browser for each visitor."""

    url: str
    engine: Engine
    visitors: dict[str, Browser]

    def refusals(self) -> list[tuple[str, str]]:
        """Give who was refused what, in order."""
        query = select(Change.who, Change.key).where(Change.table == "refusal").order_by(Change.id)
        with self.engine.connect() as connection:
            return [(row.who, row.key) for row in connection.execute(query)]

    def changes(self) -> int:
        """Count what the trace keeps of anything but looks and refusals."""
        query = select(func.count()).where(Change.table.not_in(["refusal", "look"]))
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = course_folder(tmp_path_factory.mktemp("access") / "data")
    engine = open_engine(folder.database_url)
    for role, pin in PINS.items():
        people.add_instructor(engine, f"Имя-{role}", pin, "instructor" if role == "dismissed" else role)
    with running(folder, spare_kernels=0) as server:
        visitors = {who: Browser(server.url) for who in VISITORS}
        visitors["instructor"].as_instructor()
        visitors["learner"].as_learner(101)
        visitors["guest"].as_guest()
        visitors["kiosk"].get(f"kiosk/main/{key_of(folder, 'main')}")
        for role, pin in PINS.items():
            assert visitors[role].post("instructor/login", pin=pin).place == "/instructor"
        yesterday = dt.date.today() - dt.timedelta(days=1)
        with engine.begin() as connection:
            connection.execute(update(Staff).where(Staff.name == "Имя-dismissed").values(until=yesterday))
        yield House(server.url, engine, visitors)
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    kind: str
    place: str
    text: str


def send(browser: Browser, method: str, path: str) -> Said:
    """Ask with an empty form and its token; of an answer that goes on, only the beginning."""
    address = urllib.parse.urlsplit(browser.url)
    assert address.hostname
    connection = http.client.HTTPConnection(address.hostname, address.port or 80, timeout=60)
    headers = {"Cookie": browser.cookies(), "Content-Type": "application/x-www-form-urlencoded"}
    body = None
    if method != "GET":
        body = f"_xsrf={urllib.parse.quote(browser.xsrf())}"
        headers["Cookie"] = browser.cookies()
    try:
        connection.request(method, "/" + path, body, headers)
        answer = connection.getresponse()
        kind, place = answer.headers.get("Content-Type", ""), answer.headers.get("Location", "")
        text = "" if kind.startswith("text/event-stream") else answer.read().decode("utf-8", "replace")
        return Said(answer.status, kind, place, text)
    finally:
        connection.close()


class Outline(HTMLParser):
    """What a reader of a page needs, whoever reads it to them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.lang, self.labels, self.fields, self.ways = "", set[str](), set[str](), 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.lang = given.get("lang", "") if tag == "html" else self.lang
        if tag == "label":
            self.labels.add(given.get("for", ""))
        if tag in {"input", "select", "textarea"} and given.get("type") != "hidden":
            self.fields.add(given.get("id", "?"))
        self.ways += tag == "button" or (tag == "a" and given.get("class", "").startswith("button"))


def check_page(said: Said, why: object) -> None:
    """A refusal is a Russian page with one heading, a main part, labelled fields and a way on."""
    page = Outline(said.text)
    assert page.lang == "ru", why
    assert (page.tags.count("h1"), page.tags.count("main"), page.tags.count("title")) == (1, 1, 1), why
    assert page.fields <= page.labels, why
    assert page.ways, why
    assert not re.search(r"Traceback|File \"|ecitizen\.|Error", said.text), why


def test_the_table_names_every_address() -> None:
    app = EcitizenApp()
    app.initialize_handlers()
    found, wanted = set(), set()
    for pattern, handler, *_ in app.handlers:
        for method in ("get", "post", "put", "delete", "patch"):
            if getattr(handler, method) is not getattr(RequestHandler, method):
                wanted.add((pattern, method.upper()))
    for row in ROWS:
        path = "/" + row.path.partition("?")[0]
        pattern = next(pattern for pattern, *_ in app.handlers if re.fullmatch(pattern, path))
        found.add((pattern, row.method))
    assert wanted - found == set(), "decide in tests/access_table.py who may"
    assert found - wanted <= {(r"/.*", "GET")}


@pytest.mark.parametrize("who", VISITORS)
def test_everybody_gets_what_the_table_says(house: House, who: str) -> None:
    browser, before = house.visitors[who], house.changes()
    known = set(house.refusals())
    for row in ROWS:
        if who in row.slow:
            continue
        lines = len(house.refusals())
        said = send(browser, row.method, row.path)
        if not (row.guess and said.status == 429):
            assert said.status == row.statuses[who], (row.name, said.place, said.text[:2000])
        new = house.refusals()[lines:]
        if row.stream and said.status == 200:
            assert said.kind.startswith("text/event-stream"), row.name
        if row.desk and who in STRANGERS:
            check_stranger(row, who, said)
        if who not in {"instructor", "curator"}:
            assert not re.search("Ершов|Жукова", said.text), row.name
        if said.status in {403, 404, 409} and not row.path.startswith(PROGRAMS) and "no" not in row.path.split("/"):
            check_page(said, row.name)
        refused = who in row.refused or (row.desk and who in {"guest", "learner", "dismissed"})
        # The same thing asked for again within ten minutes is the same refusal.
        assert len(new) == (1 if refused else 0) or (refused and not new and known), (row.name, new)
        for line in new:
            assert line not in known, row.name
            known.add(line)
        if who in row.refused:
            assert any(line[1].endswith(f":/{row.path.partition('?')[0]}") for line in known), row.name
            assert "не для вас" in said.text, row.name
    if who not in STAFF:
        assert house.changes() == before


def check_stranger(row: Row, who: str, said: Said) -> None:
    """Whoever is not of the staff is led to the door, which leads back, or asked for a PIN."""
    if said.status == 302:
        wanted = "" if row.path == "instructor" else "?" + urllib.parse.urlencode({"next": row.path})
        assert said.place == f"/instructor/login{wanted}", row.name
    elif row.method == "POST":
        assert 'name="pin"' in said.text, row.name


@pytest.mark.thorough
@pytest.mark.parametrize("who", STAFF.values())
def test_slow_pages_open_to_whom_they_should(house: House, who: str) -> None:
    browser = Browser(house.url)
    browser.post("instructor/login", pin=PINS.get(who, INSTRUCTOR_PIN))
    for row in ROWS:
        if who in row.slow:
            assert send(browser, row.method, row.path).status == row.statuses[who], row.name


def test_the_first_page_of_a_role_is_one_it_may_see(house: House) -> None:
    for role, place in HOME.items():
        browser = Browser(house.url)
        browser.post("instructor/login", pin=PINS[role])
        came = send(browser, "GET", "instructor")
        assert (came.status, came.place) == (302, place)
        assert send(browser, "GET", place[1:]).status == 200


def test_the_journal_of_looks_shows_who_was_refused(house: House) -> None:
    send(Browser(house.url).as_learner(103), "GET", "instructor/people/101/edit")
    curator = Browser(house.url)
    curator.post("instructor/login", pin=PINS["curator"])
    send(curator, "GET", "instructor/people/103/scores")
    text = Browser(house.url).as_instructor().get("instructor/people/looks").text
    assert re.search(r"слушатель 103</td><td[^>]*>отказано: изменение данных человека, /instructor/people<", text)
    assert "отказано: баллы человека, /instructor/people/103/scores" in text
    today = dt.date.today()
    found = [one for one in looks(house.engine, today, today + dt.timedelta(days=1)) if one.refused]
    assert all(one.at.tzinfo and one.who and one.what for one in found)


def test_a_stranger_cannot_fill_the_trace(house: House) -> None:
    learner, before = Browser(house.url).as_learner(102), len(house.refusals())
    for number in range(1, 40):
        send(learner, "GET", f"instructor/people/{number}")
        send(learner, "GET", f"instructor/indicators/made-up-{number}")
    assert len(house.refusals()) - before <= 2


def test_every_action_has_its_word() -> None:
    words = page_templates().get_template("access_words.html").module
    assert set(words.doing) == set(MAY)  # type: ignore[attr-defined]


NOWHERE = (
    "//evil.example", "https://evil.example", "\\\\evil.example", "/\\evil.example", "javascript:alert(1)",
    "instructor@evil.example", "instructor.evil.example", "instructor/../../x", "instructor\\@evil", "instructor\n/x",
    "instructor//evil.example", "lessons", "logout", "instructor/" + "a" * 2000, "", "ин",
)  # fmt: skip


@pytest.mark.parametrize("text", NOWHERE)
def test_a_door_leads_nowhere_else(house: House, text: str) -> None:
    assert not address_within(text, frozenset({"instructor"}))
    if len(text) < 100:
        assert Browser(house.url).post("instructor/login", pin=INSTRUCTOR_PIN, next=text).place == "/instructor"


def test_both_doors_lead_back_to_the_wanted_page(house: House) -> None:
    desk = Browser(house.url)
    wanted = desk.get("instructor/people?find=%D0%95%D1%80&group=w10")
    door = desk.get(wanted.place[1:]).text
    assert 'name="next" value="instructor/people?find=%D0%95%D1%80&amp;group=w10"' in door
    assert desk.post("instructor/login", pin="000000", next="instructor/queue").text.count("instructor/queue") == 1
    entered = desk.post("instructor/login", pin=INSTRUCTOR_PIN, next="instructor/people?find=%D0%95%D1%80&group=w10")
    assert entered.place == "/instructor/people?find=%D0%95%D1%80&group=w10"
    learner = Browser(house.url)
    assert learner.get("lesson/01-gosuslugi").place == "/?next=lesson%2F01-gosuslugi"
    assert learner.post("", card="101", pin="4821", next="lesson/01-gosuslugi").place == "/lesson/01-gosuslugi"
    assert Browser(house.url).post("", card="101", pin="4821", next="instructor").place == "/lessons"


def test_what_somebody_can_put_right_is_one_line_of_the_log_without_names() -> None:
    lines: list[str] = []
    log = SimpleNamespace(error=lambda text, *words: lines.append(text % words))
    handler: Any = SimpleNamespace(request=SimpleNamespace(method="POST", path="/instructor/people/104/move"), log=log)
    fault = CourseError("карточка 104", "запись Ершовой изменил кто-то другой", "Сравните")
    PageHandler.log_exception(handler, CourseError, fault, None)
    assert lines == ["POST /instructor/people/104/move: CourseError"]
