"""A lesson page and its kernel: whose it is, what it may say, when it ends, what it leaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from test_gradebook_door import HOSTILE
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect
from web_class import LESSON, SECRET, Answer, Browser, converse, course_folder, message, soon, tell_tale_course

from ecitizen import content
from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.journal.store import Store
from ecitizen.web import Running, running
from ecitizen.web.channels import ANSWERS
from ecitizen.web.launches import kernel_environment

pytestmark = pytest.mark.slow


class Class:
    """A running server with the folders behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = course_folder(path / "data")
        self.content = tell_tale_course(path / "content")
        self.server: Running

    def environments(self) -> list[dict[str, str]]:
        """Give the environments that kernels have written down, the newest last."""
        return self._written("environment")

    def bindings(self) -> list[dict[str, str]]:
        """Give what kernels were told when they got a learner, the newest last."""
        return self._written("binding")

    def _written(self, what: str) -> list[dict[str, str]]:
        written = list((self.content / "lessons").glob(f"{what}-*.json"))
        written.sort(key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_text()) for path in written]

    def journal(self, token: str, method: str = "GET", query: str = "", document: object = None) -> Answer:
        body = None if document is None else json.dumps(document).encode()
        return Browser(self.server.url).ask(method, f"journal{query}", body, Authorization=f"token {token}")

    def store(self) -> Store:
        return Store(open_engine(self.folder.database_url))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    klass = Class(tmp_path_factory.mktemp("class"))
    os.environ["DATABASE_PASSWORD"] = SECRET
    try:
        options = {"guest_grace_s": 1, "reload_grace_s": 1, "max_kernels": 8, "spare_kernels": 0}
        with running(klass.folder, content=str(klass.content), **options) as server:
            klass.server = server
            yield klass
    finally:
        del os.environ["DATABASE_PASSWORD"]


@pytest.fixture
def learner(room: Class) -> Iterator[Browser]:
    browser = Browser(room.server.url).as_learner(101)
    yield browser
    browser.post("logout")


@pytest.fixture
def stranger(room: Class) -> Iterator[Browser]:
    browser = Browser(room.server.url).as_learner(102)
    yield browser
    browser.post("logout")


def token_of(room: Class, browser: Browser) -> str:
    browser.open_lesson()
    return room.bindings()[-1]["ECITIZEN_JOURNAL_TOKEN"]


def event(number: int = 1, **other: Any) -> dict[str, Any]:
    body = {"do": "step", "step": number % 8 + 1}
    return {"id": str(uuid.UUID(int=number)), "lesson": LESSON, "activity": "lesson", "run": 1, "body": body} | other


OTHERS = ("02-doctor", "03-one-stop", "04-account")


def test_the_owner_reaches_the_kernel(learner: Browser) -> None:
    kernel = learner.open_lesson()
    assert learner.get(f"api/kernels/{kernel}").status == 200
    heard = converse(learner, kernel, message("kernel_info_request"), message("comm_info_request"))
    assert {"kernel_info_reply", "comm_info_reply"} <= {one["msg_type"] for one in heard}


def test_nobody_else_reaches_it(room: Class, learner: Browser, stranger: Browser) -> None:
    kernel = learner.open_lesson()
    same_card = Browser(room.server.url).as_learner(101)
    desk = Browser(room.server.url).as_instructor()
    for other in (stranger, same_card, desk, Browser(room.server.url), Browser(room.server.url).as_guest()):
        assert other.get(f"api/kernels/{kernel}").status == 403
        assert other.post(f"voila/api/shutdown/{kernel}").status == 403
        with pytest.raises(HTTPClientError, match="403"):
            converse(other, kernel, message("kernel_info_request"))
    assert learner.get(f"api/kernels/{kernel}").status == 200


def test_a_foreign_page_gets_no_websocket(learner: Browser) -> None:
    kernel = learner.open_lesson()

    async def run() -> None:
        address = learner.url.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels"
        headers = {"Cookie": learner.cookies(), "Origin": "http://other.example"}
        await websocket_connect(HTTPRequest(address, headers=headers))

    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(run())


