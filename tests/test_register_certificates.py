"""Certificates: a number once, a signature that holds, and nothing about anybody else."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.register.certificates import (
    KEY_FILE,
    Issued,
    issue,
    issued,
    printed_number,
    signed_text,
    signing_key,
    verify,
)
from ecitizen.register.erasing import erase
from ecitizen.register.importing import import_table
from ecitizen.register.people import add_site
from ecitizen.register.tables import Change

TODAY = dt.date(2026, 5, 20)
KEY = bytes(range(32))
ONE = Issued(number=12, learner=104, issued_on=TODAY, trained_on=dt.date(2026, 5, 12))
NAME, COURSE = "Ёлкина Анна Петровна", "Компетентный е-гражданин"
DAYS = {104: dt.date(2026, 5, 12), 105: dt.date(2026, 5, 19)}
LINE = signed_text(KEY, ONE, NAME, COURSE)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "register")
    add_site(engine, "ЦГБ", "Центральная", dt.date(2014, 2, 1))
    roster = tmp_path / "learners.csv"
    roster.write_text(
        "Карточка;Фамилия;Имя;Группа;Место\n104;Ёлкина;Анна;Утро;ЦГБ\n105;Жукова;Вера;Утро;ЦГБ\n", encoding="utf-8"
    )
    import_table(engine, "learners", roster, today=TODAY)
    yield engine
    engine.dispose()


def test_certificate_is_given_once(engine: Engine) -> None:
    first = issue(engine, {105: DAYS[105]}, "Ольга", TODAY)
    again = issue(engine, DAYS, "Ольга", TODAY + dt.timedelta(days=9))
    assert [(one.number, one.learner, one.issued_on) for one in again] == [
        (2, 104, TODAY + dt.timedelta(days=9)),
        (1, 105, TODAY),
    ]
    assert again[1] == first[0] == issued(engine, [105])[0]


def test_trace_tells_who_gave_it(engine: Engine) -> None:
    issue(engine, DAYS, "Ольга", TODAY)
    with engine.connect() as connection:
        lines = connection.execute(select(Change.who).where(Change.table == "certificate")).scalars().all()
    assert lines == ["Ольга", "Ольга"]


def test_erased_person_leaves_a_number_only(engine: Engine, tmp_path: Path) -> None:
    issue(engine, DAYS, "Ольга", TODAY)
    erase(engine, 104, "Ольга", tmp_path)
    assert [one.learner for one in issued(engine)] == [104, 105]


def test_number_is_verified_however_it_is_typed() -> None:
    number = printed_number(KEY, 12, 2026)
    russian = number.translate(str.maketrans("ABEKMHPCTYX", "АВЕКМНРСТУХ")).lower().replace("-", " - ")
    for typed in (number, f"№ {number}", russian, number.replace("-", "–")):
        stated = verify(KEY, typed)
        assert (stated.number, stated.year, stated.name) == (number, 2026, None)


def test_line_of_the_code_states_the_paper() -> None:
    stated = verify(KEY, f"https://library.example/check#{LINE}\n")
    assert (stated.issued_on, stated.name, stated.course) == (TODAY, NAME, COURSE)
    assert stated.number == printed_number(KEY, 12, 2026)


@given(st.integers(0, len(LINE) - 1), st.sampled_from(string.ascii_letters + string.digits))
def test_changed_line_is_refused(place: int, sign: str) -> None:
    # The last sign of base64 may hold bits that mean nothing.
    if LINE[place] == sign or place == len(LINE) - 1:
        return
    with pytest.raises(CourseError):
        verify(KEY, LINE[:place] + sign + LINE[place + 1 :])


@settings(max_examples=30)
@given(st.integers(1, 10**8), st.integers(2000, 2100))
def test_only_the_own_key_verifies_a_number(number: int, year: int) -> None:
    printed = printed_number(KEY, number, year)
    assert verify(KEY, printed).number == printed
    with pytest.raises(CourseError, match="подпись неверна"):
        verify(KEY[::-1], printed)
    with pytest.raises(CourseError, match="подпись неверна"):
        verify(KEY, printed.replace(f"{number}-", f"{number + 1}-", 1))


@pytest.mark.parametrize(
    "text", ["", "12", "12-2026", "Иванова", "ECZ1.", "ECZ1.a.b", "ECZ1.ё.ё", "ECZ1.a.b.c", "1" * 5000, LINE[:60]]
)
def test_foreign_text_is_refused(text: str) -> None:
    with pytest.raises(CourseError, match="сертификат"):
        verify(KEY, text)


def test_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = signing_key(tmp_path)
    assert key == signing_key(tmp_path)
    assert len(key) == 32
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o077 == 0
