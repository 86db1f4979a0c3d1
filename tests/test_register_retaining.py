"""Consent ends a purpose at a time, and a card goes whole only when no purpose is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.pool import StaticPool

from ecitizen.errors import CourseError, CourseErrors
from ecitizen.register.importing import import_table
from ecitizen.register.retaining import Due, due, note_destroyed
from ecitizen.register.tables import Base, Change, ClassGroup, Consent, Learner, Person, Site
from ecitizen.register.undoing import undo_last

TODAY = dt.date(2026, 3, 2)
GIVEN = dt.date(2025, 9, 1)
BACK = dt.date(2026, 2, 1)
LONG = dt.date(2029, 9, 1)
JOINED = dt.date(2025, 9, 1)
CARD = 103


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Open a register in which one person learns; consents are each test's own."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Site).values(id="ЦГБ", name="ЦГБ", kind="library", opened=GIVEN))
        connection.execute(insert(ClassGroup).values(code="Утро", name="Утро", site="ЦГБ"))
        values = {"number": CARD, "site": "ЦГБ", "group_code": "Утро", "pin_hash": "", "joined_on": JOINED}
        connection.execute(insert(Learner).values(values))
        connection.execute(insert(Person).values(number=CARD, surname="Ёлкина", given="Анна", patronymic=""))
    yield engine
    engine.dispose()


def agree(engine: Engine, purpose: str, **values: dt.date) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Consent).values({"learner": CARD, "purpose": purpose, "given_on": GIVEN} | values))


def told(found: list[Due]) -> list[tuple[str, str, bool]]:
    return [(one.purpose, one.why, one.whole) for one in found]


def test_one_withdrawn_purpose_spares_the_card(engine: Engine) -> None:
    agree(engine, "Занятия", keep_until=LONG)
    agree(engine, "Фотографии", withdrawn_on=BACK)
    (one,) = due(engine, TODAY)
    assert (one.purpose, one.whole, one.kept) == ("Фотографии", False, ("Занятия",))
    # By the day on which the last purpose ends, nothing is left to keep the card for.
    assert told(due(engine, LONG)) == [("Фотографии", "withdrawn", True), ("Занятия", "ended", True)]


def test_destroyed_purpose_does_not_come_back(engine: Engine) -> None:
    agree(engine, "Занятия", keep_until=LONG)
    agree(engine, "Фотографии", withdrawn_on=BACK)
    note_destroyed(engine, CARD, "фотографии", TODAY, "Ольга")
    assert due(engine, TODAY) == []
    assert due(engine, LONG - dt.timedelta(days=1)) == []
    assert told(due(engine, LONG)) == [("Занятия", "ended", True)]
    with engine.connect() as connection:
        traced = connection.execute(select(Change.table, Change.who, Change.after)).all()
    assert traced == [("consent", "Ольга", '{"erased_on": "2026-03-02"}')]
    undo_last(engine, "Ольга")
    assert told(due(engine, TODAY)) == [("Фотографии", "withdrawn", False)]


def test_day_of_destruction_comes_in_the_table(engine: Engine, tmp_path: Path) -> None:
    agree(engine, "Занятия", keep_until=LONG)
    agree(engine, "Фотографии", withdrawn_on=BACK)
    path = tmp_path / "consents.csv"
    path.write_text(f"Карточка;Цель;Дано;Стёрто\n{CARD};Фотографии;01.09.2025;02.03.2026\n", encoding="utf-8")
    assert import_table(engine, "consents", path, who="Ольга", today=TODAY).changed == 1
    assert due(engine, TODAY) == []


def test_last_purpose_ends_with_the_card(engine: Engine) -> None:
    agree(engine, "Фотографии", withdrawn_on=BACK)
    assert told(due(engine, TODAY)) == [("Фотографии", "withdrawn", True)]
    with pytest.raises(CourseError, match=f"ecitizen erase {CARD}"):
        note_destroyed(engine, CARD, "Фотографии", TODAY, "Ольга")
    # Whoever says so in the table still keeps a name for no purpose.
    with engine.begin() as connection:
        connection.execute(Consent.__table__.update().values(erased_on=TODAY))  # type: ignore[attr-defined]
    assert told(due(engine, TODAY)) == [("Фотографии", "withdrawn", True)]


def test_consent_in_the_list_of_learners_is_asked_about(engine: Engine) -> None:
    agree(engine, "Фотографии", withdrawn_on=BACK)
    with engine.begin() as connection:
        connection.execute(Person.__table__.update().values(consent_on=GIVEN))  # type: ignore[attr-defined]
    (one,) = due(engine, TODAY)
    assert (one.whole, one.listed_on) == (False, GIVEN)
    # Nobody has come for a year: that consent has ended too.
    assert told(due(engine, dt.date(2027, 9, 1))) == [("Фотографии", "withdrawn", True)]


def test_renewed_consent_is_in_force(engine: Engine) -> None:
    agree(engine, "Занятия", keep_until=BACK)
    assert told(due(engine, TODAY)) == [("Занятия", "ended", True)]
    agree(engine, "занятия", given_on=BACK, keep_until=LONG)
    assert due(engine, TODAY) == []


@pytest.mark.parametrize(
    ("purpose", "on", "problem"),
    [
        ("Реклама", TODAY, "записаны: Занятия, Фотографии"),
        ("Занятия", TODAY, "ещё действует"),
        ("Фотографии", BACK - dt.timedelta(days=1), "ещё действует"),
        ("Фотографии", dt.date(2999, 1, 1), "ещё не наступил"),
    ],
    ids=["unknown", "in force", "before the end", "to come"],
)
def test_wrong_destruction_is_refused(engine: Engine, purpose: str, on: dt.date, problem: str) -> None:
    agree(engine, "Занятия", keep_until=LONG)
    agree(engine, "Фотографии", withdrawn_on=BACK)
    with pytest.raises(CourseError, match=problem):
        note_destroyed(engine, CARD, purpose, on, "Ольга")
    note_destroyed(engine, CARD, "Фотографии", TODAY, "Ольга")
    with pytest.raises(CourseError, match="уже отмечено"):
        note_destroyed(engine, CARD, "Фотографии", TODAY, "Ольга")


@pytest.mark.parametrize(
    ("table", "text", "column"),
    [
        ("consents", f"Карточка;Цель;Дано\n{CARD};Занятия;02.03.2027\n", "Дано"),
        ("consents", f"Карточка;Цель;Дано;Отозвано\n{CARD};Занятия;01.09.2025;03.03.2026\n", "Отозвано"),
        ("consultations", "Дата;Место;Тема\n02.03.2027;ЦГБ;Запись к врачу\n", "Дата"),
        ("learners", "Фамилия;Имя;Группа;Согласие\nЖукова;Вера;Утро;03.03.2026\n", "Согласие"),
    ],
    ids=["given", "withdrawn", "consultation", "list of learners"],
)
def test_what_has_not_happened_is_refused(engine: Engine, tmp_path: Path, table: str, text: str, column: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CourseErrors, match=rf"a\.csv:2: {column}: дата ещё не наступила, сегодня 02\.03\.2026"):
        import_table(engine, table, path, today=TODAY)
    path.write_text(text.replace("03.03.2026", "02.03.2026").replace("2027", "2026"), encoding="utf-8")
    assert import_table(engine, table, path, today=TODAY, dry_run=True).added == 1
