"""Pictures of simulated screens: every part of the language is drawn, the pressed control is framed and named."""

from __future__ import annotations

import copy
import dataclasses
import io
from pathlib import Path
from typing import get_args

import pytest
import yaml
from pypdf import PdfReader

from ecitizen import content
from ecitizen.content import Lesson
from ecitizen.errors import CourseError
from ecitizen.notebooks import papers, picturing
from ecitizen.notebooks.setting import pdf, pictures, tied
from ecitizen.notebooks.words import words
from ecitizen.practice.fields import FieldType
from ecitizen.practice.machine import Frame, Run
from ecitizen.practice.parts import Part
from ecitizen.practice.scenario import Scenario

GOLDEN = Path(__file__).parent / "golden" / "scenario-parts.yaml"
KINDS = sorted(get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Part)[0]))
WORDS = words()


def sample() -> Scenario:
    return Scenario.model_validate(yaml.safe_load(GOLDEN.read_text(encoding="utf-8")))


def walked() -> list[Frame]:
    """Give the steps of both tasks of the sample in which every kind of part stands."""
    scenario = sample()
    persona = content.personas().get(scenario.persona)
    runs = [Run(scenario, persona, task.id, "show", picturing.SEED) for task in scenario.tasks]
    return [frame for run in runs for frame in run.walk()]


FRAMES = walked()
STEPS = [picturing.step_of(frame, WORDS) for frame in FRAMES]
PARTS = {part["kind"]: (step, part) for step in STEPS for part in step["view"]["screen"]["parts"]}


def lesson_of(steps: list[dict]) -> dict:
    heading = {"kind": "heading", "level": 2, "runs": [{"text": "Покажите мне", "bold": False, "link": None}]}
    parts: dict[str, list] = {"why": [], "show": [[heading]], "home": [], "quiz": []}
    task = {"title": "Задание", "text": "Текст"}
    return {"title": "Проба", "parts": parts, "task": task, "steps": steps, "questions": []}


def printed(steps: list[dict]) -> PdfReader:
    made = pdf("handout.typ", papers.frame(WORDS, None) | {"lesson": lesson_of(steps)})
    return PdfReader(io.BytesIO(made))


def flat(text: str) -> str:
    """Drop what setting may change: kinds of spaces and the ends of lines."""
    return "".join(text.split()).replace("\u200b", "")


def strings(node: object) -> list[str]:
    """Give the words of a part that a person reads: all but ids and names of kinds."""
    if isinstance(node, dict):
        hidden = {"id", "kind", "style", "type", "tone", "mark", "who", "picture", "sheet", "here", "to", "stops"}
        return [text for name, one in node.items() if name not in hidden for text in strings(one)]
    if isinstance(node, list):
        return [text for one in node for text in strings(one)]
    # What a search fills in itself stands on the paper with the number.
    return [node] if isinstance(node, str) and node and "{n}" not in node else []


def test_sample_holds_every_kind_of_part() -> None:
    assert sorted(PARTS) == KINDS


def test_sample_holds_every_type_of_field() -> None:
    fields = {
        field["type"] for step in STEPS for part in step["view"]["screen"]["parts"] for field in part.get("fields", ())
    }
    assert fields == set(get_args(FieldType))


@pytest.mark.parametrize("kind", KINDS)
def test_each_part_is_drawn_with_its_words(kind: str) -> None:
    step, part = copy.deepcopy(PARTS[kind])
    step["view"]["screen"]["parts"] = [part]
    text = flat(" ".join(page.extract_text() for page in printed([step]).pages))
    if kind == "calendar":  # one day is open; of the others only the short names are seen
        part = {"label": part["label"], "days": [day["short"] for day in part["days"]]}
    if kind == "form":  # of a chosen value the words are seen, not the id
        typed = [
            field | {"value": ""} if field["choices"] or field["type"] == "check" else field for field in part["fields"]
        ]
        part = {"fields": typed, "submit": part["submit"]}
    missing = [one for one in strings(part) if flat(one) not in text]
    assert not missing


def test_unknown_part_is_an_error_and_no_gap() -> None:
    step = copy.deepcopy(STEPS[0])
    step["view"]["screen"]["parts"] = [{"kind": "hologram"}]
    with pytest.raises(CourseError, match="hologram"):
        printed([step])


def test_each_step_frames_one_control_in_words() -> None:
    reader = printed(STEPS)
    pages = [page.extract_text() for page in reader.pages if "Шаг " in page.extract_text()]
    assert len(pages) == len(STEPS)
    assert [page.count("Нажмите\n") + page.count("Нажмите ") >= 1 for page in pages] == [True] * len(STEPS)


def test_all_of_a_long_screen_fits_its_page() -> None:
    longest = max(STEPS, key=lambda step: len(str(step["view"]["screen"])))
    reader = printed([longest])
    low: list[float] = []
    page = next(page for page in reader.pages if "Шаг 1" in page.extract_text())
    page.extract_text(
        visitor_text=lambda text, cm, tm, font, size: low.append(cm[5] + tm[5] * cm[3]) if text.strip() else None
    )
    assert min(low) > 0
    assert flat(longest["view"]["screen"]["parts"][-1]["controls"][-1]["label"]) in flat(page.extract_text())


