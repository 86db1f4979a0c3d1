"""A report in words: what its lines, tables and footnotes hold, ready to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One fact behind a figure, ready to print."""

    number: int
    date: str
    text: str
    amount: str
    value: float
    """The amount as a number, for a sheet."""
    site: str
    key: str
    """Name of the record in the register."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One indicator, ready to print."""

    number: int
    name: str
    """With the unit in brackets."""
    marks: str
    """Numbers of its footnotes, such as ``1, 3``; they never stand by a figure, where they would read as its digits."""
    target: str
    actual: str
    value: float | None
    """The figure as a number, for a sheet and a chart; None if there is nothing to count, or if it is hidden."""
    share: str
    whole: str
    """The figure from the first day of the project on, with its target if there is one; empty if the form has none."""
    source: str
    story: str
    """A sentence on what was done and how it stands against the target."""
    heading: str
    """Over its list of facts."""
    figure: str
    """How many facts and what they make."""
    reasons: Sequence[Reason]
    withheld: bool = False
    """The facts aren't listed: they would give away a person, or what is hidden elsewhere."""
    whole_actual: str = ""
    """The figure for the whole project without its target."""
    whole_value: float | None = None
    whole_figure: str = ""
    whole_reasons: Sequence[Reason] = ()
    """The same for the whole project, if the form has it."""
    opens_whole: bool = False
    """The figure for the whole project stands on other facts than that of the period, so that it has its own list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A figure taken apart."""

    title: str
    unit: str
    lines: Sequence[tuple[str, str, str]]
    """What, figure, number of records."""
    numbers: Sequence[tuple[float, int]]
    """The figures and numbers of records as numbers, for a chart and a sheet."""
    note: str = ""
    """Says that small figures are hidden, if any are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a chart."""

    label: str
    told: str
    """The figure as it is printed."""
    length_pct: int
    """Of the longest bar; nothing shorter than 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Bars, ready to draw."""

    title: str
    bars: Sequence[Bar]
    text: str
    """All that it shows, in words."""
    note: str = ""
    """What isn't drawn as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A footnote; ``mark`` is empty if it is about the whole paper."""

    mark: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A report in words."""

    heading: str
    kind: str
    title: str
    period: str
    term: str
    site: str
    """Name of the one library that was counted; empty for all."""
    lines: Sequence[Line]
    has_targets: bool
    """The passport promises figures by years."""
    has_stories: bool
    """The passport has sentences of its own; without them the stories say what the table says."""
    total: str
    """How many targets are reached; empty if none was set."""
    tables: Sequence[Table]
    charts: Sequence[Chart]
    notes: Sequence[Note]
    has_appendix: bool
    """The records behind the figures are listed."""
    grounds: str
    """Over the signature: where the records are."""
    made: str
    date: str

    @property
    def has_whole(self) -> bool:
        """Tell whether any line has a figure for the whole project."""
        return any(line.whole for line in self.lines)
