"""Who may see and do what at the desk, as a table; and the page that every page of the desk is built on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

from tornado.web import HTTPError

from ecitizen.errors import CourseError
from ecitizen.register.looking import note_look, staff_member
from ecitizen.register.people import Instructor
from ecitizen.register.sheets import sheet_of
from ecitizen.web.entry import DoorHandler
from ecitizen.web.once import Kept, Once, SentForms, digest_of, is_token, new_token
from ecitizen.web.pages import ENVELOPE, page_templates
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
    "papers.class": frozenset({"instructor", "curator"}),
    "papers.graduates": frozenset({"instructor"}),
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
_TOKENS: Final = ("once", "token")
"""Fields that hold the token of a form."""

_LED: Final = range(300, 400)
_HIDDEN: Final = frozenset({*_TOKENS, "seen", "version", "was", "before", "do", "at", "mine", "session", "shown"})
"""Fields that nobody typed."""


def may(role: str, action: str) -> bool:
    """Say whether a role may do an action; an action that the table doesn't know is a bug (``KeyError``)."""
    return role in MAY[action]


class Refused(HTTPError):
    """Somebody of the staff asked for what the role may not."""

    def __init__(self, action: str) -> None:
        """Name the action."""
        super().__init__(403)
        self.action = action


class _SentOtherwise(HTTPError):
    def __init__(self, place: str) -> None:
        super().__init__(409)
        self.place = place


