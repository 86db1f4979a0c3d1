"""Where the content lies: inside the installed package, or in the checkout that the package runs from."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ecitizen.errors import ContentError

Kind = Literal["lessons", "quizzes", "graders", "widgets", "passports", "papers"]
KINDS: tuple[Kind, ...] = ("lessons", "quizzes", "graders", "widgets", "passports", "papers")

_PACKAGE = Path(__file__).resolve().parents[1]
_MARK = Path("lessons", "toc.yaml")
"""The file that every content root has."""


def folder(kind: Kind, root: Path | None = None) -> Path:
    """Give the folder of one kind of content; it may be absent if the root holds none of that kind.

    Without a root the copy shipped inside the package is preferred to the checkout. Raises ContentError if neither
    is there.
    """
    base = root or _root()
    if kind in ("passports", "papers") and not (base / kind).is_dir():
        return base / "course" / kind
    return base / kind


def _root() -> Path:
    for base in (_PACKAGE / "_content", *_PACKAGE.parents):
        if (base / _MARK).is_file():
            return base
    problem = "нет ни папки с уроками внутри программы, ни рабочей копии рядом"
    raise ContentError(_PACKAGE, "_content", problem, "Установите программу заново")
