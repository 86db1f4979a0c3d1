"""Two people at one thing, a form sent twice, the button «Назад»: nothing is lost and nothing is done twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest
from access_forms import Form, forms_of
from sqlalchemy import Engine, func, insert, select
from web_class import LESSON, Answer, Browser, course_folder

from ecitizen.database import open_engine
from ecitizen.folder import CourseFolder
from ecitizen.register import attending, consulting, forum, people, queueing
from ecitizen.register.records import record
from ecitizen.register.tables import (
    Attendance,
    Change,
    ClassGroup,
    Consultation,
    Event,
    Forum,
    Learner,
    Meeting,
    Message,
    Place,
    Session,
    Ticket,
)
from ecitizen.web import running
from ecitizen.web.once import new_token
from ecitizen.web.queue import key_of

pytestmark = pytest.mark.thorough

COLLEAGUE = "271828"
TODAY = dt.date.today()
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class House:
    folder: CourseFolder
    engine: Engine
    url: str
    anna: Browser
    pavel: Browser
    made: dict[str, int] = field(default_factory=dict)

    def rows(self, table: Any, *where: Any) -> int:
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    def form(self, path: str, action: str = "", **fields: str) -> Form:
        """Give the form of a page as Anna sees it, filled in."""
        found = [form for form in forms_of(self.anna.get(path).text, path) if form.action == (action or path)]
        assert found, (path, action)
        return found[0].with_fields(**fields)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = course_folder(tmp_path_factory.mktemp("races") / "data")
    engine, now = open_engine(folder.database_url), dt.datetime.now(dt.UTC)
    people.add_instructor(engine, "Павел", COLLEAGUE)
    with engine.begin() as connection:
        for code in ("w11", "w12"):
            connection.execute(insert(ClassGroup).values(code=code, name=f"Группа {code}", site="main"))
    ended = forum.begin(engine, "main", "Итоги", TODAY, 2, 5, new_token(), "Ирина")
    forum.turn(engine, ended, "results", now)
    forum.close(engine, ended, [forum.Outcome(number=1, name="Сад", next_on=TODAY)], "Ирина", now)
    made = {"session": attending.hold(engine, "w11", TODAY, LESSON, "Ирина", 60), "ended": ended}
    made["game"] = forum.begin(engine, "main", "Игра", TODAY, 2, 5, new_token(), "Ирина")
    with running(folder, spare_kernels=0) as server:
        pavel = Browser(server.url)
        assert pavel.post("instructor/login", pin=COLLEAGUE).place == "/instructor"
        yield House(folder, engine, server.url, Browser(server.url).as_instructor(), pavel, made)
    engine.dispose()


def at_once(*sends: Callable[[], Answer]) -> list[Answer]:
    """Send from threads that begin at the same moment."""
    barrier = Barrier(len(sends))

    def go(send: Callable[[], Answer]) -> Answer:
        barrier.wait()
        return send()

    with ThreadPoolExecutor(len(sends)) as hands:
        return list(hands.map(go, sends))


@dataclass(frozen=True, slots=True)
class Deed:
    """A form with what it changes, and what its doing once adds to that."""

    form: Callable[[House], Form]
    count: Callable[[House], int]
    adds: int = 1
    otherwise: dict[str, str] = field(default_factory=dict)
    """Fields that somebody changes after going back; empty for a form in which nothing is typed."""


def _number(house: House) -> Form:
    """Take a number at the kiosk."""
    place = f"kiosk/main/{key_of(house.folder, 'main')}"
    return house.form(f"{place}?kind=0", place, first="no")


def _waiting(house: House) -> int:
    """Let somebody wait, and give the place."""
    _number(house).send(house.anna)
    with house.engine.connect() as connection:
        return int(connection.execute(select(func.max(Place.id))).scalar_one())


def _calling(house: House) -> Form:
    for one in queueing.today(house.engine, dt.datetime.now(dt.UTC), ["main"]):
        if one.state == "serving":
            house.anna.post(f"instructor/queue/{one.id}/left", mine="1")
    return house.form("instructor/queue", f"instructor/queue/{_waiting(house)}/call")


def _ending(house: House) -> Form:
    _calling(house).send(house.anna)
    (form,) = [one for one in forms_of(house.anna.get("instructor/queue").text) if one.action.endswith("/end")]
    return form.with_fields(result="done", minutes="5")


def _state(state: str) -> Callable[[House], int]:
    return lambda house: house.rows(Place, Place.state == state)


def _changes(table: str) -> Callable[[House], int]:
    return lambda house: house.rows(Change, Change.table == table)


def _all(table: Any) -> Callable[[House], int]:
    return lambda house: house.rows(table)


def _minutes_left(house: House) -> int:
    found = forum.game(house.engine, house.made["game"], dt.datetime.now(dt.UTC))
    assert found
    return round(found.left_min)


def _consultation(house: House) -> int:
    given = consulting.Help(
        date=TODAY, site="main", topic="Талон", channel="telephone", form="individual", category="pensioner",
        service_obtained=False, service="", minutes=None, satisfaction=None, persons=1, age="adults",
    )  # fmt: skip
    return consulting.add(house.engine, given, "Ирина", new_token())


def _removed(house: House) -> Form:
    change = consulting.remove(house.engine, _consultation(house), "Ирина")
    return house.form(f"instructor/consultations?removed={change}", "instructor/consultations/restore")


def _removing(house: House) -> Form:
    row = _consultation(house)
    return house.form("instructor/consultations", f"instructor/consultations/{row}/remove")


GROUP = {"group": "w10", "day": TODAY.isoformat(), "session": ""}
DAYS = f"{TODAY - dt.timedelta(days=2):%d.%m.%Y}", f"{TODAY - dt.timedelta(days=1):%d.%m.%Y}"
OTHER = GROUP | {"group": "w11"}

DEEDS: dict[str, Deed] = {
    "new person": Deed(
        lambda house: house.form(
            "instructor/people/new", surname=f"Двойная{'а' * house.rows(Learner)}", given="Ада", group_code="w10"
        ),
        _all(Learner),
        otherwise={"given": "Инна"},
    ),
    "person": Deed(
        lambda house: house.form("instructor/people/103/edit", contact=f"дом {house.rows(Change)}"),
        _changes("person"),
        otherwise={"contact": "дом другой"},
    ),
    "group": Deed(
        lambda house: house.form(
            "instructor/people/102", "instructor/people/102/move",
            group="w12" if record(house.engine, 102).group != "w12" else "w11",
        ),
        _changes("learner"),
        otherwise={"group": "w10"},
    ),
    "left": Deed(
        lambda house: house.form("instructor/people/103", "instructor/people/103/leave"),
        _changes("learner"),
    ),
    "new PIN": Deed(lambda house: house.form("instructor/people/102/pin"), _changes("learner")),
    "consultation": Deed(
        lambda house: next(
            one.with_fields(topic="Запись к врачу")
            for one in forms_of(house.anna.get("instructor/consultations").text)
            if one.value("token")
        ),
        _all(Consultation),
        otherwise={"topic": "Совсем другое"},
    ),
    "consultation removed": Deed(_removing, _all(Consultation), adds=-1),
    "consultation brought back": Deed(_removed, _all(Consultation)),
    "first mark": Deed(
        lambda _: Form("instructor/attendance", fields=[*GROUP.items(), ("here", "101"), ("here", "103")]),
        lambda house: house.rows(Attendance) + 10 * house.rows(Session),
        adds=12,
    ),
    "one more lesson": Deed(
        lambda _: Form("instructor/lesson", fields=[*OTHER.items(), ("lesson", "02-doctor"), ("another", "yes")]),
        _all(Session),
    ),
    "number of the kiosk": Deed(_number, _all(Place)),
    "number by telephone": Deed(
        lambda house: house.form("instructor/queue", "instructor/queue/take", topic="Справка",
                                 site="main", kind="Другое", came="telephone"),
        _all(Place),
        otherwise={"topic": "Не справка"},
    ),
    "call": Deed(_calling, _state("serving")),
    "end": Deed(_ending, _all(Ticket), otherwise={"minutes": "7"}),
    "announcement": Deed(
        lambda house: house.form(
            "instructor/announcements/preview?title=%D0%92&text=%D0%9F", "instructor/announcements/preview",
            title="Встреча", text="Приходите", channel="site",
        ),
        _all(Message),
    ),
    "new game": Deed(
        lambda house: house.form("instructor/forum", name="Форум", date=TODAY.isoformat(), tables="3", seats="4"),
        _all(Forum),
        otherwise={"name": "Другой форум"},
    ),
    "two minutes more": Deed(
        lambda house: house.form(f"instructor/forum/{house.made['game']}", do="more"), _minutes_left, adds=2
    ),
    "meeting": Deed(
        lambda house: house.form(
            f"instructor/forum/{house.made['ended']}", f"instructor/forum/{house.made['ended']}/met/1",
            attended="7", next=(TODAY + dt.timedelta(days=30)).isoformat(),
        ),
        _all(Meeting),
    ),
    "game ended": Deed(
        lambda house: Form(
            f"instructor/forum/{house.made['game']}/close", fields=[("becomes-1", "yes"), ("once", new_token())]
        ),
        _all(Event),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEEDS)
def test_a_form_sent_many_times_at_once_is_done_once(house: House, name: str) -> None:
    deed = DEEDS[name]
    form = deed.form(house)
    before = deed.count(house)
    answers = at_once(*[lambda: form.send(house.anna)] * AT_ONCE)
    assert {answer.status for answer in answers} == {303}, [answer.text[-1500:] for answer in answers]
    assert len({answer.place for answer in answers}) == 1
    assert deed.count(house) == before + deed.adds
    assert form.send(house.anna).place == answers[0].place, "the button «Назад», then the same once more"
    assert deed.count(house) == before + deed.adds
    if deed.otherwise:
        changed = form.with_fields(**deed.otherwise)
        asked = changed.send(house.anna)
        assert asked.status == 409, "the button «Назад», then something else"
        (again,) = [one for one in forms_of(asked.text) if one.action == form.action]
        assert again.typed - changed.typed <= {(name, again.value(name)) for name in ("once", "token")}
        assert deed.count(house) == before + deed.adds


@dataclass(frozen=True, slots=True)
class Clash:
    """A row that two people change at once."""

    form: Callable[[House, Browser], Form]
    name: str
    """The field in which they want different things."""

    wants: tuple[str, str]
    kept: Callable[[House], str]
    says: tuple[str, str] | None = None
    """How a page says the two values, if not as they are typed."""


def on(path: str, action: str = "") -> Callable[[House, Browser], Form]:
    """Give how a form is read from a page, whose address may name what the house has made."""

    def form(house: House, browser: Browser) -> Form:
        place, goal = path.format(**house.made), (action or path).format(**house.made)
        (found,) = [one for one in forms_of(browser.get(place).text, place) if one.action == goal]
        return found

    return form


def _told(house: House) -> str:
    found = forum.game(house.engine, house.made["play"], dt.datetime.now(dt.UTC))
    assert found
    return found.teams[0].told["problem"]


def _meeting(house: House) -> attending.Meeting:
    found = attending.meeting(house.engine, house.made["session"])
    assert found
    return found


def _kept_topic(house: House) -> str:
    found = consulting.find(house.engine, house.made["row"])
    assert found
    return found.help.topic


def _left(house: House) -> str:
    left = record(house.engine, 101).left_on
    return f"{left:%d.%m.%Y}" if left else ""


CLASHES: dict[str, Clash] = {
    "person": Clash(
        on("instructor/people/101/edit"), "given", ("Анфиса", "Алла"), lambda house: record(house.engine, 101).given
    ),
    "group of a person": Clash(
        on("instructor/people/103", "instructor/people/103/move"),
        "group", ("w11", "w12"), lambda house: record(house.engine, 103).group,
    ),
    "last day of a person": Clash(
        on("instructor/people/101", "instructor/people/101/leave"),
        "left_on", DAYS, _left,
    ),
    "consultation": Clash(on("instructor/consultations/{row}"), "topic", ("Справка", "Пенсия"), _kept_topic),
    "minutes of a class": Clash(
        on("instructor/class/{session}"), "minutes", ("75", "80"), lambda house: str(_meeting(house).minutes)
    ),
    "lesson of a class": Clash(
        on("instructor?group=w12&session={session}", "instructor/lesson"),
        "lesson", ("03-one-stop", "04-account"), lambda house: _meeting(house).lesson,
    ),
    "step of the forum's game": Clash(
        on("instructor/forum/{play}"), "problem-1", ("Темно у школы", "Нет скамеек"), _told
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def clashing(house: House) -> House:
    house.made["row"] = _consultation(house)
    house.made["play"] = forum.begin(house.engine, "main", "Спор", TODAY, 2, 5, new_token(), "Ирина")
    house.made["session"] = attending.hold(house.engine, "w12", TODAY, LESSON, "Ирина", 60)
    return house


@pytest.mark.parametrize("name", CLASHES)
def test_two_on_one_row_and_the_later_sees_both(clashing: House, name: str) -> None:
    house, clash = clashing, CLASHES[name]
    desks = (house.anna, house.pavel)
    forms = [
        clash.form(house, desk).with_fields(**{clash.name: wanted})
        for desk, wanted in zip(desks, clash.wants, strict=True)
    ]
    answers = at_once(*(lambda form=form, desk=desk: form.send(desk) for form, desk in zip(forms, desks, strict=True)))
    assert sorted(answer.status for answer in answers) == [303, 409], [answer.text[-800:] for answer in answers]
    late = next(place for place, answer in enumerate(answers) if answer.status == 409)
    assert clash.kept(house) == clash.wants[1 - late], "the faster one has written"
    for value in clash.wants:
        assert value in answers[late].text, "the page of the later one shows both"
    # Whoever has seen both may write over it.
    retry = [one for one in forms_of(answers[late].text, forms[late].action) if one.action == forms[late].action]
    if retry:
        assert retry[0].value(clash.name) == clash.wants[late], "nothing typed is lost"
        assert retry[0].send(desks[late]).status == 303
        assert clash.kept(house) == clash.wants[late]


def test_what_both_marked_stands_once_and_what_each_marked_stands(house: House) -> None:
    forms = [
        Form("instructor/attendance", fields=[*OTHER.items(), ("here", "101"), ("here", own)]) for own in ("102", "103")
    ]
    before = house.rows(Session)
    answers = at_once(
        *(
            lambda form=form, desk=desk: form.send(desk)
            for form, desk in zip(forms, (house.anna, house.pavel), strict=True)
        )
    )
    assert {answer.status for answer in answers} == {303}
    assert house.rows(Session) == before
    held = attending.meetings(house.engine, "w11", TODAY)[-1]
    assert held.present == {101, 102, 103}


def test_two_experts_end_one_ticket_once(house: House) -> None:
    form, before = _ending(house), house.rows(Ticket)
    # Two tabs of one expert, each with a page and a token of its own.
    forms = [form.with_fields(once=new_token(), minutes=minutes) for minutes in ("5", "9")]
    answers = at_once(*(lambda form=form: form.send(house.anna) for form in forms))
    assert all(answer.status in {303, 409} for answer in answers)
    assert house.rows(Ticket) == before + 1
    assert queueing.today(house.engine, dt.datetime.now(dt.UTC), ["main"])


def test_tables_of_two_writers_are_both_kept(clashing: House) -> None:
    """A page sends every field; what its writer did not touch takes nobody's words away."""
    house = clashing
    game = forum.begin(house.engine, "main", "Мир", TODAY, 2, 5, new_token(), "Ирина")
    read = on(f"instructor/forum/{game}")
    forms = [
        read(house, house.anna).with_fields(**{"problem-1": "Темно"}),
        read(house, house.pavel).with_fields(**{"problem-2": "Скользко", "name-2": "Каток"}),
    ]
    answers = at_once(
        *(
            lambda form=form, desk=desk: form.send(desk)
            for form, desk in zip(forms, (house.anna, house.pavel), strict=True)
        )
    )
    assert {answer.status for answer in answers} == {303}
    found = forum.game(house.engine, game, dt.datetime.now(dt.UTC))
    assert found
    assert [team.told["problem"] for team in found.teams] == ["Темно", "Скользко"]
    assert found.teams[1].name == "Каток"


