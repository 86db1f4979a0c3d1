"""Every item and every criterion measures a skill that the course knows."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding


def look(found: Collection) -> Iterator[Finding]:
    """Look up the skills that quizzes and rubrics name."""
    if found.skills is None:
        return
    for place, key, skill in _named(found):
        if skill not in found.skills:
            yield Finding("error", place, key, f"умения {skill!r} нет в lessons/skills.yaml", "Добавьте его туда")


def _named(found: Collection) -> Iterator[tuple[str, str, str]]:
    for stem, quiz in found.quizzes.items():
        for item in quiz.items:
            yield f"quizzes/{stem}.yaml", f"items.{item.id}.skill", item.skill
    for stem, rubric in found.rubrics.items():
        for criterion in rubric.criteria:
            yield f"graders/{stem}.yaml", f"criteria.{criterion.id}.skill", criterion.skill
