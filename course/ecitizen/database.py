"""How every room opens its tables: durable SQLite by default, any SQLAlchemy URL on request.

Each room keeps its own alembic history in ``<room>/migrations/versions`` and its own version table
``<room>_version``, so that rooms (and nbgrader) can share a database without knowing of each other.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from ecitizen.errors import CourseError

BUSY_TIMEOUT_MS = 10_000
"""How long a writer waits for another one before it gives up."""

CACHE_KB = 32 * 1024
"""Of a connection, if the file is that large: counting half a million facts re-reads pages with SQLite's own 2 MB."""


def open_engine(url: str | Path) -> Engine:
    """Open a database; a path means an SQLite file. What is committed is on the disk (``synchronous=FULL``)."""
    address = f"sqlite:///{url}" if isinstance(url, Path) else url
    engine = create_engine(address, pool_pre_ping=not address.startswith("sqlite"))
    if make_url(address).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _make_durable)
        event.listen(engine, "begin", _begin_immediately)
    return engine


def _make_durable(connection: Any, _record: object) -> None:
    # sqlite3's own transaction handling begins too late for "read, then write"; SQLAlchemy sends BEGIN instead.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"cache_size=-{CACHE_KB}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediately(connection: Connection) -> None:
    # Two deferred readers that both turn writers end in SQLITE_BUSY at once, whatever the timeout says.
    readonly = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


def _reached(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except OperationalError as error:
        if engine.dialect.name == "sqlite":
            raise
        remedy = "Проверьте, что сервер базы запущен, а адрес в course.yaml и пароль верны"
        raise CourseError(f"база {engine.url.database!r}", f"не отвечает ({error.orig})", remedy) from None


def upgrade(engine: Engine, room: str) -> None:
    """Bring the tables of a room to the newest revision; does nothing where they already are.

    A database server that does not answer is a ``CourseError``, which never shows the password.
    """
    script = ScriptDirectory(str(files("ecitizen").joinpath(room, "migrations")))
    with _reached(engine) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('ecitizen'))"))
        context = MigrationContext.configure(
            connection,
            opts={
                "version_table": f"{room}_version",
                "fn": lambda revision, _context: script._upgrade_revs("head", revision),
                "script": script,
                "transactional_ddl": True,
            },
        )
        with Operations.context(context):
            context.run_migrations()
