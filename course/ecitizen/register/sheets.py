"""How each table of the register looks as a file: its columns, their Russian headers and synonyms, what is required."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from ecitizen.errors import CourseError
from ecitizen.register.cells import Choice, Code, Count, Day, Kind, NameWord, PinCode, Words, YesNo

FUTURE_DAYS = 366
"""A planned closing date may lie so far ahead; more is a slip of the pen."""

_SITE_KINDS = {
    "library": ("библиотека", "библиотека-филиал", "филиал"),
    "cpi": ("ЦПИ", "центр правовой информации"),
    "village": ("сельский центр", "село", "КЦОН"),
}
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


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file."""

    field: str
    """Name of the value in our tables."""

    header: str
    """As we write it."""

    kind: Kind
    also: tuple[str, ...] = ()
    """Other headers that mean the same."""

    required: bool = False
    """A new row can't be made without it."""

    default: Any = None
    """What an empty cell and an absent column mean."""

    personal: bool = False
    """Exported only when names are asked for."""

    exported: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table as a file."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    """Fields that say that two rows are the same thing; empty: rows that agree in everything are the same."""

    def find(self, header: str) -> Column | None:
        """Give the column that a header means; case, ё, № and remarks in brackets don't matter."""
        known = {_normal(name): column for column in self.columns for name in (column.header, *column.also)}
        return known.get(_normal(header)) or known.get(_normal(re.sub(r"\(.*?\)", " ", header)))

    def column(self, field: str) -> Column:
        """Give the column of a field."""
        return next(column for column in self.columns if column.field == field)


ORDINAL = "№ п/п"
"""A column that only tells two otherwise equal lines apart."""


def is_ordinal(header: str) -> bool:
    """Say whether a header is that of a running number."""
    return _normal(header) in {"номер п п", "номер", "п п", "номер пп"}


def sheet_of(name: str, today: dt.date | None = None) -> Sheet:
    """Give a table by its name; raises ``CourseError`` with the names there are."""
    sheets = all_sheets((today or dt.date.today()) + dt.timedelta(days=FUTURE_DAYS))
    if name not in sheets:
        raise CourseError("таблица", f"такой таблицы нет: {name!r}", f"Есть такие: {', '.join(sheets)}")
    return sheets[name]


@cache
def all_sheets(latest: dt.date) -> dict[str, Sheet]:
    """Give all tables by name, in the order in which they can be imported into an empty register."""
    day = Day(latest)
    entry = Column("id", "Номер записи", Count(1, 999_999_999), ("id",))
    date = Column("date", "Дата", day, ("Число", "Дата проведения", "Дата занятия", "Дата обращения"), required=True)
    site = Column("site", "Место", Words(200), ("Библиотека", "Филиал", "Площадка", "Центр", "ЦПИ"))
    group = Column("group_code", "Группа", Words(40), ("Код группы", "Номер группы"), required=True)
    minutes = Column("minutes", "Минут", Count(0, 1440), ("Минуты", "Длительность", "Длительность, мин"))
    sheets = (
        _sites(day),
        _learners(day, group, site),
        Sheet(
            "attendance",
            "Посещаемость",
            (
                date,
                group,
                Column("lesson", "Урок", Code(), ("Занятие", "Код урока", "Тема урока"), required=True),
                Column("learner", "Номер карточки", Count(1, 999_999), ("Карточка",), required=True),
                minutes,
            ),
            key=("date", "group_code", "lesson", "learner"),
        ),
        _consultations(entry, date, site, minutes),
        *_publicity(entry, date, site, day),
    )
    return {sheet.name: sheet for sheet in sheets}


def _sites(day: Day) -> Sheet:
    return Sheet(
        "sites",
        "Места",
        (
            Column("id", "Код", Words(40), ("Код места", "id"), required=True),
            Column("name", "Название", Words(200), ("Библиотека", "Наименование", "Место"), required=True),
            Column("kind", "Вид", Choice(_SITE_KINDS), ("Тип", "Вид места"), default="library"),
            Column("opened", "Открыто", day, ("Открыт", "Дата открытия", "Открыта"), required=True),
            Column("closed", "Закрыто", day, ("Закрыт", "Дата закрытия", "Закрыта")),
        ),
        key=("id",),
    )


