"""Communities, chats and the queue of a village centre as files."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.register import tables
from ecitizen.register.cells import Choice, Count, Words, YesNo
from ecitizen.register.sheets.services import MANY
from ecitizen.register.sheets.sheet import Column, Common, Sheet

_VERDICTS = {
    "good": ("положительный", "хороший", "благодарность"),
    "neutral": ("нейтральный",),
    "bad": ("отрицательный", "плохой", "жалоба"),
}
_RESULTS = {
    "done": ("выполнено", "решено", "да"),
    "passed-on": ("передано", "направлено", "передано эксперту"),
    "not-done": ("не выполнено", "отказ", "нет"),
}
_COMMUNITY = Column("community", "Сообщество", Words(200), ("Код сообщества",), required=True, refers="community")
_CHAT = Column("chat", "Чат", Words(200), ("Код чата",), required=True, refers="chat")


def project_sheets(common: Common) -> Iterator[Sheet]:
    """Give the sheets in the order in which they refer to each other."""
    yield _named(common, "communities", "Сообщества", tables.Community)
    yield _members(common)
    yield from _doings(common)
    yield _named(
        common, "chats", "Чаты", tables.Chat, Column("network", "Сеть", Words(80), ("Мессенджер",), required=True)
    )
    yield from _chat_life(common)
    yield _tickets(common)
    yield _surplus(common)


def _named(common: Common, name: str, title: str, table: type[tables.Base], *more: Column) -> Sheet:
    return Sheet(
        name,
        title,
        (
            Column("code", "Код", Words(40), required=True),
            Column("name", "Название", Words(200), ("Наименование",), required=True),
            *more,
            common.site,
            Column("opened", "Начало", common.day, ("Открыто", "Создано", "Дата"), required=True),
            Column("closed", "Закрыто", common.day, ("Окончание",)),
        ),
        key=("code",),
        table=table,
    )


def _members(common: Common) -> Sheet:
    return Sheet(
        "members",
        "Участники сообществ",
        (
            _COMMUNITY,
            Column("member", "Номер участника", Count(1, 999_999), ("Участник",), required=True),
            Column("joined_on", "Вступил", common.day, ("Дата", "Вступила"), required=True),
            Column("left_on", "Вышел", common.day, ("Вышла",)),
        ),
        key=("community", "member"),
        table=tables.Member,
    )


def _doings(common: Common) -> Iterator[Sheet]:
    kind = Column("kind", "Вид", Words(80), ("Форма", "Вид работы"), required=True)
    title = Column("title", "Название", Words(), ("Тема", "Что сделано"), required=True)
    attended = Column("attended", "Участников", MANY, ("Человек", "Присутствовало"), required=True)
    quantity = Column("quantity", "Количество", MANY, ("Штук", "Единиц"), default=1)
    own = (common.entry, common.date, _COMMUNITY, kind, title)
    yield Sheet("meetings", "Встречи сообществ", (*own, attended), table=tables.Meeting)
    yield Sheet("works", "Дела сообществ", (*own, quantity), table=tables.Work)


def _chat_life(common: Common) -> Iterator[Sheet]:
    yield Sheet(
        "subscribers",
        "Подписчики чатов",
        (
            _CHAT,
            common.date,
            Column("joined", "Пришло", MANY, ("Подписалось", "Новых"), required=True),
            Column("left", "Ушло", MANY, ("Отписалось",), default=0),
        ),
        key=("chat", "date"),
        table=tables.Subscribers,
    )
    yield Sheet(
        "questions",
        "Вопросы в чатах",
        (
            common.entry,
            common.date,
            _CHAT,
            Column("topic", "Тема", Words(), ("Вопрос", "О чём"), required=True),
            Column("answered", "Отвечено", YesNo(), ("Есть ответ",), default=False),
            Column("minutes", "Минут до ответа", Count(0, 999_999), ("Минут", "Время ответа")),
        ),
        table=tables.Question,
    )
    yield Sheet(
        "reviews",
        "Отзывы в чатах",
        (
            common.entry,
            common.date,
            _CHAT,
            Column("verdict", "Отзыв", Choice(_VERDICTS), ("Оценка",), required=True),
            Column("gist", "Суть", Words(), ("О чём", "Содержание"), default=""),
        ),
        table=tables.Review,
    )


def _tickets(common: Common) -> Sheet:
    wait = Count(0, 1440)
    return Sheet(
        "tickets",
        "Электронная очередь",
        (
            common.entry,
            common.date,
            common.site,
            Column("kind", "Вид обращения", Words(80), ("Вид", "Услуга"), required=True),
            Column("topic", "Тема", Words(), ("Вопрос",), default=""),
            Column("first", "Впервые", YesNo(), ("Пришёл впервые", "Новый посетитель"), required=True),
            Column("wait_min", "Ждал, мин", wait, ("Ожидание, мин", "Ожидание")),
            Column("serve_min", "Обслужен, мин", wait, ("Обслуживание, мин", "Обслуживание")),
            Column("result", "Результат", Choice(_RESULTS), ("Итог",), default="done"),
            Column("rating", "Оценка", Count(1, 5), ("Удовлетворённость", "Отзыв")),
        ),
        table=tables.Ticket,
    )


def _surplus(common: Common) -> Sheet:
    return Sheet(
        "surplus",
        "Сельскохозяйственные излишки",
        (
            common.entry,
            common.date,
            common.site,
            Column("product", "Продукт", Words(200), ("Что сдают", "Продукция"), required=True),
            Column("quantity", "Количество", MANY, ("Объём",), required=True),
            Column("unit", "Единица", Words(20), ("Ед", "Ед. изм."), default="кг"),
            Column("accepted", "Принято", YesNo(), ("Сдано",), default=False),
        ),
        table=tables.Surplus,
    )
