"""What communities, chats and village centres did, as facts that indicators count."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from ecitizen.register.sources import Source, Tag, free, number, rows_of, truth
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

_COMMUNITIES = Source(
    kind="community",
    query=select(Community),
    date=Community.opened.expression,
    site=Community.site.expression,
    key=(Community.code.expression,),
    text=lambda row: f"Сообщество «{row.name}» начало работу {row.opened:%d.%m.%Y}",
)

_MEMBERS = Source(
    kind="member",
    query=select(Member, Community.name).join_from(Member, Community),
    date=Member.joined_on.expression,
    site=Community.site.expression,
    key=(Member.community.expression, Member.member.expression),
    person=Member.member.expression,
    tags={"community": Tag(Member.community.expression)},
    text=lambda row: f"Участник № {row.member} вступил в сообщество «{row.name}» {row.joined_on:%d.%m.%Y}",
)

_MEETINGS = Source(
    kind="meeting",
    **rows_of(Meeting, of=Community),
    amount=Meeting.attended.expression,
    tags={"community": Tag(Meeting.community.expression), "meeting-kind": free(Meeting.kind)},
    text=lambda row: f"«{row.name}», {row.kind} {row.date:%d.%m.%Y}: {row.title}, участников: {row.attended}",
)

_WORKS = Source(
    kind="work",
    **rows_of(Work, of=Community),
    amount=Work.quantity.expression,
    tags={"community": Tag(Work.community.expression), "work-kind": free(Work.kind)},
    text=lambda row: f"«{row.name}», {row.kind} {row.date:%d.%m.%Y}: {row.title}, количество: {row.quantity}",
)

_CHATS = Source(
    kind="chat",
    query=select(Chat),
    date=Chat.opened.expression,
    site=Chat.site.expression,
    key=(Chat.code.expression,),
    tags={"chat": Tag(Chat.code.expression), "network": free(Chat.network)},
    text=lambda row: f"Чат «{row.name}» ({row.network}) открыт {row.opened:%d.%m.%Y}",
)


def _subscribers(kind: str, amount: ColumnElement[int], word: str) -> Source:
    return Source(
        kind=kind,
        query=select(Subscribers, Chat.name).join_from(Subscribers, Chat).where(amount != 0),
        date=Subscribers.date.expression,
        site=Chat.site.expression,
        key=(Subscribers.chat.expression, Subscribers.date.expression),
        amount=amount,
        tags={"chat": Tag(Subscribers.chat.expression), "network": free(Chat.network)},
        text=lambda row: f"Чат «{row.name}» {row.date:%d.%m.%Y}, подписчиков {word}: {row.fact_amount}",
    )


def _asked(row: Any) -> str:
    return f"Вопрос в чате «{row.name}» {row.date:%d.%m.%Y}: {row.topic}"


_QUESTIONS = Source(
    kind="question",
    **rows_of(Question, of=Chat),
    tags={
        "chat": Tag(Question.chat.expression),
        "network": free(Chat.network),
        "answered": truth(Question.answered),
        "topic": free(Question.topic),
    },
    text=_asked,
)
_ANSWER_TIMES = Source(
    kind="answer-time",
    **rows_of(Question, Question.answered.expression, Question.minutes.is_not(None), of=Chat),
    amount=Question.minutes.expression,
    tags={"chat": Tag(Question.chat.expression), "network": free(Chat.network)},
    text=lambda row: f"{_asked(row)}, ответ через {row.minutes} мин",
)

_REVIEWS = Source(
    kind="review",
    **rows_of(Review, of=Chat),
    tags={
        "chat": Tag(Review.chat.expression),
        "network": free(Chat.network),
        "verdict": Tag(Review.verdict.expression),
    },
    text=lambda row: (
        f"Отзыв в чате «{row.name}» {row.date:%d.%m.%Y}, {_VERDICTS[row.verdict]}{f': {row.gist}' if row.gist else ''}"
    ),
)

_REQUEST = {"request-kind": free(Ticket.kind), "first": truth(Ticket.first), "result": Tag(Ticket.result.expression)}


def _request(row: Any) -> str:
    return f"Обращение {row.date:%d.%m.%Y}, {row.kind}"


_TICKETS = Source(
    kind="ticket",
    **rows_of(Ticket),
    tags=_REQUEST,
    text=lambda row: f"{_request(row)}: {', '.join(filter(None, [row.topic, _RESULTS[row.result]]))}",
)


def _minutes(kind: str, amount: ColumnElement[int | None], word: str) -> Source:
    return Source(
        kind=kind,
        **rows_of(Ticket, amount.is_not(None)),
        amount=amount,
        tags=_REQUEST,
        text=lambda row: f"{_request(row)}, {word} {row.fact_amount} мин",
    )


_RATINGS = Source(
    kind="ticket-rating",
    **rows_of(Ticket, Ticket.rating.is_not(None)),
    amount=Ticket.rating.expression,
    tags={**_REQUEST, "rating": number(Ticket.rating)},
    text=lambda row: f"{_request(row)}, оценка {row.rating}",
)


def _offer(row: Any) -> str:
    taken = "принято" if row.accepted else "не принято"
    return f"Излишки {row.date:%d.%m.%Y}: {row.product}, {row.quantity} {row.unit}, {taken}"


_SURPLUS = Source(
    kind="surplus",
    **rows_of(Surplus),
    amount=Surplus.quantity.expression,
    tags={"product": free(Surplus.product), "unit": free(Surplus.unit), "accepted": truth(Surplus.accepted)},
    text=_offer,
)

PROJECT_SOURCES = (
    *(_COMMUNITIES, _MEMBERS, _MEETINGS, _WORKS, _CHATS),
    _subscribers("chat-joined", Subscribers.joined.expression, "пришло"),
    _subscribers("chat-left", Subscribers.left.expression, "ушло"),
    *(_QUESTIONS, _ANSWER_TIMES, _REVIEWS, _TICKETS),
    _minutes("ticket-wait", Ticket.wait_min.expression, "ждал"),
    _minutes("ticket-serve", Ticket.serve_min.expression, "обслужен"),
    *(_RATINGS, _SURPLUS),
)
"""Everything that the tables of ``projects`` give."""
