"""Kernels that stand ready: whose state they show, who gets one, and that none is left behind."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from web_class import LESSON, ROOT, Browser, converse, course_folder, message, soon

from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.web import Running, running
from ecitizen.web.coming import within

READY = 2
IDLE_S = 4
FEW_DESCRIPTORS = 16
"""Connections of the test that the server has not let go of yet; a kernel left behind holds more."""

CONTROL = "jupyter.widget.control"


@pytest.mark.parametrize(
    ("wanted", "room", "kept"),
    [
        ({"a": 3, "b": 1}, 9, {"a": 3, "b": 1}),
        ({"a": 3, "b": 1}, 3, {"a": 2, "b": 1}),
        ({"a": 3, "b": 2}, 1, {"b": 1}),
        ({"a": 3}, 0, {}),
        ({"a": 3}, -4, {}),
        ({}, 5, {}),
    ],
    ids=["all", "the largest is cut", "one place", "no place", "too many open", "nobody expected"],
)
def test_what_stands_ready_fits_into_the_room(wanted: dict[str, int], room: int, kept: dict[str, int]) -> None:
    assert within(wanted, room) == kept


class Room:
    """A server with two kernels ready for the lesson."""

    def __init__(self, folder: CourseFolder, server: Running, content: Path) -> None:
        self.folder = folder
        self.server = server
        self.content = content
        self.began = time.monotonic()

    def kernels(self) -> set[int]:
        """Give the processes of kernels: children of the zygote, which is a child of the server."""
        own = psutil.Process(self.server.process.pid)
        found = set()
        for process in own.children(recursive=True):
            try:
                found |= {process.pid} if process.ppid() != own.pid else set()
            except psutil.NoSuchProcess:
                continue
        return found

    def stands_ready(self, number: int) -> bool:
        """Say whether so many kernels stand there and stay; the child in which cells are tried first doesn't."""
        kernels = self.kernels()
        time.sleep(2)
        return len(kernels) == number and self.kernels() == kernels

    def states(self, browser: Browser, kernel: str) -> list[dict[str, Any]]:
        """Give the states of the widgets as the page asks for them."""
        comm = uuid.uuid4().hex
        opened = json.loads(message("comm_open", {"comm_id": comm, "target_name": CONTROL, "data": {}}))
        opened["metadata"] = {"version": "1.0.0"}
        asked = message("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
        heard = converse(browser, kernel, json.dumps(opened), asked, quiet_s=0.6)
        told = next(one["content"]["data"] for one in heard if one["content"].get("data", {}).get("states"))
        return [one["state"] for one in told["states"].values() if "_esm" in one["state"]]

    def use_up(self) -> None:
        """Open the lesson as often as kernels were made ready for the class."""
        for _ in range(READY):
            guest = Browser(self.server.url).as_guest()
            guest.open_lesson()
            guest.post("logout")
        assert soon(lambda: not self.kernels())

    def leave(self, browser: Browser, kernel: str) -> None:
        assert browser.ask("POST", f"voila/api/shutdown/{kernel}?_xsrf={browser.xsrf()}", b"").status == 204


@contextmanager
def served(place: Path) -> Iterator[Room]:
    folder = course_folder(place / "data")
    store = Store(open_engine(folder.database_url))
    body = {"do": "step", "step": 6}
    store.for_learner(101).append(Event(id=str(uuid.uuid4()), lesson=LESSON, activity="lesson", run=1, body=body))
    # A copy, as somebody may be writing at the lessons while this runs.
    root = place / "content"
    for kind in ("lessons", "quizzes", "graders", "widgets"):
        shutil.copytree(ROOT / kind, root / kind)
    options = {"max_kernels": 6, "spare_kernels": 0, "reload_grace_s": 0.5, "idle_s": IDLE_S}
    with running(folder, content=str(root), lesson=LESSON, learners=READY, **options) as server:
        found = Room(folder, server, root)
        assert soon(lambda: len(found.kernels()) == READY, 60)
        time.sleep(1)
        yield found


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with served(tmp_path_factory.mktemp("standby")) as found:
        yield found


pytestmark = pytest.mark.slow


@pytest.mark.thorough
def test_a_kept_kernel_outlives_the_culler(tmp_path: Path) -> None:
    with served(tmp_path) as room:
        kept = room.kernels()
        time.sleep(max(0, room.began + 1.5 * IDLE_S - time.monotonic()))
        assert len(kept) == READY
        assert room.kernels() == kept


def test_a_kept_kernel_shows_its_learner(room: Room) -> None:
    kept = room.kernels()
    learner = Browser(room.server.url).as_learner(101)
    kernel = learner.open_lesson()
    assert room.kernels() == kept
    states = room.states(learner, kernel)
    assert [one["view"]["step"] for one in states if one["kind"] == "lesson"] == [6]
    assert [one for one in states if one.get("frames")]
    learner.post("logout")
    assert soon(lambda: room.kernels() < kept)


def test_a_changed_lesson_takes_another_kernel(room: Room) -> None:
    guest = Browser(room.server.url).as_guest()
    kernel = guest.open_lesson()
    assert guest.open_lesson() == kernel
    (room.content / "quizzes" / "02-doctor.yaml").touch()
    assert guest.open_lesson() != kernel
    guest.post("logout")


def test_a_dead_kernel_is_handed_to_nobody(room: Room) -> None:
    victims = room.kernels()
    for pid in victims:
        psutil.Process(pid).send_signal(signal.SIGKILL)
    guest = Browser(room.server.url).as_guest()
    kernel = guest.open_lesson()
    assert room.kernels().isdisjoint(victims)
    assert room.states(guest, kernel)
    guest.post("logout")


@pytest.mark.thorough
def test_a_kernel_that_takes_no_binding_is_ended(tmp_path: Path) -> None:
    with served(tmp_path) as room:
        stuck = room.kernels()
        for pid in stuck:
            psutil.Process(pid).send_signal(signal.SIGSTOP)
        guest = Browser(room.server.url).as_guest()
        kernel = guest.open_lesson()
        assert room.states(guest, kernel)
        assert stuck.isdisjoint(room.kernels())


def test_a_dead_page_gets_another_kernel(room: Room) -> None:
    room.use_up()
    guest = Browser(room.server.url).as_guest()
    kernel = guest.open_lesson()
    for pid in room.kernels():
        psutil.Process(pid).send_signal(signal.SIGKILL)
    other = guest.open_lesson()
    assert other != kernel
    assert guest.get(f"api/kernels/{kernel}").status == 403
    assert room.states(guest, other)
    guest.post("logout")
    assert soon(lambda: not room.kernels())


def test_who_sees_the_list_of_lessons_is_expected(room: Room) -> None:
    room.use_up()
    guest = Browser(room.server.url).as_guest()
    page = guest.get("lessons").text
    assert soon(lambda: room.stands_ready(1), 30)
    expected = room.kernels()
    hero = re.search(r'href="/lesson/([a-z0-9-]+)"', page)
    assert hero
    assert guest.open_lesson(hero[1])
    assert room.kernels() == expected
    guest.post("logout")
    assert soon(lambda: not room.kernels())


def test_another_session_of_the_card_leaves_a_page_behind(room: Room) -> None:
    first, second = (Browser(room.server.url).as_learner(102) for _ in range(2))
    kernel, other = first.open_lesson(), second.open_lesson()
    assert first.open_lesson() == kernel
    comm = _first_comm(second)
    click = {"method": "custom", "content": {"key": str(uuid.uuid4()), "do": "step", "step": 4}}
    converse(second, other, message("comm_msg", {"comm_id": comm, "data": click}), quiet_s=0.6)
    assert second.open_lesson() == other
    assert first.open_lesson() != kernel
    for browser in (first, second):
        browser.post("logout")


def _first_comm(browser: Browser) -> str:
    """Name the comm of the first widget of the page: the frame of the lesson."""
    shown = browser.get(f"lesson/{LESSON}").text.partition('class="shown"')[2]
    return shown.partition('"model_id": "')[2].partition('"')[0]


def test_a_line_cut_in_its_handshake_counts_for_nothing(room: Room) -> None:
    guest = Browser(room.server.url).as_guest()
    kernel = guest.open_lesson()
    where = urlsplit(room.server.url)
    head = (
        f"GET /api/kernels/{kernel}/channels?session_id=cut HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Cookie: {guest.cookies()}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    for _ in range(5):
        with socket.create_connection((where.hostname or "", where.port or 0)) as line:
            line.sendall(head.encode())
    # Were it counted as gone, a page would be taken for none, and its kernel ended under it or never.
    assert room.states(guest, kernel)
    assert json.loads(guest.get(f"api/kernels/{kernel}").text)["connections"] == 0
    room.leave(guest, kernel)
    assert soon(lambda: guest.get(f"api/kernels/{kernel}").status == 403)
    guest.post("logout")


@pytest.mark.parametrize(
    ("openings", "until_all_leave"),
    [(50, 25), pytest.param(500, 10, marks=pytest.mark.thorough)],
    ids=["fifty", "five hundred"],
)
def test_openings_reloads_and_closings_leave_nothing_behind(room: Room, openings: int, until_all_leave: int) -> None:
    room.use_up()
    server = psutil.Process(room.server.process.pid)
    guests = [Browser(room.server.url).as_guest() for _ in range(3)]
    descriptors: list[int] = []
    for turn in range(1, openings + 1):
        guest = guests[turn % len(guests)]
        kernel = guest.open_lesson()
        if turn % 2:
            assert guest.open_lesson() == kernel
        if turn % until_all_leave == 0:
            for one in guests:
                room.leave(one, one.open_lesson())
            assert soon(lambda: not room.kernels(), 20)
            descriptors.append(server.num_fds())
            # One session may open twenty in a row, and then one in three seconds.
            for one in guests:
                one.post("logout")
            guests = [Browser(room.server.url).as_guest() for _ in range(3)]
    assert max(descriptors) < descriptors[0] + FEW_DESCRIPTORS, descriptors
