"""The register's doors for the desk: the journal of consultations, the session of the day, who is here."""

from __future__ import annotations

import datetime as dt
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.indicators import explain, load, measure
from ecitizen.register import attending, consulting
from ecitizen.register.attending import Hour
from ecitizen.register.consulting import ChangedMeanwhile, Help
from ecitizen.register.facts import facts
from ecitizen.register.people import add_instructor, add_site
from ecitizen.register.tables import Attendance, Change, ClassGroup, Consultation, Learner, Session, Staff, Timetable

DAY = dt.date(2026, 11, 18)
HELP = Help(
    date=DAY,
    site="main",
    topic="Запись к врачу",
    channel="telephone",
    category="pensioner",
    service_obtained=True,
    service="Запись к врачу",
    minutes=7,
    satisfaction=5,
)
TOKENS = [f"{number:032x}" for number in range(9)]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the register once; every test begins with a copy."""
    path = tmp_path_factory.mktemp("prepared") / "course.db"
    engine = open_engine(path)
    for room in ("journal", "register"):
        upgrade(engine, room)
    add_site(engine, "main", "Центральная", dt.date(2014, 2, 1))
    add_site(engine, "f1", "Филиал", dt.date(2012, 2, 1))
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code="w10", name="Среда", site="main"))
        for number in (101, 102, 103):
            connection.execute(insert(Learner).values(number=number, site="main", group_code="w10", pin_hash=""))
    engine.dispose()
    return path


@pytest.fixture
def engine(prepared: Path, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(shutil.copy(prepared, tmp_path / "course.db"))
    yield engine
    engine.dispose()


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def at_once(work: Callable[[int], object], times: int = 6) -> list[object]:
    """Run the same work in threads that start together; gives what each got or raised."""
    together, got = threading.Barrier(times), list[object]()

    def one(number: int) -> None:
        together.wait()
        try:
            got.append(work(number))
        except CourseError as error:
            got.append(type(error))

    threads = [threading.Thread(target=one, args=[number]) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_a_consultation_counts_in_the_passport(engine: Engine) -> None:
    def pensioners() -> tuple[float, list[str]]:
        passport, year = load("trekhgorny"), (dt.date(2026, 1, 1), dt.date(2026, 12, 31))
        found = measure(passport, facts(engine, *year), *year)
        row = next(row for row in found.rows if row.id == "pensioners")
        return row.actual, [reason["text"] for reason in explain(found, "pensioners")]

    consulting.add(engine, replace(HELP, topic="Смена пароля"), "Ирина", TOKENS[0])
    before, _ = pensioners()
    consulting.add(engine, HELP, "Ирина", TOKENS[1])
    after, reasons = pensioners()
    assert after == before + 1
    assert reasons[-1] == "Консультация 18.11.2026, по телефону, индивидуально, тема: Запись к врачу"
    consulting.add(engine, replace(HELP, category="disability"), "Ирина", TOKENS[2])
    assert pensioners()[0] == after


def test_a_row_comes_back_as_it_was_given(engine: Engine) -> None:
    number = consulting.add(engine, HELP, "Ирина", TOKENS[0])
    kept = consulting.find(engine, number)
    assert kept is not None
    assert (kept.help, kept.who) == (HELP, "Ирина")


def test_one_form_is_one_row_from_six_presses(engine: Engine) -> None:
    numbers = at_once(lambda _n: consulting.add(engine, HELP, "Ирина", TOKENS[0]))
    assert len(set(numbers)) == 1
    assert count(engine, Consultation) == 1
    assert consulting.add(engine, HELP, "Ирина", TOKENS[1]) not in numbers


def test_a_form_sent_again_after_removal_stays_removed(engine: Engine) -> None:
    number = consulting.add(engine, HELP, "Ирина", TOKENS[0])
    consulting.remove(engine, number, "Ирина")
    assert consulting.add(engine, HELP, "Ирина", TOKENS[0]) == number
    assert count(engine, Consultation) == 0


def test_an_unknown_site_is_refused(engine: Engine) -> None:
    with pytest.raises(CourseError, match="nowhere"):
        consulting.add(engine, replace(HELP, site="nowhere"), "Ирина", TOKENS[0])


def test_of_two_corrections_the_second_is_told(engine: Engine) -> None:
    number = consulting.add(engine, HELP, "Ирина", TOKENS[0])
    kept = consulting.find(engine, number)
    assert kept is not None
    got = at_once(lambda n: consulting.correct(engine, number, replace(HELP, minutes=n + 20), "Олег", kept.version), 3)
    assert sorted(map(str, got)) == sorted(map(str, [None, ChangedMeanwhile, ChangedMeanwhile]))


def test_a_correction_leaves_a_trace(engine: Engine) -> None:
    number = consulting.add(engine, HELP, "Ирина", TOKENS[0])
    kept = consulting.find(engine, number)
    assert kept is not None
    consulting.correct(engine, number, replace(HELP, minutes=9), "Олег", kept.version)
    consulting.correct(engine, number, replace(HELP, minutes=9), "Олег", kept.version + 1)
    with engine.connect() as connection:
        traces = connection.execute(select(Change.who, Change.before, Change.after).order_by(Change.id)).all()
    assert [tuple(trace) for trace in traces[1:]] == [("Олег", '{"minutes": 7}', '{"minutes": 9}')]
    again = consulting.find(engine, number)
    assert again is not None
    assert again.who == "Ирина"


def test_a_removed_row_comes_back_once(engine: Engine) -> None:
    number = consulting.add(engine, HELP, "Ирина", TOKENS[0])
    change = consulting.remove(engine, number, "Ирина")
    assert consulting.remove(engine, number, "Олег") == change
    told = consulting.removed(engine, change)
    assert told is not None
    assert (told.topic, told.restored) == (HELP.topic, None)
    assert set(at_once(lambda _n: consulting.restore(engine, change, "Ирина"), 3)) == {number}
    kept = consulting.find(engine, number)
    assert kept is not None
    assert kept.help == HELP
    told = consulting.removed(engine, change)
    assert told is not None
    assert told.restored == number


def test_a_taken_number_gives_a_new_one(engine: Engine) -> None:
    number = consulting.add(engine, HELP, "Ирина", TOKENS[0])
    change = consulting.remove(engine, number, "Ирина")
    # SQLite gives the last number out again.
    other = consulting.add(engine, replace(HELP, topic="Другое"), "Олег", TOKENS[1])
    restored = consulting.restore(engine, change, "Ирина")
    assert restored != other
    assert {row.help.topic: row.who for row in consulting.listed(engine, DAY, DAY)} == {
        "Запись к врачу": "Ирина",
        "Другое": "Олег",
    }


@pytest.mark.parametrize("change", [0, 1, 999], ids=["none", "an addition", "unknown"])
def test_only_a_removal_is_brought_back(engine: Engine, change: int) -> None:
    consulting.add(engine, HELP, "Ирина", TOKENS[0])
    assert consulting.removed(engine, change) is None
    with pytest.raises(CourseError):
        consulting.restore(engine, change, "Ирина")


def test_what_is_gone_is_said(engine: Engine) -> None:
    with pytest.raises(CourseError, match="больше нет"):
        consulting.remove(engine, 77, "Ирина")
    with pytest.raises(CourseError, match="больше нет"):
        consulting.correct(engine, 77, HELP, "Ирина", 0)


def test_search_forgives_case_and_yo(engine: Engine) -> None:
    for place, topic in enumerate(("Отчёт о счётчиках", "Запись к врачу", "Пароль")):
        consulting.add(engine, replace(HELP, topic=topic, service=""), "Ирина", TOKENS[place])
    consulting.add(engine, replace(HELP, topic="Счётчики", date=DAY - dt.timedelta(days=40)), "Ирина", TOKENS[5])

    def found(words: str) -> list[str]:
        return [row.help.topic for row in consulting.listed(engine, DAY, DAY, words)]

    assert found("СЧЕТЧ отч") == ["Отчёт о счётчиках"]
    assert found("") == ["Пароль", "Запись к врачу", "Отчёт о счётчиках"]
    assert found("%") == []
    assert consulting.months(engine) == [(2026, 11), (2026, 10)]


def test_topics_are_learned_from_use(engine: Engine) -> None:
    for place, topic in enumerate(("Пароль", "запись к врачу", "Запись к врачу", "Запись к врачу", "Ёлка", "елка")):
        consulting.add(engine, replace(HELP, topic=topic), "Ирина", TOKENS[place])
    assert consulting.topics(engine)[0] == "Запись к врачу"
    assert len(consulting.topics(engine)) == 3
    assert consulting.services(engine) == ["Запись к врачу"]


def test_tally_counts_people(engine: Engine) -> None:
    consulting.add(engine, replace(HELP, persons=3, form="group"), "Ирина", TOKENS[0])
    consulting.add(engine, replace(HELP, category="other", service_obtained=False, service=""), "Ирина", TOKENS[1])
    tally = consulting.tally(consulting.listed(engine, DAY, DAY))
    assert (tally.consultations, tally.persons, tally.services) == (2, 4, 1)
    assert tally.by_category == {"pensioner": 3, "other": 1}


@pytest.mark.parametrize(
    ("own", "library", "site"),
    [("f1", "Центральная", "f1"), (None, "Центральная", "main"), (None, "Другая", "f1"), ("x", "Центральная", "main")],
    ids=["own site", "the library's name", "the one opened first", "unknown site"],
)
def test_the_desk_knows_where_it_stands(engine: Engine, own: str | None, library: str, site: str) -> None:
    staff = add_instructor(engine, "Ирина", "314159")
    with engine.begin() as connection:
        connection.execute(update(Staff).values(site=own))
    worker = consulting.worker(engine, staff, library)
    assert (worker.name, worker.site) == ("Ирина", site)
    assert consulting.worker(engine, None, "Центральная").site == "main"


def test_the_timetable_names_the_hours_of_a_day(engine: Engine) -> None:
    rows = [
        {"first_on": DAY - dt.timedelta(weeks=3), "begins": "15:00", "every_weeks": 1},
        {"first_on": DAY - dt.timedelta(weeks=3), "begins": "10:00", "every_weeks": 2},
        {"first_on": DAY - dt.timedelta(weeks=4), "begins": "11:30", "every_weeks": 2},
        {"first_on": DAY - dt.timedelta(days=6), "begins": "12:00", "every_weeks": 1},
    ]
    assert not attending.has_timetable(engine)
    with engine.begin() as connection:
        for row in rows:
            fixed = {"group_code": "w10", "last_on": DAY, "minutes": 90, "room": "зал"}
            connection.execute(insert(Timetable).values(row | fixed))
    assert attending.has_timetable(engine)
    hours = attending.hours(engine, DAY)
    assert [hour.begins.isoformat("minutes") for hour in hours] == ["11:30", "15:00"]
    assert hours[0] == Hour(group="w10", begins=dt.time(11, 30), minutes=90, room="зал")
    assert attending.hours(engine, DAY + dt.timedelta(weeks=1)) == []


def test_one_session_from_many_hands(engine: Engine) -> None:
    lessons = ("01-gosuslugi", "02-doctor", "03-one-stop")
    numbers = at_once(lambda n: attending.hold(engine, "w10", DAY, lessons[n % 3], "Ирина"))
    assert len(set(numbers)) == 1
    assert count(engine, Session) == 1


def test_a_learner_is_marked_once(engine: Engine) -> None:
    session = attending.hold(engine, "w10", DAY, "02-doctor", "Ирина", 90)
    got = at_once(lambda _n: attending.mark(engine, session, [101, 102], True, "Ирина"))
    assert sorted(map(str, got)) == ["[101, 102]", "[]", "[]", "[]", "[]", "[]"]
    assert count(engine, Attendance) == 2
    assert attending.mark(engine, session, [101], False, "Олег") == [101]
    held = attending.meeting(engine, session)
    assert held is not None
    assert (held.present, held.minutes, held.lesson) == (frozenset({102}), 90, "02-doctor")


def test_an_unknown_card_marks_nobody(engine: Engine) -> None:
    session = attending.hold(engine, "w10", DAY, "02-doctor", "Ирина")
    with pytest.raises(CourseError, match="999"):
        attending.mark(engine, session, [101, 999], True, "Ирина")
    assert count(engine, Attendance) == 0
    with pytest.raises(CourseError):
        attending.mark(engine, session + 1, [101], True, "Ирина")
    with pytest.raises(CourseError):
        attending.hold(engine, "none", DAY, "02-doctor", "Ирина")


def test_the_lesson_changes_with_its_session(engine: Engine) -> None:
    session = attending.choose(engine, "w10", DAY, "01-gosuslugi", "Ирина")
    attending.mark(engine, session, [101], True, "Ирина")
    assert attending.choose(engine, "w10", DAY, "02-doctor", "Олег") == session
    held = attending.meetings(engine, "w10", DAY)
    assert [(one.lesson, one.present) for one in held] == [("02-doctor", frozenset({101}))]
    assert attending.lesson_before(engine, "w10", DAY) is None
    assert attending.lesson_before(engine, "w10", DAY + dt.timedelta(days=1)) == "02-doctor"


def test_another_session_of_the_day_is_wished_for(engine: Engine) -> None:
    first = attending.choose(engine, "w10", DAY, "01-gosuslugi", "Ирина")
    second = attending.choose(engine, "w10", DAY, "02-doctor", "Ирина", another=True)
    assert attending.choose(engine, "w10", DAY, "02-doctor", "Ирина", another=True) == second
    assert second != first
    assert attending.hold(engine, "w10", DAY, "03-one-stop", "Ирина") == second
    with pytest.raises(CourseError, match="уже записано"):
        attending.choose(engine, "w10", DAY, "01-gosuslugi", "Ирина")


def test_minutes_of_a_session_are_kept(engine: Engine) -> None:
    session = attending.hold(engine, "w10", DAY, "02-doctor", "Ирина", 60)
    attending.set_minutes(engine, session, 75, "Ирина")
    attending.set_minutes(engine, session, 75, "Ирина")
    held = attending.meeting(engine, session)
    assert held is not None
    assert held.minutes == 75
    assert count(engine, Change) == 2
    with pytest.raises(CourseError):
        attending.set_minutes(engine, 99, 5, "Ирина")
    assert attending.meeting(engine, 99) is None
