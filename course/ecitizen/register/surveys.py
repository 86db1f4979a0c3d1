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

from sqlalchemy import Connection, Engine, func, insert, select, update

from ecitizen.errors import CourseError
from ecitizen.register.tables import SurveyAnswer, SurveyCode

AGREES = 4
"""From this answer on, of 1 to 5, somebody agrees."""


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


def answer_by_code(engine: Engine, code: str, wave: str, day: dt.date, answers: Mapping[str, int]) -> None:
    """Keep the answers of somebody who has a code, and close the code for this wave; both happen or neither.

    Raises ``CourseError`` if there is no such code or it was used in this wave; what is wrong isn't told apart, so that
    codes can't be found by trying.
    """
    used = {"end": SurveyCode.used_end, "later": SurveyCode.used_later}[wave]
    hashed = _hashed("".join(filter(str.isdigit, code)))
    with engine.begin() as connection:
        closing = update(SurveyCode).where(SurveyCode.code == hashed, used.is_(False)).values({used: True})
        site = connection.execute(closing.returning(SurveyCode.site)).scalar_one_or_none()
        if site is None:
            problem = "код не подходит: его нет, или по нему уже ответили"
            raise CourseError("анкета", problem, "Проверьте десять цифр на бумаге")
        _keep(connection, site, wave, day, answers)


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
