"""Anonymous answers of graduates: keep a sheet, sum sheets up."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine, func, insert, select

from ecitizen.register.tables import SurveyAnswer

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
    sheet = secrets.token_hex(16)
    rows = [
        {"sheet": sheet, "question": question, "date": day, "site": site, "wave": wave, "answer": answer}
        for question, answer in answers.items()
    ]
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(SurveyAnswer), rows)


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
