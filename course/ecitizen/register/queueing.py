"""The electronic queue of village centres: a number, a call, an end that reports count. Nobody in it has a name.

Every step is one transaction, and the state a place must be in stands in the statement that changes it: of two experts
who press at once, one gets the place and the other the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.tables import Change, Place, Site, Ticket

CAME = ("kiosk", "telephone", "person")
RESULTS = ("done", "passed-on", "not-done")
"""As the table ``ticket`` knows them."""

FACES = {"good": 5, "fair": 3, "bad": 1}
"""Grades behind the three faces, on the scale of five that reports use."""

MOST_WAITING = 99
"""Numbers that may wait at a centre: more than these is somebody playing with the kiosk."""

ASKED_MIN = 3
"""So long after the end the kiosk asks how it was."""

LONGEST_MIN = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A place in the queue."""

    id: int
    site: str
    number: int
    kind: str
    topic: str
    came: str
    first: bool
    learner: int | None
    state: str
    taken_at: dt.datetime
    """UTC with its zone, as all times here."""
    called_at: dt.datetime | None
    ended_at: dt.datetime | None
    desk: str
    who: str

    def waited_min(self, now: dt.datetime) -> int:
        """Tell how many whole minutes passed until the call, or until now."""
        return _minutes(self.taken_at, self.called_at or now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What came of a place."""

    result: str
    minutes: int | None = None
    """Of service; None: from the call to the end."""
    topic: str = ""
    rating: int | None = None
    first: bool | None = None
    """None: as the person said when the number was taken."""


def take_number(
    engine: Engine, site: str, kind: str, came: str, token: str, now: dt.datetime, *,
    first: bool = False, topic: str = "", learner: int | None = None,
) -> Waiting:  # fmt: skip
    """Take the next number of the day at a centre; the same token again gives the number it took before.

    Raises ``CourseError`` for an unknown centre, or if too many wait there already.
    """
    day = now.astimezone().date()
    with engine.begin() as connection:
        # The row of the centre is what two who take a number at once wait for on PostgreSQL.
        known = connection.execute(select(Site.id).where(Site.id == site).with_for_update()).first()
        if known is None:
            raise CourseError("очередь", f"такого центра в журнале нет ({site!r})", "Выберите центр из списка")
        before = connection.execute(select(Place.__table__).where(Place.token == token)).mappings().one_or_none()
        if before is not None:
            return _place(before)
        here = (Place.site == site, Place.date == day)
        waits = connection.execute(select(func.count()).where(*here, Place.state == "waiting")).scalar_one()
        if waits >= MOST_WAITING:
            raise CourseError("очередь", f"уже ждут {waits} человек", "Подойдите к сотруднику центра")
        last = connection.execute(select(func.max(Place.number)).where(*here)).scalar_one()
        values = {
            "date": day, "site": site, "number": (last or 0) + 1, "kind": kind, "topic": topic, "came": came,
            "first": first, "learner": learner, "state": "waiting", "taken_at": _utc(now), "desk": "", "who": "",
            "token": token,
        }  # fmt: skip
        made = connection.execute(insert(Place).values(values).returning(*Place.__table__.columns))
        return _place(made.mappings().one())


def call_next(engine: Engine, desk: str, who: str, sites: Collection[str], now: dt.datetime) -> Waiting | None:
    """Call whoever has waited longest at these centres; whom this desk serves already, if it does; None if nobody."""
    day = now.astimezone().date()
    with engine.begin() as connection:
        serving = _serving(connection, desk)
        if serving is not None:
            return serving
        oldest = (
            select(Place.id)
            .where(Place.state == "waiting", Place.date == day, Place.site.in_(sites))
            .order_by(Place.taken_at, Place.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        number = connection.execute(oldest).scalar_one_or_none()
        return None if number is None else _call(connection, number, desk, who, now)


def call(engine: Engine, place: int, desk: str, who: str, now: dt.datetime) -> Waiting:
    """Call one out of turn, or take over whom another desk serves; ``CourseError`` if it is too late for that."""
    with engine.begin() as connection:
        serving = _serving(connection, desk)
        if serving is not None and serving.id != place:
            raise CourseError("очередь", f"вы ещё обслуживаете № {serving.number}", "Сначала завершите обслуживание")
        found = _call(connection, place, desk, who, now)
        if found is None:
            raise _too_late()
        return found


def give_back(engine: Engine, place: int, desk: str) -> None:
    """Put somebody back at the old place in the queue."""
    with engine.begin() as connection:
        values = {"state": "waiting", "called_at": None, "desk": "", "who": ""}
        changed = update(Place).where(Place.id == place, Place.state == "serving", Place.desk == desk).values(values)
        if not connection.execute(changed).rowcount:
            raise _too_late()


def leave(engine: Engine, place: int, now: dt.datetime, desk: str | None = None) -> None:
    """Take somebody out who went away: called by this ``desk``, or (None) not called yet. Counts as nothing."""
    state = Place.state == "waiting" if desk is None else (Place.state == "serving") & (Place.desk == desk)
    with engine.begin() as connection:
        values = {"state": "left", "ended_at": _utc(now), "learner": None}
        if not connection.execute(update(Place).where(Place.id == place, state).values(values)).rowcount:
            raise _too_late()


def come_back(engine: Engine, place: int, now: dt.datetime) -> None:
    """Undo ``leave`` on the same day: the place is the old one."""
    with engine.begin() as connection:
        same_day = (Place.id == place, Place.state == "left", Place.date == now.astimezone().date())
        values = {"state": "waiting", "called_at": None, "ended_at": None, "desk": "", "who": ""}
        if not connection.execute(update(Place).where(*same_day).values(values)).rowcount:
            raise _too_late()


def end(engine: Engine, place: int, desk: str, given: Ended, who: str, now: dt.datetime) -> int:
    """Close a place of this desk and write its row of ``ticket``; gives the row's number. Twice writes it once."""
    with engine.begin() as connection:
        query = select(Place.__table__).where(Place.id == place).with_for_update()
        found = connection.execute(query).mappings().one_or_none()
        if found is not None and found["state"] == "closed" and found["desk"] == desk:
            return int(found["ticket"])
        if found is None or found["state"] != "serving" or found["desk"] != desk:
            raise _too_late()
        called = found["called_at"]
        values = {
            "date": found["date"],
            "site": found["site"],
            "kind": found["kind"],
            "topic": given.topic or found["topic"],
            "first": found["first"] if given.first is None else given.first,
            "wait_min": _minutes(found["taken_at"], called),
            "serve_min": _minutes(called, _utc(now)) if given.minutes is None else given.minutes,
            "result": given.result,
            "rating": given.rating,
        }
        ticket = int(connection.execute(insert(Ticket).values(values).returning(Ticket.id)).scalar_one())
        connection.execute(insert(Change).values(change_row(who, "ticket", ticket, None, values)))
        ended = {"state": "closed", "ended_at": _utc(now), "ticket": ticket, "learner": None}
        connection.execute(update(Place).where(Place.id == place).values(ended))
        return ticket


def rate(engine: Engine, place: int, rating: int, now: dt.datetime) -> bool:
    """Keep the grade that the person gives after the end; False if there is one already or it is too late."""
    with engine.begin() as connection:
        since = _utc(now - dt.timedelta(minutes=2 * ASKED_MIN))
        closed = select(Place.ticket).where(Place.id == place, Place.state == "closed", Place.ended_at >= since)
        ticket = connection.execute(closed).scalar_one_or_none()
        graded = update(Ticket).where(Ticket.id == ticket, Ticket.rating.is_(None)).values(rating=rating)
        if ticket is None or not connection.execute(graded).rowcount:
            return False
        row = change_row("киоск", "ticket", ticket, {"rating": None}, {"rating": rating})
        connection.execute(insert(Change).values(row))
        return True


def to_rate(engine: Engine, site: str, now: dt.datetime) -> Waiting | None:
    """Give whom the kiosk of a centre should ask how it was: the last one who has just been served there."""
    since = _utc(now - dt.timedelta(minutes=ASKED_MIN))
    query = (
        select(Place.__table__)
        .join(Ticket, Ticket.id == Place.ticket)
        .where(Place.site == site, Place.state == "closed", Place.ended_at >= since, Ticket.rating.is_(None))
        .where(Place.came != "telephone")
        .order_by(Place.ended_at.desc())
        .limit(1)
    )
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _place(row)


def today(engine: Engine, now: dt.datetime, sites: Collection[str] | None = None) -> list[Waiting]:
    """Give everybody of the day in the order of coming, the ended ones too; ``sites`` None: all centres."""
    query = select(Place.__table__).where(Place.date == now.astimezone().date()).order_by(Place.taken_at, Place.id)
    if sites is not None:
        query = query.where(Place.site.in_(sites))
    with engine.connect().execution_options(readonly=True) as connection:
        return [_place(row) for row in connection.execute(query).mappings()]


def left_over(engine: Engine, now: dt.datetime) -> int:
    """Count those of earlier days whom nobody ended: the program was switched off before the queue was empty."""
    with engine.connect().execution_options(readonly=True) as connection:
        return int(connection.execute(select(func.count()).where(*_forgotten(now))).scalar_one())


def sweep(engine: Engine, now: dt.datetime) -> int:
    """End those of earlier days as people who left; gives how many."""
    with engine.begin() as connection:
        values = {"state": "left", "ended_at": _utc(now), "learner": None}
        return int(connection.execute(update(Place).where(*_forgotten(now)).values(values)).rowcount)


def ahead(places: Sequence[Waiting], number: int) -> int:
    """Count who waits before a number at its centre; ``places`` are those of the centre."""
    return sum(one.state == "waiting" and one.number < number for one in places)


def usual_min(places: Sequence[Waiting]) -> int | None:
    """Give the median minutes of service of those who were served today; None until three were."""
    served = sorted(
        _minutes(one.called_at, one.ended_at)
        for one in places
        if one.state == "closed" and one.called_at and one.ended_at
    )
    return served[len(served) // 2] if len(served) > 2 else None


def _forgotten(now: dt.datetime) -> tuple[Any, ...]:
    return Place.date < now.astimezone().date(), Place.state.in_(["waiting", "serving"])


def _serving(connection: Connection, desk: str) -> Waiting | None:
    query = select(Place.__table__).where(Place.state == "serving", Place.desk == desk).order_by(Place.id).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else _place(row)


def _call(connection: Connection, place: int, desk: str, who: str, now: dt.datetime) -> Waiting | None:
    may_be = Place.state.in_(["waiting", "serving"])
    values = {"state": "serving", "called_at": func.coalesce(Place.called_at, _utc(now)), "desk": desk, "who": who}
    if not connection.execute(update(Place).where(Place.id == place, may_be).values(values)).rowcount:
        return None
    return _place(connection.execute(select(Place.__table__).where(Place.id == place)).mappings().one())


def _place(row: Any) -> Waiting:
    times = {name: row[name] and row[name].replace(tzinfo=dt.UTC) for name in ("taken_at", "called_at", "ended_at")}
    names = ("id", "site", "number", "kind", "topic", "came", "first", "learner", "state", "desk", "who")
    return Waiting(**{name: row[name] for name in names}, **times)


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)


def _minutes(since: dt.datetime | None, until: dt.datetime | None) -> int:
    if since is None or until is None:
        return 0
    # A clock that was set back must not make a negative wait.
    return min(LONGEST_MIN, max(0, round((until - since).total_seconds() / 60)))


def _too_late() -> CourseError:
    return CourseError("очередь", "этого человека уже вызвал или отпустил кто-то другой", "Обновите страницу")
