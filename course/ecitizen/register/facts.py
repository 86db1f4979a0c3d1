"""What happened in class and at the desk, as facts that indicators count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from ecitizen.facts import KINDS, Fact, folded
from ecitizen.register.partners import partner_facts
from ecitizen.register.project_facts import PROJECT_GIVERS
from ecitizen.register.tables import (
    Attendance,
    ClassGroup,
    Consultation,
    Counter,
    Event,
    Learner,
    Material,
    Message,
    Session,
    Site,
    StaffTraining,
    SurveyAnswer,
    Visit,
    Zone,
)

_SITE_KINDS = {"library": "библиотека", "cpi": "центр правовой информации", "village": "сельский центр"}
_CHANNELS = {"person": "очно", "telephone": "по телефону", "remote": "удалённо"}
_AGES = {"children": "до 14 лет", "youth": "15–30 лет", "adults": "остальные"}
_FORMS = {"individual": "индивидуально", "group": "в группе"}


def facts(
    engine: Engine,
    since: dt.date,
    until: dt.date,
    site: str | None = None,
    only: Collection[str] = KINDS,
) -> list[Fact]:
    """Give the facts of a period, both days included, by date and key: of one site, of some kinds.

    A site and an information zone count if they were open on any day of the period; their date is the first such day.
    A service is a consultation that ended with a service obtained: it is a fact beside that consultation. Messages
    and materials belong to no site. Facts that other libraries have sent are among them. ``amount`` is the number of
    people of a session, consultation or event, the visits of a visit, the points of an answer, the value of a counter.
    The kinds and their tags stand in ``ecitizen.facts``.
    """
    with engine.connect().execution_options(readonly=True) as connection:
        kinds = {row.id: row.kind for row in connection.execute(select(Site.id, Site.kind))}
        found = [fact for fact in partner_facts(connection, since, until, only) if site is None or fact.site == site]
        found += [
            fact
            for given, give in _GIVERS
            if given.intersection(only)
            for fact in give(connection, since, until, kinds)
            if fact.kind in only and (site is None or fact.site == site)
        ]
    return sorted(found, key=lambda fact: (fact.date, fact.key))


def _sites(connection: Connection, since: dt.date, until: dt.date, _kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(_open(select(Site), Site, since, until)):
        yield Fact(
            kind="site-access",
            date=max(row.opened, since),
            key=f"site-access:{row.id}",
            site=row.id,
            tags={"site-kind": row.kind} | _end(row),
            text=f"{row.name} ({_SITE_KINDS[row.kind]}): доступ открыт с {row.opened:%d.%m.%Y}",
        )


def _sessions(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    present = select(func.count()).where(Attendance.session_id == Session.id).scalar_subquery()
    query = select(Session, ClassGroup.site, present.label("present")).join_from(Session, ClassGroup)
    for row in connection.execute(query.where(Session.date.between(since, until))):
        yield Fact(
            kind="session",
            date=row.date,
            key=f"session:{row.id}",
            site=row.site,
            amount=row.present,
            tags={"group": row.group_code, "lesson": row.lesson, "site-kind": kinds[row.site]},
            text=f"Занятие {row.date:%d.%m.%Y}, группа {row.group_code}, урок {row.lesson}, пришли: {row.present}",
        )


def _attendance(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    query = select(Attendance.learner, Session, ClassGroup.site).join_from(Attendance, Session).join(ClassGroup)
    for row in connection.execute(query.where(Session.date.between(since, until))):
        yield Fact(
            kind="attendance",
            date=row.date,
            key=f"attendance:{row.id}:{row.learner}",
            site=row.site,
            person=row.learner,
            tags={
                "group": row.group_code,
                "lesson": row.lesson,
                "session": str(row.id),
                "site-kind": kinds[row.site],
            },
            text=f"Карточка {row.learner}: занятие {row.date:%d.%m.%Y}, группа {row.group_code}, урок {row.lesson}",
        )


def _consultations(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Consultation).where(Consultation.date.between(since, until))):
        tags = {
            "channel": row.channel,
            "form": row.form,
            "category": row.category,
            "age": row.age,
            "topic": folded(row.topic),
            "service-obtained": "yes" if row.service_obtained else "no",
            "site-kind": kinds[row.site],
        }
        how = f"{_CHANNELS[row.channel]}, {_FORMS[row.form]}"
        yield Fact(
            kind="consultation",
            date=row.date,
            key=f"consultation:{row.id}",
            site=row.site,
            amount=row.persons,
            tags=tags | ({} if row.satisfaction is None else {"satisfaction": str(row.satisfaction)}),
            text=f"Консультация {row.date:%d.%m.%Y}, {how}, тема: {row.topic}",
        )
        if row.service_obtained:
            yield Fact(
                kind="service",
                date=row.date,
                key=f"service:{row.id}",
                site=row.site,
                amount=row.persons,
                tags=tags | {"service": folded(row.service)},
                text=f"Услуга получена {row.date:%d.%m.%Y}, {how}: {row.service or row.topic}",
            )


def _events(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Event).where(Event.date.between(since, until))):
        tags = {
            "event-kind": folded(row.kind),
            "audience": row.audience,
            "place": row.place,
            "guests": "yes" if row.guests else "no",
            "site-kind": kinds[row.site],
        }
        guests = f", приглашены: {row.guests}" if row.guests else ""
        text = f"Мероприятие {row.date:%d.%m.%Y} «{row.name}»"
        about = {"date": row.date, "site": row.site}
        yield Fact(
            kind="event",
            key=f"event:{row.id}",
            amount=row.attended,
            tags=tags,
            text=f"{text}, посетителей: {row.attended}{guests}",
            **about,
        )
        bands = {"children": row.children, "youth": row.youth, "adults": row.attended - row.children - row.youth}
        for age, came in bands.items():
            if came:
                key, shown = f"event-visit:{row.id}:{age}", f"{text}, {_AGES[age]}: {came}"
                yield Fact(kind="event-visit", key=key, amount=came, tags=tags | {"age": age}, text=shown, **about)
        if row.remote:
            key, shown = f"event-remote:{row.id}", f"{text}, удалённо: {row.remote}"
            yield Fact(kind="event-remote", key=key, amount=row.remote, tags=tags, text=shown, **about)


def _visits(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Visit).where(Visit.date.between(since, until))):
        yield Fact(
            kind="visit",
            date=row.date,
            key=f"visit:{row.id}",
            site=row.site,
            amount=row.visits,
            tags={"authority-site": row.authority_site, "site-kind": kinds[row.site]},
            text=f"Посещения {row.authority_site} {row.date:%d.%m.%Y}: {row.visits}",
        )


def _zones(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(_open(select(Zone), Zone, since, until)):
        yield Fact(
            kind="zone",
            date=max(row.opened, since),
            key=f"zone:{row.id}",
            site=row.site,
            tags={"site-kind": kinds[row.site]} | _end(row),
            text=f"Информационная зона «{row.title}», оформлена {row.opened:%d.%m.%Y}",
        )


def _messages(connection: Connection, since: dt.date, until: dt.date, _kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Message).where(Message.date.between(since, until))):
        yield Fact(
            kind="message",
            date=row.date,
            key=f"message:{row.id}",
            site="",
            tags={"outlet": folded(row.outlet), "message-kind": row.kind},
            text=f"Сообщение {row.date:%d.%m.%Y}, {row.outlet}: «{row.title}»",
        )


def _enrolled(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Learner).where(Learner.joined_on.between(since, until))):
        yield Fact(
            kind="enrolled",
            date=row.joined_on,
            key=f"enrolled:{row.number}",
            site=row.site,
            person=row.number,
            tags={"group": row.group_code, "site-kind": kinds[row.site]},
            text=f"Карточка {row.number}: записан в группу {row.group_code} {row.joined_on:%d.%m.%Y}",
        )


def _materials(connection: Connection, since: dt.date, until: dt.date, _kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Material).where(Material.added_on.between(since, until))):
        yield Fact(
            kind="material",
            date=row.added_on,
            key=f"material:{row.id}",
            site="",
            tags={"material-kind": row.kind},
            text=f"{'Ссылка' if row.kind == 'link' else 'Материал'} «{row.title}», {row.added_on:%d.%m.%Y}",
        )


def _training(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(StaffTraining).where(StaffTraining.date.between(since, until))):
        yield Fact(
            kind="staff-training",
            date=row.date,
            key=f"staff-training:{row.id}",
            site=row.site,
            amount=row.attended,
            tags={"training-form": folded(row.form), "site-kind": kinds[row.site]},
            text=f"Учёба сотрудников {row.date:%d.%m.%Y} «{row.title}», участвовало: {row.attended}",
        )


def _answers(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(SurveyAnswer).where(SurveyAnswer.date.between(since, until))):
        yield Fact(
            kind="survey",
            date=row.date,
            key=f"survey:{row.sheet}:{row.question}",
            site=row.site,
            amount=row.answer,
            tags={
                "question": row.question,
                "wave": row.wave,
                "answer": str(row.answer),
                "site-kind": kinds[row.site],
            },
            text=f"Анкета {row.date:%d.%m.%Y}, вопрос {row.question}: {row.answer} из 5",
        )


def _counters(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Counter).where(Counter.date.between(since, until))):
        yield Fact(
            kind="counter",
            date=row.date,
            key=f"counter:{row.id}",
            site=row.site,
            amount=row.value,
            tags={"counter": folded(row.name), "site-kind": kinds[row.site]},
            text=f"Счётчик «{row.name}» {row.date:%d.%m.%Y}: {row.value}{f' ({row.note})' if row.note else ''}",
        )


def _end(row: Any) -> dict[str, str]:
    return {} if row.closed is None else {"until": row.closed.isoformat()}


def _open(query: Select[Any], table: type[Site] | type[Zone], since: dt.date, until: dt.date) -> Select[Any]:
    return query.where(table.opened <= until, (table.closed.is_(None)) | (table.closed >= since))


_Giver = Callable[[Connection, dt.date, dt.date, dict[str, str]], Iterator[Fact]]
_GIVERS: tuple[tuple[frozenset[str], _Giver], ...] = (
    (frozenset({"site-access"}), _sites),
    (frozenset({"enrolled"}), _enrolled),
    (frozenset({"session"}), _sessions),
    (frozenset({"attendance"}), _attendance),
    (frozenset({"consultation", "service"}), _consultations),
    (frozenset({"event", "event-visit", "event-remote"}), _events),
    (frozenset({"visit"}), _visits),
    (frozenset({"zone"}), _zones),
    (frozenset({"message"}), _messages),
    (frozenset({"material"}), _materials),
    (frozenset({"staff-training"}), _training),
    (frozenset({"survey"}), _answers),
    (frozenset({"counter"}), _counters),
    *PROJECT_GIVERS,
)
"""Each gives facts of these kinds, and no others, from one table."""
