"""A passport: the rows that a project promised to report, as data.

A row names a kind of fact, a filter over its tags and a way to count; nothing in it is code, so that a library can
write a passport of its own. Texts are Russian and come from the form that the library hands in.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ecitizen.content import folder
from ecitizen.content.loading import load_model
from ecitizen.errors import CourseError

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Line = Annotated[str, Field(min_length=1)]
Counted = Annotated[str, Field(pattern=r"\{n\}")]
Year = Annotated[int, Field(ge=1990, le=2100)]

Count = Literal["facts", "persons", "sum", "sites"]
"""``facts``: how many; ``persons``: distinct learners; ``sum``: of the amounts; ``sites``: distinct libraries."""


class _Part(BaseModel):
    """A piece of a passport: frozen, with no keys but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Part):
    """What was promised for one year."""

    value: float = Field(ge=0)
    at_least: bool = False
    """The form says «не менее»."""


class Story(_Part):
    """The sentence of a row in the plural forms of Russian; ``{n}`` stands for the figure."""

    zero: Line
    """Nothing was written down: «консультаций не проведено»."""
    one: Counted
    """1, 21, 101 …: «проведена {n} консультация»."""
    few: Counted
    """2–4, 22–24 … and broken numbers: «проведены {n} консультации»."""
    many: Counted
    """5–20, 25–30 …: «проведено {n} консультаций»."""


class IndicatorRow(_Part):
    """One line of the table of indicators."""

    id: Id
    name: Line
    """Exactly as in the form."""
    unit: Line
    fact: Line
    """Kind of the facts that count."""
    where: dict[str, str | list[str]] = {}
    """Tags that a fact must carry: one value, or any of several."""
    count: Count
    lasting: bool = False
    """The fact goes on from its date to the day in its tag ``until`` (ISO, absent: to this day) and counts in each
    period it touches; otherwise it counts on its date."""
    targets: dict[Year, Target] = {}
    """By calendar year."""
    story: Story
    note: str = ""
    """Footnote: how the figure is counted, where the name of the row leaves it open."""


class Organisation(_Part):
    """Who hands the paper in, with posts instead of names."""

    full: Line
    short: Line
    department: Line
    """In the genitive or not, as the form prints it after «Организатор проекта»."""
    approves: Line
    """Post of the person who approves."""
    signs: Line
    """Post of the person who made the report."""


class Term(_Part):
    """First and last day of the project."""

    since: date
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since > self.until:
            raise ValueError(f"проект кончается {self.until} раньше, чем начинается {self.since}")
        return self


class Passport(_Part):
    """A set of indicators with the particulars of the paper they are handed in on."""

    id: Id
    title: Line
    """Name of the project without quotation marks."""
    kind: Line
    """What it calls itself, in the genitive: «информационно-просветительского проекта»."""
    paper: Id
    """Stem of the .docx template in ``papers``."""
    organisation: Organisation
    term: Term
    rows: Annotated[list[IndicatorRow], Field(min_length=1)]

    @model_validator(mode="after")
    def _rows_differ(self) -> Self:
        ids = [row.id for row in self.rows]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"показатель {twice[0]!r} описан дважды")
        return self


def names() -> list[str]:
    """List the ids of the passports that are there."""
    return sorted(path.stem for path in folder("passports").glob("*.yaml"))


def load(passport: str) -> Passport:
    """Read a passport by its id; an unknown one is a ``CourseError``, a faulty one names every fault."""
    known = names()
    if passport not in known:
        raise CourseError("паспорт показателей", f"нет паспорта {passport!r}", f"Укажите один из: {', '.join(known)}")
    return load_model(folder("passports") / f"{passport}.yaml", Passport)
