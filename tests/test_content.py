"""Content comes in by one door: found, read safely, explained in Russian."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from ecitizen import content
from ecitizen.content import folders, loading, shelf
from ecitizen.content.models import FactRegister, Skills, Toc
from ecitizen.content.wording import faults_of
from ecitizen.errors import ContentError, CourseErrors
from ecitizen.practice.quiz import Quiz

MINI = Path(__file__).parent / "golden" / "quiz-mini.yaml"


@pytest.mark.parametrize("kind", folders.KINDS)
def test_every_kind_has_its_folder(kind: folders.Kind) -> None:
    assert content.folder(kind).is_dir()


def test_shipped_copy_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "course" / "ecitizen"
    for root in (tmp_path, package / "_content"):
        (root / "lessons").mkdir(parents=True)
        (root / "lessons" / "toc.yaml").touch()
    monkeypatch.setattr(folders, "_PACKAGE", package)
    assert content.folder("quizzes") == package / "_content" / "quizzes"
    shutil.rmtree(package / "_content")
    assert content.folder("quizzes") == tmp_path / "quizzes"
    assert content.folder("papers") == tmp_path / "course" / "papers"


def test_no_content_at_all_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_PACKAGE", tmp_path / "course" / "ecitizen")
    with pytest.raises(ContentError, match="Установите программу заново"):
        content.folder("lessons")


BOMB = "\n".join(["a0: &a0 [1, 1]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))])
MERGES = "\n".join(["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40))])

BROKEN = [
    ("title: [a, b", "запись YAML нарушена", "Проверьте отступы"),
    ("a: 1\n\tb: 2", "строка 2, знак 1: запись YAML нарушена", "Проверьте отступы"),
    ("a: 1\nb: 2\na: 3", "строка 3: ключ 'a' стоит дважды", "Уберите или переименуйте"),
    (BOMB, "повторы разворачиваются слишком широко", "Уберите часть повторов"),
    (MERGES, "повторы разворачиваются слишком широко", "Уберите часть повторов"),
    ("a: &a [*a]", "строка 1: повтор ссылается сам на себя", "Напишите текст полностью"),
    ("[" * 20_000, "скобки вложены слишком глубоко", "Уберите лишние скобки"),
    ("when: 2026-13-45", "файл не читается (month must be", "Исправьте это место"),
    ("n: " + "9" * 5000, "файл не читается", "Исправьте это место"),
    ("!!python/object/apply:os.system ['true']", "could not determine a constructor", "Проверьте отступы"),
    ("a: \x00", "characters are not allowed", "Исправьте это место"),
    ("? [a]\n: b", "unhashable", "Проверьте отступы"),
]


@pytest.mark.parametrize(("text", "problem", "remedy"), BROKEN, ids=[row[1][:40] for row in BROKEN])
def test_broken_yaml_is_one_line(tmp_path: Path, text: str, problem: str, remedy: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        content.load_yaml(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: ")
    assert problem in line
    assert f". {remedy}" in line
    assert "\n" not in line


def test_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    path.write_text("a" * (loading.LARGEST_BYTES + 1), encoding="utf-8")
    with pytest.raises(ContentError, match="файл слишком велик: 2000001 байт"):
        content.load_yaml(path)


def test_other_encodings_are_told(tmp_path: Path) -> None:
    path = tmp_path / "cp1251.yaml"
    path.write_bytes("title: Привет".encode("cp1251"))
    with pytest.raises(ContentError, match="не в кодировке UTF-8"):
        content.load_yaml(path)


def test_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="файла нет"):
        content.load_yaml(tmp_path / "absent.yaml")


PLAIN = [
    ("yes: a\nno: b\n", {"yes": "a", "no": "b"}),
    ("a: &a [1]\nb: *a\n", {"a": [1], "b": [1]}),
    ("\ufeffa: 1\n", {"a": 1}),
    ("", None),
]


@pytest.mark.parametrize(("text", "value"), PLAIN, ids=["yes and no", "alias", "byte order mark", "empty"])
def test_plain_yaml_is_read(tmp_path: Path, text: str, value: object) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(text, encoding="utf-8")
    assert content.load_yaml(path) == value


def test_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "skills.yaml"
    path.write_text("skills: {a: Раз}\n", encoding="utf-8")
    first = loading.load_model(path, Skills)
    assert loading.load_model(path, Skills) is first
    path.write_text("skills: {a: Два}\n", encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert loading.load_model(path, Skills).skills == {"a": "Два"}


def test_file_must_bear_its_id(tmp_path: Path) -> None:
    path = tmp_path / "91-other.yaml"
    shutil.copy(MINI, path)
    with pytest.raises(ContentError) as caught:
        loading.load_model(path, Quiz)
    expected = "id: id '90-mini' не совпадает с именем файла '91-other'. Назовите их одинаково."
    assert str(caught.value) == f"{path}: {expected}"


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "toc.yaml"
    path.write_text("course: 5\nlessons: []\n", encoding="utf-8")
    with pytest.raises(CourseErrors) as caught:
        loading.load_model(path, Toc)
    assert str(caught.value).splitlines() == [
        f"{path}: course: здесь нужен текст, а есть 5. Возьмите значение в кавычки.",
        f"{path}: lessons: записей 0, а нужно не меньше 1. Добавьте недостающие.",
        f"{path}: trained: этого ключа не хватает. Добавьте строку с ним.",
    ]


FAULTS = [
    ("items[0].skil=x", "items.one.skil: лишний ключ со значением 'x'. Проверьте, нет ли опечатки, или уберите его"),
    ("items[0].skill", "items.one.skill: этого ключа не хватает. Добавьте строку с ним"),
    ("items[0].points=много", "items.one.points: здесь нужно число, а есть 'много'. Напишите число без кавычек"),
    ("items[0].points=0", "items.one.points: число 0 слишком мало. Возьмите больше 0.0"),
    ("items[0].difficulty=7", "items.one.difficulty: число 7 слишком велико. Возьмите не больше 3"),
    ("items[0].difficulty=1.5", "items.one.difficulty: здесь нужно целое число, а есть 1.5. Уберите дробную часть"),
    ("items[0].options=да", "items.one.options: здесь нужен список, а есть 'да'. Начните каждую запись с дефиса"),
    ("items[0].options[1].why", "items.one.options[2]: у неверного варианта 'gosuslugi.example' нет why. Объясните"),
    ("items[0].options[0].right=ага", "items.one.options[1].right: здесь нужно true или false, а есть 'ага'. Напишите"),
    ("items[1].text=", "items.some.text: текст пуст. Напишите текст или уберите строку"),
    ("items[1].text=true", "items.some.text: здесь нужен текст, а есть True. Возьмите значение в кавычки"),
    ("items[2].kind=riddle", "items.claim: вида 'riddle' не бывает. Возьмите одно из: 'single', 'several'"),
    ("items[2].kind", "items.claim: не указан вид. Добавьте строку с ключом 'kind'"),
    ("items[3].steps[0]=6", "items.steps.steps[1]: здесь нужен текст, а есть 6. Возьмите значение в кавычки"),
    ("items[4].pairs[0]=раз", "items.pairs.pairs[1]: здесь нужен список, а есть 'раз'. Начните"),
    ("items[6].text", "items.word.text: этого ключа не хватает. Добавьте строку с ним"),
    ("items[6].accept=[]", "items.word.accept: записей 0, а нужно не меньше 1. Добавьте недостающие"),
    (
        "items[7].context=sign",
        "items.letter.context: значения 'sign' здесь не бывает. Возьмите одно из: 'address', 'sms'",
    ),
    ("items[3].steps=[5, Раз]", "items.steps.steps[1]: здесь нужен текст, а есть 5"),
    ("items[7]=5", "items[8]: здесь нужны ключи со значениями, а есть 5. Напишите их в виде «ключ: значение»"),
    ("title", "title: этого ключа не хватает. Добавьте строку с ним"),
    ("id=Plan B", "id: значение 'Plan B' не подходит под образец ^[a-z0-9][a-z0-9-]*$. Исправьте его"),
]


def _spoilt(change: str) -> dict[str, object]:
    """Give the mini quiz with one key removed (``path``) or set (``path=value``)."""
    quiz = yaml.safe_load(MINI.read_text(encoding="utf-8"))
    path, given, value = change.partition("=")
    *steps, last = [yaml.safe_load(step) for step in path.replace("[", ".").replace("]", "").split(".")]
    place = quiz
    for step in steps:
        place = place[step]
    if given:
        place[last] = yaml.safe_load(value) if value else ""
    else:
        del place[last]
    return quiz


@pytest.mark.parametrize(("change", "line"), FAULTS, ids=[row[0] for row in FAULTS])
def test_each_fault_is_told_in_russian(change: str, line: str) -> None:
    raw = _spoilt(change)
    with pytest.raises(ValidationError) as caught:
        Quiz.model_validate(raw)
    fault, *others = faults_of(caught.value, raw)
    assert f"{fault.key}: {fault.problem}. {fault.remedy}".startswith(line)
    assert not others


def test_dates_are_told_in_russian() -> None:
    raw = {"facts": [{"id": "a", "says": "б", "checked": "вчера", "recheck": "2026-12-31"}]}
    with pytest.raises(ValidationError) as caught:
        FactRegister.model_validate(raw)
    fault = faults_of(caught.value, raw)[0]
    assert fault.key == "facts.a.checked"
    assert fault.problem == "здесь нужна дата, а есть 'вчера'"


@pytest.mark.parametrize("lesson_id", content.lesson_ids())
def test_lessons_of_the_course_are_whole(lesson_id: str) -> None:
    lesson = content.lesson(lesson_id)
    assert lesson.quiz.id == lesson.rubric.id == lesson.scenario.id == lesson.notebook.stem == lesson_id
    assert lesson.persona.id == lesson.scenario.persona
    assert {item.skill for item in lesson.quiz.items} <= set(content.skills())
    assert set(lesson.quiz.items[0].facts) <= set(content.facts())
    assert content.texts()["quiz"]


@pytest.mark.parametrize("lesson_id", ["../toc", "01/../../x", "", "77-unknown"])
def test_foreign_ids_open_no_file(lesson_id: str) -> None:
    with pytest.raises(ContentError):
        content.lesson(lesson_id)
    with pytest.raises(ContentError):
        content.quiz(lesson_id)


def test_unknown_persona_is_told(tmp_path: Path) -> None:
    root = content.folder("lessons").parent
    for kind in ("lessons", "quizzes", "graders", "widgets"):
        shutil.copytree(root / kind, tmp_path / kind, ignore=shutil.ignore_patterns("fonts", "images", "template"))
    path = tmp_path / "widgets" / "scenarios" / "01-gosuslugi.yaml"
    path.write_text(path.read_text("utf-8").replace("\npersona: anna\n", "\npersona: olga\n"), "utf-8")
    with pytest.raises(ContentError, match="persona: человека 'olga' нет"):
        shelf.lesson("01-gosuslugi", tmp_path)
