"""The retention clock: whose data are due for erasure, and why.

Data are kept no longer than their purpose needs (152-ФЗ, article 5 part 7), and are erased within thirty days of a
withdrawal or of the end of the purpose (article 21). The list is read at least once a year; it names nobody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, func, select

from ecitizen.register.tables import Attendance, Consent, Learner, Person, Session

KEPT_AFTER = dt.timedelta(days=365)
"""After the last class, where no consent names a later day: «до конца курса и ещё один год»."""

Why = Literal["withdrawn", "ended", "idle"]
"""``withdrawn``: the person took the consent back; ``ended``: the day in the consent has come; ``idle``: nobody has
seen this person for longer than a year, and no consent says that the data may stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Somebody whose data the library must erase, or answer why not."""

    number: int
    purpose: str
    """Of the consent; empty for somebody idle."""
    since: dt.date
    """The day from which they are due."""
    why: Why

    @property
    def withdrawn(self) -> bool:
        """Tell whether consent was withdrawn."""
        return self.why == "withdrawn"


def due(engine: Engine, day: dt.date) -> list[Due]:
    """List whose data are due for erasure by a day, by card; a day to come shows what is to be done until then."""
    with engine.connect().execution_options(readonly=True) as connection:
        query = select(Consent.__table__).join(Person, Person.number == Consent.learner)
        consents = connection.execute(query.order_by(Consent.learner, Consent.id)).all()
        last_days = _last_days(connection)
    found = [one for row in consents if (one := _of_consent(row)) is not None and one.since <= day]
    allowed = {row.learner for row in consents if row.withdrawn_on is None and (row.keep_until or dt.date.min) > day}
    named = {one.number for one in found}
    for number, last in last_days.items():
        since = last + KEPT_AFTER
        if number not in named | allowed and since <= day:
            found.append(Due(number=number, purpose="", since=since, why="idle"))
    return sorted(found, key=lambda one: (one.number, one.since, one.purpose))


def _of_consent(row: Any) -> Due | None:
    if row.withdrawn_on is not None:
        return Due(number=row.learner, purpose=row.purpose, since=row.withdrawn_on, why="withdrawn")
    if row.keep_until is not None:
        return Due(number=row.learner, purpose=row.purpose, since=row.keep_until, why="ended")
    return None


def _last_days(connection: Connection) -> dict[int, dt.date]:
    """Give the last day on which each person was seen: in class, joining or leaving."""
    seen = select(Attendance.learner, func.max(Session.date).label("seen")).join(Session).group_by(Attendance.learner)
    last = seen.subquery()
    query = (
        select(Learner.number, Learner.joined_on, Learner.left_on, last.c.seen)
        .join(Person, Person.number == Learner.number)
        .join(last, last.c.learner == Learner.number, isouter=True)
    )
    days = {row.number: [row.joined_on, row.left_on, row.seen] for row in connection.execute(query)}
    return {number: max(known) for number, some in days.items() if (known := [one for one in some if one is not None])}
