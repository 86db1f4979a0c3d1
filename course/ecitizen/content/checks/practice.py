"""The practice can be played: people exist, every task reaches its goals, the rubric pays for what there is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding
from ecitizen.practice.check import Fault, dead_ends, faults, unpaid_faults, walk_faults
from ecitizen.practice.persona import Persona
from ecitizen.practice.rubric import Rubric, rubric_faults
from ecitizen.practice.scenario import Scenario

_Given = tuple[Scenario, Persona | None, Rubric | None]
_Faults = tuple[list[Fault], list[Fault]]
"""Of the scenario, of its rubric."""

_PLACE = re.compile(r"\[(\d+)\]")


def look(found: Collection) -> Iterator[Finding]:
    """Look over each scenario and rubric that could be loaded; playing them is most of the check's work."""
    people = {persona.id: persona for persona in found.personas.personas} if found.personas else {}
    for stem, scenario in found.scenarios.items():
        if people and scenario.persona not in people:
            problem = f"человека {scenario.persona!r} нет в widgets/personas.yaml"
            remedy = f"Возьмите один из: {', '.join(people)}"
            yield Finding("error", f"widgets/scenarios/{stem}.yaml", "persona", problem, remedy)
    stems = list(found.scenarios)
    given = [
        (found.scenarios[stem], people.get(found.scenarios[stem].persona), found.rubrics.get(stem)) for stem in stems
    ]
    for stem, (broken, unpaid) in zip(stems, _played(given, found.jobs), strict=True):
        yield from _findings(f"widgets/scenarios/{stem}.yaml", broken)
        yield from _findings(f"graders/{stem}.yaml", unpaid)


def _played(given: Sequence[_Given], jobs: int) -> Iterable[_Faults]:
    if min(jobs, len(given)) < 2:
        return map(_faults, given)
    with ProcessPoolExecutor(min(jobs, len(given))) as workers:
        return list(workers.map(_faults, given))


def _faults(given: _Given) -> _Faults:
    """Give the faults of a scenario and those of its rubric; the rubric is played only on a sound scenario."""
    scenario, persona, rubric = given
    broken = _scenario_faults(scenario, persona)
    return broken, _rubric_faults(rubric, scenario, None if broken else persona) if rubric else []


def _scenario_faults(scenario: Scenario, persona: Persona | None) -> list[Fault]:
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
