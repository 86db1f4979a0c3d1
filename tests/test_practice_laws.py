"""Laws of the machine: replay is live, JSON loses nothing, keys stay inside, harm never pays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_practice_mini import anna, mini, run
from test_practice_parts import town, visit

from ecitizen.practice.guiding import moves
from ecitizen.practice.machine import Run
from ecitizen.practice.refusal import Refused
from ecitizen.practice.rubric import Criterion, points
from ecitizen.practice.scenario import MODES
from ecitizen.practice.state import State

SCREENS = [*mini().screens.values(), *town().screens.values()]
CONTROLS = sorted({control.id for screen in SCREENS for control in screen.controls()})
FIELDS = ["phone", "password", "code", "find", "papers", "photo", "reading", "words", "agree"]
KNOWN = ["", "черновик", "436669", "8 913 123-45-67", anna().phone, anna().password, "keys polis"]
TYPED = st.sampled_from(KNOWN) | st.text(max_size=8)
ODD = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4)
HOSTILE = st.dictionaries(st.text(max_size=4) | st.sampled_from(["do", "control", "fields", "reply"]), ODD, max_size=4)
BLIND = (
    st.fixed_dictionaries(
        {"do": st.just("press"), "control": st.sampled_from(CONTROLS)},
        optional={"fields": st.dictionaries(st.sampled_from(FIELDS), TYPED, max_size=3)},
    )
    | st.fixed_dictionaries(
        {
            "do": st.just("reply"),
            "reply": st.sampled_from(["hang-up", "ask", "tell", "push-look", "push-no", "alien-yes"]),
        }
    )
    | st.builds(lambda field: {"do": "real", "field": field, "kind": "card"}, st.sampled_from(["phone", "find"]))
    | st.sampled_from([{"do": "hint"}, {"do": "back"}])
)
STEPS = st.lists(st.integers(0, 99) | st.just("guide") | BLIND | HOSTILE, max_size=40)
SEEDS = st.integers(0, 2**31)
GAMES = st.one_of(
    st.builds(run, st.sampled_from(MODES), st.sampled_from(["drop", "enter"]), SEEDS),
    st.builds(visit, st.sampled_from(MODES), st.sampled_from(["visit", "pay"]), SEEDS),
)


def live(game: Run, steps: list[Any]) -> tuple[State, list[dict[str, Any]]]:
    """Play steps as they come: a number chooses one of the sensible moves, ``guide`` the right one."""
    state, events = game.start(), []
    for step in steps:
        message: object = step
        if step == "guide":
            right = game.guide(state)
            message = right.message() if right else {"do": "hint"}
        elif isinstance(step, int):
            sensible = moves(game.stage, state) or [{"do": "hint"}]
            message = sensible[step % len(sensible)]
        try:
            event = game.judge(state, message)
        except Refused:
            continue
        state = game.apply(state, event)
        events.append(event)
    return state, events


@given(GAMES, STEPS)
def test_replay_gives_the_live_state(game: Run, steps: list[Any]) -> None:
    state, events = live(game, steps)
    stored = json.loads(json.dumps(events, ensure_ascii=False))
    assert stored == events
    assert game.replay(stored) == state
    assert state.turn == len(events)


@given(GAMES, STEPS)
def test_state_survives_json(game: Run, steps: list[Any]) -> None:
    state, _ = live(game, steps)
    assert State.load(json.loads(json.dumps(state.dump()))) == state
    assert json.loads(json.dumps(game.view(state))) == game.view(state)


@given(st.builds(run, st.just("solo"), st.sampled_from(["drop", "enter"]), st.integers(0, 2**31)), STEPS)
def test_solo_view_never_holds_the_password(game: Run, steps: list[Any]) -> None:
    state, _ = live(game, steps)
    drawn = json.dumps(game.view(state), ensure_ascii=False)
    assert anna().password not in drawn
    assert anna().phone not in drawn


@given(GAMES, STEPS, st.text(alphabet="жщ", min_size=6, max_size=9))
def test_no_event_holds_typed_text(game: Run, steps: list[Any], secret: str) -> None:
    typed = [("enter", "phone"), ("find-go", "find"), ("send", "reading"), ("pay", "card")]
    last = [{"do": "press", "control": control, "fields": {field: secret}} for control, field in typed]
    state, events = live(game, [*steps, *last])
    assert secret not in json.dumps([events, state.dump(), game.view(state)], ensure_ascii=False)


@given(GAMES, STEPS)
def test_guide_leads_out_after_anything(game: Run, steps: list[Any]) -> None:
    state, _ = live(game, steps)
    assert follow(game, state).finished


@given(GAMES, STEPS, HOSTILE)
def test_refusal_changes_nothing(game: Run, steps: list[Any], message: dict[str, Any]) -> None:
    state, _ = live(game, steps)
    before = state.dump()
    try:
        event = game.judge(state, message)
    except Refused:
        event = None
    assert state.dump() == before
    if event is not None:
        assert event["do"] in {"press", "reply", "hint", "back", "astray", "real"}


KINDS: dict[str, dict[str, Any]] = {
    "goal": {"of": "gone"},
    "refused": {"of": "fake-support"},
    "recovered": {"of": "expired-code"},
    "undisclosed": {"of": "code"},
    "misses": {"at_most": 2},
    "hints": {"at_most": 2},
    "no-real-data": {},
}
CRITERIA = [
    Criterion.model_validate(
        {"id": kind, "task": "drop", "kind": kind, "points": 2, "skill": "log-in", "yes": "Да.", "no": "Нет.", **more}
    )
    for kind, more in KINDS.items()
]


@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion.kind)
@given(steps=STEPS, wrong=st.integers(1, 5))
@settings(max_examples=40)
def test_wrong_presses_never_pay(criterion: Criterion, steps: list[Any], wrong: int) -> None:
    game = run()
    state, _ = live(game, steps)
    plain = follow(game, state)
    for _ in range(wrong):
        # A press that is wrong everywhere: what together mode stores for a press off the guide.
        state = game.apply(state, {"do": "astray", "control": "news"})
    worse = follow(game, state)
    assert points(criterion, game.facts(worse)) <= points(criterion, game.facts(plain))


def follow(game: Run, state: State) -> State:
    """Do what the guide says, sixty steps at most."""
    for _ in range(60):
        step = game.guide(state)
        if step is None:
            break
        state = game.apply(state, game.judge(state, step.message()))
    return state


@pytest.mark.parametrize("trap", ["fake-bill", "fake-push"])
@given(steps=STEPS, seed=SEEDS)
@settings(max_examples=60)
def test_trap_fallen_for_never_pays(trap: str, steps: list[Any], seed: int) -> None:
    game = visit("solo", "pay", seed)
    state = follow(game, live(game, steps)[0])
    facts = game.facts(state)
    assert state.finished
    assert (trap in facts["refused"]) == (trap in state.met and trap not in facts["disclosed"])
