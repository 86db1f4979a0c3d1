"""Signed files of several libraries make the same figures as one database."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.indicators import load, measure, reach
from ecitizen.register.facts import facts
from ecitizen.register.importing import import_table
from ecitizen.register.partners import add_partner, merge, send
from ecitizen.register.people import add_site
from ecitizen.register.tables import Change

TODAY = dt.date(2025, 12, 8)
YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
EVER = (dt.date(1900, 1, 1), TODAY)
OPENED = dt.date(2024, 2, 1)
Make = Callable[..., Engine]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def make(name: str, *sites: str) -> Engine:
        engine = open_engine(tmp_path / f"{name}.db")
        upgrade(engine, "register")
        for site in sites:
            add_site(engine, site, f"Библиотека {site}", OPENED)
        return engine

    return make


def fill(engine: Engine, tmp_path: Path, site: str, first: int, visitors: int) -> None:
    """One library's work; two learners with numbers from ``first`` on."""
    tables = {
        "learners": f"Карточка;Фамилия;Имя;Группа;Место\n{first};Ёлкина;Анна;Г{first};{site}\n"
        f"{first + 1};Жукова;Вера;Г{first};{site}\n",
        "attendance": "Дата;Группа;Урок;Карточка\n"
        + "".join(f"12.09.2025;Г{first};01-a;{card}\n" for card in (first, first + 1)),
        "events": f"Дата;Место;Название;Посетителей\n05.03.2025;{site};Час;{visitors}\n05.03.2024;{site};Час;7\n",
        "consultations": f"Дата;Место;Тема;Канал\n05.03.2025;{site};Пароль;телефон\n",
        "zones": f"Место;Название;Открыта;Закрыта\n{site};Стенд;05.03.2024;{'01.02.2025' if visitors > 9 else ''}\n",
        "messages": f"Дата;СМИ;Заголовок\n05.03.2025;Газета;Набор в {visitors}\n",
    }
    for name, text in tables.items():
        path = tmp_path / "table.csv"
        path.write_text(text, encoding="utf-8")
        import_table(engine, name, path, today=TODAY)


@pytest.mark.parametrize("passport", ["omsk", "6nk", "trekhgorny", "kcon"])
def test_merged_files_equal_one_database(make: Make, tmp_path: Path, passport: str) -> None:
    # Both libraries number their cards from 101 on; in one database they couldn't.
    manager, one = make("manager"), make("one", "f01", "f02")
    for code, first, visitors in (("f01", 101, 20), ("f02", 201, 9)):
        own = make(code, "main")
        fill(own, tmp_path, "main", 101, visitors)
        fill(one, tmp_path, code, first, visitors)
        send(facts(own, *EVER), add_partner(manager, code), tmp_path / f"{code}.gz")
        merge(manager, tmp_path / f"{code}.gz")
    known = load(passport)
    for site in (None, "f01", "f02"):
        both = [measure(known, facts(engine, reach(known, YEAR[0]), YEAR[1]), *YEAR, site) for engine in (manager, one)]
        assert [row.actual for row in both[0].rows] == [row.actual for row in both[1].rows]


def sent(make: Make, tmp_path: Path) -> tuple[Engine, Path, str]:
    own, manager = make("own", "main"), make("manager")
    fill(own, tmp_path, "main", 101, 20)
    credential = add_partner(manager, "f01")
    send(facts(own, *EVER), credential, tmp_path / "f01.gz", dt.datetime(2025, 12, 8, 10))
    return manager, tmp_path / "f01.gz", credential


def test_merging_twice_changes_nothing(make: Make, tmp_path: Path) -> None:
    manager, file, _ = sent(make, tmp_path)
    assert merge(manager, file) == merge(manager, file)
    assert len(facts(manager, *EVER)) == len({fact.key for fact in facts(manager, *EVER)}) > 8


def test_newer_file_replaces_the_older(make: Make, tmp_path: Path) -> None:
    manager, file, credential = sent(make, tmp_path)
    merge(manager, file)
    one = Fact(kind="visit", date=TODAY, key="visit:1", site="main", text="Посещение")
    send([one], credential, tmp_path / "new.gz", dt.datetime(2025, 12, 9))
    merge(manager, tmp_path / "new.gz")
    assert [(fact.key, fact.site) for fact in facts(manager, *EVER)] == [("f01/visit:1", "f01")]
    with pytest.raises(CourseError, match="более новый"):
        merge(manager, file)


def test_no_name_travels(make: Make, tmp_path: Path) -> None:
    _, file, credential = sent(make, tmp_path)
    text = gzip.decompress(file.read_bytes()).decode()
    assert not [word for word in ("лкина", "Анна", "Жукова", credential.split(":")[1]) if word in text]


@pytest.mark.parametrize("change", ["figure", "sender", "torn", "cut", "foreign", "signature", "absent"])
def test_forged_or_torn_file_is_refused(make: Make, tmp_path: Path, change: str) -> None:
    manager, file, credential = sent(make, tmp_path)
    document = json.loads(gzip.decompress(file.read_bytes()))
    if change == "figure":
        document["body"] = document["body"].replace("посетителей: 20", "посетителей: 90")
    elif change == "sender":
        add_partner(manager, "f02")
        send([], credential.replace("f01", "f02"), file)
        document = json.loads(gzip.decompress(file.read_bytes()))
    elif change == "foreign":
        document = {"facts": []}
    elif change == "signature":
        document["signature"] = "ё" * 64
    file.write_bytes(gzip.compress(json.dumps(document, ensure_ascii=False).encode()))
    if change == "torn":
        file.write_bytes(b"PK" + file.read_bytes())
    elif change == "cut":
        file.write_bytes(file.read_bytes()[:-20])
    elif change == "absent":
        file.unlink()
    with pytest.raises(CourseError, match=r"f01\.gz"):
        merge(manager, file)
    assert facts(manager, *EVER) == []


def test_new_key_ends_the_old(make: Make, tmp_path: Path) -> None:
    manager, file, _ = sent(make, tmp_path)
    with pytest.raises(CourseError, match="уже заведена"):
        add_partner(manager, "f01")
    add_partner(manager, "f01", "Ольга", replace=True)
    with manager.connect() as connection:
        traced = connection.execute(select(Change.who, Change.before, Change.after).where(Change.table == "partner"))
        assert traced.all()[-1] == ("Ольга", '{"key": "•"}', '{"key": "•"}')
    with pytest.raises(CourseError, match="подпись неверна"):
        merge(manager, file)


@pytest.mark.parametrize("code", ["", "f:1", "f/1"])
def test_odd_code_is_refused(make: Make, code: str) -> None:
    with pytest.raises(CourseError, match="не годится"):
        add_partner(make("manager"), code)


def test_no_key_sends_nothing(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="не ключ"):
        send([], "f01", tmp_path / "f01.gz")
