"""A course folder: where one library keeps its databases, keys and settings.

``course.db`` holds the journal and the register, ``nbgrader/`` is nbgrader's own course folder, ``cookie_secret``
signs the sessions of learners, ``course.yaml`` holds what a librarian may change by hand.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import yaml

from ecitizen.errors import FolderError

SETTINGS = "course.yaml"
DEFAULT_SITE = "Библиотека"


@dataclass(frozen=True, slots=True)
class CourseFolder:
    """An existing course folder; open one with ``CourseFolder.open`` or make one with ``CourseFolder.create``."""

    path: Path
    site: str
    """Name of the library as it stands on pages, cards and papers."""

    @property
    def database_url(self) -> str:
        """Give the SQLAlchemy URL of journal and register."""
        return f"sqlite:///{(self.path / 'course.db').as_posix()}"

    @property
    def gradebook(self) -> Path:
        """Give nbgrader's course folder."""
        return self.path / "nbgrader"

    @property
    def cookie_secret(self) -> bytes:
        """Give the key that signs sessions; 32 bytes or more."""
        try:
            return (self.path / "cookie_secret").read_bytes()
        except OSError as error:
            raise FolderError(
                str(self.path), f"нет ключа подписи ({error.strerror})", "Создайте папку курса: ecitizen init"
            ) from error

    @classmethod
    def create(cls, path: Path, site: str = DEFAULT_SITE) -> CourseFolder:
        """Make an empty course folder; refuses a place that already is one."""
        if (path / SETTINGS).exists():
            raise FolderError(str(path), "здесь уже есть курс", "Укажите другую папку: --data ПАПКА")
        try:
            path.mkdir(parents=True, exist_ok=True)
            _write_secret(path / "cookie_secret", secrets.token_bytes(32))
            settings = yaml.safe_dump({"site": site}, allow_unicode=True, sort_keys=False)
            (path / SETTINGS).write_text(settings, encoding="utf-8")
        except OSError as error:
            raise FolderError(
                str(path), f"не получается записать ({error.strerror})", "Проверьте место на диске и права на папку"
            ) from error
        return cls(path, site)

    @classmethod
    def open(cls, path: Path) -> CourseFolder:
        """Open a course folder made before."""
        try:
            settings = yaml.safe_load((path / SETTINGS).read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise FolderError(str(path), "здесь нет курса", "Создайте его: ecitizen init") from error
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise FolderError(
                str(path / SETTINGS), f"файл не читается ({error})", "Исправьте его или верните из копии"
            ) from error
        site = settings.get("site") if isinstance(settings, dict) else None
        if not isinstance(site, str) or not site.strip():
            problem = f"site: нет названия, а есть {site!r}"
            raise FolderError(str(path / SETTINGS), problem, "Впишите название в кавычках")
        return cls(path, site)


def _write_secret(path: Path, secret: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
