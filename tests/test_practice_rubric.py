"""Points come from facts, and doing nothing scores nothing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError
from test_practice_mini import mini, run
from test_practice_parts import galina, town

from ecitizen.practice.check import unpaid_faults
from ecitizen.practice.rubric import Criterion, Rubric, feedback, points, rubric_faults

RUBRIC = """
id: mini
title: Учебный портал
pass_share_pct: 60
criteria:
  - {id: gone, task: drop, kind: goal, of: gone, points: 3, skill: drafts, yes: Черновик удалён., no: Удалите черновик.}
  - {id: no-call, task: drop, kind: refused, of: fake-support, points: 2, skill: calls, yes: Верно., no: Положите.}
  - {id: late, task: drop, kind: recovered, of: expired-code, points: 2, skill: codes, yes: Верно., no: Просите новый.}
  - {id: kept, task: drop, kind: undisclosed, of: code, points: 2, skill: calls, yes: Верно., no: Код не говорят.}
  - {id: calm, task: drop, kind: misses, at_most: 4, points: 1, skill: drafts, yes: Без спешки., no: Не спешите.}
  - {id: alone, task: drop, kind: hints, at_most: 3, points: 1, skill: drafts, yes: Почти без подсказок., no: Ещё раз.}
  - {id: own, task: drop, kind: no-real-data, points: 1, skill: data, yes: Верно., no: Берите данные из урока.}
  - {id: in, task: enter, kind: goal, of: entered, points: 1, skill: drafts, yes: Вы вошли., no: Войдите.}
"""


def rubric(**changes: Any) -> Rubric:
    """Give the rubric, its criteria changed by number."""
    raw = yaml.safe_load(RUBRIC)
    for number, change in changes.items():
        raw["criteria"][int(number[1:])].update(change)
    return Rubric.model_validate(raw)


def facts(**more: Any) -> dict[str, Any]:
    """Give the facts of a task begun and left at once."""
    empty: dict[str, Any] = {key: [] for key in ("goals", "mistakes", "recovered", "refused", "disclosed")}
    return empty | {"real_data": 0, "misses": 0, "hints": 0, "finished": False} | more


def given(**more: Any) -> set[str]:
    """Name the criteria of the first task that these facts satisfy."""
    known = facts(**more)
    return {line.id for line in rubric().criteria if line.task == "drop" and points(line, known)}


@pytest.mark.parametrize(
    ("more", "ids"),
    [
        ({}, set()),
        ({"misses": 3, "hints": 1}, set()),
        ({"goals": ["gone"]}, {"gone"}),
        ({"mistakes": ["expired-code"], "recovered": ["expired-code"]}, {"late"}),
        ({"finished": True, "mistakes": ["expired-code"]}, {"kept", "calm", "alone", "own"}),
        ({"finished": True}, {"late", "kept", "calm", "alone", "own"}),
        ({"finished": True, "refused": ["fake-support"]}, {"no-call", "late", "kept", "calm", "alone", "own"}),
        ({"finished": True, "misses": 5, "hints": 4, "real_data": 1, "disclosed": ["code"]}, {"late"}),
        ({"finished": True, "misses": 4, "hints": 3}, {"late", "kept", "calm", "alone", "own"}),
    ],
    ids=["nothing", "only clicks", "goal", "recovered", "not recovered", "plain", "refused", "careless", "limit"],
)
def test_points_follow_the_facts(more: dict[str, Any], ids: set[str]) -> None:
    assert given(**more) == ids


def test_task_never_begun_scores_nothing() -> None:
    assert feedback(rubric(), "drop", None) == {
        "well": [],
        "improve": [line.no for line in rubric().criteria[:-1]],
        "points": 0.0,
        "max": 12.0,
    }


def test_golden_path_earns_everything() -> None:
    game = run()
    told = feedback(rubric(), "drop", game.facts(game.replay(frame.event for frame in game.walk())))
    assert (told["points"], told["max"], told["improve"]) == (12.0, 12.0, [])
    assert told["well"][0] == "Черновик удалён."


def test_bare_yes_and_no_are_words() -> None:
    assert yaml.safe_load("{yes: Да., no: Нет.}") == {True: "Да.", False: "Нет."}
    assert rubric().criteria[0].yes == "Черновик удалён."


@pytest.mark.parametrize(
    "change",
    [{"of": None}, {"at_most": 3}, {"points": 0}, {"points": float("nan")}, {"kind": "speed"}, {"timer_s": 60}],
    ids=["no name", "needless limit", "no points", "no number", "unknown kind", "unknown key"],
)
def test_criterion_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rubric(n0=change)


def test_rubric_of_mini_has_no_faults() -> None:
    assert rubric_faults(rubric(), mini()) == []


@pytest.mark.parametrize(
    ("changes", "key", "word"),
    [
        ({"n0": {"task": "fly"}}, "criteria[0].task", "'fly'"),
        ({"n0": {"of": "won"}}, "criteria[0].of", "'won'"),
        ({"n1": {"of": "bank"}}, "criteria[1].of", "'bank'"),
        ({"n2": {"of": "flood"}}, "criteria[2].of", "'flood'"),
        ({"n3": {"of": "card"}}, "criteria[3].of", "'card'"),
        ({"n4": {"id": "gone"}}, "criteria[4].id", "'gone'"),
        ({"n7": {"of": "gone"}}, "criteria[7].of", "'gone'"),
    ],
    ids=["task", "goal", "call", "mistake", "given away", "id twice", "goal of another task"],
)
def test_rubric_fault_is_named(changes: dict[str, Any], key: str, word: str) -> None:
    found = rubric_faults(rubric(**changes), mini())
    assert [at for at, problem, _ in found if word in problem] == [key]


TOWN = """
id: parts
title: Учебный город
pass_share_pct: 60
criteria:
  - {id: bill, task: pay, kind: refused, of: fake-bill, points: 2, skill: mail, yes: Верно., no: Смотрите на адрес.}
  - {id: push, task: pay, kind: refused, of: fake-push, points: 2, skill: calls, yes: Верно., no: Отклоняйте чужое.}
  - {id: caller, task: visit, kind: refused, of: fake-clerk, points: 2, skill: calls, yes: Верно., no: Положите трубку.}
"""


def town_rubric(**change: Any) -> Rubric:
    """Give the rubric of the small town, its first criterion changed."""
    raw = yaml.safe_load(TOWN)
    raw["criteria"][0].update(change)
    return Rubric.model_validate(raw)


def test_refused_traps_are_paid() -> None:
    assert rubric_faults(town_rubric(), town()) == []
    assert unpaid_faults(town_rubric(), town(), galina()) == []


def test_trap_given_away_is_named() -> None:
    found = rubric_faults(town_rubric(kind="undisclosed"), town())
    assert [key for key, _, _ in found] == ["criteria[0].of"]


def test_criterion_that_nobody_earns_is_named() -> None:
    found = unpaid_faults(town_rubric(task="visit"), town(), galina())
    assert [(key, "'bill'" in problem) for key, problem, _ in found] == [("criteria[0]", True)]


def test_rubric_of_another_scenario_is_named() -> None:
    other = rubric().model_copy(update={"id": "other"})
    assert [key for key, _, _ in rubric_faults(other, mini())] == ["id"]


def test_points_are_plain_floats() -> None:
    line = Criterion(id="a", task="drop", kind="goal", of="gone", points=3, skill="drafts", yes="Да.", no="Нет.")
    assert [type(points(line, known)) for known in (None, facts(), facts(goals=["gone"]))] == [float] * 3
