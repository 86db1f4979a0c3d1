"""Places, people, groups and lessons as files."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.register import tables
from ecitizen.register.cells import Choice, Clock, Code, Count, Day, NameWord, PinCode, Words
from ecitizen.register.sheets.sheet import Column, Common, Sheet

_SITE_KINDS = {
    "library": ("библиотека", "библиотека-филиал", "филиал"),
    "cpi": ("ЦПИ", "центр правовой информации"),
    "village": ("сельский центр", "село", "КЦОН"),
}
_ROLES = {
    "instructor": ("ведущий", "ведущая", "преподаватель", "библиотекарь"),
    "curator": ("цифровой куратор", "куратор", "консультант"),
    "manager": ("менеджер проекта", "руководитель проекта", "руководитель"),
    "expert": ("удалённый эксперт", "эксперт"),
}
_CARD = Column("learner", "Номер карточки", Count(1, 999_999), ("Карточка",), required=True, refers="learner")


def class_sheets(common: Common) -> Iterator[Sheet]:
    """Give the sheets in the order in which they refer to each other."""
    yield _sites(common.day)
    yield _staff(common)
    yield _groups(common)
    yield _learners(common)
    yield _consents(common)
    yield _timetable(common)
    lesson = Column("lesson", "Урок", Code(), ("Занятие", "Код урока", "Тема урока"), required=True)
    yield Sheet(
        "sessions",
        "Занятия",
        (common.entry, common.date, common.group, lesson, common.minutes),
        key=("date", "group_code", "lesson"),
        table=tables.Session,
    )
    yield Sheet(
        "attendance",
        "Посещаемость",
        (common.date, common.group, lesson, _CARD, common.minutes),
        key=("date", "group_code", "lesson", "learner"),
    )


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
        table=tables.Site,
    )


def _staff(common: Common) -> Sheet:
    return Sheet(
        "staff",
        "Сотрудники",
        (
            common.entry,
            Column("name", "Сотрудник", Words(200), ("Имя", "ФИО", "Фамилия, имя"), required=True, personal=True),
            Column("role", "Роль", Choice(_ROLES), ("Должность в проекте",), required=True),
            common.site,
            Column("since", "Работает с", common.day, ("С", "Принят")),
            Column("until", "Работает по", common.day, ("По", "Уволен")),
        ),
        key=("name", "role"),
        table=tables.Staff,
    )


def _groups(common: Common) -> Sheet:
    return Sheet(
        "groups",
        "Группы",
        (
            Column("code", "Код", Words(40), ("Код группы", "Группа"), required=True),
            Column("name", "Название", Words(200), ("Название группы", "Наименование"), required=True),
            common.site,
        ),
        key=("code",),
        table=tables.ClassGroup,
    )


def _learners(common: Common) -> Sheet:
    day = common.day
    born = Count(1900, day.latest.year)
    return Sheet(
        "learners",
        "Слушатели",
        (
            Column("number", "Номер карточки", Count(1, 999_999), ("Карточка", "Номер читателя")),
            Column("surname", "Фамилия", NameWord(), required=True, personal=True),
            Column("given", "Имя", NameWord(), required=True, personal=True),
            Column("patronymic", "Отчество", NameWord(), default="", personal=True),
            Column("birth_year", "Год рождения", born, ("Год", "Г. р."), personal=True),
            Column("contact", "Контакт", Words(200), ("Телефон", "Контакты"), personal=True),
            common.group,
            common.site,
            Column("consent_on", "Согласие", common.past, ("Согласие дата", "Дата согласия"), personal=True),
            Column("pin", "ПИН", PinCode(), ("ПИН-код", "PIN", "Пин код"), exported=False),
            Column("seat", "Компьютер", Words(20), ("Номер компьютера", "Рабочее место")),
            Column("joined_on", "Записан", day, ("Дата записи", "Записана")),
            Column("left_on", "Выбыл", day, ("Дата выбытия", "Выбыла")),
        ),
        key=("number",),
    )


def _consents(common: Common) -> Sheet:
    # Data may be kept for years: these days lie further ahead than others.
    day, past = common.day, common.past
    due = Day(day.latest.replace(year=day.latest.year + 50, day=min(day.latest.day, 28)))
    return Sheet(
        "consents",
        "Согласия",
        (
            Column("id", "Номер записи", Count(1, 999_999_999), ("id",)),
            _CARD,
            Column("purpose", "Цель", Words(200), ("Цель обработки", "Для чего"), required=True),
            Column("given_on", "Дано", past, ("Дата согласия", "Дата"), required=True),
            Column("withdrawn_on", "Отозвано", past, ("Дата отзыва",)),
            Column("keep_until", "Хранить до", due, ("Срок хранения",)),
            Column("erased_on", "Стёрто", past, ("Дата стирания", "Уничтожено")),
        ),
        key=("learner", "purpose", "given_on"),
        table=tables.Consent,
    )


def _timetable(common: Common) -> Sheet:
    return Sheet(
        "timetable",
        "Расписание",
        (
            common.entry,
            common.group,
            Column("first_on", "С", common.day, ("Первое занятие", "Начало курса"), required=True),
            Column("last_on", "По", common.day, ("Последнее занятие", "Конец курса"), required=True),
            Column("begins", "Начало", Clock(), ("Время", "Начало занятия"), required=True),
            Column("minutes", "Минут", Count(5, 600), ("Длительность", "Длительность, мин"), default=90),
            Column("every_weeks", "Через недель", Count(1, 8), ("Раз в недель",), default=1),
            Column("room", "Где", Words(200), ("Кабинет", "Зал"), default=""),
        ),
        key=("group_code", "first_on", "begins"),
        table=tables.Timetable,
    )