FORBIDDEN = [
    "execute_request",
    "inspect_request",
    "complete_request",
    "history_request",
    "is_complete_request",
    "shutdown_request",
    "interrupt_request",
    "debug_request",
    "input_reply",
    "create_subshell_request",
    "nonsense",
]


@pytest.mark.parametrize("channel", ["shell", "control"])
def test_no_code_can_be_run(room: Class, learner: Browser, channel: str) -> None:
    kernel = learner.open_lesson()
    code = {"code": "open('pwned', 'w')", "silent": False, "cursor_pos": 0, "detail_level": 0, "restart": False}
    forbidden = [message(kind, code, channel) for kind in FORBIDDEN]
    heard = converse(learner, kernel, *forbidden, message("kernel_info_request"))
    assert {one["msg_type"] for one in heard} <= {"kernel_info_reply", "status"}
    assert not (room.content / "lessons" / "pwned").exists()
    assert learner.get(f"api/kernels/{kernel}").status == 200


def test_a_failing_handler_tells_no_secrets(room: Class, learner: Browser) -> None:
    kernel = learner.open_lesson()
    states = converse(learner, kernel, message("comm_info_request", {"target_name": "jupyter.widget"}))
    comms = next(one["content"]["comms"] for one in states if one["msg_type"] == "comm_info_reply")
    click = {"method": "custom", "content": {"event": "click"}}
    clicks = [message("comm_msg", {"comm_id": comm, "data": click}) for comm in comms]
    broken = [message("comm_msg", {"comm_id": comm, "data": {"method": "update", "state": 5}}) for comm in comms]
    heard = converse(learner, kernel, *clicks, *broken)
    assert {one["msg_type"] for one in heard} <= ANSWERS
    assert (room.content / "lessons" / "clicked").exists()
    assert "Traceback" not in json.dumps(heard)
    assert "inside of the kernel" not in json.dumps(heard)


def test_the_kernel_gets_no_secret(room: Class, learner: Browser) -> None:
    learner.open_lesson()
    environment, binding = room.environments()[-1], room.bindings()[-1]
    assert SECRET not in json.dumps(environment)
    assert binding["ECITIZEN_JOURNAL_URL"] == room.server.url + "journal"
    assert len(binding["ECITIZEN_JOURNAL_TOKEN"]) >= 32
    assert {name for name in environment if name.startswith("ECITIZEN")} == {content.SLIM_PAGE}
    assert "QUERY_STRING" not in environment


def test_only_named_variables_are_inherited() -> None:
    harmless = {"PATH": "/bin", "SystemRoot": "C:", "LC_ALL": "ru", "PYTHONPATH": "x"}
    server = harmless | {"JUPYTER_TOKEN": SECRET, "AWS_KEY": SECRET, "ECITIZEN_DATA": SECRET}
    assert kernel_environment(server) == harmless


@pytest.mark.parametrize("query", ["?template=classic", "?theme=dark", "?template=../../etc", "?voila-theme=x&token=y"])
def test_the_address_changes_no_template(learner: Browser, query: str) -> None:
    page = learner.get(f"lesson/{LESSON}{query}")
    assert page.status == 200
    assert 'lang="ru"' in page.text
    assert "classic" not in page.text


def test_the_lesson_page_is_offline_and_strict(learner: Browser) -> None:
    page = learner.get(f"lesson/{LESSON}")
    assert "//cdn" not in page.text
    assert "mathjax" not in page.text.lower()
    assert "TELL" not in page.text
    assert "os.environ" not in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert learner.cookie("_xsrf")


def test_the_closing_beacon_ends_the_kernel(learner: Browser) -> None:
    kernel = learner.open_lesson()
    assert learner.ask("POST", f"voila/api/shutdown/{kernel}", b"").status == 403
    assert learner.ask("POST", f"voila/api/shutdown/{kernel}?_xsrf={learner.xsrf()}", b"").status == 204
    assert soon(lambda: learner.get(f"api/kernels/{kernel}").status == 403)


def test_a_reload_gives_the_same_kernel_back(learner: Browser) -> None:
    kernel = learner.open_lesson()
    learner.ask("POST", f"voila/api/shutdown/{kernel}?_xsrf={learner.xsrf()}", b"")
    assert learner.open_lesson() == kernel
    time.sleep(1.5)
    assert learner.get(f"api/kernels/{kernel}").status == 200


