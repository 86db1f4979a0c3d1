"""The machine of a simulated portal: what each press, reply and step back does."""

from __future__ import annotations

import time
from statistics import median
from typing import Any

import pytest
from test_practice_mini import anna, log_in, mini, newest_code, play, press, run

from ecitizen.practice.comparing import same
from ecitizen.practice.machine import Run
from ecitizen.practice.refusal import Refused
from ecitizen.practice.state import State

HANG_UP = {"do": "reply", "reply": "hang-up"}


def test_code_is_six_digits() -> None:
    codes = {run(seed=seed).stage.code("login", issue) for seed in range(200) for issue in (1, 2, 3)}
    assert len(codes) > 590
    assert all(len(code) == 6 and code.isdigit() and code[0] != "0" for code in codes)


def test_code_is_same_on_every_machine() -> None:
    assert run(seed=7).stage.code("login", 1) == "436669"


def test_new_code_voids_the_old() -> None:
    game = run("together")
    state = play(game, *log_in())
    old = newest_code(game, state)
    # In together mode the guide does not ask for a new code, so the event is made by hand.
    state = game.apply(state, {"do": "press", "control": "resend"})
    messages = game.view(state)["phone"]["messages"]
    assert [(text["code"], text["fresh"]) for text in messages] == [(None, False), (newest_code(game, state), True)]
    assert game.judge(state, press("confirm", code=old))["verdicts"] == {"code": "wrong"}
    assert game.judge(state, press("confirm", code=newest_code(game, state)))["verdicts"] == {"code": "right"}


def test_code_not_yet_sent_is_wrong() -> None:
    game = run("together")
    state = State(screen="code", history=("home", "login"))
    assert game.judge(state, press("confirm", code="436669"))["verdicts"] == {"code": "wrong"}


def test_messages_stay_in_order() -> None:
    game = run("together", "drop")
    state = play(game, *log_in())
    state = play(game, press("confirm", code=newest_code(game, state)), state=state)
    texts = [(text["text"], text["code"], text["fresh"]) for text in game.view(state)["phone"]["messages"]]
    assert texts[0][0].startswith("Код для входа: 436 669.")
    assert texts[1] == ("Анна Петровна, вы вошли в кабинет.", None, True)


def test_message_is_stale_on_next_screen() -> None:
    game = run("together")
    state = play(game, *log_in())
    state = play(game, press("confirm", code=newest_code(game, state)), press("find-go", find="черновик"), state=state)
    assert game.view(state)["phone"]["messages"][-1]["fresh"]
    state = play(game, press("res-draft"), state=state)
    assert not game.view(state)["phone"]["messages"][-1]["fresh"]


def logged_in(game: Run) -> State:
    """Log in in solo mode, with the expired code and the call behind."""
    state = play(game, *log_in(), HANG_UP)
    state = play(game, press("confirm", code=newest_code(game, state)), press("resend"), state=state)
    return play(game, press("confirm", code=newest_code(game, state)), state=state)


def test_expired_code_is_recovered() -> None:
    game = run()
    state = logged_in(game)
    facts = game.facts(state)
    assert (facts["mistakes"], facts["recovered"], facts["goals"]) == (["expired-code"], ["expired-code"], ["entered"])


def test_recovery_without_error_counts_nothing() -> None:
    game = run()
    state = play(game, *log_in(), HANG_UP, press("resend"))
    assert game.facts(state)["recovered"] == []


def test_back_keeps_what_was_done() -> None:
    game = run()
    state = play(game, press("login"), {"do": "back"})
    assert (state.screen, game.view(state)["can_back"]) == ("home", False)
    state = logged_in(game)
    behind = play(game, {"do": "back"}, state=state)
    # The code screen sends those who are logged in to the cabinet, so «Назад» never logs out and never gets stuck.
    assert behind.screen == "cabinet"
    assert "session" in behind.flags
    while game.view(behind)["can_back"]:
        behind = play(game, {"do": "back"}, state=behind)
    assert behind.screen == "home"
    assert "session" in behind.flags


def test_back_at_start_is_refused() -> None:
    game = run()
    with pytest.raises(Refused):
        game.judge(game.start(), {"do": "back"})


def test_call_rings_on_entering() -> None:
    game = run()
    state = play(game, *log_in())
    call = game.view(state)["phone"]["call"]
    assert call["from"] == "8 (000) 777-00-11"
    assert [reply["id"] for reply in call["replies"]] == ["hang-up", "ask", "tell"]
    again = play(game, HANG_UP, {"do": "back"}, log_in()[1], state=state)
    assert game.view(again)["phone"]["call"] is None


@pytest.mark.parametrize(
    ("replies", "refused", "disclosed"),
    [
        (["hang-up"], True, False),
        (["ask", "hang-up"], True, False),
        (["tell", "hang-up"], False, True),
        ([], True, False),
    ],
    ids=["hung up", "asked first", "gave in first", "left ringing"],
)
def test_call_counts_as_refused(replies: list[str], refused: bool, disclosed: bool) -> None:
    game = run()
    state = play(game, *log_in(), *({"do": "reply", "reply": reply} for reply in replies))
    facts = game.facts(finish(game, state))
    assert facts["finished"]
    assert facts["refused"] == (["fake-support"] if refused else [])
    assert facts["disclosed"] == (["code"] if disclosed else [])


