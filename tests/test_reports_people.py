"""Figures about people of an age or of a category: what leaves the library leads to nobody."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from test_reports_hiding import words

from ecitizen.facts import Fact
from ecitizen.indicators import Indicators, Passport, load, measure
from ecitizen.reports import ENDINGS, Meta, report
from ecitizen.reports.hiding import hidden_figures, hidden_wholes
from ecitizen.reports.lines import Line
from ecitizen.reports.paper import write
from ecitizen.reports.words import load_words

YEAR = (dt.date(2025, 1, 1), dt.date(2025, 12, 31))
META = Meta(made=dt.date(2026, 1, 11), version="0.1.0")
INSIDE = replace(META, inside=True)
SMALL = "менее 5"


def helped(times: int, day: dt.date = dt.date(2025, 3, 14), **tags: str) -> list[Fact]:
    """Consultations whose topic would tell of whom they were."""
    about = {"kind": "consultation", "site": "main", "text": "Консультация, тема: Настройка слухового аппарата"}
    first = f"{day}:{'-'.join(tags.values())}"
    return [
        Fact(key=f"consultation:{first}:{n}", date=day, tags={"channel": "telephone", **tags}, **about)  # type: ignore[arg-type]
        for n in range(times)
    ]


def practice(*facts: list[Fact]) -> Indicators:
    return measure(load("trekhgorny"), chain.from_iterable(facts), *YEAR)


def lines(indicators: Indicators, meta: Meta = META) -> dict[str, Line]:
    pairs = zip(indicators.rows, write(indicators, meta, load_words()).lines, strict=True)
    return {row.id: line for row, line in pairs}


THREE = practice(helped(1, category="disability"), helped(1, category="pensioner"), helped(1, age="children"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_one_person_is_found_in_no_kind_of_file(tmp_path: Path, ending: str) -> None:
    report(THREE, META, tmp_path / f"paper{ending}")
    text = words(tmp_path / f"paper{ending}") if ending != ".csv" else (tmp_path / "paper.csv").read_text("utf-8-sig")
    assert SMALL in " ".join(text.split())
    for trace in ("слухового", "14.03.2025", "онсультация №", "Записей: 1"):
        assert trace not in text


def test_inside_paper_shows_all_of_it() -> None:
    row = lines(THREE, INSIDE)["disability"]
    assert (row.actual, [reason.date for reason in row.reasons]) == ("1", ["14.03.2025"])


def test_published_figures_stay() -> None:
    last = dt.date(2024, 5, 1)
    published = {"pensioner": (377, 156), "disability": (51, 13)}
    both = [helped(now, category=one) + helped(old, last, category=one) for one, (now, old) in published.items()]
    shown = lines(practice(*both))
    assert [(shown[one].actual, shown[one].whole) for one in ("pensioners", "disability")] == [
        ("377", "533"),
        ("51", "64"),
    ]
    # The figures tell of nobody, but each record would.
    assert all(shown[one].withheld and not shown[one].whole_reasons for one in ("pensioners", "disability"))


def test_statistics_form_hides_a_child() -> None:
    facts = [*helped(30, age="adults"), *helped(1, age="children")]
    found = measure(load("6nk"), facts, *YEAR)
    shown = lines(found)
    assert (shown["consultations"].actual, shown["consultations-children"].actual) == ("31", SMALL)
    # The list of all consultations would hold hers.
    assert shown["consultations"].reasons == ()


def test_sum_of_people_in_one_record_is_not_small() -> None:
    (group,) = helped(1, category="pensioner")
    assert lines(practice([replace(group, amount=20)]))["pensioners"].actual == "20"


def test_earlier_years_are_not_had_by_subtraction() -> None:
    found = practice(helped(9, category="disability"), helped(2, dt.date(2024, 5, 1), category="disability"))
    row = lines(found)["disability"]
    assert (row.actual, row.whole, row.whole_value) == ("9", "скрыто", None)
    assert "11" not in row.whole_figure
    assert hidden_wholes(found.passport.rows, found.rows, {}) == {"disability": False}


def own(*rows: dict[str, Any]) -> Passport:
    """A passport of the library's own with these rows."""
    told = load("trekhgorny").model_dump()
    made = [{"name": one["id"], "unit": "ед.", "fact": "consultation", "count": "facts", **one} for one in rows]
    return Passport.model_validate({**told, "id": "own", "rows": made})


def test_small_figure_does_not_follow_from_its_total() -> None:
    kinds = ("pensioner", "disability", "other")
    each = [{"id": one, "where": {"category": one}} for one in kinds]
    facts = [*helped(20, category="pensioner"), *helped(3, category="disability"), *helped(8, category="other")]
    found = measure(own({"id": "all"}, *each), facts, *YEAR)
    assert hidden_figures(found.passport.rows, found.rows) == {"disability": True, "other": False}
    shown = lines(found)
    assert [shown[one].actual for one in ("all", *kinds)] == ["31", "20", SMALL, "скрыто"]


def test_targets_of_hidden_rows_are_not_judged(tmp_path: Path) -> None:
    targets = {2025: {"value": 10, "at_least": True}}
    passport = own({"id": "row", "where": {"category": "disability"}, "targets": targets})
    found = measure(passport, helped(3, category="disability"), *YEAR)
    row = lines(found)["row"]
    assert (row.actual, row.share) == (SMALL, "—")
    assert "не выполнен" not in row.story
    report(found, META, tmp_path / "paper.csv")
    (_, line) = csv.reader((tmp_path / "paper.csv").read_text("utf-8-sig").splitlines(), delimiter=";")
    assert line[3:7] == ["10", "2025", SMALL, ""]


def test_share_of_few_is_hidden() -> None:
    share = {"id": "row", "where": {"category": "disability"}, "count": "share", "part": {"service-obtained": "yes"}}
    few = helped(10, category="disability") + helped(2, category="disability", **{"service-obtained": "yes"})
    many = few + helped(7, dt.date(2025, 4, 1), category="disability", **{"service-obtained": "yes"})
    assert lines(measure(own(share), few, *YEAR))["row"].actual == SMALL
    assert lines(measure(own(share), many, *YEAR))["row"].actual == "47,4"
