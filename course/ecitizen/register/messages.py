"""Messages for the media and for readers: written down once, with a trace, for reports count them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Engine, insert, select

from ecitizen.register.changes import change_row
from ecitizen.register.tables import Change, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A message that went out."""

    id: int
    date: dt.date
    outlet: str
    title: str


def publish(engine: Engine, date: dt.date, outlet: str, title: str, kind: str, who: str) -> bool:
    """Write a message down; False if the same one stands there for that day already."""
    values = {"date": date, "outlet": outlet, "title": title, "kind": kind}
    same = (Message.date == date, Message.outlet == outlet, Message.title == title)
    with engine.begin() as connection:
        if connection.execute(select(Message.id).where(*same)).first() is not None:
            return False
        number = connection.execute(insert(Message).values(values).returning(Message.id)).scalar_one()
        connection.execute(insert(Change).values(change_row(who, "message", number, None, values)))
        return True


def published(engine: Engine, most: int = 10) -> list[Published]:
    """Give the latest messages, the newest first."""
    query = select(Message.__table__).order_by(Message.date.desc(), Message.id.desc())
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query.limit(most)).all()
    return [Published(id=row.id, date=row.date, outlet=row.outlet, title=row.title) for row in rows]
