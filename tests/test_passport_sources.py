"""Names, sources and published figures of the shipped passports stand word for word in the papers of the projects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_passports import PUBLISHED

from ecitizen.facts import KINDS
from ecitizen.indicators import load, names

MISSION = Path(__file__).parents[2] / "shared" / "mission"
TEXTS = {
    "trekhgorny": "digital-curator-trekhgorny.txt",
    "zarechny": "city-communities-forum-zarechny.txt",
    "kcon": "digital-village-kcon.txt",
    "dolzhansky": "library-chats-dolzhansky.txt",
    "omsk": "e-citizen-omsk.txt",
}


@pytest.mark.parametrize("passport", PUBLISHED)
@pytest.mark.skipif(not MISSION.exists(), reason="the mission texts lie beside the checkout only")
def test_published_figures_stand_in_the_mission(passport: str) -> None:
    plain = " ".join((MISSION / TEXTS[passport]).read_text("utf-8").split())
    for row in load(passport).rows:
        year, whole = PUBLISHED[passport][row.id]
        assert f"{row.name} {year} {whole}" in plain, row.id


@pytest.mark.parametrize("passport", ["trekhgorny", "zarechny", "kcon", "dolzhansky"])
@pytest.mark.skipif(not MISSION.exists(), reason="the mission texts lie beside the checkout only")
def test_source_stands_in_the_mission(passport: str) -> None:
    plain = " ".join(re.sub(r"<[^>]+>", " ", (MISSION / TEXTS[passport]).read_text("utf-8")).split()).casefold()
    for row in load(passport).rows:
        said = row.name if passport in {"trekhgorny", "zarechny"} else row.source
        assert " ".join(said.split()).casefold() in plain, said


@pytest.mark.parametrize("passport", names())
def test_every_figure_has_a_source_or_its_form(passport: str) -> None:
    for row in load(passport).rows:
        assert row.source or passport == "omsk", row.id
        assert set(row.kinds) <= set(KINDS)
        if row.fact == "counter":
            assert row.note.startswith("Свободный счётчик"), row.id
