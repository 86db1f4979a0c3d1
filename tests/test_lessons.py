"""Every lesson that ships, played through: golden paths, guided errors, traps given in to, wrong answers."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from ecitizen import content
from ecitizen.demo.playing import Plan, play, worth
from ecitizen.practice.guiding import moves
from ecitizen.practice.items import check, right_answer
from ecitizen.practice.machine import Run
from ecitizen.practice.quiz import Item, Single, Written
from ecitizen.practice.rubric import points
from ecitizen.practice.scenario import MODES, Mode, Scenario
from ecitizen.practice.state import State

SEEDS = range(6)
LONGEST = 400

LESSONS = content.lesson_ids()
TASKS = [(lesson, task.id) for lesson in LESSONS for task in content.scenario(lesson).tasks]
ITEMS = [(lesson, item.id) for lesson in LESSONS for item in content.quiz(lesson).items]


def run_of(lesson: str, task: str, mode: Mode = "solo", seed: int = 0) -> Run:
    """Open a task of a lesson."""
    loaded = content.lesson(lesson)
    return Run(loaded.scenario, loaded.persona, task, mode, seed)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("lesson", "task"), TASKS)
def test_golden_path_reaches_every_goal(lesson: str, task: str, mode: Mode) -> None:
    goals = {goal.id for goal in content.scenario(lesson).task(task).goals}
    for seed in SEEDS:
        run = run_of(lesson, task, mode, seed)
        facts = run.facts(run.replay(frame.event for frame in run.walk()))
        assert set(facts["goals"]) == goals
        assert facts["finished"]
        assert facts["misses"] == facts["hints"] == facts["real_data"] == 0
        assert facts["disclosed"] == []


@pytest.mark.parametrize(("lesson", "task"), TASKS)
def test_golden_path_earns_every_point(lesson: str, task: str) -> None:
    run = run_of(lesson, task)
    facts = run.facts(run.replay(frame.event for frame in run.walk()))
    for criterion in content.rubric(lesson).criteria:
        if criterion.task == task:
            assert points(criterion, facts) == criterion.points, criterion.id


@pytest.mark.parametrize("lesson", LESSONS)
def test_guided_error_is_recovered(lesson: str) -> None:
    wanted = {(one.task, one.of) for one in content.rubric(lesson).criteria if one.kind == "recovered"}
    assert wanted
    for task, error in wanted:
        run = run_of(lesson, task)
        state = mistaken(run, error or "")
        for _ in range(LONGEST):
            guide = run.guide(state)
            if guide is None:
                break
            state = run.apply(state, run.judge(state, guide.message()))
        assert state.finished
        assert error in state.recovered


def mistaken(run: Run, error: str) -> State:
    """Go as the guide says, and off it by one press where that is needed, until the error has happened."""
    on_path = [run.start()]
    while (guide := run.guide(on_path[-1])) is not None:
        on_path.append(run.apply(on_path[-1], run.judge(on_path[-1], guide.message())))
    aside = (run.apply(state, run.judge(state, move)) for state in on_path[:-1] for move in moves(run.stage, state))
    for state in (*on_path, *aside):
        if error in state.mistakes:
            return state
    raise AssertionError(f"nobody makes the mistake {error!r}")


def giving_in(scenario: Scenario, view: dict[str, Any]) -> dict[str, Any] | None:
    """Find a reply on the telephone or a control on the screen by which something is given away."""
    phone = view["phone"]
    asked = [*(phone["call"] or {"replies": []})["replies"], *(r for m in phone["messages"] for r in m["replies"])]
    lines = [line for call in scenario.calls.values() for line in call.lines.values()]
    replies = [reply for place in (*lines, *scenario.messages.values()) for reply in place.replies]
    for shown in asked:
        if any(one.id == shown["id"] and any(out.disclose for out in one.then) for one in replies):
            return {"do": "reply", "reply": shown["id"]}
    pressable = {name for part in view["screen"]["parts"] for name in ids_in(part)}
    for control in scenario.screens[view["screen"]["id"]].controls():
        if control.id in pressable and control.then and control.then[0].disclose:
            return {"do": "press", "control": control.id}
    return None


def ids_in(part: dict[str, Any]) -> Iterator[str]:
    """Name the controls of a part, at any depth, but for those of a form."""
    if part.get("kind") != "form":
        for value in part.values():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    yield from [one["id"]] if "main" in one else ids_in(one)


@pytest.mark.parametrize(("lesson", "task"), TASKS)
def test_who_gives_in_finds_home(lesson: str, task: str) -> None:
    run, scenario = run_of(lesson, task), content.scenario(lesson)
    state, given = run.start(), 0
    for _ in range(LONGEST):
        if state.finished:
            break
        message = giving_in(scenario, run.view(state)) if given < 5 else None
        given += message is not None
        if message is None:
            guide = run.guide(state)
            assert guide is not None, state.screen
            message = guide.message()
        before = len(state.disclosed)
        state = run.apply(state, run.judge(state, message))
        if message["do"] == "reply" and len(state.disclosed) > before:
            assert state.say is not None, "giving in is answered with a kind explanation"
    assert state.finished
    assert not set(state.refused) & set(state.disclosed)


@pytest.mark.parametrize(("lesson", "task"), TASKS)
def test_plans_are_worth_their_points(lesson: str, task: str) -> None:
    loaded = content.lesson(lesson)
    for seed in range(30):
        random = Random(seed)
        plan = Plan(
            finishes=random.random() < 0.9,
            tells=random.random() < 0.5,
            hints=random.randint(0, 6),
            misses=random.randint(0, 7),
            types_real=random.random() < 0.2,
        )
        run = Run(loaded.scenario, loaded.persona, task, "solo", seed)
        done = play(run, loaded.scenario, plan)
        facts = run.facts(run.replay(done.events))
        for criterion in loaded.rubric.criteria:
            if criterion.task == task:
                assert points(criterion, facts) == pytest.approx(worth(criterion, done)), criterion.id


@pytest.mark.parametrize(("lesson", "item_id"), ITEMS)
def test_right_answer_earns_everything(lesson: str, item_id: str) -> None:
    item = content.quiz(lesson).item(item_id)
    verdict = check(item, right_answer(item))
    assert verdict.share == (None if isinstance(item, Written) else 1)
    assert not item.why or item.why in verdict.notes


@pytest.mark.parametrize(("lesson", "item_id"), ITEMS)
def test_wrong_option_says_its_why(lesson: str, item_id: str) -> None:
    item: Item = content.quiz(lesson).item(item_id)
    if isinstance(item, Single):
        for place, option in enumerate(item.options, 1):
            if not option.right:
                verdict = check(item, f"o{place}")
                assert verdict.share == 0
                assert option.why in verdict.notes
    elif not isinstance(item, Written):
        assert check(item, None).share == 0


@pytest.mark.parametrize("lesson", LESSONS)
def test_lesson_has_all_its_bones(lesson: str) -> None:
    loaded = content.lesson(lesson)
    kinds = {item.kind for item in loaded.quiz.items}
    assert 10 <= len(loaded.quiz.items) <= 12
    assert len(kinds) >= 5
    assert len(loaded.scenario.tasks) == 2
    repeats = [item for item in loaded.quiz.items if item.from_lesson]
    assert len(repeats) == (0 if lesson in LESSONS[:2] else 2)
