"""docs/authoring.md is true: its snippets load, nothing is left out, and its lesson can be built and played."""

from __future__ import annotations

import re
import shutil
import typing
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, TypeAdapter

import ecitizen
from ecitizen import content
from ecitizen.content.check import check
from ecitizen.practice import parts, quiz, rubric
from ecitizen.practice.fields import FieldType
from ecitizen.practice.flow import MODES, Mode, Outcome, When
from ecitizen.practice.machine import Run
from ecitizen.practice.scenario import Scenario, Screen

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "authoring.md").read_text(encoding="utf-8")
ID = "20-renew-book"
SEEDS = range(1, 7)

_FENCE = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^File `([^`]+)`[^\n]*:\n\n```(?:yaml|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ADDED = re.compile(r"^Add to `([^`]+)`:\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def chapter(title: str) -> str:
    """Give one chapter of the page."""
    return re.split(r"^## ", PAGE.split(f"\n## {title}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]


def snippets(title: str) -> list[Any]:
    """Give what stands in the yaml fences of a chapter."""
    return [yaml.safe_load(text) for text in _FENCE.findall(chapter(title))]


def entries(title: str) -> list[Any]:
    """Give the list entries of all fences of a chapter, with the bare key ``no`` as a word."""
    return [entry for snippet in snippets(title) for entry in snippet]


def first_column(title: str) -> set[str]:
    """Give what stands as code in the first column of a chapter's tables."""
    rows = [line.split("|")[1] for line in chapter(title).splitlines() if line.startswith("| ")]
    return {word for row in rows for word in re.findall(r"`([^`]+)`", row)}


def kinds(union: Any) -> set[str]:
    """Give the kinds of a union of models told apart by ``kind``."""
    models = typing.get_args(typing.get_args(union)[0])
    return {typing.get_args(model.model_fields["kind"].annotation)[0] for model in models}


PARTS, ITEMS = entries("Parts of a screen"), entries("Questions")


@pytest.mark.parametrize("part", PARTS, ids=[part["kind"] for part in PARTS])
def test_snippets_of_parts_load(part: Any) -> None:
    TypeAdapter[Any](parts.Part).validate_python(part)


@pytest.mark.parametrize("item", ITEMS, ids=[item["kind"] for item in ITEMS])
def test_snippets_of_questions_load(item: Any) -> None:
    TypeAdapter[Any](quiz.Item).validate_python(item)


def test_snippets_of_points_load() -> None:
    for criterion in entries("Points"):
        rubric.Criterion.model_validate(criterion)


def test_snippets_of_fields_load() -> None:
    for part in entries("Fields of a form"):
        parts.FormPart.model_validate(part)


def test_snippets_of_scenarios_load() -> None:
    known = Screen.model_fields | Scenario.model_fields
    for snippet in snippets("A scenario, step by step"):
        for key, value in snippet.items():
            TypeAdapter[Any](known[key].annotation).validate_python(value)


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("Parts of a screen", kinds(parts.Part)),
        ("Questions", kinds(quiz.Item)),
        ("Points", set(typing.get_args(rubric.CriterionKind))),
        ("Fields of a form", set(typing.get_args(FieldType))),
    ],
    ids=["parts", "questions", "points", "fields"],
)
def test_every_kind_is_in_its_table(title: str, known: set[str]) -> None:
    assert first_column(title) == known


@pytest.mark.parametrize("title", ["Parts of a screen", "Questions"])
def test_every_kind_has_a_snippet(title: str) -> None:
    assert {entry["kind"] for entry in entries(title)} == first_column(title)


@pytest.mark.parametrize("model", [Outcome, When], ids=["outcomes", "conditions"])
def test_every_word_of_flow_is_told(model: type[BaseModel]) -> None:
    told = {word.split(":")[0] for word in first_column("A scenario, step by step")}
    assert set(model.model_fields) - {"when"} <= told


@pytest.mark.parametrize("line", sorted(first_column("What the check says")))
def test_lines_of_the_check_are_real(line: str) -> None:
    house = Path(ecitizen.__file__).parent
    sources = [*house.joinpath("practice").rglob("*.py"), *house.joinpath("content").rglob("*.py")]
    assert any(line in path.read_text(encoding="utf-8") for path in sources)


def test_links_of_the_page_lead_somewhere() -> None:
    titles = re.findall(r"^#{2,3} (.+)$", PAGE, re.MULTILINE)
    known = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= known


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a content root of the page's lesson alone, on the people, skills and words of the course."""
    base = tmp_path_factory.mktemp("page")
    for kept in ("lessons/skills.yaml", "lessons/words.yaml", "widgets/personas.yaml", "widgets/texts.yaml"):
        (base / kept).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / kept, base / kept)
    (base / "lessons/facts.yaml").write_text("facts: []\n", encoding="utf-8")
    trained = {"lessons": [ID], "pass_share_pct": 60, "min_sessions": 1}
    course = {"lessons/toc.yaml": {"course": "Курс", "trained": trained}}
    for name, text in _ADDED.findall(PAGE):
        known = course.get(name) or yaml.safe_load((base / name).read_text(encoding="utf-8"))
        for key, added in yaml.safe_load(text).items():
            known[key] = known.get(key, type(added)()) | added if isinstance(added, dict) else added
        (base / name).write_text(yaml.safe_dump(known, allow_unicode=True), encoding="utf-8")
    for name, text in _FILE.findall(PAGE):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_text(text, encoding="utf-8")
    return base


def played(root: Path, mode: Mode, seed: int) -> tuple[Run, dict[str, Any]]:
    """Follow the guide of the page's lesson to the end; gives the run and its facts."""
    lesson = content.lesson(ID, root)
    run = Run(lesson.scenario, lesson.persona, "renew", mode, seed)
    return run, run.facts(run.replay(frame.event for frame in run.walk()))


def test_check_asks_only_for_more_questions(root: Path) -> None:
    found = check(root)
    assert [(finding.path, finding.key) for finding in found] == [(f"quizzes/{ID}.yaml", "items")], list(
        map(str, found)
    )
    assert "вопросов 5" in found[0].problem


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mode", MODES)
def test_page_lesson_plays_in_every_mode(root: Path, mode: Mode, seed: int) -> None:
    assert played(root, mode, seed)[1]["finished"]


@pytest.mark.parametrize("seed", SEEDS)
def test_golden_path_earns_all_points(root: Path, seed: int) -> None:
    facts = played(root, "solo", seed)[1]
    assert facts["mistakes"] == facts["recovered"] == ["book-awaited"]
    earned = rubric.feedback(content.rubric(ID, root), "renew", facts)
    assert earned["points"] == earned["max"] == 12
    assert earned["improve"] == []


def test_opened_link_costs_its_points(root: Path) -> None:
    run, _ = played(root, "solo", 1)
    state = run.start()
    while not state.finished:
        step = run.guide(state)
        assert step is not None
        message = {"do": "reply", "reply": "open-link"} if step.control == "remove" else step.message()
        state = run.apply(state, run.judge(state, message))
    facts = run.facts(state)
    assert facts["disclosed"] == ["false-fine"]
    earned = rubric.feedback(content.rubric(ID, root), "renew", facts)
    assert earned["max"] - earned["points"] == 2


def test_next_try_is_another_book(root: Path) -> None:
    texts = {played(root, "solo", seed)[0].stage.text("{loan.book}") for seed in SEEDS}
    assert len(texts) == 2
