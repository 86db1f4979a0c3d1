"""A row may be counted over days of its own, and a command may ask for a period by its name."""

from __future__ import annotations

from datetime import date, timedelta

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from test_indicators import DECEMBER, JANUARY, fact, only, passport

from ecitizen.cli.periods import AskedPeriod, period_options
from ecitizen.indicators import Passport, Period, asking, begun, measure, months, reach, spans

TODAY = date(2025, 5, 20)
PASSPORT = passport()
"""From 01.01.2020 to 31.12.2022."""


@pytest.mark.parametrize(
    ("period", "until", "since"),
    [
        ("year", date(2025, 5, 20), date(2025, 1, 1)),
        ("last-year", date(2025, 12, 31), date(2025, 1, 1)),
        ("last-year", date(2025, 5, 20), date(2024, 5, 21)),
        ("last-year", date(2024, 2, 29), date(2023, 3, 1)),
        ("quarter", date(2025, 12, 31), date(2025, 10, 1)),
        ("quarter", date(2025, 4, 1), date(2025, 4, 1)),
        ("month", date(2025, 2, 28), date(2025, 2, 1)),
    ],
)
def test_period_ends_on_the_last_day_asked_for(period: Period, until: date, since: date) -> None:
    assert begun(period, until) == since


@given(
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.integers(0, 800),
    st.sampled_from(["year", "last-year", "quarter", "month"]),
)
def test_facts_of_the_own_period_are_asked_for(until: date, days: int, period: Period) -> None:
    declared = passport(period=period, note="за свой период")
    since = until - timedelta(days=days)
    own = begun(period, until)
    assert own <= until
    assert reach(declared, since) <= own
    question = asking(declared, since, until, until)
    assert question.since <= own
    assert own in question.cuts or own == question.since
    assert spans(declared.rows[0], since, until) == ((own, until),)


def test_row_is_counted_over_its_own_days() -> None:
    days = [date(2021, 12, 30), date(2022, 3, 1), date(2022, 10, 1), date(2022, 12, 5)]
    facts = [fact(f"attendance:{day}", day) for day in days]
    year = (date(2022, 1, 1), date(2022, 12, 31))
    found = {
        period: only(measure(passport(period=period, note="за свой период"), facts, *year)).actual
        for period in ("year", "last-year", "quarter", "month")
    }
    assert found == {"year": 3, "last-year": 3, "quarter": 2, "month": 1}
    narrow = measure(passport(period="year", note="с начала года"), facts, date(2022, 12, 1), year[1])
    assert only(narrow).actual == 3
    assert narrow.document()["rows"][0]["period"] == {"from": "2022-01-01", "to": "2022-12-31"}
    assert "period" not in measure(passport(), facts, *year).document()["rows"][0]


def test_whole_begins_with_the_project() -> None:
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2021, 6, 1), date(2022, 12, 5)]
    facts = [fact(f"attendance:{day}", day) for day in days]
    declared = passport(period="whole", note="за весь проект")
    assert reach(declared, date(2022, 1, 1)) == declared.term.since
    assert spans(declared.rows[0], JANUARY, DECEMBER) == ((declared.term.since, DECEMBER),)
    found = measure(declared, facts, JANUARY, DECEMBER)
    assert only(found).actual == 3
    assert found.document()["rows"][0]["period"] == {"from": "2020-01-01", "to": "2022-12-31"}
    assert Passport.model_validate(declared.model_dump()) == declared
    assert only(measure(passport(period=date(2021, 6, 1), note="с июня"), facts, JANUARY, DECEMBER)).actual == 2
    assert only(measure(declared, facts, date(2019, 1, 1), date(2019, 12, 31))).actual == 1


def test_own_year_has_its_target_and_checkpoints() -> None:
    facts = [fact(f"attendance:{month}", date(2022, month, 1)) for month in (1, 2, 12)]
    promised = {"targets": {2022: {"value": 3}}, "checkpoints": [{"day": date(2022, 2, 28), "value": 2}]}
    declared = passport(period="year", note="с начала года", **promised)
    row = only(measure(declared, facts, date(2022, 12, 1), date(2022, 12, 31)))
    assert (row.actual, row.target, row.met) == (3, 3, True)
    assert [(point.actual, point.target) for point in row.points] == [(2, 2)]


@click.command()
@period_options
def asked(period: AskedPeriod) -> None:
    since, until = period.span(PASSPORT, TODAY)
    click.echo(f"{since} {until}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--from 01.02.2025 --to 2025-02-03", "2025-02-01 2025-02-03"),
        ("--year 2024", "2024-01-01 2024-12-31"),
        ("--quarter 2024-1", "2024-01-01 2024-03-31"),
        ("--quarter 2024-4", "2024-10-01 2024-12-31"),
        ("--month 2024-02", "2024-02-01 2024-02-29"),
        ("--month 2024-12", "2024-12-01 2024-12-31"),
        ("--last-12-months", "2024-05-21 2025-05-20"),
        ("--last-12-months --to 31.12.2023", "2023-01-01 2023-12-31"),
        ("--whole", "2020-01-01 2022-12-31"),
        ("", "2025-01-01 2025-12-31"),
        ("--whole --to 30.06.2021", "2020-01-01 2021-06-30"),
    ],
)
def test_command_takes_a_period_by_its_name(arguments: str, told: str) -> None:
    done = CliRunner().invoke(asked, arguments.split())
    assert done.output.strip() == told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("--to 01.01.2025", "одним способом"),
        ("--year 2024 --month 2024-02", "одним способом"),
        ("--year 2024 --whole", "одним способом"),
        ("--from 01.01.2025", "нужен --to"),
        ("--quarter 2024-1 --to 01.01.2025", "--to здесь лишний"),
        ("--quarter 2024-5", "от 1 до 4"),
        ("--month 2024-13", "от 1 до 12"),
        ("--month март", "от 1 до 12"),
    ],
)
def test_two_periods_or_half_of_one_are_wrong_usage(arguments: str, told: str) -> None:
    done = CliRunner().invoke(asked, arguments.split())
    assert done.exit_code == 2
    assert told in " ".join(done.output.replace("│", " ").split())


def test_running_project_goes_on_to_this_day() -> None:
    running = Passport.model_validate({**PASSPORT.model_dump(), "term": {"since": date(2024, 3, 1)}})
    whole = dict.fromkeys(["since", "until", "year", "quarter", "month"])
    period = AskedPeriod(**whole, last_year=False, whole=True)
    assert period.span(running, TODAY) == (date(2024, 3, 1), TODAY)
    assert months(2023, 2, 2) == (date(2023, 2, 1), date(2023, 2, 28))
