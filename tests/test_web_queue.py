"""The queue on the web: a number at the kiosk, an expert's call, the end, a face; who may, and who is too late."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from web_class import Browser, course_folder

from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.register import people
from ecitizen.register.tables import Place, Ticket
from ecitizen.web import running
from ecitizen.web.queue import key_of

STAFF_PINS = {"curator": "271828", "manager": "161803", "expert": "141421"}
SECOND_EXPERT = "173205"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    made = course_folder(tmp_path_factory.mktemp("queue") / "data")
    engine = open_engine(made.database_url)
    people.add_site(engine, "village", "Якты-Тау", dt.date(2020, 1, 1))
    for role, pin in [*STAFF_PINS.items(), ("expert", SECOND_EXPERT)]:
        people.add_instructor(engine, f"Имя {pin}", pin, role)
    engine.dispose()
    return made


@pytest.fixture(scope="module")
def url(folder: CourseFolder) -> Iterator[str]:
    with running(folder) as server:
        yield server.url


def kiosk(folder: CourseFolder, site: str = "village", screen: str = "kiosk") -> str:
    return f"{screen}/{site}/{key_of(folder, site)}"


def expert(url: str, pin: str = STAFF_PINS["expert"]) -> Browser:
    browser = Browser(url)
    assert browser.post("instructor/login", pin=pin).status == 303
    return browser


def once(text: str) -> str:
    found = re.search(r'name="once" value="(\w+)"', text)
    assert found, text
    return found[1]


def take(url: str, folder: CourseFolder, first: str = "no") -> str:
    """Take a number at the kiosk; give the address of its page."""
    browser = Browser(url)
    page = browser.get(kiosk(folder) + "?kind=1")
    answer = browser.post(kiosk(folder), kind="1", first=first, once=once(page.text))
    assert answer.status == 303, answer.text
    return answer.place.removeprefix("/")


def rows(folder: CourseFolder, table: type[Place] | type[Ticket]) -> list[dict[str, object]]:
    engine = open_engine(folder.database_url)
    with engine.connect() as connection:
        found = [dict(row) for row in connection.execute(select(table.__table__)).mappings()]
    engine.dispose()
    return found


def place_of(folder: CourseFolder, address: str) -> int:
    number = int(address.rsplit("/", 1)[1])
    (found,) = [row["id"] for row in rows(folder, Place) if row["number"] == number and row["site"] == "village"]
    assert isinstance(found, int)
    return found


def serving(folder: CourseFolder, pin: str) -> object:
    """Give the place that an expert serves."""
    (found,) = [row["id"] for row in rows(folder, Place) if row["state"] == "serving" and pin in str(row["who"])]
    return found


def test_from_the_kiosk_to_the_report(url: str, folder: CourseFolder) -> None:
    browser = Browser(url)
    assert "Пенсия, льготы и выплаты" in browser.get(kiosk(folder)).text
    address = take(url, folder, first="yes")
    number = address.rsplit("/", 1)[1]
    assert f"Ваш номер <b>{number}</b>" in browser.get(address).text
    desk = expert(url)
    assert f"№ {number}" in desk.get("instructor/queue").text
    assert desk.post("instructor/queue/next").status == 303
    assert f"Сейчас: № {number}, Якты-Тау" in desk.get("instructor/queue").text
    assert f"<b>{number}</b>" in browser.get(kiosk(folder, screen="hall")).text
    place = place_of(folder, address)
    ended = desk.post(f"instructor/queue/{place}/end", result="done", minutes="12", topic="Перерасчёт", first="yes")
    assert ended.status == 303
    assert desk.post(f"instructor/queue/{place}/end", result="done").status == 303
    assert "Вернуться к нему" in desk.get(f"instructor/queue?said=ended&place={place}").text
    assert desk.post(f"instructor/queue/{place}/reopen").status == 303
    assert rows(folder, Ticket) == []
    again = desk.post(f"instructor/queue/{place}/end", result="done", minutes="12", topic="Перерасчёт", first="yes")
    assert again.status == 303
    assert "как вам помогли?" in browser.get(kiosk(folder)).text
    assert browser.post(kiosk(folder), face="good", place=str(place)).status == 303
    assert browser.post(kiosk(folder), face="bad", place=str(place)).status == 303
    (ticket,) = rows(folder, Ticket)
    assert (ticket["serve_min"], ticket["rating"], ticket["first"]) == (12, 5, True)
    assert (ticket["topic"], ticket["kind"]) == ("Перерасчёт", "Пенсия, льготы и выплаты")
    assert "С чем вы пришли?" in browser.get(kiosk(folder)).text


def test_a_press_and_a_back_button_take_one_number(url: str, folder: CourseFolder) -> None:
    browser = Browser(url)
    token = once(browser.get(kiosk(folder) + "?kind=0").text)
    places = {browser.post(kiosk(folder), kind="0", first="no", once=token).place for _ in range(3)}
    assert len(places) == 1
    assert browser.post(places.pop().removeprefix("/")).status == 303


def test_two_experts_press_at_once(url: str, folder: CourseFolder) -> None:
    addresses = [take(url, folder), take(url, folder)]
    desks = [expert(url), expert(url, SECOND_EXPERT)]
    with ThreadPoolExecutor(2) as hands:
        assert [answer.status for answer in hands.map(lambda desk: desk.post("instructor/queue/next"), desks)] == [
            303
        ] * 2
    served = [re.search(r"Сейчас: № (\d+)", desk.get("instructor/queue").text) for desk in desks]
    assert {found[1] for found in served if found} == {address.rsplit("/", 1)[1] for address in addresses}
    own, other = (serving(folder, pin) for pin in (STAFF_PINS["expert"], SECOND_EXPERT))
    refused = desks[1].post(f"instructor/queue/{own}/end", result="done")
    assert refused.status == 409
    assert "кто-то другой" in refused.text
    for desk, place in zip(desks, (own, other), strict=True):
        assert desk.post(f"instructor/queue/{place}/left", mine="1").status == 303


def test_by_telephone_with_no_number_of_a_person(url: str, folder: CourseFolder) -> None:
    desk = expert(url)
    token = once(desk.get("instructor/queue").text)
    fields = {"site": "main", "came": "telephone", "kind": "Другое", "once": token}
    refused = desk.post("instructor/queue/take", topic="Перезвонить на 8 916 123-45-67", **fields)
    assert refused.status == 409
    assert "сотрите цифры" in refused.text
    named = desk.post("instructor/queue/take", topic="Жукова Зоя просит справку", **fields)
    assert (named.status, "имя слушателя" in named.text) == (409, True)
    taken = desk.post("instructor/queue/take", topic="Справка", learner="103", **fields)
    assert desk.post("instructor/queue/take", topic="Справка", learner="103", **fields).place == taken.place
    assert "Номер 1." in desk.get(taken.place.removeprefix("/")).text
    assert desk.post("instructor/queue/take", **fields | {"kind": "Чужое"}).status == 409
    desk.post("instructor/queue/next", shown="main")
    assert "instructor/look/103" in desk.get("instructor/queue").text
    (place,) = [row["id"] for row in rows(folder, Place) if row["site"] == "main"]
    assert desk.post(f"instructor/queue/{place}/back").status == 303
    assert desk.post(f"instructor/queue/{place}/left").status == 303
    left = desk.get(f"instructor/queue?said=left&place={place}").text
    assert "снят с очереди" in left
    assert desk.post(f"instructor/queue/{place}/return").status == 303
    assert desk.post(f"instructor/queue/{place}/left").status == 303
    assert next(row for row in rows(folder, Place) if row["id"] == place)["learner"] is None


@pytest.mark.parametrize(
    "path", ["kiosk/village/0000000000000000", "hall/village/0000000000000000", "kiosk/nowhere/{}"]
)
def test_no_key_no_screen(url: str, folder: CourseFolder, path: str) -> None:
    assert Browser(url).get(path.format(key_of(folder, "village"))).status == 404


@pytest.mark.parametrize("query", ["?kind=99", "?kind=-1", "?kind=²", "?later=x"])
def test_a_strange_address_begins_anew(url: str, folder: CourseFolder, query: str) -> None:
    answer = Browser(url).get(kiosk(folder) + query.replace("²", "%C2%B2"))
    assert answer.status == 200
    assert "С чем вы пришли?" in answer.text


@pytest.mark.parametrize("role", ["nobody", "learner", "guest", *STAFF_PINS])
def test_each_role_sees_and_serves_as_it_may(url: str, folder: CourseFolder, role: str) -> None:
    browser = Browser(url)
    if role == "learner":
        browser.as_learner(101)
    elif role == "guest":
        browser.as_guest()
    elif role in STAFF_PINS:
        browser = expert(url, STAFF_PINS[role])
    wanted = {"curator": (200, 303), "expert": (200, 303), "manager": (200, 403)}.get(role, (302, 403))
    browser.get("login")
    assert browser.get("instructor/queue").status == wanted[0]
    assert browser.post("instructor/queue/next", shown="main").status == wanted[1]
    assert browser.post("instructor/queue/sweep").status == wanted[1]


def test_own_list_of_kinds(url: str, folder: CourseFolder) -> None:
    own = Path(folder.path) / "queue.yaml"
    own.write_text("kinds: [Ветеринар]\n", encoding="utf-8")
    try:
        text = Browser(url).get(kiosk(folder)).text
        assert "Ветеринар" in text
        assert "Другое" not in text
    finally:
        own.unlink()
