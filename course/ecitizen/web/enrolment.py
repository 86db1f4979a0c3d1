"""``/instructor/people/new`` and ``/instructor/people/104/edit``: the form of a person; nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen.register import enrolling, people
from ecitizen.register.enrolling import GROUP, PERSONAL, SITE, FormFault, Overtaken
from ecitizen.register.records import Record, record
from ecitizen.register.sheets import sheet_of
from ecitizen.web.access import StaffHandler
from ecitizen.web.cards import Issued

NEW_GROUP = "new_group"


def shown(found: Record) -> dict[str, str]:
    """Give a record as the fields of the form show it."""
    values = {name: getattr(found, name) for name in PERSONAL}
    return {
        name: f"{value:%d.%m.%Y}" if isinstance(value, date) else str(value or "") for name, value in values.items()
    }


class NewPersonHandler(StaffHandler):
    """``/instructor/people/new``."""

    sees = "people.write"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show an empty form."""
        self.finish(await self._form({GROUP: self.get_query_argument("group", "")}, {}))

    @allow_unauthenticated
    async def post(self) -> None:
        """Write the person down and show the PIN of the new card."""
        typed = self.form()
        form = {**typed, GROUP: typed.get(NEW_GROUP) or typed.get(GROUP, "")}
        if not typed.get(NEW_GROUP):
            form.pop(SITE, None)

        async def work() -> str:
            made = await self.classroom.aside(
                enrolling.enrol, self.classroom.engine, form, self.who, namesake="namesake" in typed
            )
            found = await self.classroom.aside(record, self.classroom.engine, made.number)
            names = {made.number: found.full_name}
            issued = Issued(kind="new", pins={made.number: made.pin}, names=names, cards=1)
            return f"instructor/people/issued/{self.state.kept.put(self.session, issued)}"

        try:
            place = await self.state.once.do(typed.get("once", ""), work)
        except FormFault as fault:
            self.set_status(422)
            self.finish(await self._form(typed, fault.faults, namesake=fault.namesake))
            return
        self.redirect(self.base_url + place, status=303)

    async def _form(self, typed: Mapping[str, str], faults: Mapping[str, Any], *, namesake: bool = False) -> str:
        groups = await self.classroom.aside(people.groups, self.classroom.engine)
        sites = await self.classroom.aside(people.sites, self.classroom.engine)
        return self.page(
            "person_form.html",
            **_fields(typed, faults),
            person=None,
            groups=groups,
            sites=sites,
            version="",
            now=None,
            namesake=namesake,
        )


class EditHandler(StaffHandler):
    """``/instructor/people/104/edit``."""

    sees = "people.write"

    @allow_unauthenticated
    async def get(self, text: str) -> None:
        """Show the form as the record is."""
        found = await self.classroom.aside(record, self.classroom.engine, int(text))
        await self.note_look(f"person:{text}")
        self.finish(self._form(found, shown(found), {}))

    @allow_unauthenticated
    async def post(self, text: str) -> None:
        """Store what was typed, unless somebody else was quicker: then show both."""
        number, typed = int(text), self.form()

        async def work() -> str:
            arguments = (self.classroom.engine, number, typed, typed.get("version", ""), self.who)
            changed = await self.classroom.aside(enrolling.amend, *arguments)
            return f"instructor/people/{number}?done={'saved' if changed else 'same'}"

        try:
            place = await self.state.once.do(typed.get("once", ""), work)
        except (FormFault, Overtaken) as error:
            found = await self.classroom.aside(record, self.classroom.engine, number)
            self.set_status(422 if isinstance(error, FormFault) else 409)
            faults = error.faults if isinstance(error, FormFault) else {}
            self.finish(self._form(found, typed, faults, overtaken=isinstance(error, Overtaken)))
            return
        self.redirect(self.base_url + place, status=303)

    def _form(
        self, found: Record, typed: Mapping[str, str], faults: Mapping[str, Any], *, overtaken: bool = False
    ) -> str:
        version = found.version if overtaken else typed.get("version", found.version)
        return self.page(
            "person_form.html",
            **_fields(typed, faults),
            person=found,
            groups={},
            sites={},
            version=version,
            now=shown(found) if overtaken else None,
            namesake=False,
        )


def _fields(typed: Mapping[str, str], faults: Mapping[str, Any]) -> dict[str, Any]:
    sheet = sheet_of("learners")
    return {
        "labels": {name: sheet.column(name).header for name in (*PERSONAL, GROUP, SITE, "number")},
        "required": {name for name in PERSONAL if sheet.column(name).required},
        "typed": {**dict.fromkeys((*PERSONAL, GROUP, NEW_GROUP, SITE), ""), **typed},
        "faults": faults,
    }
