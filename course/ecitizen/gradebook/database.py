"""Where the gradebook lies: a file in nbgrader's folder, or a PostgreSQL database of the course's own.

The address stands in one file, ``database-url``, which ``nbgrader_config.py`` reads: our engines, ``nbgrader …`` and
formgrader go to the same place. It may hold a password and is for its owner only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from ecitizen.errors import CourseError
from ecitizen.gradebook.settings import COURSE_ID, DATABASE_FILE, URL_FILE, url_of

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

DRIVER = "postgresql+psycopg"
OPTION = "--database-url"
CONNECT_S = "10"
"""How long the server may take to answer, unless the address says another ``connect_timeout``."""

_EXAMPLE = "Пример: postgresql://оценки:пароль@127.0.0.1/курс"
_ONE_GRADER = crc32(b"ecitizen grade")
"""Key of PostgreSQL's advisory lock."""


def move_to(root: Path, address: str) -> int:
    """Let the gradebook of a course folder lie in a PostgreSQL database from now on; gives the rows moved there.

    The database must be empty. It takes over what stands in ``gradebook.db``, people's marks included; that file stays
    as it is. Nothing is done where the folder goes there already. Raises ``CourseError``. Call it as the only grader.
    """
    url = _url(address)
    text = url.render_as_string(hide_password=False)
    known = url_of(root)
    if known == text:
        return 0
    if known is not None:
        problem = "эта папка уже хранит оценки в другой базе"
        raise CourseError(str(root / URL_FILE), problem, "Если база переехала, исправьте адрес в этом файле")
    with _faults(url):
        moved = _fill(url, root / DATABASE_FILE)
    write_for_owner(root / URL_FILE, text)
    return moved


@contextmanager
def only_grader(root: Path) -> Iterator[None]:
    """Hold the course's PostgreSQL database, if it has one, against graders in other folders and on other computers."""
    address = url_of(root)
    if address is None:
        yield
        return
    from sqlalchemy import create_engine, text

    url = _url(address)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with _faults(url):
            connection = engine.connect()
        with closing(connection):
            if not connection.scalar(text(f"SELECT pg_try_advisory_lock({_ONE_GRADER})")):
                raise CourseError(_shown(url), "база занята другим оцениванием", "Дождитесь его конца и повторите")
            yield
    finally:
        engine.dispose()


def _url(address: str) -> URL:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(address.strip().replace("postgres://", "postgresql://", 1))
    except (ArgumentError, ValueError) as error:
        raise CourseError(OPTION, "адрес базы не читается", _EXAMPLE) from error
    if url.get_backend_name() != "postgresql":
        raise CourseError(OPTION, f"это не PostgreSQL, а {url.drivername!r}", _EXAMPLE)
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise CourseError(OPTION, "нет пакета psycopg", "Установите: pip install 'ecitizen[postgresql]'") from error
    url = url.set(drivername=DRIVER)
    return url if "connect_timeout" in url.query else url.update_query_dict({"connect_timeout": CONNECT_S})


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


@contextmanager
def _faults(url: URL) -> Iterator[None]:
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        words = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CourseError(_shown(url), f"база не отвечает: {words}", "Проверьте адрес, пароль и права") from error


def _fill(url: URL, old: Path) -> int:
    """Make nbgrader's tables, as it does, and copy into them what stands in another gradebook; all or nothing."""
    from nbgrader.api import Assignment, Base, Gradebook, Student
    from sqlalchemy import create_engine, func, select

    from ecitizen.gradebook.engine import alembic_on_path, quiet

    with quiet(), alembic_on_path(), closing(Gradebook(url.render_as_string(hide_password=False), COURSE_ID)):
        pass
    engine = create_engine(url)
    tables = Base.metadata.sorted_tables
    try:
        with engine.begin() as there:
            if any(there.scalar(select(func.count()).select_from(kind.__table__)) for kind in (Assignment, Student)):
                problem = "в базе уже есть оценки, а на каждый курс нужна своя"
                raise CourseError(_shown(url), problem, "Создайте для этого курса пустую базу: createdb ИМЯ")
            if not old.exists():
                return 0
            for table in reversed(tables):
                there.execute(table.delete())
            source = create_engine(f"sqlite:///{old}")
            with source.connect() as here:
                moved = sum(_copy(here, there, table) for table in tables)
            source.dispose()
            return moved
    finally:
        engine.dispose()


def _copy(here: Connection, there: Connection, table: object) -> int:
    from sqlalchemy import insert, select

    rows = [dict(row) for row in here.execute(select(table)).mappings()]  # type: ignore[call-overload]
    if rows:
        there.execute(insert(table), rows)  # type: ignore[arg-type]
    return len(rows)


def write_for_owner(path: Path, text: str) -> None:
    """Write a file that nobody else on the computer can read."""
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
