"""The journal of a kernel in class: every event goes to the server, which alone writes to the disk.

Standard library only: a kernel must start fast and must not open the database.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any, NoReturn
from urllib.parse import urlencode

from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, JournalOffline, check_event
from ecitizen.journal.wire import event_document, read_event

PATIENCE_S = 4.0
"""After so long without an answer the server counts as away."""

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_WAIT = "Подождите: страница сама продолжит, когда связь вернётся"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another address."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow nowhere; the answer then counts as a refusal."""


class RemoteJournal:
    """One learner's journal behind HTTP; the token alone says who the learner is. It is a ``Journal``."""

    def __init__(self, url: str, token: str, patience_s: float = PATIENCE_S) -> None:
        """Name the server's journal address and this kernel's own token."""
        if not url.startswith(("http://", "https://")):
            raise JournalError("journal", f"ожидался адрес http://…, а есть {url!r}", "Откройте урок заново")
        self._url = url
        self._token = token
        self._patience_s = patience_s
        self._seed: int | None = None
        # A proxy of the machine must not see the class's own traffic, nor break it.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)

    @property
    def seed(self) -> int:
        """Give the learner's seed; the first time it asks the server."""
        if self._seed is None:
            self._seed = self._seed_in(self._ask("GET", self._url))
        return self._seed

    def append(self, event: Event) -> None:
        """Send an event; it is on the server's disk when this returns.

        Raises ``JournalOffline`` within 5 s if the server is away (send it again later),
        ``JournalError`` if it refuses.
        """
        check_event(event)
        answer = self._ask("POST", self._url, {"events": [event_document(event)]})
        if answer.get("stored") != 1:
            self._strange(answer)

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        """Give this learner's events of a lesson (None: of all, then name an activity); errors as of ``append``."""
        query = ({"lesson": lesson} if lesson else {}) | ({"activity": activity} if activity else {})
        answer = self._ask("GET", f"{self._url}?{urlencode(query)}")
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

    def _ask(self, method: str, url: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if document is None else json.dumps(document, ensure_ascii=False).encode("utf-8")
        headers = {"Authorization": f"token {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the scheme is checked above
        try:
            answer = json.loads(self._fetch(request))
        except urllib.error.HTTPError as error:
            with error:
                if error.code >= 500:
                    raise JournalOffline("journal", f"сервер отвечает ошибкой {error.code}", _WAIT) from error
                raise JournalError("journal", f"сервер отказал ({error.code})", "Откройте урок заново") from error
        except (OSError, HTTPException) as error:
            raise JournalOffline("journal", f"нет связи с сервером ({error})", _WAIT) from error
        except ValueError as error:
            raise JournalError("journal", f"сервер ответил непонятно ({error})", "Откройте урок заново") from error
        if not isinstance(answer, dict):
            self._strange(answer)
        return answer

    def _fetch(self, request: urllib.request.Request) -> bytes:
        # The timeout of a socket counts anew for every byte; the deadline is for the whole answer.
        deadline_s = time.monotonic() + self._patience_s
        parts: list[bytes] = []
        with self._opener.open(request, timeout=self._patience_s) as response:
            while part := response.read1(_CHUNK_BYTES):
                parts.append(part)
                if time.monotonic() > deadline_s or sum(map(len, parts)) > MAX_ANSWER_BYTES:
                    raise TimeoutError("ответ слишком долгий")
        return b"".join(parts)

    @staticmethod
    def _strange(answer: object) -> NoReturn:
        raise JournalError("journal", f"сервер ответил непонятно {str(answer)[:80]!r}", "Откройте урок заново")
