"""A passport: the rows that a project promised to report, as data.

A row names a kind of fact, a filter over its tags and a way to count; nothing in it is code, so that a library can
write a passport of its own. Texts are Russian and come from the form that the library hands in.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ecitizen.content import folder
from ecitizen.content.loading import load_model
from ecitizen.errors import ContentError, CourseError
from ecitizen.facts import KINDS, PERSONAL, PLACELESS
from ecitizen.indicators.faults import among, fault, no_such_day, values
from ecitizen.indicators.periods import year_before

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
Line = Annotated[str, Field(min_length=1)]
Counted = Annotated[str, Field(pattern=r"\{n\}")]
Year = Annotated[int, Field(ge=1990, le=2100)]

Count = Literal["facts", "persons", "sum", "sites", "mean", "share", "growth", "last"]
"""``facts``: how many; ``persons``: distinct people; ``sum``: of the amounts; ``sites``: distinct libraries; ``mean``:
of the amounts; ``share``: per cent of the facts that also carry the tags ``part``; ``growth``: the sum less that of the
same days a year before; ``last``: the latest amount of each library (of two of one day the greater), summed. Mean and
share have one decimal."""

Where = Annotated[dict[str, str | list[str]], AfterValidator(values)]
"""Tags that a fact must carry: one value, or any of several; free words may be written as people write them."""

_COUNTED = "Напишите count: facts или count: sum"

SPANS = ("month", "quarter")
"""Parts of a year that a table may take a row apart by."""


class _Part(BaseModel):
    """A piece of a passport: frozen, with no keys but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Part):
    """What was promised for one year."""

    value: float = Field(ge=0)
    at_least: bool = False
    """The form says «не менее»."""


class Checkpoint(Target):
    """What was promised to be done by a day of the year, counted from the first day of the period."""

    day: date


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
    source: str = ""
    """The words of the project's own paper that ask for this figure, where they aren't its name."""
    fact: Line | Annotated[list[Line], Field(min_length=1)]
    """Kind of the facts that count, or several kinds; ``ecitizen.facts.KINDS`` has them all."""
    where: Where = {}
    count: Count
    part: Where = {}
    """For ``share``: what the counted part carries besides."""
    lasting: bool = False
    """The fact goes on from its date to the day in its tag ``until`` (ISO, absent: to this day) and counts in each
    period it touches; otherwise it counts on its date."""
    period: Literal["year", "last-year", "quarter", "month", "whole"] | date | None = None
    """The row is counted over these days up to the last day that is asked for, whatever the first one is; ``whole``:
    from the first day of the project on; a day: from that day on."""
    targets: dict[Year, Target] = {}
    """By calendar year."""
    checkpoints: list[Checkpoint] = []
    """On the way to the target; those in the period are measured."""
    whole: Target | None = None
    """Promised for the project as a whole, from its first day on."""
    story: Story | None = None
    """None: the name and the figure speak."""
    note: str = ""
    """Footnote: how the figure is counted, where the name of the row leaves it open."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Give the kinds of facts that count."""
        return (self.fact,) if isinstance(self.fact, str) else tuple(self.fact)

    @model_validator(mode="after")
    def _known(self) -> Self:
        for kind in self.kinds:
            if kind not in KINDS:
                raise fault(f"fact: нет вида записей {kind!r}", among(KINDS))
            for tag in (*self.where, *self.part):
                if tag not in KINDS[kind]:
                    raise fault(f"where: у записей вида {kind!r} нет признака {tag!r}", among(sorted(KINDS[kind])))
            if self.count == "persons" and kind not in PERSONAL:
                raise fault(f"count: записи вида {kind!r} не говорят, о ком они: людей по ним не сосчитать", _COUNTED)
            if self.count == "sites" and kind in PLACELESS:
                raise fault(f"count: у записей вида {kind!r} нет места", _COUNTED)
        return self

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if bool(self.part) != (self.count == "share"):
            raise fault("part: нужен, когда count: share, и только тогда", "Добавьте или уберите его")
        if self.period and not self.note:
            raise fault("note: пуст, а у строки свой период", "Напишите сноску: за какие дни считается строка")
        return self


