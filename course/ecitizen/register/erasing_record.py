"""What is written down of an erasure: what was meant to go before anything goes, and what has gone; never a name.

One file a card, ``erased/104.json`` in the course folder. It outlives the database, so that a copy which is older than
the erasure can't bring the person back. While files are still to be destroyed it has their paths, in which a name may
stand; afterwards their names without it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ecitizen.errors import CourseError

RECORDS = "erased"
"""Folder in the course folder."""

Fate = Literal["destroyed", "unlinked", "rewritten", "kept", "looked-at"]
"""``unlinked``: a link is gone, and the file that it led to lies where it lay; ``rewritten``: it stays, without the
person; ``kept``: a person said that it is about somebody else; ``looked-at``: a program can't read it, and a person
left it."""


class FileFate(BaseModel):
    """One file of an erasure."""

    model_config = ConfigDict(extra="forbid")

    name: str
    """Path in the course folder; of a file in a copy the copy's path goes before it."""

    fate: Fate
    size: int
    """Bytes before."""

    sha256: str
    """Of its bytes before."""

    done: datetime | None = None
    """UTC; None while it is still to be done."""


class Record(BaseModel):
    """One erasure, from its plan to its act."""

    model_config = ConfigDict(extra="forbid")

    number: int
    who: str
    reason: str
    categories: tuple[str, ...] = ()
    begun: datetime
    files: list[FileFate] = []
    removed: datetime | None = None
    """When the person went from the register; None while nothing but files has gone."""

    searched: datetime | None = None
    """When all files were looked through once more after that, by a run that still knew the name."""

    finished: datetime | None = None
    """When nothing was left of the name; None if it was cut off, or could not do all."""

    left: tuple[str, ...] = ()
    """Paths of files that came while the erasing went on, and hold the name."""

    act: datetime | None = None
    """When the act was written."""

    def note(self, fate: FileFate) -> None:
        """Keep one file; what was known of the same name is replaced."""
        self.files = [*(one for one in self.files if one.name != fate.name), fate]


def load(folder: Path, number: int) -> Record | None:
    """Read what is known of the erasure of a card; None if there was none."""
    path = _path(folder, number)
    try:
        return Record.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        raise CourseError(str(path), "запись о стирании не читается", "Верните её из копии курса") from error


def store(folder: Path, record: Record) -> None:
    """Bring a record to the disk; whoever is cut off afterwards finds it."""
    path = _path(folder, record.number)
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(record.model_dump_json(indent=1))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def records(folder: Path) -> Iterator[Record]:
    """Give all erasures of a course folder by card."""
    numbers = sorted(int(path.stem) for path in (folder / RECORDS).glob("*.json") if path.stem.isdecimal())
    for number in numbers:
        record = load(folder, number)
        if record is not None:
            yield record


def _path(folder: Path, number: int) -> Path:
    return folder / RECORDS / f"{number}.json"
