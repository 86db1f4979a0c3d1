"""The act of the destruction of personal data, with the extract of the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ecitizen.content import folder
from ecitizen.reports.document import fill
from ecitizen.reports.russian import day
from ecitizen.reports.writing import check_place, write_whole

TEMPLATE = "erasure.docx"
TITLE = "Акт об уничтожении персональных данных"


def check_act(out: Path) -> None:
    """Refuse a place or a template in which no act can be written: erasing can't be taken back."""
    check_place(out)
    fields = {
        "number": 0,
        "categories": [],
        "log": [],
        "files": [],
        "beside": [],
        "searched": True,
        "kept": "",
        "reason": "",
        "library": "",
    }
    _filled(fields, date.today(), "")


def write_act(out: Path, fields: Mapping[str, object], made: date, version: str) -> None:
    """Fill ``papers/erasure.docx``; its fields are those of the erasure, the library and the reason."""
    write_whole(out, _filled(fields, made, version))


def _filled(fields: Mapping[str, object], made: date, version: str) -> bytes:
    context = {**fields, "day": day(made), "version": version}
    return fill(folder("papers") / TEMPLATE, context, TITLE, made)
