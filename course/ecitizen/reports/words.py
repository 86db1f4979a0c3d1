"""The Russian words of the reports, from ``papers/words.yaml``.

A text may hold only the places that its field names, so that a slip of a library's own wording is told with file and
key when a report begins, and never stands in a paper.
"""

from __future__ import annotations

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ecitizen.content import folder
from ecitizen.content.loading import load_model


def only(*names: str) -> AfterValidator:
    """Accept a text whose places in braces are all among the names."""

    def check(text: str) -> str:
        try:
            places = [place for _, place, _, _ in Formatter().parse(text) if place is not None]
        except ValueError as error:
            raise ValueError("фигурная скобка без пары. Закройте или уберите её") from error
        for place in places:
            if place not in names:
                can = ", ".join(f"{{{name}}}" for name in names) or "никаких"
                raise ValueError(f"неизвестное место {{{place}}}. Здесь можно: {can}")
        return text

    return AfterValidator(check)


_Filled = Field(min_length=1)

Label = Annotated[str, _Filled, only()]
Counted = Annotated[str, _Filled, only("n")]
Verdict = Annotated[str, _Filled, only("story", "target")]
Total = Annotated[str, _Filled, only("met", "planned")]
Span = Annotated[str, _Filled, only("since", "until")]
Yearly = Annotated[str, _Filled, only("year")]
Figure = Annotated[str, _Filled, only("actual", "unit", "facts")]


class _Part(BaseModel):
    """A piece of the words: frozen, with no keys but its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PeriodWords(_Part):
    """How a period is named."""

    year: Yearly
    span: Span


class Columns(_Part):
    """Headings of the columns of all tables."""

    number: Label
    name: Label
    unit: Label
    target: Label
    target_year: Label
    actual: Label
    share: Label
    whole: Label
    whole_target: Label
    part: Label
    notes: Label
    date: Label
    text: Label
    amount: Label
    site: Label
    key: Label


class Sheets(_Part):
    """Names of the sheets of the workbook; the limits are Excel's."""

    rows: Annotated[str, Field(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\']+$")]
    chart: Annotated[str, Field(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\']+$")]
    tables: Annotated[str, Field(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\']+$")]
    facts: Annotated[str, Field(min_length=1, max_length=31, pattern=r"^[^\[\]:*?/\\']+$")]


class TargetWords(_Part):
    """How a target is written."""

    at_least: Annotated[str, Field(pattern=r'^[^"{}]*\{n\}[^"{}]*$')]
    exactly: Annotated[str, Field(pattern=r'^[^"{}]*\{n\}[^"{}]*$')]
    carried: Annotated[str, _Filled, only("target", "year")]
    """In a sentence, when the target of an earlier year stands for this one."""
    none: Label


class Verdicts(_Part):
    """The sentence of a row by how it stands against its target."""

    met: Verdict
    missed: Verdict
    running: Verdict
    part: Verdict
    none: Verdict


class Sessions(_Part):
    """How many sessions, in the two forms that «не менее» takes."""

    one: Counted
    many: Counted


class Days(_Part):
    """The word in its three forms."""

    one: Label
    few: Label
    many: Label


class Remarks(_Part):
    """What the command says beside a report that it has made."""

    no_texts: Annotated[str, _Filled, only("file")]
    """The form asks for texts that nobody has written."""
    whose_texts: Annotated[str, _Filled, only("file", "passport")]
    """The texts don't say whose they are."""
    small: Annotated[str, _Filled, only("small")]


class Totals(_Part):
    """How many targets are reached, and how the sentence goes on while the period runs."""

    zero: Total
    one: Total
    many: Total
    closed: Annotated[str, _Filled, only("text")]
    running: Annotated[str, _Filled, only("text", "date")]


class Notes(_Part):
    """Footnotes."""

    trained: Annotated[str, _Filled, only("lessons", "share", "sessions")]
    trained_at_home: Annotated[str, _Filled, only("lessons", "share")]
    """For a rule that asks for no session."""
    lesson: Annotated[str, _Filled, only("title")]
    all_lessons: Annotated[str, _Filled, only("titles")]
    sessions: Sessions
    carried: Annotated[str, _Filled, only("year", "target_year")]
    checkpoint: Annotated[str, _Filled, only("day", "actual", "target")]
    nothing_before: Label
    """Of a growth: nobody counted a year before."""
    nothing_now: Label
    no_target: Yearly
    part: Yearly
    spans: Label
    site: Label
    hidden: Annotated[str, _Filled, only("small")]
    """Under a table in which small figures are hidden."""
    small: Annotated[str, _Filled, only("small")]
    """Under a paper with small figures about people of an age or of a category."""
    shortened: Annotated[str, _Filled, only("shown")]
    """Under a paper with more facts than it can list."""
    inside: Label
    """On a paper that shows everything and must stay in the library."""


class ChartWords(_Part):
    """Charts."""

    plan: Label
    """Over the chart of how far the targets were reached."""
    done: Annotated[str, _Filled, only("period", "unit")]
    """Over the chart of the figures of one unit, where nothing was promised."""
    text: Annotated[str, _Filled, only("title", "bars")]
    """What stands in place of a chart for whoever can't see it."""
    cut: Annotated[str, _Filled, only("widest")]
    """Under a chart with bars that are longer than it can draw."""


class Words(_Part):
    """All of them."""

    period: PeriodWords
    term: Span
    term_open: Annotated[str, _Filled, only("since")]
    """For a project that goes on."""
    plain_story: Annotated[str, _Filled, only("name", "n", "unit")]
    """For a row that has no sentence of its own."""
    heading: Annotated[str, _Filled, only("kind", "title", "period")]
    months: Annotated[list[Label], Field(min_length=12, max_length=12)]
    quarter: Annotated[str, _Filled, only("quarter", "year")]
    late: Annotated[str, _Filled, only("days")]
    """By how many days a step of the road map is behind."""
    in_time: Label
    due: Label
    days: Days
    of_target: Annotated[str, _Filled, only("actual", "target")]
    """A figure for the whole project and what was promised for it."""
    sparse: Annotated[str, _Filled, only("result", "year", "count", "needed")]
    columns: Columns
    sheets: Sheets
    target: TargetWords
    verdict: Verdicts
    verdict_zero: Verdicts
    """For a row of which nothing was done."""
    total: Totals
    remarks: Remarks
    notes: Notes
    made: Annotated[str, _Filled, only("date", "version")]
    empty: Label
    """Under the title of a breakdown of nothing."""
    no_facts: Figure
    hidden: Label
    """In place of a figure that would let somebody be known."""
    small: Annotated[str, _Filled, only("small")]
    """The same where it may be said how small it is."""
    chart: ChartWords
    withheld: Label
    """In place of a list of facts that would give hidden figures or people away."""
    first: Annotated[str, _Filled, only("shown")]
    """Over a list of facts that is cut."""
    records: Label
    record_names: dict[str, Annotated[str, _Filled, only("0", "1", "2")]]
    """The name of a record by the kind of its fact; places are the parts of its key."""
    tables: Label
    stories: Label
    appendix: Label
    grounds: Label
    """Over the signature."""
    grounds_apart: Label
    """The same on a paper that lists no records."""
    facts_of: Annotated[str, _Filled, only("number", "name")]
    figure: Figure
    figure_hidden: Figure
    """The same without the number of records, which would give the figure away."""


def load_words() -> Words:
    """Read the words; faults in the file are told as those of any content file."""
    return load_model(folder("papers") / "words.yaml", Words)
