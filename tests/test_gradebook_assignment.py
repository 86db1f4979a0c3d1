"""The notebook of a lesson: what may be seen of it, and what must not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml

from ecitizen import content
from ecitizen.errors import ContentError
from ecitizen.gradebook.assignment import assignment, leaks, submission
from ecitizen.gradebook.submission import read_answers
from ecitizen.gradebook.writing import notebook_text
from ecitizen.practice.quiz import Quiz
from ecitizen.practice.rubric import Rubric
from ecitizen.practice.scenario import Scenario

LESSON = "09-probe"

QUIZ = f"""
id: {LESSON}
title: Проверка
items:
  - id: q01
    kind: single
    skill: read-address
    difficulty: 1
    points: 1
    text: Какой адрес <b>настоящий</b>?
    options:
      - {{text: gosuslugi.ru, right: true, why: Это адрес портала}}
      - {{text: gosuslugi.example, why: Это чужой сайт}}
  - id: q02
    kind: several
    skill: keep-code
    difficulty: 2
    points: 3
    text: Что нельзя говорить по телефону?
    options:
      - {{text: Код из СМС, right: true}}
      - {{text: Прогноз погоды, why: Погода не тайна}}
      - {{text: Пароль, right: true}}
      - {{text: Номер карты, right: true}}
  - id: q03
    kind: truefalse
    skill: log-out
    difficulty: 1
    points: 2
    text: На общем компьютере нужно выходить.
    right: true
    why: Следующий посетитель увидит ваше
    wrong_why: Выходить всё-таки нужно
    reasons: [{{text: Следом сядет другой, right: true}}, {{text: Так экран ярче, why: Экран ни при чём}}]
  - id: q04
    kind: order
    skill: file-application
    difficulty: 2
    points: 3
    text: Расставьте шаги.
    why: Сначала вход, потом услуга
    steps: [Ввести код, Выбрать услугу, Отправить заявление, Выйти]
  - id: q05
    kind: match
    skill: find-service
    difficulty: 2
    points: 2
    text: Что где искать?
    why: Каждому своё
    pairs: [[Справка о пенсии, Раздел пенсий], [Запись к врачу, Раздел здоровья]]
  - id: q06
    kind: number
    skill: second-factor
    difficulty: 1
    points: 1
    text: Сколько цифр в коде?
    right: 6
    unit: цифр
    why: Их бывает шесть
    otherwise: Пересчитайте цифры в СМС
  - id: q07
    kind: text
    skill: read-status
    difficulty: 1
    points: 1
    text: Как называется государственный портал?
    accept: [госуслуги, портал госуслуг]
    why: Так он и называется
    otherwise: Вспомните адрес
  - id: q08
    kind: mark
    skill: keep-code
    difficulty: 3
    points: 2
    context: sms
    text: Что подозрительно?
    why: Верно замечено
    spans:
      - {{text: "Здравствуйте! "}}
      - {{text: "Срочно сообщите код ", suspicious: true, why: Торопят}}
      - {{text: "по номеру из письма", suspicious: true, why: Номер чужой}}
"""

SCENARIO = f"""
id: {LESSON}
title: Маленький портал
persona: anna
site: {{host: gosuslugi.ru, name: Портал}}
start: home
tasks:
  - id: order
    title: Закажите справку
    text: Закажите справку.
    goals: [{{id: filed, label: Отправьте, done: {{has: [filed]}}}}, {{id: out, label: Выйдите, done: {{has: [out]}}}}]
    finish: Готово.
  - id: look
    title: Узнайте статус
    text: Узнайте статус.
    goals: [{{id: seen, label: Откройте, done: {{has: [seen]}}}}]
    finish: Готово.
screens:
  home:
    title: Портал
    parts:
      - kind: menu
        controls:
          - {{id: file, label: Отправить, then: [{{set: [filed]}}]}}
          - {{id: news, label: Новости, then: [{{say: Не сюда, miss: true}}]}}
          - {{id: tell, label: Сказать код, then: [{{say: Зря, disclose: code}}]}}
          - {{id: status, label: Статус, then: [{{set: [seen]}}]}}
          - {{id: leave, label: Выйти, then: [{{set: [out]}}]}}
    guide:
      - {{when: {{task: [look]}}, control: status, where: Здесь, press: Нажмите, caption: Статус}}
      - {{when: {{lacks: [filed]}}, control: file, where: Здесь, press: Нажмите, caption: Отправляем}}
      - {{control: leave, where: Здесь, press: Нажмите, caption: Выходим}}
"""

RUBRIC = f"""
id: {LESSON}
title: Оценка
pass_share_pct: 60
criteria:
  - {{id: order-filed, task: order, kind: goal, of: filed, points: 3, skill: find-service,
      yes: Заявление ушло, no: Заявление осталось}}
  - {{id: order-careful, task: order, kind: misses, at_most: 0, points: 2, skill: work-alone,
      yes: Ни одной ошибки, no: Были лишние нажатия}}
  - {{id: order-secret, task: order, kind: undisclosed, of: code, points: 1, skill: keep-code,
      yes: Код в тайне, no: Код рассказан}}
  - {{id: look-seen, task: look, kind: goal, of: seen, points: 2, skill: read-status,
      yes: Статус найден, no: Статус не открыт}}
