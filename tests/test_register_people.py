"""Cards, PINs, rosters, staff, and the tables below them."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select, update

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.journal import tables as journal_tables
from ecitizen.register import tables
from ecitizen.register.facts import facts
from ecitizen.register.importing import import_table
from ecitizen.register.people import (
    add_instructor,
    add_site,
    find_card,
    find_instructor,
    find_login,
    groups,
    name_key,
    reissue_pin,
    reissue_staff_pin,
    roster,
    set_seat,
    sites,
    sort_key,
)
from ecitizen.register.pins import hash_pin, hash_pins, is_trivial, new_pin, verify_pin
from ecitizen.register.tables import Change, ClassGroup, Learner, Person

PEOPLE = {104: "Ёлкина", 105: "Жукова", 106: "Евсеева", 107: "Яковлева"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    for room in ("journal", "register"):
        upgrade(engine, room)
        upgrade(engine, room)
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    with engine.begin() as connection:
        connection.execute(insert(ClassGroup).values(code="Утро", name="Утренняя", site="ЦГБ"))
        for number, surname in PEOPLE.items():
            pin_hash = hash_pin("5739") if number == 104 else ""
            connection.execute(insert(Learner).values(number=number, site="ЦГБ", group_code="Утро", pin_hash=pin_hash))
            if number != 107:
                connection.execute(insert(Person).values(number=number, surname=surname, given="Анна", patronymic=""))
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("base", "mine"),
    [
        (tables.Base, lambda name: not name.startswith("journal_")),
        (journal_tables.Base, lambda name: name.startswith("journal_")),
    ],
    ids=["register", "journal"],
)
def test_migrations_make_the_tables_of_the_code(engine: Engine, base: type, mine: object) -> None:
    def include(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
        return kind != "table" or (mine(name) and not str(name).endswith("_version"))  # type: ignore[operator]

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": include, "compare_type": True})
        assert compare_metadata(context, base.metadata) == []  # type: ignore[attr-defined]


def test_register_of_yesterday_is_widened(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "old.db")
    script = ScriptDirectory(str(files("ecitizen").joinpath("register", "migrations")))
    with engine.connect() as connection, connection.begin():
        steps = {"fn": lambda revision, _: script._upgrade_revs("0002", revision), "script": script}
        context = MigrationContext.configure(connection, opts={**steps, "version_table": "register_version"})
        with Operations.context(context):
            context.run_migrations()
        for statement in (
            "INSERT INTO site VALUES ('ЦГБ', 'Центральная', 'library', '2014-02-01', NULL)",
            "INSERT INTO event VALUES (1, '2025-03-05', 'ЦГБ', 'Час', 'час информации', 12)",
            "INSERT INTO message VALUES (1, '2025-03-05', 'Газета', 'Набор')",
            "INSERT INTO staff VALUES (1, 'instructor', 'Ведущий', '')",
        ):
            connection.exec_driver_sql(statement)
    upgrade(engine, "register")
    found = {fact.kind: fact for fact in facts(engine, dt.date(2025, 1, 1), dt.date(2025, 12, 31))}
    assert (found["event"].amount, found["event"].tags["place"]) == (12, "inside")
    assert (found["event-visit"].tags["age"], found["message"].tags["message-kind"]) == ("adults", "media")
    engine.dispose()


@pytest.mark.parametrize(
    ("number", "pin"),
    [(104, "5738"), (104, ""), (104, "5" * 10_000), (999, "5739"), (0, "5739"), (-1, "5739"), (10**30, "5739")],
    ids=["wrong", "empty", "endless", "unknown", "zero", "negative", "huge"],
)
def test_wrong_card_or_pin_opens_nothing(engine: Engine, number: int, pin: str) -> None:
    assert find_login(engine, number, pin) is None


def test_right_pin_gives_the_card_without_name(engine: Engine) -> None:
    set_seat(engine, 104, "3", "анна")
    card = find_login(engine, 104, "5739")
    assert card == find_card(engine, 104)
    assert card is not None
    assert (card.number, card.group, card.site, card.seat) == (104, "Утро", "ЦГБ", "3")
    assert find_card(engine, 999) is None


def test_learner_who_left_is_not_let_in(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(Learner).where(Learner.number == 104).values(left_on=dt.date(2025, 5, 1)))
    assert find_login(engine, 104, "5739", dt.date(2025, 5, 1)) is not None
    assert find_login(engine, 104, "5739", dt.date(2025, 5, 2)) is None


def test_new_pin_replaces_the_old(engine: Engine) -> None:
    pin = reissue_pin(engine, 104, "анна", random.Random(1))
    assert find_login(engine, 104, pin) is not None
    assert find_login(engine, 104, "5739") is None
    with engine.connect() as connection:
        change = connection.execute(select(Change)).one()
    assert (change.who, change.table_name, change.key, change.after) == ("анна", "learner", "104", '{"pin_hash": "•"}')
    with pytest.raises(CourseError, match="999"):
        reissue_pin(engine, 999, "анна")


def test_roster_sorts_yo_like_ye(engine: Engine) -> None:
    assert [entry.full_name for entry in roster(engine, "Утро", "ЦГБ")] == [
        "Евсеева Анна",
        "Ёлкина Анна",
        "Жукова Анна",
        "карточка 107",
    ]
    assert roster(engine, "Вечер") == roster(engine, site="нет") == []
    assert groups(engine) == {"Утро": "Утренняя"}
    assert sites(engine) == {"ЦГБ": "Центральная"}


@given(st.lists(st.sampled_from(["ель", "ёж", "ежи", "Ёлка", "елка", "жук"])))
def test_sorting_ignores_the_dots_of_yo(words: list[str]) -> None:
    flat = [word.replace("ё", "е").replace("Ё", "Е").casefold() for word in words]
    assert [sort_key(word) for word in sorted(words, key=sort_key)] == sorted(flat)


def test_numbers_in_names_of_places_are_numbers() -> None:
    names = ["Село 10", "Филиал № 12", "филиал № 3", "Ёлки", "Село 2"]
    assert sorted(names, key=name_key) == ["Ёлки", "Село 2", "Село 10", "филиал № 3", "Филиал № 12"]


def test_instructor_is_found_by_pin(engine: Engine) -> None:
    number = add_instructor(engine, "Ведущая", "482913")
    add_instructor(engine, "Куратор", "739105", "curator")
    found = find_instructor(engine, "482913")
    assert found is not None
    assert (found.id, found.name, found.role) == (number, "Ведущая", "instructor")
    assert find_instructor(engine, "482914") is None


def test_staff_from_a_file_wait_for_a_pin(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "staff.csv"
    path.write_text("Сотрудник;Роль;Место;Работает с\nВера К.;удалённый эксперт;ЦГБ;01.03.2025\n", encoding="utf-8")
    assert import_table(engine, "staff", path, who="анна", today=dt.date(2025, 12, 8)).added == 1
    assert find_instructor(engine, "") is None
    found = find_instructor(engine, reissue_staff_pin(engine, 1, "анна"))
    assert found is not None
    assert (found.name, found.role) == ("Вера К.", "expert")
    with engine.connect() as connection:
        trace = " ".join(f"{row.before} {row.after}" for row in connection.execute(select(Change)))
    assert not [word for word in ("Вера", "scrypt") if word in trace]
    with pytest.raises(CourseError, match="нет в списке"):
        reissue_staff_pin(engine, 9, "анна")


@given(st.integers(0, 2**32))
def test_new_pins_are_four_uncommon_digits(seed: int) -> None:
    pin = new_pin(random.Random(seed))
    assert len(pin) == 4
    assert pin.isdigit()
    assert not is_trivial(pin)
    assert new_pin(random.Random(seed)) == pin


@pytest.mark.parametrize("pin", ["0000", "1234", "4321", "7890", "1212", "1122", "1953", "2024", "111111", "123123"])
def test_common_pin_is_trivial(pin: str) -> None:
    assert is_trivial(pin)


def test_hashes_are_salted_and_checked() -> None:
    first, second = hash_pins(["5739", "5739"])
    assert first != second
    assert "5739" not in first
    assert verify_pin("5739", first)
    assert not verify_pin("5738", first)
    assert not verify_pin("5739", None)
    with pytest.raises(ValueError, match="md5"):
        verify_pin("5739", "md5$00$00")


def test_unknown_card_costs_what_a_wrong_pin_costs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[tuple[int, ...]] = []

    def derive(_pin: bytes, *, salt: bytes, **cost: int) -> bytes:
        costs.append((len(salt), *sorted(cost.values())))
        return b"0" * 64

    monkeypatch.setattr(hashlib, "scrypt", derive)
    assert [find_login(engine, number, "9999") for number in (104, 900_001, -5, 2**40)] == [None] * 4
    assert len(costs) == 4
    assert len(set(costs)) == 1
