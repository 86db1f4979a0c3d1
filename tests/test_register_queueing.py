"""The electronic queue: nobody is lost, nobody is served twice, what ended is counted once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register import people, queueing
from ecitizen.register.facts import facts
from ecitizen.register.queueing import Ended, Waiting
from ecitizen.register.tables import Place, Ticket

MORNING = dt.datetime(2026, 3, 2, 10, 0).astimezone()
BOTH = ("north", "south")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    for site in BOTH:
        people.add_site(engine, site, site, dt.date(2020, 1, 1))
    yield engine
    engine.dispose()


def after(minutes: float) -> dt.datetime:
    return MORNING + dt.timedelta(minutes=minutes)


def take(engine: Engine, number: int, site: str = "north", came: str = "kiosk") -> Waiting:
    return queueing.take_number(engine, site, "Госуслуги", came, f"{site}-{number}", after(number))


def counted(engine: Engine, table: type[Place] | type[Ticket]) -> int:
    with engine.connect().execution_options(readonly=True) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_numbers_go_up_at_each_centre_and_begin_anew_each_day(engine: Engine) -> None:
    assert [take(engine, n).number for n in (1, 2, 3)] == [1, 2, 3]
    assert take(engine, 4, "south").number == 1
    tomorrow = after(24 * 60)
    assert queueing.take_number(engine, "north", "Госуслуги", "kiosk", "next-day", tomorrow).number == 1


def test_a_form_sent_twice_takes_one_number(engine: Engine) -> None:
    assert take(engine, 1) == take(engine, 1)
    assert counted(engine, Place) == 1


def test_who_came_first_is_called_first_over_all_centres(engine: Engine) -> None:
    take(engine, 1), take(engine, 2, "south"), take(engine, 3)
    first = queueing.call_next(engine, "a", "Анна", BOTH, after(10))
    second = queueing.call_next(engine, "b", "Борис", BOTH, after(10))
    assert first
    assert second
    assert [(one.site, one.number, one.who) for one in (first, second)] == [("north", 1, "Анна"), ("south", 1, "Борис")]
    assert first.waited_min(after(60)) == 9
    assert queueing.call_next(engine, "a", "Анна", BOTH, after(11)) == first
    third = queueing.call_next(engine, "c", "Вера", ("south",), after(11))
    assert third is None


def test_thirty_calls_at_once_serve_nobody_twice(engine: Engine) -> None:
    for n in range(20):
        take(engine, n, BOTH[n % 2])
    with ThreadPoolExecutor(8) as hands:
        found = list(hands.map(lambda n: queueing.call_next(engine, f"desk-{n}", f"№ {n}", BOTH, after(60)), range(30)))
    called = [one.id for one in found if one]
    assert len(called) == len(set(called)) == 20


def test_numbers_taken_at_once_differ(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as hands:
        numbers = list(hands.map(lambda n: take(engine, n).number, range(24)))
    assert sorted(numbers) == list(range(1, 25))


def test_the_end_is_one_fact_with_its_times(engine: Engine) -> None:
    take(engine, 0)
    place = queueing.call_next(engine, "a", "Анна", BOTH, after(7))
    assert place
    given = Ended(result="done", topic="Запись к врачу", first=True)
    ticket = queueing.end(engine, place.id, "a", given, "эксперт Анна", after(19))
    assert queueing.end(engine, place.id, "a", given, "эксперт Анна", after(25)) == ticket
    found = {fact.kind: fact for fact in facts(engine, MORNING.date(), MORNING.date())}
    assert found["ticket"].tags["first"] == "yes"
    assert (found["ticket-wait"].amount, found["ticket-serve"].amount) == (7, 12)
    assert "ticket-rating" not in found


def test_the_kiosk_asks_once_and_not_for_long(engine: Engine) -> None:
    take(engine, 0)
    place = queueing.call_next(engine, "a", "Анна", BOTH, after(1))
    assert place
    queueing.end(engine, place.id, "a", Ended(result="done"), "Анна", after(5))
    asked = queueing.to_rate(engine, "north", after(6))
    assert asked
    assert asked.id == place.id
    assert queueing.to_rate(engine, "south", after(6)) is None
    assert queueing.to_rate(engine, "north", after(9)) is None
    assert queueing.rate(engine, place.id, 5, after(6))
    assert not queueing.rate(engine, place.id, 1, after(6))
    assert queueing.to_rate(engine, "north", after(6)) is None
    (graded,) = [fact for fact in facts(engine, MORNING.date(), MORNING.date()) if fact.kind == "ticket-rating"]
    assert graded.amount == 5


def test_back_and_away_and_back_again(engine: Engine) -> None:
    take(engine, 0), take(engine, 1)
    place = queueing.call_next(engine, "a", "Анна", BOTH, after(2))
    assert place
    queueing.give_back(engine, place.id, "a")
    again = queueing.call_next(engine, "b", "Борис", BOTH, after(3))
    assert again
    assert again.id == place.id
    with pytest.raises(CourseError, match="кто-то другой"):
        queueing.leave(engine, place.id, after(4), "a")
    queueing.leave(engine, place.id, after(4), "b")
    queueing.come_back(engine, place.id, after(5))
    with pytest.raises(CourseError, match="кто-то другой"):
        queueing.come_back(engine, place.id, after(5))
    assert [one.state for one in queueing.today(engine, after(6))] == ["waiting", "waiting"]
    assert counted(engine, Ticket) == 0


def test_a_colleague_takes_over_and_the_first_one_is_told(engine: Engine) -> None:
    take(engine, 0), take(engine, 1)
    place = queueing.call_next(engine, "a", "Анна", BOTH, after(2))
    assert place
    taken = queueing.call(engine, place.id, "b", "Борис", after(5))
    assert taken.called_at == place.called_at
    with pytest.raises(CourseError, match="кто-то другой"):
        queueing.end(engine, place.id, "a", Ended(result="done"), "Анна", after(6))
    with pytest.raises(CourseError, match="ещё обслуживаете"):
        queueing.call(engine, place.id + 1, "b", "Борис", after(6))


def test_yesterday_is_swept_and_counts_as_nothing(engine: Engine) -> None:
    take(engine, 0)
    tomorrow = after(24 * 60)
    assert queueing.call_next(engine, "a", "Анна", BOTH, tomorrow) is None
    assert queueing.left_over(engine, tomorrow) == 1
    assert queueing.sweep(engine, tomorrow) == 1
    assert queueing.left_over(engine, tomorrow) == 0
    assert counted(engine, Ticket) == 0


def test_nonsense_is_refused_in_words(engine: Engine) -> None:
    with pytest.raises(CourseError, match="такого центра"):
        take(engine, 0, "nowhere")
    for n in range(queueing.MOST_WAITING):
        take(engine, n)
    with pytest.raises(CourseError, match="уже ждут 99"):
        take(engine, 500)


def test_a_clock_set_back_makes_no_negative_wait(engine: Engine) -> None:
    take(engine, 30)
    place = queueing.call_next(engine, "a", "Анна", BOTH, after(0))
    assert place
    assert place.waited_min(after(0)) == 0
    queueing.end(engine, place.id, "a", Ended(result="done"), "Анна", after(-5))
    found = {fact.kind: fact.amount for fact in facts(engine, MORNING.date(), MORNING.date())}
    assert found["ticket-wait"] == found["ticket-serve"] == 0


def test_usual_time_is_the_median_of_the_day(engine: Engine) -> None:
    for n, served in enumerate((5, 30, 10)):
        take(engine, n)
        assert queueing.usual_min(queueing.today(engine, after(100))) is None
        place = queueing.call_next(engine, "a", "Анна", BOTH, after(100))
        assert place
        queueing.end(engine, place.id, "a", Ended(result="done"), "Анна", after(100 + served))
    places = queueing.today(engine, after(200))
    assert queueing.usual_min(places) == 10
    assert queueing.ahead([*places, take(engine, 150), take(engine, 151)], 5) == 1
