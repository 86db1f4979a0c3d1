"""One declaration of what a fact is, read in two ways: one by one for papers, counted by the database for figures.

A ``Source`` says which rows of the register are facts of a kind, and which columns are their day, place, amount and
tags. Free words are folded after they are read, so that the database groups them as they were written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, cast, collate, func, literal, or_, select
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
    """Only the first so many facts about each person."""
    named: bool = False
    """Only facts that are about somebody."""
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
        if query is None:
            return
        query = query.add_columns(*self._columns())
        if asked.firsts is not None and self.person is not None:
            # Ranked in the database: who came three hundred times is one fact here, not three hundred.
            order = (self.date, *self._order(connection))
            rank = func.row_number().over(partition_by=self.person, order_by=order).label("fact_rank")
            ranked = query.add_columns(rank).subquery()
            query = select(ranked).where(ranked.c.fact_rank <= asked.firsts)
        if asked.most is not None:
            query = query.order_by(self.date, *self._order(connection)).limit(asked.most)
        for row in connection.execute(query).all():
            yield self.fact(row, asked, kinds)

    def _columns(self) -> list[ColumnElement[Any]]:
        # Labels of their own: a row of several tables has several columns «name» and «date».
        columns: list[ColumnElement[Any]] = []
        columns += [tag.column.label(f"tag_{place}") for place, tag in enumerate(self.tags.values())]
        columns += [one.label(f"key_{place}") for place, one in enumerate(self.key)]
        amount = literal(1) if self.amount is None else self.amount
        columns += [self.date.label("fact_date"), amount.label("fact_amount")]
        if self.site is not None:
            columns.append(self.site.label("fact_site"))
        if self.person is not None:
            columns.append(self.person.label("fact_person"))
        return columns

    def _order(self, connection: Connection) -> list[ColumnElement[Any]]:
        # Byte by byte, as Python orders keys.
        by_bytes = "C" if connection.dialect.name == "postgresql" else "BINARY"
        joined: ColumnElement[Any] = cast(self.key[0], String)
        for one in self.key[1:]:
            joined = joined + ":" + cast(one, String)
        return [collate(joined + self.suffix, by_bytes)]

    def fact(self, row: Any, asked: Asked, kinds: Mapping[str, str]) -> Fact:
        """Make a fact of a row."""
        values = row._mapping
        tags = dict(self.fixed)
        for place, (name, tag) in enumerate(self.tags.items()):
            if (value := values[f"tag_{place}"]) is not None:
                tags[name] = tag.shown(value)
        site = "" if self.site is None else values["fact_site"]
        if site:
            tags[SITE_KIND] = kinds[site]
        on = values["fact_date"]
        key = ":".join([self.kind, *(str(values[f"key_{place}"]) for place in range(len(self.key)))])
        return Fact(
            kind=self.kind,
            date=on if self.ends is None else max(on, asked.spans[0][0]),
            key=key + self.suffix,
            site=site,
            text=self.text(row),
            amount=values["fact_amount"],
            person=None if self.person is None else values["fact_person"],
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
        sums = [func.count(), func.sum(amount), func.sum(amount * amount)]
        columns = [one.label(label) for one, label in zip(apart, labels, strict=True)]
        query = narrowed.with_only_columns(*columns, *sums, maintain_column_froms=True)
        for stretch, *values, times, total, squares in connection.execute(query.group_by(*labels)):
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
            )

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
        named = asked.named or asked.firsts is not None
        if named and self.person is None:
            return None
        if self.site is None and asked.site:
            return None
        if self.site is not None and asked.site is not None:
            conditions.append(self.site == asked.site)
        if named and self.person is not None:
            conditions.append(self.person.is_not(None))
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


def _stretch(date: ColumnElement[Any], cuts: list[dt.date]) -> ColumnElement[Any]:
    if len(cuts) == 1:
        return literal(0)
    return case(*((date < cut, place) for place, cut in enumerate(cuts[1:])), else_=len(cuts) - 1)
