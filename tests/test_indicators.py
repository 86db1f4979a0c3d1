"""Facts to figures: counting, targets, «обучен», and the laws that every figure keeps."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecitizen.errors import CourseError
from ecitizen.facts import Fact
from ecitizen.indicators import Indicators, Passport, Row, explain, load, measure, names, trained

FORM = Path(__file__).parent / "golden" / "omsk-form.json"
JANUARY, DECEMBER = date(2022, 1, 1), date(2022, 12, 31)
STORY = {"zero": "ничего", "one": "{n} дело", "few": "{n} дела", "many": "{n} дел"}


@dataclass(frozen=True)
class Rule:
    lessons: tuple[str, ...] = ("01-a", "02-b")
    pass_share_pct: float = 60
    min_sessions: int = 2


def passport(**row: object) -> Passport:
    """A passport of one row."""
    declared = {
        "id": "row",
        "name": "Строка",
        "unit": "ед.",
        "fact": "attendance",
        "count": "facts",
        "story": STORY,
        **row,
    }
    organisation = dict.fromkeys(["full", "short", "department", "approves", "signs"], "Библиотека")
    return Passport.model_validate(
        {
            "id": "one",
            "title": "Проект",
            "kind": "проекта",
            "paper": "omsk",
            "organisation": organisation,
            "term": {"since": date(2020, 1, 1), "until": date(2022, 12, 31)},
            "rows": [declared],
        }
    )


def fact(key: str, day: date = JANUARY, **more: object) -> Fact:
    made = {"kind": "attendance", "date": day, "key": key, "site": "lib-1", "text": key, **more}
    return Fact(**made)  # type: ignore[arg-type]


def only(found: Indicators) -> Row:
    (row,) = found.rows
    return row


sites = st.sampled_from(["", "lib-1", "lib-2"])
people = st.one_of(st.none(), st.integers(1, 4))
days = st.dates(date(2021, 11, 1), date(2023, 2, 1))
amounts = st.floats(0, 1e9, allow_nan=False).map(lambda x: round(x, 3))
some_facts = st.lists(
    st.builds(
        lambda key, day, site, person, amount, tag, text: fact(
            f"visit:{key}", day, site=site, person=person, amount=amount, tags={"group": tag}, text=text
        ),
        st.integers(1, 30),
        days,
        sites,
        people,
        amounts,
        st.sampled_from(["telephone", "remote"]),
        st.sampled_from(["звонок", "встреча"]),
    ),
    max_size=30,
)
counts = st.sampled_from(["facts", "persons", "sum", "sites"])


def test_omsk_names_equal_the_form() -> None:
    form = json.loads(FORM.read_text("utf-8"))
    rows = load("omsk").rows
    assert [row.name for row in rows] == [line["name"] for line in form]


def test_omsk_targets_equal_the_form() -> None:
    form = json.loads(FORM.read_text("utf-8"))
    for row, line in zip(load("omsk").rows, form, strict=True):
        written = {
            str(year): f"{'не менее ' if target.at_least else ''}{target.value:g}"
            for year, target in row.targets.items()
        }
        assert written == line["targets"]


def test_every_shipped_passport_loads() -> None:
    assert "omsk" in names()
    for name in names():
        assert load(name).id == name


def test_unknown_passport_names_the_known() -> None:
    with pytest.raises(CourseError, match=r"нет паспорта 'tomsk'.*omsk"):
        load("tomsk")


@pytest.mark.parametrize(
    ("count", "figure"), [("facts", 4), ("persons", 2), ("sum", 8.5), ("sites", 2)], ids=lambda one: str(one)
)
def test_each_count_counts_its_own(count: str, figure: float) -> None:
    facts = [
        fact("visit:1", person=1, amount=2),
        fact("visit:2", person=1, amount=2.5),
        fact("visit:3", person=2, amount=3, site="lib-2"),
        fact("visit:4", person=None, site="lib-2"),
    ]
    assert only(measure(passport(count=count), facts, JANUARY, DECEMBER)).actual == figure


@pytest.mark.parametrize(
    ("day", "counts"),
    [(date(2021, 12, 31), 0), (JANUARY, 1), (DECEMBER, 1), (date(2023, 1, 1), 0)],
    ids=["day before", "first day", "last day", "day after"],
)
def test_period_holds_both_its_ends(day: date, counts: int) -> None:
    assert only(measure(passport(), [fact("visit:1", day)], JANUARY, DECEMBER)).actual == counts


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (date(2014, 1, 1), "", 1),
        (date(2014, 1, 1), "2022-01-01", 1),
        (date(2014, 1, 1), "2021-12-31", 0),
        (DECEMBER, "", 1),
        (date(2023, 1, 1), "", 0),
    ],
    ids=["open still", "closed on the first day", "closed before", "opened on the last day", "opened after"],
)
def test_lasting_facts_count_while_they_last(since: date, until: str, counts: int) -> None:
    lasting = fact("visit:1", since, tags={"until": until} if until else {})
    assert only(measure(passport(lasting=True, count="sites"), [lasting], JANUARY, DECEMBER)).actual == counts


@pytest.mark.parametrize(
    ("where", "figure"),
    [
        ({"group": "telephone"}, 1),
        ({"group": ["telephone", "remote"]}, 2),
        ({"group": "remote", "site-kind": "village"}, 1),
        ({"site-kind": "cpi"}, 0),
    ],
    ids=["one value", "any of two", "two tags", "absent tag"],
)
def test_filter_takes_facts_by_tags(where: dict[str, object], figure: int) -> None:
    facts = [
        fact("visit:1", tags={"group": "telephone"}),
        fact("visit:2", tags={"group": "remote", "site-kind": "village"}),
    ]
    assert only(measure(passport(where=where), facts, JANUARY, DECEMBER)).actual == figure


@pytest.mark.parametrize(
    ("year", "target", "target_year"),
    [(2019, None, None), (2020, 10, 2020), (2022, 30, 2022), (2026, 30, 2022)],
    ids=["before the plan", "first year", "last year", "carried on"],
)
def test_target_is_that_of_the_year(year: int, target: float | None, target_year: int | None) -> None:
    targets = {2020: {"value": 10}, 2022: {"value": 30}}
    row = only(measure(passport(targets=targets), [], date(year, 1, 1), date(year, 12, 31)))
    assert (row.target, row.target_year) == (target, target_year)


def test_several_years_have_no_target() -> None:
    row = only(measure(passport(targets={2020: {"value": 10}}), [], date(2021, 7, 1), date(2022, 6, 30)))
    assert (row.target, row.share_pct, row.met) == (None, None, None)


@pytest.mark.parametrize(
    ("actual", "target", "share"),
    [(1, 3, 33.3), (2, 3, 66.7), (1, 800, 0.1), (3, 2000, 0.2), (44, 40, 110.0), (0, 5, 0.0), (5, 0, None)],
    ids=["down", "up", "eighth up", "half up", "above", "nothing", "no target"],
)
def test_share_rounds_half_up(actual: int, target: float, share: float | None) -> None:
    facts = [fact(f"visit:{n}") for n in range(actual)]
    row = only(measure(passport(targets={2022: {"value": target}}), facts, JANUARY, DECEMBER))
    assert row.share_pct == share


def test_reversed_period_is_refused() -> None:
    with pytest.raises(CourseError, match="позже конца"):
        measure(passport(), [], DECEMBER, JANUARY)


def test_document_has_the_promised_shape() -> None:
    found = measure(
        load("omsk"), [fact("consultation:1", kind="consultation", tags={"site-kind": "cpi"})], JANUARY, DECEMBER
    ).document()
    assert found["passport"] == "omsk"
    assert found["period"] == {"from": "2022-01-01", "to": "2022-12-31"}
    row = next(row for row in found["rows"] if row["id"] == "consultations")
    assert {key: row[key] for key in ("target", "actual", "share_pct")} == {"target": 40, "actual": 1, "share_pct": 2.5}
    assert json.loads(json.dumps(found)) == found


def test_figure_opens_into_its_facts() -> None:
    found = measure(passport(), [fact("visit:2", DECEMBER), fact("visit:1", amount=2.5)], JANUARY, DECEMBER)
    assert explain(found, "row") == [
        {"date": "01.01.2022", "text": "visit:1", "amount": 2.5, "key": "visit:1"},
        {"date": "31.12.2022", "text": "visit:2", "amount": 1, "key": "visit:2"},
    ]


def test_unknown_row_names_the_known() -> None:
    with pytest.raises(CourseError, match=r"нет показателя 'nope'.*row"):
        explain(measure(passport(), [], JANUARY, DECEMBER), "nope")


@given(some_facts, counts, st.randoms(use_true_random=False))
def test_order_of_facts_changes_nothing(facts: list[Fact], count: str, chance: random.Random) -> None:
    mixed = facts[:]
    chance.shuffle(mixed)
    declared = passport(count=count, where={"group": "telephone"})
    assert measure(declared, mixed, JANUARY, DECEMBER) == measure(declared, facts, JANUARY, DECEMBER)


@given(some_facts, counts)
def test_figure_equals_the_facts_it_explains(facts: list[Fact], count: str) -> None:
    row = only(measure(passport(count=count), facts, JANUARY, DECEMBER))
    expected = {
        "facts": len(row.facts),
        "persons": len({one.person for one in row.facts}),
        "sites": len({one.site for one in row.facts}),
        "sum": sum(one.amount for one in row.facts),
    }
    assert row.actual == pytest.approx(expected[count])
    assert len({one.key for one in row.facts}) == len(row.facts)


@given(some_facts)
def test_merging_twice_changes_nothing(facts: list[Fact]) -> None:
    declared = passport(count="sum")
    assert measure(declared, [*facts, *facts], JANUARY, DECEMBER) == measure(declared, facts, JANUARY, DECEMBER)


@given(st.lists(st.tuples(days, sites, amounts), max_size=30))
def test_sites_add_up_to_the_whole(parts: list[tuple[date, str, float]]) -> None:
    facts = [fact(f"visit:{n}", day, site=site, amount=amount) for n, (day, site, amount) in enumerate(parts)]
    declared = passport(count="sum")
    each = [only(measure(declared, facts, JANUARY, DECEMBER, site)).actual for site in ("", "lib-1", "lib-2")]
    assert sum(filter(None, each)) == pytest.approx(only(measure(declared, facts, JANUARY, DECEMBER)).actual)


def passed(person: int, lesson: str, day: date = JANUARY) -> Fact:
    return fact(
        f"lesson-passed:{person}:{lesson}", day, kind="lesson-passed", person=person, tags={"lesson": lesson}, site=""
    )


def came(person: int, session: int, day: date = JANUARY) -> Fact:
    return fact(f"attendance:{session}:{person}", day, kind="attendance", person=person)


WHOLE = [passed(1, "01-a"), passed(1, "02-b"), came(1, 1), came(1, 2)]


def test_trained_person_has_met_every_condition() -> None:
    (one,) = trained(WHOLE, Rule())
    assert (one.kind, one.key, one.person, one.site) == ("trained", "trained:1", 1, "lib-1")
    assert set(one.tags["behind"].split()) == {some.key for some in WHOLE}


@pytest.mark.parametrize("missing", range(4), ids=["first lesson", "second lesson", "first session", "second session"])
def test_one_missing_condition_trains_nobody(missing: int) -> None:
    assert trained([some for place, some in enumerate(WHOLE) if place != missing], Rule()) == []


@pytest.mark.parametrize("late", range(4), ids=["first lesson", "second lesson", "first session", "second session"])
def test_training_is_dated_by_its_last_condition(late: int) -> None:
    facts = WHOLE[:]
    facts[late] = Fact(**{name: getattr(facts[late], name) for name in Fact.__slots__} | {"date": DECEMBER})
    assert [one.date for one in trained(facts, Rule())] == [DECEMBER]


def test_later_passes_and_sessions_change_no_date() -> None:
    again = [*WHOLE, came(1, 3, DECEMBER), passed(1, "03-c", DECEMBER)]
    assert trained(again, Rule()) == trained(WHOLE, Rule())


def test_one_attendance_twice_is_one_session() -> None:
    assert trained([passed(1, "01-a"), passed(1, "02-b"), came(1, 1), came(1, 1)], Rule()) == []


@given(
    st.lists(
        st.sampled_from([1, 2, 3]).flatmap(
            lambda person: st.builds(
                lambda lesson, session, day: came(person, session, day) if session else passed(person, lesson, day),
                st.sampled_from(["01-a", "02-b"]),
                st.integers(0, 3),
                days,
            )
        ),
        max_size=40,
    ),
    st.randoms(use_true_random=False),
)
def test_order_of_facts_trains_the_same(facts: list[Fact], chance: random.Random) -> None:
    mixed = facts[:]
    chance.shuffle(mixed)
    found = trained(facts, Rule())
    assert [(one.key, one.date) for one in trained(mixed, Rule())] == [(one.key, one.date) for one in found]


def test_each_person_is_trained_in_one_year() -> None:
    facts = [*WHOLE, *(came(1, 10 + n, JANUARY + timedelta(days=200 * n)) for n in range(6))]
    everybody = [*facts, *trained(facts, Rule())]
    declared = passport(fact="trained", count="persons")
    years = [only(measure(declared, everybody, date(y, 1, 1), date(y, 12, 31))).actual for y in range(2021, 2027)]
    assert years == [0, 1, 0, 0, 0, 0]
