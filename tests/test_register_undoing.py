"""The last import is taken back exactly, or not at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from postgres import postgres_url
from sqlalchemy import Engine, select, update

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site, find_login, reissue_pin, roster
from ecitizen.register.tables import Attendance, Base, Change, ClassGroup, Consultation, Event, Learner, Person, Undo
from ecitizen.register.undoing import can_undo, last_import, undo_last

__all__ = ["postgres_url"]

TODAY = dt.date(2025, 12, 8)
HEAD = "Номер карточки;Фамилия;Имя;Группа;Место;Телефон\n"
Take = Callable[[str, str], Any]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    yield engine
    engine.dispose()


@pytest.fixture
def take(engine: Engine, tmp_path: Path) -> Take:
    def take(table: str, text: str) -> Any:
        path = tmp_path / "file.csv"
        path.write_text(text, encoding="utf-8")
        return import_table(engine, table, path, who="Ольга", today=TODAY)

    return take


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    kept = {"change", "undo"}
    with engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table)).all()), key=repr)
            for name, table in Base.metadata.tables.items()
            if name not in kept
        }


def test_new_learners_and_their_group_go(engine: Engine, take: Take) -> None:
    before = everything(engine)
    take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ;8 (000) 1\n105;Жукова;Вера;Утро;ЦГБ;\n")
    last = last_import(engine)
    assert (last.who, dict(last.removed)) == ("Ольга", {"class_group": 1, "learner": 2, "person": 2})
    undo_last(engine, "Ольга")
    assert everything(engine) == before


def test_old_names_and_pins_come_back(engine: Engine, take: Take) -> None:
    pin = take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ;1\n").pins[104]
    before = everything(engine)
    changed = "Номер карточки;Фамилия;Имя;Группа;ПИН\n104;Белкина;Алла;Вечер;7391\n"
    take("learners", changed.replace("Группа;ПИН", "Группа;Место;ПИН").replace("Вечер;", "Вечер;ЦГБ;"))
    assert find_login(engine, 104, pin) is None
    undone = undo_last(engine, "Ольга")
    assert dict(undone.restored) == {"learner": 1, "person": 1}
    assert everything(engine) == before
    assert find_login(engine, 104, pin) is not None


def test_only_the_last_import_is_undone(engine: Engine, take: Take) -> None:
    take("events", "Дата;Название;Посетителей\n01.03.2025;Час;5\n")
    take("events", "Дата;Название;Посетителей\n02.03.2025;Час;6\n")
    undo_last(engine, "Ольга")
    with engine.connect() as connection:
        assert connection.execute(select(Event.attended)).scalars().all() == [5]
    with pytest.raises(CourseError, match="отменять нечего"):
        undo_last(engine, "Ольга")


def test_import_without_changes_keeps_the_step_before(engine: Engine, take: Take) -> None:
    text = "Дата;Название;Посетителей\n01.03.2025;Час;5\n"
    take("events", text)
    take("events", text)
    assert dict(last_import(engine).removed) == {"event": 1}


def test_dry_run_leaves_nothing_to_undo(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Дата;Название;Посетителей\n01.03.2025;Час;5\n", encoding="utf-8")
    import_table(engine, "events", path, dry_run=True, today=TODAY)
    assert not can_undo(engine)


def test_later_change_forbids_undoing(engine: Engine, take: Take) -> None:
    take("consultations", "Дата;Тема\n01.03.2025;Пароль\n")
    take("consultations", "Номер записи;Дата;Тема\n1;01.03.2025;Вход\n")
    with engine.begin() as connection:
        connection.execute(update(Consultation).values(topic="Запись"))
    before = everything(engine)
    with pytest.raises(CourseError, match="с тех пор изменилась"):
        undo_last(engine, "Ольга")
    assert everything(engine) == before
    assert can_undo(engine)


def test_rows_in_use_are_not_taken_away(engine: Engine, take: Take) -> None:
    take("groups", "Код;Название;Место\nУтро;Утренняя;ЦГБ\n")
    with engine.begin() as connection:
        connection.execute(Learner.__table__.insert().values(number=104, site="ЦГБ", group_code="Утро", pin_hash=""))  # type: ignore[attr-defined]
    with pytest.raises(CourseError, match="уже опираются другие"):
        undo_last(engine, "Ольга")
    with engine.connect() as connection:
        assert connection.execute(select(ClassGroup.code)).scalars().all() == ["Утро"]


def test_attendance_goes_with_its_session(engine: Engine, take: Take) -> None:
    take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ;\n")
    before = everything(engine)
    take("attendance", "Дата;Группа;Урок;Карточка\n12.09.2025;Утро;01-gosuslugi;104\n")
    with engine.connect() as connection:
        assert connection.execute(select(Attendance)).all()
    undo_last(engine, "Ольга")
    assert everything(engine) == before


def test_undoing_leaves_a_trace_without_names(engine: Engine, take: Take) -> None:
    take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ;8 (000) 1\n")
    take("learners", HEAD + "104;Белкина;Анна;Утро;ЦГБ;8 (000) 2\n")
    undo_last(engine, "Пётр")
    with engine.connect() as connection:
        trace = connection.execute(select(Change).where(Change.who == "Пётр")).all()
        everything_said = " ".join(f"{row.before} {row.after}" for row in connection.execute(select(Change)))
        assert connection.execute(select(Undo)).all() == []
    assert [(row.table_name, row.key) for row in trace] == [("person", "104")]
    assert not [word for word in ("лкина", "Анна", "(000)") if word in everything_said]
    assert [entry.surname for entry in roster(engine)] == ["Ёлкина"]


def test_new_pin_does_not_hinder_undoing(engine: Engine, take: Take) -> None:
    take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ;\n")
    reissue_pin(engine, 104, "Ольга")
    undo_last(engine, "Ольга")
    with engine.connect() as connection:
        assert connection.execute(select(Person)).all() == connection.execute(select(Learner)).all() == []


def at_once(engine: Engine) -> list[str]:
    """Let four take the last import back at once; gives what each was told."""

    def one(number: int) -> str:
        try:
            undo_last(engine, f"сотрудник {number}")
        except CourseError as error:
            return error.problem
        return "отменено"

    with ThreadPoolExecutor(4) as crowd:
        return sorted(crowd.map(one, range(4)))


def test_of_two_who_undo_only_one_does(engine: Engine, take: Take) -> None:
    take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ;\n")
    assert at_once(engine) == ["отменено", *["отменять нечего"] * 3]


def test_another_import_is_not_undone_in_its_place(engine: Engine, take: Take) -> None:
    take("learners", HEAD + "104;Ёлкина;Анна;Утро;ЦГБ;\n")
    shown = last_import(engine).at
    take("learners", HEAD + "105;Жукова;Вера;Утро;ЦГБ;\n")
    before = everything(engine)
    with pytest.raises(CourseError, match="с тех пор записано другое"):
        undo_last(engine, "Ольга", shown)
    assert everything(engine) == before
    undo_last(engine, "Ольга", last_import(engine).at)


@pytest.mark.thorough
def test_postgresql_lets_imports_and_undoing_take_turns(postgres_url: str, tmp_path: Path) -> None:
    engine = open_engine(postgres_url)
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))

    def bring(number: int) -> int:
        path = tmp_path / f"{number}.csv"
        rows = [f"Ёлкина;Анна;{1930 + 9 * number + n};Утро;ЦГБ" for n in range(9)]
        path.write_text("\n".join(["Фамилия;Имя;Год рождения;Группа;Место", *rows]) + "\n", encoding="utf-8")
        return import_table(engine, "learners", path, who="Ольга", today=TODAY).added

    with ThreadPoolExecutor(4) as crowd:
        assert list(crowd.map(bring, range(4))) == [9] * 4
    assert len(roster(engine)) == 36
    assert at_once(engine) == ["отменено", *["отменять нечего"] * 3]
    assert len(roster(engine)) == 27
    engine.dispose()
