"""Faults of a scenario are found and named with their keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError
from test_practice_mini import anna, mini, raw_mini

from ecitizen.errors import ContentError
from ecitizen.practice.check import dead_ends, faults, walk_faults
from ecitizen.practice.machine import Run
from ecitizen.practice.scenario import Outcome, Scenario

Spoil = Callable[[dict[str, Any]], object]


def spoilt(spoil: Spoil) -> Scenario:
    """Give the small scenario with one thing wrong."""
    raw = raw_mini()
    spoil(raw)
    return Scenario.model_validate(raw)


def menu(raw: dict[str, Any], screen: str) -> list[dict[str, Any]]:
    """Find the controls of the first menu of a screen."""
    return next(part for part in raw["screens"][screen]["parts"] if part["kind"] == "menu")["controls"]


def form(raw: dict[str, Any], screen: str) -> dict[str, Any]:
    """Find the form of a screen."""
    return next(part for part in raw["screens"][screen]["parts"] if part["kind"] == "form")


HELLO = "calls.fake-support.lines.hello"
FAULTS: dict[str, tuple[Spoil, str, str]] = {
    "start": (lambda raw: raw.update(start="lobby"), "start", "'lobby'"),
    "task start": (lambda raw: raw["tasks"][1].update(start="lobby"), "tasks[1].start", "'lobby'"),
    "go": (
        lambda raw: menu(raw, "home")[0].update(then=[{"go": "lobby"}]),
        "screens.home.parts[1].controls[0].then[0].go",
        "'lobby'",
    ),
    "sms": (
        lambda raw: form(raw, "login")["submit"]["then"][0].update(sms="hello"),
        "screens.login.parts[0].submit.then[0].sms",
        "'hello'",
    ),
    "call": (
        lambda raw: raw["screens"]["code"]["enter"][1].update(call="bank"),
        "screens.code.enter[1].call",
        "'bank'",
    ),
    "code's message": (lambda raw: raw["codes"]["login"].update(message="hello"), "codes.login.message", "'hello'"),
    "recover": (
        lambda raw: menu(raw, "code")[0]["then"][0].update(recover="flood"),
        "screens.code.parts[1].controls[0].then[0].recover",
        "'flood'",
    ),
    "line": (
        lambda raw: raw["calls"]["fake-support"]["lines"]["hello"]["replies"][1].update(then=[{"line": "more"}]),
        "calls.fake-support",
        "'more'",
    ),
    "line outside a call": (
        lambda raw: menu(raw, "home")[1].update(then=[{"end": True}]),
        "screens.home.parts[1].controls[1].then[0]",
        "ответах звонка",
    ),
    "line never said": (
        lambda raw: raw["calls"]["fake-support"]["lines"].update(
            more=raw["calls"]["fake-support"]["lines"]["press-on"],
        ),
        "calls.fake-support.lines.more",
        "не доходит",
    ),
    "endless call": (
        lambda raw: [
            line.update(replies=[{"id": "wait", "label": "Ждать", "then": [{"line": "press-on"}]}], guide=None)
            for line in raw["calls"]["fake-support"]["lines"].values()
        ],
        "calls.fake-support",
        "нельзя закончить",
    ),
    "reply of the guide": (
        lambda raw: raw["calls"]["fake-support"]["lines"]["hello"]["guide"].update(reply="shout"),
        f"{HELLO}.guide.reply",
        "'shout'",
    ),
    "flag": (
        lambda raw: raw["tasks"][0]["goals"][0].update(done={"has": ["won"]}),
        "tasks[0].goals[0].done.has",
        "'won'",
    ),
    "task": (
        lambda raw: raw["screens"]["code"]["enter"][1].update(when={"task": ["fly"]}),
        "screens.code.enter[1].when.task",
        "'fly'",
    ),
    "control twice": (lambda raw: menu(raw, "home")[1].update(id="login"), "screens.home", "'login'"),
    "field twice": (lambda raw: form(raw, "login")["fields"][1].update(id="phone"), "screens.login", "'phone'"),
    "goal twice": (lambda raw: raw["tasks"][0]["goals"][1].update(id="entered"), "tasks[0].goals", "'entered'"),
    "task twice": (lambda raw: raw["tasks"][1].update(id="drop"), "tasks", "'drop'"),
    "back taken": (lambda raw: menu(raw, "home")[1].update(id="back"), "screens.home", "'back'"),
    "guide's control": (
        lambda raw: raw["screens"]["home"]["guide"][0].update(control="fly"),
        "screens.home.guide[0].control",
        "'fly'",
    ),
    "guide's field": (
        lambda raw: raw["screens"]["login"]["guide"][0].update(fill={"name": "Анна"}),
        "screens.login.guide[0].fill",
        "'name'",
    ),
    "unreachable": (
        lambda raw: raw["screens"].update(attic=raw["screens"]["home"] | {"guide": []}),
        "screens.attic",
        "нельзя попасть",
    ),
    "no way on": (
        lambda raw: form(raw, "login").update(submit={"id": "enter", "label": "Войти"}),
        "screens.login",
        "нет дороги",
    ),
    "placeholder": (lambda raw: raw["tasks"][0].update(text="{persona.inn}"), "tasks[0].text", "'{persona.inn}'"),
    "code in a text": (lambda raw: raw["tasks"][0].update(finish="{code}"), "tasks[0].finish", "'{code}'"),
    "no word for empty": (
        lambda raw: form(raw, "login")["fields"][0].pop("empty"),
        "screens.login.parts[0].fields[0].empty",
        "пустого поля",
    ),
    "no word for wrong": (
        lambda raw: form(raw, "login")["fields"][0].pop("wrong"),
        "screens.login.parts[0].fields[0].wrong",
        "неверного ответа",
    ),
}


@pytest.mark.parametrize(("spoil", "key", "words"), FAULTS.values(), ids=FAULTS)
def test_fault_is_named_with_its_key(spoil: Spoil, key: str, words: str) -> None:
    found = faults(spoilt(spoil))
    assert [problem for at, problem, _ in found if at == key and words in problem], found
    assert all(remedy for _, _, remedy in found)


def without_guide(raw: dict[str, Any]) -> None:
    """Leave the learner without advice on the draft screen once the draft is gone."""
    raw["screens"]["draft"]["guide"].pop()


def in_a_circle(raw: dict[str, Any]) -> None:
    """Advise to search for ever."""
    raw["screens"]["cabinet"]["guide"].pop(1)


@pytest.mark.parametrize(
    ("spoil", "screen", "words"),
    [(without_guide, "draft", "guide"), (in_a_circle, "cabinet", "по кругу")],
    ids=["silent", "circle"],
)
def test_golden_path_that_fails_is_named(spoil: Spoil, screen: str, words: str) -> None:
    scenario = spoilt(spoil)
    found = walk_faults(scenario, anna())
    assert [(key, words in problem) for key, problem, _ in found] == [(f"screens.{screen}.guide", True)] * 3
    with pytest.raises(ContentError, match=r"mini\.yaml: screens\."):
        Run(scenario, anna(), "drop", "solo", 1).walk()


def test_dead_end_off_the_path_is_named() -> None:
    # The golden path comes to the draft once; a learner may come back to it, and then nothing advises.
    def spoil(raw: dict[str, Any]) -> None:
        raw["screens"]["draft"]["guide"][1]["when"] = {"lacks": ["seen"]}
        menu(raw, "draft")[0]["then"] = [{"go": "cabinet", "set": ["seen"]}]

    scenario = spoilt(spoil)
    assert faults(scenario) == walk_faults(scenario, anna()) == []
    assert {key for key, _, _ in dead_ends(scenario, anna())} == {"screens.draft.guide"}


@pytest.mark.parametrize(
    "outcome",
    [{"go": "home", "back": True}, {"line": "hello", "end": True}, {"goto": "home"}, {"set": "flag"}, {"tone": "loud"}],
    ids=["two ways", "line and end", "unknown key", "no list", "unknown tone"],
)
def test_outcome_that_contradicts_itself_is_refused(outcome: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Outcome.model_validate(outcome)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "choice"},
        {"choices": [{"id": "a", "label": "А"}]},
        {"type": "choice", "choices": [{"id": "a", "label": "А"}], "expect": "b"},
        {"type": "choice", "choices": [{"id": "a", "label": "А"}] * 2, "expect": "a"},
        {"type": "check", "expect": "maybe"},
    ],
    ids=["no choices", "needless choices", "unknown choice", "same choices", "odd check"],
)
def test_field_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spoilt(lambda raw: form(raw, "login")["fields"][0].update(change))


def test_scenario_never_changes() -> None:
    with pytest.raises(ValidationError):
        mini().start = "login"  # type: ignore[misc]


def back_is_the_way(raw: dict[str, Any]) -> None:
    """Make the way out of the draft screen the address bar's «Назад»."""
    raw["screens"]["draft"]["guide"][1]["control"] = "back"