def test_logging_out_ends_the_kernels(room: Class) -> None:
    browser = Browser(room.server.url).as_learner(103)
    token = token_of(room, browser)
    assert room.journal(token).status == 200
    browser.post("logout")
    assert room.journal(token).status == 403


def test_a_session_keeps_few_kernels(learner: Browser) -> None:
    kernels = [learner.open_lesson(lesson) for lesson in (LESSON, *OTHERS)]
    assert [learner.get(f"api/kernels/{kernel}").status for kernel in kernels] == [403, 200, 200, 200]


def test_a_full_class_is_told_kindly(room: Class) -> None:
    guests = [Browser(room.server.url).as_guest() for _ in range(8)]
    card = Browser(room.server.url).as_learner(103)
    try:
        pages = [guest.get(f"lesson/{LESSON}") for guest in guests]
        assert [page.status for page in pages] == [200] * 7 + [503]
        # The last place is for somebody with a card.
        assert card.open_lesson()
        assert "Урок скоро откроется" in pages[-1].text
        assert "Ваша очередь следующая" in pages[-1].text
        assert json.loads(guests[-1].get(f"lesson/{LESSON}/place").body)["place"] == 1
        guests[0].post("logout")
        assert json.loads(guests[-1].get(f"lesson/{LESSON}/place").body)["place"] == 0
        assert guests[-1].open_lesson()
    finally:
        for guest in [*guests, card]:
            guest.post("logout")


def test_an_event_is_stored_under_the_card(room: Class, learner: Browser) -> None:
    token = token_of(room, learner)
    one = event(int(uuid.uuid4()) % 10**30)
    for _ in range(2):
        assert room.journal(token, "POST", document={"events": [one]}).text == '{"stored": 1}'
    stored = [found for found in room.store().read(lesson=LESSON) if found.id == one["id"]]
    assert [(found.learner, found.body) for found in stored] == [(101, one["body"])]
    read = json.loads(room.journal(token, query=f"?lesson={LESSON}").body)
    assert one["id"] in [found["id"] for found in read["events"]]


REFUSED: list[tuple[str, object, int]] = [
    ("another lesson", {"events": [event(lesson="02-other")]}, 403),
    ("a number of its own", {"events": [event(learner=102)]}, 400),
    ("no events", {"events": []}, 400),
    ("not a list", {"events": {"id": 1}}, 400),
    ("not an object", [1, 2], 400),
    ("a bad id", {"events": [event(id="a b")]}, 400),
    ("a bad activity", {"events": [event(activity="../x")]}, 400),
    ("a body that is no object", {"events": [event(body="x")]}, 400),
    ("run nought", {"events": [event(run=0)]}, 400),
    ("too much", {"events": [event(body={"x": "y" * 70_000})]}, 413),
    ("much, but one event", {"events": [event(body={"x": "y" * 40_000})]}, 400),
]


