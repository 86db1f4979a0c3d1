"""Starting and stopping: blocking for the command, in a child process for tests."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config

from ecitizen import content, locking, selfcheck
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.kernels import allocating
from ecitizen.web.app import EcitizenApp, server_settings
from ecitizen.web.course import Course

START_S = 60
STOP_S = 20


def serve(
    folder: CourseFolder,
    host: str = "127.0.0.1",
    port: int = 8000,
    ready: Callable[[str], None] = lambda _url: None,
    *,
    demo: Callable[[], dict[str, Any] | None] | dict[str, Any] | None = None,
    say: Callable[[str], None] = lambda _sentence: None,
    **settings: Any,
) -> None:
    """Serve a course until Ctrl-C or SIGTERM; prints nothing, but calls ``ready`` with the address once it answers.

    ``say`` gets each sentence of the self-check. ``demo`` is ``{"card", "pin"}`` to show on the entry page, or
    gives that once the databases are known to be whole.
    ``settings`` are traits of ``EcitizenApp``. A folder that another server has open or whose databases are damaged,
    a busy or forbidden port and an unknown lesson are ``CourseError``s; port 0 takes any free one.
    """
    _check_lesson(settings)
    allocating.give_back()
    with locking.hold(folder.path) as lock:
        # After the lock, which knows the address of a course that is open here already.
        _check_port(host, port)
        for sentence in selfcheck.check(folder, lock.before).sentences:
            say(sentence)
        shown = demo() if callable(demo) else demo
        runtime = Path(tempfile.mkdtemp(prefix="ecitizen-"))

        def answers(url: str) -> None:
            lock.say(url, str(runtime))
            ready(url)

        os.environ["IPYTHONDIR"] = str(runtime / "ipython")
        root = settings.get("content")
        config = Config(server_settings(runtime, content.folder("lessons", Path(root) if root else None)))
        config.ServerApp.ip, config.ServerApp.port = host, port
        # Kept in the course folder, so that a restart of the server asks nobody for the card again.
        config.ServerApp.cookie_secret = folder.cookie_secret
        config.EcitizenApp = Config(data=str(folder.path), demo=shown or {}, **settings)
        try:
            server = EcitizenApp.initialize_server(argv=[], config=config)
            server.io_loop.add_callback(lambda: answers(_address(server)))
            server.start()
        finally:
            EcitizenApp.serverapp_class.clear_instance()
            shutil.rmtree(runtime, ignore_errors=True)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise CourseError(
            f"порт {port}", f"его нельзя занять ({error.strerror})", "Назовите другой: ecitizen serve --port 8080"
        ) from error


def _check_lesson(settings: dict[str, Any]) -> None:
    lesson, root = settings.get("lesson"), settings.get("content")
    known = Course(Path(root) if root else None).page_ids() if lesson else []
    if lesson and lesson not in known:
        raise CourseError(f"урок {lesson!r}", "такого нет в toc.yaml", f"Возьмите один из: {', '.join(known)}")


def _address(server: Any) -> str:
    host = "localhost" if server.ip in ("", "*", "0.0.0.0", "::") else server.ip  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{server.port}{server.base_url}"


@dataclass(frozen=True, slots=True)
class Running:
    """A server in a child process."""

    url: str
    process: subprocess.Popen[str]


@contextlib.contextmanager
def running(
    folder: CourseFolder, *, port: int = 0, demo: dict[str, Any] | None = None, **settings: Any
) -> Iterator[Running]:
    """Serve in a child process on a free port of this machine for the length of a ``with``; always stopped."""
    wanted = {"folder": str(folder.path), "port": port, "demo": demo, "settings": settings}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "ecitizen.web", json.dumps(wanted)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield Running(_first_line(process), process)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def _first_line(process: subprocess.Popen[str]) -> str:
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=lambda out: lines.put(out.readline()), args=[process.stdout], daemon=True).start()
    line = lines.get(timeout=START_S).strip()
    if not line:
        raise CourseError("server", "не запустился", "Смотрите его сообщения выше")
    return line


def main(wanted: str) -> None:
    """Be the child process of ``running``; ``wanted`` is JSON. The first line on stdout is the address."""
    asked = json.loads(wanted)

    def ready(url: str) -> None:
        sys.stdout.write(url + "\n")
        sys.stdout.flush()

    folder = CourseFolder.open(Path(asked["folder"]))
    serve(folder, "127.0.0.1", asked["port"], ready, demo=asked["demo"], **asked["settings"])
