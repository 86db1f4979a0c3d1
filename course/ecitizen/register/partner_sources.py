"""Facts of other libraries: their tags come as one JSON object, which the database looks into."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, cast, collate, func, literal_column, select

from ecitizen.facts import KINDS, Fact
from ecitizen.register.sources import Asked, Source, Tag
from ecitizen.register.tables import PartnerFact

LASTING = frozenset({"site-access", "zone"})
"""Kinds of facts that count from their date to the day in their tag ``until``."""


class _PartnerSource(Source):
    """Facts of one kind that other libraries have sent; all their tags are known, not only those declared."""

    def _order(self, connection: Connection) -> list[ColumnElement[Any]]:
        by_bytes = "C" if connection.dialect.name == "postgresql" else "BINARY"
        return [collate(PartnerFact.partner + "/" + PartnerFact.key, by_bytes)]

    def _columns(self) -> list[ColumnElement[Any]]:
        return []

    def fact(self, row: Any, asked: Asked, kinds: Mapping[str, str]) -> Fact:  # noqa: ARG002
        return Fact(
            kind=row.kind,
            date=max(row.date, asked.spans[0][0]) if self.ends is not None else row.date,
            key=f"{row.partner}/{row.key}",
            site=row.site,
            text=row.text,
            amount=row.amount,
            person=row.person,
            tags=json.loads(row.tags),
        )


@cache
def partner_sources(dialect: str) -> tuple[Source, ...]:
    """Give a source for every kind; ``dialect`` is that of the database, for each looks into JSON in its own way."""
    return tuple(_source(kind, dialect) for kind in KINDS)


def _source(kind: str, dialect: str) -> Source:
    return _PartnerSource(
        kind=kind,
        query=select(PartnerFact).where(PartnerFact.kind == kind),
        date=PartnerFact.date.expression,
        site=PartnerFact.site.expression,
        key=(PartnerFact.key.expression,),
        amount=PartnerFact.amount.expression,
        person=PartnerFact.person.expression,
        tags={name: Tag(_looked_up(name, dialect)) for name in KINDS[kind]},
        counted_by_index=True,
        ends=PartnerFact.ends.expression if kind in LASTING else None,
        text=lambda row: str(row.text),
    )


def _looked_up(name: str, dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        looked: ColumnElement[Any] = cast(PartnerFact.tags, JSON)[name].as_string()
        return looked
    found: ColumnElement[Any] = func.json_extract(PartnerFact.tags, literal_column(f"""'$."{name}"'"""))
    return found
