"""The desk by HTTP, without JavaScript: today's class and the journal of consultations."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, delete, func, insert, select
from web_class import INSTRUCTOR_PIN, Answer, Browser, course_folder

from ecitizen.database import open_engine
from ecitizen.register import consulting
from ecitizen.register.attending import Hour, Meeting
from ecitizen.register.tables import Attendance, Change, ClassGroup, Consultation, Session
from ecitizen.web import running
from ecitizen.web.once import new_token
from ecitizen.web.pages import page_templates
from ecitizen.web.today import ClassOfDay

TODAY = dt.date.today()
TOPIC = "Запись к врачу"


@dataclass(frozen=True, slots=True)
class Room:
    """A running class, its register, and two instructors at once."""

    url: str
    engine: Engine
    desk: Browser
    other: Browser

    def rows(self, table: Any) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    def clear(self) -> None:
        with self.engine.begin() as connection:
            for table in (Attendance, Session, Consultation):
                connection.execute(delete(table))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = course_folder(tmp_path_factory.mktemp("class") / "data")
    engine = open_engine(folder.database_url)
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code="ч/т", name="Четверг <вечер>", site="main"))
    with running(folder) as running_server:
        url = running_server.url
        yield Room(url, engine, Browser(url).as_instructor(), Browser(url).as_instructor())
    engine.dispose()


@pytest.fixture
def room(server: Room) -> Room:
    server.clear()
    return server


def mark(browser: Browser, **fields: str) -> Answer:
    return browser.post("instructor/attendance", **{"group": "w10", "day": TODAY.isoformat(), "session": "", **fields})


def consult(browser: Browser, path: str = "instructor/consultations", **fields: str) -> Answer:
    typed = {
        "topic": TOPIC,
        "channel": "telephone",
        "category": "pensioner",
        "persons": "1",
        "date": TODAY.isoformat(),
        "site": "main",
        "age": "adults",
        "token": new_token(),
    }
    return browser.post(path, **typed | fields)


@pytest.mark.parametrize(
    ("method", "path", "statuses"),
    [
        ("GET", "instructor/consultations", (302, 302, 200)),
        ("GET", "instructor/consultations/journal", (302, 302, 200)),
        ("GET", "instructor/consultations/999", (302, 302, 404)),
        ("GET", "instructor/class/999", (302, 302, 404)),
        ("GET", "instructor/attendance", (405, 405, 405)),
        ("POST", "instructor/consultations", (403, 403, 422)),
        ("POST", "instructor/consultations/999", (403, 403, 404)),
        ("POST", "instructor/consultations/restore", (403, 403, 400)),
        ("POST", "instructor/attendance", (403, 403, 400)),
        ("POST", "instructor/lesson", (403, 403, 400)),
    ],
)
def test_only_the_staff_comes_in(room: Room, method: str, path: str, statuses: tuple[int, ...]) -> None:
    who = (Browser(room.url), Browser(room.url).as_guest(), room.desk)
    got = [browser.post(path) if method == "POST" else browser.ask(method, path) for browser in who]
    if method == "GET" and statuses[0] == 405:
        assert [answer.status for answer in got][2] == 405
    else:
        assert tuple(answer.status for answer in got) == statuses


def test_one_touch_marks_and_undoes(room: Room) -> None:
    page = room.desk.get("instructor?group=w10").text
    assert "Кто пришёл?" in page
    assert room.rows(Session) == 0
    answer = mark(room.desk, here="101")
    assert answer.status == 303
    page = room.desk.get(answer.place.lstrip("/")).text
    assert "Отмечено: Ёлкина Анна Петровна" in page
    assert "Отмечено 1 из 3" in page
    session = re.search(r'href="/instructor/class/(\d+)"', page)
    assert session is not None
    undone = mark(room.desk, gone="101", session=session[1])
    assert "Отметка снята" in room.desk.get(undone.place.lstrip("/")).text
    assert (room.rows(Session), room.rows(Attendance)) == (1, 0)


def test_two_instructors_double_nothing(room: Room) -> None:
    hands = [room.desk, room.other] * 3
    for hand in hands:
        hand.xsrf()
    threads = [threading.Thread(target=mark, args=[hand], kwargs={"here": "102"}) for hand in hands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (room.rows(Session), room.rows(Attendance)) == (1, 1)
    assert "Отмечено 1 из 3" in room.other.get("instructor/board?group=w10").text


def test_who_began_is_proposed_and_not_marked(room: Room) -> None:
    learner = Browser(room.url).as_learner(103)
    learner.post("help", do="call")
    board = room.desk.get("instructor/board?group=w10").text
    learner.post("help", do="cancel")
    assert board.count("Урок начат: отметить") == 1
    assert "Здесь" not in board
    assert room.rows(Attendance) == 0


def test_a_page_of_yesterday_marks_nobody(room: Room) -> None:
    answer = mark(room.desk, here="101", day=(TODAY - dt.timedelta(days=1)).isoformat())
    assert "вчерашняя" in room.desk.get(answer.place.lstrip("/")).text
    assert room.rows(Session) == 0


@pytest.mark.parametrize("fields", [{}, {"here": "101", "gone": "102"}, {"here": "x"}, {"here": "1" * 30}], ids=str)
def test_an_odd_mark_is_refused(room: Room, fields: dict[str, str]) -> None:
    assert mark(room.desk, **fields).status == 400


@pytest.mark.parametrize(
    "fields", [{"here": "999"}, {"here": "101", "group": "none"}, {"here": "101", "session": "9999"}], ids=str
)
def test_an_unknown_mark_is_said_kindly(room: Room, fields: dict[str, str]) -> None:
    answer = mark(room.desk, **fields)
    assert answer.status == 409
    assert "Traceback" not in answer.text
    assert room.rows(Attendance) == 0


def test_the_lesson_of_the_day_is_chosen(room: Room) -> None:
    day = {"group": "w10", "day": TODAY.isoformat()}
    chosen = room.desk.post("instructor/lesson", lesson="03-one-stop", **day)
    assert "Служба одного окна" in room.desk.get(chosen.place.lstrip("/")).text
    again = room.other.post("instructor/lesson", lesson="02-doctor", **day)
    assert again.place == chosen.place
    assert room.rows(Session) == 1
    assert room.desk.post("instructor/lesson", lesson="nonsense", **day).status == 400
    room.desk.post("instructor/lesson", lesson="03-one-stop", another="yes", **day)
    refused = room.desk.post("instructor/lesson", lesson="02-doctor", **day)
    assert "уже записано" in room.desk.get(refused.place.lstrip("/")).text
    assert room.rows(Session) == 2


def test_a_chosen_group_is_remembered(room: Room) -> None:
    assert "С какой группой вы сейчас?" in Browser(room.url).as_instructor().get("instructor").text
    page = room.other.get("instructor?group=%D1%87%2F%D1%82").text
    assert "<h1>Четверг &lt;вечер&gt;</h1>" in page
    assert "В этой группе пока никого нет" in page
    assert "<h1>Четверг" in room.other.get("instructor").text
    assert "<h1>Четверг" in room.other.get("instructor?group=none").text
    room.other.get("instructor?group=w10")


def test_the_end_of_class_tells_who_did_what(room: Room) -> None:
    place = mark(room.desk, here="101").place
    session = re.search(r'href="/instructor/class/(\d+)"', room.desk.get(place.lstrip("/")).text)
    assert session is not None
    page = room.desk.get(f"instructor/class/{session[1]}").text
    assert "Пришёл 1 человек, в группе 3" in page
    assert re.findall("Ёлкина|Ершов|Жукова", page.partition("<tbody>")[2]) == ["Ёлкина", "Ершов", "Жукова"]
    assert room.desk.post(f"instructor/class/{session[1]}", minutes="95").status == 303
    assert "Занятие шло 95 мин" in room.desk.get(f"instructor/class/{session[1]}").text
    assert room.desk.post(f"instructor/class/{session[1]}", minutes="много").status == 400


def test_a_consultation_is_kept_once(room: Room) -> None:
    token = re.search(r'name="token" value="([0-9a-f]{32})"', room.desk.get("instructor/consultations").text)
    assert token is not None
    places = {consult(room.desk, token=token[1]).place for _ in range(3)}
    assert len(places) == 1
    assert room.rows(Consultation) == 1
    page = room.desk.get(places.pop().lstrip("/")).text
    assert f"Записано:</b> {TOPIC}" in page
    assert f'<option value="{TOPIC}">' in page
    with room.engine.connect() as connection:
        row = connection.execute(select(Consultation)).one()
        who = connection.execute(select(Change.who).order_by(Change.id.desc())).scalars().first()
    assert (row.date, row.site, row.channel, row.form) == (TODAY, "main", "telephone", "individual")
    assert who is not None
    assert "Ирина" in who


def test_the_channel_used_last_comes_first(room: Room) -> None:
    desk = Browser(room.url).as_instructor()
    checked = re.compile(r'name="channel" value="(\w+)" checked')
    assert checked.findall(desk.get("instructor/consultations").text) == ["telephone"]
    consult(desk, channel="person", token="c" * 32)
    assert checked.findall(desk.get("instructor/consultations").text) == ["person"]


def test_real_data_are_refused_and_the_text_stays(room: Room) -> None:
    topic = "Перезвонить <Анне> 8 (912) 345-67-89"
    answer = consult(room.desk, topic=topic, minutes="12", channel="remote")
    assert answer.status == 422
    assert "похожие на телефон" in answer.text
    assert 'value="Перезвонить &lt;Анне&gt; 8 (912) 345-67-89"' in answer.text
    assert 'value="12"' in answer.text
    assert re.findall(r'name="channel" value="(\w+)" checked', answer.text) == ["remote"]
    assert room.rows(Consultation) == 0


def test_an_ended_session_keeps_what_was_typed(room: Room) -> None:
    desk = Browser(room.url).as_instructor()
    desk.post("logout")
    door = consult(desk, topic="Пароль «от» <всего>", token="e" * 32)
    assert door.status == 403
    assert room.rows(Consultation) == 0
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', door.text))
    assert hidden["topic"] == "Пароль «от» &lt;всего&gt;"
    hidden["topic"] = "Пароль «от» <всего>"
    wrong = desk.post("instructor/consultations", **hidden, pin="000000")
    assert wrong.status == 403
    assert "&lt;всего&gt;" in wrong.text
    assert desk.post("instructor/consultations", **hidden, pin=INSTRUCTOR_PIN).status == 303
    assert room.rows(Consultation) == 1


def test_a_row_is_removed_and_brought_back(room: Room) -> None:
    consult(room.desk, token="a" * 32)
    row = consulting.listed(room.engine, TODAY, TODAY)[0]
    gone = room.desk.post(f"instructor/consultations/{row.id}/remove")
    page = room.desk.get(gone.place.lstrip("/")).text
    assert f"Удалено:</b> {TOPIC}" in page
    assert room.desk.post(f"instructor/consultations/{row.id}/remove").place == gone.place
    change = re.search(r'name="change" value="(\d+)"', page)
    assert change is not None
    for _ in range(2):
        assert room.desk.post("instructor/consultations/restore", change=change[1]).status == 303
    assert [one.help for one in consulting.listed(room.engine, TODAY, TODAY)] == [row.help]
    assert "Вернуть запись" not in room.desk.get(gone.place.lstrip("/")).text


def test_of_two_who_correct_the_later_sees_both(room: Room) -> None:
    consult(room.desk, token="d" * 32)
    row = consulting.listed(room.engine, TODAY, TODAY)[0]
    path = f"instructor/consultations/{row.id}"
    seen = {}
    for name, browser in (("desk", room.desk), ("other", room.other)):
        found = re.search(r'name="seen" value="(\d+)"', browser.get(path).text)
        assert found is not None
        seen[name] = found[1]
    assert consult(room.other, path, topic="Талон", seen=seen["other"]).status == 303
    late = consult(room.desk, path, topic="Справка", seen=seen["desk"])
    assert late.status == 409
    assert "Талон" in late.text
    assert 'value="Справка"' in late.text
    newer = re.search(r'name="seen" value="(\d+)"', late.text)
    assert newer is not None
    assert consult(room.desk, path, topic="Справка", seen=newer[1]).status == 303
    assert [one.help.topic for one in consulting.listed(room.engine, TODAY, TODAY)] == ["Справка"]
    told = room.desk.get(f"instructor/consultations?saved={row.id}").text
    change = re.search(r'name="change" value="(\d+)"><button>Вернуть как было', told)
    assert change is not None
    assert room.desk.post(f"{path}/revert", change=change[1]).status == 303
    assert room.desk.post(f"{path}/revert", change=change[1]).status == 409
    assert [one.help.topic for one in consulting.listed(room.engine, TODAY, TODAY)] == ["Талон"]


def test_the_list_is_searched_and_printed(room: Room) -> None:
    for place, topic in enumerate(("Показания счётчиков", "Пароль")):
        consult(room.desk, topic=topic, token=f"{place:032x}")
    consult(room.desk, topic="Старая", date="2020-02-03", token="f" * 32)
    page = room.desk.get("instructor/consultations?q=%D0%A1%D0%A7%D0%95%D0%A2%D0%A7").text.partition("journal")[2]
    assert "<b>Показания счётчиков</b>" in page
    assert "<b>Пароль</b>" not in page
    assert "<b>Старая</b>" in room.desk.get("instructor/consultations?month=2020-02").text
    assert "записей нет" in room.desk.get("instructor/consultations?month=2019-02").text
    paper = room.desk.get("instructor/consultations/journal?month=all").text
    assert re.findall("<td>(Показания счётчиков|Пароль|Старая)</td>", paper) == [
        "Старая",
        "Показания счётчиков",
        "Пароль",
    ]
    for odd in ("month=2026-13", "page=0", "page=999999", "q=%00%ff", "saved=x&removed=-1", "saved=99999999999"):
        assert room.desk.get(f"instructor/consultations?{odd}").status in {200, 400, 404}


def drawn(day: ClassOfDay, **cards: Any) -> str:
    words = {
        "base_url": "/",
        "site": "Библиотека",
        "xsrf": "x",
        "visitor": None,
        "here": "instructor",
        "sections": {},
        "may": lambda _action: True,
        "titles": {"02-doctor": "Талон к врачу"},
        "lessons": ["02-doctor"],
        "still_minutes": 5,
        "in_a_row": 3,
        "marked": [],
        "came": False,
        "stale": False,
        "trouble": "",
        "held": None,
        "answered": None,
        "said": "",
        "mended": (),
        "low_mb": None,
    }
    empty: dict[str, Any] = {"pupils": [], "others": [], "guests": [], "calls": [], "present": 0, "proposed": []}
    return page_templates().get_template("desk.html").render(words | empty | cards | {"day": day})


def test_every_empty_desk_says_what_to_do() -> None:
    nothing = ClassOfDay(day=TODAY, groups={}, hours=(), timetable=False, group=None)
    assert "Групп пока нет" in drawn(nothing)
    assert 'href="/instructor/people"' in drawn(nothing)
    two = ClassOfDay(day=TODAY, groups={"a": "Утро", "b": "Вечер"}, hours=(), timetable=False, group=None)
    assert "Расписания пока нет" in drawn(two)
    evening = Hour(group="b", begins=dt.time(18), minutes=60, room="")
    later = ClassOfDay(day=TODAY, groups={"a": "Утро", "b": "Вечер"}, hours=[evening], timetable=True, group=None)
    assert "Вечер · 18:00" in drawn(later)
    alone = ClassOfDay(day=TODAY, groups={"a": "Утро"}, hours=(), timetable=False, group="a", lesson="02-doctor")
    assert "В этой группе пока никого нет" in drawn(alone)


def test_a_foreign_lesson_of_the_register_is_shown_by_its_id() -> None:
    held = Meeting(id=1, date=TODAY, group="a", lesson="99-gone", minutes=None, present=frozenset())
    day = ClassOfDay(
        day=TODAY,
        groups={"a": "Утро"},
        hours=(),
        timetable=True,
        group="a",
        meeting=held,
        meetings=[held],
        lesson="99-gone",
    )
    assert "99-gone" in drawn(day)
