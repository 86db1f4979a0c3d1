"""Every kind of part and of field, played on the small town of ``scenario-parts.yaml``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any, get_args

import pytest
import yaml
from pydantic import ValidationError
from test_practice_mini import PERSONAS, ROOT, play, press

from ecitizen.practice import parts as kinds
from ecitizen.practice.check import dead_ends, faults, walk_faults
from ecitizen.practice.fields import FieldType, FormField
from ecitizen.practice.machine import Run
from ecitizen.practice.parts import FormPart
from ecitizen.practice.persona import Persona, Personas
from ecitizen.practice.refusal import Refused
from ecitizen.practice.scenario import MODES, Mode, Scenario
from ecitizen.practice.state import State
from ecitizen.practice.variants import seeds_of_all

PARTS = ROOT / "tests" / "golden" / "scenario-parts.yaml"
KINDS = get_args(get_args(kinds.Part)[0])
TASKS = ["visit", "pay"]


def raw_parts(path: Path = PARTS) -> dict[str, Any]:
    """Give the small town as fresh plain data that a test may spoil."""
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


@cache
def town() -> Scenario:
    """Give the small town."""
    return Scenario.model_validate(raw_parts())


@cache
def galina() -> Persona:
    """Give the persona of the small town."""
    return Personas.model_validate(yaml.safe_load(PERSONAS.read_text(encoding="utf-8"))).get("galina")


def visit(mode: Mode = "solo", task: str = "visit", seed: int = 2) -> Run:
    """Begin a run in the small town; seed 2 draws doctor Белкин at 9:40."""
    return Run(town(), galina(), task, mode, seed)


def walked(game: Run) -> list[State]:
    """Give the states that the golden path goes through."""
    states = [game.start()]
    for frame in game.walk():
        states.append(game.apply(states[-1], frame.event))
    return states


def at(screen: str, *flags: str, **more: Any) -> State:
    """Stand on a screen."""
    return State(screen=screen, flags=tuple(sorted(flags)), **more)


def shown(game: Run, state: State, kind: str) -> dict[str, Any]:
    """Give the first part of a kind in the view."""
    return next(part for part in game.view(state)["screen"]["parts"] if part["kind"] == kind)


def every_view() -> Iterator[dict[str, Any]]:
    """Give every part of every screen as it is drawn with all flags of the town unset or set."""
    for task in TASKS:
        game = visit("solo", task)
        for name in town().screens:
            for flags in ((), ("sheet", "paid", "sent"), ("sheet", "wrong-side")):
                yield from game.view(at(name, *flags))["screen"]["parts"]


def test_sample_uses_every_kind_and_field() -> None:
    used = [part for screen in town().screens.values() for part in screen.parts]
    fields = {field.type for part in used if isinstance(part, FormPart) for field in part.fields}
    assert {type(part) for part in used} == set(KINDS)
    assert fields == set(get_args(FieldType))


def test_sample_has_no_faults() -> None:
    assert faults(town()) == walk_faults(town(), galina()) == dead_ends(town(), galina()) == []


@pytest.mark.parametrize("seed", seeds_of_all(town()))
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("task", TASKS)
def test_each_variant_can_be_walked(task: str, mode: Mode, seed: int) -> None:
    game = visit(mode, task, seed)
    assert game.replay(frame.event for frame in game.walk()).finished


UNSAID = {"when", "then", "right", "wrong", "failed", "forgiving"}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_view_mirrors_the_file(kind: type[kinds.PartBase]) -> None:
    written = {field.alias or name for name, field in kind.model_fields.items()} - UNSAID
    drawn = [part for part in every_view() if part["kind"] == get_args(kind.model_fields["kind"].annotation)[0]]
    assert drawn
    assert {frozenset(part) for part in drawn} == {
        frozenset(written | ({"value"} if kind is kinds.SearchPart else set()))
    }


def keys(node: object) -> set[str]:
    """Name every key inside plain data."""
    if isinstance(node, dict):
        return set(node).union(*map(keys, node.values()))
    return set().union(*map(keys, node)) if isinstance(node, list) else set()


@pytest.mark.parametrize("task", TASKS)
def test_solo_view_holds_no_key(task: str) -> None:
    game = visit(task=task)
    for state in walked(game):
        drawn = game.view(state)
        assert not keys(drawn) & (UNSAID | {"expect", "least", "most", "words", "set", "disclose", "refuse"})
        fields = [field for part in drawn["screen"]["parts"] for field in part.get("fields", [])]
        assert {field["value"] for field in fields} <= {""}
        assert drawn["mark"] is None


@pytest.mark.parametrize("task", TASKS)
def test_replay_is_live_over_all_parts(task: str) -> None:
    game = visit(task=task)
    states, events = walked(game), [frame.event for frame in game.walk()]
    stored = json.loads(json.dumps(events, ensure_ascii=False))
    assert [game.replay(stored[:n]) for n in range(len(stored) + 1)] == states
    assert all(State.load(json.loads(json.dumps(state.dump()))) == state for state in states)


def test_step_and_view_stay_under_a_millisecond() -> None:
    spent_ms: dict[str, list[float]] = {}
    for task in TASKS:
        game = visit(task=task)
        frames = game.walk()
        for _ in range(20):
            state = game.start()
            for _ in frames:
                step = game.guide(state)
                assert step is not None
                begun = time.perf_counter()
                after = game.apply(state, game.judge(state, step.message()))
                game.view(after)
                spent_ms.setdefault(state.screen, []).append((time.perf_counter() - begun) * 1000)
                state = after
    assert {screen: median(spent) for screen, spent in spent_ms.items() if median(spent) >= 1} == {}


# Fields.

METER = {"type": "meter", "expect": "318", "least": "312", "most": "900"}


@pytest.mark.parametrize(
    ("about", "typed", "verdict"),
    [
        (METER, "318", "right"),
        (METER, " 00318 ", "right"),
        (METER, "318,0", "right"),
        (METER, "320", "wrong"),
        (METER, "311", "too-small"),
        (METER, "901", "too-big"),
        (METER, "много", "wrong"),
        (METER, "", "empty"),
        ({"type": "meter", "least": "5"}, "5", "right"),
        ({"type": "amount", "expect": "1250"}, "1 250,00 ₽", "right"),
        ({"type": "amount", "expect": "1250"}, "1250 рублей", "right"),
        ({"type": "amount", "expect": "1250"}, "125", "wrong"),
        ({"type": "snils", "expect": "200-059-531 11"}, "20005953111", "right"),
        ({"type": "snils", "expect": "200-059-531 11"}, "200-059-531 12", "wrong"),
        ({"type": "passport", "expect": "00 00 000003"}, "0000 000003", "right"),
        ({"type": "card", "expect": "2204 0000 0000 0001"}, "2204000000000001", "right"),
        ({"type": "inn", "expect": "000000000012"}, "0000 0000 0012", "right"),
        (
            {"type": "address", "expect": "г. Светлоречье, ул. Школьная, д. 3, кв. 56"},
            "светлоречье школьная 3-56",
            "right",
        ),
        ({"type": "address", "expect": "г. Светлоречье, ул. Школьная, д. 3, кв. 56"}, "Школьная 3", "wrong"),
        ({"type": "long"}, "слово " * 200, "right"),
    ],
)
def test_field_is_judged(about: dict[str, str], typed: str, verdict: str) -> None:
    assert judged({"id": "it", "label": "Поле", **about}, typed)["verdicts"] == {"it": verdict}


def judged(field: dict[str, Any], typed: str) -> dict[str, Any]:
    """Send a form of one field; gives the event."""
    raw = raw_parts()
    raw["screens"]["home"]["parts"] = [
        {"kind": "form", "id": "f", "fields": [field], "submit": {"id": "go", "label": "Дальше"}}
    ]
    game = Run(Scenario.model_validate(raw), galina(), "visit", "solo", 2)
    return game.judge(game.start(), press("go", it=typed))


CHOICES = [{"id": "passport", "label": "Паспорт"}, {"id": "polis", "label": "Полис"}, {"id": "keys", "label": "Ключи"}]
CHECKS = {"id": "it", "label": "Поле", "type": "checks", "choices": CHOICES, "expect": ["polis", "passport"]}


@pytest.mark.parametrize(
    ("typed", "verdict", "chosen"),
    [
        ("polis passport", "right", "passport polis"),
        ("passport", "wrong", "passport"),
        ("passport polis keys", "wrong", "passport polis keys"),
        ("", "empty", None),
    ],
    ids=["all", "one", "too many", "none"],
)
def test_checks_are_stored_by_id(typed: str, verdict: str, chosen: str | None) -> None:
    event = judged(CHECKS, typed)
    assert (event["verdicts"]["it"], event["choices"].get("it")) == (verdict, chosen)


@pytest.mark.parametrize("kind", ["checks", "file", "choice"])
def test_choice_from_elsewhere_is_refused(kind: str) -> None:
    with pytest.raises(Refused):
        judged(CHECKS | {"type": kind, "expect": None}, "passport money")


@pytest.mark.parametrize(
    "change",
    [
        {"type": "text", "least": "3"},
        {"type": "meter", "least": "три"},
        {"type": "meter", "expect": "много"},
        {"type": "checks", "choices": CHOICES, "expect": ["money"]},
        {"type": "choice", "choices": [{"id": "a", "label": "А", "picture": "scan"}]},
        {"type": "file"},
    ],
    ids=["limit of a text", "limit no number", "expected no number", "unknown check", "picture", "no files"],
)
def test_field_that_contradicts_itself_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FormField.model_validate({"id": "it", "label": "Поле", **change})


def test_long_text_has_its_own_limit() -> None:
    with pytest.raises(Refused):
        judged({"id": "it", "label": "Поле", "type": "long"}, "ж" * 2001)
    with pytest.raises(Refused):
        judged({"id": "it", "label": "Поле", "type": "text"}, "ж" * 301)


def test_no_typed_text_is_kept() -> None:
    game = visit()
    about = next(part for part in town().screens["about"].parts if isinstance(part, FormPart))
    typed = {field.id: f"тайна-{field.id}" for field in about.fields if not field.choices and field.type != "check"}
    event = game.judge(at("about"), press("tell", **typed))
    after = game.apply(at("about"), event)
    assert "тайна" not in json.dumps([event, after.dump(), game.view(after)], ensure_ascii=False)
    assert set(event["verdicts"].values()) == {"wrong", "right", "empty"}


def test_real_number_in_any_field_is_wiped() -> None:
    event = visit().judge(at("about"), press("tell", words="Звоните 8 913 123-45-67"))
    assert event == {"do": "real", "field": "words", "kind": "phone"}


def meters(reading: str, mode: Mode = "solo") -> tuple[Run, State]:
    """Send a reading; seed 2 knows 312 as the last and 318 as the present one."""
    game = visit(mode, "pay")
    return game, play(game, press("send", account="1207", reading=reading), state=at("meters", "payer", "cleared"))


def test_failed_outcome_knows_the_verdict() -> None:
    game, state = meters("300")
    form = shown(game, state, "form")
    assert form["fields"][1]["error"] == "Число меньше прошлого. В прошлый раз было 312."
    assert (state.mistakes, state.misses, state.say and state.say.text) == (("less",), 0, "Счётчик назад не ходит.")
    _, bigger = meters("901")
    assert (bigger.mistakes, bigger.misses) == ((), 1)
    after = play(game, press("send", account="1207", reading="318"), state=state)
    assert game.facts(after)["recovered"] == ["less"]


@pytest.mark.parametrize(("reason", "said"), [("paper", "Справку врач даст на приёме."), ("ill", None)])
def test_outcome_may_follow_the_choice(reason: str, said: str | None) -> None:
    game = visit("together")
    step = game.guide(at("about"))
    assert step is not None
    message = step.message()
    state = play(game, {**message, "fields": {**message["fields"], "reason": reason}}, state=at("about"))
    assert (state.screen, state.say and state.say.text) == ("scan", said)


# Parts with a right control.


def test_wrong_slot_says_which_is_right() -> None:
    game = visit()
    state = play(game, press("d15-1120"), state=at("days"))
    assert (state.screen, state.mistakes) == ("days", ("wrong-time",))
    assert state.say is not None
    assert game.stage.text(state.say.text) == "Нужно другое время: вторник, 15 декабря, 9:40."
    assert play(game, press("d15-0940"), state=state).screen == "ticket"


def test_taken_slot_is_no_control() -> None:
    game = visit()
    with pytest.raises(Refused):
        game.judge(at("days"), press("d15-0900"))
    first, *_ = shown(game, at("days"), "calendar")["days"]
    assert [(slot["id"], slot["taken"]) for slot in first["slots"]][:2] == [("d15-0900", True), ("d15-0940", False)]


def test_guide_names_the_drawn_control() -> None:
    for seed in seeds_of_all(town()):
        game = visit(seed=seed)
        step = game.guide(at("days"))
        assert step is not None
        assert step.control == game.stage.drawn["visit.slot"]
        assert game.stage.drawn["visit.day"] in step.where


def test_letter_is_new_until_read() -> None:
    game = visit(task="pay")
    marks = [
        {letter["id"]: letter["unread"] for letter in shown(game, state, "mailbox")["letters"]}
        for state in (at("mail"), at("mail", "seen"))
    ]
    assert [mark["letter-bill"] for mark in marks] == [True, False]


# Messages that want an answer.


def pushed() -> tuple[Run, State]:
    """Pay for the water; the bank asks."""
    game = visit("solo", "pay")
    return game, play(game, press("pay", card=galina().card, sum="1250"), state=at("code", "payer", "cleared", "sent"))


def test_push_waits_for_an_answer() -> None:
    game, state = pushed()
    (push,) = game.view(state)["phone"]["messages"]
    assert (push["kind"], push["from"], push["fresh"]) == ("push", "Учебный банк", True)
    assert push["text"] == "Списание 1 250 ₽. Получатель: Водоканал. Это вы?"
    assert [reply["id"] for reply in push["replies"]] == ["push-yes", "push-look", "push-no"]
    assert game.view(state)["phone"]["clock"] == "10:24"
    step = game.guide(state)
    assert step is not None
    assert (step.do, step.control) == ("reply", "push-yes")
    elsewhere = play(game, press("nav-home"), state=state._replace(flags=(*state.flags, "push-was")))
    assert elsewhere.screen == "home"
    assert game.view(elsewhere)["phone"]["messages"][0]["replies"]


def test_only_an_ending_reply_closes_a_push() -> None:
    game, state = pushed()
    looked = play(game, {"do": "reply", "reply": "push-look"}, state=state)
    assert looked.waiting == (0,)
    paid = play(game, {"do": "reply", "reply": "push-yes"}, state=looked)
    assert (paid.waiting, paid.screen, "paid" in paid.flags) == ((), "receipt", True)
    assert game.view(paid)["phone"]["messages"][0]["replies"] == []
    with pytest.raises(Refused):
        game.judge(paid, {"do": "reply", "reply": "push-yes"})


def test_newest_push_is_answered_first() -> None:
    game = visit(task="pay")
    state = at("code", inbox=(("pay-push", 0), ("fake-push", 0)), waiting=(0, 1))
    messages = game.view(state)["phone"]["messages"]
    assert [bool(message["replies"]) for message in messages] == [False, True]
    with pytest.raises(Refused):
        game.judge(state, {"do": "reply", "reply": "push-yes"})
    state = play(game, {"do": "reply", "reply": "alien-no"}, state=state)
    assert [bool(message["replies"]) for message in game.view(state)["phone"]["messages"]] == [True, False]


def test_call_comes_before_a_push() -> None:
    game = visit()
    calling = play(game, press("find-go", find="врач"), press("res-doctor"))
    state = calling._replace(inbox=(*calling.inbox, ("pay-push", 0)), waiting=(1,))
    assert [message["replies"] for message in game.view(state)["phone"]["messages"]] == [[], []]
    assert [reply.id for reply in game.stage.replies(state)] == ["hang-up", "tell"]
    assert play(game, {"do": "reply", "reply": "hang-up"}, state=state).waiting == (1,)


def test_push_sent_anew_waits_once() -> None:
    game, state = pushed()
    again = play(game, press("pay", card=galina().card, sum="1250"), state=state)
    assert (len(again.inbox), again.waiting) == (2, (1,))


def test_other_steps_are_astray_while_a_push_waits() -> None:
    game = visit("together", "pay")
    state = at("code", "payer", "cleared", "sent", inbox=(("pay-push", 0),), waiting=(0,))
    assert game.judge(state, press("nav-home")) == {"do": "astray", "control": "nav-home"}


# Traps.


def letter() -> tuple[Run, State]:
    """Open the false bill."""
    game = visit("solo", "pay")
    return game, play(game, press("to-mail"), press("letter-bill"))


def test_trap_counts_only_when_met() -> None:
    game, state = letter()
    assert game.start().met == ()
    assert state.met == ("fake-bill",)


def test_trap_left_alone_was_refused() -> None:
    game, state = letter()
    ignored = game.apply(state._replace(flags=("paid", "sent", "cleared", "answered")), {"do": "hint"})
    assert ignored.finished
    assert game.facts(ignored)["refused"] == ["fake-bill"]


def test_trap_never_met_does_not_pay() -> None:
    game = visit("solo", "pay")
    done = game.apply(at("chat", "paid", "sent", "cleared", "answered"), {"do": "hint"})
    assert (done.finished, game.facts(done)["refused"]) == (True, [])


def test_who_fell_for_a_trap_has_not_refused() -> None:
    game, state = letter()
    state = play(game, press("bad-link"), {"do": "back"}, press("delete"), state=state)
    facts = game.facts(state)
    assert (facts["refused"], facts["disclosed"], facts["misses"]) == ([], ["fake-bill"], 1)


@pytest.mark.parametrize(("control", "tone"), [("bad-link", "amber"), ("delete", "good")])
def test_trap_explains_itself(control: str, tone: str) -> None:
    game, state = letter()
    said = game.view(play(game, press(control), state=state))["say"]
    assert said == {"tone": tone, "text": town().traps["fake-bill"]}


def test_trap_link_shows_its_site() -> None:
    game, state = letter()
    site = game.view(play(game, press("bad-link"), state=state))["site"]
    assert site == {"scheme": "http://", "host": "vodokanal.oplata.test", "path": "/pay", "secure": False}
