"""Attacks as a table: what is sent, what comes back, how. The tests run it and docs/attacks.md shows it."""

from __future__ import annotations

import base64
import json
import re
import socket
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import websocket
from web_class import LESSON, Browser, converse, message

WAIT_S = 10
PWNED = "pwned"


@dataclass
class House:
    """A running class of the tell-tale lesson, and people in it; a kernel of learner 101 is open."""

    url: str
    content: Path
    people: dict[str, Browser] = field(default_factory=dict)
    kernel: str = ""
    line: Any = None

    @property
    def host(self) -> tuple[str, int]:
        name, port = self.url.removeprefix("http://").rstrip("/").split(":")
        return name, int(port)

    @property
    def learner(self) -> Browser:
        return self.people["learner"]

    def close(self) -> None:
        if self.line is not None:
            self.line.shutdown()

    def fill(self) -> None:
        self.people = {
            "nobody": Browser(self.url),
            "learner": Browser(self.url).as_learner(101),
            "another learner": Browser(self.url).as_learner(102),
            "the same card elsewhere": Browser(self.url).as_learner(101),
            "guest": Browser(self.url).as_guest(),
            "instructor": Browser(self.url).as_instructor(),
        }
        self.kernel = self.learner.open_lesson()

    def others(self) -> list[Browser]:
        return [browser for who, browser in self.people.items() if who != "learner"]

    def ran(self) -> bool:
        return any(self.content.rglob(PWNED))

    def statuses(self, method: str, path: str, body: bytes | None = None, **headers: str) -> str:
        """Give what everybody gets, in words."""
        answers = [person.ask(method, path, body, **headers) for person in self.people.values()]
        assert not any(tells(answer.text) for answer in answers)
        return " or ".join(sorted({str(answer.status) for answer in answers}))


def tells(text: str) -> bool:
    """Say whether a text tells something about the inside of the server."""
    return bool(re.search(r"Traceback|File \"|site-packages|/tmp/|Tornado|Python/|sqlite", text))


def raw(house: House, head: str, body: bytes = b"") -> tuple[str, str]:
    """Send bytes as they are; gives the status (or ``cut off``) and everything that came back."""
    heard = b""
    with socket.create_connection(house.host, timeout=WAIT_S) as line:
        try:
            line.sendall(head.replace("\n", "\r\n").encode("latin-1") + body)
            while block := line.recv(65536):
                heard += block
        except ConnectionError:
            pass
    found = re.match(rb"HTTP/1\.1 (\d+)", heard)
    return (found[1].decode() if found else "cut off"), heard.decode("utf-8", "replace")


def get(house: House, path: str, *, host: str = "", **headers: str) -> tuple[str, str]:
    """Send a GET line as it is, with the learner's cookies."""
    more = "".join(f"{name}: {value}\n" for name, value in headers.items())
    head = f"GET {path} HTTP/1.1\nHost: {host or house.host[0]}\nCookie: {house.learner.cookies()}\n{more}"
    return raw(house, head + "Connection: close\n\n")


def channels(house: House, browser: Browser, kernel: str, session: str | None = None, **options: Any) -> Any:
    """Open the websocket of a kernel; a refusal is a ``WebSocketBadStatusException``."""
    address = house.url.replace("http", "ws", 1) + f"api/kernels/{kernel}/channels?session_id={session or uuid.uuid4()}"
    line = websocket.WebSocket()
    line.settimeout(WAIT_S)
    try:
        line.connect(address, cookie=browser.cookies(), http_no_proxy=["*"], **options)
    except websocket.WebSocketException:
        line.shutdown()
        raise
    return line


def refusal(house: House, browser: Browser, kernel: str, **options: Any) -> str:
    """Give the status by which a websocket is refused, or ``open``."""
    try:
        channels(house, browser, kernel, **options).shutdown()
    except websocket.WebSocketBadStatusException as error:
        return str(error.status_code)
    return "open"


