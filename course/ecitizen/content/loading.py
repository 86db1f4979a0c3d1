"""Reading one content file, written by a person and perhaps by a stranger.

Only safe loaders of PyYAML are used, the one in C where there is one; a file can neither run code nor eat the memory.
A fault names the file, the key and what to do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from ecitizen.content.wording import faults_of
from ecitizen.errors import ContentError, CourseErrors

LARGEST_BYTES = 2_000_000
MOST_PARTS = 300_000
"""Keys, values and entries of a file with every alias written out; a plain file of 2 MB has fewer."""

DEEPEST = 100
"""Lists and groups inside one another; the deepest scenario has a dozen."""

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same rules and results; the one in C is several times as fast."""

WHOLE = "файл"
"""The key of a fault that belongs to the file as a whole."""

Model = TypeVar("Model", bound=BaseModel)

_loaded: dict[tuple[Path, type[BaseModel]], tuple[tuple[int, int], BaseModel]] = {}


def load_yaml(path: Path) -> Any:
    """Read a YAML file into plain Python; raises ContentError with the line if it can't be read.

    Refuses files over 2 MB, a key that stands twice, and aliases (``*name``) that unfold without end.
    The bare keys ``yes`` and ``no``, which YAML 1.1 takes for booleans, stay words.
    """
    text = _read(path)
    try:
        return _plain_keys(_parsed(path, text))
    except yaml.MarkedYAMLError as error:
        raise _broken(path, error) from error
    except (yaml.YAMLError, ValueError) as error:
        # ValueError: a date such as 2026-13-45, a number of thousands of digits.
        problem = f"файл не читается ({_one_line(str(error))})"
        raise ContentError(path, WHOLE, problem, "Исправьте это место или верните файл из копии") from error


def load_model(path: Path, model: type[Model]) -> Model:
    """Read a file into a model; the same file is read again only after it has changed.

    Raises ContentError, or CourseErrors with one ContentError a fault. A model with an ``id`` must repeat the name
    of its file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    stamp = (status.st_mtime_ns, status.st_size)
    kept = _loaded.get((path, model))
    if kept and kept[0] == stamp and isinstance(kept[1], model):
        return kept[1]
    fresh = _validated(path, model)
    _loaded[path, model] = (stamp, fresh)
    return fresh


def _validated(path: Path, model: type[Model]) -> Model:
    raw = load_yaml(path)
    try:
        loaded = model.model_validate(raw)
    except ValidationError as error:
        faults = [
            ContentError(path, fault.key or WHOLE, fault.problem, fault.remedy) for fault in faults_of(error, raw)
        ]
        raise (faults[0] if len(faults) == 1 else CourseErrors(faults)) from error
    stem = getattr(loaded, "id", path.stem)
    if stem != path.stem:
        problem = f"id {stem!r} не совпадает с именем файла {path.stem!r}"
        raise ContentError(path, "id", problem, "Назовите их одинаково")
    return loaded


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            problem = f"файл слишком велик: {size} байт при пределе {LARGEST_BYTES}"
            raise ContentError(path, WHOLE, problem, "Разделите его или уберите лишнее")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        problem = f"файл не в кодировке UTF-8 (байт {error.start})"
        raise ContentError(path, WHOLE, problem, "Сохраните его в UTF-8") from error


def _unreadable(path: Path, error: OSError) -> ContentError:
    if isinstance(error, FileNotFoundError):
        return ContentError(path, WHOLE, "файла нет", "Создайте его или исправьте ссылку на него")
    return ContentError(path, WHOLE, f"файл не читается ({error.strerror})", "Проверьте права на файл")


def _parsed(path: Path, text: str) -> Any:
    """Do what yaml.safe_load does, with a look at the document before it is built."""
    _refuse_depth(path, text)
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _weigh(path, root, {})
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _refuse_depth(path: Path, text: str) -> None:
    """Refuse what is nested deeper than anyone writes: building it would exhaust the stack."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise ContentError(path, WHOLE, "скобки вложены слишком глубоко", "Уберите лишние скобки")


def _weigh(path: Path, node: yaml.Node, weights: dict[int, int]) -> int:
    """Count the parts under a node as if every alias were written out; each node is visited once."""
    if id(node) in weights:
        if not weights[id(node)]:
            raise _at(path, node, "повтор ссылается сам на себя", "Напишите текст полностью")
        return weights[id(node)]
    weights[id(node)] = 0
    children: list[yaml.Node] = []
    if isinstance(node, yaml.MappingNode):
        _refuse_twins(path, node)
        children = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        children = node.value
    weight = 1
    for child in children:
        weight += _weigh(path, child, weights)
        if weight > MOST_PARTS:
            raise _at(path, node, "повторы разворачиваются слишком широко", "Уберите часть повторов (*имя)")
    weights[id(node)] = weight
    return weight


def _refuse_twins(path: Path, node: yaml.MappingNode) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value in seen:
            raise _at(path, key, f"ключ {key.value!r} стоит дважды", "Уберите или переименуйте один из них")
        seen.add(str(key.value))


def _at(path: Path, node: yaml.Node, problem: str, remedy: str) -> ContentError:
    return ContentError(path, f"строка {node.start_mark.line + 1}", problem, remedy)


def _plain_keys(value: Any) -> Any:
    if isinstance(value, dict):
        words = {True: "yes", False: "no"}
        return {words[key] if isinstance(key, bool) else key: _plain_keys(part) for key, part in value.items()}
    return [_plain_keys(part) for part in value] if isinstance(value, list) else value


def _broken(path: Path, error: yaml.MarkedYAMLError) -> ContentError:
    mark = error.problem_mark or error.context_mark
    key = f"строка {mark.line + 1}, знак {mark.column + 1}" if mark else WHOLE
    problem = f"запись YAML нарушена ({_one_line(error.problem or error.context or 'без пояснения')})"
    return ContentError(path, key, problem, "Проверьте отступы, двоеточия, скобки и кавычки здесь и строкой выше")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