def finish(game: Run, state: State) -> State:
    """Do the rest rightly, paying no attention to a call that is on."""
    while not state.finished:
        step = game.guide(state._replace(ringing=None))
        assert step is not None
        state = play(game, step.message(), state=state)
    return state


def test_finished_task_stays_as_it_is() -> None:
    game = run("together")
    done = game.replay(frame.event for frame in game.walk())
    assert game.apply(done, {"do": "press", "control": "exit"}) == done
    assert game.apply(done, {"do": "back"}) == done
    view = game.view(done)
    assert (view["finished"], view["mark"], view["can_back"]) == (True, None, False)
    assert view["say"] == {"tone": "good", "text": "Черновик удалён, кабинет закрыт."}
    assert [goal["state"] for goal in view["task"]["goals"]] == ["done"] * 3
    with pytest.raises(Refused):
        game.judge(done, {"do": "hint"})


def test_goal_once_reached_stays_reached() -> None:
    game = run()
    state = game.apply(logged_in(game), {"do": "press", "control": "exit"})
    assert [goal["state"] for goal in game.view(state)["task"]["goals"]] == ["done", "now", "next"]


def test_hints_grow_and_start_anew() -> None:
    game = run()
    state = play(game, {"do": "hint"})
    assert game.view(state)["hint"] == {"level": 1, "text": "Посмотрите в середину."}
    assert game.view(state)["mark"] is None
    state = play(game, {"do": "hint"}, state=state)
    assert game.view(state)["hint"] == {"level": 2, "text": "Нажмите «Войти»."}
    state = play(game, {"do": "hint"}, {"do": "hint"}, press("news"), state=state)
    assert (game.view(state)["mark"], state.hint, state.hints) == ("login", 3, 3)
    state = play(game, press("login"), state=state)
    assert (game.view(state)["hint"], state.hints) == (None, 3)


def test_together_answers_kindly_off_the_guide() -> None:
    game = run("together")
    event = game.judge(game.start(), press("news"))
    assert event == {"do": "astray", "control": "news"}
    state = game.apply(game.start(), event)
    assert game.view(state)["say"] == {"tone": "amber", "text": "Это сейчас не нужно. Посмотрите в середину."}
    assert (state.screen, state.misses, game.view(state)["mark"]) == ("home", 1, "login")


def test_together_does_not_go_back() -> None:
    game = run("together")
    state = play(game, press("login"), {"do": "back"})
    assert (state.screen, state.misses) == ("login", 1)


def test_search_finds_by_stems() -> None:
    game = run("together")
    state = play(game, *log_in())
    state = play(game, press("confirm", code=newest_code(game, state)), state=state)
    assert search(game, state)["results"] is None
    both = ["res-draft", "res-doctor"]
    for query, hits in [("Еще", both[:1]), ("мои ЧЕРНОВИКИ", both), (" ", []), ("пенсия", [])]:
        event = game.judge(state, press("find-go", find=query))
        assert event == {"do": "press", "control": "find-go", "found": hits}
        part = search(game, game.apply(state, event))
        assert [hit["id"] for hit in part["results"]] == hits
        assert bool(part["nothing"]) == (not hits)


def search(game: Run, state: State) -> dict[str, Any]:
    """Give the search part of the view."""
    return next(part for part in game.view(state)["screen"]["parts"] if part["kind"] == "search")


def test_result_not_found_is_refused() -> None:
    game = run("show")
    state = play(game, *log_in())
    state = play(game, press("confirm", code=newest_code(game, state)), state=state)
    with pytest.raises(Refused):
        game.judge(state, press("res-draft"))


def test_wrong_form_names_its_fields() -> None:
    game = run()
    state = play(game, press("login"), press("enter", phone="555"))
    form = game.view(state)["screen"]["parts"][0]
    assert [field["error"] for field in form["fields"]] == ["Телефон другой.", "Напишите пароль."]
    assert (state.misses, game.view(state)["say"]["text"]) == (1, "Исправьте отмеченное поле.")


@pytest.mark.parametrize(
    ("kind", "typed", "expected", "right"),
    [
        ("phone", "+7 000 555 14 07", "8 (000) 555-14-07", True),
        ("phone", "0005551407", "8 (000) 555-14-07", True),
        ("phone", "8 (000) 555-14-08", "8 (000) 555-14-07", False),
        ("phone", "555-14-07", "8 (000) 555-14-07", False),
        ("date", "14/5/1953", "14.05.1953", True),
        ("date", "1953-05-14", "14.05.1953", True),
        ("date", "14051953", "14.05.1953", True),
        ("date", "05.14.1953", "14.05.1953", False),
        ("date", "14.05.53", "14.05.1953", False),
        ("code", "417 205", "417205", True),
        ("code", "417", "417205", False),
        ("password", " Ромашка-1953 ", "Ромашка-1953", True),
        ("password", "ромашка-1953", "Ромашка-1953", False),
        ("email", "Anna@Example.org", "anna@example.org", True),
        ("name", "СОКОЛОВА  Алена", "Соколова Алёна", True),
        ("text", "В собес", "в собес.", True),
        ("text", "в банк", "в собес", False),
    ],
)
def test_spelling_does_not_matter(kind: str, typed: str, expected: str, right: bool) -> None:
    assert same(kind, typed, expected) is right


