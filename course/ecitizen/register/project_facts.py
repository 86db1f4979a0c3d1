"""What communities, chats and village centres did, as facts that indicators count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from ecitizen.facts import Fact, folded
from ecitizen.register.tables import (
    Chat,
    Community,
    Meeting,
    Member,
    Question,
    Review,
    Subscribers,
    Surplus,
    Ticket,
    Work,
)

_VERDICTS = {"good": "положительный", "neutral": "нейтральный", "bad": "отрицательный"}
_RESULTS = {"done": "выполнено", "passed-on": "передано", "not-done": "не выполнено"}


def _communities(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Community).where(Community.opened.between(since, until))):
        yield Fact(
            kind="community",
            date=row.opened,
            key=f"community:{row.code}",
            site=row.site,
            tags={"site-kind": kinds[row.site]},
            text=f"Сообщество «{row.name}» начало работу {row.opened:%d.%m.%Y}",
        )


def _members(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    query = select(Member, Community.name, Community.site).join_from(Member, Community)
    for row in connection.execute(query.where(Member.joined_on.between(since, until))):
        yield Fact(
            kind="member",
            date=row.joined_on,
            key=f"member:{row.community}:{row.member}",
            site=row.site,
            person=row.member,
            tags={"community": row.community, "site-kind": kinds[row.site]},
            text=f"Участник № {row.member} вступил в сообщество «{row.name}» {row.joined_on:%d.%m.%Y}",
        )


def _meetings(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    query = select(Meeting, Community.name, Community.site).join_from(Meeting, Community)
    for row in connection.execute(query.where(Meeting.date.between(since, until))):
        yield Fact(
            kind="meeting",
            date=row.date,
            key=f"meeting:{row.id}",
            site=row.site,
            amount=row.attended,
            tags={"community": row.community, "meeting-kind": folded(row.kind), "site-kind": kinds[row.site]},
            text=f"«{row.name}», {row.kind} {row.date:%d.%m.%Y}: {row.title}, участников: {row.attended}",
        )


def _works(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    query = select(Work, Community.name, Community.site).join_from(Work, Community)
    for row in connection.execute(query.where(Work.date.between(since, until))):
        yield Fact(
            kind="work",
            date=row.date,
            key=f"work:{row.id}",
            site=row.site,
            amount=row.quantity,
            tags={"community": row.community, "work-kind": folded(row.kind), "site-kind": kinds[row.site]},
            text=f"«{row.name}», {row.kind} {row.date:%d.%m.%Y}: {row.title}, количество: {row.quantity}",
        )


def _of_chat(row: Any, kinds: dict[str, str]) -> dict[str, str]:
    return {"chat": row.chat, "network": folded(row.network), "site-kind": kinds[row.site]}


def _chats(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Chat).where(Chat.opened.between(since, until))):
        yield Fact(
            kind="chat",
            date=row.opened,
            key=f"chat:{row.code}",
            site=row.site,
            tags={"chat": row.code, "network": folded(row.network), "site-kind": kinds[row.site]},
            text=f"Чат «{row.name}» ({row.network}) открыт {row.opened:%d.%m.%Y}",
        )


def _subscribers(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    query = select(Subscribers, Chat.name, Chat.network, Chat.site).join_from(Subscribers, Chat)
    for row in connection.execute(query.where(Subscribers.date.between(since, until))):
        for kind, count, word in (("chat-joined", row.joined, "пришло"), ("chat-left", row.left, "ушло")):
            if count:
                yield Fact(
                    kind=kind,
                    date=row.date,
                    key=f"{kind}:{row.chat}:{row.date}",
                    site=row.site,
                    amount=count,
                    tags=_of_chat(row, kinds),
                    text=f"Чат «{row.name}» {row.date:%d.%m.%Y}, подписчиков {word}: {count}",
                )


def _questions(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    query = select(Question, Chat.name, Chat.network, Chat.site).join_from(Question, Chat)
    for row in connection.execute(query.where(Question.date.between(since, until))):
        tags, about = _of_chat(row, kinds), {"date": row.date, "site": row.site}
        text = f"Вопрос в чате «{row.name}» {row.date:%d.%m.%Y}: {row.topic}"
        answered = {"answered": "yes" if row.answered else "no", "topic": folded(row.topic)}
        yield Fact(kind="question", key=f"question:{row.id}", tags=tags | answered, text=text, **about)
        if row.answered and row.minutes is not None:
            key, shown = f"answer-time:{row.id}", f"{text}, ответ через {row.minutes} мин"
            yield Fact(kind="answer-time", key=key, amount=row.minutes, tags=tags, text=shown, **about)


def _reviews(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    query = select(Review, Chat.name, Chat.network, Chat.site).join_from(Review, Chat)
    for row in connection.execute(query.where(Review.date.between(since, until))):
        gist = f": {row.gist}" if row.gist else ""
        yield Fact(
            kind="review",
            date=row.date,
            key=f"review:{row.id}",
            site=row.site,
            tags=_of_chat(row, kinds) | {"verdict": row.verdict},
            text=f"Отзыв в чате «{row.name}» {row.date:%d.%m.%Y}, {_VERDICTS[row.verdict]}{gist}",
        )


def _tickets(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Ticket).where(Ticket.date.between(since, until))):
        tags = {
            "request-kind": folded(row.kind),
            "first": "yes" if row.first else "no",
            "result": row.result,
            "site-kind": kinds[row.site],
        }
        text = f"Обращение {row.date:%d.%m.%Y}, {row.kind}"
        about = {"date": row.date, "site": row.site}
        shown = f"{text}: {row.topic or _RESULTS[row.result]}, {_RESULTS[row.result]}"
        yield Fact(kind="ticket", key=f"ticket:{row.id}", tags=tags, text=shown, **about)
        for kind, minutes, word in (("ticket-wait", row.wait_min, "ждал"), ("ticket-serve", row.serve_min, "обслужен")):
            if minutes is not None:
                shown = f"{text}, {word} {minutes} мин"
                yield Fact(kind=kind, key=f"{kind}:{row.id}", amount=minutes, tags=tags, text=shown, **about)
        if row.rating is not None:
            key, rated = f"ticket-rating:{row.id}", tags | {"rating": str(row.rating)}
            shown = f"{text}, оценка {row.rating}"
            yield Fact(kind="ticket-rating", key=key, amount=row.rating, tags=rated, text=shown, **about)


def _surplus(connection: Connection, since: dt.date, until: dt.date, kinds: dict[str, str]) -> Iterator[Fact]:
    for row in connection.execute(select(Surplus).where(Surplus.date.between(since, until))):
        taken = "принято" if row.accepted else "не принято"
        yield Fact(
            kind="surplus",
            date=row.date,
            key=f"surplus:{row.id}",
            site=row.site,
            amount=row.quantity,
            tags={
                "product": folded(row.product),
                "unit": folded(row.unit),
                "accepted": "yes" if row.accepted else "no",
                "site-kind": kinds[row.site],
            },
            text=f"Излишки {row.date:%d.%m.%Y}: {row.product}, {row.quantity} {row.unit}, {taken}",
        )


PROJECT_GIVERS = (
    (frozenset({"community"}), _communities),
    (frozenset({"member"}), _members),
    (frozenset({"meeting"}), _meetings),
    (frozenset({"work"}), _works),
    (frozenset({"chat"}), _chats),
    (frozenset({"chat-joined", "chat-left"}), _subscribers),
    (frozenset({"question", "answer-time"}), _questions),
    (frozenset({"review"}), _reviews),
    (frozenset({"ticket", "ticket-wait", "ticket-serve", "ticket-rating"}), _tickets),
    (frozenset({"surplus"}), _surplus),
)
"""Each gives facts of these kinds, and no others, from one table."""
