"""What only people can tell about a project: the texts of its passport and its road map, from ``project.yaml``.

The file stands in the course folder and names its passport; where a library reports on several, each has a file
``project-PASSPORT.yaml`` of its own. A sample of each form stands in ``papers/``. A section that is left out stays an
empty field of the form, to be filled in by hand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, model_validator

from ecitizen.content import folder as shipped
from ecitizen.content.loading import load_model
from ecitizen.errors import ContentError
from ecitizen.indicators.faults import fault, no_such_day
from ecitizen.reports.russian import day

FILE = "project.yaml"
FILE_OF = "project-{passport}.yaml"
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
            ends, begins = day(self.ends), day(self.begins)
            problem = f"ends: этап {self.task!r} кончается {ends}, раньше, чем начинается: {begins}"
            raise fault(problem, "Поменяйте дни местами или исправьте один из них")
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

    def sparse_years(self) -> dict[tuple[str, int], int]:
        """Give the expected results and years with fewer checkpoints than the form recommends, with their number.

        Steps of the road map that name the same result work for it together; a step that names none is a result itself.
        """
        days: dict[tuple[str, int], list[int]] = {}
        for step in self.steps:
            for year in range(step.begins.year, step.ends.year + 1):
                days.setdefault((step.result or step.task, year), [])
            for point in step.checkpoints:
                days.setdefault((step.result or step.task, point.day.year), []).append(point.day.year)
        return {result: len(points) for result, points in days.items() if len(points) < CHECKPOINTS_A_YEAR}


class Project(_Part):
    """All of ``project.yaml``."""

    passport: str = ""
    """Whose texts these are: the id of a passport; a file that doesn't say it goes with every one."""
    practice: Practice = Practice()
    plan: Plan = Plan()


def load_project(folder: Path, passport: str = "") -> Project:
    """Read the texts of a passport from a course folder; without a file all fields are empty.

    Raises ``ContentError`` for a faulty file and for a ``project.yaml`` that names another passport.
    """
    own = folder / FILE_OF.format(passport=passport)
    path = own if own.exists() else folder / FILE
    try:
        project = load_model(path, Project) if path.exists() else Project()
    except ContentError as error:
        raise no_such_day(path, error) or error from error.__cause__
    if passport and project.passport not in {"", passport}:
        problem = f"здесь тексты паспорта {project.passport!r}, а отчёт составляется по паспорту {passport!r}"
        raise ContentError(path, "passport", problem, f"Положите его тексты рядом, в файл {own.name}")
    return project


def in_edition(practice: Practice, passport: str) -> Practice:
    """Give the texts with the sections that the passport's form has: the shipped sample of the form knows them."""
    sample = shipped("papers") / FILE_OF.format(passport=passport)
    if practice.donor or not sample.exists():
        return practice
    return practice.model_copy(update={"donor": load_model(sample, Project).practice.donor})