@pytest.mark.parametrize(
    ("above", "below", "said"),
    [(1, 60, {"Ниже"}), (60, 0, {"Выше"}), (60, 60, {"Выше", "Ниже"}), (2, 2, set())],
    ids=["long below", "long above", "long both", "short"],
)
def test_page_too_long_is_scrolled_to_its_button(above: int, below: int, said: set[str]) -> None:
    step = copy.deepcopy(STEPS[0])
    button = {"id": "go", "label": "Дальше", "note": "", "main": True}
    filler = {"kind": "text", "text": "Строка страницы."}
    menu = {"kind": "menu", "style": "buttons", "controls": [button]}
    step["view"] |= {
        "mark": "go",
        "screen": {"id": "long", "title": "Длинная", "parts": [filler] * above + [menu] + [filler] * below},
    }
    shown = " ".join(page.extract_text() for page in printed([step]).pages)
    assert {word for word in ("Выше", "Ниже") if f"{word} на странице есть ещё" in " ".join(shown.split())} == said
    assert shown.count("Нажмите") == shown.count("Дальше") == 1


def test_picture_tells_itself_in_words() -> None:
    step = next(step for step in STEPS if step["view"]["mark"] == "enter")
    assert step["label"] == "Войти"
    for piece in ("Экран «Вход»", "gorod.example/login", "Телефон — 8 (000)", "В рамке: «Войти»", "Код для входа"):
        assert piece in step["alt"]


def test_place_without_an_address_shows_none() -> None:
    frame = next(frame for frame in FRAMES if frame.view["screen"]["frame"] == "browser" and frame.view["can_back"])
    view = copy.deepcopy(frame.view)
    view["screen"]["frame"] = "none"
    step = picturing.step_of(dataclasses.replace(frame, view=view), WORDS)
    said = " ".join(printed([step]).pages[-1].extract_text().split())
    assert step["alt"].startswith(f"Экран «{view['screen']['title']}». ")
    assert view["site"]["host"] not in step["alt"] + said
    assert "‹ Назад" in said


def test_code_stays_on_paper_only_where_it_is_typed() -> None:
    shown = [(step, message) for step in STEPS for message in step["view"]["phone"]["messages"] if message["code"]]
    assert shown
    for step, message in shown:
        typed = {field["value"] for part in step["view"]["screen"]["parts"] for field in part.get("fields", ())}
        assert message["code"] in {value.replace(" ", "") for value in typed}


def test_words_of_a_search_stay_over_its_results() -> None:
    lesson = content.lesson("01-gosuslugi")
    found = [part for step in picturing.steps(lesson, WORDS) for part in step["view"]["screen"]["parts"]]
    searched = [part["value"] for part in found if part["kind"] == "search" and part["results"]]
    assert searched
    assert all(searched)


def test_chosen_values_are_told_by_their_labels() -> None:
    step = next(step for step in STEPS if step["view"]["mark"] == "tell")
    assert "Что взять с собой — Паспорт, Полис" in step["alt"]
    assert "Согласна на обработку данных — отмечено" in step["alt"]


def test_old_messages_leave_the_picture() -> None:
    after = next(step for step in STEPS if step["view"]["mark"] == "tell")
    assert after["view"]["phone"]["messages"] == []
    assert "Сообщение" not in after["alt"]


def test_vector_pictures_come_one_a_step() -> None:
    portal = content.texts()["portal"]
    frame = {"words": WORDS.of_pictures(), "portal": portal, "space": {"width": 800, "height": 640}}
    made = pictures("pictures.typ", frame | {"views": [step["view"] for step in STEPS[:3]]})
    assert len(made) == 3
    assert all(
        one.startswith("<svg") and "<image" not in one and "http://" not in one.replace("http://www.w3.org", "")
        for one in made
    )


@pytest.mark.parametrize(
    ("loose", "kept"),
    [
        ("дом № 2", "дом №\u00a02"),
        ("код — ключ", "код\u00a0— ключ"),
        ("и в дом", "и\u00a0в\u00a0дом"),
        ("бел цвет", "бел цвет"),
        ("29 рублей", "29\u00a0рублей"),
        ("П. П. Сомов", "П.\u00a0П. Сомов"),
        ("8 (000) 555-14-07", "8\u00a0(000)\u00a0555-14-07"),
        ("\x00нуль\x1b", "нуль"),
    ],
    ids=["number", "dash", "short words", "word's end", "amount", "initials", "telephone", "control"],
)
def test_short_words_are_tied_to_the_next(loose: str, kept: str) -> None:
    assert tied({"a": [loose]}) == {"a": [kept]}


@pytest.mark.parametrize("lesson_id", content.lesson_ids())
def test_each_lesson_walks_to_its_end_on_paper(lesson_id: str) -> None:
    lesson: Lesson = content.lesson(lesson_id)
    steps = picturing.steps(lesson, WORDS)
    assert len(steps) >= 5
    assert all(step["caption"] and step["alt"] for step in steps)
    assert picturing.task(lesson)["title"] == lesson.scenario.tasks[0].title
