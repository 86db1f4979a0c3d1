"""What one press at the desk wrote can be taken back, once, and never what others have built on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register import consulting, forum, people, queueing, taking_back
from ecitizen.register.changes import change_row
from ecitizen.register.consulting import Help
from ecitizen.register.forum import Outcome
from ecitizen.register.messages import publish, published
from ecitizen.register.queueing import Ended
from ecitizen.register.tables import Change, Community, Event, Meeting, Member, Ticket

NOW = dt.datetime(2026, 3, 2, 10, 0).astimezone()
DAY = NOW.date()
LATER = DAY + dt.timedelta(days=7)
DESK, WHO = "staff:1", "эксперт Айгуль"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(Path(tmp_path_factory.mktemp("taken")) / "course.db")
    upgrade(engine, "register")
    people.add_site(engine, "main", "Библиотека", dt.date(2020, 1, 1))
    yield engine
    engine.dispose()


def rows(engine: Engine, table: Any) -> int:
    with engine.connect().execution_options(readonly=True) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def serve(engine: Engine, token: str) -> int:
    """Take a number, call it, end it; gives the place."""
    place = queueing.take_number(engine, "main", "Госуслуги", "kiosk", token, NOW)
    queueing.call(engine, place.id, DESK, WHO, NOW)
    queueing.end(engine, place.id, DESK, Ended(result="done"), WHO, NOW)
    return place.id


def play(engine: Engine, token: str) -> int:
    """Close a game of two tables; the first becomes a community that meets in a week."""
    number = forum.begin(engine, "main", f"Игра {token}", DAY, 2, 10, token, WHO)
    forum.close(engine, number, [Outcome(number=1, name="Двор", next_on=LATER)], WHO, NOW)
    return number


def test_ended_service_goes_on_at_the_same_desk(shared: Engine) -> None:
    place = serve(shared, "one")
    count = rows(shared, Ticket)
    for _ in range(2):
        taking_back.reopen_service(shared, place, DESK, WHO, NOW)
    assert rows(shared, Ticket) == count - 1
    assert [one.state for one in queueing.today(shared, NOW) if one.id == place] == ["serving"]
    queueing.end(shared, place, DESK, Ended(result="done"), WHO, NOW)
    assert rows(shared, Ticket) == count


@pytest.mark.parametrize("why", ["another desk", "another day", "graded", "busy"])
def test_service_stays_ended(shared: Engine, why: str) -> None:
    place, desk, now = serve(shared, why), DESK, NOW
    if why == "another desk":
        desk = "staff:2"
    elif why == "another day":
        now = NOW + dt.timedelta(days=1)
    elif why == "graded":
        assert queueing.rate(shared, place, 5, NOW)
    else:
        other = queueing.take_number(shared, "main", "Госуслуги", "kiosk", "other", NOW)
        queueing.call(shared, other.id, DESK, WHO, NOW)
    count = rows(shared, Ticket)
    with pytest.raises(CourseError):
        taking_back.reopen_service(shared, place, desk, WHO, now)
    assert rows(shared, Ticket) == count
    if why == "busy":
        queueing.give_back(shared, other.id, DESK)


def test_closed_game_leaves_the_register(shared: Engine) -> None:
    before = rows(shared, Event), rows(shared, Community)
    number = play(shared, "closed")
    for _ in range(2):
        taking_back.reopen_game(shared, number, WHO)
    assert (rows(shared, Event), rows(shared, Community)) == before
    found = forum.game(shared, number, NOW)
    assert found is not None
    assert (found.closed, [team.community for team in found.teams]) == (False, [None, None])
    forum.close(shared, number, [Outcome(number=2, name="Сад", next_on=None)], WHO, NOW)
    assert rows(shared, Community) == before[1] + 1


def test_meeting_is_taken_back_and_awaited_again(shared: Engine) -> None:
    number = play(shared, "met")
    code = f"forum-{number}-1"
    forum.met(shared, number, 1, 9, None, WHO)
    met = taking_back.last_meetings(shared, [code])[code]
    assert (met.date, met.attended) == (LATER, 9)
    with pytest.raises(CourseError, match="уже есть встречи"):
        taking_back.reopen_game(shared, number, WHO)
    for _ in range(2):
        taking_back.unmeet(shared, number, 1, met.id, WHO)
    assert rows(shared, Meeting) == 0
    found = forum.game(shared, number, NOW)
    assert found is not None
    assert found.teams[0].next_on == LATER


def test_community_with_members_is_left(shared: Engine) -> None:
    number = play(shared, "members")
    with shared.begin() as connection:
        connection.execute(insert(Member).values(community=f"forum-{number}-1", member=1, joined_on=DAY))
    with pytest.raises(CourseError, match="участники"):
        taking_back.reopen_game(shared, number, WHO)


def test_corrected_results_are_left(shared: Engine) -> None:
    number = play(shared, "corrected")
    with shared.begin() as connection:
        event = connection.execute(select(func.max(Event.id))).scalar_one()
        connection.execute(update(Event).where(Event.id == event).values(place="Клуб"))
        connection.execute(insert(Change).values(change_row(WHO, "event", event, {"place": ""}, {"place": "Клуб"})))
    with pytest.raises(CourseError, match="исправляли"):
        taking_back.reopen_game(shared, number, WHO)
    assert taking_back.last_meetings(shared, [f"forum-{number}-1"]) == {}
    with shared.connect() as connection:
        assert connection.execute(select(Community.code).where(Community.code == f"forum-{number}-1")).scalar_one()


def test_message_goes_and_comes_back_once(shared: Engine) -> None:
    publish(shared, DAY, "Газета", "Лекция", "media", WHO)
    (message,) = published(shared)
    change = taking_back.unpublish(shared, message.id, "Лекция", WHO)
    # SQLite gives the number again: a page that was left open must not take what has got it.
    publish(shared, DAY, "Газета", "Вторая", "media", WHO)
    assert taking_back.unpublish(shared, message.id, "Лекция", WHO) == change
    (second,) = published(shared)
    taking_back.unpublish(shared, second.id, "Вторая", WHO)
    gone = taking_back.unpublished(shared, change)
    assert gone is not None
    assert (gone.title, gone.outlet, published(shared)) == ("Лекция", "Газета", [])
    for _ in range(2):
        taking_back.republish(shared, change, WHO)
    assert [replace(one, id=0) for one in published(shared)] == [replace(message, id=0)]
    assert taking_back.unpublished(shared, change) is None


def test_unknown_message_is_told(shared: Engine) -> None:
    with pytest.raises(CourseError, match="нет"):
        taking_back.unpublish(shared, 10**6, "Лекция", WHO)
    with pytest.raises(CourseError, match="нет"):
        taking_back.republish(shared, 10**6, WHO)


def test_correction_is_taken_back_until_another_comes(shared: Engine) -> None:
    first = Help(date=DAY, site="main", topic="Пенсия", channel="telephone", category="pensioner")
    number = consulting.add(shared, first, WHO, "token")
    assert taking_back.corrected(shared, number) is None

    def kept() -> consulting.Kept:
        found = consulting.find(shared, number)
        assert found is not None
        return found

    second = replace(first, topic="Льготы", date=LATER)
    consulting.correct(shared, number, second, WHO, kept().version)
    change = taking_back.corrected(shared, number)
    assert change is not None
    taking_back.uncorrect(shared, number, change, WHO)
    assert kept().help == first
    with pytest.raises(CourseError, match="меняли ещё раз"):
        taking_back.uncorrect(shared, number, change, WHO)


def test_every_taking_back_leaves_a_trace(shared: Engine) -> None:
    with shared.connect().execution_options(readonly=True) as connection:
        query = select(Change.table).where(Change.before.is_not(None), Change.who == WHO).distinct()
        tables = set(connection.execute(query).scalars())
    assert tables == {"ticket", "event", "community", "community_meeting", "message", "consultation"}
