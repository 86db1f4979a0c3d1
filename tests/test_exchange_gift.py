"""GIFT both ways: nothing of ours is lost, nothing of others is guessed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from exchange_quizzes import FEW, KINDS, quizzes
from hypothesis import given, settings
from hypothesis import strategies as st

from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError
from ecitizen.exchange import from_gift, to_gift, to_yaml
from ecitizen.practice.items import check
from ecitizen.practice.quiz import Quiz

GOLDEN = Path(__file__).parent / "golden" / "exchange"
"""``REFRESH_GOLDEN=1 pytest tests/test_exchange_gift.py`` writes the two outcomes anew."""

ALL_KINDS = GOLDEN / "all-kinds.yaml"


def same_as_golden(text: str, name: str) -> bool:
    path = GOLDEN / name
    if os.environ.get("REFRESH_GOLDEN"):
        path.write_text(text, "utf-8", newline="\n")
    return text == path.read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_our_own_gift_returns_the_quiz(kind: str, data: st.DataObject) -> None:
    quiz = data.draw(quizzes(kind))
    text = to_gift(quiz).text
    assert from_gift(text, quiz.id, "other-skill") == quiz
    assert from_gift(text.replace("\n", "\r\n"), quiz.id, "other-skill") == quiz


def test_gift_of_all_kinds_is_golden() -> None:
    assert same_as_golden(to_gift(load_model(ALL_KINDS, Quiz)).text, "all-kinds.gift")


def test_moodle_file_reads_as_golden() -> None:
    quiz = from_gift((GOLDEN / "moodle.gift").read_text("utf-8"), "moodle", "find-service")
    assert same_as_golden(to_yaml(quiz), "moodle.yaml")
    assert load_model(GOLDEN / "moodle.yaml", Quiz) == quiz


def test_quiz_of_lesson_survives_without_comments() -> None:
    quiz = load_model(ALL_KINDS, Quiz)
    lines = to_gift(quiz).text.split("\n")
    # Only the written question has nothing to be marked by; it is the last.
    bare = "\n".join(line for line in lines if not line.startswith("//")).split("::q-written")[0]
    read = {item.id: item for item in from_gift(bare, quiz.id, "log-out").items}
    kinds = {"q-truefalse": "single", "q-order": "match", "q-mark": "several", "q-find": "single"}
    for item in quiz.items[:-1]:
        assert read[item.id].kind == kinds.get(item.id, item.kind)
    assert read["q-single"].options == quiz.item("q-single").options  # type: ignore[union-attr]
    assert check(read["q-text"], "файл черновики").share == 1


LOST = {
    "truefalse": "доводы",
    "order": "порядок",
    "mark": "отметки",
    "number": "₽",
    "find": "экран",
    "written": "образец",
}


def test_losses_name_what_moodle_lacks() -> None:
    told = [str(loss) for loss in to_gift(load_model(ALL_KINDS, Quiz)).lost]
    for item, word in LOST.items():
        assert any(f"q-{item}" in line and word in line for line in told), item
    assert not [line for line in told if "q-single" in line or "q-several" in line]
    assert all(loss.kept for loss in to_gift(load_model(ALL_KINDS, Quiz)).lost)


def test_eleven_equal_shares_are_told() -> None:
    options = [{"text": f"вариант {place}", "right": place < 11, "why": "Нет."} for place in range(12)]
    item = {"id": "q", "kind": "several", "skill": "s", "difficulty": 1, "points": 1, "text": "?", "options": options}
    quiz = Quiz.model_validate({"id": "many", "title": "Много", "items": [item]})
    assert any("1/11" in loss.what for loss in to_gift(quiz).lost)


BROKEN = {
    "nothing": ("", "файл", "вопросов 0"),
    "only a comment": ("// пусто", "файл", "вопросов 0"),
    "no braces": ("Раз.\n\nПросто текст.", "строка 1", "нет { }"),
    "open brace": ("Кто? {=я", "строка 1", "скобки"),
    "blank line inside": ("Кто? {=я\n\n~ты}", "строка 1", "скобки"),
    "brace in text": ("Кто {x} это? {=я =%0%*#нет}", "строка 1", "скобки"),
    "essay": ("Кто?\n{}", "строка 1", "свободный ответ"),
    "buttons and screen": (
        '// ecitizen: {"kind": "find", "screen": {"host": null, "title": "Т", "lines": [2]}}\nКто? {=я ~ты#не ~он#не}',
        "строка 2",
        "не сходятся с экраном",
    ),
    "screen of a stranger": (
        '// ecitizen: {"kind": "find", "screen": [[]]}\nКто? {=я ~ты#нет ~он#нет}',
        "строка 2",
        "не сходятся с экраном",
    ),
    "no text": ("::q:: {=я =%0%*#нет}", "строка 1", "нет текста"),
    "open title": ("::q {=я =%0%*#нет}", "строка 1", "название"),
    "no why": ("Кто? {\n=я\n~ты}", "строка 1", "нет why"),
    "two right of one": ("Кто? {\n=я\n=ты\n~он#нет}", "строка 3", "больше одного"),
    "partial single": ("Кто? {\n=я\n~%50%ты#нет}", "строка 3", "частично"),
    "unequal shares": ("Кто? {\n~%60%я\n~%40%ты}", "строка 2", "по-разному"),
    "nothing right": ("Кто? {\n~я#нет\n~ты#нет}", "строка 1", "нет ни одного верного"),
    "empty option": ("Кто? {\n=я\n~\n~ты#нет}", "строка 3", "пуст"),
    "no sign": ("Кто? {я ~ты#нет}", "строка 1", "нет знака"),
    "half a pair": ("Кто? {\n=я -> мы\n=ты}", "строка 3", "не пара"),
    "statement without why": ("Да. {T}", "строка 1", "нет пояснения"),
    "text without why": ("Кто? {=я}", "строка 1", "=%0%*#"),
    "wrong text listed": ("Кто? {\n=я\n=%0%ты#нет\n=%0%*#нет}", "строка 3", "неверный ответ"),
    "partial text": ("Кто? {\n=я\n=%50%ты}", "строка 3", "частично"),
    "word for a number": ("Сколько? {#=шесть ~#нет}", "строка 1", "не число"),
    "range backwards": ("Сколько? {#5..1 ~#нет}", "строка 1", "не число"),
    "endless number": ("Сколько? {#1e999 ~#нет}", "строка 1", "не конечное"),
    "two right numbers": ("Сколько? {#\n=6\n=7\n~#нет}", "строка 3", "больше одного"),
    "number without why": ("Сколько? {#6}", "строка 1", "~#"),
    "wrong with tolerance": ("Сколько? {#=6\n=%0%4:1#нет ~#нет}", "строка 2", "допуск"),
    "picture": ('[html]Что это? <img src="x.png"> {=я =%0%*#нет}', "строка 1", "<img>"),
    "spoilt tag": ('// ecitizen: {"id": \nКто? {=я =%0%*#нет}', "строка 1", "испорчена"),
    "foreign key in tag": ('// ecitizen: {"text": "x"}\nКто? {=я =%0%*#нет}', "строка 1", "испорчена"),
    "tag of another kind": ('// ecitizen: {"kind": "order"}\nКто? {=я =%0%*#нет}', "строка 2", "другого вида"),
    "two tags": ("// ecitizen: {}\n// ecitizen: {}\nКто? {=я =%0%*#нет}", "строка 2", "дважды"),
    "spoilt title": ("// ecitizen-quiz: []\n\nКто? {=я =%0%*#нет}", "строка 1", "испорчена"),
    "skill of a stranger": ('// ecitizen: {"skill": 5}\nКто? {=я =%0%*#нет}', "строка 2: skill", "нужен текст"),
}


@pytest.mark.parametrize(("text", "place", "words"), BROKEN.values(), ids=BROKEN)
def test_fault_names_line_and_remedy(text: str, place: str, words: str) -> None:
    with pytest.raises(CourseError) as caught:
        from_gift(text, "broken", "log-out", "чужой.gift")
    first = str(caught.value).split("\n")[0]
    assert first.startswith(f"чужой.gift: {place}")
    assert words in str(caught.value)


def test_all_faults_are_told_together() -> None:
    with pytest.raises(CourseError) as caught:
        from_gift("Раз? {=я}\n\nДва? {}\n\nТри? {#6}", "broken", "log-out")
    assert [line.split(": ")[1] for line in str(caught.value).split("\n")] == ["строка 1", "строка 3", "строка 5"]


GIFTISH = st.lists(
    st.sampled_from([*"\\~=#{}:%*[]\n-> 1T.я", "{=", "{#", "\n\n", "->", "####", "::", "//", "// ecitizen: {", "..",
                     "$CATEGORY:", "[html]<", "%50%", "=%0%*#", '"texts":{"text":"', "&#9;"]) | st.text(max_size=2),
    max_size=40,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(GIFTISH.map("".join))
def test_hostile_text_gives_quiz_or_fault(text: str) -> None:
    try:
        quiz = from_gift(text, "hostile", "log-out")
    except CourseError:
        return
    assert from_gift(to_gift(quiz).text, "hostile", "log-out") == quiz


HEAVY = {
    "too long": "я" * 1_000_001,
    "many questions": "Кто? {=я =%0%*#нет}\n\n" * 61,
    "many answers": "Кто? {" + "~ты#нет" * 10_000 + "}",
    "many escapes": "Кто? {=" + "\\=" * 400_000 + "}",
    "deep tag": "// ecitizen: " + "[" * 100_000 + "\nКто? {=я =%0%*#нет}",
    "deep title": "// ecitizen-quiz: " + "[" * 100_000 + "\n\nКто? {=я =%0%*#нет}",
    "much markup": "[html]" + "<b>" * 30_000 + " {=я =%0%*#нет}",
    "long number": "Сколько? {#" + "1" * 100_000 + " ~#нет}",
    "unknown place": '// ecitizen: {"reasons": [{"a.b": "x"}], "texts": {"reasons.0.a.b": " x"}}\nДа. {T#нет}',
}


@pytest.mark.parametrize("text", HEAVY.values(), ids=HEAVY)
def test_heavy_file_is_refused_quickly(text: str) -> None:
    with pytest.raises(CourseError) as caught:
        from_gift(text, "heavy", "log-out")
    assert len(str(caught.value)) < 5000
