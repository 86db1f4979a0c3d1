"""The journal of one person on one machine: an SQLite file, no number, no name (Binder, JupyterLab, preview)."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import DBAPIError

from ecitizen.database import open_engine, upgrade
from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, seed_of
from ecitizen.journal.store import Store


class LocalJournal:
    """Events of whoever sits at this machine, in a file that is made on first use; it is a ``Journal``."""

    def __init__(self, path: Path) -> None:
        """Open or make the file and the folder it lies in."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            engine = open_engine(path)
            upgrade(engine, "journal")
        except (OSError, DBAPIError) as error:
            raise JournalError(
                str(path), f"журнал не открывается ({error})", "Проверьте место на диске и права на папку"
            ) from error
        self.path = path
        self._engine = engine
        self._store = Store(engine)

    @property
    def seed(self) -> int:
        """Give the common seed: no one is known here."""
        return seed_of(None)

    def append(self, event: Event) -> None:
        """Keep an event; it is on the disk when this returns."""
        self._store.append(event, None)

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        """Give the events of a lesson (None: of all) in order."""
        return self._store.read(None, lesson, activity)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()
