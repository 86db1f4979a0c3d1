"""The road map of a project and its final report, line by line, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ecitizen.reports.project import CHECKPOINTS_A_YEAR, Plan, Step
from ecitizen.reports.russian import day, number, plural
from ecitizen.reports.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadLine:
    """One step."""

    number: int
    task: str
    stages: str
    who: str
    begins: str
    ends: str
    duration: str
    result: str
    checkpoints: str
    """One a line: the day, what must be seen, how it stands."""
    state: str
    """In time, behind by so many days, or not due yet."""
    done_on: str
    achieved: str
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """All steps and what the form finds fault with."""

    lines: Sequence[RoadLine]
    remarks: Sequence[str]


def road(plan: Plan, today: date, words: Words) -> Road:
    """Put a plan into words as it stands on a day."""
    return Road(
        lines=[_line(place, step, today, words) for place, step in enumerate(plan.steps, 1)],
        remarks=[
            words.sparse.format(result=result.rstrip("."), year=year, count=count, needed=CHECKPOINTS_A_YEAR)
            for (result, year), count in plan.sparse_years().items()
        ],
    )


def _line(place: int, step: Step, today: date, words: Words) -> RoadLine:
    points = (f"{day(one.day)} {one.what} ({_state(one.day, one.done_on, today, words)})" for one in step.checkpoints)
    return RoadLine(
        number=place,
        task=step.task,
        stages=step.stages,
        who=step.who,
        begins=day(step.begins),
        ends=day(step.ends),
        duration=f"{number(step.days)} {plural(step.days, words.days.one, words.days.few, words.days.many)}",
        result=step.result,
        checkpoints="\n".join(points),
        state=_state(step.ends, step.done_on, today, words),
        done_on=day(step.done_on) if step.done_on else "",
        achieved=step.achieved,
        problem=step.problem,
    )


def _state(due: date, done_on: date | None, today: date, words: Words) -> str:
    late = ((done_on or today) - due).days
    if late > 0:
        return words.late.format(days=number(late))
    return words.in_time if done_on else words.due
