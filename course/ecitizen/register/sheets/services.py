"""Help, events, publicity and counters as files."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.register import tables
from ecitizen.register.cells import Choice, Code, Count, SheetMark, Words, YesNo
from ecitizen.register.sheets.sheet import Column, Common, Sheet

MANY = Count(0, 1_000_000)
_CHANNELS = {
    "person": ("очно", "лично", "в библиотеке"),
    "telephone": ("телефон", "по телефону", "звонок"),
    "remote": ("удалённо", "удаленно", "дистанционно", "интернет", "онлайн"),
}
_FORMS = {
    "individual": ("индивидуальная", "индивидуально", "инд"),
    "group": ("групповая", "группа", "в группе", "группой"),
}
_CATEGORIES = {
    "pensioner": ("пенсионер", "пенсионерка", "пенсионеры"),
    "disability": ("инвалидность", "человек с инвалидностью", "инвалид", "ОВЗ"),
    "other": ("другое", "другой", "другая", "другие", "прочие", "иное"),
}
_AGES = {
    "children": ("до 14 лет", "дети", "ребёнок"),
    "youth": ("15–30 лет", "15-30 лет", "молодёжь"),
    "adults": ("старше 30 лет", "взрослые", "взрослый"),
}
_AUDIENCES = {
    "all": ("для всех", "все", "взрослые"),
    "children": ("до 14 лет", "дети"),
    "youth": ("15–30 лет", "15-30 лет", "молодёжь"),
}
_PLACES = {
    "inside": ("в библиотеке", "в здании", "стационар"),
    "outside": ("вне библиотеки", "выездное", "вне стационара"),
    "distance": ("дистанционно", "онлайн", "удалённо"),
}
_MESSAGE_KINDS = {
    "media": ("СМИ", "газета", "радио", "телевидение"),
    "site": ("сайт", "свой сайт"),
    "social": ("соцсеть", "социальная сеть"),
    "chat": ("чат", "мессенджер", "рассылка"),
}
_WAVES = {"end": ("после курса",), "later": ("через три месяца",)}
_MATERIAL_KINDS = {"link": ("ссылка",), "material": ("материал",)}


def service_sheets(common: Common) -> Iterator[Sheet]:
    """Give the sheets."""
    yield _consultations(common)
    yield _events(common)
    yield from _visits_and_zones(common)
    yield _messages(common)
    yield _materials(common)
    yield _training(common)
    yield _surveys(common)
    yield _counters(common)


def _consultations(common: Common) -> Sheet:
    return Sheet(
        "consultations",
        "Консультации",
        (
            common.entry,
            common.happened,
            common.site,
            Column("channel", "Канал", Choice(_CHANNELS), ("Способ", "Как обратились"), default="person"),
            Column("form", "Форма", Choice(_FORMS), ("Форма консультации",), default="individual"),
            Column("topic", "Тема", Words(), ("Вопрос", "Тема консультации"), required=True),
            Column("category", "Категория", Choice(_CATEGORIES), ("Категория граждан",), default="other"),
            Column("service_obtained", "Услуга получена", YesNo(), ("Получена услуга",), default=False),
            Column("service", "Какая услуга", Words(), ("Услуга", "Наименование услуги"), default=""),
            common.minutes,
            Column("satisfaction", "Оценка", Count(1, 5), ("Удовлетворённость",)),
            Column("persons", "Человек", Count(1, 1000), ("Количество человек", "Чел"), default=1),
            Column("age", "Возраст", Choice(_AGES), ("Возрастная группа",), default="adults"),
        ),
        table=tables.Consultation,
    )


def _events(common: Common) -> Sheet:
    return Sheet(
        "events",
        "Мероприятия",
        (
            common.entry,
            common.date,
            common.site,
            Column("name", "Название", Words(), ("Мероприятие", "Наименование", "Тема"), required=True),
            Column("kind", "Вид", Words(80), ("Форма", "Вид мероприятия"), default=""),
            Column(
                "attended",
                "Посетителей",
                MANY,
                ("Присутствовало", "Количество человек", "Человек", "Число посетителей"),
                required=True,
            ),
            Column("audience", "Для кого", Choice(_AUDIENCES), ("Читательское назначение",), default="all"),
            Column("place", "Где проведено", Choice(_PLACES), ("Место проведения",), default="inside"),
            Column("children", "До 14 лет", MANY, ("Из них до 14 лет", "Дети"), default=0),
            Column("youth", "15–30 лет", MANY, ("Из них 15–30 лет", "Молодёжь"), default=0),
            Column("remote", "Удалённо", MANY, ("Из них удалённо", "Дистанционно", "Онлайн"), default=0),
            Column("guests", "Приглашены", Words(), ("Гости", "Специалисты", "С кем"), default=""),
        ),
        table=tables.Event,
    )


def _visits_and_zones(common: Common) -> Iterator[Sheet]:
    yield Sheet(
        "visits",
        "Посещения сайтов органов власти",
        (
            common.entry,
            common.date,
            common.site,
            Column("authority_site", "Сайт", Words(200), ("Сайт органа власти", "Адрес сайта"), required=True),
            Column("visits", "Посещений", MANY, ("Количество посещений", "Количество"), required=True),
        ),
        table=tables.Visit,
    )
    yield Sheet(
        "zones",
        "Информационные зоны",
        (
            common.entry,
            common.site,
            Column("title", "Название", Words(), ("Зона", "Информационная зона", "Наименование"), required=True),
            Column("opened", "Открыта", common.day, ("Дата открытия", "Оформлена", "Дата"), required=True),
            Column("closed", "Закрыта", common.day, ("Дата закрытия",)),
        ),
        key=("site", "title", "opened"),
        table=tables.Zone,
    )


def _messages(common: Common) -> Sheet:
    return Sheet(
        "messages",
        "Сообщения для СМИ",
        (
            common.entry,
            common.date,
            Column("outlet", "Где размещено", Words(200), ("СМИ", "Издание", "Площадка", "Сайт"), required=True),
            Column("title", "Заголовок", Words(), ("Название", "Тема", "Сообщение"), required=True),
            Column("kind", "Вид", Choice(_MESSAGE_KINDS), ("Вид площадки",), default="media"),
        ),
        key=("date", "outlet", "title"),
        table=tables.Message,
    )


def _materials(common: Common) -> Sheet:
    return Sheet(
        "materials",
        "Архив ссылок и материалов",
        (
            common.entry,
            Column("kind", "Вид", Choice(_MATERIAL_KINDS), default="link"),
            Column("title", "Название", Words(), ("Наименование",), required=True),
            Column("address", "Адрес", Words(), ("Ссылка", "Где лежит", "Файл"), required=True),
            Column("added_on", "Добавлено", common.day, ("Дата", "Дата добавления"), required=True),
            Column("checked_on", "Проверено", common.day, ("Дата проверки",)),
            Column("note", "Примечание", Words(), ("Заметка",), default=""),
        ),
        key=("kind", "address"),
        table=tables.Material,
    )


def _training(common: Common) -> Sheet:
    return Sheet(
        "staff-training",
        "Учёба сотрудников",
        (
            common.entry,
            common.date,
            common.site,
            Column("title", "Тема", Words(), ("Название", "Мероприятие"), required=True),
            Column("form", "Форма", Words(80), ("Вид",), default=""),
            Column("hours", "Часов", Count(1, 1000), ("Часы",)),
            Column("attended", "Сотрудников", MANY, ("Участвовало", "Человек"), required=True),
        ),
        table=tables.StaffTraining,
    )


def _surveys(common: Common) -> Sheet:
    return Sheet(
        "surveys",
        "Ответы на анкеты",
        (
            Column("sheet", "Лист", SheetMark(), ("Анкета",), required=True),
            Column("question", "Вопрос", Code(60), required=True),
            common.date,
            common.site,
            Column("wave", "Когда", Choice(_WAVES), default="end"),
            Column("answer", "Ответ", Count(1, 5), required=True),
        ),
        key=("sheet", "question"),
        table=tables.SurveyAnswer,
    )


def _counters(common: Common) -> Sheet:
    return Sheet(
        "counters",
        "Счётчики",
        (
            common.entry,
            common.date,
            common.site,
            Column("name", "Показатель", Words(200), ("Счётчик", "Название"), required=True),
            Column("value", "Значение", Count(0, 999_999_999), ("Количество", "Число"), required=True),
            Column("note", "Примечание", Words(), ("Откуда", "Основание"), default=""),
        ),
        key=("date", "site", "name"),
        table=tables.Counter,
    )
