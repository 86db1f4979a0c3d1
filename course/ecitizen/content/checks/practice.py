"""The practice can be played: people exist, every task reaches its goals, the rubric pays for what there is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding
from ecitizen.practice.check import Fault, dead_ends, faults, unpaid_faults, walk_faults
from ecitizen.practice.persona import Persona
from ecitizen.practice.rubric import Rubric, rubric_faults
from ecitizen.practice.scenario import Scenario

_PLACE = re.compile(r"\[(\d+)\]")


def look(found: Collection) -> Iterator[Finding]:
    """Look over each scenario and rubric that could be loaded."""
    for stem, scenario in found.scenarios.items():
        place = f"widgets/scenarios/{stem}.yaml"
        people = {persona.id: persona for persona in found.personas.personas} if found.personas else {}
        if people and scenario.persona not in people:
            problem = f"человека {scenario.persona!r} нет в widgets/personas.yaml"
            yield Finding("error", place, "persona", problem, f"Возьмите один из: {', '.join(people)}")
        persona = people.get(scenario.persona)
        broken = _faults(scenario, persona)
        yield from _findings(place, broken)
        if stem in found.rubrics:
            playable = None if broken else persona
            yield from _findings(f"graders/{stem}.yaml", _rubric_faults(found.rubrics[stem], scenario, playable))


def _faults(scenario: Scenario, persona: Persona | None) -> list[Fault]:
    """Look deeper only where the shallower look found nothing: a broken graph can't be played."""
    if found := faults(scenario):
        return found
    if persona is None:
        return []
    return walk_faults(scenario, persona) or dead_ends(scenario, persona)


def _rubric_faults(rubric: Rubric, scenario: Scenario, persona: Persona | None) -> list[Fault]:
    """Look at what the rubric names; where the scenario can be played, also whether it pays for playing well."""
    return rubric_faults(rubric, scenario) or (unpaid_faults(rubric, scenario, persona) if persona else [])


def _findings(place: str, faults: Iterable[Fault]) -> Iterator[Finding]:
    for key, problem, remedy in faults:
        # Code counts places from 0, the other lines of the check (and authors) from 1.
        shown = _PLACE.sub(lambda found: f"[{int(found[1]) + 1}]", key)
        yield Finding("error", place, shown, problem, remedy)
