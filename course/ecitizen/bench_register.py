"""A made-up register of 41 libraries and three years, for measuring.

Every kind of fact that a shipped passport counts is there, in the same proportions whatever the size: a table has its
share of the facts, and its values are dealt like cards, so that each comes as often as it should to within one deck.
Only the libraries are as many in a small register as in a large one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice, repeat
from math import gcd
from random import Random
from typing import Any, TypeVar

from sqlalchemy import Engine, insert

from ecitizen import content
from ecitizen.facts import KINDS, Fact
from ecitizen.register import tables
from ecitizen.register.facts import page
from ecitizen.register.sources import Asked

SITES = 41
FIRST_DAY = date(2022, 1, 1)
DAYS = 1096
BATCH = 20_000
LEARNERS_A_GROUP = 12
STRIDE = 0.6180339887498949
"""Steps of the golden section fill any stretch evenly, however many there are."""

SHARES: Mapping[str, float] = {
    "consultation": 0.29, "class": 0.36, "ticket": 0.14, "event": 0.08, "question": 0.05, "visit": 0.0245,
    "counter": 0.0254, "subscribers": 0.012, "surplus": 0.005, "work": 0.003, "meeting": 0.003, "member": 0.003,
    "message": 0.002, "review": 0.001, "community": 0.0005, "zone": 0.0004, "chat": 0.0002,
}  # fmt: skip
"""Of the facts, by what they are written down in."""

FACTS_A_ROW: Mapping[str, float] = {
    "consultation": 1.4, "ticket": 3.7, "event": 4.7, "question": 1.95, "subscribers": 1.5,
}  # fmt: skip
"""Where a row is more than one fact."""

TOPICS = ("Запись к врачу", "Показания счётчиков", "Пароль от госуслуг", "Оплата ЖКУ", "Самозапрет", "Смартфон")
REQUESTS = ("Госуслуги", "Юридическая помощь", "Печать и сканирование", "Видеосвязь с экспертом")
EVENTS = ("Информационный час", "час информации", "форум", "практикум", "лекция")
WORKS = (
    *("экологическая акция", "арт-объект", "школьный музей"),
    *("клумба на общественном пространстве", "клумба во дворе"),
)
MEETINGS = ("встреча", "семинар")
COUNTERS = (
    *("посещения библиотеки", "выдача книг", "новые читатели", "партнёры", "ЛПХ", "КФХ и кооперативы"),
    *("безработные", "регистрации в ЕСИА", "загруженность заготовительных пунктов"),
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made."""

    facts: int
    """Of the register and of the gradebook together."""
    sites: list[str]
    passed: list[Fact]
    """Lessons passed, as the gradebook would give them."""


def fill(engine: Engine, facts: int, seed: int) -> Filled:
    """Fill an empty register with about so many facts; the same seed makes the same register."""
    maker = _Maker(engine, facts, Random(seed))
    for make in (maker.places, maker.classes, maker.desk, maker.villages, maker.chats, maker.communities):
        make()
    _, made = page(engine, KINDS, Asked(spans=((date.min, date.max),), most=0))
    return Filled(made + len(maker.passed), maker.sites, maker.passed)


