"""Editors know our files: a published JSON Schema of every kind, as fresh as the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ecitizen.authoring.schemas import KINDS, as_text, editor_line, schema, write_schemas
from ecitizen.content import load_yaml

ROOT = Path(__file__).parents[1]
FILES = {
    "scenario": "widgets/scenarios/*.yaml",
    "quiz": "quizzes/*.yaml",
    "survey": "quizzes/survey.yaml",
    "words": "lessons/words.yaml",
    "rubric": "graders/*.yaml",
    "personas": "widgets/personas.yaml",
    "toc": "lessons/toc.yaml",
    "skills": "lessons/skills.yaml",
    "facts": "lessons/facts.yaml",
    "texts": "widgets/texts.yaml",
    "passport": "course/passports/*.yaml",
}
SHIPPED = [
    (kind, path)
    for kind, pattern in FILES.items()
    for path in sorted(ROOT.glob(pattern))
    if (kind == "survey") == (path.stem == "survey")
]


def faults(kind: str, document: object) -> list[str]:
    """Give what an editor would underline; YAML's dates are texts to it."""
    plain = json.loads(json.dumps(document, default=str))
    return [error.message for error in Draft202012Validator(schema(kind)).iter_errors(plain)]


@pytest.mark.parametrize("kind", KINDS)
def test_published_schemas_are_fresh(kind: str) -> None:
    published = (ROOT / "docs" / "schemas" / f"{kind}.json").read_text(encoding="utf-8")
    assert published == as_text(kind), "run write_schemas(Path('docs/schemas'))"


def test_nothing_else_is_published() -> None:
    assert {path.stem for path in (ROOT / "docs" / "schemas").iterdir()} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_keep_the_draft(kind: str) -> None:
    made = schema(kind)
    Draft202012Validator.check_schema(made)
    assert made["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert made["title"]
    assert made["description"]


@pytest.mark.parametrize(("kind", "path"), SHIPPED, ids=[f"{kind} {path.name}" for kind, path in SHIPPED])
def test_shipped_files_satisfy_their_schema(kind: str, path: Path) -> None:
    assert faults(kind, load_yaml(path)) == []


def test_every_kind_has_a_shipped_file() -> None:
    assert {kind for kind, _ in SHIPPED} == set(KINDS) == set(FILES)


def test_fields_carry_their_docstrings() -> None:
    screen = schema("scenario")["$defs"]["Screen"]["properties"]
    assert screen["secure"]["description"] == "Whether the address bar shows the certificate mark."
    assert "``" not in as_text("scenario")


def test_inherited_fields_are_explained_too() -> None:
    assert "shown only if" in schema("scenario")["$defs"]["MapPart"]["properties"]["when"]["description"]


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("skills", {"skills": {"Не id": "Уметь"}}),
        ("skills", {"skills": {"read-address": "Уметь"}, "more": 1}),
        ("toc", {"course": "Курс", "lessons": []}),
        ("texts", {"portal": "слово"}),
    ],
    ids=["key no id", "unknown key", "missing key", "wrong shape"],
)
def test_slips_are_underlined(kind: str, document: Any) -> None:
    assert faults(kind, document)


def test_two_writings_are_the_same(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in write_schemas(tmp_path / "a")}
    assert first == {path.name: path.read_bytes() for path in write_schemas(tmp_path / "b")}


@pytest.mark.parametrize(
    ("file", "up"), [("quizzes/x.yaml", "../"), ("widgets/scenarios/x.yaml", "../../")], ids=["one up", "two up"]
)
def test_editor_line_is_relative(tmp_path: Path, file: str, up: str) -> None:
    assert editor_line("quiz", tmp_path / file, tmp_path) == ""
    write_schemas(tmp_path / "docs" / "schemas")
    line = editor_line("quiz", tmp_path / file, tmp_path)
    assert line == f"# yaml-language-server: $schema={up}docs/schemas/quiz.json"
    assert (tmp_path / file).parent.joinpath(line.partition("=")[2]).resolve(strict=False).is_file()