def say(house: House, *messages: str | bytes) -> str:
    """Say something to the own kernel and give the kinds of what it answers, or why the line was closed."""
    line = house.line = house.line or channels(house, house.learner, house.kernel)
    kinds: set[str] = set()
    try:
        for one in messages:
            line.send(one, websocket.ABNF.OPCODE_BINARY if isinstance(one, bytes) else websocket.ABNF.OPCODE_TEXT)
        # Behind it in the queue of the shell; the server lets a page into no other channel.
        barriers = [message("kernel_info_request", channel="shell")]
        # What a kernel says on iopub may overtake its replies, so that both are waited for.
        ids = [json.loads(barrier)["header"]["msg_id"] for barrier in barriers]
        waited = {(one, what) for one in ids for what in ("kernel_info_reply", "idle")}
        for barrier in barriers:
            line.send(barrier)
        while waited:
            kind, word = line.recv_data()
            if kind == websocket.ABNF.OPCODE_CLOSE:
                house.line = line.shutdown()
                return f"closed, {int.from_bytes(word[:2], 'big')}"
            heard = json.loads(word)
            kind_said, parent = heard["msg_type"], heard["parent_header"].get("msg_id")
            waited.discard((parent, heard["content"].get("execution_state", kind_said)))
            if parent not in ids and kind_said != "status":
                kinds.add(kind_said)
            assert not tells(word.decode())
    except (BrokenPipeError, ConnectionResetError, websocket.WebSocketConnectionClosedException):
        house.line = line.shutdown()
        return "closed"
    return ", ".join(sorted(kinds)) or "nothing"


Send = Callable[[House], str]


@dataclass(frozen=True)
class Attack:
    """One line of the table; ``send`` gives what came back in the words of ``back``."""

    on: str
    sent: str
    back: str
    send: Send


CODE = {"code": f"open({PWNED!r}, 'w')", "silent": False, "cursor_pos": 0, "detail_level": 0, "restart": False}
KINDS = (
    *("execute_request", "inspect_request", "complete_request", "history_request", "is_complete_request"),
    *("debug_request", "interrupt_request", "shutdown_request", "create_subshell_request", "input_reply", "made_up"),
)
CHANNELS = ("shell", "control", "stdin", "iopub")


def forbidden(kind: str) -> Send:
    def send(house: House) -> str:
        heard = say(house, *(message(kind, CODE, channel) for channel in CHANNELS))
        return "it ran" if house.ran() else heard

    return send


def opened(target: str, **state: str) -> Send:
    def send(house: House) -> str:
        content = {"comm_id": uuid.uuid4().hex, "target_name": target, "data": {"state": state, "code": CODE["code"]}}
        heard = say(house, message("comm_open", content))
        return "it ran" if house.ran() else heard

    return send


def two_types(first: str, second: str) -> Send:
    def send(house: House) -> str:
        header = f'"msg_id": "a", "session": "s", "username": "", "msg_type": "{first}", "msg_type": "{second}"'
        whole = f'{{"channel": "shell", "header": {{{header}}}, "parent_header": {{}}, "metadata": {{}}, "content": '
        heard = say(house, whole + json.dumps(CODE) + ', "buffers": []}')
        return "it ran" if house.ran() else heard

    return send


def said(*messages: str | bytes) -> Send:
    return lambda house: say(house, *messages)