"""


def probe(change_quiz: tuple[str, str] = ("", ""), change_rubric: tuple[str, str] = ("", "")) -> content.Lesson:
    """Give the lesson of these tests, with one piece of its quiz or rubric written otherwise."""
    return content.Lesson(
        id=LESSON,
        title="Проба пера",
        scenario=Scenario.model_validate(yaml.safe_load(SCENARIO)),
        persona=content.personas().get("anna"),
        quiz=Quiz.model_validate(yaml.safe_load(QUIZ.replace(*change_quiz))),
        rubric=Rubric.model_validate(yaml.safe_load(RUBRIC.replace(*change_rubric))),
        notebook=Path("nowhere.ipynb"),
    )


def cells(notebook: Any) -> dict[str, Any]:
    return {cell.id: cell for cell in notebook.cells}


def test_same_lesson_gives_same_bytes() -> None:
    assert notebook_text(assignment(probe()).source) == notebook_text(assignment(probe()).source)


def test_each_item_and_criterion_has_points() -> None:
    source = assignment(probe()).source
    graded = {cell.id: cell.metadata.nbgrader.points for cell in source.cells if cell.metadata.nbgrader.grade}
    quiz = {"q01": 1, "q02": 3, "q03": 2, "q04": 3, "q05": 2, "q06": 1, "q07": 1, "q08": 2}
    assert graded == quiz | {"order-filed": 3, "order-careful": 2, "order-secret": 1, "look-seen": 2}
    assert all(type(points) is float for points in graded.values())


def test_notebook_has_nbgraders_own_metadata() -> None:
    from nbgrader.nbgraderformat import MetadataValidator

    source = assignment(probe()).source
    nbformat.validate(source)
    MetadataValidator().validate_nb(source)


def test_every_cell_name_is_its_grade_id() -> None:
    assert all(cell.id == cell.metadata.nbgrader.grade_id for cell in assignment(probe()).source.cells)


def test_skill_travels_with_its_cell() -> None:
    assert cells(assignment(probe()).visible)["q02"].metadata.ecitizen == {"skill": "keep-code"}


@pytest.mark.parametrize(
    "secret",
    ["HIDDEN", "mark_key", '"o1"', "Это чужой сайт", "портал госуслуг", "Торопят", "Были лишние", "tolerance", "right"],
)
def test_visible_cells_hold_no_key(secret: str) -> None:
    built = assignment(probe())
    assert secret not in notebook_text(built.visible)


def test_steps_stand_in_no_telling_order() -> None:
    text = cells(assignment(probe()).visible)["ask-q04"].source
    steps = ["Ввести код", "Выбрать услугу", "Отправить заявление", "Выйти"]
    places = [text.index(f"- {step}") for step in steps]
    assert places != sorted(places)


def test_question_text_opens_no_tag() -> None:
    text = cells(assignment(probe()).visible)["ask-q01"].source
    assert "&lt;b&gt;настоящий" in text
    assert "<b>" not in text


def test_question_reads_as_markdown() -> None:
    assert cells(assignment(probe()).visible)["ask-q02"].source == (
        "### Вопрос 2\n\nЧто нельзя говорить по телефону?\n\nВсе подходящие ответы:\n\n"
        "- Код из СМС\n- Прогноз погоды\n- Пароль\n- Номер карты\n\n*Баллов: 3*"
    )


def test_test_cell_without_hidden_part_is_zero() -> None:
    scope: dict[str, Any] = {"answers": {"quiz": {"q01": "o1"}, "practice": {}}}
    lines = cells(assignment(probe()).visible)["q01"].source.split("\n")
    exec("\n".join(lines[:-1]), scope)
    assert eval(lines[-1], scope) == 0.0


def test_clean_release_leaks_nothing() -> None:
    built = assignment(probe())
    assert leaks(built, notebook_text(built.visible)) == []


def test_release_with_a_key_is_noticed() -> None:
    built = assignment(probe())
    assert leaks(built, notebook_text(built.source))


@pytest.mark.parametrize("place", ["metadata", "outputs", "cell"])
def test_key_in_a_corner_is_noticed(place: str) -> None:
    built = assignment(probe())
    release = nbformat.reads(notebook_text(built.visible), as_version=4)
    if place == "metadata":
        release.cells[3].metadata["note"] = 'so: {"kind": "single", "right": "o1"}'
    elif place == "outputs":
        release.cells[3].outputs.append(nbformat.v4.new_output("stream", text="Это чужой сайт"))
    else:
        release.cells.append(nbformat.v4.new_raw_cell("q01 is o1"))
    assert leaks(built, notebook_text(release))


@pytest.mark.parametrize("name", ["q01", "answers", "ask-q01"])
def test_two_questions_share_no_id(name: str) -> None:
    with pytest.raises(ContentError, match=name):
        assignment(probe(change_rubric=("id: look-seen", f"id: {name}")))


def test_submission_differs_only_in_answers() -> None:
    built = assignment(probe())
    handed = nbformat.reads(submission(notebook_text(built.visible), {"quiz": {"q01": "o2"}}), as_version=4)
    changed = [
        cell.id for cell, old in zip(handed.cells, built.visible.cells, strict=True) if cell.source != old.source
    ]
    assert changed == ["answers"]
    assert read_answers(cells(handed)["answers"].source) == {"quiz": {"q01": "o2"}}
    assert json.loads(json.dumps(handed.metadata)) == json.loads(json.dumps(built.visible.metadata))