class State:
    """What pages of the desk remember while the server runs."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.once = Once()
        self.sent = SentForms()
        self.kept = Kept()
        self.address = ""
        """Where learners open the course, as the last printed cards said it; empty if none were printed."""


class StaffHandler(DoorHandler):
    """A page of the desk: it asks the table who may, and keeps what was typed when a session has ended."""

    sees = "people.see"
    """The action of looking at the page."""

    does = "people.write"
    """The action of sending its form."""

    at_desk = True

    staff: Instructor
    """Who works at the desk; set before ``get`` and ``post``."""

    _is_in = False

    _token = ""
    """Of the form that is being done."""

    async def prepare(self) -> None:
        """Let in whoever may; everybody else gets the door or a refusal, and no handler runs."""
        await super().prepare()
        if self._finished:
            return
        posts = self.request.method == "POST"
        action = self.does if posts else self.sees
        staff = await self._staff()
        if staff is None and self.visitor is not None:
            await self._note_stranger(self.visitor, action)
        if posts and (staff is None or self._says_again()):
            staff = await self._let_in_again()
        elif staff is None:
            self.to_door("instructor/login")
        if staff is None:
            return
        self.staff, self._is_in = staff, True
        self._open_envelope()
        if not self.may(action):
            if self.request.path == self.base_url + "instructor" and not posts:
                # The door leads here whoever comes in; a manager has no class to see.
                self.redirect(self.base_url + self.home)
                return
            await self.refuse(action)
        if posts:
            await self._once()

    @property
    def who(self) -> str:
        """Name whoever is at the desk for the trace: the role in words and, from the list of staff, the name."""
        role = self._role
        return role if self.staff.name.casefold() in ("", role) else f"{role} {self.staff.name}"

    @property
    def home(self) -> str:
        """Give the address of the first section that whoever is at the desk may look at."""
        return next(path for path, needed in SECTIONS.items() if self.may(needed))

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

    async def refuse(self, action: str) -> NoReturn:
        """Keep in the trace that somebody of the staff was refused, and say so on a page."""
        what = f"{action}:{self.request.path}"
        await self.classroom.aside(note_look, self.classroom.engine, self.who, what, refused=True)
        raise Refused(action)

    def write_error(self, status_code: int, **words: Any) -> None:
        """Show what somebody can put right, and who was refused where to go on; the rest is said as everywhere."""
        error = (words.get("exc_info") or (None, None))[1]
        if isinstance(error, Refused) and self._is_in:
            self.finish(self.page("refused.html", action=error.action, who=self._role, home=self.home))
        elif isinstance(error, _SentOtherwise):
            self.set_status(409)
            typed = [(name, new_token() if name in _TOKENS else value) for name, value in self.sent_fields]
            files = list(self.request.files)
            self.finish(self.page("sent_otherwise.html", place=error.place, typed=typed, files=files))
        elif isinstance(error, CourseError) and self._is_in:
            self.set_status(409)
            self.finish(self.page("people_trouble.html", fault=error, lost=self._written()))
        else:
            super().write_error(status_code, **words)

    def ask_again(self) -> None:
        """Show a form that came without its token; the PIN on this page says that a person of the staff wants it."""
        self._ask_for_pin(unproven=True, fault=None, wait_min=0)

    def on_finish(self) -> None:
        """Keep where a form has led, for the same form once more."""
        super().on_finish()
        if self._token:
            led = self.get_status() in _LED
            self.state.sent.end(self._token, self._headers.get("Location", "") if led else "")

    @property
    def _role(self) -> str:
        return str(sheet_of("staff").column("role").kind.show(self.staff.role))

    async def _staff(self) -> Instructor | None:
        visitor = self.visitor
        if visitor is None or visitor.studies:
            return None
        if self.identity.slept(visitor, by_itself=self.by_itself or "X-By-Itself" in self.request.headers):
            self.be(None)
            return None
        if visitor.staff is None:
            return Instructor(id=0, name=visitor.account, role=visitor.role)
        return await self.classroom.aside(staff_member, self.classroom.engine, visitor.staff)

    async def _note_stranger(self, visitor: Visitor, action: str) -> None:
        """Keep that a learner, a guest or somebody who works here no more asked for a page of the desk.

        Only the section is named: the trace is nothing that strangers may fill.
        """
        section = "/".join(self.request.path.removeprefix(self.base_url).split("/")[:2])
        words: Any = page_templates().get_template("access_words.html").module
        who, what = str(words.who(visitor)), f"{action}:{self.base_url}{section}"
        await self.classroom.aside(note_look, self.classroom.engine, who, what, refused=True)

    async def _let_in_again(self) -> Instructor | None:
        """Ask for the PIN beside everything that was sent; what was typed goes on its way once the PIN is right."""
        again, before = "again" in self.request.body_arguments, self.visitor
        trouble = await self.let_instructor_in() if again else {"fault": None, "wait_min": 0}
        if trouble is None:
            staff = await self._staff()
            if staff and before and not before.studies and before.staff == staff.id:
                self.state.kept.hand_over(before.username, self.session)
            return staff
        if not again:
            self.set_status(403)
        self._ask_for_pin(unproven=False, **trouble)
        return None

    def _says_again(self) -> bool:
        """Say whether the form comes from the page that asks for the PIN; an account elsewhere may have none."""
        has_pin = bool(self.get_body_argument("pin", "")) or not self.settings["ecitizen_hub"]
        return "again" in self.request.body_arguments and has_pin

    def _ask_for_pin(self, **words: Any) -> None:
        files, hub = list(self.request.files), self.settings["ecitizen_hub"]
        # Not the page of the desk: nobody is known there.
        self.finish(super().page("people_again.html", typed=self.sent_fields, files=files, hub=hub, **words))

    def _written(self) -> list[str]:
        """Give what somebody wrote into the form, for a page that can't show it in its place."""
        fields = ((name.partition("-")[0], value.strip()) for name, value in self.sent_fields)
        return [value for name, value in fields if name not in _HIDDEN and len(value) > 1]

    def _open_envelope(self) -> None:
        """Take off what the page that asked for the PIN has added; handlers see the form as it was first sent."""
        for name in ENVELOPE - {"_xsrf"}:
            for arguments in (self.request.body_arguments, self.request.arguments):
                arguments.pop(name, None)

    async def _once(self) -> None:
        """Lead a form that was done before to where it led then; ask, if it came with other words in it."""
        token = next(filter(is_token, (self.get_body_argument(name, "") for name in _TOKENS)), "")
        if not token:
            return
        parts = [(name, value.encode()) for name, value in self.sent_fields]
        files = [(name, file["body"]) for name, found in self.request.files.items() for file in found]
        # All forms of a page have one token.
        one = f"{token} {self.request.path}"
        sent = await self.state.sent.begin(one, digest_of([*parts, *files]))
        if sent is None:
            self._token = one
        elif sent.same:
            self.redirect(sent.place, status=303)
        else:
            raise _SentOtherwise(sent.place)
