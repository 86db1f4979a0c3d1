"""Questions on paper: the sheet holds no key, the key speaks in the letters of the sheet."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter

from ecitizen import content
from ecitizen.notebooks.questions import figure, key, questions
from ecitizen.notebooks.words import words
from ecitizen.practice.quiz import Item, Quiz

WORDS = words()
LABELS = content.texts()["quiz"]
ONE: TypeAdapter[Item] = TypeAdapter(Item)
COMMON = {"skill": "go-back", "difficulty": 1, "why": "Объяснение."}
ITEMS = {
    "single": {"points": 1, "options": [{"text": "Да", "right": True}, {"text": "Нет", "why": "Нет, потому."}]},
    "several": {
        "points": 2,
        "options": [{"text": "Раз", "right": True}, {"text": "Два", "right": True}, {"text": "Три", "why": "Лишнее."}],
    },
    "truefalse": {
        "points": 2,
        "right": False,
        "wrong_why": "На деле не так.",
        "reasons": [{"text": "Так учат", "right": True}, {"text": "Так говорят", "why": "Говорят разное."}],
    },
    "order": {"points": 2, "steps": ["Открыть", "Прочитать", "Закрыть"]},
    "match": {"points": 2, "pairs": [["Глаза", "Окулист"], ["Сердце", "Кардиолог"], ["Раны", "Хирург"]]},
    "number": {
        "points": 1,
        "right": 17,
        "tolerance": 1,
        "unit": "шагов",
        "wrong": [{"value": 71, "why": "Цифры переставлены."}],
        "otherwise": "Посчитайте снова.",
    },
    "text": {"points": 1, "accept": ["выйти", "выход"], "otherwise": "Посмотрите вверх."},
    "mark": {
        "points": 1,
        "context": "sms",
        "spans": [
            {"text": "Здравствуйте! ", "why": "Так здороваются все."},
            {"text": "Спешите.", "suspicious": True, "why": "Торопят."},
        ],
    },
    "find": {
        "points": 1,
        "screen": {
            "title": "Кабинет",
            "lines": [
                "Здравствуйте!",
                [
                    {"text": "Выйти", "right": True},
                    {"text": "Почта", "why": "Это письма."},
                    {"text": "Назад", "why": "Это шаг."},
                ],
            ],
        },
    },
    "written": {"points": 3, "sample": "Добрый день.", "scheme": [{"id": "a", "text": "Есть тема", "points": 3}]},
}
KINDS = sorted(ITEMS)


def quiz(*kinds: str) -> Quiz:
    entries = [{"id": f"q-{kind}", "kind": kind, "text": f"Вопрос: {kind}?", **COMMON, **ITEMS[kind]} for kind in kinds]
    return Quiz.model_validate({"id": "sample", "title": "Проба", "items": entries})


def sheet_and_key(kind: str) -> tuple[dict, dict]:
    made = quiz(kind)
    return questions(made, WORDS)[0], key(made, WORDS, LABELS)[0]


def letter_of(view: dict, name: str, text: str) -> str:
    return next(part["letter"] for part in view[name] if part["text"] == text)


def test_sample_holds_every_kind_of_question() -> None:
    schema = TypeAdapter(Item).json_schema()
    assert sorted(schema["discriminator"]["mapping"]) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_sheet_holds_text_but_no_explanation(kind: str) -> None:
    view, _ = sheet_and_key(kind)
    said = json.dumps(view, ensure_ascii=False)
    assert f"Вопрос: {kind}?" in said
    for told in (
        "Объяснение",
        "потому",
        "Лишнее",
        "На деле",
        "Говорят разное",
        "переставлены",
        "Торопят",
        "Это письма",
        "Добрый день",
    ):
        assert told not in said
    assert '"right": true' not in said
    assert '"suspicious"' not in said


@pytest.mark.parametrize("kind", KINDS)
def test_key_holds_points_answer_and_reason(kind: str) -> None:
    _, told = sheet_and_key(kind)
    assert told["points"] == f"{ITEMS[kind]['points']:g}"
    assert told["right"]
    assert told["why"] == "Объяснение."


def test_letters_of_key_are_those_of_sheet() -> None:
    view, told = sheet_and_key("several")
    assert {one["text"] for one in told["right"]} == {
        f"{letter_of(view, 'options', text)}) {text}" for text in ("Раз", "Два")
    }
    assert told["wrong"] == [{"text": f"{letter_of(view, 'options', 'Три')}) Три", "why": "Лишнее."}]


def test_statement_is_told_with_its_reason() -> None:
    view, told = sheet_and_key("truefalse")
    assert [one["text"] for one in told["right"]] == ["Неверно", f"{letter_of(view, 'options', 'Так учат')}) Так учат"]
    assert told["wrong"][0]["why"] == "На деле не так."


def test_steps_stand_in_their_right_order_in_key_only() -> None:
    view, told = sheet_and_key("order")
    assert [one["text"] for one in told["right"]] == ["1. Открыть", "2. Прочитать", "3. Закрыть"]
    assert [one["text"] for one in view["options"]] != ["Открыть", "Прочитать", "Закрыть"]


def test_pairs_name_the_letter_of_the_mate() -> None:
    view, told = sheet_and_key("match")
    mates = dict(ITEMS["match"]["pairs"])
    wanted = [
        f"{n} — {letter_of(view, 'right', mates[left['text']])}: {left['text']} — {mates[left['text']]}"
        for n, left in enumerate(view["left"], 1)
    ]
    assert [one["text"] for one in told["right"]] == wanted


def test_number_tells_unit_and_tolerance() -> None:
    _, told = sheet_and_key("number")
    assert told["right"][0]["text"] == "17 шагов, можно ошибиться на 1"
    assert [one["text"] for one in told["wrong"]] == ["71", "Другое число"]


@pytest.mark.parametrize(
    ("number", "written"),
    [(17, "17"), (0.5, "0,5"), (2087351, "2\u00a0087\u00a0351"), (-3.25, "-3,25"), (100, "100"), (0.1 + 0.2, "0,3")],
)
def test_numbers_keep_all_their_digits(number: float, written: str) -> None:
    assert figure(number) == written


def test_suspicious_places_are_told_with_reasons() -> None:
    _, told = sheet_and_key("mark")
    assert told["right"] == [{"text": "«Спешите»", "why": "Торопят."}]
    assert told["wrong"] == [{"text": "«Здравствуйте!»", "why": "Так здороваются все."}]


def test_dots_of_an_address_stay() -> None:
    spans = [
        {"text": "gosuslugi", "why": "Имя верное."},
        {"text": ".vhod", "suspicious": True, "why": "Лишнее."},
        {"text": ".example", "why": "Так кончаются все."},
    ]
    item = ONE.validate_python(
        {"id": "q", "kind": "mark", "text": "?", **COMMON, **ITEMS["mark"], "context": "address", "spans": spans}
    )
    (told,) = key(Quiz.model_construct(items=[item]), WORDS, LABELS)
    assert [one["text"] for one in told["right"]] == ["«.vhod»"]


def test_quotes_within_quotes_are_told_apart() -> None:
    raw = json.loads(json.dumps(ITEMS["find"], ensure_ascii=False).replace("Почта", "Поезд «Комета»"))
    item = ONE.validate_python({"id": "q", "kind": "find", "text": "?", **COMMON, **raw})
    (told,) = key(Quiz.model_construct(items=[item]), WORDS, LABELS)
    assert told["wrong"][0]["text"] == "«Поезд „Комета“»"


def test_first_of_the_right_words_leads() -> None:
    _, told = sheet_and_key("text")
    assert told["right"] == [{"text": "выйти", "why": "Годится и так: выход."}]


def test_button_to_find_is_named() -> None:
    _, told = sheet_and_key("find")
    assert told["right"] == [{"text": "«Выйти»", "why": ""}]
    assert [one["text"] for one in told["wrong"]] == ["«Почта»", "«Назад»"]


def test_written_answer_has_sample_and_scheme() -> None:
    _, told = sheet_and_key("written")
    assert [one["text"] for one in told["right"]] == ["Хороший ответ: Добрый день.", "Есть тема — баллов: 3"]


@pytest.mark.parametrize("lesson_id", content.lesson_ids())
def test_every_question_of_the_course_has_its_key(lesson_id: str) -> None:
    known = content.quiz(lesson_id)
    assert all(entry["right"] for entry in key(known, WORDS, LABELS))
    assert len(questions(known, WORDS)) == len(known.items)
