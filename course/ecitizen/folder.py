"""A course folder: where one library keeps its databases, keys and settings.

``course.db`` holds the journal and the register, unless ``course.yaml`` or ``$ECITIZEN_DATABASE_URL`` names a database
of PostgreSQL that does. ``nbgrader/`` is nbgrader's own course folder, ``cookie_secret`` signs sessions and
``course.yaml`` holds what a librarian may change by hand.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import yaml
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ecitizen.errors import FolderError

SETTINGS = "course.yaml"
DEFAULT_SITE = "Библиотека"
DATABASE_URL = "ECITIZEN_DATABASE_URL"
"""Environment variable that goes before ``database`` in ``course.yaml``: a password need not lie in a file."""

_KEY = "cookie_secret"
_DRIVER = "psycopg"
_EXAMPLE = "postgresql+psycopg://course@server/course"


@dataclass(frozen=True, slots=True)
class CourseFolder:
    """An existing course folder; open one with ``CourseFolder.open`` or make one with ``CourseFolder.create``."""

    path: Path
    site: str
    """Name of the library as it stands on pages, cards and papers."""

    database: str = field(default="", repr=False)
    """SQLAlchemy URL of a PostgreSQL database with its password, so never printed; empty for the file ``course.db``."""

    is_copy: bool = False
    """Whether this is a passing copy of a folder whose disk takes nothing; what was written into it would be lost."""

    @property
    def database_url(self) -> str:
        """Give the SQLAlchemy URL of journal and register."""
        return self.database or f"sqlite:///{(self.path / 'course.db').as_posix()}"

    def refuse_if_elsewhere(self, doing: str) -> None:
        """Raise ``FolderError`` where the database does not lie in the folder, for what copies the folder."""
        if self.database:
            name = make_url(self.database).database
            raise FolderError(
                str(self.path),
                f"{doing} не получится: журнал и картотека лежат в базе PostgreSQL {name!r}, а не в папке",
                f"Базу копирует pg_dump {name}, возвращает pg_restore; папку скопируйте отдельно",
            )

    @property
    def gradebook(self) -> Path:
        """Give nbgrader's course folder."""
        return self.path / "nbgrader"

    @property
    def scores_elsewhere(self) -> bool:
        """Tell whether scores lie in a database of PostgreSQL; its address stands beside nbgrader's settings."""
        return (self.gradebook / "database-url").is_file()

    @property
    def cookie_secret(self) -> bytes:
        """Give the key that signs sessions; 32 bytes or more."""
        try:
            return (self.path / _KEY).read_bytes()
        except OSError as error:
            raise FolderError(
                str(self.path), f"нет ключа подписи ({error.strerror})", "Создайте папку курса: ecitizen init"
            ) from error

    @classmethod
    def create(cls, path: Path, site: str = DEFAULT_SITE, database: str = "") -> CourseFolder:
        """Make an empty course folder; refuses a place that already is one.

        ``database`` is the URL of a PostgreSQL database, kept in ``course.yaml``, which then only its owner may read.
        """
        address = _checked(database, "--database-url") or _from_environment()
        if (path / SETTINGS).exists():
            raise FolderError(str(path), "здесь уже есть курс", "Укажите другую папку: --data ПАПКА")
        made = [one for one in (path / SETTINGS, path / _KEY) if not one.exists()]
        try:
            path.mkdir(parents=True, exist_ok=True)
            _write_secret(path / _KEY, secrets.token_bytes(32))
            named = {"database": database} if database else {}
            settings = yaml.safe_dump({"site": site, **named}, allow_unicode=True, sort_keys=False)
            (path / SETTINGS).touch(0o600 if database else 0o644)
            (path / SETTINGS).write_text(settings, encoding="utf-8")
        except OSError as error:
            # Half a folder would be taken for a course.
            with contextlib.suppress(OSError):
                for one in made:
                    one.unlink(missing_ok=True)
            raise FolderError(
                str(path), f"не получается записать ({error.strerror})", "Проверьте место на диске и права на папку"
            ) from error
        return cls(path, site, address)

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
        return cls(path, site, _from_environment() or _checked(settings.get("database"), str(path / SETTINGS)))


def _from_environment() -> str:
    return _checked(os.environ.get(DATABASE_URL), DATABASE_URL)


def _checked(address: object, where: str) -> str:
    """Give an address as SQLAlchemy wants it, or nothing for none; an error never shows it, for it holds a password."""
    if address is None or address == "":
        return ""
    remedy = f"Напишите, например: {_EXAMPLE}"
    try:
        url = make_url(address) if isinstance(address, str) else None
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.database:
        raise FolderError(where, "адрес базы не понят", remedy) from None
    if url.drivername not in {"postgresql", f"postgresql+{_DRIVER}"}:
        raise FolderError(where, f"такая база не поддерживается: {url.drivername!r}", remedy)
    if find_spec(_DRIVER) is None:
        raise FolderError(where, "нет драйвера PostgreSQL", "Поставьте его: pip install 'ecitizen[postgresql]'")
    return url.set(drivername=f"postgresql+{_DRIVER}").render_as_string(hide_password=False)


def _write_secret(path: Path, secret: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(secret)