class _Maker:
    """Makes one register."""

    def __init__(self, engine: Engine, facts: int, random: Random) -> None:
        self.engine, self.facts, self.random = engine, facts, random
        self.sites = [f"f{number:02}" for number in range(1, SITES + 1)]
        self.passed: list[Fact] = []

    def _number(self, what: str, least: int = 1) -> int:
        return max(round(self.facts * SHARES[what] / FACTS_A_ROW.get(what, 1)), least)

    def _dealt(self, values: Sequence[T]) -> Iterator[T]:
        """Deal values from decks that are shuffled anew each time."""
        deck = list(values)
        while True:
            self.random.shuffle(deck)
            yield from deck

    def _days(self, last: int = DAYS) -> Iterator[date]:
        """Give days all over the three years."""
        at = self.random.random()
        while True:
            yield FIRST_DAY + timedelta(days=int(at * last))
            at = (at + STRIDE) % 1

    def _seen(self, **places: Sequence[str]) -> dict[str, Iterator[Any]]:
        """Give the columns of the day and of the place."""
        return {"date": self._days(), **{column: self._dealt(codes) for column, codes in places.items()}}

    def _store(
        self,
        table: type[tables.Base],
        number: int,
        finish: Callable[[dict[str, Any]], dict[str, Any]] = dict,
        /,
        **columns: Iterator[Any],
    ) -> None:
        """Write so many rows, each with the next value of every column."""
        made = zip(*columns.values(), strict=False)
        rows = (finish(dict(zip(columns, values, strict=True))) for values in islice(made, number))
        with self.engine.begin() as connection:
            while batch := list(islice(rows, BATCH)):
                connection.execute(insert(table), batch)

    def places(self) -> None:
        kinds = ("library", "library", "cpi", "village")
        of_kind = (kinds[number % 4] for number in range(SITES))
        opened = repeat(date(2019, 5, 1))
        self._store(tables.Site, SITES, id=iter(self.sites), name=iter(self.sites), kind=of_kind, opened=opened)
        self._store(
            tables.Zone,
            self._number("zone"),
            lambda row: {**row, "closed": row["closed"] and row["opened"] + timedelta(days=row["closed"])},
            site=self._dealt(self.sites),
            title=repeat("Стенд"),
            opened=self._days(),
            closed=self._dealt((None, None, 100, 400)),
        )

    def classes(self) -> None:
        """Make groups that go through all lessons together."""
        lessons = content.lesson_ids()
        # Of twenty learners seventeen come to a lesson and sixteen pass it.
        outcomes = {lesson: self._dealt(["passed"] * 16 + ["came"] + ["away"] * 3) for lesson in lessons}
        facts_a_group = LEARNERS_A_GROUP + len(lessons) * (1 + LEARNERS_A_GROUP * (17 + 16) / 20)
        number = max(round(self.facts * SHARES["class"] / facts_a_group), 1)
        begins = self._days(DAYS - 7 * len(lessons))
        groups: list[dict[str, Any]] = []
        learners: list[dict[str, Any]] = []
        sessions: list[dict[str, Any]] = []
        present: list[dict[str, Any]] = []
        for place, site, begun in zip(range(number), self._dealt(self.sites), begins, strict=False):
            code = f"g{place + 1}"
            groups.append({"code": code, "name": code, "site": site})
            numbers = range(len(learners) + 1, len(learners) + 1 + LEARNERS_A_GROUP)
            learners += [
                {"number": n, "site": site, "group_code": code, "pin_hash": "", "joined_on": begun} for n in numbers
            ]
            for week, lesson in enumerate(lessons):
                day = begun + timedelta(weeks=week)
                sessions.append({"id": len(sessions) + 1, "date": day, "group_code": code, "lesson": lesson})
                came = list(zip(numbers, outcomes[lesson], strict=False))
                present += [{"session_id": len(sessions), "learner": n} for n, how in came if how != "away"]
                self.passed += [_passed(n, lesson, day, site) for n, how in came if how == "passed"]
        made = ((tables.ClassGroup, groups), (tables.Learner, learners), (tables.Session, sessions))
        for table, rows in (*made, (tables.Attendance, present)):
            self._store(table, len(rows), **{name: iter([row[name] for row in rows]) for name in rows[0]})

    def desk(self) -> None:
        """Make what libraries do besides lessons."""
        dealt = self._dealt
        self._store(
            tables.Consultation,
            self._number("consultation"),
            lambda row: {**row, "service": row["service"] if row["service_obtained"] else ""},
            **self._seen(site=self.sites),
            channel=dealt(("person", "person", "telephone", "remote")),
            form=dealt(("individual", "individual", "group")),
            topic=dealt(TOPICS),
            category=dealt(("pensioner", "pensioner", "disability", "other")),
            service_obtained=dealt((True, True, False, False, False)),
            service=dealt(TOPICS),
            minutes=dealt(range(5, 61)),
            satisfaction=dealt((None, 3, 4, 5)),
            persons=repeat(1),
            age=dealt(("adults", "adults", "youth", "children")),
        )
        self._store(
            tables.Event,
            self._number("event"),
            lambda row: {**row, "attended": row["attended"] + row["children"] + row["youth"]},
            **self._seen(site=self.sites),
            name=repeat("Осторожно, мошенники"),
            kind=dealt(EVENTS),
            attended=dealt(range(1, 21)),
            audience=dealt(("all", "children", "youth")),
            place=dealt(("inside", "outside", "distance")),
            **{part: dealt(range(10)) for part in ("children", "youth", "remote")},
            guests=dealt(("", "полиция")),
        )
        visited = {"authority_site": dealt(("omsk.example", "gov.example")), "visits": dealt(range(1, 10))}
        self._store(tables.Visit, self._number("visit"), **self._seen(site=self.sites), **visited)
        kinds = dealt(("media", "social", "chat", "site"))
        told = {"outlet": repeat("Газета"), "title": repeat("Набор"), "kind": kinds}
        self._store(tables.Message, self._number("message"), **self._seen(), **told)
        number = self._number("counter", len(COUNTERS))
        held = [place for place in self._cells(SITES, -(-number // len(COUNTERS))) for _ in COUNTERS]
        self._store(
            tables.Counter,
            number,
            date=(day for day, _ in held),
            site=(self.sites[site] for _, site in held),
            name=(name for _ in held for name in COUNTERS),
            value=dealt(range(1, 901)),
            note=repeat(""),
        )

    def _cells(self, across: int, number: int) -> Iterator[tuple[date, int]]:
        """Give so many days and numbers below ``across``, no two pairs alike."""
        whole = DAYS * across
        step = round(whole * STRIDE)
        while gcd(step, whole) > 1:
            step += 1
        for place in range(number):
            day, other = divmod(place * step % whole, across)
            yield FIRST_DAY + timedelta(days=day), other

    def villages(self) -> None:
        """Make the queue and the offers of village centres."""
        dealt, villages = self._dealt, self.sites[3::4]
        self._store(
            tables.Ticket,
            self._number("ticket"),
            **self._seen(site=villages),
            kind=dealt(REQUESTS),
            topic=repeat(""),
            first=dealt((True,) * 3 + (False,) * 7),
            wait_min=dealt(range(21)),
            serve_min=dealt(range(3, 46)),
            result=dealt(("done", "done", "passed-on", "not-done")),
            rating=dealt((None,) * 3 + (3, 3, 4, 4, 4, 5, 5)),
        )
        self._store(
            tables.Surplus,
            self._number("surplus"),
            **self._seen(site=villages),
            product=dealt(("Молоко", "Картофель", "Мёд")),
            quantity=dealt(range(5, 105)),
            unit=dealt(("кг", "л")),
            accepted=dealt((True, True, False)),
        )

    def chats(self) -> None:
        """Make chats, who joined and left them, questions and reviews."""
        dealt, number = self._dealt, self._number("chat")
        codes = [f"c{place}" for place in range(number)]
        sites = (self.sites[place % SITES] for place in range(number))
        about = {"network": dealt(("ВКонтакте", "WhatsApp")), "opened": self._days()}
        self._store(tables.Chat, number, code=iter(codes), name=iter(codes), site=sites, **about)
        joined = list(self._cells(number, self._number("subscribers")))
        self._store(
            tables.Subscribers,
            len(joined),
            date=(day for day, _ in joined),
            chat=(codes[chat] for _, chat in joined),
            joined=dealt(range(1, 10)),
            left=dealt((0, 1, 0, 2)),
        )
        self._store(
            tables.Question,
            self._number("question"),
            lambda row: {**row, "minutes": row["minutes"] if row["answered"] else None},
            **self._seen(chat=codes),
            topic=dealt(TOPICS),
            answered=dealt([True] * 19 + [False]),
            minutes=dealt(range(1, 301)),
        )
        said = {"verdict": dealt(("good", "good", "neutral", "bad")), "gist": repeat("")}
        self._store(tables.Review, self._number("review", 4), **self._seen(chat=codes), **said)

    def communities(self) -> None:
        """Make communities, two of a place, with those who belong to both: numbers mean nobody in another place."""
        dealt, pairs = self._dealt, max(self._number("community") // 2, 1)
        codes = [f"s{place}" for place in range(2 * pairs)]
        sites = (self.sites[place // 2 % SITES] for place in range(2 * pairs))
        self._store(tables.Community, len(codes), code=iter(codes), name=iter(codes), site=sites, opened=self._days())
        done = ((tables.Work, "work", WORKS, "quantity"), (tables.Meeting, "meeting", MEETINGS, "attended"))
        for table, what, kinds, amount in done:
            about = {"kind": dealt(kinds), "title": repeat(""), amount: repeat(1)}
            self._store(table, self._number(what, len(kinds)), **self._seen(community=codes), **about)
        members = 2 * max(self._number("member") // 2, 1)
        self._store(
            tables.Member,
            members,
            community=(codes[2 * (place // 2 % pairs) + place % 2] for place in range(members)),
            member=(place // 2 for place in range(members)),
            joined_on=self._days(),
        )


def _passed(learner: int, lesson: str, day: date, site: str) -> Fact:
    return Fact(
        kind="lesson-passed",
        date=day,
        key=f"lesson-passed:{learner}:{lesson}",
        site=site,
        text=f"Карточка {learner}: сдано занятие {lesson}",
        person=learner,
        tags={"lesson": lesson},
    )
