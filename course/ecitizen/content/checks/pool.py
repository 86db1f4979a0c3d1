"""The entry and the exit test are parallel: what stands for one lesson is alike in all but its story."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.content.collection import Collection
from ecitizen.content.finding import Finding
from ecitizen.practice.forms import FORMS, groups

PLACE = "quizzes/course-test.yaml"


def look(found: Collection) -> Iterator[Finding]:
    """Look over the pool of both tests."""
    pool = found.quizzes.get("course-test")
    if pool is None or found.toc is None:
        return
    like = groups(pool)
    for lesson in (entry.id for entry in found.toc.lessons if entry.audience == "learners"):
        if lesson not in like:
            problem = f"нет вопросов об уроке {lesson!r}"
            yield Finding("error", PLACE, "items", problem, f"Добавьте их с ключом from_lesson: {lesson}")
    for lesson, items in like.items():
        if len(items) < len(FORMS):
            problem = f"об уроке {lesson!r} вопросов {len(items)}, а тестов {len(FORMS)}"
            yield Finding("error", PLACE, "items", problem, "Добавьте похожие вопросы, чтобы тесты не повторялись")
        for key in ("kind", "skill", "difficulty", "points"):
            values = sorted({str(getattr(item, key)) for item in items})
            if len(values) > 1:
                problem = f"у вопросов об уроке {lesson!r} разные {key}: {', '.join(values)}"
                yield Finding("error", PLACE, f"items.{items[0].id}.{key}", problem, "Сделайте их одинаковыми")
