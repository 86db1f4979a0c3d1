"""Which group is the group of the hour, what comes next, who is stuck, what a form means: pure."""

from __future__ import annotations

import datetime as dt
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.journal.event import Event
from ecitizen.register.attending import Hour
from ecitizen.register.consulting import AGES, CATEGORIES, CHANNELS, FORMS, Help
from ecitizen.register.people import RosterEntry
from ecitizen.web.consultation_form import blank, read_form, typed_of
from ecitizen.web.consultations import Wanted
from ecitizen.web.desk import seat_order, short_name
from ecitizen.web.presence import NOBODY_SINCE
from ecitizen.web.today import Choice, group_now, hour_now, lesson_after
from ecitizen.web.watching import Watch, Work, midnight, stuck, worked

DAY = dt.date(2026, 11, 18)
GROUPS = {"a": "Утро", "b": "День", "c": "Вечер"}
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def hour(group: str, begins: str, minutes: int = 60) -> Hour:
    return Hour(group=group, begins=dt.time.fromisoformat(begins), minutes=minutes, room="")


def at(clock: str) -> datetime:
    return datetime.combine(DAY, dt.time.fromisoformat(clock))


HOURS = [hour("a", "10:00"), hour("b", "11:00"), hour("c", "15:00", 90)]


@pytest.mark.parametrize(
    ("clock", "group"),
    [
        ("09:14", None),
        ("09:15", "a"),
        ("10:00", "a"),
        ("10:59", "a"),
        ("11:00", "b"),
        ("12:00", "b"),
        ("12:44", "b"),
        ("12:45", None),
        ("14:30", "c"),
        ("16:29", "c"),
        ("17:15", None),
    ],
)
def test_the_timetable_names_the_group(clock: str, group: str | None) -> None:
    found = hour_now(HOURS, at(clock))
    assert (found.group if found else None) == group
    assert group_now(HOURS, GROUPS, None, at(clock)) == group


@pytest.mark.parametrize(
    ("choice", "clock", "group"),
    [
        (Choice(group="c", on=DAY, instead_of="a"), "10:30", "c"),
        (Choice(group="c", on=DAY, instead_of="a"), "11:30", "b"),
        (Choice(group="c", on=DAY - timedelta(days=7), instead_of="a"), "10:30", "a"),
        (Choice(group="c", on=DAY - timedelta(days=7), instead_of="a"), "08:00", "c"),
        (Choice(group="gone", on=DAY, instead_of=None), "08:00", None),
    ],
    ids=["stays for the hour", "gives way to the next hour", "of last week", "remembered", "group is gone"],
)
def test_a_choice_by_hand_is_remembered(choice: Choice, clock: str, group: str | None) -> None:
    assert group_now(HOURS, GROUPS, choice, at(clock)) == group


def test_a_single_group_needs_no_choice() -> None:
    assert group_now([], {"a": "Утро"}, None, at("08:00")) == "a"
    assert group_now([], {}, None, at("08:00")) is None
    assert group_now([hour("unknown", "10:00")], GROUPS, None, at("10:00")) is None


@pytest.mark.parametrize(
    ("before", "lesson"),
    [(None, "1"), ("1", "2"), ("3", "3"), ("deleted", "1")],
    ids=["new", "next", "last", "unknown"],
)
def test_the_lesson_of_the_day_follows(before: str | None, lesson: str) -> None:
    assert lesson_after(["1", "2", "3"], before) == lesson
    assert lesson_after([], before) == ""


def event(minute: float, body: dict[str, Any], activity: str = "practice:order:solo") -> Event:
    moment = NOON + timedelta(minutes=minute)
    return Event(id="e", lesson="02-doctor", activity=activity, run=1, body=body, at=moment)


RIGHT = {"do": "press", "control": "send", "verdicts": {"phone": "right"}}
WRONG = {"do": "press", "control": "send", "verdicts": {"phone": "wrong", "code": "right"}}
HINT, ASTRAY, REAL = {"do": "hint"}, {"do": "astray"}, {"do": "real", "field": "phone", "kind": "phone"}


