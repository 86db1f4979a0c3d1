"""Every lesson of the table of contents is whole, and every file belongs to a lesson."""

from __future__ import annotations

from collections.abc import Iterator

from ecitizen.content.collection import NOT_LESSONS, SURVEY, TOC, Collection
from ecitizen.content.finding import Finding

_SECTIONS = ("portal", "quiz", "lesson", "scale", "guard")


def look(found: Collection) -> Iterator[Finding]:
    """Compare ``toc.yaml`` with the folders, and the texts of the page with their sections."""
    if found.toc is not None:
        yield from _missing(found)
        yield from _strangers(found)
    if found.texts is not None:
        for section in _SECTIONS:
            if section not in found.texts:
                yield Finding("error", "widgets/texts.yaml", section, "раздела нет", "Добавьте его со всеми текстами")


def _places(lesson: str) -> list[str]:
    return [
        f"lessons/{lesson}.ipynb",
        f"quizzes/{lesson}.yaml",
        f"graders/{lesson}.yaml",
        f"widgets/scenarios/{lesson}.yaml",
    ]


def _missing(found: Collection) -> Iterator[Finding]:
    tests = [f"lessons/{test}.ipynb" for test in found.tests()] + ["quizzes/course-test.yaml"] * bool(found.tests())
    for place in tests:
        if not (found.root / place).is_file():
            yield Finding("error", TOC, "tests", f"файла {place} нет", "Создайте его или исправьте id")
    for lesson in found.lessons():
        for place in _places(lesson):
            if not (found.root / place).is_file():
                yield Finding("error", TOC, f"lessons.{lesson}", f"файла {place} нет", "Создайте его или исправьте id")


def _strangers(found: Collection) -> Iterator[Finding]:
    known = {*found.lessons(), *found.tests(), *NOT_LESSONS, SURVEY}
    for pattern in ("lessons/*.ipynb", "quizzes/*.yaml", "graders/*.yaml", "widgets/scenarios/*.yaml"):
        for path in sorted(found.root.glob(pattern)):
            if path.stem not in known:
                place = path.relative_to(found.root).as_posix()
                problem = f"урока {path.stem!r} нет в {TOC}"
                yield Finding("warning", place, "id", problem, "Добавьте его туда или переименуйте файл")
