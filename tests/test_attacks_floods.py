"""Floods against a class that goes on meanwhile; all learners come from one address, as behind a router."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import psutil
import pytest
import websocket
from attack_table import House, channels, refusal
from sqlalchemy import insert
from web_class import LESSON, Browser, course_folder, message

from ecitizen import content
from ecitizen.database import open_engine
from ecitizen.register.pins import hash_pin
from ecitizen.register.tables import Learner
from ecitizen.web import running
from ecitizen.web.guard import MOST_SOCKETS

pytestmark = pytest.mark.thorough

LEARNERS = range(1001, 1031)
PIN = "4821"
WAIT_S = 60
MB = 1024 * 1024


@dataclass
class Flooded(House):
    """A class of thirty more."""

    pid: int = 0

    @property
    def server(self) -> psutil.Process:
        return psutil.Process(self.pid)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flooded]:
    path = tmp_path_factory.mktemp("flooded")
    folder, hashed = course_folder(path / "data"), hash_pin(PIN)
    engine = open_engine(folder.database_url)
    with engine.begin() as connection:
        cards = [{"number": n, "site": "main", "group_code": "w10", "pin_hash": hashed} for n in LEARNERS]
        connection.execute(insert(Learner), cards)
    engine.dispose()
    with running(folder, spare_kernels=0) as server:
        house = Flooded(server.url, path, pid=server.process.pid)
        house.fill()
        yield house


def enter(house: House, card: int) -> int:
    """Log in from a browser that is new here; gives the status."""
    return Browser(house.url).log_in(card, PIN).status


@pytest.mark.parametrize(
    "guessed", [lambda n: 101, lambda n: 101 + n % 3, lambda n: 500_000 + n], ids=["a card", "three cards", "any card"]
)
def test_fifty_guesses_a_second_hurt_nobody_else(house: Flooded, guessed: Callable[[int], int]) -> None:
    stop = threading.Event()
    answered: Counter[int] = Counter()

    def guess(first: int) -> None:
        browser, n = Browser(house.url), first
        while not stop.wait(0.1):
            answered[browser.log_in(guessed(n), f"{n % 10_000:04}").status] += 1
            n += 5

    begun_s = time.monotonic()
    with ThreadPoolExecutor(5) as guessers, ThreadPoolExecutor(6) as learners:
        for first in range(5):
            guessers.submit(guess, first)
        try:
            time.sleep(1)
            entered = list(learners.map(lambda card: enter(house, card), LEARNERS))
            pressed = [house.learner.get("me").status for _ in range(20)]
        finally:
            time.sleep(max(0, 5 - (time.monotonic() - begun_s)))
            stop.set()
    assert set(entered) == {303}
    assert set(pressed) == {200}
    assert set(answered) <= {403, 429}
    assert answered[403] <= 3 * 5 or guessed(1) >= 500_000, "each card closes after five"


def test_a_thousand_websockets_of_one_learner(house: Flooded) -> None:
    before = house.server.num_fds()
    opened: list[websocket.WebSocket] = []
    refused: Counter[int] = Counter()
    for _ in range(1000):
        try:
            opened.append(channels(house, house.learner, house.kernel))
        except websocket.WebSocketBadStatusException as error:
            refused[error.status_code] += 1
    assert set(refused) == {429}
    assert refused[429] > 900
    other = house.people["another learner"]
    kernel = other.open_lesson()
    line = channels(house, other, kernel)
    line.send(message("kernel_info_request"))
    while json.loads(line.recv())["msg_type"] != "kernel_info_reply":
        pass
    live = sum(is_open(one) for one in opened)
    assert live <= MOST_SOCKETS
    assert house.server.num_fds() - before < 1000
    for one in [*opened, line]:
        one.shutdown()


def is_open(line: websocket.WebSocket) -> bool:
    """Read what is there; say whether the server has left the line open."""
    line.settimeout(0.1)
    try:
        while line.recv_data()[0] != websocket.ABNF.OPCODE_CLOSE:
            pass
    except websocket.WebSocketTimeoutException:
        return True
    except (OSError, websocket.WebSocketException):
        pass
    return False


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nHost: loc", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na"]
)
def test_a_thousand_silent_connections(house: Flooded, begun: bytes) -> None:
    with ExitStack() as lines:
        for _ in range(1000):
            line = lines.enter_context(socket.create_connection(house.host))
            line.sendall(begun)
        assert enter(house, LEARNERS[0]) == 303
        assert house.learner.get(f"api/kernels/{house.kernel}").status == 200
    assert house.learner.get("health").status == 200


def test_who_reads_nothing_is_hung_up_on(house: Flooded) -> None:
    """A hundred bytes are answered by the states of all widgets, again and again, and nobody takes them."""
    time.sleep(2)  # the flow of this learner's websockets, after the thousand
    line = channels(house, house.learner, house.kernel)
    comm, before, begun_s = "c" * 32, house.server.memory_info().rss, time.monotonic()
    line.send(message("comm_open", {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}))
    with contextlib.suppress(OSError, websocket.WebSocketException):
        while time.monotonic() - begun_s < WAIT_S:
            line.send(message("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}}))
    assert time.monotonic() - begun_s < WAIT_S, "it was hung up on"
    assert house.server.memory_info().rss - before < 300 * MB
    line.shutdown()
    assert house.people["another learner"].me()["card"] == 102


def test_thirty_learners_are_never_told_to_wait(house: Flooded) -> None:
    statuses: Counter[int] = Counter()

    def attend(card: int) -> None:
        browser = Browser(house.url)
        statuses[browser.log_in(card, PIN).status] += 1
        statuses[browser.get("lessons").status] += 1
        page = browser.get(f"lesson/{LESSON}")
        statuses[page.status] += 1
        kernel = re.search(r'"id": "(\w+-\w+-\w+-\w+-\w+)"', page.text)
        assert kernel, page.text
        line = channels(house, browser, kernel[1])
        for _ in range(10):
            line.send(message("comm_info_request"))
            statuses[browser.get("me").status] += 1
            time.sleep(1)
        while json.loads(line.recv())["msg_type"] != "comm_info_reply":
            pass
        line.shutdown()
        statuses[browser.post("logout").status] += 1

    with ThreadPoolExecutor(len(LEARNERS)) as learners:
        list(learners.map(attend, LEARNERS))
    assert set(statuses) == {200, 303}


def test_one_who_opens_without_end_is_told_to_wait(house: Flooded) -> None:
    greedy = Browser(house.url)
    assert greedy.log_in(LEARNERS[1], PIN).status == 303
    lessons = content.lesson_ids()[:8]
    assert 429 in [greedy.get(f"lesson/{lessons[number % 8]}").status for number in range(60)]
    assert refusal(house, house.learner, house.kernel) in {"open", "429"}
    assert house.people["another learner"].get(f"lesson/{LESSON}").status == 200
    greedy.post("logout")
