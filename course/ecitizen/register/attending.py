"""The class of the day as pages need it: the timetable's hours, the session row made once, who is here.

``mark`` and ``choose`` may be called by two instructors at once: a session of a group and day is one row, a learner is
at it once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.tables import Attendance, Change, ClassGroup, Learner, Session, Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """One meeting that the timetable names for a day."""

    group: str
    begins: dt.time
    """By the clock on the library's wall."""

    minutes: int
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """A session that was held, or is."""

    id: int
    date: dt.date
    group: str
    lesson: str
    minutes: int | None
    present: frozenset[int]
    """Numbers of the learners who are marked."""


class Chosen(CourseError):
    """Somebody else has chosen something different meanwhile; nothing was changed."""

    def __init__(self, now: str, wanted: str) -> None:
        """Say what stands there now, and what was wanted."""
        problem = f"другой ведущий только что записал: {now}; вы хотели записать: {wanted}"
        super().__init__("занятие", problem, "Откройте занятие и выберите снова")


def hours(engine: Engine, day: dt.date) -> list[Hour]:
    """Give the meetings of a day by the timetable, the earliest first."""
    query = select(Timetable).where(Timetable.first_on <= day, Timetable.last_on >= day)
    with engine.connect().execution_options(readonly=True) as connection:
        rows = connection.execute(query.order_by(Timetable.begins, Timetable.group_code)).all()
    return [
        Hour(group=row.group_code, begins=dt.time.fromisoformat(row.begins), minutes=row.minutes, room=row.room)
        for row in rows
        if (day - row.first_on).days % (7 * row.every_weeks) == 0
    ]


def has_timetable(engine: Engine) -> bool:
    """Tell whether anybody has entered a timetable at all."""
    with engine.connect().execution_options(readonly=True) as connection:
        return connection.execute(select(Timetable.id).limit(1)).first() is not None


def meetings(engine: Engine, group: str, day: dt.date) -> list[Meeting]:
    """Give the sessions of a group on a day in the order they were made."""
    with engine.connect().execution_options(readonly=True) as connection:
        return [_meeting(connection, row) for row in connection.execute(_of_day(group, day))]


def meeting(engine: Engine, number: int) -> Meeting | None:
    """Give one session; None if there is none."""
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(select(Session).where(Session.id == number)).one_or_none()
        return _meeting(connection, row) if row else None


def lesson_before(engine: Engine, group: str, day: dt.date) -> str | None:
    """Give the lesson of the group's last session before a day; None if it never met."""
    query = select(Session.lesson).where(Session.group_code == group, Session.date < day)
    with engine.connect().execution_options(readonly=True) as connection:
        return connection.execute(query.order_by(Session.date.desc(), Session.id.desc())).scalars().first()


def choose(
    engine: Engine,
    group: str,
    day: dt.date,
    lesson: str,
    who: str,
    *,
    minutes: int | None = None,
    another: bool = False,
    seen: str | None = None,
) -> int:
    """Make this the lesson of the group's session of the day and give its number; makes the session if need be.

    ``another`` makes one more session of the day. Raises ``CourseError`` on an unknown group, or if the lesson would
    be that of two sessions of one day. ``seen`` is the lesson that the page showed, empty for none; ``Chosen`` if
    somebody else chose a third one meanwhile.
    """
    with engine.begin() as connection:
        held = _held(connection, group, day)
        same = next((row.id for row in held if row.lesson == lesson), None)
        if another or not held:
            return int(same) if same else _open(connection, group, day, lesson, minutes, who)
        last = held[-1]
        if seen is not None and last.lesson not in (seen, lesson):
            raise Chosen(f"урок занятия «{last.lesson}»", f"урок занятия «{lesson}»")
        if last.lesson != lesson:
            if same:
                problem = "занятие с этим уроком сегодня уже записано"
                raise CourseError("занятие", problem, "Откройте его или выберите другой урок")
            _change(connection, last.id, who, {"lesson": last.lesson}, {"lesson": lesson})
        return int(last.id)


