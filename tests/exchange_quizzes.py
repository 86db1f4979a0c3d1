"""Any quiz at all, for the laws of the exchange."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from ecitizen.practice.quiz import Quiz
from ecitizen.practice.wording import normal_text

MARKS = ["\\", "~", "=", "#", "{", "}", ":", "->", "%50%", "*", "[html]", "[plain]", "//", "::", "####", "\n", "\r\n"]
ODD = [" ", "\t", "<b>", "&amp;", "\u2028", "\x85", "\x00", "а", "Б", "5"]
CHARS = st.sampled_from([*MARKS, *ODD]) | st.characters(codec="utf-8")
MANY = settings(max_examples=80, deadline=None)
FEW = settings(max_examples=20, deadline=None)
"""Enough: every example has up to two items with a dozen texts each."""

ANY = st.lists(CHARS, max_size=6).map("".join)
TEXT = ANY.filter(lambda text: bool(text.strip()))
NAMED = TEXT.filter(lambda text: bool(normal_text(text)))
IDS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,8}", fullmatch=True)
NUMBERS = st.floats(-1e15, 1e15) | st.integers(-1000, 1000)


def plain(text: str) -> str:
    return normal_text(text) or text


def base(kind: str) -> dict[str, st.SearchStrategy[Any]]:
    points = st.floats(0.1, 100)
    known = {"id": IDS, "skill": IDS, "difficulty": st.integers(1, 3), "points": points, "text": TEXT, "why": ANY}
    return known | {"kind": st.just(kind), "facts": st.lists(IDS, max_size=2), "from_lesson": st.none() | IDS}


def options(fewest_right: int, most_right: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    texts = st.lists(TEXT, min_size=2, max_size=5, unique_by=plain)
    sorted_out = st.tuples(texts, st.integers(fewest_right, most_right), st.lists(TEXT, min_size=5, max_size=5), ANY)

    def build(drawn: tuple[list[str], int, list[str], str]) -> list[dict[str, Any]]:
        found, right, whys, praise = drawn
        right = min(right, len(found))
        built = [
            {"text": text, "right": place < right, "why": praise if place < right else whys[place]}
            for place, text in enumerate(found)
        ]
        return built[1:] + built[:1]

    return sorted_out.map(build)


def number(drawn: dict[str, Any]) -> dict[str, Any]:
    right, tolerance = drawn["right"], drawn["tolerance"]
    return drawn | {"wrong": [one for one in drawn["wrong"] if abs(one["value"] - right) > tolerance]}


def spans(drawn: dict[str, Any]) -> dict[str, Any]:
    first = drawn["spans"][0] | {"suspicious": True}
    return drawn | {"spans": [*drawn["spans"][1:], first]}


LEFTS = st.lists(TEXT, min_size=4, max_size=4, unique_by=plain)
PAIRS = st.tuples(LEFTS, LEFTS, st.integers(2, 4)).map(
    lambda two: [list(pair) for pair in list(zip(two[0], two[1], strict=True))[: two[2]]]
)
WRONG = st.lists(st.fixed_dictionaries({"value": NUMBERS, "why": TEXT}), max_size=3)
SPAN = st.fixed_dictionaries(
    {"text": ANY.filter(bool), "suspicious": st.booleans(), "why": ANY},
)
SENTENCE_OR_COUNT = st.lists(TEXT | st.none(), min_size=3, max_size=4)


def screens(drawn: tuple[list[str], list[str | None], dict[str, Any]]) -> dict[str, Any]:
    """Make a screen: three to five buttons, spread over the lines that are no sentence."""
    texts, rows, more = drawn
    buttons = [{"text": text, "right": place == 1, "why": "Нет."} for place, text in enumerate(texts)]
    lines: list[Any] = []
    for row in rows:
        if row is None and len(buttons) > 1:
            lines.append([buttons.pop(0)])
        elif row is not None:
            lines.append(row)
    return more | {"lines": [*lines, buttons]}


SCREEN = st.tuples(
    st.lists(TEXT, min_size=3, max_size=5, unique_by=plain),
    SENTENCE_OR_COUNT,
    st.fixed_dictionaries({"host": st.none() | TEXT, "title": TEXT}),
).map(screens)


def adding_up(drawn: dict[str, Any]) -> dict[str, Any]:
    return drawn | {"points": sum(line["points"] for line in drawn["scheme"])}


SCHEME = st.lists(
    st.fixed_dictionaries({"id": IDS, "text": TEXT, "points": st.floats(0.1, 30)}),
    min_size=1,
    max_size=3,
    unique_by=lambda line: plain(line["id"]),
)
KINDS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "single": st.fixed_dictionaries(base("single") | {"options": options(1, 1)}),
    "several": st.fixed_dictionaries(base("several") | {"options": options(1, 5)}),
    "truefalse": st.fixed_dictionaries(
        base("truefalse") | {"right": st.booleans(), "wrong_why": TEXT, "reasons": options(1, 1)}
    ),
    "order": st.fixed_dictionaries(base("order") | {"steps": st.lists(TEXT, min_size=2, max_size=5, unique_by=plain)}),
    "match": st.fixed_dictionaries(base("match") | {"pairs": PAIRS}),
    "number": st.fixed_dictionaries(
        base("number")
        | {"right": NUMBERS, "tolerance": st.floats(0, 100), "unit": ANY, "wrong": WRONG, "otherwise": TEXT}
    ).map(number),
    "text": st.fixed_dictionaries(
        base("text") | {"accept": st.lists(NAMED, min_size=1, max_size=4), "otherwise": TEXT}
    ),
    "mark": st.fixed_dictionaries(
        base("mark")
        | {"context": st.sampled_from(["address", "sms", "letter"]), "spans": st.lists(SPAN, min_size=2, max_size=6)}
    ).map(spans),
    "find": st.fixed_dictionaries(base("find") | {"screen": SCREEN}),
    "written": st.fixed_dictionaries(base("written") | {"sample": TEXT, "scheme": SCHEME}).map(adding_up),
}


def quizzes(kind: str) -> st.SearchStrategy[Quiz]:
    """Draw quizzes of one kind of items."""
    items = st.lists(KINDS[kind], min_size=1, max_size=2, unique_by=lambda item: plain(item["id"]))
    return st.fixed_dictionaries({"id": IDS, "title": TEXT, "items": items}).map(Quiz.model_validate)


ANY_QUIZ = st.one_of([quizzes(kind) for kind in KINDS])
