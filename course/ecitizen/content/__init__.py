"""The one door to the folders of lessons: what librarians and authors write becomes typed models here.

``folders`` knows where the files lie, ``loading`` reads one safely and tells its faults in Russian, ``shelf`` gives
lessons, quizzes, rubrics and scenarios by id, ``check`` looks over everything at once.
"""

from ecitizen.content.browser_side import SLIM_PAGE, fingerprint, joined, script, style
from ecitizen.content.folders import folder
from ecitizen.content.loading import load_yaml
from ecitizen.content.models import FactRegister, RegisteredFact, Survey, Texts, Toc, TocLesson, TocTest, Trained, Wave
from ecitizen.content.shelf import (
    Lesson,
    facts,
    lesson,
    lesson_ids,
    personas,
    pool,
    quiz,
    rubric,
    scams,
    scenario,
    skills,
    survey,
    texts,
    toc,
)

__all__ = [
    "SLIM_PAGE",
    "FactRegister",
    "Lesson",
    "RegisteredFact",
    "Survey",
    "Texts",
    "Toc",
    "TocLesson",
    "TocTest",
    "Trained",
    "Wave",
    "facts",
    "fingerprint",
    "folder",
    "joined",
    "lesson",
    "lesson_ids",
    "load_yaml",
    "personas",
    "pool",
    "quiz",
    "rubric",
    "scams",
    "scenario",
    "script",
    "skills",
    "style",
    "survey",
    "texts",
    "toc",
]
