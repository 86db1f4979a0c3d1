"""The live parts by HTTP: streams as a browser hears them, two helpers at once, who may look."""

from __future__ import annotations

import http.client
import json
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine, delete, insert, select
from web_class import LESSON, Browser, course_folder, soon

from ecitizen.database import open_engine
from ecitizen.register import people
from ecitizen.register.tables import Change, ClassGroup, Person, Place
from ecitizen.web import running

GROUP, OTHER = "w10", "w11"
PINS = {"instructor": "600001", "curator": "600002", "manager": "600003", "expert": "600004"}
EVENT_STREAM = "text/event-stream; charset=utf-8"


@dataclass
class Stream:
    """One open stream, read event by event."""

    browser: Browser
    path: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        where = urlsplit(self.browser.url)
        self.connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=20)
        headers = {"Cookie": self.browser.cookies(), "Accept-Encoding": "gzip"}
        self.connection.request("GET", f"/{self.path}", headers=headers)
        self.answer = self.connection.getresponse()

    def next(self, name: str) -> str:
        """Give the document of the next event of this name."""
        told, data = "", list[str]()
        while line := self.answer.readline().decode().rstrip("\n"):
            kind, _, text = line.partition(": ")
            told = text if kind == "event" else told
            data += [text] if kind == "data" else []
            if not told:
                continue
        return "\n".join(data) if told == name else self.next(name)

    def until(self, name: str, **wanted: Any) -> dict[str, Any]:
        """Read on until a JSON event says this."""
        while True:
            document = json.loads(self.next(name))
            if document.items() >= wanted.items():
                return dict(document)

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@dataclass(frozen=True, slots=True)
class House:
    url: str
    engine: Engine
    staff: dict[str, Browser]

    def learner(self, card: int = 101) -> Browser:
        return Browser(self.url).as_learner(card)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = course_folder(tmp_path_factory.mktemp("board") / "data")
    engine = open_engine(folder.database_url)
    for role, pin in PINS.items():
        people.add_instructor(engine, f"Имя-{role}", pin, role)
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code=OTHER, name="Пятница", site="main"))
    with running(folder) as server:
        staff = {role: Browser(server.url) for role in PINS}
        for role, pin in PINS.items():
            staff[role].post("instructor/login", pin=pin)
        yield House(server.url, engine, staff)
    assert server.process.returncode == 0, "streams that stand open must not keep the server from stopping"
    engine.dispose()


@pytest.fixture
def heard() -> Iterator[list[Stream]]:
    streams: list[Stream] = []
    yield streams
    for stream in streams:
        stream.close()


def call(learner: Browser, **wish: Any) -> None:
    body = json.dumps({"lesson": LESSON, "step": 5, **wish}).encode()
    learner.ask("POST", "help", body, Content_Type="application/json", X_XSRFToken=learner.xsrf())


def say(learner: Browser, do: str) -> int:
    body = json.dumps({"do": do}).encode()
    return learner.ask("POST", "room/look", body, X_XSRFToken=learner.xsrf()).status


def test_a_call_stands_on_the_board_and_the_answer_on_the_page(house: House, heard: list[Stream]) -> None:
    desk, learner = house.staff["instructor"], house.learner()
    board, page = Stream(desk, f"instructor/board/events?group={GROUP}"), Stream(learner, "room/events")
    heard += [board, page]
    assert board.answer.headers["Content-Type"] == EVENT_STREAM
    assert board.answer.headers["Content-Encoding"] == "identity"
    assert "Ёлкина" in board.next("board")
    assert json.loads(page.next("words"))["call"] == "Позвать помощника"
    call(learner)
    cards = json.loads(board.next("cards"))
    assert set(cards) == {"101", "calls", "count"}
    assert "зовёт" in cards["101"]
    assert "Место 7" in cards["calls"]
    page.until("me", call="waiting")
    desk.post("instructor/help", who="101", do="coming")
    page.until("me", call="coming")
    assert "Идёт Имя-instructor" in board.next("board")
    call(learner, cancel=True)
    assert "никто не зовёт" in json.loads(board.next("cards"))["calls"]
    told: list[set[str]] = []
    for _ in range(2):
        for wish in ({}, {"cancel": True}):
            call(learner, **wish)
            told.append(set(json.loads(board.next("cards"))))
    # A beat of the clock in between may tell everything anew, once.
    assert {"101", "calls"} in told, "what is as it was is not told again"


