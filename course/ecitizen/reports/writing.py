"""One door for all kinds of files: chosen by the ending, written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ecitizen.errors import CourseError
from ecitizen.indicators import Indicators
from ecitizen.reports.document import as_docx
from ecitizen.reports.meta import Meta
from ecitizen.reports.page import as_html
from ecitizen.reports.sheets import as_pdf
from ecitizen.reports.table import as_csv
from ecitizen.reports.words import Words, load_words
from ecitizen.reports.workbook import as_xlsx

_Writer = Callable[[Indicators, Meta, Words], bytes]
_WRITERS: dict[str, _Writer] = {
    ".docx": as_docx,
    ".xlsx": as_xlsx,
    ".csv": as_csv,
    ".html": as_html,
    ".pdf": as_pdf,
}

ENDINGS = tuple(_WRITERS)
"""Endings that a report can have."""


def report(indicators: Indicators, meta: Meta, out: Path) -> None:
    """Write a report in the kind that ``out`` ends with; any fault is a ``CourseError`` and changes no file."""
    write = _WRITERS.get(out.suffix.lower())
    if write is None:
        raise CourseError(
            str(out), f"отчёт с окончанием {out.suffix!r} не делается", f"Возможные окончания: {', '.join(ENDINGS)}"
        )
    write_whole(out, write(indicators, meta, load_words()))


def check_place(out: Path) -> None:
    """Refuse a path that can't become a file, before anything is done that can't be undone."""
    if out.is_dir():
        raise CourseError(str(out), "это папка, а не файл", "Укажите имя файла")
    if not out.parent.is_dir():
        raise CourseError(str(out), f"нет папки {str(out.parent)!r}", "Создайте её или выберите другую")


def write_whole(out: Path, data: bytes) -> None:
    """Put the bytes in place in one step, so that a broken report never stands where a whole one stood."""
    check_place(out)
    try:
        _replace(out, data)
    except OSError as error:
        raise CourseError(
            str(out),
            f"файл не записывается ({error.strerror})",
            "Закройте его, если он открыт в другой программе, или выберите другую папку",
        ) from error


def _replace(out: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.", dir=out.parent)
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes the file private; a report may be read by whom the folder lets in.
        with contextlib.suppress(NotImplementedError):
            draft.chmod(0o644)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)
