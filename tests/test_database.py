"""How databases are opened: durable, patient, and with one history a room."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from ecitizen.database import open_engine, upgrade


def test_commits_reach_the_disk(tmp_path: Path) -> None:
    with open_engine(tmp_path / "course.db").connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


@pytest.mark.parametrize("room", ["journal", "register"])
def test_second_upgrade_changes_nothing(tmp_path: Path, room: str) -> None:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, room)
    before = sorted(inspect(engine).get_table_names())
    upgrade(engine, room)
    assert sorted(inspect(engine).get_table_names()) == before
    assert f"{room}_version" in before


def test_rooms_share_one_database(tmp_path: Path) -> None:
    engine = open_engine(tmp_path / "course.db")
    upgrade(engine, "journal")
    upgrade(engine, "register")
    assert {"journal_version", "register_version"} <= set(inspect(engine).get_table_names())
