"""What happened in class and at the desk, as facts that indicators count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Select, func, select

from ecitizen.facts import Fact
from ecitizen.register.tables import (
    Attendance,
    ClassGroup,
    Consultation,
    Event,
    Message,
    Session,
    Site,
    Visit,
    Zone,
)

_SITE_KINDS = {"library": "библиотека", "cpi": "центр правовой информации", "village": "сельский центр"}
_CHANNELS = {"person": "очно", "telephone": "по телефону", "remote": "удалённо"}
_FORMS = {"individual": "индивидуально", "group": "в группе"}

KINDS = ("site-access", "session", "attendance", "consultation", "service", "event", "visit", "zone", "message")
"""All kinds of facts that the register gives."""


def facts(engine: Engine, since: dt.date, until: dt.date, site: str | None = None) -> list[Fact]:
    """Give the facts of a period, both days included, by date and key; with ``site`` only those of one site.

    A site and an information zone count if they were open on any day of the period; their date is the first such day.
    A service is a consultation that ended with a service obtained: it is a fact beside that consultation. Messages
    belong to no site. ``amount`` is the number of people of a session, consultation or event, the visits of a visit.
    """
    with engine.connect().execution_options(readonly=True) as connection:
        kinds = {row.id: row.kind for row in connection.execute(select(Site.id, Site.kind))}
        found = [
            fact
            for give in _GIVERS
            for fact in give(connection, since, until, kinds)
            if site is None or fact.site == site
        ]
    return sorted(found, key=lambda fact: (fact.date, fact.key))


def _sites(connection: Connection, since: dt.date, until: dt.date, _kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(_open(select(Site), Site, since, until)):
        yield Fact(
            kind="site-access",
            date=max(row.opened, since),
            key=f"site-access:{row.id}",
            site=row.id,
            tags={"site-kind": row.kind},
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
            "topic": row.topic,
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
                tags=tags | {"service": row.service},
                text=f"Услуга получена {row.date:%d.%m.%Y}, {how}: {row.service or row.topic}",
            )


def _events(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Event).where(Event.date.between(since, until))):
        yield Fact(
            kind="event",
            date=row.date,
            key=f"event:{row.id}",
            site=row.site,
            amount=row.attended,
            tags={"event-kind": row.kind, "site-kind": kinds[row.site]},
            text=f"Мероприятие {row.date:%d.%m.%Y} «{row.name}», посетителей: {row.attended}",
        )


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
            tags={"site-kind": kinds[row.site]},
            text=f"Информационная зона «{row.title}», оформлена {row.opened:%d.%m.%Y}",
        )


def _messages(connection: Connection, since: dt.date, until: dt.date, _kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Message).where(Message.date.between(since, until))):
        yield Fact(
            kind="message",
            date=row.date,
            key=f"message:{row.id}",
            site="",
            tags={"outlet": row.outlet},
            text=f"Сообщение {row.date:%d.%m.%Y}, {row.outlet}: «{row.title}»",
        )


def _open(query: Select[Any], table: type[Site] | type[Zone], since: dt.date, until: dt.date) -> Select[Any]:
    return query.where(table.opened <= until, (table.closed.is_(None)) | (table.closed >= since))


_Giver = Callable[[Connection, dt.date, dt.date, dict[str, str]], Iterator[Fact]]
_GIVERS: tuple[_Giver, ...] = (_sites, _sessions, _attendance, _consultations, _events, _visits, _zones, _messages)