def hold(engine: Engine, group: str, day: dt.date, lesson: str, who: str, minutes: int | None = None) -> int:
    """Give the number of the group's last session of the day; makes it with this lesson if there is none."""
    with engine.begin() as connection:
        held = _held(connection, group, day)
        return int(held[-1].id) if held else _open(connection, group, day, lesson, minutes, who)


def set_minutes(engine: Engine, number: int, minutes: int | None, who: str, *, seen: Sequence[int | None] = ()) -> None:
    """Note how long a session took; raises ``CourseError`` if there is no such session.

    ``seen`` holds what the page showed, if it is known; ``Chosen`` if somebody else wrote another number meanwhile.
    """
    with engine.begin() as connection:
        row = connection.execute(select(Session).where(Session.id == number).with_for_update()).one_or_none()
        if row is None:
            raise _no_session(number)
        if seen and row.minutes not in (*seen, minutes):
            raise Chosen(f"занятие шло {row.minutes or 0} мин", f"занятие шло {minutes or 0} мин")
        if row.minutes != minutes:
            _change(connection, number, who, {"minutes": row.minutes}, {"minutes": minutes})


def mark(engine: Engine, number: int, learners: Iterable[int], here: bool, who: str) -> list[int]:
    """Mark learners as present, or take the marks off; gives those for whom that changed something.

    Raises ``CourseError`` if there is no such session or card; then nobody is marked.
    """
    with engine.begin() as connection:
        row = connection.execute(select(Session.id).where(Session.id == number).with_for_update()).one_or_none()
        if row is None:
            raise _no_session(number)
        present = _present(connection, number)
        changed = [learner for learner in dict.fromkeys(learners) if (learner in present) != here]
        known = set(connection.execute(select(Learner.number).where(Learner.number.in_(changed))).scalars())
        for learner in changed:
            if learner not in known:
                raise CourseError("карточка", f"номера {learner!r} нет в списке", "Обновите страницу")
            _mark(connection, number, learner, here, who)
        return changed


def _mark(connection: Connection, number: int, learner: int, here: bool, who: str) -> None:
    values = {"session_id": number, "learner": learner}
    if here:
        connection.execute(insert(Attendance).values(values))
        trace = change_row(who, "attendance", f"{number}/{learner}", None, values)
    else:
        connection.execute(delete(Attendance).where(Attendance.session_id == number, Attendance.learner == learner))
        trace = change_row(who, "attendance", f"{number}/{learner}", values, None)
    connection.execute(insert(Change).values(trace))


def _of_day(group: str, day: dt.date) -> Any:
    return select(Session).where(Session.group_code == group, Session.date == day).order_by(Session.id)


def _held(connection: Connection, group: str, day: dt.date) -> list[Any]:
    """Give the sessions of a day and let nobody else make one until the end of the transaction."""
    known = connection.execute(select(ClassGroup.code).where(ClassGroup.code == group).with_for_update()).first()
    if known is None:
        raise CourseError("группа", f"{group!r} нет в списке", "Выберите группу из списка")
    return list(connection.execute(_of_day(group, day)))


def _open(connection: Connection, group: str, day: dt.date, lesson: str, minutes: int | None, who: str) -> int:
    values = {"date": day, "group_code": group, "lesson": lesson, "minutes": minutes}
    number = int(connection.execute(insert(Session).values(values).returning(Session.id)).scalar_one())
    connection.execute(insert(Change).values(change_row(who, "session", number, None, values)))
    return number


def _change(connection: Connection, number: int, who: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    connection.execute(update(Session).where(Session.id == number).values(after))
    connection.execute(insert(Change).values(change_row(who, "session", number, before, after)))


def _present(connection: Connection, number: int) -> set[int]:
    return set(connection.execute(select(Attendance.learner).where(Attendance.session_id == number)).scalars())


def _meeting(connection: Connection, row: Any) -> Meeting:
    return Meeting(
        id=row.id,
        date=row.date,
        group=row.group_code,
        lesson=row.lesson,
        minutes=row.minutes,
        present=frozenset(_present(connection, row.id)),
    )


def _no_session(number: int) -> CourseError:
    return CourseError("занятие", f"занятия {number!r} нет в списке", "Обновите страницу")
