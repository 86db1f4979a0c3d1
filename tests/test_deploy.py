"""The files of deploy/ say what exists: the hub's configuration loads, and options, services and names agree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from traitlets.config.loader import PyFileConfigLoader

from ecitizen.cli import cli
from ecitizen.errors import CourseError
from ecitizen.web.hub import Service, server_settings, service

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Any:
    for name in [name for name in os.environ if name.startswith("ECITIZEN")]:
        monkeypatch.delenv(name)
    return PyFileConfigLoader("jupyterhub_config.py", path=str(DEPLOY)).load_config()


def options(command: str) -> set[str]:
    return {option for one in cli.commands[command].params for option in one.opts}


def test_each_library_is_a_service_of_its_own(config: Any) -> None:
    services = config.JupyterHub.services
    assert [one["name"] for one in services] == ["central", "north"]
    assert len({one["url"] for one in services}) == len(services)
    for one in services:
        assert Path(one["command"][0]).stem == "ecitizen"
        assert {word for word in one["command"] if word.startswith("--")} <= options(one["command"][1])


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
    parts = list(yaml.safe_load_all((DEPLOY / "kubernetes" / "library.yaml").read_text(encoding="utf-8")))
    pod = next(part for part in parts if part["kind"] == "Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    told = {one["name"]: one.get("value", "") for one in container["env"]}
    found = service(told)
    known = values["hub"]["services"][told["JUPYTERHUB_SERVICE_NAME"]]
    named = next(part for part in parts if part["kind"] == "Service")["metadata"]["name"]
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
