"""The small portal that the other practice tests play on, and that it is without a fault itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecitizen.practice.check import dead_ends, faults, walk_faults
from ecitizen.practice.machine import Run, State
from ecitizen.practice.persona import Persona, Personas
from ecitizen.practice.scenario import MODES, Mode, Scenario

ROOT = Path(__file__).parents[1]
MINI = ROOT / "tests" / "golden" / "scenario-mini.yaml"
PERSONAS = ROOT / "widgets" / "personas.yaml"


def raw_mini() -> dict[str, Any]:
    """Give the small scenario as fresh plain data that a test may spoil."""
    return dict(yaml.safe_load(MINI.read_text(encoding="utf-8")))


@cache
def mini() -> Scenario:
    """Give the small scenario."""
    return Scenario.model_validate(raw_mini())


@cache
def anna() -> Persona:
    """Give the persona of the small scenario."""
    return Personas.model_validate(yaml.safe_load(PERSONAS.read_text(encoding="utf-8"))).get("anna")


def run(mode: Mode = "solo", task: str = "drop", seed: int = 7) -> Run:
    """Begin a run on the small scenario."""
    return Run(mini(), anna(), task, mode, seed)


def play(game: Run, *messages: dict[str, Any], state: State | None = None) -> State:
    """Send messages as the browser would, one after the other."""
    state = state or game.start()
    for message in messages:
        state = game.apply(state, game.judge(state, message))
    return state


def press(control: str, **fields: str) -> dict[str, Any]:
    """Make the message of a press."""
    return {"do": "press", "control": control, "fields": fields}


def log_in() -> list[dict[str, Any]]:
    """Make the messages that lead to the code screen."""
    return [press("login"), press("enter", phone=anna().phone, password=anna().password)]


def newest_code(game: Run, state: State) -> str:
    """Read the newest code from the simulated telephone."""
    return str([text["code"] for text in game.view(state)["phone"]["messages"] if text["code"]][-1])


def test_mini_scenario_has_no_faults() -> None:
    assert faults(mini()) == []


@pytest.mark.parametrize("task", ["drop", "enter"])
@pytest.mark.parametrize("mode", MODES)
def test_golden_path_reaches_all_goals(task: str, mode: Mode) -> None:
    game = run(mode, task)
    frames = game.walk()
    assert game.replay(frame.event for frame in frames).finished


def test_guide_leads_out_of_everywhere() -> None:
    assert walk_faults(mini(), anna()) == []
    assert dead_ends(mini(), anna()) == []
