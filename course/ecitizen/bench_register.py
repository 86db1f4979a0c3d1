"""A made-up register of 41 libraries and three years, for measuring: every shipped passport finds its facts in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from sqlalchemy import Engine, insert

from ecitizen import content
from ecitizen.facts import Fact
from ecitizen.register import tables

SITES = 41
FIRST_DAY = date(2022, 1, 1)
DAYS = 1096
BATCH = 20_000
LEARNERS_A_GROUP = 12

SHARES: Mapping[str, float] = {"consultations": 0.30, "classes": 0.38, "tickets": 0.14, "events": 0.09, "chats": 0.06}
"""Of the facts; what is left are visits, counters and the small tables."""

TOPICS = ("Запись к врачу", "Показания счётчиков", "Пароль от госуслуг", "Оплата ЖКУ", "Самозапрет", "Смартфон")
REQUESTS = ("Госуслуги", "Юридическая помощь", "Печать и сканирование", "Видеосвязь с экспертом")
EVENTS = ("Информационный час", "час информации", "форум", "практикум", "лекция")
WORKS = (
    *("экологическая акция", "арт-объект", "школьный музей"),
    *("клумба на общественном пространстве", "клумба во дворе"),
)
COUNTERS = (
    *("посещения библиотеки", "выдача книг", "новые читатели", "партнёры", "ЛПХ", "КФХ и кооперативы"),
    *("безработные", "регистрации в ЕСИА", "загруженность заготовительных пунктов"),
)


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
    maker.make()
    return Filled(maker.made, maker.sites, maker.passed)


class _Maker:
    """Makes one register; ``made`` counts the facts, not the rows."""

    def __init__(self, engine: Engine, facts: int, random: Random) -> None:
        self.engine, self.facts, self.random = engine, facts, random
        self.sites = [f"f{number:02}" for number in range(1, SITES + 1)]
        self.passed: list[Fact] = []
        self.made = 0

    def make(self) -> None:
        self._sites()
        self._consultations()
        self._classes()
        self._tickets()
        self._events()
        self._chats()
        self._small_tables()

    def _store(self, table: type[tables.Base], rows: Iterator[dict[str, Any]]) -> None:
        batch: list[dict[str, Any]] = []
        with self.engine.begin() as connection:
            for row in rows:
                batch.append(row)
                if len(batch) == BATCH:
                    connection.execute(insert(table), batch)
                    batch.clear()
            if batch:
                connection.execute(insert(table), batch)

    def _day(self) -> date:
        return FIRST_DAY + timedelta(days=self.random.randrange(DAYS))

    def _until(self, share: str) -> Iterator[None]:
        """Go on until a kind of work has its share of the facts."""
        end = self.made + round(self.facts * SHARES[share])
        while self.made < end:
            yield None

    def _sites(self) -> None:
        kinds = ("library", "library", "cpi", "village")
        self._store(
            tables.Site,
            ({"id": s, "name": s, "kind": kinds[n % 4], "opened": date(2019, 5, 1)} for n, s in enumerate(self.sites)),
        )
        zones = ({"site": site, "title": "Стенд", "opened": self._day()} for site in self.sites)
        self._store(tables.Zone, zones)
        self.made += 2 * SITES

    def _consultations(self) -> None:
        choose = self.random.choice

        def rows() -> Iterator[dict[str, Any]]:
            for _ in self._until("consultations"):
                obtained = self.random.random() < 0.4
                self.made += 2 if obtained else 1
                yield {
                    "date": self._day(),
                    "site": choose(self.sites),
                    "channel": choose(("person", "person", "telephone", "remote")),
                    "form": choose(("individual", "individual", "group")),
                    "topic": choose(TOPICS),
                    "category": choose(("pensioner", "pensioner", "disability", "other")),
                    "service_obtained": obtained,
                    "service": choose(TOPICS) if obtained else "",
                    "minutes": self.random.randint(5, 60),
                    "satisfaction": choose((None, 3, 4, 5)),
                    "persons": 1,
                    "age": choose(("adults", "adults", "youth", "children")),
                }

        self._store(tables.Consultation, rows())

    def _classes(self) -> None:
        """Make groups that go through all lessons together; some learners pass them all."""
        lessons = content.lesson_ids()
        groups: list[dict[str, Any]] = []
        learners: list[dict[str, Any]] = []
        sessions: list[dict[str, Any]] = []
        present: list[dict[str, Any]] = []
        for _ in self._until("classes"):
            site, code, begun = self.random.choice(self.sites), f"g{len(groups) + 1}", self._day()
            groups.append({"code": code, "name": code, "site": site})
            numbers = range(len(learners) + 1, len(learners) + 1 + LEARNERS_A_GROUP)
            learners += [
                {"number": n, "site": site, "group_code": code, "pin_hash": "", "joined_on": begun} for n in numbers
            ]
            for week, lesson in enumerate(lessons):
                day = begun + timedelta(weeks=week)
                sessions.append({"id": len(sessions) + 1, "date": day, "group_code": code, "lesson": lesson})
                came = [n for n in numbers if self.random.random() < 0.85]
                present += [{"session_id": len(sessions), "learner": n} for n in came]
                done = [_passed(n, lesson, day, site) for n in came if self.random.random() < 0.97]
                self.passed += done
                self.made += 1 + len(came) + len(done)
            self.made += LEARNERS_A_GROUP
        for table, made in (
            (tables.ClassGroup, groups),
            (tables.Learner, learners),
            (tables.Session, sessions),
            (tables.Attendance, present),
        ):
            self._store(table, iter(made))

    def _tickets(self) -> None:
        choose = self.random.choice
        villages = self.sites[3::4]

        def rows() -> Iterator[dict[str, Any]]:
            for _ in self._until("tickets"):
                rated = self.random.random() < 0.7
                self.made += 4 if rated else 3
                yield {
                    "date": self._day(),
                    "site": choose(villages),
                    "kind": choose(REQUESTS),
                    "topic": "",
                    "first": self.random.random() < 0.3,
                    "wait_min": self.random.randint(0, 20),
                    "serve_min": self.random.randint(3, 45),
                    "result": choose(("done", "done", "passed-on", "not-done")),
                    "rating": choose((3, 4, 5)) if rated else None,
                }

        self._store(tables.Ticket, rows())

    def _events(self) -> None:
        choose = self.random.choice

        def rows() -> Iterator[dict[str, Any]]:
            for _ in self._until("events"):
                children, youth, remote = (self.random.randint(0, 9) for _ in range(3))
                self.made += 2 + sum(map(bool, (children, youth, remote)))
                yield {
                    "date": self._day(),
                    "site": choose(self.sites),
                    "name": "Осторожно, мошенники",
                    "kind": choose(EVENTS),
                    "attended": children + youth + self.random.randint(1, 20),
                    "audience": choose(("all", "children", "youth")),
                    "place": choose(("inside", "outside", "distance")),
                    "children": children,
                    "youth": youth,
                    "remote": remote,
                    "guests": choose(("", "полиция")),
                }

        self._store(tables.Event, rows())

    def _chats(self) -> None:
        choose = self.random.choice
        chats = [
            {"code": f"c{n}", "name": f"Чат {n}", "network": "ВКонтакте", "site": site, "opened": self._day()}
            for n, site in enumerate(self.sites)
        ]
        self._store(tables.Chat, iter(chats))
        self.made += len(chats)

        def asked() -> Iterator[dict[str, Any]]:
            for _ in self._until("chats"):
                answered = self.random.random() < 0.95
                self.made += 2 if answered else 1
                minutes = self.random.randint(1, 300) if answered else None
                about = {"topic": choose(TOPICS), "answered": answered, "minutes": minutes}
                yield {"date": self._day(), "chat": choose(chats)["code"], **about}

        self._store(tables.Question, asked())

    def _small_tables(self) -> None:
        left = max(self.facts - self.made, 0)
        months = [FIRST_DAY + timedelta(days=30 * n) for n in range(DAYS // 30)]
        counters = [(day, site, name) for day in months for site in self.sites for name in COUNTERS][: left // 3]
        self._store(
            tables.Counter,
            (
                {"date": d, "site": s, "name": name, "value": self.random.randint(1, 900), "note": ""}
                for d, s, name in counters
            ),
        )
        self._store(tables.Community, iter([self._community(n) for n in range(2 * SITES)]))
        kinds = [(tables.Work, {"quantity": 1}, WORKS), (tables.Meeting, {"attended": 9}, ("встреча", "семинар"))]
        for table, about, words in kinds:
            self._store(table, (self._done(about, words) for _ in range(left // 30)))
        self._store(tables.Member, (self._member(n) for n in range(left // 30)))
        messages = (
            {"date": self._day(), "outlet": "Газета", "title": "Набор", "kind": "media"} for _ in range(left // 30)
        )
        self._store(tables.Message, messages)
        self.made += len(counters) + 2 * SITES + 4 * (left // 30)
        visits = max(self.facts - self.made, 0)
        self._store(
            tables.Visit,
            (
                {
                    "date": self._day(),
                    "site": self.random.choice(self.sites),
                    "authority_site": self.random.choice(("omsk.example", "gov.example")),
                    "visits": self.random.randint(1, 9),
                }
                for _ in range(visits)
            ),
        )
        self.made += visits

    def _community(self, number: int) -> dict[str, Any]:
        site = self.sites[number % SITES]
        return {"code": f"s{number}", "name": f"Двор {number}", "site": site, "opened": self._day()}

    def _done(self, about: dict[str, int], kinds: tuple[str, ...]) -> dict[str, Any]:
        community = f"s{self.random.randrange(2 * SITES)}"
        return {"date": self._day(), "community": community, "kind": self.random.choice(kinds), "title": "", **about}

    def _member(self, number: int) -> dict[str, Any]:
        # Everybody is in both communities of one place: numbers are a library's own and mean nobody elsewhere.
        member, second = divmod(number, 2)
        return {"community": f"s{member % SITES + second * SITES}", "member": member, "joined_on": self._day()}


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
