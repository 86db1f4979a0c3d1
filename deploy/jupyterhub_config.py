"""JupyterHub for the libraries of a system: each library's course is a service of the hub, at /services/NAME/.

Start: ``jupyterhub -f deploy/jupyterhub_config.py``. What may differ is in ``libraries.yaml`` and in the environment:

ECITIZEN_LIBRARIES       another ``libraries.yaml``
ECITIZEN_HUB_LOGIN       ``pam`` (accounts of this machine, the default) or ``shared-password`` (for a trial)
ECITIZEN_HUB_PASSWORD    the password of that trial, 8 characters at least
ECITIZEN_HUB_URL         address by which browsers come, such as https://courses.example.org/
ECITIZEN_HUB_STATE       folder of the hub's own database and secrets
ECITIZEN_HUB_PROXY       the command configurable-http-proxy
ECITIZEN_HUB_BIND, ECITIZEN_HUB_INNER, ECITIZEN_HUB_PROXY_API
                         addresses of this machine for browsers, for the hub and for the proxy's orders
"""

import hmac
import json
import os
import secrets
import shutil
import sys
from pathlib import Path

import yaml

c = get_config()  # noqa: F821 - traitlets gives it

HERE = Path(__file__).parent
LIBRARIES = Path(os.environ.get("ECITIZEN_LIBRARIES", HERE / "libraries.yaml"))
STATE = Path(os.environ.get("ECITIZEN_HUB_STATE", "/var/lib/jupyterhub"))
LOGIN = os.environ.get("ECITIZEN_HUB_LOGIN", "pam")
PUBLIC = os.environ.get("ECITIZEN_HUB_URL", "").rstrip("/")
BESIDE = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
ECITIZEN = shutil.which("ecitizen", path=BESIDE) or "ecitizen"

libraries = yaml.safe_load(LIBRARIES.read_text(encoding="utf-8"))

STATE.mkdir(mode=0o700, parents=True, exist_ok=True)
c.JupyterHub.bind_url = os.environ.get("ECITIZEN_HUB_BIND", "http://127.0.0.1:8000")
c.JupyterHub.hub_bind_url = os.environ.get("ECITIZEN_HUB_INNER", "http://127.0.0.1:8081")
c.JupyterHub.db_url = f"sqlite:///{(STATE / 'jupyterhub.sqlite').as_posix()}"
c.JupyterHub.cookie_secret_file = str(STATE / "jupyterhub_cookie_secret")
c.JupyterHub.template_paths = [str(HERE / "templates")]
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.ConfigurableHTTPProxy.api_url = os.environ.get("ECITIZEN_HUB_PROXY_API", "http://127.0.0.1:8002")
c.ConfigurableHTTPProxy.command = os.environ.get("ECITIZEN_HUB_PROXY", "configurable-http-proxy").split()
if PUBLIC:
    c.JupyterHub.public_url = f"{PUBLIC}/"

# Who works in a library: an account of this machine, or a name and one password for all while it is tried out.
c.JupyterHub.authenticator_class = LOGIN
if LOGIN == "shared-password":
    c.SharedPasswordAuthenticator.user_password = os.environ["ECITIZEN_HUB_PASSWORD"]
staff = {name for library in libraries.values() for name in library["instructors"]}
authors = {name for library in libraries.values() for name in library.get("authors", [])}
c.Authenticator.allowed_users = staff | authors
c.Authenticator.admin_users = set()

# Authors of lessons have JupyterLab as processes of this machine; instructors need none and may start none.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner" if LOGIN == "pam" else "simple"
c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "homes" / "{username}")
c.Spawner.default_url = "/lab"
# No request leaves the machine: JupyterLab looks for neither news nor newer versions.
c.Spawner.args = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
c.Spawner.mem_limit = "1G"
c.JupyterHub.default_url = "/hub/home"
c.JupyterHub.named_server_limit_per_user = 0


def key() -> bytes:
    """Give the secret that the tokens of the libraries are made of; the first start makes it."""
    path = STATE / "libraries.key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


KEY = key()


def address(name: str, library: dict) -> dict:
    """Describe the service /services/NAME/. To the hub it is one that somebody else runs: it can wait for it."""
    return {
        "name": name,
        "url": f"http://127.0.0.1:{library['port']}",
        "api_token": hmac.digest(KEY, name.encode(), "sha256").hex(),
        "oauth_client_id": f"service-{name}",
        "oauth_no_confirm": True,
        "timeout": 5,
    }


def server(name: str, library: dict) -> dict:
    """Describe the process behind that address, which the hub starts, and again half a minute after it has ended.

    One service with both command and address would end the hub, and so all libraries, if it can't begin.
    """
    service, prefix = address(name, library), f"/services/{name}/"
    told = {
        "ECITIZEN_HUB_PID": str(os.getpid()),
        "ECITIZEN_DATABASE_URL": os.environ.get(library.get("database", ""), ""),
        "JUPYTERHUB_API_TOKEN": service["api_token"],
        "JUPYTERHUB_CLIENT_ID": service["oauth_client_id"],
        "JUPYTERHUB_SERVICE_URL": service["url"],
        "JUPYTERHUB_SERVICE_PREFIX": prefix,
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{prefix}oauth_callback",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([f"access:services!service={name}"]),
        "JUPYTERHUB_PUBLIC_URL": f"{PUBLIC}{prefix}" if PUBLIC else "",
    }
    command = [ECITIZEN, "serve", "--hub", "--data", library["folder"]]
    user = {"user": library["user"]} if "user" in library else {}
    return {"name": f"{name}-server", "command": command, "environment": told, **user}


# All are started before the hub waits for the first to answer.
c.JupyterHub.services = [make(*library) for make in (server, address) for library in libraries.items()]
c.JupyterHub.load_groups = {
    f"instructors-{name}": {"users": library["instructors"]} for name, library in libraries.items()
}
c.JupyterHub.load_roles = [
    # Everybody may see oneself; who may enter which course, or have a server, is said below.
    {"name": "user", "scopes": ["read:users!user", "list:services", "read:services:name"]},
    *(
        {"name": f"teach-{name}", "scopes": [f"access:services!service={name}"], "groups": [f"instructors-{name}"]}
        for name in libraries
    ),
    {"name": "author", "scopes": ["self"], "users": sorted(authors)},
]
