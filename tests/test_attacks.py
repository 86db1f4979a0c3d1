"""Attacks on a running class; docs/attacks.md shows the same table."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from attack_table import ATTACKS, Attack, House, get, table, tells
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler
from web_class import LESSON, course_folder, tell_tale_course

from ecitizen.web import guard, running
from ecitizen.web.app import EcitizenApp
from ecitizen.web.flow import MOST_FLOWS, Flow, Flows
from ecitizen.web.lockout import FREE_TRIES, MOST_KEYS, Examiner, Lockout

DOCUMENT = Path(__file__).parents[1] / "docs" / "attacks.md"
KERNEL = "00000000-0000-4000-8000-000000000000"
GUARDING = ("X-Content-Type-Options: nosniff", "X-Frame-Options: DENY", "Referrer-Policy: same-origin")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    path = tmp_path_factory.mktemp("attacked")
    content = tell_tale_course(path / "content")
    with running(course_folder(path / "data"), content=str(content), spare_kernels=0) as server:
        house = House(server.url, content)
        house.fill()
        yield house
        house.close()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.on}: {attack.sent[:60]}")
def test_attack_comes_to_nothing(house: House, attack: Attack) -> None:
    assert attack.send(house) == attack.back


def test_class_goes_on_after_the_attacks(house: House) -> None:
    assert house.learner.get(f"api/kernels/{house.kernel}").status == 200
    assert house.learner.me()["card"] == 101
    assert not house.ran()
    assert any(house.content.rglob("clicked")), "the handler that raises was reached"


def test_the_document_shows_the_table() -> None:
    """`python tests/attack_table.py` prints what belongs between the marks."""
    assert table() in DOCUMENT.read_text(encoding="utf-8")


def posts() -> list[str]:
    """Name every address that takes a form, whoever adds one later."""
    app = EcitizenApp()
    app.initialize_handlers()
    found = []
    for pattern, handler, *_ in app.handlers:
        if handler.post is not RequestHandler.post:
            found.append(re.sub(r"\(\?P<kernel_id>.*?\)", KERNEL, pattern))
    return [re.sub(r"\((.*?)\)", lambda group: "1" if "0-9]{" in group[1] else LESSON, path) for path in found]


@pytest.mark.parametrize("path", posts())
def test_nothing_is_posted_from_another_site(house: House, path: str) -> None:
    for form in (b"", b"_xsrf=guessed", b"_xsrf=" + b"2|0|0|0"):
        for who, person in house.people.items():
            answer = person.ask("POST", path[1:], form, Cookie=person.cookies())
            assert answer.status in {403, 404}, (who, form)
            assert not tells(answer.text)


ANSWERED = (
    *("/", "/lessons", "/nowhere", "/metrics", "/health", "/journal", f"/lesson/{LESSON}/place"),
    *("/course-static/pages.css", "/course-static/nothing.css", "/voila/templates/ecitizen/static/nothing.js"),
    *(f"/api/kernels/{KERNEL}", f"/api/kernels/{KERNEL}/channels"),
)


@pytest.mark.parametrize("path", ANSWERED)
def test_every_answer_is_guarded_and_names_no_software(house: House, path: str) -> None:
    head = get(house, path)[1].partition("\r\n\r\n")[0]
    assert not [line for line in GUARDING if line not in head]
    assert "Server:" not in head


@pytest.mark.parametrize("begun", [b"GET / HTTP/1.1\r\nHost: a\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na"])
def test_who_sends_slowly_is_hung_up_on(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(guard, "IDLE_CONNECTION_S", 0.2)
    monkeypatch.setattr(guard, "BODY_S", 0.2)

    async def run() -> bytes:
        server = HTTPServer(Application())
        guard.be_patient(server)
        listener, port = bind_unused_port()
        server.add_sockets([listener])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        heard = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.stop()
        return heard

    assert not asyncio.run(run()).startswith(b"HTTP/1.1 200")


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_flow_lets_a_burst_through_and_then_the_rate() -> None:
    clock = Clock()
    flow = Flow(rate_hz=2, burst=3, clock=clock)
    assert [flow.wait_s() for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now_s += 0.5
    assert [flow.wait_s() for _ in range(2)] == [0, 0.5]
    clock.now_s += 100
    assert [flow.wait_s() for _ in range(4)] == [0, 0, 0, 0.5]


def test_each_session_has_its_own_flow() -> None:
    flows = Flows(rate_hz=1, burst=1, clock=Clock())
    assert [flows.wait_s(who) for who in ("a", "b", "a", "b", "c")] == [0, 0, 1, 1, 0]
    for number in range(MOST_FLOWS):
        flows.wait_s(f"made up {number}")
    assert flows.wait_s("a") == 0, "what was forgotten begins anew"


def test_made_up_cards_open_no_closed_one() -> None:
    lockout = Lockout(Clock())
    for _ in range(FREE_TRIES):
        lockout.knock("101")
    for number in range(2 * MOST_KEYS):
        lockout.knock(f"made up {number}")
    assert lockout.knock("101") > 0


def test_a_made_up_card_costs_no_work() -> None:
    done = []

    async def run() -> list[bool]:
        examiner = Examiner()
        real = await examiner.check(lambda: done.append(1) is None, exists=True, known_device=False)
        made_up = [await examiner.check(lambda: done.append(2) is None, exists=False, known_device=False)] * 9
        examiner.close()
        return [real, *made_up]

    assert asyncio.run(run()) == [True] + [False] * 9
    assert done == [1]
