"""The journal on disk: what ``append`` has returned from survives a kill and a power cut."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ecitizen.errors import JournalError
from ecitizen.journal.event import Event, check_event, seed_of
from ecitizen.journal.tables import EventRow

_TABLE = cast(Table, EventRow.__table__)
TURNS = int.from_bytes(b"turn")
"""First half of PostgreSQL's advisory locks of learners; the other half is the learner's number."""

_CAUSES = (
    ("no such table", "таблица журнала не создана", "Подготовьте папку курса: ecitizen init"),
    ("full", "на диске нет места", "Освободите место на диске и повторите"),
    ("readonly", "база открыта только для чтения", "Дайте программе право записи в папку курса"),
    ("disk I/O error", "диск не принимает запись", "Проверьте место на диске и сам диск"),
    ("unable to open", "файл базы не открывается", "Проверьте, что папка курса есть и доступна для записи"),
    ("locked", "база занята другой программой", "Закройте другие программы, открывшие базу, и повторите"),
    ("malformed", "файл базы повреждён", "Верните базу из резервной копии: ecitizen restore"),
    ("not a database", "файл базы повреждён", "Верните базу из резервной копии: ecitizen restore"),
)


class Store:
    """All learners' events in one table; safe to use from many threads and processes at once."""

    def __init__(self, engine: Engine) -> None:
        """Use an engine of ``database.open_engine`` whose room ``journal`` has been upgraded."""
        self._engine = engine
        self._is_shared = engine.dialect.name == "postgresql"
        # SQLite lets waiting writers poll; queueing them here is faster and fair within one process.
        self._turn = nullcontext() if self._is_shared else threading.Lock()

    def append(self, event: Event, learner: int | None) -> bool:
        """Keep an event under a learner's number; True if it is new, False if it is stored already.

        It is on the disk when this returns. A different event under a known id is a ``JournalError``.
        The time of the event is kept if it has one (a synthetic class needs that), else it is now.
        """
        return self.append_all([event], learner) == 1

    def append_all(self, events: Sequence[Event], learner: int | None) -> int:
        """Keep several events in order in one transaction, all or none; gives how many are new."""
        rows = [self._row(event, learner) for event in events]
        with self._turn, self._guarded() as connection, connection.begin():
            if self._is_shared:
                # Learners don't wait for each other; what one of them does is numbered in the order it is committed.
                connection.execute(select(func.pg_advisory_xact_lock(TURNS, learner or 0)))
            return sum(self._insert(connection, row) for row in rows)

    def read(self, learner: int | None = None, lesson: str | None = None, activity: str | None = None) -> list[Event]:
        """Give events in the order they were stored; None means any."""
        query = select(_TABLE).order_by(_TABLE.c.seq)
        for column, value in ((_TABLE.c.learner, learner), (_TABLE.c.lesson, lesson), (_TABLE.c.activity, activity)):
            if value is not None:
                query = query.where(column == value)
        with self._guarded(readonly=True) as connection:
            return [_event(row) for row in connection.execute(query)]

    def learners(self, lesson: str) -> list[int]:
        """Give the numbers of those who did something in a lesson, in order."""
        query = select(_TABLE.c.learner).where(_TABLE.c.lesson == lesson, _TABLE.c.learner.is_not(None))
        with self._guarded(readonly=True) as connection:
            return list(connection.execute(query.distinct().order_by(_TABLE.c.learner)).scalars())

    def for_learner(self, number: int) -> LearnerJournal:
        """Give one learner's own journal."""
        return LearnerJournal(self, number)

    @staticmethod
    def _row(event: Event, learner: int | None) -> dict[str, Any]:
        return {
            "id": event.id,
            "learner": learner,
            "lesson": event.lesson,
            "activity": event.activity,
            "run": event.run,
            "body": check_event(event),
            "at": event.at or datetime.now(UTC),
        }

    def _insert(self, connection: Connection, row: dict[str, Any]) -> int:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        # Not by ``rowcount``: psycopg's cursor gives -1 here, whether a row was kept or not.
        statement = insert(_TABLE).values(row).on_conflict_do_nothing(index_elements=["id"])
        if connection.execute(statement.returning(_TABLE.c.seq)).first() is not None:
            return 1
        known = connection.execute(select(_TABLE).where(_TABLE.c.id == row["id"])).mappings().one()
        for name in ("learner", "lesson", "activity", "run", "body"):
            if known[name] != row[name]:
                raise JournalError(
                    "journal", f"под номером {row['id']!r} уже записано другое ({name})", "Начните задание заново"
                )
        return 0

    @contextmanager
    def _guarded(self, *, readonly: bool = False) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(readonly=readonly) as connection:
                yield connection
        except (DBAPIError, PoolTimeoutError) as error:
            raise _journal_error(error) from error


@dataclass(frozen=True, slots=True)
class LearnerJournal:
    """One learner's part of the store; it is a ``Journal``."""

    store: Store
    number: int

    @property
    def seed(self) -> int:
        """Give the number from which the learner's variants are drawn."""
        return seed_of(self.number)

    def append(self, event: Event) -> None:
        """Keep an event of this learner; it is on the disk when this returns."""
        self.store.append(event, self.number)

    def read(self, lesson: str | None, activity: str | None = None) -> list[Event]:
        """Give this learner's events of a lesson (None: of all) in order."""
        return self.store.read(self.number, lesson, activity)


def _event(row: Any) -> Event:
    return Event(
        id=row.id,
        learner=row.learner,
        lesson=row.lesson,
        activity=row.activity,
        run=row.run,
        body=json.loads(row.body),
        at=row.at,
    )


def _journal_error(error: SQLAlchemyError) -> JournalError:
    text = str(error.orig if isinstance(error, DBAPIError) else error)
    for sign, problem, remedy in _CAUSES:
        if sign in text:
            return JournalError("journal", f"{problem} ({text})", remedy)
    return JournalError("journal", f"база не отвечает ({text})", "Перезапустите программу: ecitizen serve")
