"""Announcements: checked, shown, sent to a mail server and a webhook of this machine, written down for the report."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import re
import socket
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from icalendar import Calendar
from sqlalchemy import select
from web_class import Browser, course_folder

from ecitizen import announcing
from ecitizen.announcing import Announcement, Channel, Name, Settings
from ecitizen.database import open_engine
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.register import people, tables
from ecitizen.web import running
from ecitizen.web.announcements import channels

LECTURE = {
    "title": "Как не попасться мошенникам",
    "text": "Расскажем и потренируемся.\nПриходите с друзьями.",
    "day": "2026-11-25",
    "time": "10:00",
    "place": "Читальный зал",
}
WHEN = Announcement(title="Лекция", day=dt.date(2026, 11, 25), time=dt.time(10)).when(dt.date.today())
OWN_PHONE = "8 916 123-45-67"


class Post(Message):
    """A mail server that keeps what came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.came.append(message)


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what came."""

    came: list[Any] = []  # noqa: RUF012 - http.server makes an object for each request

    def do_POST(self) -> None:
        Hook.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture(scope="module")
def post() -> Iterator[tuple[Post, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    keeper = Post()
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    yield keeper, port
    controller.stop()


@pytest.fixture(scope="module")
def hook() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, post: tuple[Post, int], hook: int) -> CourseFolder:
    made = course_folder(tmp_path_factory.mktemp("announce") / "data")
    engine = open_engine(made.database_url)
    people.add_instructor(engine, "Менеджер", "161803", "manager")
    engine.dispose()
    (made.path / "announce.yaml").write_text(
        f"phone: {OWN_PHONE}\n"
        "send:\n"
        f"  mail: mailto://127.0.0.1:{post[1]}?from=library@example.org&to=readers@example.org\n"
        f"  max: json://127.0.0.1:{hook}/max\n"
        "  vk: json://127.0.0.1:9/nobody-is-here\n",
        encoding="utf-8",
    )
    return made


@pytest.fixture(scope="module")
def url(folder: CourseFolder) -> Iterator[str]:
    with running(folder) as server:
        yield server.url


@pytest.fixture(scope="module")
def librarian(url: str) -> Browser:
    return Browser(url).as_instructor()


def preview(librarian: Browser, **changed: str) -> str:
    return librarian.get("instructor/announcements/preview?" + urllib.parse.urlencode(LECTURE | changed)).text


def send(librarian: Browser, token: str, wanted: list[str], **changed: str) -> Any:
    body = [
        ("once", token),
        ("_xsrf", librarian.xsrf()),
        *(LECTURE | changed).items(),
        *(("channel", c) for c in wanted),
    ]
    return librarian.ask("POST", "instructor/announcements/preview", urllib.parse.urlencode(body).encode())


def stored(folder: CourseFolder) -> list[tuple[str, str, str]]:
    engine = open_engine(folder.database_url)
    with engine.connect() as connection:
        table = tables.Message
        rows = connection.execute(select(table.outlet, table.kind, table.title).order_by(table.id)).all()
    engine.dispose()
    return [tuple(row) for row in rows]


def test_shown_before_anything_goes(librarian: Browser, post: tuple[Post, int]) -> None:
    text = preview(librarian)
    assert f"Когда: {WHEN}" in text
    assert "Где: Читальный зал" in text
    assert all(one.name in text for one in channels())
    assert "Отправить отсюда" in text
    assert "Уже размещено" in text
    assert not post[0].came


def test_sent_once_and_counted_once(librarian: Browser, folder: CourseFolder, post: tuple[Post, int]) -> None:
    token = re.search(r'name="once" value="(\w+)"', preview(librarian))
    assert token
    answers = [send(librarian, token[1], ["mail", "max", "vk", "press"]) for _ in range(2)]
    assert [answer.status for answer in answers] == [303, 303]
    assert answers[0].place == answers[1].place
    done = librarian.get(answers[0].place.removeprefix("/")).text
    assert "Не ушло:</b> ВКонтакте" in done
    (letter,) = post[0].came
    parsed = email.message_from_bytes(letter.as_bytes(), policy=email.policy.default)
    assert parsed["Subject"].strip() == LECTURE["title"]
    body = parsed.get_body(("plain",))
    assert body
    assert "Приходите с друзьями." in body.get_content()
    (called,) = Hook.came
    assert "Где: Читальный зал" in called["message"]
    title = LECTURE["title"]
    went = [("Чат в MAX", "chat"), ("Рассылка по почте", "chat"), ("Местная газета", "media")]
    assert stored(folder) == [(outlet, kind, title) for outlet, kind in went]
    assert title in librarian.get("instructor/announcements").text


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"text": "Ждём Анну Ёлкину!"}, "имя слушателя: Ёлкина Анна"),
        ({"text": "Спасибо Борису Лукичу, то есть Ершову Борису"}, "имя слушателя: Ершов Борис"),
        ({"text": "Звоните 8 903 765-43-21"}, "Здесь телефон"),
        ({"text": "СНИЛС 112-233-445 95"}, "Здесь СНИЛС"),
        ({"title": " "}, "Напишите заголовок"),
        ({"day": "31.02.2026"}, "Напишите день так"),
        ({"time": "25:00"}, "Напишите время так"),
        ({"day": "", "time": "10:00"}, "Есть время, но нет дня"),
        ({"text": "а" * 2001}, "Слишком длинно: 2001"),
    ],
)
def test_fault_keeps_what_was_typed(librarian: Browser, changed: dict[str, str], says: str) -> None:
    text = preview(librarian, **changed)
    assert says in text
    assert "Пока не готово" in text
    assert LECTURE["place"] in text


def test_own_telephone_is_allowed(librarian: Browser) -> None:
    assert f"Звоните {OWN_PHONE}" in preview(librarian, text=f"Звоните {OWN_PHONE}")
    assert "Пока не готово" not in preview(librarian, text=f"Звоните {OWN_PHONE}")


def test_nothing_chosen_is_said(librarian: Browser) -> None:
    answer = send(librarian, "0" * 32, [])
    assert answer.status == 409
    assert "не выбрано ни одного канала" in answer.text


def test_sheet_and_calendar(librarian: Browser) -> None:
    query = urllib.parse.urlencode(LECTURE)
    sheet = librarian.get(f"instructor/announcements/sheet?{query}").text
    assert WHEN.capitalize() in sheet
    calendar = Calendar.from_ical(librarian.get(f"instructor/announcements/event.ics?{query}").body)
    (event,) = calendar.walk("VEVENT")
    assert event["SUMMARY"] == LECTURE["title"]
    assert event["DTSTART"].dt == dt.datetime(2026, 11, 25, 10, 0)
    dayless = librarian.get("instructor/announcements/event.ics?title=x").text
    assert "в календарь поставить нечего" in dayless


@pytest.mark.parametrize(("role", "status"), [("nobody", 302), ("learner", 302), ("manager", 403)])
def test_others_may_not(url: str, role: str, status: int) -> None:
    browser = Browser(url)
    if role == "learner":
        browser.as_learner(101)
    elif role == "manager":
        browser.post("instructor/login", pin="161803")
    for path in ("", "/preview?title=x", "/sheet?title=x", "/event.ics?title=x"):
        assert browser.get(f"instructor/announcements{path}").status == status


def test_what_was_written_down_by_mistake_goes_and_comes_back(librarian: Browser, folder: CourseFolder) -> None:
    send(librarian, "e" * 32, ["press"], title="Лишнее")
    kept = stored(folder)
    number = re.search(r"announcements/(\d+)/remove", librarian.get("instructor/announcements").text)
    assert number is not None
    gone = librarian.post(f"instructor/announcements/{number[1]}/remove", title="Лишнее").place.lstrip("/")
    assert [row for row in kept if row not in stored(folder)] == [kept[-1]]
    back = re.search(r'action="/(instructor/announcements/restore/\d+)"', librarian.get(gone).text)
    assert back is not None
    assert [librarian.post(back[1]).status for _ in range(2)] == [303, 303]
    assert stored(folder) == kept


TODAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("day", "when", "sms", "past"),
    [
        (dt.date(2026, 11, 25), "среда, 25 ноября, 10:00", "25.11 в 10:00", False),
        (TODAY, "воскресенье, 22 ноября, 10:00", "22.11 в 10:00", False),
        (dt.date(2026, 11, 21), "суббота, 21 ноября, 10:00", "21.11 в 10:00", True),
        (dt.date(2020, 1, 1), "среда, 1 января 2020 года, 10:00", "01.01.2020 в 10:00", True),
        (dt.date(2027, 1, 13), "среда, 13 января 2027 года, 10:00", "13.01.2027 в 10:00", False),
    ],
    ids=str,
)
def test_a_day_of_another_year_says_its_year(day: dt.date, when: str, sms: str, past: bool) -> None:
    found = Announcement(title="Лекция", day=day, time=dt.time(10))
    kinds = [Channel(id=name, name=name, kind="chat", limit=335, short=name == "sms") for name in ("sms", "chat")]
    short, whole = announcing.ready(found, kinds, Settings(), "Библиотека", TODAY)
    assert (found.when(TODAY), found.is_past(TODAY)) == (when, past)
    assert short.text == f"Лекция. {sms}. Библиотека"
    assert f"Когда: {when}" in whole.text


def test_a_day_that_is_over_is_said_before_anything_goes_out(librarian: Browser) -> None:
    typed = {"title": "Лекция", "text": "Приходите", "day": "2020-01-01"}
    page = librarian.get(f"instructor/announcements/preview?{urllib.parse.urlencode(typed)}").text
    assert "Этот день уже прошёл: среда, 1 января 2020 года." in page
    coming = typed | {"day": (dt.date.today() + dt.timedelta(days=1)).isoformat()}
    assert "уже прошёл" not in librarian.get(f"instructor/announcements/preview?{urllib.parse.urlencode(coming)}").text


def test_sms_is_a_line_and_is_counted_in_parts() -> None:
    found = Announcement(title="Лекция", day=dt.date(2026, 11, 25), time=dt.time(10), place="Зал")
    sms = Channel(id="sms", name="СМС", kind="chat", limit=335, short=True)
    (short,) = announcing.ready(found, [sms], Settings(), "Библиотека", TODAY)
    assert (short.text, short.parts, short.over) == ("Лекция. 25.11 в 10:00, Зал. Библиотека", 1, 0)
    (long,) = announcing.ready(found.model_copy(update={"title": "Л" * 120}), [sms], Settings(), "Б" * 60, TODAY)
    assert long.parts == 4
    (over,) = announcing.ready(found, [sms.model_copy(update={"limit": 70})], Settings(), "Б" * 80, TODAY)
    assert over.over == len(over.text) - 70


@pytest.mark.parametrize("text", ["Ольга Белая", "Ольге Белой", "белой ольги"])
def test_a_name_is_found_in_its_cases(text: str) -> None:
    found = Announcement(title="Встреча", text=f"Ждём: {text}.")
    assert announcing.personal(found, Settings(), [Name(surname="Белая", given="Ольга")])


@pytest.mark.parametrize("text", ["Белая ночь в парке", "Ольга Иванова о книгах", "Дом книги"])
def test_half_a_name_is_nobody(text: str) -> None:
    found = Announcement(title="Встреча", text=text)
    assert announcing.personal(found, Settings(), [Name(surname="Белая", given="Ольга")]) is None


@pytest.mark.parametrize("text", ["send: {mail: 'carrier-pigeon://x'}", "send: 7", "post: {}", "phone: [1]"])
def test_faulty_settings_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "announce.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CourseError, match=r"announce\.yaml"):
        announcing.settings(tmp_path)
