"""Chromium from the distribution, and a course to look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.rig import ARGUMENTS, Course, Visit, serve


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium for one file of tests, with a profile of its own.

    Playwright's event loop stays in the thread while it runs, and tests elsewhere want one of their own.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path is not None, "Chromium is not installed: run `make chromium`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """Serve a fresh demonstration class on a free port; it stops in any case."""
    running = serve(tmp_path / "course")
    yield running
    if running.process.poll() is None:
        running.process.terminate()
        running.process.wait(timeout=30)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """Serve one demonstration class to all tests that only look."""
    running = serve(tmp_path_factory.mktemp("shared") / "course")
    yield running
    running.process.terminate()
    running.process.wait(timeout=30)


@pytest.fixture(scope="session")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """Serve one class to the tests in which learners finish lessons."""
    running = serve(tmp_path_factory.mktemp("classroom") / "course")
    yield running
    running.process.terminate()
    running.process.wait(timeout=30)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Open a window of the size of a library's PC."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="ru-RU")
    page = context.new_page()
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    yield Visit(context, page, asked)
    context.close()
