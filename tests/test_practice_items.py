"""Items are judged by a key that no page ever sees."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ecitizen.content.wording import faults_of
from ecitizen.practice import phrases
from ecitizen.practice.items import Refused, check, key, mark_key, present, resolve, right_answer, to_tokens
from ecitizen.practice.quiz import Item, Quiz, Written
from ecitizen.practice.wording import normal_text, read_number

MINI = Path(__file__).parent / "golden" / "quiz-mini.yaml"
QUIZ = Quiz.model_validate(yaml.safe_load(MINI.read_text(encoding="utf-8")))

items = st.sampled_from(QUIZ.items)
seeds = st.integers(min_value=0, max_value=2**63)
ids = st.sampled_from(["o1", "o2", "o3", "o4", "s1", "s2", "l1", "l2", "r1", "r2", "p1", "p2", "value", "reason"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ids
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(ids | st.text(), inner, max_size=5)
)


def answers(item: Item) -> st.SearchStrategy[Any]:
    """Give answers that a learner can give to the item, in ids."""
    match item.kind:
        case "single":
            return st.sampled_from(_ids("o", item.options))
        case "several":
            return st.lists(st.sampled_from(_ids("o", item.options)), unique=True)
        case "truefalse":
            return st.fixed_dictionaries({"value": st.booleans(), "reason": st.sampled_from(_ids("o", item.reasons))})
        case "order":
            return st.permutations(_ids("s", item.steps))
        case "match":
            mates = st.sampled_from(_ids("r", item.pairs))
            return st.dictionaries(st.sampled_from(_ids("l", item.pairs)), mates)
        case "number":
            return st.integers(-100, 100) | st.sampled_from(["6", "6,5", " 6 руб", "шесть"])
        case "text":
            return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
        case "mark":
            return st.lists(st.sampled_from(_ids("p", item.spans)), unique=True)
        case "find":
            return st.sampled_from(_ids("o", item.options))
        case "written":
            return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=2000)


def _ids(letter: str, parts: Any) -> list[str]:
    return [f"{letter}{place}" for place in range(1, len(parts) + 1)]


items_with_answers = items.flatmap(lambda item: st.tuples(st.just(item), answers(item)))


@given(items, anything)
def test_no_json_value_raises(item: Item, answer: Any) -> None:
    verdict = check(item, answer)
    assert verdict.share is None if verdict.waits else 0 <= verdict.share <= 1
    assert verdict.notes
    assert all(note.strip() for note in verdict.notes)


@given(items.filter(lambda item: item.kind != "written"), anything)
def test_key_marks_like_check(item: Any, answer: Any) -> None:
    carried = json.loads(json.dumps(key(item)))
    assert mark_key(carried, answer) == check(item, answer).share


@given(items_with_answers, st.randoms())
def test_order_of_choices_counts_nothing(pair: tuple[Item, Any], random: Any) -> None:
    item, answer = pair
    if item.kind in ("several", "mark"):
        again = list(answer)
        random.shuffle(again)
        assert check(item, again) == check(item, answer)


@given(items_with_answers, seeds)
def test_tokens_and_ids_are_inverse(pair: tuple[Item, Any], seed: int) -> None:
    item, answer = pair
    back = resolve(item, seed, json.loads(json.dumps(to_tokens(item, seed, answer))))
    assert back == (sorted(answer) if item.kind in ("several", "mark") else answer)


@given(items, seeds, anything)
def test_resolve_refuses_or_understands(item: Item, seed: int, raw: Any) -> None:
    try:
        answer = resolve(item, seed, raw)
    except Refused:
        return
    assert resolve(item, seed, to_tokens(item, seed, answer)) == answer
    json.dumps(answer, allow_nan=False).encode()


@pytest.mark.parametrize("item", QUIZ.items, ids=lambda item: item.kind)
def test_right_answer_earns_full_share(item: Item) -> None:
    verdict = check(item, right_answer(item))
    assert verdict.share == (None if isinstance(item, Written) else 1)
    assert verdict.notes[-1] == item.why


@given(items_with_answers, seeds)
def test_notes_never_name_right_options(pair: tuple[Item, Any], seed: int) -> None:
    item, answer = pair
    verdict = check(item, answer)
    if verdict.share is not None and verdict.share < 1:
        assert item.why not in verdict.notes
        options = getattr(item, "options", getattr(item, "reasons", ()))
        assert not {option.why for option in options if option.right} & set(verdict.notes)


ONE_PAIR = phrases.PAIRS_FOUND.format(right=1, all=3)
SHARES = [
    ("one", "o1", 1, ["Это адрес портала.", "У портала один адрес."]),
    ("one", "o2", 0, ["После точки стоит чужое слово."]),
    ("one", "o9", 0, [phrases.UNREADABLE]),
    ("one", ["o1"], 0, [phrases.UNREADABLE]),
    ("some", ["o1"], 0.5, [phrases.NOT_ALL_FOUND]),
    ("some", ["o1", "o3"], 0, ["Себе код знать можно.", phrases.NOT_ALL_FOUND]),
    ("some", ["o1", "o2", "o3"], 0.5, ["Себе код знать можно."]),
    ("some", ["o1", "o1", "o1"], 0.5, [phrases.NOT_ALL_FOUND]),
    ("some", [], 0, [phrases.NOTHING_CHOSEN]),
    ("some", ["o1", "o77"], 0, [phrases.UNREADABLE]),
    ("claim", {"value": False, "reason": "o1"}, 1, ["С кодом войдёт любой.", "Код вводит только хозяин."]),
    ("claim", {"value": False, "reason": "o2"}, 0.5, ["Дело не в связи."]),
    ("claim", {"value": False}, 0.5, [phrases.NO_REASON]),
    ("claim", {"value": True, "reason": "o1"}, 0, ["Сотрудники портала кодов не спрашивают."]),
    ("claim", {"value": 0, "reason": "o1"}, 0, [phrases.UNREADABLE]),
    ("steps", ["s1", "s2", "s4", "s3"], 2 / 3, [phrases.WRONG_ORDER]),
    ("steps", ["s4", "s3", "s2", "s1"], 0, [phrases.WRONG_ORDER]),
    ("steps", ["s1", "s2", "s3"], 0, [phrases.UNREADABLE]),
    ("steps", ["s1", "s2", "s3", "s4", "s4"], 0, [phrases.UNREADABLE]),
    ("pairs", {"l1": "r1", "l2": "r3", "l3": "r2"}, 1 / 3, [ONE_PAIR]),
    ("pairs", {"l1": "r1"}, 1 / 3, [ONE_PAIR]),
    ("digits", "6", 1, ["В коде шесть цифр."]),
    ("digits", " 6 цифр", 1, ["В коде шесть цифр."]),
    ("digits", 4, 0, ["Четыре цифры бывают у карты."]),
    ("digits", "6,5", 0, ["Посчитайте цифры ещё раз."]),
    ("digits", float("nan"), 0, [phrases.NOT_A_NUMBER]),
    ("digits", float("inf"), 0, [phrases.NOT_A_NUMBER]),
    ("digits", True, 0, [phrases.NOT_A_NUMBER]),
    ("word", " ВЫЙТИ\u200b! ", 1, ["Кнопка закрывает кабинет."]),
    ("word", "вход", 0, ["Посмотрите в верхний угол страницы."]),
    ("word", " … ", 0, [phrases.NOTHING_TYPED]),
    ("letter", ["p4", "p2"], 1, ["Вас торопят.", "Адрес чужой.", "Срочность и ссылка выдают обман."]),
    ("letter", ["p2", "p3"], 0, ["Ваше имя само по себе не обман.", phrases.NOT_ALL_FOUND]),
    ("letter", ["p2", "p4", "p1"], 0.5, [phrases.NOT_SUSPICIOUS.format(text="Госуслуги.")]),
    ("exit", "o2", 1, ["Она закрывает кабинет.", "Кнопка «Выйти» закрывает кабинет."]),
    ("exit", "o3", 0, ["Здесь меняют пароль."]),
    ("exit", "o4", 0, [phrases.UNREADABLE]),
    ("exit", ["o2"], 0, [phrases.UNREADABLE]),
    ("call", " \n ", 0, [phrases.NOTHING_TYPED]),
    ("call", {"text": "да"}, 0, [phrases.UNREADABLE]),
]


@pytest.mark.parametrize(("item_id", "answer", "share", "notes"), SHARES, ids=[f"{row[0]}-{row[1]}" for row in SHARES])
def test_each_answer_earns_its_share(item_id: str, answer: Any, share: float, notes: list[str]) -> None:
    verdict = check(QUIZ.item(item_id), answer)
    assert verdict.share == pytest.approx(share)
    assert verdict.notes == notes


def test_written_answer_waits_for_a_person() -> None:
    verdict = check(QUIZ.item("call"), "Не знаю")
    assert verdict.waits
    assert verdict.notes == [phrases.WAITS, "Код знаете только вы."]


def test_screen_keeps_its_own_order() -> None:
    seen = [present(QUIZ.item("exit"), seed)["screen"] for seed in range(20)]
    assert all(screen == seen[0] for screen in seen)
    assert seen[0] == {
        "host": "gosuslugi.ru",
        "title": "Личный кабинет",
        "lines": [
            "Здравствуйте, Анна Петровна!",
            [{"token": "t1", "text": "Заявления"}, {"token": "t2", "text": "Выйти"}],
            [{"token": "t3", "text": "Настройки"}],
        ],
    }


NUMBERS = [
    ("6", 6),
    ("6,5", 6.5),
    ("6.5", 6.5),
    (" 6 руб", 6),
    ("1 500 ₽", 1500),
    ("1\u00a0500", 1500),
    ("\u22123", -3),
    ("６", 6),
    ("6 тыс. рублей", 6000),
    (7, 7),
    (10**400, None),
    (float("-inf"), None),
    ("nan", None),
    ("6e5", None),
    ("6 или 7", None),
    ("", None),
    (False, None),
    ([6], None),
]


@pytest.mark.parametrize(("answer", "value"), NUMBERS, ids=[repr(row[0])[:20] for row in NUMBERS])
def test_numbers_are_read_as_written(answer: Any, value: float | None) -> None:
    assert read_number(answer) == value


SPELLINGS = [
    ("ёлка", "ЕЛКА"),
    ("е\u0308лка", "ёлка"),
    ("Мои документы", " мои  документы. "),
    ("Мои-документы", "мои документы"),
    ("вы\u200bход", "выход"),
    ("за\u0301мок", "замок"),
    ("Ｗｉ-Ｆｉ", "wi fi"),
    ("«Выйти»", "выйти"),
]


@pytest.mark.parametrize(("first", "second"), SPELLINGS, ids=[row[1].strip() for row in SPELLINGS])
def test_spelling_makes_no_difference(first: str, second: str) -> None:
    assert normal_text(first) == normal_text(second)


def test_different_letters_stay_different() -> None:
    assert normal_text("мой") != normal_text("мои")


@given(st.text(max_size=60))
def test_normal_text_is_final(text: str) -> None:
    assert normal_text(normal_text(text)) == normal_text(text)


@given(items, seeds)
def test_view_holds_no_key(item: Item, seed: int) -> None:
    view = present(item, seed)
    seen = json.dumps(view, ensure_ascii=False)
    assert view["id"] == item.id
    assert not {"why", "accept", "tolerance", "suspicious", "otherwise", "right", "sample", "scheme"} & _keys(view) - (
        {"right"} if item.kind == "match" else set()
    )
    assert item.why not in seen
    assert "accept" not in seen


def _keys(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*(_keys(part) for part in value.values()))
    return set().union(*(_keys(part) for part in value)) if isinstance(value, list) else set()


@given(st.sampled_from(["one", "some", "claim"]), seeds)
def test_tokens_count_the_shown_places(item_id: str, seed: int) -> None:
    options = present(QUIZ.item(item_id), seed)["options"]
    assert [option["token"] for option in options] == _ids("t", options)


def test_right_option_stands_at_every_place() -> None:
    item = QUIZ.item("one")
    places = [to_tokens(item, seed, "o1") for seed in range(300)]
    assert all(60 < places.count(token) < 140 for token in ("t1", "t2", "t3"))


def test_shuffling_is_the_same_everywhere() -> None:
    shown = [option["text"] for option in present(QUIZ.item("one"), 7)["options"]]
    assert shown == ["gosuslugi.example", "gosuslugi.ru", "gos-uslugi.example"]


@pytest.mark.parametrize("seed", range(60))
def test_shown_order_is_no_answer(seed: int) -> None:
    steps, pairs = QUIZ.item("steps"), QUIZ.item("pairs")
    untouched = resolve(steps, seed, ["t1", "t2", "t3", "t4"])
    beside = resolve(pairs, seed, {"a1": "b1", "a2": "b2", "a3": "b3"})
    assert check(steps, untouched).share < 1
    assert check(pairs, beside).share < 1


REFUSED = [
    ("one", "o1"),
    ("one", "t4"),
    ("one", None),
    ("some", ["t1", "t1"]),
    ("some", "t1"),
    ("claim", {"value": "true", "reason": "t1"}),
    ("claim", {"value": True}),
    ("claim", {"value": True, "reason": "t1", "more": 1}),
    ("steps", ["t1", "t2"]),
    ("pairs", {"a1": "a2"}),
    ("pairs", {"b1": "a1"}),
    ("digits", float("nan")),
    ("digits", 10**30),
    ("digits", True),
    ("word", 6),
    ("word", "а" * 501),
    ("word", "a\0b"),
    ("word", "\ud800"),
    ("letter", ["p1"]),
    ("exit", "o2"),
    ("exit", "t4"),
    ("exit", ["t2"]),
    ("call", "а" * 2001),
    ("call", "a\0b"),
    ("call", ["да"]),
]


@pytest.mark.parametrize(("item_id", "raw"), REFUSED, ids=[f"{row[0]}-{row[1]!r:.20}" for row in REFUSED])
def test_impossible_messages_are_refused(item_id: str, raw: Any) -> None:
    with pytest.raises(Refused, match=item_id):
        resolve(QUIZ.item(item_id), 7, raw)


def _item(**changes: Any) -> dict[str, Any]:
    item = {"id": "q", "kind": "single", "skill": "s", "difficulty": 1, "points": 1, "text": "Что?"}
    return item | changes


def _screen(*lines: Any) -> dict[str, Any]:
    return {"title": "Экран", "lines": [*lines]}


RIGHT = {"text": "Да", "right": True}
WRONG = {"text": "Нет", "why": "Нет, и вот почему."}
FAULTS = [
    (_item(options=[WRONG, WRONG | {"text": "Не"}]), "ровно 1, а есть 0"),
    (_item(options=[RIGHT, RIGHT | {"text": "Ага"}]), "ровно 1, а есть 2"),
    (_item(options=[RIGHT, {"text": "Нет"}]), "нет why"),
    (_item(options=[RIGHT, WRONG | {"text": " да."}]), "стоит дважды"),
    (_item(options=[RIGHT]), "at least 2"),
    (_item(options=[RIGHT, WRONG], hint="a"), "hint"),
    (_item(options=[RIGHT, WRONG], id="Q 1"), "pattern"),
    (_item(options=[RIGHT, WRONG], difficulty=4), "less than or equal to 3"),
    (_item(options=[RIGHT, WRONG], points=0), "greater than 0"),
    (_item(kind="several", options=[WRONG, WRONG | {"text": "Не"}]), "нет ни одного верного"),
    (_item(kind="truefalse", right=True, wrong_why="а", reasons=[WRONG, WRONG | {"text": "Не"}]), "ровно 1"),
    (_item(kind="order", steps=["Раз", "раз"]), "стоит дважды"),
    (_item(kind="match", pairs=[["а", "б"], ["в", "Б"]]), "стоит дважды"),
    (_item(kind="number", right=6, wrong=[{"value": 6, "why": "а"}], otherwise="а"), "стоит в wrong"),
    (_item(kind="number", right=float("nan"), otherwise="а"), "finite"),
    (_item(kind="text", accept=["!"], otherwise="а"), "ни букв, ни цифр"),
    (_item(kind="mark", context="sms", spans=[{"text": "а"}, {"text": "б"}]), "подозрительного места"),
    (_item(kind="riddle"), "riddle"),
    (_item(kind="find", screen=_screen([RIGHT, WRONG])), "кнопок на экране 2, а нужно от 3"),
    (_item(kind="find", screen=_screen([WRONG | {"text": f"Нет {n}"} for n in range(13)])), "at most 12"),
    (_item(kind="find", screen=_screen(*[[WRONG | {"text": f"Нет {n}"}] * 2 for n in range(7)])), "14, а нужно"),
    (_item(kind="find", screen=_screen([RIGHT, WRONG], [WRONG | {"text": " нет."}])), "стоит дважды"),
    (_item(kind="find", screen=_screen([WRONG, RIGHT], [RIGHT | {"text": "Ага"}])), "ровно 1, а есть 2"),
    (_item(kind="find", screen=_screen([RIGHT, WRONG], [{"text": "Ага"}])), "нет why"),
    (_item(kind="find", screen=_screen([RIGHT, WRONG], 5)), "valid tuple"),
    (_item(kind="find", screen=_screen([RIGHT, WRONG], " ")), "текст пуст"),
    (_item(kind="written", sample="а", scheme=[{"id": "a", "text": "а", "points": 2}]), "дают 2, а у вопроса их 1"),
    (_item(kind="written", sample="а", scheme=[{"id": "a", "text": "а", "points": 0.5}] * 2), "'a' стоит дважды"),
    (_item(kind="written", sample="а", scheme=[]), "at least 1"),
    (_item(kind="written", scheme=[{"id": "a", "text": "а", "points": 1}]), "sample"),
]


@pytest.mark.parametrize(("item", "problem"), FAULTS, ids=[f"{row[0]['kind']}: {row[1]}" for row in FAULTS])
def test_faulty_items_do_not_load(item: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Quiz.model_validate({"id": "q", "title": "q", "items": [item]})


def test_fault_in_a_screen_names_its_button() -> None:
    raw = {"id": "q", "title": "q", "items": [_item(kind="find", screen=_screen("Экран.", [RIGHT, {"text": "Не"}]))]}
    with pytest.raises(ValidationError) as caught:
        Quiz.model_validate(raw)
    assert [fault.key for fault in faults_of(caught.value, raw)] == ["items.q.screen.lines[2][2]"]


def test_scheme_of_thirds_adds_up() -> None:
    scheme = [{"id": f"a{n}", "text": "а", "points": 0.1} for n in range(3)]
    item = _item(kind="written", points=0.3, sample="а", scheme=scheme)
    assert Quiz.model_validate({"id": "q", "title": "q", "items": [item]})


def test_same_item_id_is_a_fault() -> None:
    item = _item(options=[RIGHT, WRONG])
    with pytest.raises(ValidationError, match="id 'q' стоит дважды"):
        Quiz.model_validate({"id": "q", "title": "q", "items": [item, item]})
