"""Anonymous answers of graduates: keep a sheet, sum sheets up, invite by codes.

A code opens the survey once in each wave. Of a code only its hash and the waves it was used in are kept, of an answer
only the day: neither holds anything that the other has.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, Engine, exists, func, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.tables import SurveyAnswer, SurveyCode

Wave = Literal["end", "later"]
"""Right after the course, or three months later."""

AGREES = 4
"""From this answer on, of 1 to 5, somebody agrees."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitations:
    """Codes of a period; when each was used isn't kept."""

    made: int
    used_end: int
    """Used right after the course."""

    used_later: int
    """Used three months later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered to one question in one wave."""

    question: str
    wave: str
    counts: tuple[int, int, int, int, int]
    """How many gave each answer, from 1 to 5."""

    @property
    def people(self) -> int:
        """Count who answered."""
        return sum(self.counts)

    @property
    def agree_pct(self) -> float:
        """Give the share of those who agree, in per cent."""
        return 100 * sum(self.counts[AGREES - 1 :]) / self.people


def keep_sheet(engine: Engine, site: str, wave: str, day: dt.date, answers: Mapping[str, int]) -> None:
    """Keep one person's answers, question -> 1 to 5; of the time only the day, and nothing of the person."""
    with engine.begin() as connection:
        _keep(connection, site, wave, day, answers)


def _keep(connection: Connection, site: str, wave: str, day: dt.date, answers: Mapping[str, int]) -> None:
    sheet = secrets.token_hex(16)
    rows = [
        {"sheet": sheet, "question": question, "date": day, "site": site, "wave": wave, "answer": answer}
        for question, answer in answers.items()
    ]
    if rows:
        connection.execute(insert(SurveyAnswer), rows)


CODE_DIGITS = 10
"""Ten digits to read from paper: among a thousand codes a guess hits once in ten million."""


def make_codes(engine: Engine, site: str, count: int, today: dt.date) -> list[str]:
    """Make invitations such as ``48217-30659`` and return them, the only time they are seen; in random order."""
    codes: set[str] = set()
    while len(codes) < count:
        codes.add(f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}")
    rows = [{"code": _hashed(code), "site": site, "made_on": today} for code in codes]
    with engine.begin() as connection:
        known = set(connection.execute(select(SurveyCode.code)).scalars())
        new = [row | {"used_end": False, "used_later": False} for row in rows if row["code"] not in known]
        # By hash: the order of rows must not be the order on the sheet.
        connection.execute(insert(SurveyCode), sorted(new, key=lambda row: str(row["code"])))
    fresh = {str(row["code"]) for row in new}
    return [f"{code[:5]}-{code[5:]}" for code in codes if _hashed(code) in fresh]


AGAIN_AFTER = dt.timedelta(days=90)
"""The second wave comes three months after the first."""


def by_invitation(engine: Engine) -> bool:
    """Tell whether this library hands out codes: then its survey opens by a code only."""
    with engine.connect().execution_options(readonly=True) as connection:
        return bool(connection.execute(select(exists().select_from(SurveyCode))).scalar())


def wave_of(engine: Engine, code: str, today: dt.date) -> Wave:
    """Give the wave that a code opens today, ``end`` or ``later``; raises ``CourseError`` if it opens none.

    When the first answers came isn't known, so that the three months count from the day on which the code was made.
    """
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(select(SurveyCode.__table__).where(SurveyCode.code == _hashed(_digits(code)))).first()
    if row is None or row.used_later:
        raise _closed()
    if not row.used_end:
        return "end"
    again = row.made_on + AGAIN_AFTER
    if today < again:
        problem = "по этому коду уже ответили"
        raise CourseError("анкета", problem, f"Второй раз он откроет анкету с {again:%d.%m.%Y}")
    return "later"


def due_again(engine: Engine, today: dt.date) -> dict[str, int]:
    """Count, by site, the codes that were used after the course and open the second wave now; they name nobody."""
    query = (
        select(SurveyCode.site, func.count().label("waiting"))
        .where(SurveyCode.used_end, SurveyCode.used_later.is_(False), SurveyCode.made_on <= today - AGAIN_AFTER)
        .group_by(SurveyCode.site)
    )
    with engine.connect().execution_options(readonly=True) as connection:
        return {row.site: row.waiting for row in connection.execute(query)}


def answer_by_code(engine: Engine, code: str, wave: str, day: dt.date, answers: Mapping[str, int]) -> None:
    """Keep the answers of somebody who has a code, and close the code for this wave; both happen or neither.

    Raises ``CourseError`` if there is no such code or it was used in this wave; what is wrong isn't told apart, so that
    codes can't be found by trying.
    """
    used = {"end": SurveyCode.used_end, "later": SurveyCode.used_later}[wave]
    hashed = _hashed(_digits(code))
    with engine.begin() as connection:
        closing = update(SurveyCode).where(SurveyCode.code == hashed, used.is_(False)).values({used: True})
        site = connection.execute(closing.returning(SurveyCode.site)).scalar_one_or_none()
        if site is None:
            raise _closed()
        _keep(connection, site, wave, day, answers)


def _closed() -> CourseError:
    problem = "код не подходит: его нет, или по нему уже ответили"
    return CourseError("анкета", problem, "Проверьте десять цифр на бумаге")


def _digits(code: str) -> str:
    return "".join(filter(str.isdigit, code))


def _hashed(code: str) -> str:
    return hashlib.sha256(f"survey:{code}".encode()).hexdigest()


def sum_up(engine: Engine, since: dt.date, until: dt.date, site: str | None = None) -> list[Answers]:
    """Count the answers of a period, both days included, by wave and question."""
    query = (
        select(SurveyAnswer.wave, SurveyAnswer.question, SurveyAnswer.answer, func.count())
        .where(SurveyAnswer.date.between(since, until))
        .group_by(SurveyAnswer.wave, SurveyAnswer.question, SurveyAnswer.answer)
    )
    if site is not None:
        query = query.where(SurveyAnswer.site == site)
    counts: dict[tuple[str, str], list[int]] = {}
    with engine.connect() as connection:
        for wave, question, answer, number in connection.execute(query):
            counts.setdefault((wave, question), [0] * 5)[answer - 1] = number
    return [
        Answers(question=question, wave=wave, counts=(of[0], of[1], of[2], of[3], of[4]))
        for (wave, question), of in sorted(counts.items())
    ]


def count_sheets(engine: Engine, since: dt.date, until: dt.date) -> dict[tuple[str, str, dt.date], int]:
    """Count who answered, both days included, by wave, site and day."""
    by = (SurveyAnswer.wave, SurveyAnswer.site, SurveyAnswer.date)
    query = (
        select(*by, func.count(SurveyAnswer.sheet.distinct()).label("people"))
        .where(SurveyAnswer.date.between(since, until))
        .group_by(*by)
    )
    with engine.connect().execution_options(readonly=True) as connection:
        return {(row.wave, row.site, row.date): row.people for row in connection.execute(query)}


def invitations(engine: Engine, since: dt.date, until: dt.date, site: str | None = None) -> Invitations:
    """Count the codes made in a period, both days included."""
    query = select(
        func.count().label("made"),
        func.count().filter(SurveyCode.used_end).label("used_end"),
        func.count().filter(SurveyCode.used_later).label("used_later"),
    ).where(SurveyCode.made_on.between(since, until))
    if site is not None:
        query = query.where(SurveyCode.site == site)
    with engine.connect().execution_options(readonly=True) as connection:
        row = connection.execute(query).one()
    return Invitations(made=row.made, used_end=row.used_end, used_later=row.used_later)