def widgets(house: House) -> list[str]:
    """Give the ids of the widgets of the own kernel."""
    comm = uuid.uuid4().hex
    opening = json.loads(message("comm_open", {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}))
    asking = message("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
    heard = converse(house.learner, house.kernel, json.dumps(opening | {"metadata": {"version": "1.0.0"}}), asking)
    return list(next(one["content"]["data"]["states"] for one in heard if "states" in one["content"].get("data", {})))


def to_widgets(*data: Any) -> Send:
    def send(house: House) -> str:
        found = widgets(house)
        assert found
        heard = say(house, *(message("comm_msg", {"comm_id": one, "data": each}) for one in found for each in data))
        return "it ran" if house.ran() else heard

    return send


def too_long(megabytes: int) -> Send:
    # Whether the reason still arrives depends on how much of the message was on its way.
    return lambda house: say(house, message("comm_msg", {"x": "a" * megabytes * 1_000_000})).removesuffix(", 1009")


def asked(method: str, path: str, body: bytes | None = None, **headers: str) -> Send:
    def send(house: House) -> str:
        return house.statuses(method, path.format(kernel=house.kernel), body, **headers)

    return send


def by_others(method: str, path: str) -> Send:
    def send(house: House) -> str:
        path_there = path.format(kernel=house.kernel)
        answers = [one.post(path_there) if method == "POST" else one.ask(method, path_there) for one in house.others()]
        alive = house.learner.get(f"api/kernels/{house.kernel}").status == 200
        return " or ".join(sorted({str(answer.status) for answer in answers})) + ("" if alive else ", it is dead")

    return send


def sockets_of_others(session: str | None = None) -> Send:
    return lambda house: " or ".join(
        sorted({refusal(house, one, house.kernel, session=session) for one in house.others()})
    )


def line(path: str, **headers: str) -> Send:
    def send(house: House) -> str:
        status, heard = get(house, path, **headers)
        place = re.search(r"\r\nLocation: (.*)\r\n", heard)
        assert not tells(heard), heard
        assert "evil" not in heard.partition("\r\n\r\n")[0]
        return status + (f", to {place[1]}" if place else "")

    return send


def lines(head: str, body: bytes = b"") -> Send:
    def send(house: House) -> str:
        status, heard = raw(house, head, body)
        assert not tells(heard), heard
        return status

    return send


def who_am_i(method: str = "GET", body: bytes | None = None, cookie: str = "", **headers: str) -> Send:
    """Give whose page somebody sees who says to be card 102, once without a session and once as 101."""

    def send(house: House) -> str:
        named = {"Cookie": cookie} if cookie else {}
        stranger = Browser(house.url).ask(method, "me", body, **named, **headers)
        own = house.learner.ask(method, "me", body, **headers)
        return f"{stranger.status}; {own.status}" + (", of 101" if '"card": 101' in own.text else "")

    return send


def cookie_with_another_number() -> Send:
    def send(house: House) -> str:
        value = house.learner.cookie("ecitizen-session").strip('"')
        parts = value.split("|")
        index = next(n for n, part in enumerate(parts) if len(part) > 40 and n < len(parts) - 1)
        length, _, packed = parts[index].rpartition(":")
        forged = base64.b64decode(packed).replace(b'"learner": 101', b'"learner": 102')
        parts[index] = f"{length}:{base64.b64encode(forged).decode()}"
        return str(Browser(house.url).get("me", Cookie=f'ecitizen-session="{"|".join(parts)}"').status)

    return send


def cookie_under_another_name(house: House) -> str:
    value = house.learner.cookie("ecitizen-device")
    assert value
    return str(Browser(house.url).get("me", Cookie=f"ecitizen-session={value}").status)


PRESS = {"method": "custom", "content": {"event": "click"}}
NONSENSE = (
    *(None, [], "x", 7, True, {}, {"method": 7}, {"method": "made_up"}, {"method": "custom"}, {"method": "update"}),
    *({"method": "custom", "content": one} for one in (None, [], "x", {"do": []}, {"key": {}, "do": "press"})),
    *({"method": "update", "state": one} for one in (None, [], "x", {"comm": None}, {"layout": "IPY_MODEL_x"})),
    {"method": "update", "state": {}, "buffer_paths": [["a", 9]]},
)
UUID = "00000000-0000-4000-8000-000000000000"
LIKE_CGI = {"Remote_User": "102", "X_Forwarded_User": "102", "X_Ecitizen_Learner": "102", "X_Remote_User": "102"}
FOREIGN = "Content-Type: application/x-www-form-urlencoded"

_ON_CODE = "Run code"
_ON_KERNEL = "Another's kernel"
_ON_IDENTITY = "Be somebody else"
_ON_SIZE = "Too much, broken"
_ON_INSIDE = "See the inside"
_ON_PATHS = "Files of the server"
_ON_JUPYTER = "The rest of Jupyter"
_ON_HTTP = "Tricks of HTTP"

ATTACKS = [
    *(Attack(_ON_CODE, f"`{kind}` on shell, control, stdin, iopub", "nothing", forbidden(kind)) for kind in KINDS),
    Attack(_ON_CODE, "a message of two types: `comm_msg`, then `execute_request`", "nothing",
           two_types("comm_msg", "execute_request")),
    Attack(_ON_CODE, "a message of two types: `execute_request`, then `comm_msg`", "nothing",
           two_types("execute_request", "comm_msg")),
    Attack(_ON_CODE, "`comm_open` of the target `os.system`", "comm_close", opened("os.system")),
    Attack(_ON_CODE, "`comm_open` of the target `builtins.exec`", "comm_close", opened("builtins.exec")),
    Attack(_ON_CODE, "`comm_open` of a widget of the module `os`, class `system`", "comm_close",
           opened("jupyter.widget", _model_module="os", _model_name="system", _view_module="os", _view_name="x")),
    Attack(_ON_KERNEL, "`GET api/kernels/ID`, a guessed id", "403", asked("GET", f"api/kernels/{UUID}")),
    Attack(_ON_KERNEL, "`GET api/kernels/ID`", "403", by_others("GET", "api/kernels/{kernel}")),
    Attack(_ON_KERNEL, "`DELETE api/kernels/ID`", "405", by_others("DELETE", "api/kernels/{kernel}")),
    Attack(_ON_KERNEL, "`POST api/kernels/ID/restart`", "404", by_others("POST", "api/kernels/{kernel}/restart")),
    Attack(_ON_KERNEL, "`POST api/kernels/ID/interrupt`", "404", by_others("POST", "api/kernels/{kernel}/interrupt")),
    Attack(_ON_KERNEL, "the closing beacon, `POST voila/api/shutdown/ID`", "403",
           by_others("POST", "voila/api/shutdown/{kernel}")),
    Attack(_ON_KERNEL, "its websocket", "403", sockets_of_others()),
    Attack(_ON_KERNEL, "its websocket with the `session_id` of the owner", "403", sockets_of_others("s1")),
    Attack(_ON_KERNEL, "the own websocket, from a page of another site", "403",
           lambda house: refusal(house, house.learner, house.kernel, origin="http://other.example")),
    Attack(_ON_KERNEL, "the own websocket with `session_id` `../../x`", "open",
           lambda house: refusal(house, house.learner, house.kernel, session="../../x")),
    Attack(_ON_IDENTITY, "the session cookie with another number", "404", cookie_with_another_number()),
    Attack(_ON_IDENTITY, "a session cookie without signature", "404; 200, of 101",
           who_am_i(cookie='ecitizen-session={"session":"x","role":"learner","learner":102}')),
    Attack(_ON_IDENTITY, "the signed cookie of the device as a session", "404", cookie_under_another_name),
    Attack(_ON_IDENTITY, "`Remote-User: 102` and the like", "404; 200, of 101", who_am_i(**LIKE_CGI)),
    Attack(_ON_IDENTITY, "`Authorization: token 102`", "404; 200, of 101", who_am_i(Authorization="token 102")),
    Attack(_ON_IDENTITY, "`learner=102` in the body", "404; 200, of 101", who_am_i(body=b"learner=102")),
    Attack(_ON_SIZE, "a form of 10 MB", "400", lines(
        f"POST / HTTP/1.1\nHost: localhost\n{FOREIGN}\nContent-Length: 10000000\n\n")),
    Attack(_ON_SIZE, "10 MB to the journal's door", "400", lines(
        "POST /journal HTTP/1.1\nHost: localhost\nContent-Length: 10000000\n\n")),
    Attack(_ON_SIZE, "a header of 10 MB", "cut off", lines(
        "GET / HTTP/1.1\nHost: localhost\nCookie: a=", b"a" * 10_000_000)),
    Attack(_ON_SIZE, "15 000 cookies", "200", lines(
        f"GET / HTTP/1.1\nHost: localhost\nConnection: close\nCookie: {'a=1;' * 15_000}\n\n")),
    *(Attack(_ON_SIZE, f"a websocket message of {size} MB", "closed", too_long(size)) for size in (1, 10)),
    *(Attack(_ON_SIZE, f"a websocket message that is {what}", "closed, 1003", said(one)) for what, one in {
        "no JSON": "[", "100 000 brackets": "[" * 100_000, "a list": "[]", "nothing": "null", "one byte": b"\x00",
        "without a header": '{"channel": "shell"}', "without a type": '{"channel": "shell", "header": {}}',
    }.items()),
    Attack(_ON_SIZE, "a websocket message whose type is a list", "nothing",
           said('{"channel": "shell", "header": {"msg_type": ["execute_request"]}}')),
    Attack(_ON_INSIDE, "a press whose handler raises an error", "comm_msg", to_widgets(PRESS)),
    Attack(_ON_INSIDE, f"{len(NONSENSE)} kinds of nonsense to each of the own widgets", "comm_msg",
           to_widgets(*NONSENSE)),
    *(Attack(_ON_PATHS, f"`GET {path}`", "404", line(path)) for path in (
        "/course-static/%2e%2e/app.py", "/course-static/..%2f..%2fapp.css", "/course-static/..\\..\\app.css",
        "/course-static/%00.css", "/course-static/etc/passwd.css", "/voila/templates/ecitizen/static/../index.html.j2",
        "/voila/templates/ecitizen/static/%2e%2e/%2e%2e/x", "/voila/templates/ecitizen/static/a%00",
        "/voila/templates/ecitizen/static//etc/passwd", "/voila/templates/lab/static/voila.js",
        "/voila/files/toc.yaml", f"/voila/render/{LESSON}.ipynb", f"/files/{LESSON}.ipynb", "/lesson/%2e%2e%2fapp",
        "/lesson/..", "/lesson/a%00", "/lesson/01-gosuslugi.ipynb", "/lesson/" + "a" * 2000,
    )),
    *(Attack(_ON_JUPYTER, f"`GET {path}`", "404", asked("GET", path)) for path in (
        "metrics", "api/contents", "api/sessions", "api/terminals", "api/kernels", "api/kernelspecs", "api/status",
        "api/events/subscribe", "api/config/notebook", "lab", "tree", "terminals/websocket/1", "login", "api/shutdown",
    )),
    *(Attack(_ON_HTTP, f"`Host: {host}`, the name of a foreign site", "403", line("/lessons", host=host)) for host in (
        "evil.example", "127.0.0.1.evil.example",
    )),
    Attack(_ON_HTTP, "`?next=//evil.example`", "302, to /lessons", line("/?next=//evil.example")),
    Attack(_ON_HTTP, "`GET //evil.example/`", "404", line("//evil.example/")),
    Attack(_ON_HTTP, "a line break in the path", "404", line("/lessons%0d%0aSet-Cookie:evil=1")),
    Attack(_ON_HTTP, "a line break in the query", "200", line("/?card=%0d%0aSet-Cookie:evil=1")),
    *(Attack(_ON_HTTP, f"`{method} /`", "405", lines(f"{method} / HTTP/1.1\nHost: localhost\nConnection: close\n\n"))
      for method in ("TRACE", "CONNECT", "OPTIONS", "HEAD")),
    Attack(_ON_HTTP, "two lengths", "400", lines(
        "POST / HTTP/1.1\nHost: localhost\nContent-Length: 5\nContent-Length: 6\n\nabcdef")),
    Attack(_ON_HTTP, "a length and chunks", "400", lines(
        "POST / HTTP/1.1\nHost: localhost\nContent-Length: 5\nTransfer-Encoding: chunked\n\n0\n\n")),
]  # fmt: skip


def table() -> str:
    """Give the table as it stands in docs/attacks.md."""
    told = ["| on | sent | came back |", "|---|---|---|"]
    cells = ((one.on, one.sent if len(one.sent) < 100 else one.sent[:60] + "…`", one.back) for one in ATTACKS)
    return "\n".join([*told, *(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in cells)])


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
