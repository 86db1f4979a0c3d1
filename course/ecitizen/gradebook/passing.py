"""When a learner first passed a lesson: looked up in the journal once, then remembered beside it.

Replaying a journal takes milliseconds a submission, and every page with a figure asks. What was found stays as it is
while the graded content of the lesson and the share that passes are the same: the journal only grows, and a run that
goes on later doesn't move the day. Numbers alone are kept, and all of it can be found again (docs/adr/0035).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Engine, Integer, String, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from ecitizen.content import Lesson
from ecitizen.database import open_engine, upgrade
from ecitizen.folder import CourseFolder
from ecitizen.gradebook.attempts import first_passes
from ecitizen.journal.runs import by_run
from ecitizen.journal.store import Store
from ecitizen.journal.tables import UtcDateTime
from ecitizen.practice.quiz import ROUNDING

BATCH = 200
"""Learners of a lesson whose journals are read before what was found is written: whoever is cut off loses no more."""

REPLAYING = 1
"""Raise it when the same journal and content come to other points: what is remembered is then looked up again."""

_digests: dict[str, tuple[tuple[object, ...], str]] = {}
"""Lesson to its graded content and the digest of that, for content is loaded once and compared by identity."""


@dataclass(frozen=True, slots=True)
class Total:
    """What one submission is worth by the gradebook, without the answers that only a person marks."""

    lesson: str
    learner: str
    points: float
    most: float
    submitted_at: datetime
    """UTC."""

    def passes(self, share_pct: float) -> bool:
        """Tell whether it has so many per cent of the points, or more."""
        return self.points + ROUNDING >= self.most * share_pct / 100


class _Base(DeclarativeBase):
    """All tables of the room."""


class FirstPass(_Base):
    """When one learner first passed one lesson."""

    __tablename__ = "gradebook_first_pass"

    rules: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Digest of the lesson's graded content and the share."""

    learner: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    lesson: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """None: the journal didn't show so many points when it was read."""

    submitted: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Of the submission for which it didn't; for another one it is worth reading the journal again."""


_TABLE = cast(Table, FirstPass.__table__)
Moments = Mapping[str, Mapping[int, datetime]]
"""Lesson and learner: when, in UTC."""

_Kept = dict[int, tuple[datetime | None, datetime | None]]
"""Learner to ``at`` and ``submitted``."""


def rules_of(lesson: Lesson, share_pct: float) -> str:
    """Give 32 hexadecimal digits that tell the lesson's graded content and the share from any other."""
    graded = (lesson.scenario, lesson.persona, lesson.quiz, lesson.rubric)
    kept = _digests.get(lesson.id)
    if kept is None or any(one is not other for one, other in zip(kept[0], graded, strict=True)):
        text = "\n".join(part.model_dump_json() for part in graded)
        kept = _digests[lesson.id] = (graded, hashlib.sha256(text.encode()).hexdigest())
    return hashlib.sha256(f"{REPLAYING} {lesson.id} {share_pct!r} {kept[1]}".encode()).hexdigest()[:32]


def moments(folder: CourseFolder, lessons: Iterable[Lesson], passed: Iterable[Total], share_pct: float) -> Moments:
    """Give when the learners of submissions that pass first came so far; absent is whose journal doesn't show it.

    The journal is read of those alone who aren't remembered yet.
    """
    with _opened(folder) as engine:
        return _moments(engine, lessons, passed, share_pct)


def remember(folder: CourseFolder, lessons: Sequence[Lesson], totals: Iterable[Total], share_pct: float) -> None:
    """Look up who has passed of these submissions, and forget what was found under other content or another share."""
    passed = [one for one in totals if one.passes(share_pct)]
    current = [rules_of(lesson, share_pct) for lesson in lessons]
    past = _TABLE.c.lesson.in_([lesson.id for lesson in lessons]) & _TABLE.c.rules.not_in(current)
    with _opened(folder) as engine:
        _moments(engine, lessons, passed, share_pct)
        with suppress(DBAPIError), engine.begin() as connection:
            connection.execute(delete(_TABLE).where(past))


def _moments(engine: Engine, lessons: Iterable[Lesson], passed: Iterable[Total], share_pct: float) -> Moments:
    wanted: dict[str, dict[int, datetime]] = {}
    for one in passed:
        wanted.setdefault(one.lesson, {})[int(one.learner)] = one.submitted_at
    rules = {rules_of(lesson, share_pct): lesson for lesson in lessons if lesson.id in wanted}
    remembered, found = _remembered(engine, rules), dict[str, dict[int, datetime]]()
    for name, lesson in rules.items():
        known, asked = remembered.get(name, {}), wanted[lesson.id]
        unknown = sorted(learner for learner, at in asked.items() if not _holds(known.get(learner), at))
        for place in range(0, len(unknown), BATCH):
            some = {learner: asked[learner] for learner in unknown[place : place + BATCH]}
            known |= _looked_up(engine, name, lesson, some, share_pct)
        found[lesson.id] = {learner: at for learner in asked if (at := known[learner][0]) is not None}
    return found


def _holds(kept: tuple[datetime | None, datetime | None] | None, submitted: datetime) -> bool:
    return kept is not None and (kept[0] is not None or kept[1] == submitted)


def _remembered(engine: Engine, rules: Mapping[str, Lesson]) -> dict[str, _Kept]:
    query = select(_TABLE.c.rules, _TABLE.c.learner, _TABLE.c.at, _TABLE.c.submitted)
    found: dict[str, _Kept] = {}
    with engine.connect().execution_options(readonly=True) as connection:
        for name, learner, at, submitted in connection.execute(query.where(_TABLE.c.rules.in_(rules))):
            found.setdefault(name, {})[learner] = (at, submitted)
    return found


def _looked_up(engine: Engine, rules: str, lesson: Lesson, learners: Mapping[int, datetime], share_pct: float) -> _Kept:
    """Read the journal of these learners (with the time of their submission), and write down what it shows."""
    store, found = Store(engine), _Kept()
    for learner, submitted in learners.items():
        at = first_passes(lesson, by_run(store.read(learner, lesson.id)), share_pct).get(learner)
        found[learner] = (at, submitted if at is None else None)
    rows: list[dict[str, Any]] = [
        {"rules": rules, "learner": learner, "lesson": lesson.id, "at": at, "submitted": submitted}
        for learner, (at, submitted) in found.items()
    ]
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert(_TABLE)
    fresh = {"at": insert.excluded.at, "submitted": insert.excluded.submitted}
    # Another process may have been faster, and what was found stays.
    upsert = insert.on_conflict_do_update(index_elements=["rules", "learner"], set_=fresh, where=_TABLE.c.at.is_(None))
    # A full disk, or a database that may only be read, costs the time of the next reading and no figure.
    with suppress(DBAPIError), engine.begin() as connection:
        connection.execute(upsert, rows)
    return found


@contextmanager
def _opened(folder: CourseFolder) -> Iterator[Engine]:
    """Open journal and memory, which lie in one database so that a copy of it has both as they were."""
    engine = open_engine(folder.database_url)
    try:
        for room in ("journal", "gradebook"):
            upgrade(engine, room)
        yield engine
    finally:
        engine.dispose()