@pytest.mark.parametrize(("document", "status"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_the_journal_refuses_what_is_no_event(room: Class, document: object, status: int) -> None:
    browser = Browser(room.server.url).as_guest()
    token = token_of(room, browser)
    before = len(room.store().read())
    assert room.journal(token, "POST", document=document).status == status
    assert len(room.store().read()) == before
    browser.post("logout")


def test_one_token_reads_one_lesson(room: Class, learner: Browser) -> None:
    token = token_of(room, learner)
    assert room.journal(token, query="?lesson=02-other").status == 403
    assert set(json.loads(room.journal(token).body)) == {"seed", "events"}
    for wrong in ("", "x", token[:-1], "guess " + token):
        assert room.journal(wrong).status == 403
    assert learner.get("journal").status == 403


BROKEN = {"empty": b"", "cut": b"{", "deep": b"[" * 60_000, "binary": b"\xff\xfe", "null": b"null"}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_the_journal_survives_broken_json(room: Class, learner: Browser, raw: bytes) -> None:
    token = token_of(room, learner)
    browser = Browser(room.server.url)
    assert browser.ask("POST", "journal", raw, Authorization=f"token {token}").status == 400


CUT_OFF = 0
"""Stands for a connection that the server closed before it had read all."""


def test_hostile_answers_end_at_the_door(room: Class, learner: Browser) -> None:
    token = token_of(room, learner)
    browser, before = Browser(room.server.url), len(room.store().read())
    for name, raw in HOSTILE.items():
        try:
            status = browser.ask("POST", "journal", raw, Authorization=f"token {token}").status
        except OSError:
            status = CUT_OFF
        assert status in ({400, 413, CUT_OFF} if len(raw) > 1_000_000 else {400, 413}), name
    assert len(room.store().read()) == before
    assert room.journal(token, "POST", document={"events": [event(int(uuid.uuid4()) % 10**30)]}).status == 200


def test_a_guest_is_forgotten(room: Class) -> None:
    guest = Browser(room.server.url).as_guest()
    token = token_of(room, guest)
    before = len(room.store().read())
    assert room.journal(token, "POST", document={"events": [event(), event(2)]}).status == 200
    assert len(json.loads(room.journal(token, query=f"?lesson={LESSON}").body)["events"]) == 2
    again = token_of(room, guest)
    assert len(json.loads(room.journal(again, query=f"?lesson={LESSON}").body)["events"]) == 2
    for environment in (token, again):
        assert room.journal(environment).status == 200
    guest.post("logout")
    assert len(room.store().read()) == before
    assert room.journal(again).status == 403


def test_a_guest_who_closes_the_page_is_forgotten(room: Class) -> None:
    guest = Browser(room.server.url).as_guest()
    kernel = guest.open_lesson()
    token = room.bindings()[-1]["ECITIZEN_JOURNAL_TOKEN"]
    room.journal(token, "POST", document={"events": [event()]})
    assert "Начат" in guest.get("lessons").text
    guest.ask("POST", f"voila/api/shutdown/{kernel}?_xsrf={guest.xsrf()}", b"")
    assert soon(lambda: "Начнём?" in guest.get("lessons").text)


def test_a_locked_database_asks_to_wait(room: Class, learner: Browser) -> None:
    token = token_of(room, learner)
    engine = open_engine(room.folder.database_url)
    document = {"events": [event(77, id=str(uuid.uuid4()))]}
    with engine.connect() as connection, connection.begin(), ThreadPoolExecutor() as pool:
        posting = pool.submit(room.journal, token, "POST", "", document)
        begun_s = time.monotonic()
        assert Browser(room.server.url).get("health").status == 200
        # The kernel gave up and asks again: nothing piles up, and pages that read go on.
        again = room.journal(token, "POST", "", document)
        assert learner.get("lessons").status == 200
        assert time.monotonic() - begun_s < 5
        assert not posting.done()
        answer = posting.result()
    assert again.status == 503
    engine.dispose()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert room.journal(token, "POST", "", document).text == '{"stored": 1}'


def test_a_page_without_socket_is_culled(tmp_path: Path) -> None:
    klass = Class(tmp_path)
    with running(klass.folder, content=str(klass.content), idle_s=2) as server:
        learner = Browser(server.url).as_learner(101)
        kernel = learner.open_lesson()
        assert soon(lambda: learner.get(f"api/kernels/{kernel}").status == 403, 15)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL], ids=["term", "ctrl-c", "kill"])
def test_kernels_die_with_the_server(tmp_path: Path, number: signal.Signals) -> None:
    klass = Class(tmp_path)
    with running(klass.folder, content=str(klass.content)) as server:
        Browser(server.url).as_learner(101).open_lesson()
        written = list((klass.content / "lessons").glob("environment-*.json"))
        pids = [int(path.stem.partition("-")[2]) for path in written]
        assert all(lives(pid) for pid in pids)
        server.process.send_signal(number)
        server.process.wait(15)
    assert soon(lambda: not any(lives(pid) for pid in pids))


def lives(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_the_session_outlives_a_restart(tmp_path: Path) -> None:
    klass = Class(tmp_path)
    with running(klass.folder, content=str(klass.content)) as server:
        learner = Browser(server.url).as_learner(101)
        port = int(server.url.rstrip("/").rpartition(":")[2])
        learner.post("help", do="call")
    with running(CourseFolder.open(klass.folder.path), content=str(klass.content), port=port):
        assert learner.me()["call"] == "waiting"
        assert learner.open_lesson()
