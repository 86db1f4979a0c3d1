"""Papers as PDF: tagged, Russian, the same on every machine, answer-free, safe with any text."""

from __future__ import annotations

import functools
import io
import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner, Result
from nbconvert.exporters import get_exporter
from pypdf import PdfReader

from ecitizen import content
from ecitizen.cli import cli
from ecitizen.content.notebook import load_notebook
from ecitizen.errors import CourseError
from ecitizen.notebooks import material, papers
from ecitizen.notebooks.setting import pdf
from ecitizen.notebooks.words import words
from tests.test_notebooks_questions import KINDS, quiz

ROOT = Path(__file__).parents[1]
LESSON = content.lesson("02-doctor")
LESSONS = content.lesson_ids()


@functools.cache
def handout(lesson_id: str) -> bytes:
    lesson = content.lesson(lesson_id)
    return papers.handout(lesson, load_notebook(lesson.notebook))


@pytest.fixture(scope="module")
def made() -> bytes:
    """Set one handout for all tests that only read it."""
    return handout("02-doctor")


@pytest.fixture(scope="module")
def reader(made: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(made))


def text(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).replace("\u200b", "").split())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), catch_exceptions=False)


def tags(node: Any) -> list[tuple[str, str]]:
    """Give the tags of the structure tree in reading order, each with its words for those who do not see it."""
    found: list[tuple[str, str]] = []
    queue = [node.get_object()]
    while queue:
        one = queue.pop(0)
        if isinstance(one, list):
            queue[:0] = [kid.get_object() for kid in one]
        elif isinstance(one, dict):
            if "/S" in one:
                found.append((str(one["/S"]), str(one.get("/Alt", ""))))
            if "/K" in one:
                queue.insert(0, one["/K"].get_object())
    return found


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Give the typefaces with whether each is embedded."""
    named: dict[str, bool] = {}
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            inner = font.get_object()["/DescendantFonts"][0].get_object()
            described = inner["/FontDescriptor"].get_object()
            named[str(inner["/BaseFont"])] = any(key in described for key in ("/FontFile2", "/FontFile3"))
    return named


def test_handout_is_tagged_russian_a4_with_title(reader: PdfReader) -> None:
    catalogue = reader.root_object
    assert catalogue["/Lang"].startswith("ru")
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Талон к врачу"
    assert {(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in reader.pages} == {
        (595, 842)
    }


def test_every_typeface_is_embedded_and_ours(reader: PdfReader) -> None:
    found = fonts(reader)
    assert all(found.values())
    assert {name.split("+")[1] for name in found} == {"GolosText-Regular", "GolosText-Bold", "DejaVuSansMono"}


def test_headings_lists_and_pictures_are_real(reader: PdfReader) -> None:
    found = tags(reader.root_object["/StructTreeRoot"])
    kinds = [kind for kind, _ in found]
    assert kinds.count("/H1") == 1
    assert {"/H2", "/H3", "/L", "/LI", "/Lbl", "/LBody", "/P", "/Figure"} <= set(kinds)
    assert "/Table" not in kinds
    told = [words for kind, words in found if kind == "/Figure"]
    assert len(told) == 10
    assert all(words.startswith("Экран «") for words in told)


def test_parts_stand_in_the_order_of_the_lesson(reader: PdfReader) -> None:
    said = text(reader)
    wanted = ["Зачем это мне", "Что понадобится", "Покажите мне", "Запишитесь к терапевту"]
    wanted += ["Шаг 1 из 10", "Шаг 10 из 10", "Теперь я могу", "Домашнее задание", "Проверим себя", "Вопрос 12 из 12"]
    places = [said.index(heading) for heading in wanted]
    assert places == sorted(places)


def test_each_page_names_lesson_number_and_trainer(reader: PdfReader) -> None:
    total = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        said = " ".join(page.extract_text().split())
        assert "Талон к врачу" in said
        assert f"страница {number} из {total}" in said
        assert said.count("Это учебный тренажёр.") >= 1


def test_letters_are_large_and_upright(reader: PdfReader) -> None:
    sizes: dict[int, int] = {}

    def count(words: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        place = round(abs(size * tm[3] * cm[3]))
        sizes[place] = sizes.get(place, 0) + len(words.strip())

    reader.pages[0].extract_text(visitor_text=count)
    assert max(sizes, key=lambda size: sizes[size]) == 18
    assert not [name for name in fonts(reader) if "Italic" in name or "Oblique" in name]


@pytest.mark.parametrize("lesson_id", LESSONS)
def test_heading_never_ends_a_page(lesson_id: str) -> None:
    reader = PdfReader(io.BytesIO(handout(lesson_id)))
    for page in reader.pages:
        lines = [line.strip() for line in page.extract_text().splitlines() if line.strip()]
        footer = max(place for place, line in enumerate(lines) if "страница " in line)
        assert not re.fullmatch(r"(Шаг|Вопрос) \d+ из \d+", lines[footer - 2])


@pytest.mark.parametrize("lesson_id", LESSONS)
def test_handout_gives_no_answer_away(lesson_id: str) -> None:
    said = text(PdfReader(io.BytesIO(handout(lesson_id)))).replace("\u00a0", " ")
    quiz_said = said[said.index("Вопрос 1 из") :]
    for item in content.quiz(lesson_id).items:
        parts = [getattr(item, name, ()) for name in ("options", "reasons", "spans", "wrong")]
        for told in [item.why, *(one.why for group in parts for one in group)]:
            assert not told or " ".join(told.split()) not in quiz_said


def test_same_lesson_gives_the_same_bytes(made: bytes) -> None:
    assert handout.__wrapped__("02-doctor") == made


def test_key_names_its_reader_and_the_points() -> None:
    said = text(PdfReader(io.BytesIO(papers.key(LESSON)))).replace("\u00a0", " ")
    assert "Только для ведущего" in said
    total = sum(item.points for item in LESSON.quiz.items)
    assert f"Баллов за весь лист: {total:g}" in said
    for item in LESSON.quiz.items:
        assert " ".join(item.why.split()) in said


HOSTILE = [
    '#import "x": * $ ] [ \\ ` *a* _b_ @l <l> // /* = h',
    '#read("/etc/passwd")',
    "</script><b>&amp;",
    "{{ 7*7 }}",
    "%PDF-1.4 endobj",
]


@pytest.mark.parametrize("evil", HOSTILE)
def test_markup_in_any_text_stays_text(evil: str) -> None:
    found = words()
    gathered = material.handout(LESSON, load_notebook(LESSON.notebook), found)
    step = gathered["steps"][0]
    step["caption"] = step["view"]["screen"]["title"] = step["view"]["screen"]["parts"][0]["text"] = evil
    gathered["task"]["text"] = gathered["questions"][0]["text"] = evil
    gathered["parts"]["home"][0][1] = {"kind": "paragraph", "runs": [{"text": evil, "bold": True, "link": None}]}
    said = text(PdfReader(io.BytesIO(pdf("handout.typ", papers.frame(found, None) | {"lesson": gathered}))))
    assert said.replace(" ", "").count(evil.replace(" ", "")) == 6


def test_sign_that_no_typeface_has_is_named() -> None:
    found = words()
    gathered = material.handout(LESSON, load_notebook(LESSON.notebook), found)
    gathered["task"]["text"] = "Привет 😀"
    with pytest.raises(CourseError, match="😀"):
        pdf("handout.typ", papers.frame(found, None) | {"lesson": gathered})


def test_every_kind_of_question_has_its_place_on_paper() -> None:
    found, gathered = words(), material.handout(LESSON, load_notebook(LESSON.notebook), words())
    gathered["questions"] = material.questions(quiz(*KINDS), found)
    gathered["questions"].append({"id": "q", "kind": "hologram", "text": "Чего ещё не бывало?"})
    said = text(PdfReader(io.BytesIO(pdf("handout.typ", papers.frame(found, None) | {"lesson": gathered}))))
    told = ["Обведите одну букву", "Обведите все верные", "верно или неверно", "номера по порядку", "букву её пары"]
    for expected in [*told, "шагов", "Подчеркните", "Обведите нужную кнопку", "Почта", "Чего ещё не бывало?"]:
        assert expected in said


def test_address_of_a_link_is_printed() -> None:
    found = words()
    gathered = material.handout(LESSON, load_notebook(LESSON.notebook), found)
    link = {"text": "портал", "bold": False, "link": "https://example.org/a/b"}
    gathered["parts"]["home"][0].append({"kind": "paragraph", "runs": [link]})
    reader = PdfReader(io.BytesIO(pdf("handout.typ", papers.frame(found, None) | {"lesson": gathered})))
    assert "портал (https://example.org/a/b)" in text(reader)
    assert "/Link" in [kind for kind, _ in tags(reader.root_object["/StructTreeRoot"])]


def test_book_has_contents_lessons_and_keys() -> None:
    heard: list[str] = []
    reader = PdfReader(io.BytesIO(papers.book(told=heard.append)))
    titles = [entry.title for entry in content.toc().lessons]
    assert heard == titles
    contents = " ".join(page.extract_text() for page in reader.pages[1:3]).replace("\u00a0", " ")
    assert all("".join(title.split()) in "".join(contents.split()) for title in titles)
    assert "Ответы на вопросы" in contents
    links = [note.get_object() for note in reader.pages[1]["/Annots"]]
    assert len(links) >= len(titles)
    marks = [one.title for one in reader.outline if not isinstance(one, list)]
    assert [mark.replace("\u00a0", " ") for mark in marks] == [*titles, "Ответы на вопросы"]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Give a content root elsewhere with another title."""
    for name in ("lessons", "quizzes", "graders", "widgets"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("template"))
    toc = tmp_path / "lessons" / "toc.yaml"
    toc.write_text(toc.read_text(encoding="utf-8").replace("Талон к врачу", "Талон к доктору"), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "ending", "start"),
    [
        ("ecitizen-handout", ".pdf", b"%PDF"),
        ("ecitizen-key", ".key.pdf", b"%PDF"),
        ("ecitizen-slides", ".slides.html", b"<!DOCTYPE html>"),
    ],
)
def test_nbconvert_knows_our_exporters(name: str, ending: str, start: bytes, copied: Path) -> None:
    exporter = get_exporter(name)()
    assert exporter.file_extension == ending
    output, _ = exporter.from_filename(str(copied / "lessons" / "02-doctor.ipynb"))
    raw = output if isinstance(output, bytes) else output.encode("utf-8")
    assert raw.startswith(start)
    title = text(PdfReader(io.BytesIO(raw))) if start == b"%PDF" else output
    assert "Талон к доктору" in str(title).replace("\u00a0", " ")


