"""The team game of a forum: rounds with a clock, votes, and what came of it in the register.

The form of the game is that of the project «Заречный: городские сообщества в действии»: up to 12 tables of up to 12.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.tables import Change, Community, Event, Forum, Meeting, Site, Team

MOST_TABLES = MOST_SEATS = 12
LONGEST_TEXT = 1000

ROUNDS: Final[Mapping[str, int]] = {
    "problem": 15, "idea": 15, "roles": 10, "resources": 10, "plan": 15, "defence": 30, "votes": 10, "results": 0,
}  # fmt: skip
"""Rounds in order, with the minutes that a table has for each."""

TOLD: Final = ("problem", "idea", "roles", "resources", "plan")
"""Rounds that end in words."""

FIRST_POINTS, SECOND_POINTS, HALL_POINTS = 2, 1, 1
MOST_HALL = 1000

_VOTES: Final = ("first", "second")

KIND = "форум"
"""Kind of the event, as passports count it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One team."""

    number: int
    name: str
    size: int
    told: Mapping[str, str]
    """Round -> words."""
    first: int | None
    second: int | None
    hall: int
    community: str | None
    next_on: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """One game with its teams."""

    id: int
    date: dt.date
    site: str
    name: str
    round: str
    left_min: float
    """On the clock when it was read; below zero if the time is over."""
    runs: bool
    closed: bool
    teams: tuple[Table, ...]

    @property
    def people(self) -> int:
        """Count who plays."""
        return sum(team.size for team in self.teams)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A team among the others."""

    place: int
    """Teams with equal points share one."""
    points: int
    team: Table