@pytest.mark.parametrize(
    ("bodies", "hints", "misses", "in_a_row"),
    [
        ([], 0, 0, 0),
        ([RIGHT, {"do": "press", "control": "next"}], 0, 0, 0),
        ([WRONG, HINT, ASTRAY], 1, 2, 3),
        ([WRONG, HINT, ASTRAY, RIGHT], 1, 2, 0),
        ([REAL, RIGHT, HINT], 1, 1, 1),
    ],
    ids=["nothing", "right", "three in a row", "then right", "real data"],
)
def test_presses_are_counted(bodies: list[dict[str, Any]], hints: int, misses: int, in_a_row: int) -> None:
    work = worked([event(minute, body) for minute, body in enumerate(bodies)], NOON)
    assert (work.hints, work.misses, work.in_a_row) == (hints, misses, in_a_row)
    assert stuck(work, timedelta(0)) == (in_a_row >= 3)


def test_only_today_and_the_lesson_itself_count() -> None:
    events = [event(-600, HINT), event(0, HINT), event(3, {"do": "call"}, "help"), event(2, {}, "survey")]
    assert worked(events, NOON) == Work(begun_at=NOON, last_at=NOON, hints=1, in_a_row=1)


def test_a_lesson_that_stands_still_is_stuck() -> None:
    assert not stuck(Work(), timedelta(minutes=4, seconds=59))
    assert stuck(Work(), timedelta(minutes=5))


def test_the_day_is_folded_as_it_comes() -> None:
    watch, since = Watch(NOON), midnight(DAY)
    before = event(-24 * 60, HINT)
    for one in (before, event(0, HINT), event(1, ASTRAY)):
        assert one.at is not None
        watch.note(104, one, one.at)
    assert watch.of(104, "02-doctor", since) == worked([event(0, HINT), event(1, ASTRAY)], NOON)
    assert watch.of(104, "01-gosuslugi", since) == watch.of(105, "02-doctor", since) == Work()


def test_a_new_day_begins_with_nothing() -> None:
    watch = Watch(NOON)
    watch.note(104, event(0, HINT), NOON)
    watch.page_opened(104, NOON)
    assert watch.of(104, "02-doctor", midnight(DAY + timedelta(days=1))) == Work()
    tomorrow = NOON + timedelta(days=1)
    watch.note("guest", event(24 * 60, HINT), tomorrow)
    assert watch.opened_at(104) == NOBODY_SINCE
    assert len(watch) == 1
    watch.forget("guest")
    assert len(watch) == 0


def entry(seat: str | None, given_name: str = "Анна") -> RosterEntry:
    return RosterEntry(
        number=104,
        surname="Ёлкина",
        given=given_name,
        patronymic="Петровна",
        group="a",
        site="main",
        seat=seat,
        joined_on=None,
        left_on=None,
    )


def test_cards_stand_in_the_order_of_the_seats() -> None:
    seats = ["10", None, "2", "у окна", "1"]
    assert [one.seat for one in sorted(map(entry, seats), key=seat_order)] == ["1", "2", "10", "у окна", None]


def test_people_are_named_as_one_speaks_to_them() -> None:
    assert short_name(entry("1")) == "Анна Петровна Ё."
    assert short_name(entry("1", "")) == "Ёлкина Петровна"


TYPED = blank("telephone", "main", DAY) | {"topic": "Запись к врачу"}


def read(**fields: str) -> tuple[Help | None, dict[str, str]]:
    return read_form(TYPED | fields, {"main": "Центральная"}, DAY)


def test_a_topic_alone_is_a_consultation() -> None:
    given, faults = read()
    assert faults == {}
    assert given == Help(date=DAY, site="main", topic="Запись к врачу", channel="telephone", category="pensioner")


