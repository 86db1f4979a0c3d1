"""The lines of a report: everything that any kind of file shows, written once and in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ecitizen.facts import Fact
from ecitizen.indicators import SPANS, Breakdown, IndicatorRow, Indicators, Point, Row, TrainedRule, break_down
from ecitizen.notebooks.setting import tied
from ecitizen.register.people import name_key
from ecitizen.reports.charts import charts
from ecitizen.reports.hiding import SMALL, gives_away, hidden, is_telling
from ecitizen.reports.lines import Line, Note, Paper, Reason, Table
from ecitizen.reports.meta import Meta
from ecitizen.reports.records import in_order, record, with_titles
from ecitizen.reports.russian import day, number, plural, sentence
from ecitizen.reports.words import Words

WHOLE_LISTS = 3000
"""With more facts than this behind all its figures a paper lists the first ``SHORT_LIST`` of each: nobody signs a
thousand pages, and a .docx takes a second for a thousand lines."""

SHORT_LIST = 100

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]+")
"""What neither XML nor a cell of a sheet may hold; a register takes texts from strangers' files."""


def clean(text: str) -> str:
    """Drop what can't be printed; a line stays one line."""
    return _CONTROL.sub(" ", text).strip()


def is_nothing(declared: IndicatorRow, row: Row) -> bool:
    """Tell whether there is nothing to show: a mean of nothing isn't nought."""
    return declared.count in {"mean", "share", "last"} and not row.facts


def write(indicators: Indicators, meta: Meta, words: Words) -> Paper:
    """Put measured indicators into words."""
    return _Author(indicators, meta, words).paper()


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
        self.listed = None if behind <= WHOLE_LISTS else SHORT_LIST
        self.hidden_rows = [] if meta.inside else self.rows_with_hidden_parts()

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
        return Paper(
            heading=(passport.heading or self.words.heading).format(
                kind=passport.kind, title=passport.title, period=period
            ),
            kind=passport.kind,
            title=passport.title,
            period=period,
            term=self.term(),
            site=clean(self.meta.sites.get(site, site)) if site else "",
            lines=lines,
            has_targets=any(row.targets for row in passport.rows),
            has_stories=any(row.story for row in passport.rows),
            total=tied(self.total()),
            tables=tables,
            charts=charts(self.indicators, lines, tables, self.words.chart),
            notes=[*(Note(mark=str(self.mark(text)), text=tied(text)) for text in self.notes), *self.general_notes()],
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
        withheld = bool(row.records) and gives_away(declared, self.hidden_rows)
        shown = () if withheld else row.facts
        whole = () if withheld or row.whole is None else row.whole.facts
        return Line(
            number=place,
            name=f"{row.name} ({row.unit})",
            marks=", ".join(map(str, sorted(self.mark(text) for text in self.footnotes(declared, row)))),
            target=self.target(row),
            actual=self.shown(declared, row),
            share=self.words.target.none if row.share_pct is None else number(row.share_pct, 1),
            whole="" if row.whole is None else self.whole(declared, row.whole),
            source=declared.source,
            story=tied(self.story(declared, row)),
            heading=self.words.facts_of.format(number=place, name=row.name),
            figure=" ".join([self.figure(declared, row), *([self.words.withheld] if withheld else [])]),
            reasons=self.reasons(shown),
            withheld=withheld,
            whole_figure="" if row.whole is None else self.figure(declared, row.whole),
            whole_reasons=self.reasons(whole),
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

    def shown(self, declared: IndicatorRow, row: Row) -> str:
        return self.words.target.none if is_nothing(declared, row) else number(row.actual)

    def whole(self, declared: IndicatorRow, row: Row) -> str:
        figure = self.shown(declared, row)
        return figure if row.target is None else self.words.of_target.format(actual=figure, target=self.target(row))

    def reasons(self, facts: Sequence[Fact]) -> list[Reason]:
        listed = in_order(facts[: self.listed], self.meta.sites)
        return [self.reason(place, fact) for place, fact in enumerate(listed, 1)]

    def reason(self, place: int, fact: Fact) -> Reason:
        return Reason(
            number=place,
            date=day(fact.date),
            text=with_titles(clean(fact.text), self.meta.lessons),
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
        if self.is_carried(row):
            notes.append(self.words.notes.carried.format(year=self.year, target_year=row.target_year))
        notes += [self.checkpoint(point) for point in row.points]
        return notes

    def checkpoint(self, point: Point) -> str:
        form = self.words.target.at_least if point.at_least else self.words.target.exactly
        told = {"actual": number(point.actual), "target": form.format(n=number(point.target))}
        return self.words.notes.checkpoint.format(day=day(point.day), **told)

    def is_carried(self, row: Row) -> bool:
        return row.target_year is not None and row.target_year != self.year

    def figure(self, declared: IndicatorRow, row: Row) -> str:
        form = self.words.figure if row.facts else self.words.no_facts
        return form.format(actual=self.shown(declared, row), unit=row.unit, facts=number(len(row.facts)))

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
        forms = declared.story
        if forms is None:
            return self.words.plain_story.format(name=row.name, n=self.shown(declared, row), unit=row.unit)
        chosen = forms.zero if row.actual == 0 else plural(row.actual, forms.one, forms.few, forms.many)
        return chosen.replace("{n}", number(row.actual))

    def verdict(self, row: Row) -> str:
        verdicts = self.words.verdict_zero if row.actual == 0 else self.words.verdict
        if row.met is None:
            return verdicts.none
        if not self.judges:
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
        if self.hidden_rows:
            texts.append(self.words.notes.hidden.format(small=SMALL))
        if self.listed is not None:
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
