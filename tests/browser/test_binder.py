"""Binder: the lesson opens from what ``binder/`` installs, under a base address and a token; nothing is asked."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.hand import LESSON
from tests.browser.rig import Visit, violations

ROOT = Path(__file__).parents[2]
TOKEN = "tok123"
START_S = 60

pytestmark = pytest.mark.browser


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def binder(python: Path, tmp_path: Path) -> Iterator[str]:
    """Do what Binder does after the installation: postBuild, then start with Jupyter's own server."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "ECITIZEN"))}
    environment |= {"PATH": f"{python.parent}{os.pathsep}{environment['PATH']}", "TMPDIR": str(tmp_path)}
    subprocess.run([ROOT / "binder" / "postBuild"], cwd=ROOT, env=environment, check=True)
    port = free_port()
    # The borrowed packages have their extension switches elsewhere; Binder's own environment finds them by itself.
    server = [python, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ServerApp.base_url=/user/abc/"]
    switches = [f"--IdentityProvider.token={TOKEN}", "--ip=127.0.0.1", f"--port={port}"]
    extensions = ["--ServerApp.jpserver_extensions=voila.server_extension=True"]
    log = (tmp_path / "binder.log").open("wb")
    command = [ROOT / "binder" / "start", *server, *switches, *extensions]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/user/abc/"
    try:
        wait_for(f"{url}api", process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(url, timeout=5).close()
        except URLError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"{url} does not answer")


def test_lesson_opens_as_on_binder(binder: str, visit: Visit) -> None:
    page = visit.page
    page.goto(f"{binder}voila/render/lessons/{LESSON}.ipynb?token={TOKEN}")
    expect(page.locator("body[data-state=ready]")).to_be_attached(timeout=60_000)
    assert visit.foreign(binder) == []
    assert violations(page) == []
    expect(page.locator("#help")).to_be_hidden()
    for _ in range(4):
        page.click("#next")
    page.click('.step:not([hidden]) [data-id="open-true"]')
    expect(page.locator(".step:not([hidden]) .page .title")).to_have_text("Портал госуслуг")
    page.reload()
    expect(page.locator("body[data-state=ready]")).to_be_attached(timeout=60_000)
    expect(page.locator(".step:not([hidden]) .page .title")).to_have_text("Портал госуслуг")


def test_binder_files_name_only_the_course() -> None:
    assert (ROOT / "binder" / "requirements.txt").read_text(encoding="utf-8").split() == ["."]
    for name in ("postBuild", "start"):
        assert sys.platform == "win32" or os.access(ROOT / "binder" / name, os.X_OK), name
