"""``/instructor/people``: the groups with their people, search, and taking the last change back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from jupyter_server.auth.decorator import allow_unauthenticated
from sqlalchemy import Engine
from tornado.web import HTTPError

from ecitizen.register import people
from ecitizen.register.enrolling import last_changed
from ecitizen.register.people import RosterEntry, sort_key
from ecitizen.register.retaining import Due, due
from ecitizen.register.undoing import can_undo, last_import, undo_last
from ecitizen.web.access import StaffHandler
from ecitizen.web.presence import NOBODY_SINCE, Presence

TABLES_OF_PEOPLE = frozenset({"learner", "person", "class_group", "consent"})
"""A change that touched nothing else is taken back here."""

FOLDED_FROM = 60
"""With more people than these the groups are folded until one is opened."""

LONGEST_SEARCH = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of the list."""

    number: int
    name: str
    seat: str
    seen_at: datetime | None
    """The last thing done in a lesson, in the time zone of this computer; None if nothing was."""

    left_on: date | None
    erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedGroup:
    """A group with those who learn in it and those who left, each sorted by name."""

    code: str
    name: str
    here: list[Listed]
    left: list[Listed]


def matches(entry: RosterEntry, find: str) -> bool:
    """Say whether each word of a search is a part of the name or of the number; ё like е, in any order."""
    name, number = sort_key(entry.full_name), str(entry.number)
    return all(word in name or word in number for word in sort_key(find).split())


def grouped(
    entries: Iterable[RosterEntry], groups: dict[str, str], presence: Presence, today: date
) -> list[ListedGroup]:
    """Sort the roster, which is in order of the names, into its groups; a group without people stays in the list."""
    sorted_in: dict[str, list[Listed]] = {code: [] for code in groups}
    for entry in entries:
        sorted_in[entry.group].append(_listed(entry, presence))
    return [
        ListedGroup(
            code=code,
            name=groups[code],
            here=[one for one in found if not _gone(one, today)],
            left=[one for one in found if _gone(one, today)],
        )
        for code, found in sorted_in.items()
    ]


def _gone(one: Listed, today: date) -> bool:
    return one.erased or (one.left_on is not None and one.left_on <= today)


def _listed(entry: RosterEntry, presence: Presence) -> Listed:
    seen_at = presence.of(entry.number).seen_at
    return Listed(
        number=entry.number,
        name=entry.full_name,
        seat=entry.seat or "",
        seen_at=seen_at.astimezone() if seen_at > NOBODY_SINCE else None,
        left_on=entry.left_on,
        erased=not entry.surname,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LastChange:
    """The last change about people, which can be taken back."""

    at: datetime
    """In the time zone of this computer."""

    mark: str
    """Tells it from any other change."""

    who: str
    added: int
    """People who would go again."""

    changed: int
    """People whose old values would come back."""

    groups: int
    """New groups that would go again."""

    consents: int
    """Consents that would go again, or be as before."""

    numbers: tuple[int, ...]
    """The cards of all of these."""


def change_of_people(engine: Engine) -> LastChange | None:
    """Give the last change if it can be taken back and is one about people."""
    if not can_undo(engine):
        return None
    last = last_import(engine)
    if not {*last.removed, *last.restored} <= TABLES_OF_PEOPLE:
        return None
    return LastChange(
        at=last.at.replace(tzinfo=UTC).astimezone(),
        mark=last.at.isoformat(),
        who=last.who,
        added=max(last.removed.get("learner", 0), last.removed.get("person", 0)),
        changed=max(last.restored.get("learner", 0), last.restored.get("person", 0)),
        groups=last.removed.get("class_group", 0),
        consents=last.removed.get("consent", 0) + last.restored.get("consent", 0),
        numbers=tuple(last_changed(engine)),
    )


def due_cards(engine: Engine) -> dict[int, list[Due]]:
    """Give what must be erased by now, or a new consent asked for, by card."""
    found: dict[int, list[Due]] = {}
    for one in due(engine, date.today()):
        found.setdefault(one.number, []).append(one)
    return found


class PeopleHandler(StaffHandler):
    """``/instructor/people``."""

    sees = "people.count"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the groups; whoever may see no names sees how many people there are."""
        find = self.get_query_argument("find", "")[:LONGEST_SEARCH].strip()
        group = self.get_query_argument("group", "")
        engine = self.classroom.engine
        entries = await self.classroom.aside(people.roster, engine)
        names = await self.classroom.aside(people.groups, engine)
        found = [entry for entry in entries if matches(entry, find)] if find and self.may("people.see") else entries
        shown = {code: name for code, name in names.items() if group in ("", code)}
        groups = grouped(
            (entry for entry in found if entry.group in shown), shown, self.classroom.presence, date.today()
        )
        if self.may("people.see"):
            await self.note_look("roster")
        self.finish(
            self.page(
                "people.html",
                groups=[one for one in groups if one.here or one.left] if find else groups,
                total=len(entries),
                find=find,
                folded=not find and not group and len(entries) > FOLDED_FROM,
                group=group,
                undo=await self.classroom.aside(change_of_people, engine),
                due=await self.classroom.aside(due_cards, engine) if self.may("people.erase") else {},
                done=self.get_query_argument("done", ""),
            )
        )


class UndoHandler(StaffHandler):
    """``/instructor/people/undo``: the last change about people is taken back, after a look at what that means."""

    sees = does = "people.write"

    @allow_unauthenticated
    async def get(self) -> None:
        """Say what would be taken back."""
        undo = await self.classroom.aside(change_of_people, self.classroom.engine)
        self.finish(self.page("people_undo.html", undo=undo))

    @allow_unauthenticated
    async def post(self) -> None:
        """Take it back, if it is still the last change."""
        shown = self.get_body_argument("at", "")

        async def work() -> str:
            await self.classroom.aside(_undo, self.classroom.engine, shown, self.who)
            return "instructor/people?done=undone"

        self.redirect(self.base_url + await self.state.once.do(self.get_body_argument("once", ""), work), status=303)


def _undo(engine: Engine, shown: str, who: str) -> None:
    last = change_of_people(engine)
    if last is None:
        raise HTTPError(404)
    # The mark goes along: between the look and the deed somebody else may have written something.
    try:
        at = datetime.fromisoformat(shown)
    except ValueError as error:
        raise HTTPError(400) from error
    undo_last(engine, who, at)