def test_nbconvert_refuses_a_notebook_that_is_no_lesson() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("текст")])
    with pytest.raises(CourseError):
        get_exporter("ecitizen-handout")().from_notebook_node(notebook)


def test_command_writes_handout_and_key(tmp_path: Path, made: bytes) -> None:
    out = tmp_path / "new" / "02.pdf"
    assert run("handout", "02-doctor", "--out", str(out)).exit_code == 0
    assert out.read_bytes() == made
    assert run("handout", "02-doctor", "--key", "--out", str(out)).exit_code == 0
    assert "Ключ" in text(PdfReader(out))


def test_command_writes_all_handouts_and_tells_progress(tmp_path: Path) -> None:
    done = run("handout", "--all", "--key", "--out", str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{lesson_id}-key.pdf" for lesson_id in LESSONS]
    assert f"1 из {len(LESSONS)}" in done.stderr
    assert "из" not in done.stdout


@pytest.mark.parametrize("arguments", [("handout", "--out", "x.pdf"), ("handout", "02-doctor", "--all", "--out", "x")])
def test_command_wants_one_lesson_or_all(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_command_names_an_unknown_lesson(tmp_path: Path) -> None:
    done = run("handout", "99-no", "--out", str(tmp_path / "x.pdf"))
    assert done.exit_code == 1
    assert "99-no" in done.stderr


def test_command_tells_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run("slides", "02-doctor", "--out", str(tmp_path / "file" / "x.html"))
    assert done.exit_code == 1
    assert "не записывается" in done.stderr


def test_words_with_a_strange_place_are_refused(copied: Path) -> None:
    from pydantic import ValidationError

    from ecitizen.notebooks.words import Words

    raw = json.loads(words().model_dump_json())
    with pytest.raises(ValidationError, match="фигурных скобках"):
        Words.model_validate(raw | {"alt_press": "В рамке: {кнопка}"})
