"""The timetable opens in any calendar on the hours of the library's wall."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from icalendar import Calendar
from sqlalchemy import insert

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register.calendar import export_calendar
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site
from ecitizen.register.tables import ClassGroup

TABLE = (
    "Группа;С;По;Время;Минут;Через недель;Где\nУтро;12.01.2026;30.03.2026;10.00;90;1;Зал; у окна\n".replace(
        "Зал; у окна", "Зал"
    )
    + "Вечер;13.01.2026;31.03.2026;17:30;60;2;\n"
)


def test_weekly_hours_become_repeating_events(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    with engine.begin() as connection:
        for code in ("Утро", "Вечер"):
            connection.execute(insert(ClassGroup).values(code=code, name=f"Группа «{code}»", site="ЦГБ"))
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")
    assert import_table(engine, "timetable", tmp_path / "t.csv", today=dt.date(2026, 1, 1)).added == 2
    assert export_calendar(engine, tmp_path / "t.ics") == 2
    first, second = Calendar.from_ical((tmp_path / "t.ics").read_bytes()).walk("VEVENT")
    assert first.decoded("dtstart") == dt.datetime(2026, 1, 12, 10, 0)
    assert first.decoded("duration") == dt.timedelta(minutes=90)
    assert str(first["summary"]) == "Занятие: Группа «Утро»"
    assert first["rrule"].to_ical() == b"FREQ=WEEKLY;UNTIL=20260330T100000;INTERVAL=1"
    assert second["rrule"]["INTERVAL"] == [2]
    assert str(first["location"]) == "Зал"
    assert "location" not in second
    assert export_calendar(engine, tmp_path / "t.ics", "Вечер") == 1
    with pytest.raises(CourseError, match="не записывается"):
        export_calendar(engine, tmp_path / "no" / "t.ics")
    engine.dispose()


@pytest.mark.parametrize("clock", ["25:00", "10", "десять", "10:75"])
def test_no_hour_is_refused(tmp_path: Path, clock: str) -> None:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    (tmp_path / "t.csv").write_text(TABLE.replace("17:30", clock), encoding="utf-8")
    with pytest.raises(CourseError, match="это не время"):
        import_table(engine, "timetable", tmp_path / "t.csv", today=dt.date(2026, 1, 1))
    engine.dispose()