@pytest.mark.parametrize(
    ("fields", "field", "fault"),
    [
        ({"topic": " \t "}, "topic", "missing"),
        ({"topic": "я" * 301}, "topic", "odd"),
        ({"topic": "Позвонить по 8 (912) 345-67-89"}, "topic", "real"),
        ({"topic": "СНИЛС 112-233-445 95"}, "topic", "real"),
        ({"topic": "карта 2200 0000 0000 0004"}, "topic", "real"),
        ({"service": "паспорт 4509 123456"}, "service", "real"),
        ({"minutes": "-5"}, "minutes", "odd"),
        ({"minutes": "601"}, "minutes", "odd"),
        ({"minutes": "десять"}, "minutes", "odd"),
        ({"persons": "0"}, "persons", "odd"),
        ({"persons": ""}, "persons", "odd"),
        ({"persons": "٣"}, "persons", "odd"),
        ({"satisfaction": "6"}, "satisfaction", "odd"),
        ({"date": "2026-11-19"}, "date", "future"),
        ({"date": "2026-02-30"}, "date", "odd"),
        ({"date": "1999-12-31"}, "date", "odd"),
        ({"site": "nowhere"}, "site", "odd"),
        ({"channel": "pigeon"}, "channel", "odd"),
        ({"category": ""}, "category", "odd"),
        ({"form": "crowd"}, "form", "odd"),
        ({"age": ""}, "age", "odd"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_faulty_field_is_named(fields: dict[str, str], field: str, fault: str) -> None:
    assert read(**fields) == (None, {field: fault})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"date": "5.11.2026"}, {"date": dt.date(2026, 11, 5)}),
        ({"topic": " Запись \n к\x00 врачу "}, {"topic": "Запись к врачу"}),
        ({"persons": "3"}, {"form": "group", "persons": 3}),
        ({"persons": "3", "form": "individual"}, {"form": "individual"}),
        ({"service": "Субсидия"}, {"service_obtained": True}),
        ({"obtained": "yes"}, {"service_obtained": True, "service": ""}),
        ({"topic": "Показания счётчиков за 2026 год, 3 платёжки"}, {}),
        ({"topic": "Портал госуслуг, телефон 112"}, {}),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_typed_is_understood(fields: dict[str, str], said: dict[str, Any]) -> None:
    given, faults = read(**fields)
    assert faults == {}
    assert given is not None
    assert {name: getattr(given, name) for name in said} == said


HELPS = st.builds(
    Help,
    date=st.dates(dt.date(2000, 1, 1), DAY),
    site=st.just("main"),
    topic=st.sampled_from(["Пароль", "Ёлка «и» <b>"]),
    channel=st.sampled_from(CHANNELS),
    form=st.sampled_from(FORMS),
    category=st.sampled_from(CATEGORIES),
    service_obtained=st.just(True),
    service=st.sampled_from(["", "Субсидия"]),
    minutes=st.none() | st.integers(1, 600),
    satisfaction=st.none() | st.integers(1, 5),
    persons=st.integers(1, 1000),
    age=st.sampled_from(AGES),
)


@given(HELPS)
def test_a_row_goes_through_the_form_unchanged(help_given: Help) -> None:
    assert read_form(typed_of(help_given), {"main"}, DAY) == (help_given, {})


@given(st.dictionaries(st.sampled_from(sorted(TYPED)), st.text(max_size=12)))
def test_no_form_breaks_the_reader(typed: dict[str, str]) -> None:
    given, faults = read_form(typed, {"main"}, DAY)
    assert (given is None) == bool(faults)


@pytest.mark.parametrize(
    ("month", "since", "until"),
    [
        ("2026-02", dt.date(2026, 2, 1), dt.date(2026, 2, 28)),
        ("2024-12", dt.date(2024, 12, 1), dt.date(2024, 12, 31)),
        ("all", dt.date(2000, 1, 1), dt.date.max),
    ],
)
def test_a_month_has_its_days(month: str, since: dt.date, until: dt.date) -> None:
    assert Wanted(month=month).period == (since, until)
