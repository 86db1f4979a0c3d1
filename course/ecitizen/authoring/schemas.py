"""A JSON Schema of every YAML kind, so that an editor completes keys, explains them and marks slips of the pen.

Generated from the models that load the files, their docstrings included; what only a validator knows (a right option
too many, a sum that is no number) stays with ``ecitizen check``.
"""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from ecitizen.content.models import FactRegister, Skills, Survey, Texts, Toc, Words
from ecitizen.indicators.passport import Passport
from ecitizen.practice.persona import Personas
from ecitizen.practice.quiz import Quiz
from ecitizen.practice.rubric import Rubric
from ecitizen.practice.scenario import Scenario

DIALECT = GenerateJsonSchema.schema_dialect
"""Draft 2020-12."""

KINDS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "scenario": Scenario,
        "quiz": Quiz,
        "rubric": Rubric,
        "personas": Personas,
        "toc": Toc,
        "skills": Skills,
        "facts": FactRegister,
        "words": Words,
        "survey": Survey,
        "texts": Texts,
        "passport": Passport,
    }
)
"""Kind of file -> the model that loads it."""

PUBLISHED = Path("docs", "schemas")
"""Where the schemas lie in a checkout."""


def schema(kind: str) -> dict[str, Any]:
    """Give the schema of one kind; ``KeyError`` if there is no such kind."""
    made = KINDS[kind].model_json_schema(schema_generator=_Explained)
    return {"$schema": DIALECT, **_closed(made)}


def write_schemas(folder: Path) -> list[Path]:
    """Write ``<kind>.json`` for every kind; the same text from the same models. Gives the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in KINDS:
        path = folder / f"{kind}.json"
        path.write_text(as_text(kind), encoding="utf-8", newline="\n")
        written.append(path)
    return written


def as_text(kind: str) -> str:
    """Give the text of one schema file."""
    return json.dumps(schema(kind), ensure_ascii=False, indent=1) + "\n"


def editor_line(kind: str, file: Path, root: Path) -> str:
    """Give the comment by which an editor finds the schema of a file under a root; nothing where none is published."""
    if not (root / PUBLISHED / f"{kind}.json").is_file():
        return ""
    up = "../" * len(file.relative_to(root).parent.parts)
    return f"# yaml-language-server: $schema={up}{PUBLISHED.as_posix()}/{kind}.json"


class _Explained(GenerateJsonSchema):
    """Pydantic's own, with the docstrings of the fields; a title that only repeats the key is left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Say no: the key itself is the title."""
        del schema
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        """Add what the class says about its fields."""
        made = super().model_schema(schema)
        known: type[BaseModel] = schema["cls"]
        if "description" in made:
            made["description"] = _plain(made["description"])
        for name, text in _said_of_fields(known).items():
            field = known.model_fields[name]
            if (shown := made.get("properties", {}).get(field.alias or name)) is not None:
                shown["description"] = text
        return made


def _said_of_fields(model: type[BaseModel]) -> dict[str, str]:
    """Give the docstrings under the fields of a model; those of its bases, too."""
    said: dict[str, str] = {}
    for base in reversed(model.__mro__):
        module = inspect.getmodule(base)
        if issubclass(base, BaseModel) and base is not BaseModel and module is not None:
            said |= _docstrings(module).get(base.__name__, {})
    return {name: text for name, text in said.items() if name in model.model_fields}


@cache
def _docstrings(module: ModuleType) -> dict[str, dict[str, str]]:
    """Read the docstrings of fields from a module's source: class -> field -> text."""
    classes = [node for node in ast.parse(inspect.getsource(module)).body if isinstance(node, ast.ClassDef)]
    return {node.name: _under_fields(node.body) for node in classes}


def _under_fields(body: list[ast.stmt]) -> dict[str, str]:
    said = {}
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                said[name] = _plain(words)
    return said


def _plain(text: str) -> str:
    """Give a docstring as one line of Markdown, which is what editors show."""
    return " ".join(text.replace("``", "`").split())


def _closed(node: Any) -> Any:
    """Refuse keys that are no ids wherever ids are the keys; pydantic only names the pattern."""
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(one) for key, one in node.items()}
    return closed | {"additionalProperties": False} if "patternProperties" in closed else closed
