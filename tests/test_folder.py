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


PASSWORD = "s3cret-word"
ADDRESS = f"postgresql+psycopg://course:{PASSWORD}@db.example/course"


def test_the_folder_holds_the_database_unless_told(tmp_path: Path) -> None:
    assert CourseFolder.create(tmp_path / "a").database_url == f"sqlite:///{(tmp_path / 'a' / 'course.db').as_posix()}"
    made = CourseFolder.create(tmp_path / "b", database=ADDRESS.replace("+psycopg", ""))
    assert made.database_url == ADDRESS
    assert CourseFolder.open(tmp_path / "b") == made
    assert PASSWORD not in repr(made)
    assert (tmp_path / "b" / "course.yaml").stat().st_mode & 0o077 == 0


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    CourseFolder.create(tmp_path, database=ADDRESS)
    monkeypatch.setenv("ECITIZEN_DATABASE_URL", ADDRESS.replace("db.example", "other.example"))
    assert "other.example" in CourseFolder.open(tmp_path).database_url


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        (f"mysql://course:{PASSWORD}@db/course", "не поддерживается"),
        (f"postgresql+asyncpg://course:{PASSWORD}@db/course", "не поддерживается"),
        (f"postgresql://course:{PASSWORD}@db", "не понят"),
        (f"course:{PASSWORD}@db", "не понят"),
        (f"postgresql://course:{PASSWORD}@db:port/course", "не понят"),
    ],
)
def test_a_wrong_address_is_named_without_its_password(tmp_path: Path, address: str, problem: str) -> None:
    with pytest.raises(FolderError, match=problem) as raised:
        CourseFolder.create(tmp_path / "course", database=address)
    assert PASSWORD not in str(raised.value)
    assert not (tmp_path / "course").exists()


def test_a_copy_of_the_folder_would_hold_no_database(tmp_path: Path) -> None:
    CourseFolder.create(tmp_path / "a").refuse_if_elsewhere("копия")
    with pytest.raises(FolderError, match="pg_dump course") as raised:
        CourseFolder.create(tmp_path / "b", database=ADDRESS).refuse_if_elsewhere("копия")
    assert PASSWORD not in str(raised.value)