class Breakdown(_Part):
    """A table that takes one row apart."""

    title: Line
    row: Id
    by: Line
    """A tag of its facts, or ``site``, ``month``, ``quarter``."""


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
    until: date | None = None
    """None: it goes on."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.since > self.until:
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
    heading: Annotated[str, Field(pattern=r"^[^{}]*(\{(title|kind|period)\}[^{}]*)*$")] = ""
    """Over the paper, if it is not «Отчёт о реализации»; may hold ``{title}``, ``{kind}`` and ``{period}``."""
    with_whole: bool = False
    """The form has a second column: from the first day of the project on."""
    organisation: Organisation
    term: Term
    rows: Annotated[list[IndicatorRow], Field(min_length=1)]
    breakdowns: list[Breakdown] = []

    @model_validator(mode="before")
    @classmethod
    def _whole_begins(cls, raw: Any) -> Any:
        """Write the first day of the project into the rows that are counted over the whole of it."""
        match raw:
            case {"rows": list(rows), "term": {"since": date() as first}}:
                begun = [{**row, "period": first} if _is_whole(row) else row for row in rows]
                return {**raw, "rows": begun}
        return raw

    @model_validator(mode="after")
    def _breakdowns_fit(self) -> Self:
        rows = {row.id: row for row in self.rows}
        for one in self.breakdowns:
            if one.row not in rows:
                raise fault(f"breakdowns: нет показателя {one.row!r}", among(rows))
            if rows[one.row].count == "growth":
                raise fault(f"breakdowns: прирост {one.row!r} на части не раскладывается", "Уберите эту таблицу")
            tags = frozenset.intersection(*(KINDS[kind] for kind in rows[one.row].kinds)) | {"site", *SPANS}
            if one.by not in tags:
                raise fault(f"breakdowns: нет признака {one.by!r}", among(sorted(tags)))
        return self

    @model_validator(mode="after")
    def _rows_differ(self) -> Self:
        ids = [row.id for row in self.rows]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"показатель {twice[0]!r} описан дважды")
        return self


def _is_whole(row: object) -> bool:
    return isinstance(row, dict) and row.get("period") == "whole"


def reach(passport: Passport, since: date) -> date:
    """Give the day from which facts are needed to measure a period that begins on ``since``."""
    days = [since]
    if passport.with_whole or any(row.whole for row in passport.rows):
        days.append(passport.term.since)
    for period in filter(None, (row.period for row in passport.rows)):
        # None of those with a name is longer than a year.
        days.append(period if isinstance(period, date) else year_before(since))
    if any(row.count == "growth" for row in passport.rows):
        days += [year_before(day) for day in days]
    return min(days)


def names(own: Path | None = None) -> list[str]:
    """List the ids of the passports that are there: the shipped ones and those in a folder of the library's own."""
    return sorted(_files(own))


def load(passport: str, own: Path | None = None) -> Passport:
    """Read a passport by its id; an unknown one is a ``CourseError``, a faulty one names every fault.

    ``own`` is a folder of the library's own passports, which may be absent; its files go before the shipped ones. The
    templates of its papers stand in ``papers`` beside it.
    """
    known = _files(own)
    if passport not in known:
        remedy = f"Укажите один из: {', '.join(sorted(known))}"
        raise CourseError("паспорт показателей", f"нет паспорта {passport!r}", remedy)
    path = known[passport]
    try:
        read = load_model(path, Passport)
    except ContentError as error:
        raise no_such_day(path, error) or error from error.__cause__
    places = [folder("papers"), *([own.with_name("papers")] if own else [])]
    papers = sorted({one.stem for place in places for one in place.glob("*.docx")})
    if read.paper not in papers:
        raise ContentError(path, "paper", f"нет бланка {read.paper!r}", among(papers))
    return read


def _files(own: Path | None) -> dict[str, Path]:
    places = [folder("passports"), *([own] if own else [])]
    return {path.stem: path for place in places for path in place.glob("*.yaml")}
