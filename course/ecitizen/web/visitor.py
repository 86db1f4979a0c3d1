"""Who is at the other end: a signed session cookie says it, and nothing else that a browser sends."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from jupyter_server.auth import Authorizer, IdentityProvider, User

Role = Literal["learner", "guest", "instructor"]

SESSION_DAYS = 1
"""A session ends with the browser, and after a day at the latest: the PCs are shared."""

DEVICE_COOKIE = "ecitizen-device"
DEVICE_DAYS = 365
MOST_CARDS_OF_A_DEVICE = 50
MOST_ENDED = 100_000
"""Sessions that were left and are remembered; a day of a thousand classes."""

DESK_IDLE_S = 2 * 60 * 60
"""After so long without a page opened or a form sent the desk asks for the PIN again, beside whatever was typed."""


@dataclass
class Visitor(User):
    """One session; ``username`` is its random name, under which kernels and guests' events are kept."""

    role: Role = "guest"
    learner: int | None = None
    """Number on the card; None for guests and instructors."""

    staff: int | None = None
    """Number in the list of staff; None for everybody else."""

    @property
    def account(self) -> str:
        """Name the account elsewhere that let the visitor in; empty for a card, a PIN and a guest."""
        # Jupyter gives who has no name the name of the session.
        return "" if self.name == self.username else self.name

    @property
    def studies(self) -> bool:
        """Say whether the visitor may open lessons."""
        return self.role in {"learner", "guest"}


def new_visitor(role: Role, learner: int | None = None, staff: int | None = None, name: str = "") -> Visitor:
    """Begin a session; ``name`` is that of an account elsewhere, for the trace of what was done."""
    return Visitor(username=secrets.token_urlsafe(16), name=name, role=role, learner=learner, staff=staff)


class CardIdentity(IdentityProvider):
    """Sessions by card and PIN; there is no token that opens everything, and no login of Jupyter."""

    def __init__(self, **kwargs: Any) -> None:
        """Switch every other way in off, whatever a configuration file says."""
        super().__init__(**kwargs)
        self.token = ""
        self.cookie_name = "ecitizen-session"
        self.cookie_options = {"httponly": True, "samesite": "Lax", "expires_days": None}
        self.get_secure_cookie_kwargs = {"max_age_days": SESSION_DAYS}
        self.ended: dict[str, None] = {}
        self.desk_idle_s: float = DESK_IDLE_S
        self.clock: Callable[[], float] = time.monotonic
        self._busy_s: dict[str, float] = {}
        """Moment at which each session of the desk last did something."""

    def get_handlers(self) -> list[tuple[str, object]]:
        """Offer no pages of its own."""
        return []

    async def get_user_token(self, handler: Any) -> None:
        """Believe no token."""

    def end(self, user: Visitor) -> None:
        """Leave a session by the button: a copy of its cookie opens nothing from now on."""
        self.ended[user.username] = None
        if len(self.ended) > MOST_ENDED:
            del self.ended[next(iter(self.ended))]

    def slept(self, user: Visitor, *, by_itself: bool) -> bool:
        """End a session of the desk in which nobody did anything for long, and say so.

        What an open page asks for ``by_itself`` keeps nobody awake. A restart of the server counts as something done.
        """
        now_s = self.clock()
        last_s = self._busy_s.get(user.username)
        if last_s is not None and now_s - last_s >= self.desk_idle_s:
            self._busy_s.pop(user.username, None)
            self.end(user)
            return True
        if not by_itself:
            self._busy_s.pop(user.username, None)
        while len(self._busy_s) > MOST_ENDED:
            del self._busy_s[next(iter(self._busy_s))]
        self._busy_s.setdefault(user.username, now_s)
        return False

    def user_to_cookie(self, user: Visitor) -> str:
        """Write the session for the signed cookie."""
        named = {"role": user.role, "learner": user.learner, "staff": user.staff, "name": user.account}
        return json.dumps({"session": user.username, **named})

    def user_from_cookie(self, cookie_value: str) -> Visitor | None:
        """Read a session back; the signature has been checked before."""
        session = json.loads(cookie_value)
        if session["session"] in self.ended:
            return None
        return Visitor(
            username=session["session"],
            role=session["role"],
            learner=session["learner"],
            staff=session.get("staff"),
            name=session.get("name", ""),
        )


class OwnKernels(Authorizer):
    """A visitor reaches the kernels of this session and nothing else of Jupyter."""

    def is_authorized(self, handler: Any, user: Visitor, action: str, resource: str) -> bool:  # noqa: ARG002
        """Compare the owner of the kernel named in the address with the session."""
        if resource != "kernels":
            return False
        kernel_id = handler.path_kwargs.get("kernel_id")
        launch = handler.kernel_manager.launches.by_kernel(kernel_id) if kernel_id else None
        return launch is not None and launch.visitor.username == user.username
