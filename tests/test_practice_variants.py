"""A second try is not memory, and a neighbour's answers do not fit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_practice_parts import raw_parts, town, visit

from ecitizen.practice.scenario import Scenario
from ecitizen.practice.seeds import learner_and_run, seed_of
from ecitizen.practice.variants import drawn, readings, seeds_of_all

LEARNERS = st.integers(0, 2**40)
RUNS = st.integers(1, 900)


@given(LEARNERS, RUNS)
def test_seed_can_be_taken_apart(learner: int, run: int) -> None:
    assert learner_and_run(seed_of(learner, run)) == (learner, run)


@given(LEARNERS, RUNS)
def test_next_try_is_another_variant(learner: int, run: int) -> None:
    first, second = (drawn(town(), seed_of(learner, number)) for number in (run, run + 1))
    assert all(first[name] != second[name] for name in ("visit.slot", "water.now"))


def test_neighbours_get_different_variants() -> None:
    slots = [drawn(town(), seed_of(learner, 1))["visit.slot"] for learner in range(300)]
    assert all(70 < slots.count(slot) < 130 for slot in set(slots))


def test_variant_is_same_on_every_machine() -> None:
    assert [drawn(town(), seed)["visit.slot"] for seed in (1, 2, 3)] == ["d16-1200", "d15-0940", "d16-1120"]


def test_records_are_never_mixed() -> None:
    records = [dict(record) for record in town().variants["visit"]]
    for seed in range(50):
        words = drawn(town(), seed)
        assert {key: words[f"visit.{key}"] for key in records[0]} in records


def test_checking_seeds_meet_every_record() -> None:
    met = {drawn(town(), seed)["visit.slot"] for seed in seeds_of_all(town())}
    assert met == {record["slot"] for record in town().variants["visit"]}


def test_readings_list_each_word_once() -> None:
    assert sorted(readings(town(), "к {visit.doctor}")) == ["к Белкин", "к Совина"]
    assert readings(town(), "без вариантов") == ["без вариантов"]


def test_texts_tell_what_was_drawn() -> None:
    task = visit(seed=2).view(visit(seed=2).start())["task"]
    assert "Врач: Белкин. Удобны вторник, 15 декабря, 9:40." in task["text"]
    assert task["goals"][2]["label"] == "Запишитесь: Белкин, 9:40"


@pytest.mark.parametrize(("doctor", "seen"), [("Белкин", True), ("Совина", False)])
def test_condition_may_ask_what_was_drawn(doctor: str, seen: bool) -> None:
    raw: dict[str, Any] = raw_parts()
    raw["screens"]["home"]["parts"][0]["when"] = {"drawn": {"visit.doctor": doctor}}
    game = visit(seed=2)
    game.stage.scenario = Scenario.model_validate(raw)
    kinds = [part["kind"] for part in game.view(game.start())["screen"]["parts"]]
    assert ("text" in kinds) is seen