def order(html: str) -> list[str]:
    return re.findall(r'data-call="([^"]+)"', html)


def test_who_called_first_stands_first(house: House, heard: list[Stream]) -> None:
    desk, callers = house.staff["instructor"], [103, 101, 102]
    board = Stream(desk, f"instructor/board/events?group={GROUP}")
    heard.append(board)
    board.next("board")
    learners = [house.learner(card) for card in callers]
    for place, learner in enumerate(learners, start=1):
        call(learner)
        told = ""
        while len(order(told)) < place:
            told = json.loads(board.next("cards"))["calls"]
        assert order(told) == [str(card) for card in callers[:place]]
    desk.post("instructor/help", who="103", do="coming")
    assert order(desk.get(f"instructor/board?group={GROUP}").text) == ["101", "102", "103"]
    for learner in learners:
        call(learner, cancel=True)


def test_an_erased_person_stands_on_no_board(house: House) -> None:
    board = f"instructor/board?group={GROUP}"
    assert 'data-key="103"' in house.staff["instructor"].get(board).text
    with house.engine.begin() as connection:
        kept = connection.execute(delete(Person).where(Person.number == 103).returning(Person)).one()._asdict()
    shown = house.staff["instructor"].get(board).text
    with house.engine.begin() as connection:
        connection.execute(insert(Person).values(kept))
    assert "103" not in re.findall(r'data-key="(\d+)"', shown)


def test_a_call_from_another_group_stays_on_the_board(house: House, heard: list[Stream]) -> None:
    board = Stream(house.staff["instructor"], f"instructor/board/events?group={OTHER}")
    heard.append(board)
    assert "никто не зовёт" in board.next("board")
    first, second = house.learner(), house.learner(102)
    call(first)
    assert "Место 7" in board.next("board")
    call(second)
    assert "Карточка 102" in board.next("board")
    call(second, cancel=True)
    calls = json.loads(board.next("cards"))["calls"]
    assert "Место 7" in calls
    assert "Карточка 102" not in calls
    call(first, cancel=True)