class WrittenMeanwhile(CourseError):
    """Somebody else has written other words into the same fields since they were shown; nothing was kept."""

    def __init__(self, fields: frozenset[tuple[int, str]]) -> None:
        """Name the fields by team and column."""
        problem = "пока вы писали, другой ведущий записал то же место иначе"
        super().__init__("форум", problem, "Сравните и запишите ещё раз")
        self.fields = fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of a team."""

    number: int
    name: str
    """Of the community."""
    next_on: dt.date | None


def begin(
    engine: Engine, site: str, name: str, date: dt.date, tables: int, seats: int, token: str, who: str
) -> int:  # fmt: skip
    """Open a game; gives its number. The same token again gives the number of the game it opened."""
    if not (2 <= tables <= MOST_TABLES and 1 <= seats <= MOST_SEATS):
        most = f"до {MOST_TABLES} столов и до {MOST_SEATS} человек за каждым"
        raise CourseError("форум", f"столов {tables}, мест за столом {seats}", f"В игре от 2 столов: {most}")
    with engine.begin() as connection:
        if connection.execute(select(Site.id).where(Site.id == site).with_for_update()).first() is None:
            raise CourseError("форум", f"такого места в журнале нет ({site!r})", "Выберите его из списка")
        known = connection.execute(select(Forum.id).where(Forum.token == token)).scalar_one_or_none()
        if known is not None:
            return int(known)
        values = {
            "date": date, "site": site, "name": name, "round": "problem", "minutes": ROUNDS["problem"], "since": None,
            "closed": False, "token": token,
        }  # fmt: skip
        number = int(connection.execute(insert(Forum).values(values).returning(Forum.id)).scalar_one())
        team = {"forum": number, "size": seats, "hall": 0, **dict.fromkeys(TOLD, "")}
        teams = [team | {"number": place, "name": f"Стол {place}"} for place in range(1, tables + 1)]
        connection.execute(insert(Team), teams)
        connection.execute(insert(Change).values(change_row(who, "forum", number, None, {"name": name})))
        return number


def games(engine: Engine) -> list[Game]:
    """Give every game, the newest first."""
    with engine.connect().execution_options(readonly=True) as connection:
        numbers = connection.execute(select(Forum.id).order_by(Forum.date.desc(), Forum.id.desc())).scalars().all()
    now = dt.datetime.now(dt.UTC)
    return [found for number in numbers if (found := game(engine, number, now)) is not None]


def game(engine: Engine, number: int, now: dt.datetime) -> Game | None:
    """Give one game; None if there is none of that number."""
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(select(Forum.__table__).where(Forum.id == number)).mappings().one_or_none()
        if row is None:
            return None
        teams = select(Team.__table__).where(Team.forum == number).order_by(Team.number)
        return _game(row, connection.execute(teams).mappings().all(), now)


def clock(engine: Engine, number: int, do: str, now: dt.datetime) -> None:
    """Start (``go``), stop (``stop``) or lengthen (``more``: two minutes) the clock of a round."""
    with engine.begin() as connection:
        found = _open(connection, number, now)
        left = max(0.0, found.left_min) + (2 if do == "more" else 0)
        runs = do == "go" or (do == "more" and found.runs)
        values = {"minutes": left, "since": _utc(now) if runs else None}
        connection.execute(update(Forum).where(Forum.id == number).values(values))


def turn(engine: Engine, number: int, to: str, now: dt.datetime) -> None:
    """Go to a round, before or after this one; its clock stands until it is started."""
    if to not in ROUNDS:
        raise CourseError("форум", f"такого раунда нет ({to[:40]!r})", "Выберите раунд из списка")
    with engine.begin() as connection:
        _open(connection, number, now)
        values = {"round": to, "minutes": ROUNDS[to], "since": None}
        connection.execute(update(Forum).where(Forum.id == number).values(values))


def write(
    engine: Engine,
    number: int,
    told: Mapping[int, Mapping[str, Any]],
    now: dt.datetime,
    seen: Mapping[int, Mapping[str, Any]] | None = None,
) -> None:
    """Keep what teams came up with, all or nothing: name, size, words of a round, votes; other columns stay.

    ``seen`` is what stood in these fields when they were shown: one that was left as it was is not written, and one
    into which somebody else wrote something different meanwhile raises ``WrittenMeanwhile``.
    """
    with engine.begin() as connection:
        found = _open(connection, number, now)
        teams = {one.number: one for one in found.teams}
        numbers = set(teams)
        for missing in told.keys() - numbers:
            raise CourseError("форум", f"стола {missing} в игре нет", "Обновите страницу")
        shown = seen or {}
        changed = {team: altered(values, shown.get(team, {})) for team, values in told.items()}
        clash = frozenset(
            (team, name)
            for team, values in changed.items()
            for name, value in values.items()
            if name in shown.get(team, {}) and column(teams[team], name) not in (shown[team][name], value)
        )
        if clash:
            raise WrittenMeanwhile(clash)
        for team, values in changed.items():
            if not values:
                continue
            both = [values.get(name, getattr(teams[team], name)) for name in _VOTES]
            votes = [vote for vote in both if vote is not None] if values.keys() & set(_VOTES) else []
            if any(vote == team or vote not in numbers for vote in votes) or len(votes) != len(set(votes)):
                raise CourseError("форум", f"голоса стола {team}: {votes}", "Выберите два разных стола, но не свой")
            connection.execute(update(Team).where(Team.forum == number, Team.number == team).values(dict(values)))


def column(team: Table, name: str) -> Any:
    """Give a column of a team by its name, as ``write`` takes it."""
    return team.told[name] if name in TOLD else getattr(team, name)


def altered(values: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Give the columns that somebody has filled in otherwise than they were shown."""
    return {name: value for name, value in values.items() if name not in shown or shown[name] != value}


def ranking(teams: Sequence[Table]) -> list[Ranked]:
    """Rank teams by points: 2 and 1 from each other table, 1 for every vote of the hall."""
    points = {
        team.number: team.hall * HALL_POINTS
        + sum(FIRST_POINTS for other in teams if other.first == team.number)
        + sum(SECOND_POINTS for other in teams if other.second == team.number)
        for team in teams
    }
    ordered = sorted(teams, key=lambda team: (-points[team.number], team.number))
    return [
        Ranked(
            place=1 + sum(other > points[team.number] for other in points.values()),
            points=points[team.number],
            team=team,
        )
        for team in ordered
    ]


