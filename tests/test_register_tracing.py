"""The trace read back: tables, columns and values in the words people know, piece by piece."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.pool import StaticPool

from ecitizen.cli.who import system_user
from ecitizen.errors import CourseError
from ecitizen.register.changes import change_row
from ecitizen.register.looking import note_look
from ecitizen.register.sheets.traced import told, traced_sheets
from ecitizen.register.tables import Base, Change
from ecitizen.register.tracing import TracePage, changes

TODAY = dt.date.today()
KEPT_APART = {"change", "undo", "partner_fact", "place", "forum_team", "survey_code"}
"""Tables that leave no lines in the trace."""


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """Open a register in which five things were changed and one was looked at."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    help_given = {"date": dt.date(2026, 3, 2), "channel": "telephone", "service_obtained": True, "service": ""}
    rows = [
        change_row("Ольга", "person", 104, None, {"number": 104, "surname": "Ёлкина", "contact": None}),
        change_row("Ольга", "learner", 104, {"pin_hash": "а"}, {"pin_hash": "б"}),
        change_row("ivanova", "consultation", 7, None, help_given | {"sent": "ключ формы"}),
        change_row("ivanova", "consent", 3, {"withdrawn_on": None}, {"withdrawn_on": dt.date(2026, 3, 1)}),
        change_row("ivanova", "attendance", "5/104", {"session_id": 5, "learner": 104}, None),
        change_row("ivanova", "person", 105, {}, None),
    ]
    with engine.begin() as connection:
        connection.execute(insert(Change), rows)
    note_look(engine, "Ольга", "person:104")
    yield engine
    engine.dispose()


def read(engine: Engine, table: str = "", skip: int = 0, limit: int = 50) -> TracePage:
    return changes(engine, TODAY, TODAY, table=table, skip=skip, limit=limit)


def test_changes_are_told_in_words(engine: Engine) -> None:
    found = [(one.who, one.table, one.key, one.before, one.after) for one in read(engine).changes]
    assert found == [
        ("ivanova", "Слушатели", "105", {}, None),
        ("ivanova", "Посещаемость", "5/104", {"Занятие, запись": "5", "Номер карточки": "104"}, None),
        ("ivanova", "Согласия", "3", {"Отозвано": "пусто"}, {"Отозвано": "01.03.2026"}),
        (
            "ivanova",
            "Консультации",
            "7",
            None,
            {"Дата": "02.03.2026", "Канал": "телефон", "Услуга получена": "да", "Какая услуга": "пусто"},
        ),
        ("Ольга", "Слушатели", "104", {"ПИН": "скрыто"}, {"ПИН": "скрыто"}),
        ("Ольга", "Слушатели", "104", None, {"Номер карточки": "104", "Фамилия": "скрыто", "Контакт": "пусто"}),
    ]


def test_trace_comes_in_pieces(engine: Engine) -> None:
    whole = read(engine)
    assert whole.total == len(whole.changes) == 6
    part = read(engine, skip=2, limit=3)
    assert (part.total, part.changes) == (6, whole.changes[2:5])
    assert read(engine, skip=6).changes == []
    assert changes(engine, TODAY - dt.timedelta(2), TODAY - dt.timedelta(1)).total == 0


def test_one_table_is_both_halves_of_a_learner(engine: Engine) -> None:
    assert [one.key for one in read(engine, "learners").changes] == ["105", "104", "104"]
    assert read(engine, "certificates").total == 0
    with pytest.raises(CourseError, match=r"такой таблицы нет: 'person'.*learners.*marks"):
        read(engine, "person")


def test_every_traced_table_and_column_has_a_name() -> None:
    """A migration that adds a column to a table of the register gives it a header, or this fails."""
    sheets = traced_sheets()
    assert set(Base.metadata.tables) - set(sheets) == KEPT_APART
    for name, sheet in sheets.items():
        if sheet.table is not None:
            columns = Base.metadata.tables[name].columns.keys()
            assert not [header for header in told(sheet, dict.fromkeys(columns)) if header in columns], name


def test_commands_are_traced_by_the_user_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "ivanova")
    assert system_user() == "ivanova (командная строка)"

    def nobody() -> str:
        raise KeyError("uid 12345")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert system_user() == "(командная строка)"