def _learners(day: Day, group: Column, site: Column) -> Sheet:
    this_year = day.latest.year
    born = Count(1900, this_year)
    return Sheet(
        "learners",
        "Слушатели",
        (
            Column("number", "Номер карточки", Count(1, 999_999), ("Карточка", "Номер читателя")),
            Column("surname", "Фамилия", NameWord(), required=True, personal=True),
            Column("given", "Имя", NameWord(), required=True, personal=True),
            Column("patronymic", "Отчество", NameWord(), default="", personal=True),
            Column("birth_year", "Год рождения", born, ("Год", "Г. р."), personal=True),
            group,
            site,
            Column("consent_on", "Согласие", day, ("Согласие дата", "Дата согласия"), personal=True),
            Column("pin", "ПИН", PinCode(), ("ПИН-код", "PIN", "Пин код"), exported=False),
            Column("seat", "Компьютер", Words(20), ("Номер компьютера", "Рабочее место")),
            Column("joined_on", "Записан", day, ("Дата записи", "Записана")),
            Column("left_on", "Выбыл", day, ("Дата выбытия", "Выбыла")),
        ),
        key=("number",),
    )


def _consultations(entry: Column, date: Column, site: Column, minutes: Column) -> Sheet:
    return Sheet(
        "consultations",
        "Консультации",
        (
            entry,
            date,
            site,
            Column("channel", "Канал", Choice(_CHANNELS), ("Способ", "Как обратились"), default="person"),
            Column("form", "Форма", Choice(_FORMS), ("Форма консультации",), default="individual"),
            Column("topic", "Тема", Words(), ("Вопрос", "Тема консультации"), required=True),
            Column("category", "Категория", Choice(_CATEGORIES), ("Категория граждан",), default="other"),
            Column("service_obtained", "Услуга получена", YesNo(), ("Получена услуга",), default=False),
            Column("service", "Какая услуга", Words(), ("Услуга", "Наименование услуги"), default=""),
            minutes,
            Column("satisfaction", "Оценка", Count(1, 5), ("Удовлетворённость",)),
            Column("persons", "Человек", Count(1, 1000), ("Количество человек", "Чел"), default=1),
        ),
    )


def _publicity(entry: Column, date: Column, site: Column, day: Day) -> tuple[Sheet, ...]:
    return (
        Sheet(
            "events",
            "Мероприятия",
            (
                entry,
                date,
                site,
                Column("name", "Название", Words(), ("Мероприятие", "Наименование", "Тема"), required=True),
                Column("kind", "Вид", Words(80), ("Форма", "Вид мероприятия"), default=""),
                Column(
                    "attended",
                    "Посетителей",
                    Count(0, 1_000_000),
                    ("Присутствовало", "Количество человек", "Человек", "Число посетителей"),
                    required=True,
                ),
            ),
        ),
        Sheet(
            "visits",
            "Посещения сайтов органов власти",
            (
                entry,
                date,
                site,
                Column("authority_site", "Сайт", Words(200), ("Сайт органа власти", "Адрес сайта"), required=True),
                Column(
                    "visits", "Посещений", Count(0, 1_000_000), ("Количество посещений", "Количество"), required=True
                ),
            ),
        ),
        Sheet(
            "zones",
            "Информационные зоны",
            (
                entry,
                site,
                Column("title", "Название", Words(), ("Зона", "Информационная зона", "Наименование"), required=True),
                Column("opened", "Открыта", day, ("Дата открытия", "Оформлена", "Дата"), required=True),
                Column("closed", "Закрыта", day, ("Дата закрытия",)),
            ),
            key=("site", "title", "opened"),
        ),
        Sheet(
            "messages",
            "Сообщения для СМИ",
            (
                entry,
                date,
                Column("outlet", "Где размещено", Words(200), ("СМИ", "Издание", "Площадка", "Сайт"), required=True),
                Column("title", "Заголовок", Words(), ("Название", "Тема", "Сообщение"), required=True),
            ),
            key=("date", "outlet", "title"),
        ),
    )


def _normal(header: str) -> str:
    text = header.casefold().replace("ё", "е").replace("№", " номер ")
    return " ".join(re.findall(r"\w+", text))