def close(engine: Engine, number: int, outcomes: Sequence[Outcome], who: str, now: dt.datetime) -> None:
    """Write the event and the communities to the register; again it does nothing."""
    with engine.begin() as connection:
        found = _game_of(connection, number, now)
        if found.closed:
            return
        event = {
            "date": found.date, "site": found.site, "name": found.name, "kind": KIND, "attended": found.people,
        }  # fmt: skip
        stored = connection.execute(insert(Event).values(event).returning(Event.id)).scalar_one()
        connection.execute(insert(Change).values(change_row(who, "event", stored, None, event)))
        for one in outcomes:
            code = f"forum-{number}-{one.number}"
            values = {"code": code, "name": one.name, "site": found.site, "opened": found.date}
            connection.execute(insert(Community).values(values))
            connection.execute(insert(Change).values(change_row(who, "community", code, None, values)))
            this = (Team.forum == number, Team.number == one.number)
            connection.execute(update(Team).where(*this).values(community=code, next_on=one.next_on))
        connection.execute(update(Forum).where(Forum.id == number).values(closed=True, since=None))


def met(engine: Engine, number: int, team: int, attended: int, next_on: dt.date | None, who: str) -> None:
    """Write down that a community met on the day it was to meet, and when it meets next; twice writes it once."""
    with engine.begin() as connection:
        this = (Team.forum == number, Team.number == team)
        row = connection.execute(select(Team.community, Team.next_on, Team.name).where(*this).with_for_update()).first()
        if row is None or row.community is None or row.next_on is None:
            raise CourseError("форум", "у этого сообщества нет назначенной встречи", "Обновите страницу")
        if next_on is not None and next_on <= row.next_on:
            raise CourseError("форум", f"следующая встреча раньше этой: {next_on:%d.%m.%Y}", "Впишите день позже")
        values = {
            "date": row.next_on, "community": row.community, "kind": "встреча", "title": "Встреча сообщества",
            "attended": attended,
        }  # fmt: skip
        stored = connection.execute(insert(Meeting).values(values).returning(Meeting.id)).scalar_one()
        connection.execute(insert(Change).values(change_row(who, "community_meeting", stored, None, values)))
        connection.execute(update(Team).where(*this).values(next_on=next_on))


def drop(engine: Engine, number: int, who: str, now: dt.datetime) -> None:
    """Take away a game that was opened by mistake; one whose results stand in the register stays."""
    with engine.begin() as connection:
        found = _open(connection, number, now)
        connection.execute(delete(Team).where(Team.forum == number))
        connection.execute(delete(Forum).where(Forum.id == number))
        connection.execute(insert(Change).values(change_row(who, "forum", number, {"name": found.name}, None)))


def _open(connection: Connection, number: int, now: dt.datetime) -> Game:
    found = _game_of(connection, number, now)
    if found.closed:
        raise CourseError("форум", "игра закончена, итоги уже в журнале", "Посмотрите их на странице игры")
    return found


def _game_of(connection: Connection, number: int, now: dt.datetime) -> Game:
    query = select(Forum.__table__).where(Forum.id == number).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise CourseError("форум", f"игры {number} нет", "Вернитесь к списку игр")
    teams = select(Team.__table__).where(Team.forum == number).order_by(Team.number)
    return _game(row, connection.execute(teams).mappings().all(), now)


def _game(row: Any, teams: Sequence[Any], now: dt.datetime) -> Game:
    since = row["since"]
    passed_min = 0.0 if since is None else max(0.0, (_utc(now) - since).total_seconds() / 60)
    names = ("number", "name", "size", "first", "second", "hall", "community", "next_on")
    return Game(
        **{name: row[name] for name in ("id", "date", "site", "name", "round", "closed")},
        left_min=row["minutes"] - passed_min,
        runs=since is not None,
        teams=tuple(
            Table(**{name: team[name] for name in names}, told={name: team[name] for name in TOLD}) for team in teams
        ),
    )


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC).replace(tzinfo=None)
