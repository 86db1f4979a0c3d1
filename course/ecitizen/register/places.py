"""Which places there are to ask about: those of the register and those of the facts that other libraries have sent."""

from __future__ import annotations

from sqlalchemy import Engine, select

from ecitizen.errors import CourseError
from ecitizen.register.tables import PartnerFact, Site


def refuse_unknown(engine: Engine, site: str) -> None:
    """Raise ``CourseError`` if nothing can have happened at a place, and name those that there are."""
    with engine.connect().execution_options(readonly=True) as connection:
        known = set(connection.execute(select(Site.id)).scalars())
        if site not in known:
            known |= set(
                connection.execute(select(PartnerFact.site).where(PartnerFact.site != "").distinct()).scalars()
            )
    if site not in known:
        raise CourseError("Место", f"такого в журнале нет: {site!r}", f"Укажите одно из: {', '.join(sorted(known))}")
