"""What happened in class and at the desk, as facts that indicators count."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, func, select

from ecitizen.register.sources import Source, Tag, day, free, number, rows_of, truth
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

_SITES = Source(
    kind="site-access",
    query=select(Site),
    date=Site.opened.expression,
    site=Site.id.expression,
    key=(Site.id.expression,),
    ends=Site.closed.expression,
    tags={"until": day(Site.closed)},
    text=lambda row: f"{row.name} ({_SITE_KINDS[row.kind]}): доступ открыт с {row.opened:%d.%m.%Y}",
)

_ENROLLED = Source(
    kind="enrolled",
    query=select(Learner).where(Learner.joined_on.is_not(None)),
    date=Learner.joined_on.expression,
    site=Learner.site.expression,
    key=(Learner.number.expression,),
    person=Learner.number.expression,
    tags={"group": Tag(Learner.group_code.expression)},
    text=lambda row: f"Карточка {row.number}: записан в группу {row.group_code} {row.joined_on:%d.%m.%Y}",
)

_PRESENT = select(func.count()).where(Attendance.session_id == Session.id).scalar_subquery()
_SESSIONS = Source(
    kind="session",
    query=select(Session, _PRESENT.label("present")).join_from(Session, ClassGroup),
    date=Session.date.expression,
    site=ClassGroup.site.expression,
    key=(Session.id.expression,),
    amount=_PRESENT,
    tags={"group": Tag(Session.group_code.expression), "lesson": Tag(Session.lesson.expression)},
    text=lambda row: f"Занятие {row.date:%d.%m.%Y}, группа {row.group_code}, урок {row.lesson}, пришли: {row.present}",
)

_ATTENDANCE = Source(
    kind="attendance",
    query=select(Attendance.learner, Session).join_from(Attendance, Session).join(ClassGroup),
    date=Session.date.expression,
    site=ClassGroup.site.expression,
    key=(Session.id.expression, Attendance.learner.expression),
    person=Attendance.learner.expression,
    tags={
        "group": Tag(Session.group_code.expression),
        "lesson": Tag(Session.lesson.expression),
        "session": number(Session.id),
    },
    text=lambda row: f"Карточка {row.learner}: занятие {row.date:%d.%m.%Y}, группа {row.group_code}, урок {row.lesson}",
)


def _how(row: Any) -> str:
    return f"{row.date:%d.%m.%Y}, {_CHANNELS[row.channel]}, {_FORMS[row.form]}"


_HELP = {
    "channel": Tag(Consultation.channel.expression),
    "form": Tag(Consultation.form.expression),
    "category": Tag(Consultation.category.expression),
    "age": Tag(Consultation.age.expression),
    "topic": free(Consultation.topic),
    "service-obtained": truth(Consultation.service_obtained),
    "satisfaction": number(Consultation.satisfaction),
}
_CONSULTATIONS = Source(
    kind="consultation",
    **rows_of(Consultation),
    amount=Consultation.persons.expression,
    tags=_HELP,
    text=lambda row: f"Консультация {_how(row)}, тема: {row.topic}",
)
_SERVICES = Source(
    kind="service",
    **rows_of(Consultation, Consultation.service_obtained.expression),
    amount=Consultation.persons.expression,
    tags={**_HELP, "service": free(Consultation.service)},
    text=lambda row: f"Услуга получена {_how(row)}: {row.service or row.topic}",
)

_EVENT = {
    "event-kind": free(Event.kind),
    "audience": Tag(Event.audience.expression),
    "place": Tag(Event.place.expression),
    "guests": Tag(Event.guests != "", lambda value: "yes" if value else "no", lambda tag: tag == "yes"),
}


def _event(row: Any) -> str:
    return f"Мероприятие {row.date:%d.%m.%Y} «{row.name}»"


def _held(row: Any) -> str:
    return f"{_event(row)}, посетителей: {row.attended}{f', приглашены: {row.guests}' if row.guests else ''}"


_EVENTS = Source(
    kind="event",
    **rows_of(Event),
    amount=Event.attended.expression,
    tags=_EVENT,
    text=_held,
)


def _positive(number: ColumnElement[int]) -> ColumnElement[int]:
    return case((number > 0, number), else_=0)


_ELDER = Event.attended - Event.children - Event.youth
_REST = _positive(Event.remote - _ELDER)
"""Remote visitors who can't have been adults, for there were fewer: nobody notes how old who listens from afar is."""


