"""deploy/jupyterhub_config.py in Chromium: two libraries and one that can't begin, instructors, an author, a learner.

Wants ``jupyterhub`` and ``configurable-http-proxy`` on the path: ``pip install 'ecitizen[hub]'`` and
``npm install configurable-http-proxy``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import psutil
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from ecitizen import locking
from tests.browser.test_binder import free_port
from tests.web_class import Browser as Client

ROOT = Path(__file__).parents[2]
NEEDED = ("jupyterhub", "configurable-http-proxy")
PASSWORD = "a trial password"
START_S = 120
WAIT_MS = 60_000

pytestmark = [
    pytest.mark.browser,
    pytest.mark.thorough,
    pytest.mark.skipif(not all(map(shutil.which, NEEDED)), reason=f"not on the path: {' or '.join(NEEDED)}"),
]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    home = tmp_path_factory.mktemp("libraries")
    made: dict[str, dict[str, object]] = {}
    for name, instructor in (("central", "ivanova"), ("north", "petrov")):
        folder = home / name
        command = [sys.executable, "-m", "ecitizen", "demo", "--learners", "2", "--data", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
        made[name] = {"folder": str(folder), "port": free_port(), "instructors": [instructor]}
    made["central"]["authors"] = ["ivanova"]
    # Nobody has made its folder.
    made["south"] = {"folder": str(home / "south"), "port": free_port(), "instructors": ["petrov"]}
    return made


@dataclass
class Hub:
    """Where a hub is, and how to have it again."""

    url: str
    command: list[str]
    environment: dict[str, str]
    home: Path
    process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Have the hub and all that it has started for the length of a ``with``."""
        with (self.home / "hub.log").open("ab") as log:
            process = subprocess.Popen(self.command, cwd=self.home, env=self.environment, stdout=log, stderr=log)
            self.process = process
            try:
                for name in ("central", "north"):
                    wait_for(f"{self.url}/services/{name}/health", process)
                yield
            finally:
                process.terminate()
                process.wait(timeout=60)