def test_guide_may_name_the_back_button() -> None:
    game = Run(spoilt(back_is_the_way), anna(), "drop", "together", 1)
    frames = game.walk()
    assert [frame.event for frame in frames if frame.control == "back"] == [{"do": "back"}]
    assert game.replay(frame.event for frame in frames).finished


def real_number(raw: dict[str, Any]) -> None:
    """Advise to type what may be somebody's telephone."""
    raw["screens"]["login"]["guide"][0]["fill"] = {"phone": "8 913 123-45-67"}


def test_real_number_in_a_guide_is_named() -> None:
    found = walk_faults(spoilt(real_number), anna())
    assert {(key, "настоящие данные" in problem) for key, problem, _ in found} == {("screens.login.guide", True)}


def unasked(raw: dict[str, Any]) -> None:
    """Ask on the login form for a tick that has to stay away, and for any word."""
    form(raw, "login")["fields"] += [
        {"id": "adverts", "label": "Присылать новости", "type": "check", "expect": False, "wrong": "Снимите отметку."},
        {"id": "word", "label": "Любое слово", "empty": "Напишите слово."},
    ]
    raw["screens"]["login"]["guide"][0]["fill"] = {"word": "слово"}


@pytest.mark.parametrize(
    ("ticked", "word", "verdicts"),
    [("", "да", ["right", "right"]), ("true", "да", ["wrong", "right"]), ("false", " ", ["right", "empty"])],
    ids=["as asked", "ticked", "no word"],
)
def test_tick_may_have_to_stay_away(ticked: str, word: str, verdicts: list[str]) -> None:
    scenario = spoilt(unasked)
    assert faults(scenario) == walk_faults(scenario, anna()) == dead_ends(scenario, anna()) == []
    game = Run(scenario, anna(), "drop", "solo", 1)
    state = game.apply(game.start(), {"do": "press", "control": "login"})
    event = game.judge(state, {"do": "press", "control": "enter", "fields": {"adverts": ticked, "word": word}})
    assert [event["verdicts"][field] for field in ("adverts", "word")] == verdicts
