"""Writing a quiz as YAML the way an author writes it: our order of fields, one option a line, a blank line between."""

from __future__ import annotations

from typing import Any

import yaml

from ecitizen.practice.quiz import Item, Quiz

_ORDER = (
    "id", "kind", "skill", "difficulty", "points", "text", "context", "right", "tolerance", "unit", "wrong_why",
    "options", "reasons", "steps", "pairs", "spans", "screen", "accept", "sample", "scheme", "wrong", "otherwise",
    "why", "facts", "from_lesson",
)  # fmt: skip
_FLOW_LISTS = {"accept", "facts"}
_ODD_BREAKS = set("\r\x85\u2028\u2029")
_BREAKS = {"\n", *_ODD_BREAKS}
_WIDE = 1_000_000
"""Characters of a line: an option is never broken."""


def to_yaml(quiz: Quiz) -> str:
    """Write the quiz as its YAML file; loading it gives the same quiz."""
    head = _dump({"id": quiz.id, "title": quiz.title})
    items = "\n".join(_dump([_fields(item)], indent=2) for item in quiz.items)
    return f"{head}items:\n{items}"


class _Flow(dict[str, Any]):
    """A mapping on one line."""


class _FlowList(list[Any]):
    """A list on one line."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write a text that stands twice twice."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their key."""
        del indentless
        super().increase_indent(flow, False)


def _mapping(dumper: yaml.SafeDumper, value: _Flow) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


def _list(dumper: yaml.SafeDumper, value: _FlowList) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # Line ends of other kinds, and blank space at the edges of lines, would not come back from an unquoted text.
    style = None
    if _BREAKS & set(value):
        neat = not _ODD_BREAKS & set(value) and all(line == line.strip() for line in value.split("\n"))
        style = "|" if neat and value == value.strip() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(_Flow, _mapping)
_Dumper.add_representer(_FlowList, _list)
_Dumper.add_representer(str, _string)


def _dump(document: object, indent: int = 0) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDE)
    # Only "\n" ends a line here: YAML writes every other line end escaped.
    return "".join(f"{' ' * indent if line.strip() else ''}{line}\n" for line in text.removesuffix("\n").split("\n"))


def _fields(item: Item) -> dict[str, Any]:
    raw = item.model_dump(mode="json", exclude_defaults=True)
    return {field: _shaped(field, raw[field]) for field in _ORDER if field in raw}


def _shaped(field: str, value: Any) -> Any:
    if isinstance(value, float):
        return _whole(value)
    if field == "screen":
        return value | {"lines": [row if isinstance(row, str) else _shaped("row", row) for row in value["lines"]]}
    if not isinstance(value, list):
        return value
    if field in _FLOW_LISTS:
        return _FlowList(value)
    return [_entry(entry) for entry in value]


def _entry(entry: Any) -> Any:
    if isinstance(entry, dict):
        return _Flow({key: _whole(part) if isinstance(part, float) else part for key, part in entry.items()})
    return _FlowList(entry) if isinstance(entry, list) else entry


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
