"""What only people can tell about a project: the texts of its passport and its road map, from ``project.yaml``.

The file stands in the course folder; a sample of each form stands in ``papers/``. A section that is left out stays an
empty field of the form, to be filled in by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from ecitizen.content.loading import load_model

FILE = "project.yaml"
CHECKPOINTS_A_YEAR = 4
"""«На один ожидаемый результат целесообразно планировать не менее 4-х контрольных точек в год»."""


class _Part(BaseModel):
    """A piece of the file: frozen, with no keys but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Pair(_Part):
    """A thing and what is said about it: a participant and the role, a resource and its use."""

    name: str
    text: str = ""


class Action(_Part):
    """Something that was done and by whom."""

    what: str
    who: str = ""


class Stage(_Part):
    """Actions under one heading, such as «Подготовительный этап»."""

    title: str
    actions: list[Action]


class ChangedAct(_Part):
    """A legal act that was changed."""

    name: str
    changes: str
    result: str = ""


class Cost(_Part):
    """One line of expenses."""

    item: str
    amount_rub: float
    source: str


class Contact(_Part):
    """Somebody who answers for the practice; the file is the library's own, so a name may stand here."""

    who: str
    how: str = ""


class Practice(_Part):
    """The texts of the form «Паспорт практики»."""

    territory: str = ""
    donor: str | None = None
    """None: this edition of the form has no section «Наименование практики-донора»."""
    background: str = ""
    term: str = ""
    before: str = ""
    goal: str = ""
    tasks: list[str] = []
    possibilities: list[str] = []
    approaches: list[str] = []
    participants: list[Pair] = []
    citizens: int | None = None
    affected: int | None = None
    business_model: str = ""
    summary: str = ""
    stages: list[Stage] = []
    adopted_acts: list[Pair] = []
    changed_acts: list[ChangedAct] = []
    resources: list[Pair] = []
    beneficiaries: list[Pair] = []
    costs: list[Cost] = []
    after: str = ""
    leader: str = ""
    links: list[Pair] = []
    contacts: list[Contact] = []


class Checkpoint(_Part):
    """A day by which something must be seen."""

    day: date
    what: str
    done_on: date | None = None


class Step(_Part):
    """One line of the road map."""

    task: str
    stages: str = ""
    who: str = ""
    begins: date
    ends: date
    result: str = ""
    """One of the kinds that the form lists."""
    checkpoints: list[Checkpoint] = []
    done_on: date | None = None
    achieved: str = ""
    """For the final report."""
    problem: str = ""
    """For the final report: why the result was missed."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.begins > self.ends:
            raise ValueError(f"ends: этап кончается {self.ends} раньше, чем начинается {self.begins}")
        return self

    @property
    def days(self) -> int:
        """Count the days of the step, both ends included."""
        return (self.ends - self.begins).days + 1


class Role(_Part):
    """A key participant of the project; the form is the library's own, so a name and a telephone may stand here."""

    role: str
    name: str = ""
    post: str = ""
    does: str = ""
    contact: str = ""


class Plan(_Part):
    """The project passport with its road map."""

    customer: str = ""
    curator: str = ""
    manager: str = ""
    basis: str = ""
    goals: list[str] = []
    tasks: list[str] = []
    results: list[str] = []
    budget: str = ""
    criteria: list[str] = []
    risks: list[str] = []
    team: list[Role] = []
    steps: list[Step] = []
    conclusion: str = ""

    def sparse_years(self) -> dict[int, int]:
        """Give the years of the road map with fewer checkpoints than the form recommends, with their number."""
        if not self.steps:
            return {}
        days = [point.day.year for step in self.steps for point in step.checkpoints]
        first, last = min(step.begins.year for step in self.steps), max(step.ends.year for step in self.steps)
        counts = {year: days.count(year) for year in range(first, last + 1)}
        return {year: count for year, count in counts.items() if count < CHECKPOINTS_A_YEAR}


class Project(_Part):
    """All of ``project.yaml``."""

    practice: Practice = Practice()
    plan: Plan = Plan()


def load_project(folder: Path) -> Project:
    """Read ``project.yaml`` of a course folder; without it all fields are empty, a faulty one names its faults."""
    path = folder / FILE
    return load_model(path, Project) if path.exists() else Project()
