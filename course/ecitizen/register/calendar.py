"""The timetable as an .ics file that any calendar opens."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from icalendar import Calendar, Event, vRecur
from sqlalchemy import Engine, select

from ecitizen.errors import CourseError
from ecitizen.register.tables import ClassGroup, Timetable


def export_calendar(engine: Engine, path: Path, group: str | None = None, made: dt.datetime | None = None) -> int:
    """Write the weekly hours (of one group) to an .ics file; gives their number.

    Hours are those of the clock on the library's wall: they carry no time zone on purpose, so that a moved calendar
    shows no other hour.
    """
    query = select(Timetable, ClassGroup.name).join_from(Timetable, ClassGroup).order_by(Timetable.id)
    if group is not None:
        query = query.where(Timetable.group_code == group)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query).all()
    calendar = Calendar()
    calendar.add("prodid", "-//ecitizen//timetable//RU")
    calendar.add("version", "2.0")
    stamp = made or dt.datetime.now(dt.UTC).replace(microsecond=0)
    for row in rows:
        begins = dt.datetime.combine(row.first_on, dt.time.fromisoformat(row.begins))
        event = Event()
        event.add("uid", f"timetable-{row.id}@ecitizen")
        event.add("dtstamp", stamp)
        event.add("summary", f"Занятие: {row.name}")
        event.add("dtstart", begins)
        event.add("duration", dt.timedelta(minutes=row.minutes))
        last = dt.datetime.combine(row.last_on, begins.time())
        event.add("rrule", vRecur({"freq": "weekly", "interval": row.every_weeks, "until": last}))
        if row.room:
            event.add("location", row.room)
        calendar.add_component(event)
    try:
        path.write_bytes(calendar.to_ical())
    except OSError as error:
        raise CourseError(
            str(path), f"файл не записывается ({error.strerror})", "Проверьте папку и место на диске"
        ) from error
    return len(rows)
