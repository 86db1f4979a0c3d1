"""The team game: rounds with a clock, votes, ranking, and what the register knows afterwards."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine
from web_class import Browser, course_folder

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.folder import CourseFolder
from ecitizen.register import forum, people
from ecitizen.register.facts import facts
from ecitizen.register.forum import Game, Outcome
from ecitizen.web import running
from ecitizen.web.forum import key_of

DAY = dt.date(2026, 3, 2)
NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    people.add_site(engine, "town", "Город", dt.date(2020, 1, 1))
    yield engine
    engine.dispose()


def after(minutes: float) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minutes)


def begun(engine: Engine, tables: int = 3) -> int:
    return forum.begin(engine, "town", "Форум", DAY, tables, 10, "t" * 32, "test")


def read(engine: Engine, number: int, minutes: float = 0) -> Game:
    found = forum.game(engine, number, after(minutes))
    assert found
    return found


def vote(engine: Engine, number: int, team: int, first: int, second: int, hall: int = 0) -> None:
    forum.write(engine, number, {team: {"first": first, "second": second, "hall": hall}}, NOW)


def test_the_clock_runs_stands_and_is_lengthened(engine: Engine) -> None:
    number = begun(engine)
    assert begun(engine) == number
    assert read(engine, number, 60).left_min == 15
    forum.clock(engine, number, "go", after(0))
    assert read(engine, number, 5).left_min == 10
    forum.clock(engine, number, "stop", after(5))
    assert read(engine, number, 50).left_min == 10
    forum.clock(engine, number, "more", after(50))
    assert not read(engine, number, 50).runs
    forum.clock(engine, number, "go", after(50))
    forum.clock(engine, number, "more", after(70))
    assert read(engine, number, 71).left_min == 1
    forum.turn(engine, number, "idea", after(71))
    assert (read(engine, number, 80).left_min, read(engine, number, 80).runs) == (15, False)
    with pytest.raises(CourseError, match="такого раунда"):
        forum.turn(engine, number, "lunch", NOW)


def test_points_of_tables_and_hall_make_the_order(engine: Engine) -> None:
    number = begun(engine, 4)
    vote(engine, number, 1, 2, 3)
    vote(engine, number, 2, 3, 1)
    vote(engine, number, 3, 2, 1, hall=2)
    vote(engine, number, 4, 1, 3, hall=4)
    ranked = forum.ranking(read(engine, number).teams)
    assert [(one.place, one.team.number, one.points) for one in ranked] == [(1, 3, 6), (2, 1, 4), (2, 2, 4), (2, 4, 4)]
    for first, second in ((1, 2), (2, 2), (9, None)):
        with pytest.raises(CourseError, match="но не свой"):
            forum.write(engine, number, {1: {"first": first, "second": second}}, NOW)


def test_results_become_facts_once(engine: Engine) -> None:
    number = begun(engine)
    outcomes = [Outcome(number=2, name="Двор без луж", next_on=DAY + dt.timedelta(7))]
    with ThreadPoolExecutor(2) as hands:
        list(hands.map(lambda _: forum.close(engine, number, outcomes, "test", NOW), range(2)))
    found = facts(engine, DAY, DAY)
    assert [(fact.kind, fact.amount) for fact in found if fact.kind in {"event", "community"}] == [
        ("community", 1),
        ("event", 30),
    ]
    with pytest.raises(CourseError, match="игра закончена"):
        forum.turn(engine, number, "idea", NOW)
    with pytest.raises(CourseError, match="игра закончена"):
        forum.drop(engine, number, "test", NOW)
    with pytest.raises(CourseError, match="раньше этой"):
        forum.met(engine, number, 2, 8, DAY, "test")
    forum.met(engine, number, 2, 8, None, "test")
    with pytest.raises(CourseError, match="нет назначенной встречи"):
        forum.met(engine, number, 2, 8, None, "test")
    (meeting,) = [fact for fact in facts(engine, DAY, DAY + dt.timedelta(30)) if fact.kind == "meeting"]
    assert meeting.date == DAY + dt.timedelta(7)


@pytest.mark.parametrize(("tables", "seats"), [(1, 10), (13, 10), (3, 0), (3, 13)])
def test_a_game_has_its_bounds(engine: Engine, tables: int, seats: int) -> None:
    with pytest.raises(CourseError, match="столов"):
        forum.begin(engine, "town", "Форум", DAY, tables, seats, "x", "test")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    made = course_folder(tmp_path_factory.mktemp("forum") / "data")
    engine = open_engine(made.database_url)
    people.add_instructor(engine, "Менеджер", "161803", "manager")
    engine.dispose()
    return made


@pytest.fixture(scope="module")
def url(folder: CourseFolder) -> Iterator[str]:
    with running(folder) as server:
        yield server.url


def opened(librarian: Browser, name: str) -> str:
    token = re.search(r'name="once" value="(\w+)"', librarian.get("instructor/forum").text)
    assert token
    fields = {"name": name, "date": "2026-03-02", "site": "main", "tables": "3", "seats": "10", "once": token[1]}
    places = {librarian.post("instructor/forum", **fields).place for _ in range(2)}
    assert len(places) == 1
    return places.pop().removeprefix("/")


def test_three_tables_from_the_problem_to_the_register(url: str, folder: CourseFolder) -> None:
    librarian = Browser(url).as_instructor()
    game = opened(librarian, "Наш двор")
    number = int(game.rsplit("/", 1)[1])
    screen = f"forum/{number}/{key_of(folder, number)}"
    told = {1: "Лужи", 2: "Темно", 3: "Скучно"}
    fields = {f"problem-{team}": text for team, text in told.items()} | {f"size-{team}": "12" for team in told}
    fields |= {f"name-{team}": f"Стол «{text}»" for team, text in told.items()}
    assert librarian.post(game, do="go", **fields).status == 303
    shown = Browser(url).get(screen).text
    assert "Осталось около 15 минут" in shown
    assert shown.count("готовы") == 3
    assert librarian.post(game, do="idea").status == 303
    assert "Лужи" in librarian.get(game).text
    # The text is kept by the button that goes on.
    assert librarian.post(game, do="votes", **{"idea-1": "Ливнёвка\nи дорожки"}).status == 303
    votes = {"first-1": "2", "second-1": "3", "first-2": "1", "second-2": "3", "first-3": "1", "second-3": "2"}
    assert librarian.post(game, do="results", **votes, **{"hall-1": "0"}).status == 303
    assert "Ливнёвка" in librarian.get(game).text
    ranked = re.findall(r'<li value="(\d)"><b>(.*?)</b>', Browser(url).get(screen).text)
    assert ranked == [("1", "Стол «Лужи»"), ("2", "Стол «Темно»"), ("3", "Стол «Скучно»")]
    fields = {"becomes-1": "yes", "name-1": "Двор без луж", "next-1": "2026-03-09"}
    assert [librarian.post(f"{game}/close", **fields).status for _ in range(2)] == [303, 303]
    assert "Следующая встреча 09.03.2026" in librarian.get(game).text
    assert librarian.post(f"{game}/met/1", attended="8", next="2026-04-06").status == 303
    assert "Следующая встреча 06.04.2026" in librarian.get(game).text
    back = re.search(r'action="/(instructor/forum/\d+/met/1/\d+)"', librarian.get(game).text)
    assert back is not None
    assert librarian.post(back[1]).status == 303
    assert "Следующая встреча 09.03.2026" in librarian.get(game).text
    assert librarian.post(f"{game}/reopen").status == 303
    assert librarian.post(f"{game}/close", **fields).status == 303
    assert librarian.post(f"{game}/met/1", attended="8", next="2026-04-06").status == 303
    engine = open_engine(folder.database_url)
    found = {fact.kind: fact.amount for fact in facts(engine, DAY, dt.date(2026, 3, 31))}
    engine.dispose()
    assert (found["event"], found["community"], found["meeting"]) == (36, 1, 8)


def test_an_end_without_votes_is_said_and_ranks_nobody(url: str, folder: CourseFolder) -> None:
    librarian = Browser(url).as_instructor()
    game = opened(librarian, "Без голосов")
    screen = f"forum/{game.rsplit('/', 1)[1]}/{key_of(folder, int(game.rsplit('/', 1)[1]))}"

    def results(**votes: str) -> str:
        librarian.post(game, do="votes")
        librarian.post(game, do="results", **votes)
        return librarian.get(game).text + Browser(url).get(screen).text

    silent = results()
    assert "Голосов нет, поэтому мест тоже нет" in silent
    assert 'class="ranked"' in silent
    assert not re.search(r'<li value="\d|0 очков', silent)
    some = results(**{"first-1": "2", "second-1": "3"})
    assert "Ещё не голосовали: Стол 2, Стол 3." in some
    assert '<li value="1"><b>Стол 2</b>' in some
    whole = results(**{"first-2": "1", "second-2": "3", "first-3": "2", "second-3": "1"})
    assert "голосовали" not in whole
    assert "Голосов нет" not in whole
    librarian.post(f"{game}/drop", sure="yes")


def test_what_is_wrong_is_said_and_nothing_is_lost(url: str) -> None:
    librarian = Browser(url).as_instructor()
    game = opened(librarian, "Вторая")
    refused = librarian.post(game, do="idea", **{"problem-1": "Звоните 8 916 123-45-67"})
    assert refused.status == 409
    assert "сотрите цифры" in refused.text
    assert librarian.post(game, **{"size-1": "13"}).status == 409
    assert librarian.post(game, **{"first-1": "1"}).status == 409
    assert "<b>Проблема</b>" in librarian.get(game).text
    assert librarian.post(f"{game}/drop").status == 409
    assert librarian.post(f"{game}/drop", sure="yes").status == 303
    assert librarian.get(game).status == 404


def test_others_may_not(url: str, folder: CourseFolder) -> None:
    manager = Browser(url)
    manager.post("instructor/login", pin="161803")
    assert manager.get("instructor/forum").status == 403
    assert Browser(url).as_learner(101).get("instructor/forum").status == 302
    assert Browser(url).get(f"forum/1/{'0' * 16}").status == 404
    assert Browser(url).get(f"forum/999/{key_of(folder, 999)}").status == 404
