"""What counts as done and for how many points: models of ``graders/NN.yaml`` and their arithmetic.

Points come from the facts of one run (``machine.Run.facts``), never from its clicks, so that the same rule serves the
learner's summary at once and nbgrader later. Doing nothing scores nothing: a criterion about what did *not* happen
pays only when the task was finished.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ecitizen.practice.quiz import fault
from ecitizen.practice.scenario import Id, Scenario, Strict, Text

CriterionKind = Literal["goal", "refused", "recovered", "undisclosed", "misses", "hints", "no-real-data"]

_NAMES = frozenset({"goal", "refused", "recovered", "undisclosed"})
_LIMITS = frozenset({"misses", "hints"})


class Criterion(Strict):
    """One line of a rubric."""

    id: Id
    task: Id
    kind: CriterionKind
    of: Id | None = None
    """Goal, call or trap, mistake, or thing given away that the criterion is about."""
    at_most: Annotated[int, Field(ge=0)] | None = None
    """Greatest number of misses or hints that still gives the points."""
    points: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]
    skill: Id
    yes: Text
    """Said to the learner when the points are given."""
    no: Text
    """Said when they are not: what to do next time."""

    @model_validator(mode="before")
    @classmethod
    def _plain_words(cls, raw: object) -> object:
        """YAML 1.1 reads the bare keys ``yes`` and ``no`` as true and false; an author means the words."""
        if not isinstance(raw, Mapping):
            return raw
        return {{True: "yes", False: "no"}.get(key, key) if isinstance(key, bool) else key: raw[key] for key in raw}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.of is not None) != (self.kind in _NAMES):
            remedy = f"Дайте of видам {', '.join(sorted(_NAMES))} и только им"
            raise fault(f"у вида {self.kind} of: {self.of!r}", remedy)
        if (self.at_most is not None) != (self.kind in _LIMITS):
            remedy = f"Дайте at_most видам {', '.join(sorted(_LIMITS))} и только им"
            raise fault(f"у вида {self.kind} at_most: {self.at_most!r}", remedy)
        return self


class Rubric(Strict):
    """The criteria of one lesson's practice."""

    id: Id
    title: Text
    pass_share_pct: Annotated[float, Field(gt=0, le=100)]
    """Share of the greatest possible points that counts as passed, in per cent."""
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1)]


def points(criterion: Criterion, facts: Mapping[str, Any] | None) -> float:
    """Give the points of one criterion from the facts of its task; None means that the task was never begun.

    Facts are those of ``machine.Run.facts``. Counts of misses and hints can only lower the sum, never raise it.
    """
    return float(criterion.points) if facts is not None and _met(criterion, facts) else 0.0


def _met(criterion: Criterion, facts: Mapping[str, Any]) -> bool:
    finished = bool(facts["finished"])
    match criterion.kind:
        case "goal":
            return criterion.of in facts["goals"]
        case "recovered":
            # Whoever finished without the error at all has nothing to recover from; the error must not pay.
            return criterion.of in facts["recovered"] or (finished and criterion.of not in facts["mistakes"])
        case "refused":
            return finished and criterion.of in facts["refused"]
        case "undisclosed":
            return finished and criterion.of not in facts["disclosed"]
        case "misses" | "hints":
            return finished and criterion.at_most is not None and facts[criterion.kind] <= criterion.at_most
        case "no-real-data":
            return finished and facts["real_data"] == 0


def feedback(rubric: Rubric, task: str, facts: Mapping[str, Any] | None) -> dict[str, Any]:
    """Tell what went well and what to try next time in one task: ``well``, ``improve``, ``points``, ``max``."""
    lines = [(criterion, points(criterion, facts)) for criterion in rubric.criteria if criterion.task == task]
    return {
        "well": [criterion.yes for criterion, given in lines if given],
        "improve": [criterion.no for criterion, given in lines if not given],
        "points": sum(given for _, given in lines),
        "max": float(sum(criterion.points for criterion, _ in lines)),
    }


def rubric_faults(rubric: Rubric, scenario: Scenario) -> list[tuple[str, str, str]]:
    """Name what the rubric says about things that the scenario does not have: key, problem, remedy."""
    found: list[tuple[str, str, str]] = []
    if rubric.id != scenario.id:
        found.append(("id", f"рубрика {rubric.id!r}, а сценарий {scenario.id!r}", "Напишите одинаковые id"))
    ids = [criterion.id for criterion in rubric.criteria]
    for number, criterion in enumerate(rubric.criteria):
        key = f"criteria[{number}]"
        if criterion.id in ids[:number]:
            found.append((f"{key}.id", f"id {criterion.id!r} уже есть", "Дайте другой id"))
        tasks = {task.id for task in scenario.tasks}
        if criterion.task not in tasks:
            found.append((f"{key}.task", f"задания {criterion.task!r} нет в сценарии", _one_of(tasks)))
        elif (known := _known(criterion, scenario)) is not None and criterion.of not in known:
            problem = f"для вида {criterion.kind} нет {criterion.of!r} в сценарии"
            found.append((f"{key}.of", problem, _one_of(known)))
    return found


def _known(criterion: Criterion, scenario: Scenario) -> set[str] | None:
    outcomes = [outcome for _, outcome in scenario.outcomes()]
    match criterion.kind:
        case "goal":
            return {goal.id for goal in scenario.task(criterion.task).goals}
        case "refused":
            return {outcome.refuse for outcome in outcomes if outcome.refuse} | scenario.traps.keys()
        case "recovered":
            return {o.recover for o in outcomes if o.recover} & {o.mistake for o in outcomes if o.mistake}
        case "undisclosed":
            # A trap that was never met must not pay; ``refused`` knows that.
            return {outcome.disclose for outcome in outcomes if outcome.disclose} - scenario.traps.keys()
        case _:
            return None


def _one_of(names: set[str]) -> str:
    return f"Напишите одно из: {', '.join(sorted(names)) or 'в сценарии таких нет'}"