def _came(age: str, amount: ColumnElement[int]) -> Source:
    """Declare the visitors of an age who came themselves."""
    return Source(
        kind="event-visit",
        **rows_of(Event, amount != 0),
        suffix=f":{age}",
        amount=amount,
        tags=_EVENT,
        fixed={"age": age},
        text=lambda row: f"{_event(row)}, {_AGES[age]}: {row.fact_amount}",
    )


_REMOTE = Source(
    kind="event-remote",
    **rows_of(Event, Event.remote != 0),
    amount=Event.remote.expression,
    tags=_EVENT,
    fixed={"channel": "remote"},
    text=lambda row: f"{_event(row)}, удалённо: {row.remote}",
)

_VISITS = Source(
    kind="visit",
    **rows_of(Visit),
    amount=Visit.visits.expression,
    tags={"authority-site": Tag(Visit.authority_site.expression)},
    text=lambda row: f"Посещения {row.authority_site} {row.date:%d.%m.%Y}: {row.visits}",
)

_ZONES = Source(
    kind="zone",
    query=select(Zone),
    date=Zone.opened.expression,
    site=Zone.site.expression,
    key=(Zone.id.expression,),
    ends=Zone.closed.expression,
    tags={"until": day(Zone.closed)},
    text=lambda row: f"Информационная зона «{row.title}», оформлена {row.opened:%d.%m.%Y}",
)

_MESSAGES = Source(
    kind="message",
    query=select(Message),
    date=Message.date.expression,
    site=None,
    key=(Message.id.expression,),
    tags={"outlet": free(Message.outlet), "message-kind": Tag(Message.kind.expression)},
    text=lambda row: f"Сообщение {row.date:%d.%m.%Y}, {row.outlet}: «{row.title}»",
)

_MATERIALS = Source(
    kind="material",
    query=select(Material),
    date=Material.added_on.expression,
    site=None,
    key=(Material.id.expression,),
    tags={"material-kind": Tag(Material.kind.expression)},
    text=lambda row: f"{'Ссылка' if row.kind == 'link' else 'Материал'} «{row.title}», {row.added_on:%d.%m.%Y}",
)

_TRAINING = Source(
    kind="staff-training",
    **rows_of(StaffTraining),
    amount=StaffTraining.attended.expression,
    tags={"training-form": free(StaffTraining.form)},
    text=lambda row: f"Учёба сотрудников {row.date:%d.%m.%Y} «{row.title}», участвовало: {row.attended}",
)

_ANSWERS = Source(
    kind="survey",
    query=select(SurveyAnswer),
    date=SurveyAnswer.date.expression,
    site=SurveyAnswer.site.expression,
    key=(SurveyAnswer.sheet.expression, SurveyAnswer.question.expression),
    amount=SurveyAnswer.answer.expression,
    tags={
        "question": Tag(SurveyAnswer.question.expression),
        "wave": Tag(SurveyAnswer.wave.expression),
        "answer": number(SurveyAnswer.answer),
    },
    text=lambda row: f"Анкета {row.date:%d.%m.%Y}, вопрос {row.question}: {row.answer} из 5",
)

_COUNTERS = Source(
    kind="counter",
    **rows_of(Counter),
    amount=Counter.value.expression,
    tags={"counter": free(Counter.name)},
    text=lambda row: f"Счётчик «{row.name}» {row.date:%d.%m.%Y}: {row.value}{f' ({row.note})' if row.note else ''}",
)

CLASS_SOURCES = (
    *(_SITES, _ENROLLED, _SESSIONS, _ATTENDANCE, _CONSULTATIONS, _SERVICES, _EVENTS, _REMOTE),
    _came("children", _positive(Event.children - _positive(_REST - Event.youth))),
    _came("youth", _positive(Event.youth - _REST)),
    _came("adults", _positive(_ELDER - Event.remote)),
    *(_VISITS, _ZONES, _MESSAGES, _MATERIALS, _TRAINING, _ANSWERS, _COUNTERS),
)
"""Everything that the tables of ``classes`` and ``services`` give."""
