"""The trace of who changed what and when."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from ecitizen.register.tables import Person

HIDDEN = "•"
"""What stands in the trace for a name, a PIN or a key: only that it changed."""

_SECRET = {
    "person": frozenset(Person.__table__.columns.keys()) - {"number"},
    "learner": frozenset({"pin_hash"}),
    "staff": frozenset({"name", "pin_hash"}),
    "partner": frozenset({"key"}),
}


def change_row(
    who: str, table: str, key: object, before: Mapping[str, object] | None, after: Mapping[str, object] | None
) -> dict[str, Any]:
    """Make a row of the table ``change``, to be stored in the transaction that makes the change.

    ``before`` is None for a new row, ``after`` for a removed one; else both hold the changed columns only.
    """
    return {
        "at": dt.datetime.now(dt.UTC).replace(tzinfo=None),
        "who": who[:200],
        "table_name": table,
        "key": str(key)[:200],
        "before": _text(table, before),
        "after": _text(table, after),
    }


def _text(table: str, values: Mapping[str, object] | None) -> str | None:
    if values is None:
        return None
    secret = _SECRET.get(table, frozenset())
    shown = {name: HIDDEN if name in secret and value else value for name, value in values.items()}
    return json.dumps(shown, ensure_ascii=False, default=str)
