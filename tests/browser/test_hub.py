"""deploy/jupyterhub_config.py as it is: two libraries, two instructors, a learner with a card, in Chromium.

Wants ``jupyterhub`` and ``configurable-http-proxy`` on the path: ``pip install 'ecitizen[hub]'`` and
``npm install configurable-http-proxy``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

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
    return made


@pytest.fixture(scope="module")
def hub(libraries: dict[str, dict[str, object]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("hub")
    (home / "libraries.yaml").write_text(yaml.safe_dump(libraries), encoding="utf-8")
    inner = {name: f"http://127.0.0.1:{free_port()}" for name in ("BIND", "INNER", "PROXY_API")}
    told = {"LOGIN": "shared-password", "PASSWORD": PASSWORD, "STATE": str(home), **inner}
    own = {f"ECITIZEN_HUB_{name}": value for name, value in told.items()}
    environment = os.environ | own | {"ECITIZEN_LIBRARIES": str(home / "libraries.yaml")}
    command = ["jupyterhub", "-f", str(ROOT / "deploy" / "jupyterhub_config.py")]
    with (home / "hub.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment, stdout=log, stderr=log)
        try:
            for name in libraries:
                wait_for(f"{inner['BIND']}/services/{name}/health", process)
            yield inner["BIND"]
        finally:
            process.terminate()
            process.wait(timeout=60)


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


def test_a_learner_needs_no_account(chromium: Browser, hub: str, libraries: dict[str, dict[str, object]]) -> None:
    cards = json.loads((Path(str(libraries["central"]["folder"])) / "demo.json").read_text(encoding="utf-8"))
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.goto(f"{hub}/services/central/")
    page.fill("#card", str(cards["number"]))
    page.fill("#pin", cards["pin"])
    page.get_by_role("button", name="Войти", exact=True).click()
    expect(page).to_have_url(f"{hub}/services/central/lessons")
    page.goto(f"{hub}/services/central/lesson/01-gosuslugi")
    expect(page.locator("body[data-state=ready]")).to_be_attached(timeout=WAIT_MS)
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