def test_two_helpers_at_once_are_one(house: House) -> None:
    learner = house.learner()
    call(learner)
    answers: dict[str, str] = {}

    def go(role: str) -> None:
        answers[role] = house.staff[role].post("instructor/help", who="101", do="coming").place

    both = [threading.Thread(target=go, args=[role]) for role in ("instructor", "curator")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted("late" in place for place in answers.values()) == [False, True]
    first, late = sorted(answers, key=lambda role: "late" in answers[role])
    page = house.staff[late].get(answers[late].lstrip("/")).text
    assert f"Сюда уже идёт Имя-{first}" in page
    again = house.staff[first].post("instructor/help", who="101", do="again")
    assert "Вызов снова ждёт" in house.staff[first].get(again.place.lstrip("/")).text
    done = house.staff[late].post("instructor/help", who="101", do="done")
    assert "Вернуть вызов" in house.staff[late].get(done.place.lstrip("/")).text
    assert "Этого вызова уже нет" in house.staff[late].get(
        house.staff[first].post("instructor/help", who="101", do="coming").place.lstrip("/")
    ).text  # fmt: skip
    assert learner.me()["call"] == "none"


def test_a_pause_and_a_showing_reach_the_pages(house: House, heard: list[Stream]) -> None:
    desk, learner = house.staff["curator"], house.learner(102)
    page, projector = Stream(learner, "room/events"), Stream(desk, f"instructor/room/events?group={GROUP}")
    heard += [page, projector]
    page.until("me", room=None)
    assert projector.next("room") == "null"
    desk.post("instructor/room", group=GROUP, do="pause")
    page.until("me", room={"kind": "pause"})
    assert "Пауза. Страницы у всех ждут" in desk.get(f"instructor/board?group={GROUP}").text
    assert "Показать<" in desk.get(f"instructor/room?group={GROUP}&lesson={LESSON}").text
    desk.post("instructor/room", group=GROUP, do="show", lesson=LESSON, task="order")
    first = page.until("me")["room"]
    assert (first["kind"], first["n"]) == ("show", 1)
    for to in ("2", "2", "1"):
        assert desk.post("instructor/room", group=GROUP, do="turn", to=to).status == 303
    projector.until("room", at=1)
    assert page.until("me")["room"]["total"] == first["total"]
    shown = desk.get(f"instructor/room?group={GROUP}").text
    assert 'data-at="1"' in shown
    desk.post("instructor/room", group=GROUP, do="show", lesson=LESSON, task="")
    projector.until("room", what=f"{LESSON}/", at=0)
    assert page.until("me")["room"]["caption"] == "Зачем это мне"
    whole = desk.get(f"instructor/room?group={GROUP}").text
    assert re.search('id="reads"[^>]*>\\s*<p>Портал госуслуг', whole), "a text is there without JavaScript too"
    assert desk.post("instructor/room", group=GROUP, do="free").place == "/instructor"
    page.until("me", room=None)
    assert desk.post("instructor/room", group=GROUP, do="turn", to="1").status == 409
    for wrong in ({"group": "none", "do": "pause"}, {"group": GROUP, "do": "dance"}):
        assert desk.post("instructor/room", **wrong).status == 404
    assert desk.post("instructor/room", group=GROUP, do="show", lesson=LESSON, task="none").status == 404


def test_nobody_is_looked_at_unseen(house: House, heard: list[Stream]) -> None:
    desk, learner = house.staff["instructor"], house.learner()
    call(learner)
    look = Stream(desk, "instructor/look/101/events")
    heard.append(look)
    assert json.loads(look.next("screen")) == {"state": "closed"}
    page = Stream(learner, "room/events")
    heard.append(page)
    assert page.until("me")["look"] == "seen"
    screen = look.until("screen", state="here")
    assert (screen["step"], screen["kind"], screen["view"]["mode"]) == (5, "practice", "solo")
    desk.post("instructor/look/101", control="enter")
    page.until("me", point="enter")
    look.until("screen", point="enter")
    assert say(learner, "unseen") == 200
    page.until("me", look="unseen", point=None)
    look.until("screen", state="unseen")
    assert say(learner, "seen") == 200
    look.until("screen", state="here")
    look.close()
    page.until("me", look="")
    with house.engine.connect() as connection:
        looks = connection.execute(select(Change.key).where(Change.table == "look")).scalars().all()
    desk.get("instructor/look/101")
    with house.engine.connect() as connection:
        after = connection.execute(select(Change.key).where(Change.table == "look")).scalars().all()
    assert set(after) - set(looks) == {"screen:101"}
    call(learner, cancel=True)


def test_a_press_of_the_learner_takes_the_pointer_off(house: House, heard: list[Stream]) -> None:
    desk, learner = house.staff["instructor"], house.learner(103)
    page = Stream(learner, "room/events")
    look = Stream(desk, "instructor/look/103/events")
    heard += [page, look]
    look.until("screen", state="here")
    desk.post("instructor/look/103", control="enter")
    page.until("me", point="enter")
    call(learner)
    page.until("me", point=None, call="waiting")
    call(learner, cancel=True)


@pytest.mark.parametrize("control", ["<b>", "x" * 81, "\n"])
def test_only_a_control_is_pointed_at(house: House, control: str) -> None:
    assert house.staff["instructor"].post("instructor/look/101", control=control).status in {303, 400}
    assert house.staff["instructor"].post("instructor/look/999", control="enter").status == 404


def test_a_helper_from_elsewhere_sees_only_who_calls(house: House) -> None:
    expert, learner = house.staff["expert"], house.learner()
    assert "никто не зовёт" in expert.get("instructor/calls").text
    assert expert.get("instructor/look/101").status == 403
    call(learner)
    page = expert.get("instructor/calls").text
    assert "Карточка 101" in page
    looked = expert.get("instructor/look/101")
    assert looked.status == 200
    assert not re.search("Ёлкина|Анна", page + looked.text)
    call(learner, cancel=True)


def test_calls_reach_a_helper_from_elsewhere_by_themselves(house: House, heard: list[Stream]) -> None:
    expert, learners = house.staff["expert"], [house.learner(102), house.learner(101)]
    page = expert.get("instructor/calls").text
    assert 'data-src="/instructor/calls"' in page
    assert re.search(r'id="refresh" href="/instructor/calls">Обновить', page), "works without JavaScript"
    calls = Stream(expert, "instructor/calls/events")
    heard.append(calls)
    assert "никто не зовёт" in calls.next("board")
    told = ""
    for learner in learners:
        call(learner)
        told = calls.next("board")
    assert order(told) == ["102", "101"]
    assert not re.search("Ершов|Ёлкина|<html", told)
    house.staff["instructor"].post("instructor/help", who="102", do="coming")
    assert "К нему уже идут" in calls.next("board")
    for learner in learners:
        call(learner, cancel=True)
        told = calls.next("board")
    assert "никто не зовёт" in told


def test_an_expert_sees_the_screen_of_whom_the_queue_gave(house: House) -> None:
    expert, other = house.staff["expert"], house.staff["curator"]
    house.learner(102)
    asked = {"site": "main", "kind": "Госуслуги и справки", "came": "person", "once": uuid.uuid4().hex}
    expert.post("instructor/queue/take", **asked, learner="102")
    assert expert.get("instructor/look/102").status == 403
    expert.post("instructor/queue/next")
    assert "Посмотреть экран карточки 102" in expert.get("instructor/queue").text
    assert "Посмотреть экран" not in other.get("instructor/queue").text
    looked = expert.get("instructor/look/102")
    assert looked.status == 200
    assert 'href="/instructor/queue">Больше не смотреть' in looked.text
    assert expert.get("instructor/look/103").status == 403
    assert house.staff["manager"].get("instructor/look/102").status == 403
    assert not re.search("Ершов|Борис", looked.text)
    with house.engine.connect() as connection:
        place = connection.execute(select(Place.id).where(Place.learner == 102)).scalar_one()
    expert.post(f"instructor/queue/{place}/end", result="done", minutes="5", topic="")
    assert expert.get("instructor/look/102").status == 403


def test_a_number_without_a_card_opens_no_screen(house: House) -> None:
    expert, guest = house.staff["expert"], Browser(house.url).as_guest()
    guest.get("lessons")
    expert.post("instructor/queue/take", site="main", kind="Госуслуги и справки", came="person", once=uuid.uuid4().hex)
    expert.post("instructor/queue/next")
    try:
        looks = {expert.get(f"instructor/look/guest-{number}").status for number in range(1, 10)}
        assert looks <= {403, 404}
        assert 403 in looks
    finally:
        with house.engine.connect() as connection:
            place = connection.execute(select(Place.id).where(Place.state == "serving")).scalar_one()
        expert.post(f"instructor/queue/{place}/end", result="done", minutes="5", topic="")


MAY = [
    ("instructor/board", {"instructor", "curator"}),
    (f"instructor/room?group={GROUP}", {"instructor", "curator"}),
    ("instructor/look/101", {"instructor", "curator"}),
    ("instructor/calls", {"expert"}),
]


@pytest.mark.parametrize(("path", "roles"), MAY, ids=[path for path, _ in MAY])
def test_each_role_sees_what_it_needs(house: House, path: str, roles: set[str]) -> None:
    assert {role for role, browser in house.staff.items() if browser.get(path).status == 200} == roles
    for stranger in (Browser(house.url), house.learner(102), Browser(house.url).as_guest()):
        assert stranger.get(path).status in {302, 403}


@pytest.mark.parametrize("path", ["instructor/board/events", "instructor/look/101/events"])
def test_no_stream_opens_for_a_stranger(house: House, path: str) -> None:
    for browser in (Browser(house.url), house.learner(102), house.staff["manager"]):
        answer = browser.get(path)
        assert answer.status in {302, 403}
        assert answer.headers["Content-Type"] != EVENT_STREAM
    for browser in (Browser(house.url), house.staff["instructor"]):
        assert browser.get("room/events").status == 403


def test_a_stream_ends_with_its_session(house: House, heard: list[Stream]) -> None:
    learner = house.learner(102)
    page = Stream(learner, "room/events")
    heard.append(page)
    page.until("me")
    learner.post("logout")
    house.staff["instructor"].post("instructor/room", group=GROUP, do="pause")
    assert page.answer.read() == b""
    house.staff["instructor"].post("instructor/room", group=GROUP, do="free")


def test_more_windows_than_a_browser_has_lines_end_the_oldest(house: House, heard: list[Stream]) -> None:
    learner = house.learner(102)
    heard += [Stream(learner, "room/events") for _ in range(5)]
    assert heard[0].next("enough") == ""
    assert soon(lambda: heard[0].answer.isclosed() or not heard[0].answer.read())
