"""The content check finds what an author should put right, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from ecitizen import content
from ecitizen.content.check import check
from ecitizen.content.finding import Finding, from_error
from ecitizen.content.readability import reading_of
from ecitizen.errors import JournalError

GOLDEN = Path(__file__).parent / "golden"
TODAY = date(2026, 1, 15)
ID = "90-mini"
QUIZ, RUBRIC, BOOK = f"quizzes/{ID}.yaml", f"graders/{ID}.yaml", f"lessons/{ID}.ipynb"
SCENARIO, FACTS, PEOPLE = f"widgets/scenarios/{ID}.yaml", "lessons/facts.yaml", "widgets/personas.yaml"

Change = Callable[[Any], object]


def _cell(kind: str, source: str, slide: str, part: str = "") -> dict[str, Any]:
    marks = {"slideshow": {"slide_type": slide}} | ({"ecitizen": {"part": part}} if part else {})
    cell = {"cell_type": kind, "id": f"{kind}-{part or slide}", "metadata": marks, "source": [source]}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def _quiz() -> Any:
    quiz = yaml.safe_load((GOLDEN / "quiz-mini.yaml").read_text(encoding="utf-8"))
    quiz["items"][7]["spans"][0]["why"] = "Так подписывается портал."
    quiz["items"] += [quiz["items"][place] | {"id": f"again-{place}"} for place in (5, 6)]
    return quiz


def _course() -> dict[str, Any]:
    """Give the documents of a faultless course of one lesson, by path."""
    press = {"id": "go", "label": "Дальше", "main": True, "then": [{"go": "end", "set": ["done"]}]}
    step = {"control": "go", "where": "Внизу.", "press": "Нажмите «Дальше».", "caption": "Идём дальше."}
    task = {"id": "order", "title": "а", "text": "б", "finish": "в"}
    goal = {"id": "filed", "label": "Отправьте", "done": {"has": ["done"]}}
    paid = {"id": "filed", "task": "order", "kind": "goal", "of": "filed", "points": 1, "skill": "log-out"}
    person = yaml.safe_load((content.folder("widgets") / "personas.yaml").read_text(encoding="utf-8"))["personas"][0]
    fact = {"id": "portal-address", "says": "Адрес портала известен.", "source": "сайт портала"}
    skills = ["read-address", "keep-code", "second-factor", "read-status", "log-out"]
    cells = [_cell("code", "lesson", "skip"), _cell("markdown", "## Зачем\n\nЭто легко.", "slide", "why")]
    cells += [_cell("markdown", "Мы тут.", "slide", part) for part in ("show", "together", "solo", "quiz", "home")]
    return {
        "lessons/toc.yaml": {
            "course": "Курс",
            "lessons": [{"id": ID, "title": "Урок", "summary": "О чём.", "minutes": 45}],
            "trained": {"lessons": [ID], "pass_share_pct": 60, "min_sessions": 1},
        },
        "lessons/skills.yaml": {"skills": dict.fromkeys(skills, "Уметь")},
        FACTS: {"facts": [fact | {"checked": "2026-01-01", "recheck": "2026-12-31", "used_in": [QUIZ]}]},
        "lessons/words.yaml": {
            "terms": [{"say": "нажмите", "never": ["клик*", "в случае"]}],
            "jargon": [{"word": "СБП", "forms": ["СБП"]}, {"word": "чат", "forms": ["чат", "чата"]}],
            "explained_by": ["—", "это ", "называ"],
        },
        "widgets/texts.yaml": {section: {"a": "б"} for section in ("portal", "quiz", "lesson", "scale", "guard")},
        PEOPLE: {"personas": [person]},
        QUIZ: _quiz(),
        RUBRIC: {"id": ID, "title": "а", "pass_share_pct": 60, "criteria": [paid | {"yes": "да", "no": "нет"}]},
        SCENARIO: {
            "id": ID,
            "title": "Портал",
            "persona": "anna",
            "site": {"host": "portal.example", "name": "Портал"},
            "start": "home",
            "tasks": [task | {"goals": [goal]}],
            "screens": {
                "home": {"title": "а", "parts": [{"kind": "menu", "controls": [press]}], "guide": [step]},
                "end": {"title": "б", "parts": [{"kind": "text", "text": "Готово"}]},
            },
        },
        BOOK: {"cells": cells, "metadata": {"ecitizen": {"id": ID}}, "nbformat": 4, "nbformat_minor": 5},
    }


def _findings(root: Path, changes: dict[str, Change]) -> list[Finding]:
    """Write the course with some documents changed, and check it."""
    for place, document in _course().items():
        changes.get(place, lambda same: same)(document)
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        # JSON is YAML, too.
        path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return check(root, TODAY)


def _items(change: Callable[[dict[str, Any]], object]) -> Change:
    """Change the quiz by what a function does to its items, given by id."""
    return lambda quiz: change({item["id"]: item for item in quiz["items"]})


def test_faultless_course_gives_no_finding(tmp_path: Path) -> None:
    assert _findings(tmp_path, {}) == []


LONG = "Удивительнейшее обстоятельство государственного электронного взаимодействия."

ERRORS: list[tuple[str, Change, str]] = [
    (
        QUIZ,
        lambda quiz: quiz.update(id="91-other"),
        "id: id '91-other' не совпадает с именем файла '90-mini'. Назовите",
    ),
    (
        QUIZ,
        lambda quiz: quiz.update(items=quiz["items"][:9]),
        "items: вопросов 9, а нужно от 10 до 12. Добавьте или уберите вопросы.",
    ),
    (QUIZ, _items(lambda i: i["one"].update(skill="fly")), "items.one.skill: умения 'fly' нет в lessons/skills.yaml. "),
    (QUIZ, _items(lambda i: i["one"].update(facts=["x"])), "items.one.facts: сведения 'x' нет в lessons/facts.yaml. "),
    (QUIZ, _items(lambda i: i["steps"].pop("why")), "items.steps.why: нет объяснения. Напишите, почему ответ верен."),
    (QUIZ, _items(lambda i: i["one"].update(from_lesson="77-x")), "items.one.from_lesson: урока '77-x' нет. Возьмите"),
    (QUIZ, _items(lambda i: i["one"].update(from_lesson=ID)), f"items.one.from_lesson: {ID!r} идёт не раньше."),
    (
        QUIZ,
        _items(lambda i: i["one"].update(text="{persona.given}?")),
        "items.one: в вопросе стоит '{persona.given}', а ",
    ),
    (
        QUIZ,
        _items(lambda i: i["one"]["options"][1].pop("why")),
        "items.one.options[2]: у неверного варианта 'gosuslugi",
    ),
    (RUBRIC, lambda rubric: rubric["criteria"][0].update(skill="fly"), "criteria.filed.skill: умения 'fly' нет в"),
    (RUBRIC, lambda rubric: rubric["criteria"][0].update(of="eaten"), "criteria[1].of: для вида goal нет 'eaten'"),
    (RUBRIC, lambda rubric: rubric.pop("title"), "title: этого ключа не хватает. Добавьте строку с ним."),
    (SCENARIO, lambda portal: portal.update(persona="olga"), "persona: человека 'olga' нет в widgets/personas.yaml. "),
    (SCENARIO, lambda portal: portal.update(facts=["x"]), "facts: сведения 'x' нет в lessons/facts.yaml. Добавьте"),
    (SCENARIO, lambda portal: portal["screens"]["end"].update(facts=["x"]), "screens.end.facts: сведения 'x' нет в"),
    (SCENARIO, lambda portal: portal["screens"].update(lost=portal["screens"]["home"]), "screens.lost: на этот экран"),
    (SCENARIO, lambda portal: portal["screens"]["home"].pop("guide"), ""),
    (PEOPLE, lambda people: people["personas"][0].update(snils="112-233-445 95"), "personas.anna.snils: СНИЛС"),
    (PEOPLE, lambda people: people["personas"][0].update(phone="8 (912) 555-14-07"), "personas.anna.phone: телефон"),
    (
        PEOPLE,
        lambda people: people["personas"][0].update(card="2200 1234 5678 9019"),
        "personas.anna.card: номер карты",
    ),
    ("widgets/texts.yaml", lambda texts: texts.pop("guard"), "guard: раздела нет. Добавьте его со всеми текстами."),
    (
        "lessons/toc.yaml",
        lambda toc: toc["trained"]["lessons"].append("x"),
        "файл: trained требует урок 'x', которого нет",
    ),
    (FACTS, lambda facts: facts["facts"][0].pop("source"), "facts.portal-address.source: источник не назван. Напишите"),
    (
        FACTS,
        lambda facts: facts["facts"][0].update(checked="2026-02-01"),
        "facts.portal-address.checked: дата проверки",
    ),
    (
        FACTS,
        lambda facts: facts["facts"][0].update(recheck="2026-01-01"),
        "facts.portal-address.recheck: срок 2026-01-01",
    ),
    (FACTS, lambda facts: facts["facts"][0].update(used_in=["a.yaml"]), "facts.portal-address.used_in: файла 'a.yaml'"),
    (
        BOOK,
        lambda book: book["cells"][0].update(outputs=[{}]),
        "cells.code-skip: в тетради остались результаты запуска. ",
    ),
    (BOOK, lambda book: book["cells"][0].update(execution_count=3), "cells.code-skip: в тетради остались результаты"),
    (BOOK, lambda book: book["cells"][0].update(metadata={}), "cells.code-skip.slideshow: не сказано, какому шагу"),
    (
        BOOK,
        lambda book: book["cells"].pop(),
        "metadata.ecitizen.part: нет части 'home'. Добавьте её или отметьте ячейку.",
    ),
    (
        BOOK,
        lambda book: book["cells"].insert(2, book["cells"].pop()),
        "metadata.ecitizen.part: часть 'show' стоит после",
    ),
    (BOOK, lambda book: book["metadata"].pop("ecitizen"), "metadata.ecitizen.id: id '' не совпадает с именем файла"),
    (BOOK, lambda book: book.pop("cells"), "файл: это не тетрадь Jupyter ("),
]


@pytest.mark.parametrize(("place", "change", "line"), ERRORS, ids=[f"{row[0]}: {row[2][:40]}" for row in ERRORS])
def test_each_fault_gives_one_error(tmp_path: Path, place: str, change: Change, line: str) -> None:
    findings = _findings(tmp_path, {place: change})
    assert findings
    assert {finding.severity for finding in findings} == {"error"}
    assert {finding.path for finding in findings} == {place}
    assert len(findings) == 1 or not line
    assert str(findings[0]).startswith(f"{place}: {line}")


def _tell_by_length(items: dict[str, Any]) -> None:
    items["one"]["options"][0]["text"] = "Самый длинный и подробный вариант ответа"


def _stale(facts: Any) -> None:
    facts["facts"][0]["recheck"] = "2026-01-15"


def _harden(book: Any) -> None:
    book["cells"][1]["source"] = f"{LONG} {LONG}"


WARNINGS: list[tuple[str, Change, str]] = [
    (
        QUIZ,
        _items(_tell_by_length),
        "items: верный вариант самый длинный в 2 вопросах из 2. Удлините неверные варианты",
    ),
    (QUIZ, _items(lambda i: i["letter"]["spans"][2].pop("why")), "items.letter.spans[3].why: нет объяснения. Напишите"),
    (FACTS, _stale, "facts.portal-address.recheck: сведение пора проверить: срок был 2026-01-15. Проверьте его"),
    (BOOK, _harden, "текст: текст труден: слов в предложении 2.9 (можно до 12), лёгкость чтения -1 ("),
]


@pytest.mark.parametrize(("place", "change", "line"), WARNINGS, ids=[row[2][:40] for row in WARNINGS])
def test_doubtful_content_gives_a_warning(tmp_path: Path, place: str, change: Change, line: str) -> None:
    (finding,) = _findings(tmp_path, {place: change})
    assert finding.severity == "warning"
    assert str(finding).startswith(f"{place}: {line}")


@pytest.mark.parametrize("place", [QUIZ, RUBRIC, SCENARIO, BOOK])
def test_absent_files_are_missed_in_toc(tmp_path: Path, place: str) -> None:
    _findings(tmp_path, {})
    (tmp_path / place).unlink()
    lines = [str(finding) for finding in check(tmp_path, TODAY)]
    assert f"lessons/toc.yaml: lessons.{ID}: файла {place} нет. Создайте его или исправьте id." in lines


def test_strange_files_give_a_warning(tmp_path: Path) -> None:
    _findings(tmp_path, {})
    (tmp_path / "graders" / "91-other.yaml").write_text(
        (tmp_path / RUBRIC).read_text(encoding="utf-8").replace(ID, "91-other"), encoding="utf-8"
    )
    (finding,) = check(tmp_path, TODAY)
    assert finding.severity == "warning"
    assert finding.problem == "урока '91-other' нет в lessons/toc.yaml"


def test_empty_root_names_each_missing_file(tmp_path: Path) -> None:
    findings = check(tmp_path, TODAY)
    assert [finding.problem for finding in findings] == ["файла нет"] * 6


def test_installed_course_has_no_errors() -> None:
    assert [str(finding) for finding in check() if finding.severity == "error"] == []


def test_foreign_errors_become_findings(tmp_path: Path) -> None:
    (finding,) = from_error(JournalError("журнал", "нет места", "Освободите диск"), tmp_path)
    assert str(finding) == "журнал: -: нет места. Освободите диск."
    assert list(finding.to_json().values()) == ["error", "журнал", "-", "нет места", "Освободите диск"]


READINGS = [
    ("Мама мыла раму. Папа спал.", 2.5, 206.835 - 1.3 * 2.5 - 60.1 * 9 / 5),
    ("# Заголовок\n\nМама\nмыла раму", 3, 206.835 - 1.3 * 3 - 60.1 * 2),
    ("- раз\n- два слова\n\n1. [три](http://x.example) слова <br>", 5 / 3, None),
    ("Адрес gosuslugi.ru верен.", 4, None),
    ("```\nкод не в счёт\n```\nДа!", 1, None),
]


@pytest.mark.parametrize(("text", "words", "ease"), READINGS, ids=["prose", "heading", "list", "address", "code"])
def test_reading_is_measured_by_sentence(text: str, words: float, ease: float | None) -> None:
    reading = reading_of(text)
    assert reading is not None
    assert reading.sentence_words == pytest.approx(words)
    assert ease is None or reading.ease == pytest.approx(ease)


@pytest.mark.parametrize("text", ["", "# Одни заголовки", "2026"], ids=["empty", "heading", "number"])
def test_text_without_words_is_not_measured(text: str) -> None:
    assert reading_of(text) is None


def _reads(text: str) -> Change:
    """Change what the first part of the notebook says."""
    return lambda book: book["cells"][1].update(source=[text])


@pytest.mark.parametrize(
    ("place", "change", "expected"),
    [
        (BOOK, _reads("Кликните здесь."), "стоит слово 'Кликните'. В курсе говорят «нажмите»"),
        (QUIZ, _items(lambda i: i["one"].update(why="В случае ошибки вернитесь.")), "стоит слово 'В случае'. В курсе"),
        (RUBRIC, lambda rubric: rubric["criteria"][0].update(no="Вы не кликнули."), "стоит слово 'кликнули'. В курсе"),
        (SCENARIO, lambda portal: portal["tasks"][0].update(title="Кликните"), "стоит слово 'Кликните'. В курсе"),
        (BOOK, _reads("Платите через СБП, так быстрее."), "слово 'СБП' нигде не объяснено. Напишите, например"),
        (BOOK, _reads("Отправьте в чат библиотеки."), "слово 'чат' нигде не объяснено. Напишите, например"),
    ],
    ids=["notebook", "why", "rubric", "task", "far-explanation", "none"],
)
def test_word_of_the_list_is_named(tmp_path: Path, place: str, change: Change, expected: str) -> None:
    found = [str(finding) for finding in _findings(tmp_path, {place: change})]
    assert len(found) == 1
    assert found[0].startswith(f"{place}: ")
    assert expected in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "**СБП** — система переводов.",
        "Такая переписка называется чатом, в чате пишут все.",
        "Чата нет.\n\nЧат это разговор.",
    ],
    ids=["dash", "named", "later"],
)
def test_explained_word_is_no_fault(tmp_path: Path, text: str) -> None:
    assert _findings(tmp_path, {BOOK: _reads(text)}) == []


def test_words_of_strangers_are_theirs(tmp_path: Path) -> None:
    strange = {"kind": "text", "text": "Кликните по ссылке!"}
    assert _findings(tmp_path, {SCENARIO: lambda portal: portal["screens"]["end"]["parts"].append(strange)}) == []
