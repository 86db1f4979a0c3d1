"""The files of deploy/ say what exists: the hub's configuration loads, and options, services and names agree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from traitlets.config.loader import PyFileConfigLoader

from ecitizen.cli import cli
from ecitizen.errors import CourseError
from ecitizen.web.hub import HUB_PID, Service, server_settings, service

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    for name in [name for name in os.environ if name.startswith("ECITIZEN")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ECITIZEN_HUB_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("ECITIZEN_HUB_URL", "https://courses.example.org/")
    return PyFileConfigLoader("jupyterhub_config.py", path=str(DEPLOY)).load_config()


def options(command: str) -> set[str]:
    return {option for one in cli.commands[command].params for option in one.opts}


def services(config: Any) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in config.JupyterHub.services}


def test_each_library_has_an_address_and_a_server_that_agree(config: Any) -> None:
    known = services(config)
    assert list(known) == ["central-server", "north-server", "central", "north"]
    assert known["central"]["url"] != known["north"]["url"]
    assert known["central"]["api_token"] != known["north"]["api_token"]
    for name in ("central", "north"):
        address, one = known[name], known[f"{name}-server"]
        found = service(one["environment"])
        assert (address["url"], found.prefix) == (f"http://{found.host}:{found.port}", f"/services/{name}/")
        assert found.secure
        assert one["environment"]["JUPYTERHUB_API_TOKEN"] == address["api_token"]
        assert one["environment"]["JUPYTERHUB_CLIENT_ID"] == address["oauth_client_id"]
        assert Path(one["command"][0]).stem == "ecitizen"
        assert {word for word in one["command"] if word.startswith("--")} <= options(one["command"][1])


def test_the_hub_waits_for_no_process_of_its_own(config: Any) -> None:
    assert not [one["name"] for one in services(config).values() if "command" in one and "url" in one]


def test_the_hub_keeps_its_secrets_to_itself_and_over_a_restart(config: Any, tmp_path: Path) -> None:
    again = PyFileConfigLoader("jupyterhub_config.py", path=str(DEPLOY)).load_config()
    assert services(again)["north"]["api_token"] == services(config)["north"]["api_token"]
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / "libraries.key").stat().st_mode & 0o777 == 0o600


def test_a_server_ends_with_the_hub_that_it_was_told() -> None:
    server = "import time; from ecitizen.web import hub; hub.end_with_hub(); time.sleep(40); print('lived')"
    killed_hub = (
        "import os, subprocess, sys; environment = os.environ | {sys.argv[1]: str(os.getpid())};"
        "subprocess.Popen([sys.executable, '-c', sys.argv[2]], env=environment); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", killed_hub, HUB_PID, server]
    # The pipe is open, and so the command not over, as long as the server has it.
    assert subprocess.run(command, stdout=subprocess.PIPE, timeout=60, check=False).stdout == b""


def test_only_the_own_instructors_enter_a_library(config: Any) -> None:
    roles = {role["name"]: role for role in config.JupyterHub.load_roles}
    assert roles["teach-north"] == {
        "name": "teach-north",
        "scopes": ["access:services!service=north"],
        "groups": ["instructors-north"],
    }
    assert config.JupyterHub.load_groups["instructors-north"] == {"users": ["petrov"]}
    assert not [scope for scope in roles["user"]["scopes"] if scope.startswith(("access", "admin", "self"))]
    assert config.Authenticator.allowed_users == {"ivanova", "petrov"}


def test_a_library_of_the_cluster_is_one_that_the_hub_knows() -> None:
    values = yaml.safe_load((DEPLOY / "kubernetes" / "values.yaml").read_text(encoding="utf-8"))
    text = (DEPLOY / "kubernetes" / "library.yaml").read_text(encoding="utf-8")
    said = {"NAME": "north", "SITE": "Северная библиотека", "HOST": "courses.example.org"}
    parts = list(yaml.safe_load_all(Template(text).substitute(said)))
    pod = next(part for part in parts if part["kind"] == "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    told = {one["name"]: one.get("value", "") for one in container["env"]}
    found = service(told)
    known = values["hub"]["services"][told["JUPYTERHUB_SERVICE_NAME"]]
    named = next(part for part in parts if part["kind"] == "Service")["metadata"]["name"]
    assert told["ECITIZEN_SITE"] == said["SITE"]
    assert found.secure
    assert known["url"] == f"http://{named}:{found.port}"
    assert known["oauth_client_id"] == told["JUPYTERHUB_CLIENT_ID"]
    assert told["JUPYTERHUB_OAUTH_CALLBACK_URL"] == f"{found.prefix}oauth_callback"
    assert container["readinessProbe"]["httpGet"]["path"] == f"{found.prefix}health"
    for name in values["hub"]["services"]:
        assert values["hub"]["loadRoles"][f"teach-{name}"]["scopes"] == [f"access:services!service={name}"]


def test_the_image_installs_what_the_package_offers() -> None:
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = re.search(r"whl\)\[([a-z,]+)\]", image)
    assert wanted
    assert set(wanted[1].split(",")) <= set(project["optional-dependencies"])
    for copied in re.findall(r"^COPY (?:--chmod=\d+ )?(deploy/\S+)", image, re.M):
        assert (ROOT / copied).is_file()


def test_the_image_starts_with_commands_that_exist() -> None:
    start = (DEPLOY / "start").read_text(encoding="utf-8")
    for command, rest in re.findall(r"ecitizen (\w+)(.*)", start):
        assert set(re.findall(r"--[a-z-]+", rest)) <= options(command)
    shell = shutil.which("sh")
    if shell:
        subprocess.run([shell, "-n", str(DEPLOY / "start")], check=True)


def test_the_hub_tells_where_to_serve() -> None:
    told = {"JUPYTERHUB_SERVICE_URL": "http://127.0.0.1:9001", "JUPYTERHUB_SERVICE_PREFIX": "/services/central/"}
    assert service(told) == Service("127.0.0.1", 9001, "/services/central/", secure=False)
    https = service(told | {"JUPYTERHUB_PUBLIC_URL": "https://courses.example.org/services/central/"})
    assert server_settings(https)["CardIdentity"]["secure_cookie"]
    assert "trust_xheaders" not in server_settings(https)["ServerApp"]
    with pytest.raises(CourseError, match="--hub"):
        service({})
