"""What the register knows, as facts that indicators count: one by one, counted together, or page by page.

The kinds of facts and their tags stand in ``ecitizen.facts``, where they come from in ``class_sources`` and
``project_sources``; facts that other libraries have sent are among them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import chain

from sqlalchemy import Connection, Engine, select

from ecitizen.facts import KINDS, Fact, Need, Tally
from ecitizen.register.class_sources import CLASS_SOURCES
from ecitizen.register.partner_sources import partner_sources
from ecitizen.register.project_sources import PROJECT_SOURCES
from ecitizen.register.sources import Asked, Source
from ecitizen.register.tables import PartnerFact, Site

_SOURCES = (*CLASS_SOURCES, *PROJECT_SOURCES)


def facts(
    engine: Engine,
    since: dt.date,
    until: dt.date,
    site: str | None = None,
    only: Collection[str] = KINDS,
    firsts: int | None = None,
    persons: Collection[int] | None = None,
) -> list[Fact]:
    """Give the facts of a period, both days included, by date and key: of one site, of some kinds.

    A site and an information zone count if they were open on any day of the period; their date is the first such day.
    A service is a consultation that ended with a service obtained: it is a fact beside that consultation. Messages
    and materials belong to no site. ``amount`` is the number of people of a session, consultation or event, the visits
    of a visit, the points of an answer, the value of a counter. ``firsts`` keeps only the first so many facts of each
    kind about each person with others of the day of the last, and none about nobody; ``persons`` keeps those about
    these people.
    """
    asked = Asked(spans=((since, until),), site=site, firsts=firsts, persons=persons)
    with engine.connect().execution_options(readonly=True) as connection:
        kinds = _site_kinds(connection)
        found = [fact for source in _sources(connection, only) for fact in source.facts(connection, asked, kinds)]
    return sorted(found, key=_order)


def tallies(
    engine: Engine,
    needs: Mapping[str, Need],
    since: dt.date,
    until: dt.date,
    cuts: list[dt.date],
    site: str | None = None,
) -> list[Fact | Tally]:
    """Give the facts of a period as a question needs them: counted together, or one by one where it must be.

    ``needs`` says it for each kind that is wanted, ``cuts`` are the days on which a stretch begins that no period of
    the question divides, the first of them not after ``since``.
    """
    asked = Asked(spans=((since, until),), site=site)
    found: list[Fact | Tally] = []
    with engine.connect().execution_options(readonly=True) as connection:
        kinds = _site_kinds(connection)
        for source in _sources(connection, needs):
            need = needs[source.kind]
            if need.one_by_one:
                found += source.facts(connection, replace(asked, where=need.where), kinds)
            else:
                found += source.tallies(connection, asked, kinds, need, cuts)
    return found


def nth_days(
    engine: Engine, kind: str, nth: int, since: dt.date, until: dt.date, site: str | None = None
) -> dict[int, dt.date]:
    """Give the day of the nth fact of a kind about each person of whom there are so many in a period."""
    asked = Asked(spans=((since, until),), site=site, firsts=nth)
    with engine.connect().execution_options(readonly=True) as connection:
        kinds = _site_kinds(connection)
        return dict(chain.from_iterable(one.nth_days(connection, asked, kinds) for one in _sources(connection, [kind])))


def page(engine: Engine, kinds: Collection[str], asked: Asked) -> tuple[list[Fact], int]:
    """Give facts of some kinds by date and key, ``asked.most`` at most, and how many there are in all."""
    found: list[Fact] = []
    with engine.connect().execution_options(readonly=True) as connection:
        sites, total = _site_kinds(connection), 0
        for source in _sources(connection, kinds):
            total += source.total(connection, asked, sites)
            # What lasts is dated anew, so that the order of the database isn't that of the facts.
            found += source.facts(connection, asked if source.ends is None else replace(asked, most=None), sites)
    return sorted(found, key=_order)[: asked.most], total


def _order(fact: Fact) -> tuple[dt.date, str]:
    return fact.date, fact.key


def _site_kinds(connection: Connection) -> dict[str, str]:
    return {row.id: row.kind for row in connection.execute(select(Site.id, Site.kind))}


def _sources(connection: Connection, only: Collection[str]) -> Iterator[Source]:
    yield from (source for source in _SOURCES if source.kind in only)
    if connection.execute(select(PartnerFact.key).limit(1)).first() is not None:
        yield from (source for source in partner_sources(connection.dialect.name) if source.kind in only)
