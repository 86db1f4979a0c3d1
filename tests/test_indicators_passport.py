"""A passport with a fault is refused by file, key, problem and remedy."""

from __future__ import annotations

import copy
import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecitizen.content import folder
from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.facts import FREE, PERSONAL, PLACELESS, VALUES
from ecitizen.indicators import Passport, load
from ecitizen.register.cells import Choice
from ecitizen.register.class_sources import CLASS_SOURCES
from ecitizen.register.project_sources import PROJECT_SOURCES
from ecitizen.register.sheets import all_sheets


@pytest.fixture
def shipped() -> dict[str, Any]:
    return copy.deepcopy(yaml.safe_load((folder("passports") / "omsk.yaml").read_text("utf-8")))


def refuse(tmp_path: Path, faulty: dict[str, Any]) -> str:
    path = tmp_path / "omsk.yaml"
    path.write_text(yaml.safe_dump(faulty, allow_unicode=True), "utf-8")
    with pytest.raises(CourseError) as told:
        load_model(path, Passport)
    return str(told.value)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("count", "averages", "count"),
        ("fact", "", "fact"),
        ("targets", {2020: {"value": -1}}, "targets"),
        ("targets", {2020: {"value": 4, "atleast": True}}, "atleast"),
        ("where", {"channel": 5}, "where"),
        ("story", {"zero": "нет", "one": "дело", "few": "{n} дела", "many": "{n} дел"}, "one"),
        ("rule", "trained", "rule"),
        ("id", "Русское имя", "id"),
    ],
    ids=["count", "empty", "negative", "misspelt", "number as tag", "no place", "strange key", "id"],
)
def test_fault_of_a_row_is_named(tmp_path: Path, shipped: dict[str, Any], key: str, value: object, named: str) -> None:
    shipped["rows"][2][key] = value
    said = refuse(tmp_path, shipped)
    assert "omsk.yaml" in said
    assert named in said


def test_twin_rows_are_refused(tmp_path: Path, shipped: dict[str, Any]) -> None:
    shipped["rows"][1]["id"] = "libraries"
    assert "'libraries' описан дважды" in refuse(tmp_path, shipped)


def test_project_ends_after_it_begins(tmp_path: Path, shipped: dict[str, Any]) -> None:
    shipped["term"]["until"] = shipped["term"]["since"].replace(year=2019)
    assert "раньше" in refuse(tmp_path, shipped)


@pytest.mark.parametrize(
    ("changes", "key", "told"),
    [
        ({"where": {"place": "outsid"}}, "rows.events.where", "place: значения 'outsid' не бывает.*outside"),
        ({"where": {"guests": ["yes", "да"]}}, "rows.events.where", "guests: значения 'да' не бывает.*yes, no"),
        ({"fact": "event-visit", "count": "persons"}, "rows.events", "не говорят, о ком они.*count: sum"),
        ({"fact": "message", "count": "sites", "where": {}}, "rows.events", "нет места.*count: facts"),
        ({"fact": "session", "where": {"session": "первое"}}, "rows.events.where", "не номер занятия"),
        ({"fact": "zone", "where": {"until": "весна"}}, "rows.events.where", "until: 'весна' — не день.*2026-12-31"),
        ({"period": "quarter", "note": ""}, "rows.events", "свой период.*сноску"),
        ({"period": "week"}, "rows.events.period", "'week'.*'quarter', 'month' или 'whole'"),
    ],
    ids=["value", "one of several", "nobody", "nowhere", "number", "day", "unsaid period", "strange period"],
)
def test_what_no_fact_carries_is_refused(
    tmp_path: Path, shipped: dict[str, Any], changes: dict[str, object], key: str, told: str
) -> None:
    row = next(row for row in shipped["rows"] if row["id"] == "events")
    row |= changes
    said = refuse(tmp_path, shipped)
    assert f"omsk.yaml: {key}: " in said
    assert re.search(told, said)


def test_growth_has_no_parts(tmp_path: Path, shipped: dict[str, Any]) -> None:
    shipped["rows"][2]["count"] = "growth"
    shipped["breakdowns"] = [{"title": "По месяцам", "row": "visits", "by": "month"}]
    assert "прирост 'visits' на части не раскладывается" in refuse(tmp_path, shipped)


def test_free_words_may_be_written_as_people_write_them(shipped: dict[str, Any]) -> None:
    row = {**shipped["rows"][4], "fact": "counter", "where": {"counter": ["Пробег  Библиобуса", "Поездки тётки"]}}
    read = Passport.model_validate({**shipped, "rows": [row]})
    assert read.rows[0].where == {"counter": ["пробег библиобуса", "поездки тетки"]}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "paper: omsk",
            "paper: nosuch",
            r"omsk\.yaml: paper: нет бланка 'nosuch'\. Возьмите из этих: .*omsk, practice",
        ),
        ("since: 2020-01-09", "since: 2020-13-09", r"omsk\.yaml: since, строка 13: дня 2020-13-09 нет в календаре"),
        ("until: 2022-12-30", "until: 2022-02-30", r"omsk\.yaml: until, строка 13: дня 2022-02-30 нет в календаре"),
        ("value: 41}", "value: 41", r"omsk\.yaml: строка \d+, знак \d+: запись YAML нарушена"),
    ],
    ids=["paper", "month", "day", "bracket"],
)
def test_fault_of_the_file_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    own = tmp_path / "passports"
    own.mkdir()
    text = (folder("passports") / "omsk.yaml").read_text("utf-8")
    (own / "omsk.yaml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CourseError, match=told):
        load("omsk", own)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "nosuch.docx").touch()
    if old.startswith("paper"):
        assert load("omsk", own).paper == "nosuch"


def test_closed_values_are_those_that_tables_take() -> None:
    sources = [*CLASS_SOURCES, *PROJECT_SOURCES]
    assert {one.kind for one in sources if one.person is not None} == PERSONAL - {
        "lesson-passed",
        "test-passed",
        "trained",
    }
    assert {one.kind for one in sources if one.site is None} == PLACELESS
    tags = {name: tag for one in sources for name, tag in one.tags.items()}
    assert {name for name, tag in tags.items() if tag.stored is None} == FREE
    kinds = {"sites": "site-kind", "messages": "message-kind", "materials": "material-kind"}
    known: dict[str, set[str]] = {}
    for sheet in all_sheets(dt.date.today()).values():
        for column in sheet.columns:
            name = kinds.get(sheet.name, "") if column.field == "kind" else column.field.replace("_", "-")
            if name in VALUES and isinstance(column.kind, Choice):
                known.setdefault(name, set()).update(column.kind.words)
    assert known == {name: set(VALUES[name]) for name in known}
    assert {tuple(VALUES[name]) for name in VALUES.keys() - known.keys()} == {("yes", "no"), tuple("12345")}