@pytest.fixture(scope="module")
def installed(libraries: dict[str, dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> Hub:
    home = tmp_path_factory.mktemp("hub")
    (home / "libraries.yaml").write_text(yaml.safe_dump(libraries), encoding="utf-8")
    inner = {name: f"http://127.0.0.1:{free_port()}" for name in ("BIND", "INNER", "PROXY_API")}
    # The folder of the state is made by the hub.
    told = {"LOGIN": "shared-password", "PASSWORD": PASSWORD, "STATE": str(home / "state" / "hub"), **inner}
    own = {f"ECITIZEN_HUB_{name}": value for name, value in told.items()}
    config = home / "config.py"
    # JupyterLab wants to be asked twice before it works for root, as whom a container runs the tests.
    root = f"load_subconfig({str(ROOT / 'deploy' / 'jupyterhub_config.py')!r})\nc.Spawner.args += ['--allow-root']\n"
    config.write_text(root, encoding="utf-8")
    environment = os.environ | own | {"ECITIZEN_LIBRARIES": str(home / "libraries.yaml")}
    return Hub(inner["BIND"], ["jupyterhub", "-f", str(config)], environment, home)


@pytest.fixture(scope="module")
def hub(installed: Hub) -> Iterator[str]:
    with installed.running():
        yield installed.url


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            build_opener(ProxyHandler({})).open(url, timeout=5).close()
        except (HTTPError, URLError, TimeoutError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"{url} does not answer")


def answer_of(url: str) -> tuple[int, str]:
    """Give the status and the text of a page."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def sign_in(chromium: Browser, hub: str, library: str, name: str) -> Page:
    """Go in by the instructors' door of a library as somebody whom the hub knows."""
    page = chromium.new_context(locale="ru-RU").new_page()
    page.goto(f"{hub}/services/{library}/instructor/login")
    page.get_by_role("link", name="Войти с учётной записью сотрудника").click()
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("input[type=submit], button[type=submit]")
    page.wait_for_load_state()
    return page


def test_each_instructor_enters_the_own_library(chromium: Browser, hub: str) -> None:
    for library, name in (("central", "ivanova"), ("north", "petrov")):
        page = sign_in(chromium, hub, library, name)
        expect(page).to_have_url(f"{hub}/services/{library}/instructor", timeout=WAIT_MS)
        assert page.goto(f"{hub}/services/{library}/instructor/people")
        expect(page.locator("h1")).to_be_visible()


def test_an_author_has_jupyterlab_and_nobody_else(chromium: Browser, hub: str) -> None:
    page = sign_in(chromium, hub, "central", "ivanova")
    page.goto(f"{hub}/hub/spawn")
    expect(page).to_have_url(re.compile(r"/user/ivanova/lab"), timeout=WAIT_MS)
    expect(page.locator(".jp-Launcher")).to_be_visible(timeout=WAIT_MS)
    assert '"news": {"disabled": true}' in page.content(), "no request leaves the machine"
    other = sign_in(chromium, hub, "north", "petrov")
    for path in ("hub/spawn", "hub/spawn/ivanova", "user/ivanova/lab"):
        answer = other.goto(f"{hub}/{path}")
        assert answer is not None
        assert answer.status in (403, 404), path


def test_a_library_that_cannot_begin_stops_no_other(chromium: Browser, hub: str) -> None:
    assert answer_of(f"{hub}/services/south/health")[0] == 503
    page = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    page.goto(f"{hub}/services/south/")
    expect(page.locator("h1")).to_have_text("Курс сейчас не открыт")
    assert answer_of(f"{hub}/services/central/health")[0] == 200


def test_nobody_enters_another_library(chromium: Browser, hub: str) -> None:
    page = sign_in(chromium, hub, "central", "petrov")
    expect(page.locator("body")).to_contain_text("403")
    page.goto(f"{hub}/services/central/instructor")
    expect(page).to_have_url(f"{hub}/services/central/instructor/login")


def test_a_made_up_answer_of_the_hub_opens_nothing(chromium: Browser, hub: str) -> None:
    page = chromium.new_context().new_page()
    for query in ("", "?code=x", "?code=x&state=y"):
        answer = page.goto(f"{hub}/services/central/oauth_callback{query}")
        assert answer is not None
        assert answer.status == 403


def open_lesson(chromium: Browser, hub: str, libraries: dict[str, dict[str, object]]) -> Page:
    """Come to the first lesson of the central library with a card."""
    cards = json.loads((Path(str(libraries["central"]["folder"])) / "demo.json").read_text(encoding="utf-8"))
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.goto(f"{hub}/services/central/")
    page.fill("#card", str(cards["number"]))
    page.fill("#pin", cards["pin"])
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page).to_have_url(f"{hub}/services/central/lessons")
    page.goto(f"{hub}/services/central/lesson/01-gosuslugi")
    expect(page.locator("body[data-state=ready]")).to_be_attached(timeout=WAIT_MS)
    return page


def test_a_learner_needs_no_account(chromium: Browser, hub: str, libraries: dict[str, dict[str, object]]) -> None:
    page = open_lesson(chromium, hub, libraries)
    page.click("#next")
    page.reload()
    expect(page.locator("body[data-state=ready]")).to_be_attached(timeout=WAIT_MS)
    other = page.goto(f"{hub}/services/north/me")
    assert other is not None
    assert other.status == 404, "a card of one library is nobody in another"


def test_who_guesses_has_one_address_whatever_he_says(hub: str) -> None:
    client = Client(f"{hub}/services/north/")
    token, tried = client.xsrf(), []
    for number in range(6):
        form = f"_xsrf={token}&card=777&pin=0000".encode()
        named = {"X_Real_Ip": f"10.0.0.{number}", "X_Forwarded_For": f"10.0.1.{number}"}
        tried.append(client.ask("POST", "", form, **named).status)
    assert tried == [403] * 5 + [429]


def test_courses_end_with_a_killed_hub_and_come_back_with_the_next(
    chromium: Browser, installed: Hub, hub: str, libraries: dict[str, dict[str, object]]
) -> None:
    page = open_lesson(chromium, hub, libraries)
    holders = [locking.read(Path(str(libraries[name]["folder"]))) for name in ("central", "north")]
    servers = [psutil.Process(holder.pid) for holder in holders if holder]
    assert len(servers) == 2
    assert installed.process is not None
    installed.process.kill()
    assert not psutil.wait_procs(servers, timeout=START_S)[1], "nobody is left to keep a port"
    expect(page.locator("#notice")).to_be_visible(timeout=WAIT_MS)
    with installed.running():
        expect(page.locator("#notice")).to_be_hidden(timeout=WAIT_MS)
        expect(page.locator("body[data-state=ready]")).to_be_attached(timeout=WAIT_MS)
        expect(page).to_have_url(f"{hub}/services/central/lesson/01-gosuslugi")
