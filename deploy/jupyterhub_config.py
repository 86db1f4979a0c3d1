"""JupyterHub for the libraries of a system: each library's course is a service of the hub, at /services/NAME/.

Start: ``jupyterhub -f deploy/jupyterhub_config.py``. What may differ is in ``libraries.yaml`` and in the environment:

ECITIZEN_LIBRARIES       another ``libraries.yaml``
ECITIZEN_HUB_LOGIN       ``pam`` (accounts of this machine, the default) or ``shared-password`` (for a trial)
ECITIZEN_HUB_PASSWORD    the password of that trial, 8 characters at least
ECITIZEN_HUB_URL         address by which browsers come, such as https://courses.example.org/
ECITIZEN_HUB_STATE       folder of the hub's own database and cookie secret
ECITIZEN_HUB_PROXY       the command configurable-http-proxy
"""

import os
import shutil
from pathlib import Path

import yaml

c = get_config()  # noqa: F821 - traitlets gives it

HERE = Path(__file__).parent
LIBRARIES = Path(os.environ.get("ECITIZEN_LIBRARIES", HERE / "libraries.yaml"))
STATE = Path(os.environ.get("ECITIZEN_HUB_STATE", "/var/lib/jupyterhub"))
LOGIN = os.environ.get("ECITIZEN_HUB_LOGIN", "pam")

libraries = yaml.safe_load(LIBRARIES.read_text(encoding="utf-8"))

c.JupyterHub.bind_url = os.environ.get("ECITIZEN_HUB_BIND", "http://127.0.0.1:8000")
c.JupyterHub.hub_bind_url = os.environ.get("ECITIZEN_HUB_INNER", "http://127.0.0.1:8081")
c.JupyterHub.db_url = f"sqlite:///{(STATE / 'jupyterhub.sqlite').as_posix()}"
c.JupyterHub.cookie_secret_file = str(STATE / "jupyterhub_cookie_secret")
c.ConfigurableHTTPProxy.pid_file = str(STATE / "proxy.pid")
c.ConfigurableHTTPProxy.api_url = os.environ.get("ECITIZEN_HUB_PROXY_API", "http://127.0.0.1:8002")
c.ConfigurableHTTPProxy.command = os.environ.get("ECITIZEN_HUB_PROXY", "configurable-http-proxy").split()
if "ECITIZEN_HUB_URL" in os.environ:
    c.JupyterHub.public_url = os.environ["ECITIZEN_HUB_URL"]

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
c.Spawner.default_url = "/lab"
c.Spawner.mem_limit = "1G"
c.JupyterHub.default_url = "/hub/home"
c.JupyterHub.named_server_limit_per_user = 0

c.JupyterHub.services = [
    {
        "name": name,
        "url": f"http://127.0.0.1:{library['port']}",
        "command": [shutil.which("ecitizen") or "ecitizen", "serve", "--hub", "--data", library["folder"]],
        "environment": {"ECITIZEN_DATABASE_URL": os.environ.get(library.get("database", ""), "")},
        "oauth_no_confirm": True,
        **({"user": library["user"]} if "user" in library else {}),
    }
    for name, library in libraries.items()
]
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
