"""The lines of a report: everything that any kind of file shows, written once and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ecitizen.facts import Fact
from ecitizen.indicators import SPANS, Breakdown, IndicatorRow, Indicators, Point, Row, TrainedRule, break_down
from ecitizen.notebooks.setting import tied
from ecitizen.register.people import name_key
from ecitizen.reports.charts import charts
from ecitizen.reports.hiding import (
    SMALL,
    gives_away,
    hidden,
    hidden_figures,
    hidden_wholes,
    is_personal,
    is_telling,
)
from ecitizen.reports.lines import Line, Note, Paper, Reason, Table
from ecitizen.reports.meta import Meta
from ecitizen.reports.records import in_order, record, with_titles
from ecitizen.reports.russian import day, nested_quotes, number, plural, sentence
from ecitizen.reports.words import Words

WHOLE_LISTS = 3000
"""With more facts than this behind all its figures a paper lists the first ``SHORT_LIST`` of each: nobody signs a
thousand pages, and a .docx takes a second for a thousand lines."""

SHORT_LIST = 100

FIRST_FEW = 10
"""So many facts of each figure stand in a short appendix: a passport of practice stays a few pages."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]+")
"""What neither XML nor a cell of a sheet may hold; a register takes texts from strangers' files."""


def clean(text: str) -> str:
    """Drop what can't be printed; a line stays one line."""
    return _CONTROL.sub(" ", text).strip()


def write(indicators: Indicators, meta: Meta, words: Words) -> Paper:
    """Put measured indicators into words."""
    return _Author(indicators, meta, words).paper()


def hides(indicators: Indicators, meta: Meta) -> bool:
    """Tell whether a paper leaves out figures about few people of an age or of a category."""
    return not meta.inside and any(_covered(indicators))


def _covered(indicators: Indicators) -> tuple[dict[str, bool], dict[str, bool]]:
    declared, rows = indicators.passport.rows, indicators.rows
    of_period = hidden_figures(declared, rows)
    return of_period, hidden_wholes(declared, rows, of_period)


