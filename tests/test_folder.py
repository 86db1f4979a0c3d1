"""Course folders: made once, opened often, never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecitizen.errors import FolderError
from ecitizen.folder import CourseFolder


def test_created_folder_opens_again(tmp_path: Path) -> None:
    made = CourseFolder.create(tmp_path / "course", "Сельская библиотека")
    assert CourseFolder.open(tmp_path / "course") == made
    assert len(made.cookie_secret) >= 32


def test_secret_is_for_owner_only(tmp_path: Path) -> None:
    CourseFolder.create(tmp_path / "course")
    assert (tmp_path / "course" / "cookie_secret").stat().st_mode & 0o077 == 0


def test_existing_course_is_never_overwritten(tmp_path: Path) -> None:
    CourseFolder.create(tmp_path)
    with pytest.raises(FolderError, match="здесь уже есть курс"):
        CourseFolder.create(tmp_path)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [(None, "здесь нет курса"), ("site: [", "файл не читается"), ("site: 5", "нет названия"), ("- a", "нет названия")],
    ids=["absent", "broken yaml", "a number", "a list"],
)
def test_broken_settings_are_named(tmp_path: Path, settings: str | None, problem: str) -> None:
    if settings is not None:
        (tmp_path / "course.yaml").write_text(settings, encoding="utf-8")
    with pytest.raises(FolderError, match=problem):
        CourseFolder.open(tmp_path)
