"""What the course says about the world has a source and is fresh; what it relies on is registered."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding
from ecitizen.content.models import RegisteredFact

REGISTER = "lessons/facts.yaml"


def look(found: Collection) -> Iterator[Finding]:
    """Look over the fact register and over every reference to it."""
    if found.facts is None:
        return
    for fact in found.facts.values():
        yield from _registered(found, fact)
    for place, key, fact_id in _named(found):
        if fact_id not in found.facts:
            problem = f"сведения {fact_id!r} нет в {REGISTER}"
            yield Finding("error", place, key, problem, "Добавьте его туда или исправьте id")


def _registered(found: Collection, fact: RegisteredFact) -> Iterator[Finding]:
    key = f"facts.{fact.id}"
    if not fact.source.strip():
        yield Finding("error", REGISTER, f"{key}.source", "источник не назван", "Напишите, где это сказано")
    if fact.checked > found.today:
        problem = f"дата проверки {fact.checked} ещё не наступила"
        yield Finding("error", REGISTER, f"{key}.checked", problem, "Поставьте день, когда сведение видели верным")
    if fact.recheck <= fact.checked:
        problem = f"срок {fact.recheck} не позже проверки {fact.checked}"
        yield Finding("error", REGISTER, f"{key}.recheck", problem, "Поставьте более поздний день")
    elif fact.recheck <= found.today:
        problem = f"сведение пора проверить: срок был {fact.recheck}"
        yield Finding("warning", REGISTER, f"{key}.recheck", problem, "Проверьте его и обновите checked и recheck")
    for used in fact.used_in:
        if not (found.root / used).is_file():
            yield Finding("error", REGISTER, f"{key}.used_in", f"файла {used!r} нет", "Исправьте путь")


def _named(found: Collection) -> Iterator[tuple[str, str, str]]:
    for stem, quiz in found.quizzes.items():
        for item in quiz.items:
            yield from ((f"quizzes/{stem}.yaml", f"items.{item.id}.facts", fact) for fact in item.facts)
    for stem, scenario in found.scenarios.items():
        place = f"widgets/scenarios/{stem}.yaml"
        yield from ((place, "facts", fact) for fact in scenario.facts)
        for name, screen in scenario.screens.items():
            yield from ((place, f"screens.{name}.facts", fact) for fact in screen.facts)
    for stem, notebook in found.notebooks.items():
        for cell in notebook.cells:
            facts = cell.metadata.ecitizen.facts
            yield from ((f"lessons/{stem}.ipynb", f"cells.{cell.id}.facts", fact) for fact in facts)
