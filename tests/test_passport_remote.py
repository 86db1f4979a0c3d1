"""Who came to an event and who listened from afar are told apart, and together they are all its visitors."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from sqlalchemy import insert

from ecitizen.database import open_engine, upgrade
from ecitizen.figures import BEGINNING
from ecitizen.register.facts import facts
from ecitizen.register.tables import Event, Site

DAY = dt.date(2025, 3, 5)
AGES = ("adults", "youth", "children")
"""In the order in which those who listened from afar are taken from them."""


def test_every_visitor_is_counted_once() -> None:
    parts = [(c, y, a, r) for c in range(4) for y in range(4) for a in range(4) for r in range(c + y + a + 1)]
    engine = open_engine("sqlite://")
    upgrade(engine, "register")
    with engine.begin() as connection:
        connection.execute(insert(Site).values(id="c", name="Центр", kind="library", opened=DAY))
        common = {
            "date": DAY,
            "site": "c",
            "name": "Час",
            "kind": "",
            "audience": "all",
            "place": "inside",
            "guests": "",
        }
        rows = [
            {**common, "id": n, "attended": c + y + a, "children": c, "youth": y, "remote": r}
            for n, (c, y, a, r) in enumerate(parts, 1)
        ]
        connection.execute(insert(Event), rows)
    came: dict[int, dict[str, float]] = defaultdict(dict)
    for fact in facts(engine, BEGINNING, DAY, only=["event-visit", "event-remote"]):
        came[int(fact.key.split(":")[1])][fact.tags.get("age", fact.tags.get("channel", ""))] = fact.amount
    for n, (children, youth, adults, remote) in enumerate(parts, 1):
        left, expected = remote, {"remote": remote}
        for age, noted in zip(AGES, (adults, youth, children), strict=True):
            expected[age] = max(noted - left, 0)
            left = max(left - noted, 0)
        assert came[n] == {name: number for name, number in expected.items() if number}, parts[n - 1]
    engine.dispose()