def test_a_clash_in_one_field_takes_nobodys_other_words_away(house: House) -> None:
    game = forum.begin(house.engine, "main", "Лад", TODAY, 2, 5, new_token(), "Ирина")
    read = on(f"instructor/forum/{game}")
    late = read(house, house.anna).with_fields(**{"problem-1": "Темно"})
    first = read(house, house.pavel).with_fields(**{"problem-1": "Скользко", "problem-2": "Шумно"})
    assert first.send(house.pavel).status == 303
    told = late.send(house.anna)
    assert told.status == 409
    (again,) = [one for one in forms_of(told.text) if one.action == late.action]
    assert again.send(house.anna).status == 303
    found = forum.game(house.engine, game, dt.datetime.now(dt.UTC))
    assert found
    assert [team.told["problem"] for team in found.teams] == ["Темно", "Шумно"]


def test_forms_of_one_page_are_told_apart(house: House) -> None:
    """Back to the page after one of its forms, the other one is done too."""
    forms = forms_of(house.anna.get("instructor/people/102").text)
    move, leave = (next(one for one in forms if one.action.endswith(end)) for end in ("/move", "/leave"))
    assert move.value("once") == leave.value("once")
    group = "w12" if record(house.engine, 102).group != "w12" else "w11"
    assert move.with_fields(group=group).send(house.anna).place.endswith("done=moved")
    assert leave.send(house.anna).place.endswith("done=left")
    assert record(house.engine, 102).left_on


def test_what_was_written_about_a_vanished_row_is_shown(house: House) -> None:
    row = _consultation(house)
    form = on(f"instructor/consultations/{row}")(house, house.anna).with_fields(topic="Долго писала «о пенсии»")
    consulting.remove(house.engine, row, "Павел")
    late = form.send(house.anna)
    assert late.status in {404, 409}
    assert "Долго писала «о пенсии»" in late.text
