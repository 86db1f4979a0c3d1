"""The journal over HTTP: the server's answers and silences, as a kernel meets them."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import JournalError
from ecitizen.journal.door import open_journal
from ecitizen.journal.event import Event, JournalOffline, seed_of
from ecitizen.journal.guest import GuestJournal
from ecitizen.journal.remote import RemoteJournal
from ecitizen.journal.store import Store
from ecitizen.journal.wire import answer_query, read_event, store_posted

LESSON = "01-gosuslugi"
Answer = Callable[[BaseHTTPRequestHandler], None]


def press(number: int = 1) -> Event:
    return Event(id=f"event-{number}", lesson=LESSON, activity="quiz", run=1, body={"do": "press", "n": number})


def send(handler: BaseHTTPRequestHandler, status: int, document: object, **headers: str) -> None:
    data = json.dumps(document).encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


@contextmanager
def serving(answer: Answer) -> Iterator[str]:
    """Serve one answer for everything on a free port; gives the address of the journal."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/journal"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def journal_of(store: Store, learner: int, token: str) -> Answer:
    """Answer as the real server does: the token says who the learner is."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.headers["Authorization"] != f"token {token}":
            return send(handler, 403, {})
        journal = store.for_learner(learner)
        if handler.command == "POST":
            body = handler.rfile.read(int(handler.headers["Content-Length"]))
            return send(handler, 200, store_posted(journal, json.loads(body)))
        query = parse_qs(urlsplit(handler.path).query)
        return send(handler, 200, answer_query(journal, query.get("lesson", [""])[0], query.get("activity", [""])[0]))

    return answer


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "journal")
    yield Store(engine)
    engine.dispose()


def test_event_travels_and_comes_back(store: Store) -> None:
    with serving(journal_of(store, 104, "t1")) as url:
        journal = RemoteJournal(url, "t1")
        assert journal.seed == seed_of(104)
        for number in (2, 1, 2):
            journal.append(press(number))
        events = journal.read(LESSON)
        assert journal.read(LESSON, "lesson") == []
        assert journal.read(None, "quiz") == events
        assert journal.read(None, "lesson") == []
    assert [replace(event, at=None) for event in events] == [press(2), press(1)]
    assert events[0].at == store.read(104)[0].at
    assert events[0].at is not None
    assert events[0].at.tzinfo is not None


def test_environment_leads_to_the_server(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(journal_of(store, 104, "t1")) as url:
        monkeypatch.setenv("ECITIZEN_JOURNAL_URL", url)
        monkeypatch.setenv("ECITIZEN_JOURNAL_TOKEN", "t1")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        open_journal().append(press())
    assert [event.id for event in store.read(104)] == ["event-1"]


def test_wrong_token_is_a_refusal(store: Store) -> None:
    with serving(journal_of(store, 104, "t1")) as url, pytest.raises(JournalError) as caught:
        RemoteJournal(url, "t2").append(press())
    assert not isinstance(caught.value, JournalOffline)
    assert store.read() == []


def redirect(handler: BaseHTTPRequestHandler) -> None:
    send(handler, 307, {}, Location="http://127.0.0.1:9/elsewhere")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda handler: send(handler, 500, {}), "offline"),
        (lambda handler: send(handler, 503, {}), "offline"),
        (lambda handler: send(handler, 507, {}), "unstored"),
        (lambda handler: handler.wfile.write(b"nonsense\r\n"), "offline"),
        (lambda handler: handler.connection.close(), "offline"),
        (redirect, None),
        (lambda handler: send(handler, 404, {}), None),
        (lambda handler: send(handler, 200, []), None),
        (lambda handler: send(handler, 200, {"stored": 0}), None),
    ],
    ids=["error", "starting", "disk", "no http", "cut off", "redirect", "not found", "a list", "not stored"],
)
def test_strange_answer_is_a_journal_error(answer: Answer, reason: str | None) -> None:
    with serving(answer) as url, pytest.raises(JournalError) as caught:
        RemoteJournal(url, "t").append(press())
    assert getattr(caught.value, "reason", None) == reason


def dribble(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    for _ in range(100):
        try:
            handler.wfile.write(b" ")
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [lambda handler: time.sleep(1), dribble], ids=["silent", "dribbling"])
def test_slow_server_counts_as_offline(answer: Answer) -> None:
    with serving(answer) as url:
        begun_s = time.monotonic()
        with pytest.raises(JournalOffline):
            RemoteJournal(url, "t", patience_s=0.3).append(press())
        assert time.monotonic() - begun_s < 1


def test_absent_server_is_offline_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    begun_s = time.monotonic()
    with pytest.raises(JournalOffline):
        RemoteJournal(f"http://127.0.0.1:{port}/journal", "t").read(LESSON)
    assert time.monotonic() - begun_s < 5


def test_strange_scheme_is_refused() -> None:
    with pytest.raises(JournalError, match="http"):
        RemoteJournal("file:///etc/passwd", "t")


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"events": {}},
        {"events": [None]},
        {"events": [{"id": "a"}]},
        {"events": [{"id": "a", "lesson": LESSON, "activity": "quiz", "run": 1, "body": {}, "learner": 105}]},
        {"events": [{"id": "a", "lesson": LESSON, "activity": "quiz", "run": 1, "body": {}, "at": 7}]},
        {"events": [{"id": "a", "lesson": LESSON, "activity": "quiz", "run": 1, "body": {}, "at": "today"}]},
        {"events": [{"id": {}, "lesson": LESSON, "activity": "quiz", "run": 1, "body": {}}]},
        {"events": [{}] * 1001},
    ],
    ids=[
        "null",
        "list",
        "empty",
        "no list",
        "none",
        "torn",
        "forged learner",
        "number time",
        "word time",
        "id",
        "many",
    ],
)
def test_hostile_post_stores_nothing(document: object) -> None:
    journal = GuestJournal()
    with pytest.raises(JournalError):
        store_posted(journal, document)
    assert journal.read(LESSON) == []


def test_sender_cannot_choose_the_time() -> None:
    journal = GuestJournal()
    event = {"id": "a", "lesson": LESSON, "activity": "quiz", "run": 1, "body": {}, "at": "2001-01-01T00:00:00+00:00"}
    assert read_event(event).at == datetime(2001, 1, 1, tzinfo=UTC)
    store_posted(journal, {"events": [event]})
    stored_at = journal.read(LESSON)[0].at
    assert stored_at is not None
    assert stored_at.year > 2001
