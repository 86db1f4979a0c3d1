"""What a part draws depends on the state: rows, marks and units that come and go, a screen without an address bar."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from test_practice_mini import press
from test_practice_parts import at, galina, raw_parts, shown, visit

from ecitizen.practice.check import faults
from ecitizen.practice.fields import FormField
from ecitizen.practice.flow import When
from ecitizen.practice.machine import Run
from ecitizen.practice.scenario import Scenario, Screen
from ecitizen.practice.trying import _asks_what_was_drawn

WHEN = {"has": ["told"]}
PAIRS: list[Any] = [["Время", "10:20"], {"row": ["Кабинет", "12"], "when": WHEN}]
BOARD = [
    {"ticket": "А-1", "place": "Окно 1", "state": "Ждите"},
    {"ticket": "А-2", "place": "Окно 2", "state": "Ждите", "when": WHEN},
]


def home(part: dict[str, Any], **screen: Any) -> Run:
    """Put one part on the first screen of the small town; seed 2 draws doctor Белкин."""
    raw = raw_parts()
    raw["screens"]["home"] |= {"parts": [part], "guide": [], **screen}
    return Run(Scenario.model_validate(raw), galina(), "visit", "solo", 2)


def drawn(part: dict[str, Any], *flags: str) -> dict[str, Any]:
    """Draw one part alone."""
    return shown(home(part), at("home", *flags), part["kind"])


@pytest.mark.parametrize(
    ("part", "key"),
    [
        ({"kind": "rows", "rows": PAIRS}, "rows"),
        ({"kind": "paper", "title": "Талон", "lines": PAIRS}, "lines"),
        ({"kind": "paper", "title": "Талон", "lines": ["Ждите.", {"text": "Идите.", "when": WHEN}]}, "lines"),
        ({"kind": "bill", "title": "Счёт", "payee": "Банк", "lines": PAIRS, "total": ["Всего", "1 ₽"]}, "lines"),
        ({"kind": "board", "title": "Табло", "rows": BOARD}, "rows"),
    ],
    ids=["rows", "paper pairs", "paper texts", "bill", "board"],
)
def test_row_comes_with_its_condition(part: dict[str, Any], key: str) -> None:
    assert [len(drawn(part, *flags)[key]) for flags in ((), ("told",))] == [1, 2]


def test_both_forms_of_a_row_draw_the_same() -> None:
    short, long = ({"kind": "paper", "title": "Л", "lines": lines} for lines in (
        [["Врач", "Белова"], "Ждите."], [{"row": ["Врач", "Белова"]}, {"text": "Ждите."}]
    ))  # fmt: skip
    assert drawn(short) == drawn(long)


@pytest.mark.parametrize(
    "line", [{}, {"row": ["а", "б"], "text": "в"}, ["а"], 5], ids=["none", "both", "one", "number"]
)
def test_line_of_a_sheet_is_one_thing(line: object) -> None:
    with pytest.raises(ValidationError):
        home({"kind": "paper", "title": "Л", "lines": [line]})


@pytest.mark.parametrize(("written", "note"), [({}, None), ({"note": ""}, ""), ({"note": "Ваш лист"}, "Ваш лист")])
def test_sheet_has_its_own_caption(written: dict[str, str], note: str | None) -> None:
    assert drawn({"kind": "paper", "title": "Л", "lines": ["а"], **written})["note"] == note


@pytest.mark.parametrize("flags", [(), ("told",)], ids=["before", "after"])
def test_clip_and_main_may_be_conditions(flags: tuple[str, ...]) -> None:
    letter = {
        "id": "one",
        "label": "Письмо",
        "from": "Банк",
        "date": "1 мая",
        "clip": WHEN,
        "main": {"lacks": ["told"]},
    }
    (envelope,) = drawn({"kind": "mailbox", "letters": [letter]}, *flags)["letters"]
    assert (envelope["clip"], envelope["main"]) == (bool(flags), not flags)


def test_main_of_a_form_may_be_a_condition() -> None:
    field = {"id": "it", "label": "Поле", "empty": "Напишите."}
    form = {"kind": "form", "id": "f", "fields": [field], "submit": {"id": "go", "label": "Дальше", "main": WHEN}}
    assert [drawn(form, *flags)["submit"]["main"] for flags in ((), ("told",))] == [False, True]


def test_unit_stands_only_at_numbers() -> None:
    assert FormField.model_validate({"id": "it", "label": "Поле", "type": "meter", "unit": "мин"}).unit == "мин"
    with pytest.raises(ValidationError):
        FormField.model_validate({"id": "it", "label": "Поле", "type": "text", "unit": "мин"})


def test_screen_without_a_bar_keeps_the_way_back() -> None:
    game = home({"kind": "text", "text": "Вы дома."}, frame="none")
    view = game.view(at("home", history=("hall",)))
    assert (view["screen"]["frame"], view["can_back"]) == ("none", True)
    assert visit().view(at("home"))["screen"]["frame"] == "browser"


@pytest.mark.parametrize("more", [{"host": "bank.test"}, {"secure": False}], ids=["host", "secure"])
def test_screen_without_a_bar_has_no_address(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Screen.model_validate({"title": "Зал", "parts": [{"kind": "text", "text": "Зал."}], "frame": "none", **more})


# A search.


def search(*words: str, forgiving: bool = True, **more: Any) -> Run:
    """Put a search of one result on the first screen."""
    result = {"id": "hit", "label": "Нашлось", "words": list(words), "then": [{"go": "mail"}]}
    submit = {"id": "go", "label": "Найти"}
    part = {"kind": "search", "id": "q", "label": "Что?", "submit": submit, "results": [result], "nothing": "Нет."}
    return home({**part, "forgiving": forgiving, **more})


@pytest.mark.parametrize(
    ("typed", "stem", "found"),
    [
        ("справка", "справк", True),
        ("спровка", "справк", True),
        ("спарвка о доходах", "справк", True),
        ("спорвка", "справк", False),
        ("опек", "опека", False),
        ("аптека", "опека", False),
        ("вада", "вода", False),
        ("воздух", "вод", False),
        ("утрений поезд", "утренний поезд", False),
        ("утрейний поезд", "утренний поезд", True),
        ("поезд утренний", "утренний поезд", True),
        ("", "справк", False),
    ],
)
def test_forgiving_search_allows_one_slip(typed: str, stem: str, found: bool) -> None:
    game = search(stem)
    assert bool(game.judge(game.start(), press("go", q=typed))["found"]) is found


@pytest.mark.parametrize("forgiving", [True, False], ids=["forgiving", "strict"])
def test_only_a_forgiving_search_forgives(forgiving: bool) -> None:
    game = search("справк", forgiving=forgiving)
    assert bool(game.judge(game.start(), press("go", q="спровка"))["found"]) is forgiving


def test_search_says_what_was_found() -> None:
    game = search("книг", found="Нашлось книг: {n}")
    state = game.apply(game.start(), game.judge(game.start(), press("go", q="книга")))
    assert shown(game, state, "search")["found"] == "Нашлось книг: {n}"
    assert [fault for fault in faults(game.stage.scenario) if "подстановка" in fault[1]] == []


# What was not drawn.


@pytest.mark.parametrize(
    ("words", "holds"),
    [("Белкин", False), ("Совина", True), (["Совина", "Белкин"], False), (["Совина", "Рысин"], True)],
    ids=["it", "another", "among them", "none of them"],
)
def test_condition_on_what_was_not_drawn(words: object, holds: bool) -> None:
    game = visit()
    when = When.model_validate({"not_drawn": {"visit.doctor": words}})
    assert game.stage.holds(when, game.start()) is holds


def test_unknown_word_not_drawn_is_a_fault() -> None:
    raw = raw_parts()
    raw["screens"]["home"]["parts"][0]["when"] = {"not_drawn": {"visit.doctor": ["Белкин", "Волков"]}}
    found = faults(Scenario.model_validate(raw))
    assert [(key, problem) for key, problem, _ in found if key.startswith("screens.home")] == [
        ("screens.home.parts[0].when.not_drawn", "visit.doctor не бывает 'Волков'")
    ]


@pytest.mark.parametrize(("part", "asks"), [("menu", True), ("text", False)], ids=["a button", "a text"])
def test_dead_ends_look_at_what_was_not_drawn(part: str, asks: bool) -> None:
    raw = raw_parts()
    spoiled = next(one for one in raw["screens"]["home"]["parts"] if one["kind"] == part)
    spoiled["when"] = {"not_drawn": {"visit.doctor": "Совина"}}
    assert _asks_what_was_drawn(Scenario.model_validate(raw)) is asks
