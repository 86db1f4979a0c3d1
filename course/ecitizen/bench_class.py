"""A class that opens the same lesson at once, and what it takes: ours, ours made ready before, and stock Voila.

Clients are connections and no browsers: each gets the page, opens its websocket, asks for the state of the widgets and
gives an answer, in the protocol and with the compression of a browser. What a browser adds is measured by
``bench_serve``. Clients share the machine with the server: what they take of it stands among the figures. Linux only.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import websocket_connect

from ecitizen import bench
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder

PATIENCE_S = 300.0
SETTLE_S = 2.0
CONTROL = "jupyter.widget.control"
PROTOCOL = "v1.kernel.websocket.jupyter.org"

_KERNEL = re.compile(r'(?:id="kernel">\{"id"|"kernelId"): "([0-9a-f-]{36})"')

Enter = Callable[[AsyncHTTPClient, str], Awaitable[tuple[str, str]]]
"""Begins the session of one learner: gives the address of the page, and the cookies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """What one class took."""

    answered_s: list[float]
    """From asking for the page to the first answered press, a learner."""

    kernel_mb: float
    """PSS of the kernels and what they are forked from, a learner, while all pages are open."""

    whole_mb: float
    """PSS of the server and of all its children."""

    cpu_s: float
    """CPU of the server, the kernels and what they are forked from, a learner, until all have been answered."""

    clients_cpu_s: float
    """CPU of the clients, a learner: they share the machine with what they measure."""


def together(learners: int = 12, stock: int = 12, rounds: int = 1) -> dict[str, Any]:
    """Let a class open lesson 01 at once: ours, ours with a kernel ready for each, and stock Voila.

    Gives the document of ``bench_serve``, with ``learners`` of ours and ``stock_learners`` of Voila; every side is
    started anew for every round, and one stops before the next begins.
    """
    taken: dict[str, list[Attended]] = {"ours": [], "ready": [], "stock": []}
    for _ in range(rounds):
        for side, runs in taken.items():
            with tempfile.TemporaryDirectory(prefix="ecitizen-bench-") as place:
                runs.append(_class(side, Path(place), stock if side == "stock" else learners))
    figures = [
        bench.figure(
            f"{title}, {name}", unit, [value(one) for one in taken[side]], [value(one) for one in taken["stock"]]
        )
        for side, name in (("ours", "not made ready"), ("ready", "made ready"))
        for title, unit, value in _FIGURES
    ]
    sizes = {"learners": learners, "stock_learners": stock}
    return {"what": "class", "machine": bench.machine(), "rounds": rounds, **sizes, "figures": figures}


_FIGURES: tuple[tuple[str, str, Callable[[Attended], float]], ...] = (
    ("first answer, median", "s", lambda one: statistics.median(one.answered_s)),
    ("first answer, 95th percentile", "s", lambda one: statistics.quantiles(one.answered_s, n=20)[-1]),
    ("kernels, a learner", "MB", lambda one: one.kernel_mb),
    ("server and kernels", "MB", lambda one: one.whole_mb),
    ("CPU of server and kernels, a learner", "ms", lambda one: 1000 * one.cpu_s),
    ("CPU of the client, a learner", "ms", lambda one: 1000 * one.clients_cpu_s),
)


def _class(side: str, folder: Path, learners: int) -> Attended:
    if side == "stock":
        with bench.stock_voila(folder) as (url, pid):
            return asyncio.run(attend(url, pid, learners, _as_anybody))
    from ecitizen.web.server import running

    announced: dict[str, Any] = {"lesson": bench.LESSON, "learners": learners} if side == "ready" else {}
    # Clients are guests, for whom some places are none.
    with running(CourseFolder.create(folder / "course"), max_kernels=2 * learners, **announced) as server:
        # Not announced, it still stands there with a kernel for whoever comes first, to the first lesson.
        _wait_for_kernels(server.process.pid, learners if announced else 1)
        return asyncio.run(attend(server.url, server.process.pid, learners, _as_guest))


async def attend(url: str, pid: int, learners: int, enter: Enter) -> Attended:
    """Open the lesson at the server of this address and process, for so many learners at the same moment."""
    http = AsyncHTTPClient(force_instance=True, max_clients=learners)
    places = [await enter(http, url) for _ in range(learners)]
    before, own_before = _cpu_s(pid), time.process_time()
    opened = await asyncio.gather(*(_answer(http, url, *place) for place in places))
    worked, own = _cpu_s(pid) - before, time.process_time() - own_before
    await asyncio.sleep(SETTLE_S)
    kernels_mb = sum(map(pss_mb, descendants(pid)))
    attended = Attended(
        answered_s=[took for took, _ in opened],
        kernel_mb=kernels_mb / learners,
        whole_mb=kernels_mb + pss_mb(pid),
        cpu_s=worked / learners,
        clients_cpu_s=own / learners,
    )
    for _, socket in opened:
        socket.close()
    http.close()
    return attended


