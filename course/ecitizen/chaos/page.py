"""One open lesson page, as the server sees it: HTML, a websocket, widgets by name, presses with keys."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any, Literal
from urllib.parse import urlencode

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketError, websocket_connect

CONTROL = "jupyter.widget.control"
REQUEST_S = 20.0
STATES_S = 15.0
GOODBYE_S = 5.0
UNREACHED = 599
"""Tornado's number for no answer at all."""

_KERNEL = re.compile(r'(?:id="kernel">\{"id"|"kernelId"): "([0-9a-f-]{36})"')

Answer = Literal["ack", "refused", "offline", "silence", "closed"]
"""What became of one transmission of a press."""


@dataclass(slots=True)
class Browser:
    """Cookies and requests over one wire; what the storage of a browser keeps is kept by the learner."""

    url: str
    http: AsyncHTTPClient
    jar: SimpleCookie = field(default_factory=SimpleCookie)

    @property
    def cookies(self) -> str:
        """Give the header."""
        return "; ".join(f"{name}={one.value}" for name, one in self.jar.items())

    def another(self) -> Browser:
        """Give a browser of another device, on the same wire, which nobody knows yet."""
        return Browser(self.url, self.http)

    async def fetch(self, path: str, form: dict[str, str] | None = None) -> HTTPResponse:
        """Ask for a page, or send a form; a server out of reach gives the code ``UNREACHED``."""
        body = None if form is None else urlencode({"_xsrf": self._xsrf(), **form})
        request = HTTPRequest(
            self.url + path,
            method="GET" if form is None else "POST",
            body=body,
            headers={"Cookie": self.cookies},
            follow_redirects=False,
            connect_timeout=REQUEST_S,
            request_timeout=REQUEST_S,
        )
        try:
            answer = await self.http.fetch(request, raise_error=False)
        except (OSError, HTTPClientError) as error:
            return HTTPResponse(request, UNREACHED, error=error)
        for cookie in answer.headers.get_list("Set-Cookie"):
            self.jar.load(cookie)
        return answer

    def _xsrf(self) -> str:
        return self.jar["_xsrf"].value if "_xsrf" in self.jar else ""


class Page:
    """A page that has its kernel and knows its widgets."""

    def __init__(self, kernel_id: str, socket: Any) -> None:
        """Begin to listen."""
        self.kernel_id = kernel_id
        self._socket = socket
        self._models: dict[str, dict[str, Any]] = {}
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._states: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def open(cls, browser: Browser, lesson: str) -> Page | int:
        """Open the lesson; gives the code of the server's answer where there is no page to work with."""
        answer = await browser.fetch(f"lesson/{lesson}")
        kernel = _KERNEL.search(answer.body.decode()) if answer.code == 200 else None
        if kernel is None:
            return int(answer.code)
        return await cls.attach(browser, kernel[1]) or UNREACHED

    @classmethod
    async def attach(cls, browser: Browser, kernel_id: str) -> Page | None:
        """Connect to a kernel and ask for the state of its widgets; None if that fails."""
        address = (
            f"{browser.url.replace('http', 'ws', 1)}api/kernels/{kernel_id}/channels?session_id={uuid.uuid4().hex}"
        )
        request = HTTPRequest(address, headers={"Cookie": browser.cookies}, connect_timeout=REQUEST_S)
        try:
            page = cls(kernel_id, await websocket_connect(request))
        except (OSError, HTTPClientError, WebSocketError):
            return None
        control = uuid.uuid4().hex
        page._send("comm_open", {"comm_id": control, "target_name": CONTROL, "data": {}}, version="1.0.0")
        page._send("comm_msg", {"comm_id": control, "data": {"method": "request_states"}})
        try:
            await asyncio.wait_for(asyncio.shield(page._states), STATES_S)
        except (TimeoutError, ConnectionError):
            page.close()
            return None
        return page

    def view(self, task: str, mode: str) -> dict[str, Any]:
        """Give what a practice shows; ``LookupError`` if the page has none such."""
        return dict(self._practice(task, mode)["view"])

    def answered(self, task: str, mode: str) -> str:
        """Give the key of the press that a practice has answered last."""
        return str(self._practice(task, mode)["answered"])

    async def press(self, task: str, mode: str, key: str, message: dict[str, Any], patience_s: float) -> Answer:
        """Send a press and wait for its answer."""
        practice = self._practice(task, mode)
        future = self._waiting[key] = asyncio.get_running_loop().create_future()
        content = {"comm_id": practice["comm"], "data": {"method": "custom", "content": {"key": key, **message}}}
        self._send("comm_msg", content)
        if self._listening.done():
            return "closed"
        try:
            return await asyncio.wait_for(future, patience_s)
        except TimeoutError:
            return "silence"
        finally:
            self._waiting.pop(key, None)

    async def leave(self) -> None:
        """Close the websocket and wait for the server's goodbye."""
        self._socket.close()
        await asyncio.wait([self._listening], timeout=GOODBYE_S)
        self._listening.cancel()

    def close(self) -> None:
        """Close the websocket and wait for nobody: the wire may be cut."""
        self._listening.cancel()
        self._socket.close()

    def _practice(self, task: str, mode: str) -> dict[str, Any]:
        for model in self._models.values():
            view = model.get("view") if model.get("kind") == "practice" else None
            if view and (view["task"]["id"], view["mode"]) == (task, mode):
                return model
        raise LookupError(f"the page has no practice {task}:{mode}")

    def _send(self, kind: str, content: dict[str, Any], **metadata: str) -> None:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "chaos", "version": "5.3"}
        parts = {"header": header, "parent_header": {}, "metadata": metadata, "content": content, "buffers": []}
        try:
            sent = self._socket.write_message(json.dumps({"channel": "shell"} | parts))
        except WebSocketError:
            return  # The listener has seen the end, or is about to.
        sent.add_done_callback(lambda future: future.cancelled() or future.exception())

    async def _listen(self) -> None:
        while (word := await self._socket.read_message()) is not None:
            if not isinstance(word, str):
                continue
            heard = json.loads(word)
            if heard["msg_type"] == "status" and heard["content"]["execution_state"] in ("restarting", "dead"):
                break
            if heard["msg_type"] == "comm_msg":
                self._heard(heard["content"]["comm_id"], heard["content"]["data"])
        for future in self._waiting.values():
            _settle(future, "closed")
        if not self._states.done():
            self._states.set_exception(ConnectionError("closed"))

    def _heard(self, comm: str, data: dict[str, Any]) -> None:
        if data.get("method") == "update_states":
            self._models = {name: {"comm": name, **one["state"]} for name, one in data["states"].items()}
            _settle(self._states, None)
        elif "state" in data and comm in self._models:
            self._models[comm].update(data["state"])
            # The view travels with the key that it answers, and may come before the word of acknowledgement.
            self._answer(str(data["state"].get("answered", "")), "ack")
        elif data.get("method") == "custom":
            content = data["content"]
            self._answer(str(content.get("ack", "")), "ack")
            self._answer(str(content.get("nack", "")), "refused" if content.get("reason") == "refused" else "offline")

    def _answer(self, key: str, answer: Answer) -> None:
        if key in self._waiting:
            _settle(self._waiting[key], answer)


def _settle(future: asyncio.Future[Any], answer: object) -> None:
    if not future.done():
        future.set_result(answer)
