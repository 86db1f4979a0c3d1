"""Taking back what one press at the desk wrote: a service that was ended, a game, a meeting, a message, a correction.

Each leaves its own line in the trace; what others have built upon meanwhile is not pulled out from under them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.forum import KIND
from ecitizen.register.tables import (
    Base,
    Change,
    Community,
    Consultation,
    Event,
    Forum,
    Meeting,
    Message,
    Place,
    Team,
    Ticket,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """The last meeting of a community."""

    id: int
    date: dt.date
    attended: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublished:
    """A message that was taken out of the register and can be brought back."""

    change: int
    title: str
    outlet: str


def reopen_service(engine: Engine, place: int, desk: str, who: str, now: dt.datetime) -> None:
    """Serve somebody on whom this desk has ended by mistake today; the row of the report goes. Twice does it once.

    ``CourseError`` if the desk serves somebody else by now, or if the person has graded the service already.
    """
    with engine.begin() as connection:
        query = select(Place.__table__).where(Place.id == place, Place.desk == desk).with_for_update()
        found = connection.execute(query).mappings().one_or_none()
        if found is not None and found["state"] == "serving":
            return
        if found is None or found["state"] != "closed" or found["date"] != now.astimezone().date():
            raise CourseError("очередь", "обслуживание уже не вернуть", "Дайте человеку новый номер")
        busy = connection.execute(select(Place.number).where(Place.desk == desk, Place.state == "serving")).first()
        if busy is not None:
            raise CourseError("очередь", f"вы уже обслуживаете № {busy.number}", "Сначала завершите обслуживание")
        ticket = found["ticket"]
        before = _row(connection, Ticket, Ticket.id == ticket)
        about = (Change.table == "ticket", Change.key == str(ticket), Change.before.is_(None))
        written = select(Change.after).where(*about).order_by(Change.id.desc()).limit(1)
        if json.loads(str(connection.execute(written).scalar_one())).get("rating") != before["rating"]:
            raise CourseError("очередь", "человек уже поставил оценку", "Дайте ему новый номер")
        values = {"state": "serving", "ended_at": None, "ticket": None}
        connection.execute(update(Place).where(Place.id == place).values(values))
        connection.execute(delete(Ticket).where(Ticket.id == ticket))
        connection.execute(insert(Change).values(change_row(who, "ticket", ticket, before, None)))


def reopen_game(engine: Engine, number: int, who: str) -> None:
    """Take the event and the communities of a closed game out of the register; the game stands at its results again.

    ``CourseError`` if something is known of one of the communities by now, or if somebody has corrected one of these
    records. An open game is left as it is.
    """
    with engine.begin() as connection:
        game = connection.execute(select(Forum.__table__).where(Forum.id == number).with_for_update()).first()
        if game is None or not game.closed:
            return
        teams = connection.execute(select(Team.__table__).where(Team.forum == number)).all()
        codes = [team.community for team in teams if team.community]
        if any(_count(connection, table, column.in_(codes)) for table, column in _about_communities()):
            problem = "у сообщества этой игры уже есть встречи, участники или дела"
            raise CourseError("форум", problem, "Отмените сначала встречи")
        for code in codes:
            _refuse_changed(connection, "community", code)
            before = _row(connection, Community, Community.code == code)
            connection.execute(delete(Community).where(Community.code == code))
            connection.execute(insert(Change).values(change_row(who, "community", code, before, None)))
        same = (Event.date == game.date, Event.site == game.site, Event.name == game.name, Event.kind == KIND)
        event = connection.execute(select(func.max(Event.id)).where(*same)).scalar_one()
        if event is not None:
            _refuse_changed(connection, "event", event)
            before = _row(connection, Event, Event.id == event)
            connection.execute(delete(Event).where(Event.id == event))
            connection.execute(insert(Change).values(change_row(who, "event", event, before, None)))
        connection.execute(update(Team).where(Team.forum == number).values(community=None))
        connection.execute(update(Forum).where(Forum.id == number).values(closed=False))


def last_meetings(engine: Engine, communities: Collection[str]) -> dict[str, Met]:
    """Give the last meeting of each community that had one."""
    query = select(Meeting).where(Meeting.community.in_(list(communities))).order_by(Meeting.date, Meeting.id)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query).all()
    return {row.community: Met(id=row.id, date=row.date, attended=row.attended) for row in rows}


def unmeet(engine: Engine, game: int, team: int, meeting: int, who: str) -> None:
    """Take back that a community met: its next meeting is that day again. A meeting that is gone is left so."""
    with engine.begin() as connection:
        this = (Team.forum == game, Team.number == team)
        code = connection.execute(select(Team.community).where(*this).with_for_update()).scalar_one_or_none()
        found = connection.execute(select(Meeting).where(Meeting.id == meeting, Meeting.community == code)).first()
        if found is None:
            return
        before = _row(connection, Meeting, Meeting.id == meeting)
        connection.execute(delete(Meeting).where(Meeting.id == meeting))
        connection.execute(insert(Change).values(change_row(who, "community_meeting", meeting, before, None)))
        connection.execute(update(Team).where(*this).values(next_on=found.date))


def unpublish(engine: Engine, message: int, title: str, who: str) -> int:
    """Take a message out and give the number of that change; one that is gone gives the change that took it.

    ``title`` tells it from one that has got its number since. ``CourseError`` if there never was such a message.
    """
    this = (Message.id == message, Message.title == title)
    with engine.begin() as connection:
        if not _count(connection, Message, *this):
            about = (Change.table == "message", Change.key == str(message), Change.after.is_(None))
            removals = connection.execute(select(Change.id, Change.before).where(*about).order_by(Change.id.desc()))
            change = next((row.id for row in removals if json.loads(row.before)["title"] == title), None)
            if change is None:
                raise CourseError("объявление", f"сообщения {message} в журнале нет", "Обновите страницу")
            return int(change)
        before = _row(connection, Message, Message.id == message)
        connection.execute(delete(Message).where(*this))
        trace = insert(Change).values(change_row(who, "message", message, before, None)).returning(Change.id)
        return int(connection.execute(trace).scalar_one())


def unpublished(engine: Engine, change: int) -> Unpublished | None:
    """Say what ``unpublish`` took; None if nothing, or if the same message stands there again."""
    with engine.connect().execution_options(readonly=True) as connection:
        values = _removed_message(connection, change)
        if values is None or _count(connection, Message, *_same_message(values)):
            return None
    return Unpublished(change=change, title=values["title"], outlet=values["outlet"])


def republish(engine: Engine, change: int, who: str) -> None:
    """Bring a message back; twice brings it back once."""
    with engine.begin() as connection:
        values = _removed_message(connection, change)
        if values is None:
            raise CourseError("отмена", f"удаления {change} нет в журнале", "Отметьте объявление ещё раз")
        if not _count(connection, Message, *_same_message(values)):
            number = connection.execute(insert(Message).values(values).returning(Message.id)).scalar_one()
            connection.execute(insert(Change).values(change_row(who, "message", number, None, values)))


def corrected(engine: Engine, consultation: int) -> int | None:
    """Give the number of the change that corrected a consultation, if that was the last thing done to it."""
    with engine.connect().execution_options(readonly=True) as connection:
        last = _last_change(connection, consultation)
    return last.id if last is not None and last.before and last.after else None


def uncorrect(engine: Engine, consultation: int, change: int, who: str) -> None:
    """Give a consultation the values it had before its last correction.

    ``CourseError`` if ``change`` is no longer the last one.
    """
    with engine.begin() as connection:
        last = _last_change(connection, consultation)
        if last is None or last.id != change or not last.before or not last.after:
            problem = "после этого исправления запись меняли ещё раз"
            raise CourseError("консультация", problem, "Откройте её и посмотрите, что записано")
        before = json.loads(last.before)
        values = {name: dt.date.fromisoformat(text) if name == "date" else text for name, text in before.items()}
        connection.execute(update(Consultation).where(Consultation.id == consultation).values(values))
        trace = change_row(who, "consultation", consultation, json.loads(last.after), before)
        connection.execute(insert(Change).values(trace))


def _about_communities() -> list[tuple[Any, Any]]:
    """Give every table that says something about a community, with the column that names it."""
    return [
        (table, key.parent)
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is Community.__table__
    ]


def _refuse_changed(connection: Connection, table: str, key: object) -> None:
    query = select(Change.before).where(Change.table == table, Change.key == str(key)).order_by(Change.id.desc())
    if connection.execute(query.limit(1)).scalar_one_or_none() is not None:
        problem = "записанное после этой игры с тех пор исправляли"
        raise CourseError("форум", problem, "Исправьте и остальное в таблице, или отмените исправление")


def _last_change(connection: Connection, consultation: int) -> Any:
    about = (Change.table == "consultation", Change.key == str(consultation))
    query = select(Change.id, Change.before, Change.after).where(*about).order_by(Change.id.desc()).limit(1)
    return connection.execute(query).one_or_none()


def _removed_message(connection: Connection, change: int) -> dict[str, Any] | None:
    query = select(Change.before).where(Change.id == change, Change.table == "message", Change.after.is_(None))
    text = connection.execute(query).scalar_one_or_none()
    if text is None:
        return None
    values: dict[str, Any] = json.loads(text)
    return values | {"date": dt.date.fromisoformat(values["date"])}


def _same_message(values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(getattr(Message, name) == values[name] for name in ("date", "outlet", "title"))


def _row(connection: Connection, table: type[Base], where: Any) -> dict[str, Any]:
    """Give one row without the number by which the database knows it."""
    row = connection.execute(select(table.__table__).where(where)).mappings().one()
    return {name: value for name, value in row.items() if name not in {"id", "code"}}


def _count(connection: Connection, table: Any, *where: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())
