"""As a service of JupyterHub: the hub starts the server, gives it an address, and says who an instructor is.

Learners keep their cards: they have no account anywhere. Who may enter as an instructor is the hub's to decide, by the
scope ``access:services!service=NAME``; see docs/adr/0025 and deploy/.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.httputil import url_concat
from tornado.web import HTTPError

from ecitizen.errors import CourseError
from ecitizen.web.entry import DESK
from ecitizen.web.pages import PageHandler
from ecitizen.web.visitor import Visitor, new_visitor

HUB_PID = "ECITIZEN_HUB_PID"
"""Process id of the hub, if it has started this server on its own machine; a hub in a cluster names none."""

STOP_S = 20.0
POLL_S = 1.0
_HUB = "ecitizen_hub_auth"
_REMEDY = "Уберите --hub или впишите курс среди служб JupyterHub, как в deploy/jupyterhub_config.py"


@dataclass(frozen=True, slots=True)
class Service:
    """Where the hub wants its service."""

    host: str
    port: int
    prefix: str
    """Path of everything, such as ``/services/central/``."""

    secure: bool
    """Browsers come by https, so that cookies may not travel without."""


def service(environment: Mapping[str, str] = os.environ) -> Service:
    """Read what the hub told the process it has started; raises ``CourseError`` if it was no hub."""
    try:
        address, prefix = urlsplit(environment["JUPYTERHUB_SERVICE_URL"]), environment["JUPYTERHUB_SERVICE_PREFIX"]
        secure = environment.get("JUPYTERHUB_PUBLIC_URL", "").startswith("https:")
        return Service(address.hostname or "127.0.0.1", address.port or 80, prefix, secure)
    except (KeyError, ValueError) as error:
        raise CourseError("ecitizen serve --hub", f"JupyterHub не сказал адреса ({error!r})", _REMEDY) from error


def server_settings(found: Service) -> dict[str, dict[str, Any]]:
    """Give the settings of Jupyter's own classes behind the hub's proxy.

    ``trust_xheaders`` stays off: with it a browser would name its own address by ``X-Real-Ip``, which the hub's proxy
    passes on, and have fresh tries for every PIN. ``entry.DoorHandler`` reads what the proxy itself has added.
    """
    return {
        "ServerApp": {"base_url": found.prefix, "allow_remote_access": True},
        "CardIdentity": {"secure_cookie": found.secure},
    }


def end_with_hub(environment: Mapping[str, str] = os.environ) -> None:
    """Stop this process as SIGTERM does once its hub has ended, however that happened; without a hub do nothing.

    A hub that is killed leaves its services behind, and they would keep their ports from those of the next one.
    """
    if HUB_PID in environment:
        watch = threading.Thread(target=_end_after, args=[int(environment[HUB_PID])], name="hub-watch", daemon=True)
        watch.start()


def _end_after(hub: int) -> None:
    _wait_for_end(hub)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_S)
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_end(process: int) -> None:
    if hasattr(os, "pidfd_open"):
        try:
            watch = os.pidfd_open(process)
        except ProcessLookupError:
            return
        except OSError:  # a kernel without pidfd
            pass
        else:
            waiting = select.poll()
            waiting.register(watch, select.POLLIN)
            waiting.poll()
            return
    while _lives(process):
        time.sleep(POLL_S)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # the hub is root, and the library has a user of its own
        return True
    return True


def hub_auth(settings: dict[str, Any]) -> Any:
    """Give the client of the hub that this server is registered with."""
    if _HUB not in settings:
        try:
            settings[_HUB] = import_module("jupyterhub.services.auth").HubOAuth()
        except ModuleNotFoundError as error:
            remedy = "Поставьте его: pip install 'ecitizen[hub]'"
            raise CourseError("JupyterHub", "пакет не установлен", remedy) from error
    return settings[_HUB]


class HubEntryHandler(PageHandler):
    """``/instructor/hub``: on to the hub, which asks who it is."""

    @allow_unauthenticated
    def get(self) -> None:
        """Keep a state in a cookie, so that nobody can send somebody else through the door as himself."""
        auth = hub_auth(self.settings)
        verifier, challenge, method = auth.generate_pkce_code_challenge()
        state = auth.set_state_cookie(self, next_url=self.way_on(DESK, "instructor"), code_verifier=verifier)
        asked = {"state": state, "code_challenge": challenge, "code_challenge_method": method}
        self.redirect(url_concat(auth.login_url, asked))


class HubReturnHandler(PageHandler):
    """``/oauth_callback``: back from the hub with a code that only this server can turn into a name."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Begin an instructor's session for whom the hub lets use this service."""
        auth, state = hub_auth(self.settings), self.get_query_argument("state", "")
        kept = self.get_secure_cookie(auth.get_state_cookie_name(state))
        if not state or kept is None or kept.decode() != state:
            raise HTTPError(403)
        verifier, page = auth.get_code_verifier(state), auth.get_next_url(state)
        auth.clear_oauth_state(state)
        auth.clear_oauth_state_cookies(self)
        token = await auth.token_for_code(self.get_query_argument("code", ""), code_verifier=verifier, sync=False)
        user = await auth.user_for_token(token, use_cache=False, sync=False)
        if user is None or not auth.check_scopes(auth.access_scopes, user):
            raise HTTPError(403)
        await self.end_session()
        visitor: Visitor = new_visitor("instructor", name=user["name"])
        self.be(visitor)
        self.begin_session(visitor)
        self.redirect(page)


ADDRESSES = [(r"/instructor/hub", HubEntryHandler), (r"/oauth_callback", HubReturnHandler)]
