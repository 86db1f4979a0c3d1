"""How each table of the register looks as a file: its columns, their Russian headers and synonyms, what is required.

A row of a table that has no key of its own is told from another by all its values; see ``merging``.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

from ecitizen.errors import CourseError
from ecitizen.register.cells import Day, PastDay
from ecitizen.register.sheets.classes import class_sheets
from ecitizen.register.sheets.projects import project_sheets
from ecitizen.register.sheets.services import service_sheets
from ecitizen.register.sheets.sheet import ORDINAL, Column, Common, Sheet, is_ordinal

__all__ = ["ORDINAL", "Column", "Sheet", "all_sheets", "is_ordinal", "sheet_of"]

FUTURE_DAYS = 366
"""A planned day may lie so far ahead; more is a slip of the pen."""


def sheet_of(name: str, today: dt.date | None = None) -> Sheet:
    """Give a table by its name; raises ``CourseError`` with the names there are."""
    sheets = all_sheets((today or dt.date.today()) + dt.timedelta(days=FUTURE_DAYS))
    if name not in sheets:
        raise CourseError("таблица", f"такой таблицы нет: {name!r}", f"Есть такие: {', '.join(sheets)}")
    return sheets[name]


@cache
def all_sheets(latest: dt.date) -> dict[str, Sheet]:
    """Give all tables by name, in the order in which they can be imported into an empty register.

    ``latest`` is ``FUTURE_DAYS`` after today.
    """
    common = Common.until(Day(latest), PastDay(latest - dt.timedelta(days=FUTURE_DAYS)))
    sheets = (*class_sheets(common), *service_sheets(common), *project_sheets(common))
    return {sheet.name: sheet for sheet in sheets}
