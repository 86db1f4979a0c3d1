"""The journal of a kernel in class: every event goes to the server, which alone writes to the disk.

Sockets and JSON only: a kernel must start fast, must not open the database, and whatever code it runs is memory of its
own. ``urllib`` and ``http.client``, with the parser of mail headers behind them, were 1.3 MB a learner.
"""

from __future__ import annotations

import json
import socket
import time
from typing import Any, NoReturn
from urllib.parse import quote

from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, JournalOffline, JournalUnstored, check_event
from ecitizen.journal.wire import event_document, read_event

PATIENCE_S = 4.0
"""After so long without an answer the server counts as away."""

NO_STORAGE = 507
"""The status of a server whose disk takes nothing."""

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_WAIT = "Подождите: страница сама продолжит, когда связь вернётся"
_LEAST_S = 0.01
_SCHEME, _PORT = "http://", 80


class RemoteJournal:
    """One learner's journal behind HTTP; the token alone says who the learner is. It is a ``Journal``."""

    def __init__(self, url: str, token: str, patience_s: float = PATIENCE_S) -> None:
        """Name the server's journal address and this kernel's own token."""
        place, slash, path = url.removeprefix(_SCHEME).partition("/")
        host, _, port = place.rpartition(":") if not place.endswith("]") and ":" in place else (place, "", str(_PORT))
        if not url.startswith(_SCHEME) or not host or not port.isdecimal():
            raise JournalError("journal", f"ожидался адрес http://…, а есть {url!r}", "Откройте урок заново")
        self._address = (host.strip("[]"), int(port))
        self._path = slash + path or "/"
        self._headers = f"Host: {place}\r\nAuthorization: token {token}\r\nContent-Type: application/json\r\n"
        self._patience_s = patience_s
        self._seed: int | None = None

    @property
    def seed(self) -> int:
        """Give the learner's seed; the first time it asks the server."""
        if self._seed is None:
            self._seed = self._seed_in(self._ask("GET", self._path))
        return self._seed

    def append(self, event: Event) -> None:
        """Send an event; it is on the server's disk when this returns.

        Raises ``JournalOffline`` within 5 s if the server is away (send it again later),
        ``JournalError`` if it refuses.
        """
        check_event(event)
        answer = self._ask("POST", self._path, {"events": [event_document(event)]})
        if answer.get("stored") != 1:
            self._strange(answer)

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        """Give this learner's events of a lesson (None: of all, then name an activity); errors as of ``append``."""
        asked = (("lesson", lesson), ("activity", activity))
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in asked if value)
        answer = self._ask("GET", f"{self._path}?{query}")
        self._seed = self._seed_in(answer)
        events = answer.get("events")
        if not isinstance(events, list):
            self._strange(answer)
        return [read_event(event) for event in events]

    def _seed_in(self, answer: dict[str, Any]) -> int:
        seed = answer.get("seed")
        if type(seed) is not int:
            self._strange(answer)
        return seed

    def _ask(self, method: str, target: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        data = b"" if document is None else json.dumps(document, ensure_ascii=False).encode("utf-8")
        try:
            status, body = self._exchange(method, target, data)
        except (OSError, ValueError) as error:
            raise JournalOffline("journal", f"нет связи с сервером ({error})", _WAIT) from error
        if status == NO_STORAGE:
            raise JournalUnstored("journal", "сервер есть, но его диск ничего не принимает", "Позовите библиотекаря")
        if status >= 500:
            raise JournalOffline("journal", f"сервер отвечает ошибкой {status}", _WAIT)
        if status != 200:
            # A redirect too: it would carry the token to another address.
            raise JournalError("journal", f"сервер отказал ({status})", "Откройте урок заново")
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise JournalError("journal", f"сервер ответил непонятно ({error})", "Откройте урок заново") from error
        if not isinstance(answer, dict):
            self._strange(answer)
        return answer

    def _exchange(self, method: str, target: str, data: bytes) -> tuple[int, bytes]:
        """Send one request of HTTP/1.0, which ends with its connection, past any proxy; gives the status and the body.

        ``OSError`` where the server is away, too slow for the whole answer or cut off, ``ValueError`` where it speaks
        no HTTP.
        """
        deadline_s = time.monotonic() + self._patience_s
        head = f"{method} {target} HTTP/1.0\r\n{self._headers}Content-Length: {len(data)}\r\n\r\n"
        parts: list[bytes] = []
        with socket.create_connection(self._address, self._patience_s) as connection:
            connection.sendall(head.encode("ascii") + data)
            connection.settimeout(max(_LEAST_S, deadline_s - time.monotonic()))
            while part := connection.recv(_CHUNK_BYTES):
                parts.append(part)
                left_s = deadline_s - time.monotonic()
                if left_s <= 0 or sum(map(len, parts)) > MAX_ANSWER_BYTES:
                    raise TimeoutError("ответ слишком долгий")
                connection.settimeout(left_s)
        return _read_answer(b"".join(parts))

    @staticmethod
    def _strange(answer: object) -> NoReturn:
        raise JournalError("journal", f"сервер ответил непонятно {str(answer)[:80]!r}", "Откройте урок заново")


def _read_answer(raw: bytes) -> tuple[int, bytes]:
    head, ended, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    words = first.split(None, 2)
    if not ended or len(words) < 2 or not words[0].startswith(b"HTTP/1."):
        raise ValueError("это не HTTP")
    for line in lines:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length" and int(value) != len(body):
            raise ConnectionError("ответ оборван")
    return int(words[1]), body