def test_event_holds_no_typed_text() -> None:
    game = run()
    state = play(game, press("login"))
    event = game.judge(state, press("enter", phone="секрет-1", password="секрет-2"))
    assert event == {
        "do": "press",
        "control": "enter",
        "verdicts": {"phone": "wrong", "password": "wrong"},
        "choices": {},
    }


def test_choices_are_stored_by_id() -> None:
    game = run()
    state = State(screen="draft", flags=("entered", "session"))
    event = game.judge(state, press("delete", reason="mistake", sure="", birth="1"))
    assert event["choices"] == {"reason": "mistake"}
    assert event["verdicts"] == {"reason": "wrong", "sure": "empty", "birth": "wrong"}


def test_real_data_is_not_judged() -> None:
    game = run()
    state = play(game, press("login"))
    event = game.judge(state, press("enter", phone="8 913 123-45-67", password=anna().password))
    assert event == {"do": "real", "field": "phone", "kind": "phone"}
    after = game.apply(state, event)
    assert (after.screen, after.real_data, game.view(after)["guard"]) == (
        "login",
        1,
        {"field": "phone", "kind": "phone"},
    )
    assert game.view(play(game, {"do": "hint"}, state=after))["guard"] is None


DEEP: Any = []
for _ in range(5000):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "press",
        {},
        {"do": None},
        {"do": ["press"]},
        {"do": "evaluate"},
        {"do": "press"},
        {"do": "press", "control": 1},
        {"do": "press", "control": "login", "key": "1"},
        {"do": "press", "control": "delete"},
        {"do": "press", "control": "x" * 301},
        {"do": "press", "control": "login", "fields": {"phone": "1"}},
        {"do": "press", "control": "login", "fields": DEEP},
        {"do": "press", "control": "login", "fields": {f"f{n}": "" for n in range(10_000)}},
        {"do": "press", "control": DEEP},
        {"do": "reply", "reply": "hang-up"},
        {"do": "hint", "level": 3},
        {"do": "back"},
        {"do": "back", 1: 2},
        {"do": "real", "field": "phone", "kind": "phone"},
        {"do": "astray", "control": "login"},
    ],
    ids=lambda message: str(message)[:40] if not isinstance(message, dict) or DEEP not in message.values() else "deep",
)
def test_impossible_message_is_refused(message: Any) -> None:
    game = run()
    with pytest.raises(Refused):
        game.judge(game.start(), message)


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": "changed", "other": ""},
        {"reason": "никто"},
        {"reason": 1},
        {"reason": "changed", "sure": "да"},
        {"birth": "1" * 301},
        {"birth": DEEP},
        "reason",
    ],
    ids=["unknown field", "unknown choice", "a number", "odd tick", "too long", "deep", "no dict"],
)
def test_impossible_field_is_refused(fields: Any) -> None:
    game = run()
    state = State(screen="draft", flags=("session",))
    with pytest.raises(Refused):
        game.judge(state, {"do": "press", "control": "delete", "fields": fields})


@pytest.mark.parametrize(
    "event",
    [
        {"do": "press", "control": "gone-since"},
        {"do": "reply", "reply": "gone-since"},
        {"do": "back"},
        {"do": "unheard-of"},
    ],
    ids=["control", "reply", "nowhere to go back", "unknown kind"],
)
def test_event_of_older_content_changes_nothing(event: dict[str, Any]) -> None:
    game = run()
    start = game.start()
    after = game.apply(start, event)
    assert (after.screen, after.flags, after.turn) == (start.screen, start.flags, 1)


def test_show_mode_fills_the_fields() -> None:
    frames = run("show").walk()
    fields = next(part for part in frames[1].view["screen"]["parts"] if part["kind"] == "form")["fields"]
    assert [field["value"] for field in fields] == [anna().phone, anna().password]
    assert (frames[1].control, frames[1].view["mark"]) == ("enter", "enter")
    assert frames[1].view["caption"] == frames[1].caption == "Пишем телефон и пароль."


def test_step_and_view_stay_under_a_millisecond() -> None:
    game = run()
    frames = game.walk()
    spent_s = []
    for _ in range(20):
        state = game.start()
        for frame in frames:
            begun = time.perf_counter()
            state = game.apply(state, frame.event)
            game.view(state)
            spent_s.append(time.perf_counter() - begun)
    assert median(spent_s) < 0.001


def test_unknown_task_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Run(mini(), anna(), "absent", "solo", 1)