async def _answer(http: AsyncHTTPClient, url: str, page: str, cookies: str) -> tuple[float, Any]:
    """Open one page and answer its first question; gives the seconds, and the socket that keeps the kernel."""
    begun = time.perf_counter()
    html = (await _fetch(http, page, cookies)).body.decode()
    kernel = _KERNEL.search(html)
    if kernel is None:
        raise CourseError(page, "страница без ядра", "Посмотрите сообщения сервера")
    address = f"{url.replace('http', 'ws', 1)}api/kernels/{kernel[1]}/channels?session_id={uuid.uuid4().hex}"
    asked = HTTPRequest(address, headers={"Cookie": cookies})
    socket = await websocket_connect(asked, subprotocols=[PROTOCOL], compression_options={})
    control, key = uuid.uuid4().hex, str(uuid.uuid4())
    for message in (
        _message("comm_open", {"comm_id": control, "target_name": CONTROL, "data": {}}, version="1.0.0"),
        _message("comm_msg", {"comm_id": control, "data": {"method": "request_states"}}),
    ):
        await socket.write_message(message, binary=True)
    states = (await _heard(socket, lambda data: data.get("method") == "update_states"))["states"]
    scale = next(model for model, one in states.items() if one["state"].get("kind") == "scale")
    press = {"key": key, "do": "rate", "level": 2}
    rated = _message("comm_msg", {"comm_id": scale, "data": {"method": "custom", "content": press}})
    await socket.write_message(rated, binary=True)
    await _heard(socket, lambda data: data.get("content") == {"ack": key})
    return time.perf_counter() - begun, socket


def _message(kind: str, content: dict[str, Any], **metadata: str) -> bytes:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "bench", "version": "5.3"}
    parts = [json.dumps(part).encode() for part in (header, {}, metadata, content)]
    return bytes(serialize_msg_to_ws_v1(parts, "shell"))


async def _heard(socket: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE_S):
        while (word := await socket.read_message()) is not None:
            _, parts = deserialize_msg_from_ws_v1(word)
            # A browser reads all of them; so much of the clients' work is theirs.
            header, _, _, content = (json.loads(part) for part in parts[:4])
            data = content["data"] if header["msg_type"] == "comm_msg" else {}
            if wanted(data):
                return dict(data)
    raise CourseError("bench", "сервер закрыл соединение", "Посмотрите его сообщения")


async def _fetch(
    http: AsyncHTTPClient, address: str, cookies: str = "", form: dict[str, str] | None = None
) -> HTTPResponse:
    asked = HTTPRequest(
        address,
        method="GET" if form is None else "POST",
        body=None if form is None else urlencode(form),
        headers={"Cookie": cookies},
        follow_redirects=False,
        request_timeout=PATIENCE_S,
    )
    return await http.fetch(asked, raise_error=False)


async def _as_guest(http: AsyncHTTPClient, url: str) -> tuple[str, str]:
    jar = SimpleCookie()
    _keep(jar, await _fetch(http, url))
    _keep(jar, await _fetch(http, f"{url}guest", _sent(jar), {"_xsrf": jar["_xsrf"].value}))
    return f"{url}lesson/{bench.LESSON}", _sent(jar)


async def _as_anybody(_http: AsyncHTTPClient, url: str) -> tuple[str, str]:
    return url, ""


def _keep(jar: SimpleCookie, answer: HTTPResponse) -> None:
    for cookie in answer.headers.get_list("Set-Cookie"):
        jar.load(cookie)


def _sent(jar: SimpleCookie) -> str:
    return "; ".join(f"{name}={one.value}" for name, one in jar.items())


def _wait_for_kernels(pid: int, learners: int) -> None:
    """Wait until as many kernels stand ready, with their zygote, and have nothing more to do."""
    until, before = time.monotonic() + PATIENCE_S, -1
    while time.monotonic() < until:
        time.sleep(1)
        found = descendants(pid)
        worked = sum(_cpu_ticks(one) for one in found)
        if len(found) > learners and worked == before:
            return
        before = worked
    raise CourseError("bench", f"нет {learners} ядер через {PATIENCE_S:.0f} с", "Попросите меньше учеников")


def descendants(pid: int) -> list[int]:
    """Name the processes that come from a process, with theirs."""
    parents = {int(path.name): int(stat[1]) for path in Path("/proc").glob("[0-9]*") if (stat := _stat(path))}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {pid})


def _stat(process: Path) -> list[str]:
    """Give the fields of ``/proc/PID/stat`` behind the name; none if the process has gone."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _cpu_ticks(pid: int) -> int:
    stat = _stat(Path(f"/proc/{pid}"))
    return sum(map(int, stat[11:13]))


def _cpu_s(server: int) -> float:
    """Give the CPU that a process and those that live of its children have taken so far."""
    return sum(map(_cpu_ticks, [server, *descendants(server)])) / os.sysconf("SC_CLK_TCK")


def pss_mb(pid: int) -> float:
    """Give the memory of a process, shared pages by their share; 0 once it has gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) / 1024
