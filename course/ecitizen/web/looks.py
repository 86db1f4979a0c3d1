"""``/instructor/people/looks``: who looked at names, for whoever answers for the project; no name stands in it."""

from __future__ import annotations

from datetime import date, timedelta

from jupyter_server.auth.decorator import allow_unauthenticated

from ecitizen.register.looking import looks
from ecitizen.web.access import StaffHandler

SHOWN = timedelta(days=90)
"""``ecitizen register looks`` shows any period."""


class LooksHandler(StaffHandler):
    """The journal of the last three months, the latest first."""

    sees = does = "people.looks"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show it."""
        # A day of the place may be the next one of UTC.
        until = date.today() + timedelta(days=1)
        found = await self.classroom.aside(looks, self.classroom.engine, until - SHOWN, until)
        self.finish(self.page("people_looks.html", found=found))