class _Author:
    """Writes one paper and numbers its footnotes in the order of their first mention."""

    def __init__(self, indicators: Indicators, meta: Meta, words: Words) -> None:
        self.indicators = indicators
        self.meta = meta
        self.words = words
        self.notes: list[str] = []
        self.year = indicators.until.year
        # A target is promised for a whole year of all libraries: only that can reach or miss it.
        self.judges = indicators.whole_year and indicators.site is None
        self.closed = meta.made > indicators.until
        behind = sum(len(row.facts) + len(row.whole.facts if row.whole else ()) for row in indicators.rows)
        self.listed = {"none": 0, "short": FIRST_FEW, "full": None if behind <= WHOLE_LISTS else SHORT_LIST}[
            meta.appendix
        ]
        self.cuts = False
        declared = indicators.passport.rows
        self.covered, self.covered_wholes = ({}, {}) if meta.inside else _covered(indicators)
        self.broken_rows = [] if meta.inside else self.rows_with_hidden_parts()
        small = [row for row in declared if row.id in self.covered or row.id in self.covered_wholes]
        self.hidden_rows = [*self.broken_rows, *small]

    def rows_with_hidden_parts(self) -> list[IndicatorRow]:
        rows = {row.id: row for row in self.indicators.passport.rows}
        broken = [wanted for wanted in self.indicators.passport.breakdowns if is_telling(rows[wanted.row], wanted.by)]
        return [rows[wanted.row] for wanted in broken if hidden(break_down(self.indicators, wanted))]

    def paper(self) -> Paper:
        passport, site = self.indicators.passport, self.indicators.site
        pairs = zip(passport.rows, self.indicators.rows, strict=True)
        lines = [self.line(place, declared, row) for place, (declared, row) in enumerate(pairs, 1)]
        tables = [self.table(wanted) for wanted in passport.breakdowns]
        period = self.period()
        made = day(self.meta.made)
        heading = (passport.heading or self.words.heading).format(
            kind=passport.kind, title=passport.title, period=period
        )
        return Paper(
            heading=nested_quotes(heading),
            kind=passport.kind,
            # Forms print it in quotation marks of their own.
            title=nested_quotes(f"«{passport.title}»")[1:-1],
            period=period,
            term=self.term(),
            site=clean(self.meta.sites.get(site, site)) if site else "",
            lines=lines,
            has_targets=any(row.targets for row in passport.rows),
            has_stories=any(row.story for row in passport.rows),
            total=tied(self.total()),
            tables=tables,
            charts=charts(self.indicators, lines, tables, self.words, period),
            notes=[*(Note(mark=str(self.mark(text)), text=tied(text)) for text in self.notes), *self.general_notes()],
            has_appendix=self.listed != 0,
            grounds=self.words.grounds_apart if self.listed == 0 else self.words.grounds,
            made=self.words.made.format(date=made, version=self.meta.version),
            date=made,
        )

    def term(self) -> str:
        since, until = self.indicators.passport.term.since, self.indicators.passport.term.until
        if until is None:
            return self.words.term_open.format(since=day(since))
        return self.words.term.format(since=day(since), until=day(until))

    def period(self) -> str:
        if self.indicators.whole_year:
            return self.words.period.year.format(year=self.year)
        return self.words.period.span.format(since=day(self.indicators.since), until=day(self.indicators.until))

    def line(self, place: int, declared: IndicatorRow, row: Row) -> Line:
        whole, of_whole = row.whole, self.covered_wholes
        told_apart = is_personal(declared) and not self.meta.inside
        behind = row.records or (whole is not None and whole.records)
        withheld = bool(behind) and (told_apart or gives_away(declared, self.hidden_rows))
        value = self.value(row, self.covered)
        return Line(
            number=place,
            name=f"{row.name} ({row.unit})",
            marks=", ".join(map(str, sorted(self.mark(text) for text in self.footnotes(declared, row)))),
            target=self.target(row),
            actual=self.shown(row, self.covered),
            value=value,
            share=self.words.target.none if value is None or row.share_pct is None else number(row.share_pct, 1),
            whole="" if whole is None else self.whole(whole),
            source=declared.source,
            story=tied(self.story(declared, row)),
            heading=self.words.facts_of.format(number=place, name=row.name),
            figure=self.figure(row, self.covered, withheld),
            reasons=() if withheld else self.reasons(row.facts),
            withheld=withheld,
            whole_actual="" if whole is None else self.shown(whole, of_whole),
            whole_value=None if whole is None else self.value(whole, of_whole),
            whole_figure="" if whole is None else self.figure(whole, of_whole, withheld),
            whole_reasons=() if withheld or whole is None else self.reasons(whole.facts),
            opens_whole=whole is not None and whole.facts != row.facts,
        )

    def table(self, wanted: Breakdown) -> Table:
        declared = next(row for row in self.indicators.passport.rows if row.id == wanted.row)
        parts = break_down(self.indicators, wanted)
        if wanted.by not in SPANS:
            parts.sort(key=lambda part: name_key(self.part_name(wanted.by, part.value)))
        covered = hidden(parts) if not self.meta.inside and is_telling(declared, wanted.by) else frozenset()
        lines = []
        for place, part in enumerate(parts):
            figures = (number(part.actual), number(part.facts))
            shown = (self.words.hidden, self.words.hidden) if place in covered else figures
            lines.append((sentence(self.part_name(wanted.by, part.value)), *shown))
        note = tied(self.words.notes.hidden.format(small=SMALL)) if covered else ""
        numbers = [(part.actual, part.facts) for part in parts]
        return Table(title=wanted.title, unit=declared.unit, lines=lines, numbers=numbers, note=note)

    def part_name(self, by: str, value: str) -> str:
        if by == "month":
            year, month = value.split("-")
            return f"{self.words.months[int(month) - 1]} {year}"
        if by == "quarter":
            year, quarter = value.split("-")
            return self.words.quarter.format(quarter=quarter, year=year)
        return clean(self.meta.sites.get(value, value) if by == "site" else value) or self.words.target.none

    def value(self, row: Row, covered: Mapping[str, bool]) -> float | None:
        return None if row.id in covered else row.actual

    def shown(self, row: Row, covered: Mapping[str, bool]) -> str:
        if row.id in covered:
            return self.words.small.format(small=SMALL) if covered[row.id] else self.words.hidden
        value = self.value(row, covered)
        return self.words.target.none if value is None else number(value)

    def whole(self, row: Row) -> str:
        figure = self.shown(row, self.covered_wholes)
        return figure if row.target is None else self.words.of_target.format(actual=figure, target=self.target(row))

    def reasons(self, facts: Sequence[Fact]) -> list[Reason]:
        self.cuts = self.cuts or (self.listed is not None and self.listed < len(facts))
        listed = in_order(facts[: self.listed], self.meta.sites)
        return [self.reason(place, fact) for place, fact in enumerate(listed, 1)]

    def reason(self, place: int, fact: Fact) -> Reason:
        return Reason(
            number=place,
            date=day(fact.date),
            text=nested_quotes(with_titles(clean(fact.text), self.meta.lessons)),
            amount=number(fact.amount),
            value=fact.amount,
            site=clean(self.meta.sites.get(fact.site, fact.site)) or self.words.target.none,
            key=clean(record(fact.key, self.words.record_names)),
        )

    def mark(self, text: str) -> int:
        """Give the number of a footnote; the same text has one number."""
        if text not in self.notes:
            self.notes.append(text)
        return 1 + self.notes.index(text)

    def footnotes(self, declared: IndicatorRow, row: Row) -> list[str]:
        notes = [declared.note] if declared.note else []
        if declared.fact == "trained" and self.meta.rule is not None:
            notes.append(self.trained_note(self.meta.rule))
        if declared.count == "growth" and row.lacks:
            notes.append(self.words.notes.nothing_before if row.lacks == "before" else self.words.notes.nothing_now)
        if self.is_carried(row):
            notes.append(self.words.notes.carried.format(year=self.year, target_year=row.target_year))
        notes += [self.checkpoint(declared, point) for point in row.points]
        return [nested_quotes(note) for note in notes]

    def checkpoint(self, declared: IndicatorRow, point: Point) -> str:
        form = self.words.target.at_least if point.at_least else self.words.target.exactly
        told = {"actual": self.by_then(declared, point), "target": form.format(n=number(point.target))}
        return self.words.notes.checkpoint.format(day=day(point.day), **told)

    def by_then(self, declared: IndicatorRow, point: Point) -> str:
        if point.actual is None:
            return self.words.target.none
        if not self.meta.inside and is_personal(declared) and 0 < point.actual < SMALL:
            return self.words.small.format(small=SMALL)
        return self.words.hidden if declared.id in self.covered else number(point.actual)

    def is_carried(self, row: Row) -> bool:
        return row.target_year is not None and row.target_year != self.year

    def figure(self, row: Row, covered: Mapping[str, bool], withheld: bool) -> str:
        form = self.words.figure if row.facts else self.words.no_facts
        form = self.words.figure_hidden if row.id in covered else form
        told = form.format(actual=self.shown(row, covered), unit=row.unit, facts=number(len(row.facts)))
        if withheld and row.facts:
            return f"{told} {self.words.withheld}"
        if self.listed and len(row.facts) > self.listed:
            return f"{told} {self.words.first.format(shown=number(self.listed))}"
        return told

    def target(self, row: Row) -> str:
        if row.target is None:
            return self.words.target.none
        form = self.words.target.at_least if row.at_least else self.words.target.exactly
        return form.format(n=number(row.target))

    def story(self, declared: IndicatorRow, row: Row) -> str:
        target = self.target(row)
        if self.is_carried(row):
            target = self.words.target.carried.format(target=target, year=row.target_year)
        return self.verdict(row).format(story=sentence(self.told(declared, row)), target=target)

    def told(self, declared: IndicatorRow, row: Row) -> str:
        forms, value = declared.story, self.value(row, self.covered)
        if forms is None or value is None:
            return self.plain_story(row)
        chosen = forms.zero if value == 0 else plural(value, forms.one, forms.few, forms.many)
        return chosen.replace("{n}", number(value))

    def plain_story(self, row: Row) -> str:
        shown = self.shown(row, self.covered)
        return self.words.plain_story.format(name=row.name, n=shown, unit=row.unit)

    def verdict(self, row: Row) -> str:
        verdicts = self.words.verdict_zero if row.actual == 0 else self.words.verdict
        if row.met is None:
            return verdicts.none
        if not self.judges or row.id in self.covered:
            return verdicts.part
        if row.met:
            return verdicts.met
        return verdicts.missed if self.closed else verdicts.running

    def trained_note(self, rule: TrainedRule) -> str:
        notes = self.words.notes
        titles = ", ".join(f"«{self.meta.lessons.get(lesson, lesson)}»" for lesson in rule.lessons)
        one = len(rule.lessons) == 1
        lessons = notes.lesson.format(title=titles) if one else notes.all_lessons.format(titles=titles)
        share = number(rule.pass_share_pct)
        if rule.min_sessions == 0:
            return notes.trained_at_home.format(lessons=lessons, share=share)
        form = plural(rule.min_sessions, notes.sessions.one, notes.sessions.many, notes.sessions.many)
        return notes.trained.format(lessons=lessons, share=share, sessions=form.format(n=rule.min_sessions))

    def general_notes(self) -> list[Note]:
        planned = any(row.target is not None for row in self.indicators.rows)
        texts = []
        promised = any(row.targets for row in self.indicators.passport.rows)
        if promised and self.indicators.since.year != self.year:
            texts.append(self.words.notes.spans)
        elif promised and not planned:
            texts.append(self.words.notes.no_target.format(year=self.year))
        elif planned and not self.indicators.whole_year:
            texts.append(self.words.notes.part.format(year=self.year))
        if self.indicators.site is not None and planned:
            texts.append(self.words.notes.site)
        if self.broken_rows:
            texts.append(self.words.notes.hidden.format(small=SMALL))
        if self.covered or self.covered_wholes:
            texts.append(self.words.notes.small.format(small=SMALL))
        if self.listed and self.cuts:
            texts.append(self.words.notes.shortened.format(shown=number(self.listed)))
        if self.meta.inside:
            texts.append(self.words.notes.inside)
        return [Note(mark="", text=tied(text)) for text in texts]

    def total(self) -> str:
        planned = [row for row in self.indicators.rows if row.target is not None]
        if not planned or not self.judges:
            return ""
        met = sum(row.met is True for row in planned)
        forms = self.words.total
        form = forms.zero if met == 0 else plural(met, forms.one, forms.many, forms.many)
        text = form.format(met=met, planned=len(planned))
        if self.closed:
            return forms.closed.format(text=sentence(text))
        return forms.running.format(date=day(self.meta.made), text=text)
