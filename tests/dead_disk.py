"""A disk that takes nothing, full or only to be read: a real one of a few pages where it may be mounted."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

KINDS = {"full": "на диске нет места", "readonly": "запись запрещена"}
"""What is said of each."""


@contextlib.contextmanager
def dead_disk(folder: Path, place: Path, kind: str) -> Iterator[Path]:
    """Copy a course folder onto a disk that then takes nothing, and give the copy; skips where that can't be made."""
    place.mkdir()
    if os.geteuid() != 0:
        if kind == "full":
            pytest.skip("only root may mount a disk of a few pages")
        course = Path(shutil.copytree(folder, place / "course"))
        _forbid(course)
        yield course
        course.chmod(0o700)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        course = Path(shutil.copytree(folder, place / "course"))
        if kind == "full":
            _fill(place)
        else:
            subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        yield course
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def _fill(place: Path) -> None:
    with contextlib.suppress(OSError), (place / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def _forbid(course: Path) -> None:
    for path in course.rglob("*"):
        path.chmod(0o500 if path.is_dir() else 0o400)
    course.chmod(0o500)
