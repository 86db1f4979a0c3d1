"""One declaration of what a fact is, read in two ways: one by one for papers, counted by the database for figures.

A ``Source`` says which rows of the register are facts of a kind, and which columns are their day, place, amount and
tags. Free words are folded after they are read, so that the database groups them as they were written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    Select,
    Subquery,
    and_,
    case,
    cast,
    collate,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.types import String

from ecitizen.facts import Fact, Need, Tally, Where, folded

Rows = Select[*tuple[Any, ...]]
"""A query over one table or several."""

SITE_KIND = "site-kind"
"""A tag that follows from the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which facts are wanted."""

    spans: tuple[tuple[dt.date, dt.date], ...]
    """Periods, both ends included; what lasts counts in the first."""
    site: str | None = None
    where: Where = field(default_factory=dict)
    firsts: int | None = None
    """Only the first so many facts about each person, and others of the day of the last."""
    named: bool = False
    """Only facts that are about somebody."""
    persons: Collection[int] | None = None
    """Only facts about these."""
    most: int | None = None
    """The first so many by day and key; None: all, in any order."""


@dataclass(frozen=True, slots=True)
class Tag:
    """Where a tag comes from."""

    column: ColumnElement[Any]
    shown: Callable[[Any], str] = str
    """Stored value to tag; an absent value is an absent tag."""
    stored: Callable[[str], Any] | None = str
    """Tag to stored value; None for free words, which may be stored in many ways."""


def free(column: Any) -> Tag:
    """Declare a tag of free words."""
    return Tag(column, folded, None)


def truth(column: Any) -> Tag:
    """Declare a tag that is ``yes`` or ``no``."""
    return Tag(column, lambda value: "yes" if value else "no", lambda tag: tag == "yes")


def number(column: Any) -> Tag:
    """Declare a tag that is a whole number."""
    return Tag(column, str, int)


def day(column: Any) -> Tag:
    """Declare a tag that is a day (ISO)."""
    return Tag(column, lambda value: str(value.isoformat()), dt.date.fromisoformat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows that are facts of one kind."""

    kind: str
    query: Rows
    """All of them, with the columns that ``text`` reads."""
    date: ColumnElement[Any]
    site: ColumnElement[Any] | None
    """None: these facts belong to no place."""
    key: tuple[ColumnElement[Any], ...]
    """What follows the kind in the key of a fact, parted by colons."""
    suffix: str = ""
    """What follows that, where one row is several facts of a kind."""
    text: Callable[[Any], str]
    amount: ColumnElement[Any] | None = None
    """None: each counts one."""
    person: ColumnElement[Any] | None = None
    tags: Mapping[str, Tag] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Tags that all of them carry."""
    counted_by_index: bool = False
    """Counting goes by an index and not through the table; only where the table holds other kinds of facts too."""
    ends: ColumnElement[Any] | None = None
    """For what lasts: the last day, NULL while it goes on; it is dated at the first day of the period it touches."""

    def facts(self, connection: Connection, asked: Asked, kinds: Mapping[str, str]) -> Iterator[Fact]:
        """Give them one by one; ``kinds`` are those of the sites."""
        query = self.narrowed(connection, asked, kinds)
        through = self.narrowed(connection, asked, kinds, counting=True)
        if query is None or through is None:
            return
        if asked.firsts is not None and self.person is not None:
            days = self._nth_days(through, self.person, asked.firsts)
            query = query.join(days, and_(days.c.person == self.person, self.date <= days.c.day))
        query = query.add_columns(*self._columns())
        if asked.most is not None:
            query = query.order_by(self.date, *self._order(connection)).limit(asked.most)
        for row in connection.execute(query).all():
            yield self.fact(row, asked, kinds)

    def nth_days(self, connection: Connection, asked: Asked, kinds: Mapping[str, str]) -> Iterator[tuple[int, dt.date]]:
        """Give each person of whom there are ``asked.firsts`` facts, and the day of the last of these."""
        through = self.narrowed(connection, asked, kinds, counting=True)
        if through is None or self.person is None or asked.firsts is None:
            return
        days = self._nth_days(through, self.person, asked.firsts)
        for row in connection.execute(select(days.c.person, days.c.day).where(days.c.times == asked.firsts)):
            yield row.person, row.day

    def _nth_days(self, query: Rows, person: ColumnElement[Any], nth: int) -> Subquery:
        """Give the day of the nth fact about each person: who came three hundred times is one row here."""
        about, one = person.label("person"), literal(1).label("times")
        if nth == 1:
            first = query.with_only_columns(about, func.min(self.date).label("day"), one, maintain_column_froms=True)
            return first.group_by(about).subquery()
        rank = func.row_number().over(partition_by=person, order_by=self.date).label("rank")
        columns = (about, self.date.label("day"), rank)
        ranked = query.with_only_columns(*columns, maintain_column_froms=True).subquery()
        last = func.max(ranked.c.day).label("day"), func.max(ranked.c.rank).label("times")
        days = select(ranked.c.person, *last).where(ranked.c.rank <= nth)
        return days.group_by(ranked.c.person).subquery()

    def _columns(self) -> list[ColumnElement[Any]]:
        # Labels of their own: a row of several tables has several columns «name» and «date».
        told = [*(tag.column for tag in self.tags.values()), *self.key]
        amount = literal(1) if self.amount is None else self.amount
        site, person = (null() if one is None else one for one in (self.site, self.person))
        last = [self.date, amount.label("fact_amount"), site, person]
        return [one if isinstance(one, Label) else one.label(f"fact_{at}") for at, one in enumerate([*told, *last])]

    def _order(self, connection: Connection) -> list[ColumnElement[Any]]:
        # Byte by byte, as Python orders keys.
        by_bytes = "C" if connection.dialect.name == "postgresql" else "BINARY"
        joined: ColumnElement[Any] = cast(self.key[0], String)
        for one in self.key[1:]:
            joined = joined + ":" + cast(one, String)
        return [collate(joined + self.suffix, by_bytes)]

    def fact(self, row: Any, asked: Asked, kinds: Mapping[str, str]) -> Fact:
        """Make a fact of a row, which ends in what ``_columns`` names."""
        on, amount, site, person = row[-4:]
        told = row[-4 - len(self.key) - len(self.tags) : -4]
        tags = dict(self.fixed)
        for (name, tag), value in zip(self.tags.items(), told, strict=False):
            if value is not None:
                tags[name] = tag.shown(value)
        if site:
            tags[SITE_KIND] = kinds[site]
        return Fact(
            kind=self.kind,
            date=on if self.ends is None else max(on, asked.spans[0][0]),
            key=":".join([self.kind, *map(str, told[len(self.tags) :])]) + self.suffix,
            site=site or "",
            text=self.text(row),
            amount=amount,
            person=person,
            tags=tags,
        )

    def tallies(
        self, connection: Connection, asked: Asked, kinds: Mapping[str, str], need: Need, cuts: list[dt.date]
    ) -> Iterator[Tally]:
        """Let the database count what ``need`` doesn't tell apart, in the stretches that begin on ``cuts``."""
        narrowed = self.narrowed(connection, asked, kinds, counting=True)
        if narrowed is None:
            return
        names = [name for name in sorted(need.tags) if name in self.tags]
        derived = SITE_KIND in need.tags and SITE_KIND not in self.tags
        by_site = self.site is not None and (need.by_site or derived)
        apart = [_stretch(self.date, cuts), *(self.tags[name].column for name in names)]
        apart += [self.site] if by_site and self.site is not None else []
        apart += [self.person] if need.by_person and self.person is not None else []
        labels = [f"apart_{place}" for place in range(len(apart))]
        amount = literal(1) if self.amount is None else self.amount
        columns: list[ColumnElement[Any]] = [one.label(label) for one, label in zip(apart, labels, strict=True)]
        latest: list[ColumnElement[Any]] = [null(), null()]
        if need.latest:
            ranked = self._ranked(narrowed, dict(zip(labels, apart, strict=True)), amount)
            narrowed, columns, amount = select(ranked), [ranked.c[label] for label in labels], ranked.c.fact_amount
            latest = [func.max(case((ranked.c.fact_rank == 1, part))) for part in (ranked.c.fact_date, amount)]
        sums = [func.count(), func.sum(amount), func.sum(amount * amount)]
        query = narrowed.with_only_columns(*columns, *sums, *latest, maintain_column_froms=True)
        for stretch, *values, times, total, squares, on, last in connection.execute(query.group_by(*labels)):
            person = values.pop() if need.by_person and self.person is not None else None
            site = values.pop() if by_site else ""
            known = [(name, one) for name, one in zip(names, values, strict=True) if one is not None]
            tags = {name: self.tags[name].shown(one) for name, one in known}
            if derived and site:
                tags[SITE_KIND] = kinds[site]
            yield Tally(
                kind=self.kind,
                date=cuts[stretch],
                site=site,
                person=person,
                tags={**self.fixed, **tags},
                times=times,
                amount=float(total),
                squares=float(squares),
                latest=None if on is None else (on, float(last)),
            )

    def _ranked(self, narrowed: Rows, apart: Mapping[str, ColumnElement[Any]], amount: ColumnElement[Any]) -> Subquery:
        """Rank those that are counted together, the latest first."""
        backwards = (self.date.desc(), amount.desc())
        rank = func.row_number().over(partition_by=list(apart.values()), order_by=backwards)
        told = {"fact_date": self.date, "fact_amount": amount, "fact_rank": rank}
        columns = (one.label(label) for label, one in (*apart.items(), *told.items()))
        return narrowed.with_only_columns(*columns, maintain_column_froms=True).subquery()

    def total(self, connection: Connection, asked: Asked, kinds: Mapping[str, str]) -> int:
        """Count them."""
        narrowed = self.narrowed(connection, asked, kinds, counting=True)
        if narrowed is None:
            return 0
        counted = narrowed.with_only_columns(func.count(), maintain_column_froms=True)
        return int(connection.execute(counted).scalar_one())

    def narrowed(
        self, connection: Connection, asked: Asked, kinds: Mapping[str, str], *, counting: bool = False
    ) -> Rows | None:
        """Give the query of the facts that are asked for; None if there can't be any."""
        conditions = [self._in_time(asked, through=counting and not self.counted_by_index)]
        named = asked.named or asked.firsts is not None or asked.persons is not None
        if named and self.person is None:
            return None
        if self.site is None and asked.site:
            return None
        if self.site is not None and asked.site is not None:
            conditions.append(self.site == asked.site)
        if named and self.person is not None:
            conditions.append(self.person.is_not(None) if asked.persons is None else self.person.in_(asked.persons))
        query = self.query.where(*conditions)
        for name, values in asked.where.items():
            wanted = [values] if isinstance(values, str) else values
            if name in self.tags:
                query = query.where(self._carrying(connection, query, self.tags[name], wanted))
            elif name == SITE_KIND and self.site is not None:
                query = query.where(self.site.in_([site for site, kind in kinds.items() if kind in wanted]))
            elif self.fixed.get(name) not in wanted:
                return None
        return query

    def _in_time(self, asked: Asked, *, through: bool) -> ColumnElement[bool]:
        if self.ends is not None:
            since, until = asked.spans[0]
            return and_(self.date <= until, or_(self.ends.is_(None), self.ends >= since))
        # A period is a good part of all days: going by the index of days would fetch the table row by row, at random.
        date = func.coalesce(self.date, self.date) if through else self.date
        return or_(*(date.between(*span) for span in asked.spans))

    def _carrying(self, connection: Connection, query: Rows, tag: Tag, wanted: list[str]) -> ColumnElement[bool]:
        if tag.stored is not None:
            return tag.column.in_([tag.stored(one) for one in wanted])
        written = connection.execute(query.with_only_columns(tag.column, maintain_column_froms=True).distinct())
        return tag.column.in_([one for one in written.scalars() if one is not None and tag.shown(one) in wanted])


def rows_of(table: Any, *where: ColumnElement[bool], of: Any = None) -> dict[str, Any]:
    """Declare rows that are numbered and have a day and a place of their own, or that of the thing they are ``of``."""
    query = select(table) if of is None else select(table, of.name).join_from(table, of)
    site = table.site if of is None else of.site
    return {
        "query": query.where(*where),
        "date": table.date.expression,
        "site": site.expression,
        "key": (table.id.expression,),
    }


def _stretch(date: ColumnElement[Any], cuts: list[dt.date]) -> ColumnElement[Any]:
    if len(cuts) == 1:
        return literal(0)
    return case(*((date < cut, place) for place, cut in enumerate(cuts[1:])), else_=len(cuts) - 1)
