"""Who may see and do what at the desk, as a table; and the page that every page of the desk is built on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tornado.web import HTTPError

from ecitizen.errors import CourseError
from ecitizen.register.looking import note_look, staff_member
from ecitizen.register.people import Instructor
from ecitizen.register.sheets import sheet_of
from ecitizen.web.entry import DoorHandler
from ecitizen.web.once import Kept, Once, new_token
from ecitizen.web.visitor import Visitor

STAFF_ROLES: Final = ("instructor", "curator", "manager", "expert")
"""As in the table ``staff``; learners and guests have none of them and may do nothing here."""

MAY: Final[Mapping[str, frozenset[str]]] = {
    "announce": frozenset({"instructor", "curator"}),
    "calls.see": frozenset({"expert"}),
    "class.see": frozenset({"instructor", "curator"}),
    "class.write": frozenset({"instructor", "curator"}),
    "consultations.see": frozenset({"instructor", "curator", "manager", "expert"}),
    "consultations.write": frozenset({"instructor", "curator", "expert"}),
    "figures.report": frozenset({"instructor", "curator", "manager"}),
    "figures.see": frozenset({"instructor", "curator", "manager"}),
    "forum": frozenset({"instructor", "curator"}),
    "marks.see": frozenset({"instructor"}),
    "marks.write": frozenset({"instructor"}),
    "people.count": frozenset({"instructor", "curator", "manager"}),
    "people.looks": frozenset({"instructor", "manager"}),
    "people.see": frozenset({"instructor", "curator"}),
    "people.write": frozenset({"instructor", "curator"}),
    "people.cards": frozenset({"instructor", "curator"}),
    "people.import": frozenset({"instructor"}),
    "people.erase": frozenset({"instructor"}),
    "people.scores": frozenset({"instructor"}),
    "queue.see": frozenset({"instructor", "curator", "manager", "expert"}),
    "queue.serve": frozenset({"instructor", "curator", "expert"}),
    "results.see": frozenset({"instructor", "manager"}),
    "screens.see": frozenset({"instructor", "curator", "expert"}),
}
"""Roles by action. A curator sees no gradebook, a manager no names, an expert from elsewhere nobody of the list."""

SECTIONS: Final[Mapping[str, str]] = {
    "instructor": "class.see",
    "instructor/people": "people.count",
    "instructor/consultations": "consultations.see",
    "instructor/queue": "queue.see",
    "instructor/calls": "calls.see",
    "instructor/grading": "marks.see",
    "instructor/results": "results.see",
    "instructor/indicators": "figures.see",
    "instructor/announcements": "announce",
    "instructor/forum": "forum",
}
"""Sections of the desk with the action of looking at each; every role may look at one at least."""

_STATE = "ecitizen_people"


def may(role: str, action: str) -> bool:
    """Say whether a role may do an action; an action that the table doesn't know is a bug (``KeyError``)."""
    return role in MAY[action]


class State:
    """What pages of the desk remember while the server runs."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.once = Once()
        self.kept = Kept()
        self.address = ""
        """Where learners open the course, as the last printed cards said it; empty if none were printed."""


class StaffHandler(DoorHandler):
    """A page of the desk: it asks the table who may, and keeps what was typed when a session has ended."""

    sees = "people.see"
    """The action of looking at the page."""

    does = "people.write"
    """The action of sending its form."""

    staff: Instructor
    """Who works at the desk; set before ``get`` and ``post``."""

    async def prepare(self) -> None:
        """Let in whoever may; everybody else gets the door or a refusal, and no handler runs."""
        await super().prepare()
        if self._finished:
            return
        posts = self.request.method == "POST"
        staff = await self._staff()
        if staff is None and posts:
            staff = await self._let_in_again()
        elif staff is None:
            self.redirect(self.base_url + "instructor/login")
        if staff is None:
            return
        self.staff = staff
        action = self.does if posts else self.sees
        if not posts and action == SECTIONS["instructor"] and not self.may(action):
            # The door leads here whoever comes in; a manager has no class to see.
            self.redirect(self.base_url + next(path for path, needed in SECTIONS.items() if self.may(needed)))
            return
        if not self.may(action):
            what = f"{action}:{self.request.path}"
            await self.classroom.aside(note_look, self.classroom.engine, self.who, what, refused=True)
            raise HTTPError(403)

    @property
    def who(self) -> str:
        """Name whoever is at the desk for the trace: the role in words and, from the list of staff, the name."""
        role = str(sheet_of("staff").column("role").kind.show(self.staff.role))
        return role if self.staff.name.casefold() in ("", role) else f"{role} {self.staff.name}"

    @property
    def state(self) -> State:
        """Give what these pages share."""
        state: State = self.settings.setdefault(_STATE, State())
        return state

    @property
    def session(self) -> str:
        """Name the session of whoever is at the desk."""
        visitor: Visitor | None = self.visitor
        assert visitor is not None, "prepare lets nobody in without a session"
        username: str = visitor.username
        return username

    def may(self, action: str) -> bool:
        """Say whether whoever is at the desk may do an action."""
        return may(self.staff.role, action)

    def page(self, name: str, **words: Any) -> str:
        """Fill in a page; all of these know who may what, and give each form a token of its own."""
        return super().page(name, **{"may": self.may, "sections": SECTIONS, "once": new_token(), **words})

    async def note_look(self, what: str) -> None:
        """Keep in the trace that these names were looked at."""
        await self.classroom.aside(note_look, self.classroom.engine, self.who, what)

    def form(self) -> dict[str, str]:
        """Give what was typed, by field."""
        return {name: self.get_body_argument(name, "") for name in self.request.body_arguments}

    def write_error(self, status_code: int, **words: Any) -> None:
        """Show what somebody can put right; the rest is said as everywhere."""
        error = (words.get("exc_info") or (None, None))[1]
        if not isinstance(error, CourseError):
            super().write_error(status_code, **words)
            return
        self.set_status(409)
        self.finish(self.page("people_trouble.html", fault=error))

    async def _staff(self) -> Instructor | None:
        visitor = self.visitor
        if visitor is None or visitor.studies:
            return None
        if visitor.staff is None:
            return Instructor(id=0, name=visitor.account, role=visitor.role)
        return await self.classroom.aside(staff_member, self.classroom.engine, visitor.staff)

    async def _let_in_again(self) -> Instructor | None:
        """Ask for the PIN beside everything that was sent; what was typed goes on its way once the PIN is right."""
        again = "again" in self.request.body_arguments
        trouble = await self.let_instructor_in() if again else {"fault": None, "wait_min": 0}
        if trouble is None:
            return await self._staff()
        if not again:
            self.set_status(403)
        names = [name for name in self.request.body_arguments if name not in {"_xsrf", "pin", "again"}]
        typed = [(name, value) for name in names for value in self.get_body_arguments(name)]
        self.finish(super().page("people_again.html", typed=typed, with_file=bool(self.request.files), **trouble))
        return None
